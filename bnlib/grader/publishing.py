"""What is handed out of a gradebook: a page for each student, one for the class, a table."""

from __future__ import annotations

import collections
import contextlib
import functools
from collections.abc import Container
from pathlib import Path
from typing import NamedTuple

from bnlib.grader.exports import gradescope, lms
from bnlib.grader.gradebook import Gradebook
from bnlib.grader.intake import Intake, safe_filename
from bnlib.grader.reports import classroom, feedback, pages
from bnlib.grader.reports.data import Attendance, Remark, StudentPage

# Pages of students that are kept for who asks for them; all are in the files.
MOST_PAGES = 60


class Published(NamedTuple):
    """What was handed out, in numbers.

    Attributes:
        pages: the first students of the class, or the one that was asked for. students: how many
            there are. graded: how many of them handed something in. only: that one, if it is one.
    """

    pages: tuple[StudentPage, ...]
    students: int
    graded: int
    only: StudentPage | None


class NotOne(Exception):
    """Gradescope's results.json is about one student, and the gradebook is not."""


def for_gradescope(told: Published, path: Path) -> None:
    """Write the results.json of the one student that was graded.

    Raises:
        NotOne: none was, or more than one.
    """
    page = told.only
    if page is None:
        raise NotOne(f"--gradescope is for one student's submission, got those of {told.graded}")
    adjusted = {
        final.mark.exercise: (final.points, final.adjustment.reason)
        for notebook in page.notebooks
        for final in notebook.marks
        if final.adjustment is not None
    }
    gradescope.write(path, gradescope.results([n.record for n in page.notebooks], adjusted))


class EarlyPages:
    """Pages that are written while others are still graded; all others are `publish`'s work.

    Each is, when the last notebook that its student handed in has been graded.

    Args:
        folder: that of the results. handed_in: what this run found. site: as for `publish`.

    Attributes:
        written: ids of the students whose pages there are.
    """

    def __init__(self, book: Gradebook, folder: Path, handed_in: Intake, site: str | None = None):
        self._book = book
        self._folder = folder
        self._site = site
        self._left = collections.Counter(s.student for s in handed_in.submissions)
        self._kept = 0
        self.written: set[str] = set()

    @functools.cached_property
    def _names(self) -> dict[str, str]:
        return {student.id: student.name for student in self._book.students()}

    def after(self, student: str, kept: int) -> None:
        """Another notebook of the student is done; ``kept``: how many, so far, were before."""
        fresh, self._kept = kept == self._kept, kept
        self._left[student] -= 1
        if fresh and not self._left[student]:
            # What goes wrong here must not end the grading: it is tried again, and said, at last.
            with contextlib.suppress(Exception):
                finals = tuple(self._book.final(student))
                _write(self._folder, StudentPage(student, self._names[student], finals), self._site)
                self.written.add(student)


def _write(folder: Path, page: StudentPage, site: str | None) -> None:
    own = folder / "feedback"
    own.mkdir(exist_ok=True)
    feedback.write(own, f"{safe_filename(page.student)}.html", page, site)


def publish(
    book: Gradebook,
    folder: Path,
    handed_in: Intake | None = None,
    site: str | None = None,
    whose: str | None = None,
    written: Container[str] = (),
) -> Published:
    """Write grades.csv, class.html and feedback/<student>.html; return what they say in numbers.

    One student's records are in memory at a time, but for the pages that are returned.

    Args:
        handed_in: what this run found, for the lists of who is missing or unknown; None where
            only an adjustment is shown. site: address of the built book, for links into it.
        whose: the student whose page is returned, in place of the first of the class.
        written: students whose page there is (`EarlyPages`).
    """
    table = lms.GradesTable(book)
    report = classroom.ClassReport()
    kept: list[StudentPage] = []
    graded, only = 0, None
    everybody = book.students()
    for student in everybody:
        finals = tuple(book.final(student.id))
        table.add(student, finals)
        page = StudentPage(student.id, student.name, finals)
        if student.id == whose or (whose is None and len(kept) < MOST_PAGES):
            kept.append(page)
        if finals:
            graded += 1
            only = page if graded == 1 else None
            if student.id not in written:
                _write(folder, page, site)
            report.add(page)
    table.write(folder / "grades.csv")
    attendance = _attendance(handed_in) if handed_in is not None else None
    pages.write(folder / "class.html", report.render(site, attendance))
    return Published(tuple(kept), len(everybody), graded, only)


def _attendance(handed_in: Intake) -> Attendance:
    return Attendance(
        missing=tuple(Remark(s.id, "nothing was handed in") for s in handed_in.missing),
        unknown=tuple(
            Remark(s.student, f"{s.where} is of nobody on the roster") for s in handed_in.unknown
        ),
        duplicates=tuple(
            Remark(d.student, f"{d.notebook}: {d.counts.where} counts ({d.why})")
            for d in handed_in.duplicates
        ),
    )
