"""Pages that the real checks judged: the material of the tests of the reports."""

from __future__ import annotations

import dataclasses
import functools
import hashlib

from bnlib.checks import registry, run
from bnlib.checks.callee import OwnCallee
from bnlib.grader.gradebook import Adjustment, FinalMark, FinalNotebook
from bnlib.grader.record import BROKEN, GRADED, Mark, Record, line_of, unjudged
from bnlib.grader.reports.data import StudentPage

SEED = 20240501


@functools.cache
def mark(exercise: str, mistake: str | None = None, seed: int = SEED) -> Mark:
    """The mark of the reference, or of a known mistake."""
    known = registry.lookup(exercise)
    answer = known.reference
    if mistake is not None:
        answer = next(m.function for m in known.mistakes if m.id == mistake)
    return judged(exercise, answer, seed)


def judged(exercise: str, answer, seed: int = SEED) -> Mark:
    """The mark of any answer."""
    known, found = registry.lookup(exercise), report(exercise, answer, seed)
    lines = tuple(map(line_of, found.results))
    return Mark(exercise, known.title, found.status, found.points, found.possible, lines)


def report(exercise: str, answer, seed: int = SEED):
    """What the notebook's own check says of an answer."""
    return run(exercise, OwnCallee(answer, registry.lookup(exercise).adapter), seed)


def notebook(name: str, given: dict[str, Mark], student: str = "ada", **changes) -> FinalNotebook:
    """A notebook whose exercises have these marks; those that are not given are missing."""
    marks = tuple(
        given.get(e.name) or unjudged(e, "missing", "Not found in the notebook.")
        for e in registry.exercises()
        if e.notebook == name
    )
    digest = hashlib.sha256(f"{student} {name}".encode(errors="replace")).hexdigest()
    library = hashlib.sha256(b"library").hexdigest()
    record = Record(student, name, digest, library, SEED, "namespaces", GRADED, "", marks)
    record = dataclasses.replace(record, **changes)
    return FinalNotebook(record, tuple(FinalMark(m, m.points) for m in record.marks))


def adjusted(page: FinalNotebook, exercise: str, points: float, reason: str) -> FinalNotebook:
    """The page with other points for one exercise."""
    marks = tuple(
        FinalMark(f.mark, points, _given(page, exercise, points, reason))
        if f.mark.exercise == exercise
        else f
        for f in page.marks
    )
    return FinalNotebook(page.record, marks)


def student(id: str, *notebooks: FinalNotebook, name: str = "") -> StudentPage:
    """The page of a student."""
    return StudentPage(id, name, notebooks)


def hostile(text: str) -> StudentPage:
    """A page on which every text that a submission could have a hand in is this one."""
    page = adjusted(
        notebook(
            "04_algorithm",
            {"batchnorm_forward": mark("batchnorm_forward", "eps-missing")},
            student=text,
            digest="ab" * 32,
            raised=((3, text),),
            flags=(text,),
        ),
        "batchnorm_forward",
        2,
        text,
    )
    marks = []
    for final in page.marks:
        lines = tuple(
            dataclasses.replace(
                line,
                message=f"{n} {text}\n{text}",
                mistake=f"{n} {text}" if line.mistake else None,
                section=text,
                where=text,
            )
            for n, line in enumerate(final.mark.lines)
        )
        changed = dataclasses.replace(final.mark, lines=lines)
        marks.append(FinalMark(changed, final.points, final.adjustment))
    broken = dataclasses.replace(
        page.record, notebook=text, outcome=BROKEN, problem=text, marks=(), isolation=text
    )
    return student(
        text, FinalNotebook(page.record, tuple(marks)), FinalNotebook(broken, ()), name=text
    )


def _given(page: FinalNotebook, exercise: str, points: float, reason: str) -> Adjustment:
    record = page.record
    return Adjustment(record.student, record.notebook, exercise, points, reason, "2024-05-03", "")
