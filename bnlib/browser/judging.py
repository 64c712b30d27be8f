"""The verdict on one exercise of a page, as data that a page can show."""

from __future__ import annotations

import importlib.util

from bnlib.browser.cells import Cell, for_checks, imported
from bnlib.browser.execution import Namespace, printed
from bnlib.checks import registry
from bnlib.checks.engine import run
from bnlib.checks.report import THE_SAME, Report, said_once


def packages(cells: list[list]) -> list[str]:
    """What a check of these cells imports and is not here yet, by its top names."""
    return missing(for_checks(read(cells)))


def missing(cells: list[Cell]) -> list[str]:
    """Packages that these cells import and that this Python has not."""
    return sorted(name for name in imported(cells) if not importlib.util.find_spec(name))


def read(cells: list[list]) -> list[Cell]:
    """Cells as they come from the page: lists of id, kind, source and exercise.

    Raises:
        ValueError: one is of another form.
    """
    for cell in cells:
        if len(cell) != 4 or not all(isinstance(part, str) for part in cell):
            raise ValueError(f"a cell is [id, kind, source, exercise], four texts; got {cell!r}")
    return [Cell(*cell) for cell in cells]


def check(name: str, cells: list[list]) -> dict:
    """Run what the page defines, in its order, and judge the answer to one exercise.

    All answers of the page are defined before any is judged, as where a notebook is graded; those
    to earlier exercises are passed on.

    Args:
        name: the exercise. cells: those of the page, each [id, kind, source, exercise].

    Returns:
        exercise, status, points, possible, title; ``rows``, a check each; ``printed``, what the
        answer's cell and the answer wrote; ``error``, what the cell raised, or "".

    Raises:
        ValueError: no exercise has that name, or no cell of the page answers it.
    """
    exercise = registry.lookup(name)
    own = for_checks(read(cells))
    if not any(cell.exercise == name for cell in own):
        raise ValueError(f"no cell of the page answers {name}")
    absent = [library for library in exercise.requires if not importlib.util.find_spec(library)]
    if absent:
        said = f"Not judged: this exercise needs {' and '.join(absent)}, which no browser runs."
        return _empty(exercise, "not judged", said)
    space, said, error = Namespace(), "", ""
    for cell in own:
        ran = space.execute(cell)
        if cell.exercise == name:
            said, error = ran.printed, ran.error
    answer = space.names.get(name)
    if not callable(answer):
        reason = f"The cell defines no {name}: its first line names it." if not error else ""
        return {**_empty(exercise, "not defined", reason), "printed": said, "error": error}
    uses = {use: space.names[use] for use in exercise.uses if callable(space.names.get(use))}
    with printed() as out, space.as_main():
        report = run(name, answer, others=uses)
    return {**as_data(report), "printed": said + out.text(), "error": error}


def as_data(report: Report) -> dict:
    """A report's words, without any markup."""
    rows = [
        {
            "name": result.name,
            "passed": result.passed,
            "message": THE_SAME if repeated else result.message.strip(),
            "mistake": result.mistake,
            "points": result.points,
            "possible": result.possible,
            # Where a mistake was explained already, so was what to read.
            "section": None
            if repeated
            else {"title": str(result.section), "path": result.section.path},
        }
        for result, repeated in said_once(report.results)
    ]
    return {
        "exercise": report.exercise,
        "status": report.status,
        "points": report.points,
        "possible": report.possible,
        "message": report.message,
        "rows": rows,
    }


def _empty(exercise, status: str, message: str) -> dict:
    return {
        "exercise": exercise.name,
        "status": status,
        "points": 0,
        "possible": exercise.points,
        "message": message,
        "rows": [],
        "printed": "",
        "error": "",
    }
