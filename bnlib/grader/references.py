"""Right answers to earlier exercises, computed here for a submission that may not see them.

A check that fails is run again with given earlier answers in place of the student's own. In the
sandbox a stand-in asks (``inside.given``); this answers. What it is asked comes from a submission,
so every call has a deadline and a bound on its memory, and every attribute keeps its type and
shape.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

import numpy as np

from bnlib.checks.calling import text_of
from bnlib.checks.deadlines import deadline
from bnlib.checks.verdicts import TimedOut

_MOST_OBJECTS = 100  # of as many numbers each as one question may hold
# Of one question; the largest data set of an exercise has half of it. Time in a linear algebra
# library, which no signal ends, is bounded by this alone.
_MOST_NUMBERS = 250_000
# Bytes that an answer may take while it is made: two arrays that are small alone can be broadcast
# against each other, and a size can be asked for.
_MEMORY = 1 << 30


class Refused(Exception):
    """What was asked has no answer; the text is for the submission."""


class References:
    """Functions and classes of ours, by the names of their exercises."""

    def __init__(self, functions: dict[str, Callable]):
        self._functions = functions
        self._objects: list[tuple[str, object]] = []

    def anew(self) -> References:
        """The same, of which no object has been made yet."""
        return References(self._functions)

    def methods(self) -> dict[str, list[str] | None]:
        """For each name the methods that its objects have, or None for a function."""
        return {name: _methods(function) for name, function in self._functions.items()}

    def answer(self, name, what, arguments, seconds: float):
        """What a stand-in asked.

        Raises:
            Refused: it asked what there is not, or the code of ours raised.
        """
        function = self._functions.get(name) if isinstance(name, str) else None
        if function is None or not isinstance(arguments, tuple):
            raise Refused("ValueError: there is no such function")
        if _numbers(arguments) > _MOST_NUMBERS:
            raise Refused(f"ValueError: more than {_MOST_NUMBERS} numbers")
        try:
            with (
                _little_memory(),
                deadline(seconds, References.answer.__code__),
                np.errstate(all="ignore"),
            ):
                if what == "call":
                    return function(*arguments)
                if what == "new":
                    return self._new(name, function(*arguments))
                return self._method(name, what, *arguments)
        except TimedOut:
            raise Refused("TimeoutError: it took too long") from None
        except Exception as error:  # the arguments are a stranger's: whatever they lead to
            raise Refused(f"{type(error).__name__}: {text_of(error)}") from None

    def _new(self, name: str, made) -> tuple:
        if len(self._objects) >= _MOST_OBJECTS:
            raise ValueError(f"more than {_MOST_OBJECTS} objects")
        self._objects.append((name, made))
        return len(self._objects) - 1, _state(made)

    def _method(self, name: str, what, number, state, *arguments) -> tuple:
        owner, made = self._objects[number]
        if owner != name or what not in (_methods(type(made)) or ()):
            raise ValueError("there is no such method")
        for key, value in state.items():
            old = getattr(made, key, None) if key in _state(made) else None
            setattr(made, key, _taken_over(old, value)) if old is not None else None
        return getattr(made, what)(*arguments), _state(made)


@contextlib.contextmanager
def _little_memory():
    """Let this process take _MEMORY more than it has, where the system tells what it has."""
    if sys.platform != "linux":
        yield
        return
    import resource

    with open("/proc/self/statm") as file:
        most = int(file.read().split()[0]) * resource.getpagesize() + _MEMORY
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    bounds = [bound for bound in (most, before, hard) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


def _numbers(value) -> int:
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, dict):
        return sum(map(_numbers, value.values()))
    return sum(map(_numbers, value)) if isinstance(value, tuple | list) else 1


def _methods(function: Callable) -> list[str] | None:
    if not isinstance(function, type):
        return None
    return [n for n in dir(function) if not n.startswith("_") and callable(getattr(function, n))]


def _state(made) -> dict:
    """The attributes that a submission sees: arrays, lists of arrays, numbers and switches."""
    return {
        key: value for key, value in vars(made).items() if not key.startswith("_") and _shown(value)
    }


def _shown(value) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, np.ndarray) for item in value)
    return isinstance(value, np.ndarray | bool | int | float)


def _taken_over(old, new):
    """The old attribute with the new one's values, where they are of one form."""
    if isinstance(old, np.ndarray):
        if isinstance(new, np.ndarray) and new.shape == old.shape and new.dtype == old.dtype:
            old[...] = new
    elif isinstance(old, list):
        if isinstance(new, list) and len(new) == len(old):
            old[:] = map(_taken_over, old, new)
    elif type(new) is type(old):
        return new
    return old
