"""What is handed out of a gradebook: a page for each student, one for the class, a table."""

from __future__ import annotations

from pathlib import Path

from bnlib.grader.exports import gradescope, lms
from bnlib.grader.gradebook import Gradebook
from bnlib.grader.intake import Intake, safe_filename
from bnlib.grader.reports import classroom, feedback, pages
from bnlib.grader.reports.data import Attendance, Remark, StudentPage


class NotOne(Exception):
    """Gradescope's results.json is about one student, and the gradebook is not."""


def for_gradescope(told: list[StudentPage], path: Path) -> None:
    """Write the results.json of the one student that was graded.

    Raises:
        NotOne: none was, or more than one.
    """
    graded = [page for page in told if page.notebooks]
    if len(graded) != 1:
        raise NotOne(f"--gradescope is for one student's submission, got those of {len(graded)}")
    (page,) = graded
    adjusted = {
        final.mark.exercise: (final.points, final.adjustment.reason)
        for notebook in page.notebooks
        for final in notebook.marks
        if final.adjustment is not None
    }
    gradescope.write(path, gradescope.results([n.record for n in page.notebooks], adjusted))


def publish(
    book: Gradebook, folder: Path, handed_in: Intake | None = None, site: str | None = None
) -> list[StudentPage]:
    """Write grades.csv, class.html and feedback/<student>.html; return what they say in numbers.

    Args:
        handed_in: what this run found, for the lists of who is missing or unknown; None where
            only an adjustment is shown. site: address of the built book, for links into it.
    """
    lms.grades_csv(book, folder / "grades.csv")
    own = folder / "feedback"
    own.mkdir(exist_ok=True)
    report = classroom.ClassReport()
    told = []
    for student in book.students():
        finals = tuple(book.final(student.id))
        page = StudentPage(student.id, student.name, finals)
        told.append(page)
        if finals:
            feedback.write(own, f"{safe_filename(student.id)}.html", page, site)
            report.add(page)
    attendance = _attendance(handed_in) if handed_in is not None else None
    pages.write(folder / "class.html", report.render(site, attendance))
    return told


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
