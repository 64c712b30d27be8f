"""Writing the class down: a folder of notebooks and a roster."""

from __future__ import annotations

import csv
from pathlib import Path

import nbformat
from nbformat import v4

from bnlib.grader.demo.students import CLASS, NOTEBOOK, Student

# On the roster, and nothing handed in.
_ABSENT = ("uma", "Uma Fischer")


def write(folder: Path) -> tuple[Path, Path]:
    """Write ``submissions/<id>/04_algorithm.ipynb`` and ``roster.csv``; return their paths."""
    submissions, roster = folder / "submissions", folder / "roster.csv"
    for student in CLASS:
        path = submissions / student.id / f"{NOTEBOOK}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook(student))
    with roster.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerows([("id", "name"), *((s.id, s.name) for s in CLASS), _ABSENT])
    return submissions, roster


def notebook(student: Student) -> bytes:
    """The file that a student hands in."""
    cells = [
        v4.new_markdown_cell(f"# Batch norm, by {student.name}"),
        v4.new_code_cell("import numpy as np\n\nfrom bnlib import check"),
    ]
    if student.before:
        cells.append(v4.new_code_cell(student.before))
    for name, source in student.answers.items():
        cells += [v4.new_code_cell(source), v4.new_code_cell(f"check({name})")]
    if student.after:
        cells.append(v4.new_code_cell(student.after))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # the same file each time
    data = nbformat.writes(v4.new_notebook(cells=cells)).encode()
    return data if student.cut is None else data[: student.cut]
