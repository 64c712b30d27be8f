"""The pages of the exercises as a browser has them, with what was handed out or with answers."""

import json
from pathlib import Path

from tools.site.practice_model import page

ROOT = Path(__file__).resolve().parents[2]


def cells(notebook, answers=None):
    """[id, kind, source, exercise] of each code cell; ``answers``: sources by exercise."""
    model = page(ROOT / "exercises" / f"{notebook}.ipynb")
    answers = answers or {}
    return [
        [
            cell.id,
            cell.kind,
            answers.get(cell.exercise, cell.source) if cell.kind == "answer" else cell.source,
            cell.exercise if cell.kind == "answer" else "",
        ]
        for cell in model.cells
    ]


def solutions(notebook):
    """The right answers of a notebook, as its solution writes them: sources by exercise."""
    content = json.loads((ROOT / "solutions" / f"{notebook}.ipynb").read_text("utf-8"))
    written = {cell["id"]: "".join(cell["source"]) for cell in content["cells"]}
    model = page(ROOT / "exercises" / f"{notebook}.ipynb")
    return {cell.exercise: written[cell.id] for cell in model.cells if cell.kind == "answer"}
