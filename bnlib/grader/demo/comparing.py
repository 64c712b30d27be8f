"""Expected points beside those that were given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bnlib.grader.demo.students import CLASS
from bnlib.grader.reports.data import StudentPage


class Difference(NamedTuple):
    """An exercise that was not given the points that it is worth (None: it was not graded)."""

    student: str
    exercise: str
    expected: float
    given: float | None


def differences(told: Iterable[StudentPage]) -> list[Difference]:
    """Where the class of the demonstration was graded otherwise than it should."""
    given = {
        page.student: {mark.mark.exercise: mark.points for n in page.notebooks for mark in n.marks}
        for page in told
    }
    return [
        Difference(student.id, exercise, points, given.get(student.id, {}).get(exercise))
        for student in CLASS
        for exercise, points in student.expected.items()
        if given.get(student.id, {}).get(exercise) != points
    ]
