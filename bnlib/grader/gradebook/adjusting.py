"""Adjustments: points that a person gives, checked before they are kept and applied after."""

from __future__ import annotations

import difflib
import getpass
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bnlib.grader.gradebook.entries import Adjustment, FinalMark, FinalNotebook
from bnlib.grader.gradebook.errors import GradebookError
from bnlib.grader.gradebook.running import now
from bnlib.grader.record import Record

if TYPE_CHECKING:
    from bnlib.grader.gradebook.book import Gradebook


def points_from(word: str) -> float | None:
    """The points that somebody typed; "none" takes an adjustment back.

    Raises:
        GradebookError: it is neither a number nor "none".
    """
    if word.strip().lower() == "none":
        return None
    try:
        return float(word)
    except ValueError:
        raise GradebookError(
            f"points are a number, or none to take an adjustment back; {word!r} is neither"
        ) from None


def check(
    book: Gradebook,
    student: str,
    exercise: str,
    points: float | None,
    reason: str,
    by: str | None,
) -> tuple[tuple, list[str]]:
    """The row of an adjustment and warnings; see `Gradebook.adjust`."""
    if points is not None and not (math.isfinite(points) and points >= 0):
        raise GradebookError(f"points are a finite number, 0 or more; {points!r} came")
    if not reason.strip():
        raise GradebookError("an adjustment needs a reason: the student reads it")
    marks = {}
    for notebook in book.final(student):
        for mark in notebook.marks:
            marks[mark.mark.exercise] = (notebook.record.notebook, mark)
    if not marks:
        raise GradebookError(f"{student!r} has handed nothing in: there is nothing to adjust")
    if exercise not in marks:
        raise GradebookError(unknown(f"exercise of {student!r}", exercise, marks))
    notebook, mark = marks[exercise]
    if points is None and mark.adjustment is None:
        raise GradebookError(f"{exercise!r} of {student!r} has no adjustment to take back")
    warnings = []
    if points is not None and points > mark.mark.possible:
        warnings.append(
            f"{points:g} points for {exercise!r}, which is worth {mark.mark.possible:g}"
        )
    who = _user() if by is None else by
    given = None if points is None else float(points)
    return (student, notebook, exercise, given, reason.strip(), now(), who), warnings


def final(record: Record, adjustments: Iterable[Adjustment]) -> FinalNotebook:
    """A record with the adjustments in force; `adjustments` are the student's, oldest first."""
    newest = {(each.notebook, each.exercise): each for each in adjustments}
    marks = []
    for mark in record.marks:
        given = newest.get((record.notebook, mark.exercise))
        if given is None or given.points is None:
            marks.append(FinalMark(mark, mark.points))
        else:
            marks.append(FinalMark(mark, given.points, given))
    return FinalNotebook(record, tuple(marks))


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The sentence for a name that nobody has, with the nearest that somebody has."""
    near = difflib.get_close_matches(name, known := list(known), n=1)
    if near:
        return f"no {what} is named {name!r}; did you mean {near[0]!r}?"
    few = ", ".join(map(repr, known[:10])) + (", ..." if len(known) > 10 else "")
    return f"no {what} is named {name!r}; there are: {few or 'none'}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # No name in the environment, and no entry for this user in the system (a container).
        return ""
