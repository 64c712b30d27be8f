"""A student's page: what was right, what was not, and what to look at next.

What is for the instructor alone (a record's flags, its seconds) does not come here.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bnlib.checks.report import THE_SAME, said_once
from bnlib.grader.gradebook import Adjustment, FinalMark, FinalNotebook
from bnlib.grader.record import BROKEN, GRADED, UNREADABLE, Line
from bnlib.grader.reports import pages
from bnlib.grader.reports.data import StudentPage

MOST_RAISED = 20  # cells that raised, of one notebook

# What a status means, where the word alone does not say it.
MEANINGS = {
    "not attempted": (
        "Your function still raises NotImplementedError: put your answer in that line's place."
    ),
    "missing": (
        "After your cells had run there was no function or class of this name. Was its cell "
        "deleted, the name changed, or did the cell raise?"
    ),
    "borrowed": "Your answer calls something that already does what this exercise asks you to do.",
    "took too long": (
        "A call did not come back in time; it was stopped, and the checks after it were not run."
    ),
    "not judged": "The checks could not be run, so this says nothing about your answer.",
}
REMEDIES = {
    UNREADABLE: (
        "Open the notebook in Jupyter. If it opens, choose Run > Run All Cells, save it, and hand "
        "it in again. If it does not, copy your functions into a fresh copy of the notebook."
    ),
    BROKEN: (
        "Open the notebook in Jupyter and choose Kernel > Restart Kernel and Run All Cells. Look "
        "for a loop that never ends, for arrays that are far too large and for a call that ends "
        "Python, such as exit(). Once all cells run, save it and hand it in again."
    ),
}
_WORDS = {
    True: ("✓", "passed", "good"),
    False: ("✗", "wrong", "bad"),
    None: ("–", "not judged", ""),
}


class CheckView(NamedTuple):
    """One check as the page shows it; ``tone`` is the class of its colour.

    ``where`` is the section to read and ``href`` its address; None where there is none to give.
    """

    sign: str
    word: str
    tone: str
    line: Line
    advice: str
    came: str
    where: str | None
    href: str | None


class ExerciseView(NamedTuple):
    """One exercise as the page shows it; ``message`` stands for all checks where it is set."""

    anchor: str
    final: FinalMark
    status: str
    tone: str
    meaning: str
    message: str
    checks: list[CheckView]
    adjustment: Adjustment | None
    open: bool
    detailed: bool


class NotebookView(NamedTuple):
    """One notebook as the page shows it."""

    anchor: str
    page: FinalNotebook
    exercises: list[ExerciseView]
    remedy: str
    right: int
    next: ExerciseView | None
    raised: tuple[tuple[int, str], ...]
    unsaid: int


def render(page: StudentPage, book: str | None = None) -> str:
    """The page of one student, as HTML that needs nothing else; the same for the same input.

    Args:
        book: address of the built book's root, for links; sections are named without it.

    Raises:
        ValueError: ``book`` is no address.
    """
    book = pages.checked_book(book)
    notebooks = [_notebook(n, notebook, book) for n, notebook in enumerate(page.notebooks, 1)]
    return pages.filled("feedback.html", page=page, notebooks=notebooks)


def write(folder: Path, filename: str, page: StudentPage, book: str | None = None) -> Path:
    """Render a page into a folder, whole or not at all; returns the file's path.

    Args:
        filename: a name without folders: making one of a student's id is the caller's business.

    Raises:
        ValueError: ``filename`` leads out of the folder. OSError: it can't be written.
    """
    if filename in ("", ".", "..") or set(filename) & set("/\\\0"):
        raise ValueError(f"the page's file is named {filename!r}, expected a name without folders")
    path = folder / filename
    pages.write(path, render(page, book))
    return path


def _notebook(number: int, page: FinalNotebook, book: str | None) -> NotebookView:
    record = page.record
    exercises = [
        _exercise(f"notebook-{number}-exercise-{n}", final, record.outcome, book)
        for n, final in enumerate(page.marks, 1)
    ]
    wanting = [e for e in exercises if e.final.mark.status != "passed"]
    # What could be judged is a better place to go on than what could not.
    wanting.sort(key=lambda e: e.final.mark.status == "not judged")
    return NotebookView(
        f"notebook-{number}",
        page,
        exercises,
        _remedy(record),
        len(exercises) - len(wanting),
        wanting[0] if wanting else None,
        record.raised[:MOST_RAISED],
        len(record.raised[MOST_RAISED:]),
    )


def _remedy(record) -> str:
    if record.outcome == UNREADABLE and not record.digest:
        return "If you did hand it in, look whether it went to the right place under its own name."
    return REMEDIES.get(record.outcome, "")


def _exercise(anchor: str, final: FinalMark, outcome: str, book: str | None) -> ExerciseView:
    mark = final.mark
    status, tone = mark.status, ""
    if status == "passed":
        status, tone = "right", "good"
    elif status == "wrong":
        status, tone = ("partly right" if mark.points else "wrong"), "bad"
    elif status in ("borrowed", "took too long"):
        tone = "bad"
    messages = {line.message for line in mark.lines}
    together = mark.status not in ("passed", "wrong") and len(messages) == 1
    judged = any(line.passed is not None for line in mark.lines)
    return ExerciseView(
        anchor,
        final,
        status,
        tone,
        MEANINGS.get(mark.status, ""),
        # Of a stub the meaning has said all.
        messages.pop() if together and mark.status != "not attempted" else "",
        [] if together else _checks(mark.lines, book),
        final.adjustment,
        mark.status != "passed" or final.adjustment is not None,
        # Of a notebook that could not be judged, its one problem has been said above.
        outcome == GRADED or judged or final.adjustment is not None,
    )


def _checks(lines: tuple[Line, ...], book: str | None) -> list[CheckView]:
    views = []
    for line, repeated in said_once(lines):
        advice, came, where, href = "", line.message, None, None
        if repeated:
            came = THE_SAME
        elif line.passed is False:
            where, href = line.where, pages.link(book, line.section)
            if line.mistake:
                advice, _, came = line.message.partition("\n")
        elif line.passed is None and not came:
            came = "This check could not be run."
        views.append(CheckView(*_WORDS[line.passed], line, advice, came, where, href))
    return views
