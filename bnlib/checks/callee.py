"""Calling what the student wrote: here in this process, in the grader over a pipe.

A callee is anything with ``call(arguments) -> Outcome`` and ``borrowed(exercise)``. The engine
knows no more of it, so the same checks serve the notebook, the browser and the grader.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Protocol

from bnlib.checks import calling
from bnlib.checks.borrowed import borrowed_names
from bnlib.checks.calling import Outcome

SECONDS_A_CALL = 5.0


class Callee(Protocol):
    """Where the student's code runs, seen from a check.

    ``call`` raises NotAttempted, Raised or TimedOut; values are arrays, numbers, strings, and
    tuples, lists and dicts of them; anything else is opaque and can only be passed back.
    """

    def call(self, arguments: tuple) -> Outcome: ...

    def borrowed(self, exercise) -> tuple[str, ...]: ...

    def given(self, functions: dict[str, Callable]) -> Callee:
        """The same answer, which finds these functions under the names of earlier exercises."""


class LocalCallee:
    """A function of this process, called on copies of its arguments, with a deadline a call."""

    def __init__(
        self, function: Callable, adapter: Callable | None = None, seconds: float | None = None
    ):
        self.function = function
        self.seconds = SECONDS_A_CALL if seconds is None else seconds
        self._call = adapter(function) if adapter else function
        self._given: dict[str, Callable] = {}

    def call(self, arguments: tuple) -> Outcome:
        return calling.call(self.function, self._call, arguments, self.seconds, self._given)

    def borrowed(self, exercise) -> tuple[str, ...]:
        return borrowed_names(self.function, exercise.forbidden, exercise.allowed, exercise.uses)

    def given(self, functions: dict[str, Callable]) -> LocalCallee:
        other = copy.copy(self)
        other._given = functions
        return other


class OwnCallee(LocalCallee):
    """Code of ours (a reference, a known mistake): nobody asks what it leans on.

    It may bring ``on_arrays``, what the adapter would make of it, and so save the way round.
    """

    def __init__(self, function: Callable, adapter: Callable | None = None):
        direct = getattr(function, "on_arrays", None)
        super().__init__(direct or function, None if direct else adapter, seconds=0)

    def borrowed(self, exercise) -> tuple[str, ...]:
        return ()


def as_callee(function, adapter: Callable | None = None, seconds: float | None = None) -> Callee:
    """What was given if it is a callee already, else a LocalCallee around the callable."""
    if hasattr(function, "call") and hasattr(function, "borrowed"):
        return function
    if not callable(function):
        raise ValueError(f"the answer must be a function or a class, got {type(function).__name__}")
    return LocalCallee(function, adapter, seconds)
