"""Checks that the forward passes share: draw, call, compare the first value that comes back."""

from __future__ import annotations

from collections.abc import Callable

from bnlib.checks.compare import expect
from bnlib.checks.verdicts import Wrong
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE


def judge(student, drawn, compare=expect) -> None:
    """Raise Wrong unless the first value returned for ``drawn`` is the reference's.

    ``drawn`` holds the arguments and, last, what they are in words.
    """
    exercise = student.exercise
    got, _ = student(*drawn[:-1])
    want, _ = exercise.reference(*drawn[:-1])
    compare(exercise.returns[0], got, want, drawn[-1])


def add_check(exercise, sentence: str, points: int, draw: Callable, section=None) -> None:
    """A check of each of the arguments that ``draw(rng)`` yields."""

    @exercise.check(sentence, points, section)
    def test(student, rng, others):
        for drawn in draw(rng):
            judge(student, drawn)


def add_digits(exercise, draw: Callable, section) -> None:
    """The check that large means cost no digits."""

    @exercise.check("large means cost no digits", 1, section)
    def large_means(student, rng, others):
        def compare(name, got, want, given):
            expect_digits(name, got, want, given, OFFSET_SINGLE)

        for drawn in draw(rng):
            judge(student, drawn, compare)


def add_unchanged(exercise, draw: Callable) -> None:
    """The check that the arguments keep their numbers."""

    @exercise.check("the arguments are left as they were", points=1)
    def unchanged(student, rng, others):
        for drawn in draw(rng):
            changed = student.changed_arguments(*drawn[:-1])
            if changed:
                names = ", ".join(changed)
                raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
            judge(student, drawn)
