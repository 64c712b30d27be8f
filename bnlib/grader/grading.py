"""Grading a folder: from what was handed in to the gradebook, resumable at any point."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bnlib.checks import registry
from bnlib.grader import GRADEBOOK, executors, intake, library
from bnlib.grader.executors.apart import Task
from bnlib.grader.gradebook import Gradebook, Run, Student
from bnlib.grader.intake import Intake, Roster
from bnlib.grader.judging import Terms
from bnlib.grader.record import UNREADABLE, Record, marks_without_answers
from bnlib.grader.sandbox import view

# As it stands in a notebook's JSON, where `n` of a line's end may precede it.
_IMPORTS_TORCH = re.compile(rb"(?:import|from)[ \t]+torch\b")


@dataclass(frozen=True)
class Progress:
    """How far a run has come: submissions in all, done, and of these those kept from before."""

    total: int
    done: int
    kept: int
    student: str = ""


def known_notebooks() -> tuple[str, ...]:
    """The course's notebooks, in their order."""
    return registry.notebooks()


def found(submissions: Path, notebook: str | None, roster: Roster | None) -> Intake:
    """What there is to grade in a folder, an archive or a notebook file."""
    return intake.find(submissions, notebook, known_notebooks(), roster)


class Needs(NamedTuple):
    """What notebooks want of a sandbox: torch imported, the library's norms to read."""

    torch: bool
    core: bool


def likely_needs(handed_in: Intake) -> Needs | None:
    """What most submissions will want, by a look at the first; None where there is none.

    A wrong guess costs time and nothing else: a judge starts the sandbox that a notebook needs.
    """
    for submission in handed_in.submissions[:1]:
        try:
            torch = bool(_IMPORTS_TORCH.search(submission.read()))
        except intake.Unavailable:
            continue
        return Needs(torch, view.needs_core(submission.notebook))
    return None


def grade(
    handed_in: Intake,
    book: Gradebook,
    terms: Callable[[int, str], Terms],
    execute: Callable,
    roster: Roster | None = None,
    seed: int | None = None,
    regrade: bool = False,
    isolation: str = "namespaces",
    options: dict | None = None,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Run:
    """Grade what was handed in, and keep each record as soon as there is one.

    What the gradebook has a record of, of the same file by the same library, is not graded again.

    Args:
        terms: makes the terms from the run's seed and the library's digest. execute: grades an
            iterable of tasks under terms (``executors.local.Judges.grade``). regrade: grade all
            again.
        tell: called after each submission.

    Raises:
        GradebookError, SandboxFailed: what was graded before is in the gradebook.
    """
    digest = library.digest()
    run = book.begin_run(
        library=digest, isolation=isolation, seed=seed, regrade=regrade, options=options or {}
    )
    rostered = roster.students if roster else ()
    book.enrol(
        [
            *(Student(s.id, s.name, rostered=True) for s in rostered),
            *(Student(s.student, s.name) for s in handed_in.submissions),
        ]
    )
    book.note_problems(run, remarks(handed_in))
    run_terms = terms(run.seed, digest)
    counts = {"done": 0, "kept": 0}
    total = len(handed_in.submissions)

    def report(student: str) -> None:
        tell(Progress(total, counts["done"], counts["kept"], student))

    def tasks() -> Iterator[Task]:
        for submission in handed_in.submissions:
            try:
                data = submission.read()
            except intake.Unavailable as error:
                book.add(run, _unavailable(submission, run_terms, str(error)), [])
                counts["done"] += 1
                report(submission.student)
                continue
            hashed = hashlib.sha256(data).hexdigest()
            only = run if regrade else None
            if book.graded(submission.student, submission.notebook, hashed, digest, only):
                counts["done"] += 1
                counts["kept"] += 1
                report(submission.student)
                continue
            yield Task(submission.student, submission.notebook, data)

    with closing(execute(tasks(), run_terms)) as results:
        for graded in results:
            book.add(run, graded.record, graded.source)
            counts["done"] += 1
            report(graded.record.student)
    book.finish(run)
    return run


def _unavailable(submission, terms: Terms, problem: str) -> Record:
    return Record(
        student=submission.student,
        notebook=submission.notebook,
        digest="",
        library=terms.library,
        seed=terms.seed,
        isolation=terms.isolation,
        outcome=UNREADABLE,
        problem=problem,
        marks=marks_without_answers(submission.notebook, "not judged", problem),
    )


def remarks(handed_in: Intake) -> list[str]:
    """What an instructor has to know of the submissions as such, in sentences."""
    return [
        *(problem.sentence for problem in handed_in.problems),
        *(
            f"{d.student}: {d.notebook} was handed in {len(d.others) + 1} times; "
            f"{d.counts.where} counts ({d.why})"
            for d in handed_in.duplicates
        ),
        *(f"{s.student}: {s.where} is of nobody on the roster" for s in handed_in.unknown),
        *(f"{s.id}: nothing was handed in" for s in handed_in.missing),
    ]


__all__ = [
    "GRADEBOOK",
    "Needs",
    "Progress",
    "executors",
    "found",
    "grade",
    "known_notebooks",
    "likely_needs",
    "remarks",
]
