"""Checks that the backward passes share, beside the student's own forward pass or a given one."""

from __future__ import annotations

from collections.abc import Callable

from bnlib.exercises.backward.judging import call_twice, judge


class BackwardChecks:
    """Adds checks to a backward exercise.

    ``forward`` is the name of the forward pass's exercise, ``given`` a right one with the
    documented cache; the exercise's reference is the right backward pass.
    """

    def __init__(self, exercise, forward: str, given: Callable):
        self.exercise, self.forward, self.given = exercise, forward, given

    def _judge(self, student, rng, others, drawn, names):
        dy = rng.standard_normal(drawn.x.shape)
        own = others.get(self.forward)
        reference = self.exercise.reference
        return judge(student, own, self.given, reference, drawn, dy, names)

    def add(self, sentence: str, points: int, draw: Callable, names, section=None) -> None:
        """A check of the named gradients for what ``draw(rng)`` gives."""

        @self.exercise.check(sentence, points, section)
        def test(student, rng, others):
            return self._judge(student, rng, others, draw(rng), names)

    def add_unchanged(self, draw: Callable) -> None:
        """The check that dy and the cache keep their numbers."""

        @self.exercise.check("dy and the cache are left as they were; a second call agrees", 1)
        def unchanged(student, rng, others):
            drawn = draw(rng)
            own = others.get(self.forward)
            call_twice(student, own, self.given, drawn, rng.standard_normal(drawn.x.shape))
            return self._judge(student, rng, others, drawn, self.exercise.returns[1:])
