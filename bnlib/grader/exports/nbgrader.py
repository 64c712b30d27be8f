"""Source notebooks for nbgrader: the course's notebooks with its cell metadata, solutions marked.

Made of solutions/*.md, as the notebooks that students open are. An answer's cell is a solution
cell; the cell that checks it is autograded, and its last value, the points of the check, is what
nbgrader takes as partial credit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from bnlib.authoring import regions
from bnlib.authoring.texts import ExerciseError, is_solution, read
from bnlib.checks import registry

SCHEMA_VERSION = 3

_CHECK = re.compile(r"check\((\w+)\)")
# nbgrader gives no points where a cell wrote to stderr, be it a warning; and it takes a value that
# is no number for full marks, so the value is a plain float. The report is shown beside it.
_GRADED = """\
import contextlib
import io

with contextlib.redirect_stderr(io.StringIO()):
    report = check({name})
display(report)
float(report.points)"""
_MEND = "# Mend what stands above, then delete what stands below."


def write(
    solutions: Path, out: Path, names: Iterable[str] = (), replace: bool = False
) -> list[Path]:
    """Write ``out/source/<notebook>/<notebook>.ipynb`` and return the paths, in order.

    Args:
        solutions: the repository's folder of that name; book/ stands beside it.
        out: a folder for nbgrader's course. names: notebooks; all where none is given.
        replace: whether a file that is there with another content may be replaced. Without it
            nothing is written where there is one.

    Raises:
        ExerciseError: no such folder or notebook, a text that is malformed, or a file in the way.
    """
    made = {
        out / "source" / text.stem / f"{text.stem}.ipynb": content(text)
        for text in _texts(solutions, tuple(names))
    }
    in_the_way = [
        path for path, text in made.items() if path.exists() and path.read_bytes() != text.encode()
    ]
    if in_the_way and not replace:
        raise ExerciseError(
            f"{', '.join(map(str, in_the_way))}: there already, with another content; "
            "--replace writes over it"
        )
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return list(made)


def content(text: Path) -> str:
    """The file of one source notebook."""
    notebook = source(read(text, text.resolve().parent.parent / "book"), text.name)
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4) + "\n"


def source(notebook: nbformat.NotebookNode, file: str) -> nbformat.NotebookNode:
    """nbgrader's source of a notebook whose regions are marked.

    Raises:
        ExerciseError: an answer without a check, or a check without an answer.
    """
    made = nbformat.from_dict(notebook)
    made.cells = [cell for cell in made.cells if not is_solution(cell)]
    answered, checked = [], []
    for cell in made.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        if regions.BEGIN in cell.source:
            name = _answer(cell.source, file)
            answered.append(name)
            cell.source = _in_one_region(cell.source)
            _mark(cell, name, solution=True)
        elif found := _CHECK.fullmatch(cell.source.strip()):
            name = found[1]
            checked.append(name)
            cell.source = _GRADED.format(name=name)
            points = registry.lookup(name).points
            _mark(cell, f"{name}_check", grade=True, locked=True, points=points)
        elif not answered and "import check" in cell.source:
            # What the checks need; a student's own imports go into a cell of their own.
            _mark(cell, "setup", locked=True)
    if answered != checked:
        odd = ", ".join(sorted(set(answered) ^ set(checked))) or "they come in another order"
        raise ExerciseError(f"{file}: each answer needs one check after it: {odd}")
    return made


def _texts(solutions: Path, names: tuple[str, ...]) -> list[Path]:
    found = {path.stem: path for path in sorted(solutions.glob("[0-9][0-9]_*.md"))}
    if not found:
        raise ExerciseError(
            f"{solutions} holds no solution texts (NN_name.md). They are in the course's "
            "repository and not in the installed package: run this there, or name its folder "
            "solutions with --solutions"
        )
    for name in names:
        if name not in found:
            raise ExerciseError(f"{solutions} has no {name}.md; it has {', '.join(found)}")
    return [path for name, path in found.items() if not names or name in names]


def _answer(code: str, file: str) -> str:
    """The name that an answer's cell defines."""
    names = re.findall(r"^(?:def|class) (\w+)", code, re.MULTILINE)
    if len(names) != 1:
        raise ExerciseError(f"{file}: an answer's cell must define one name, got {names}:\n{code}")
    return names[0]


def _in_one_region(code: str) -> str:
    """An answer's cell for nbgrader, which knows stubs and no code to mend.

    Where code is handed out, it stands whole, outside of the region, and the solution after it
    defines the name anew: students get the first, instructors have both.
    """
    if not re.search(rf"^\s*{regions.INSTEAD}\s*$", code, re.MULTILINE):
        return code
    handed_out, solved = regions.without_solutions(code), regions.without_markers(code)
    return f"{handed_out}\n\n\n{_MEND}\n{regions.BEGIN}\n{solved}\n{regions.END}"


def _mark(cell: nbformat.NotebookNode, grade_id: str, **what) -> None:
    cell.metadata["nbgrader"] = nbformat.from_dict(
        {
            "schema_version": SCHEMA_VERSION,
            "grade_id": grade_id,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            **what,
        }
    )
