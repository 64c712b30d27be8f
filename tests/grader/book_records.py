"""Records for the tests of the gradebook and of what is made from it."""

from __future__ import annotations

from functools import cache

from bnlib.checks import registry
from bnlib.grader.gradebook import Gradebook, Run
from bnlib.grader.record import GRADED, Line, Mark, Record

LIBRARY = "1" * 64
SEED = 7


@cache
def exercises(notebook: str) -> tuple:
    """The course's own exercises of a notebook."""
    return tuple(e for e in registry.exercises() if e.notebook == notebook)


def mark(exercise, right: bool, message: str = "expected (4, 3), got (3, 4)") -> Mark:
    """An exercise of which every check passed, or none."""
    lines = tuple(
        Line(
            check.name,
            right,
            "" if right else message,
            None,
            check.points if right else 0.0,
            check.points,
            check.section.path,
            str(check.section),
        )
        for check in exercise.checks
    )
    status = "passed" if right else "wrong"
    points = exercise.points if right else 0.0
    return Mark(exercise.name, exercise.title, status, points, exercise.points, lines)


def record(student: str = "ada", notebook: str = "04_algorithm", wrong=(), **changes) -> Record:
    """A record in which all exercises passed but those named in `wrong`."""
    unknown = set(wrong) - {e.name for e in exercises(notebook)}
    assert not unknown, unknown
    fields = {
        "digest": "a" * 64,
        "library": LIBRARY,
        "seed": SEED,
        "isolation": "namespaces",
        "outcome": GRADED,
        "problem": "",
        "marks": tuple(mark(e, e.name not in wrong) for e in exercises(notebook)),
    }
    return Record(student, notebook, **{**fields, **changes})


def begin(book: Gradebook, **changes) -> Run:
    """A run that takes the records above."""
    return book.begin_run(
        **{"library": LIBRARY, "isolation": "namespaces", "seed": SEED, **changes}
    )
