"""Mistakes and alternatives that differ from the right class in one method."""

from __future__ import annotations

from collections.abc import Callable


class Variants:
    """Decorators for a method that makes a mistake, or an alternative, of a right class."""

    def __init__(self, exercise, base: type, method: str):
        self.exercise, self.base, self.method = exercise, base, method

    def mistake(self, id: str, advice: str, source: str = "") -> Callable:
        """The class with this method is a known mistake."""

        def add(function: Callable) -> Callable:
            self.exercise.mistake(id, advice, source=source)(self._with(function))
            return function

        return add

    def alternative(self, function: Callable) -> Callable:
        """The class with this method is an honest answer."""
        self.exercise.alternative(self._with(function))
        return function

    def _with(self, function: Callable) -> type:
        return type(self.base.__name__, (self.base,), {self.method: function})
