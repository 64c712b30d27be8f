"""The verdict on one exercise of a page, as data that a page can show."""

from __future__ import annotations

import importlib.util

from bnlib.browser import errors, streams
from bnlib.browser.cells import Cell, for_checks, imported
from bnlib.browser.session import Session
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
        answer's cell and the answer wrote; ``raised``, the output of what the cell raised, or
        None; ``error``, the same as text, or "".

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
    session = Session()
    for cell in own:
        shown = []
        session.run(cell.source, cell.id, shown.append, label(cell), quiet=True)
        if cell.exercise == name:
            file, outputs = errors.file_of(cell.id), shown
    raised = next((output for output in outputs if output["type"] == "error"), None)
    error = errors.text_of(raised, file) if raised else ""
    names = session.namespace
    if callable(names.get(name)):
        uses = {use: names[use] for use in exercise.uses if callable(names.get(use))}
        with streams.printed(outputs.append, file), session.as_main():
            verdict = as_data(run(name, names[name], others=uses))
    else:
        reason = "" if raised else f"The cell defines no {name}: its first line names it."
        verdict = _empty(exercise, "not defined", reason)
    return {**verdict, "printed": streams.text_of(outputs), "raised": raised, "error": error}


def label(cell: Cell) -> str:
    """What a cell is called where it is another's that is spoken of."""
    return f"the cell of {cell.exercise}" if cell.exercise else ""


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
        "raised": None,
        "error": "",
    }
