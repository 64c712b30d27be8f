"""Right answers to earlier exercises, computed here for a submission that may not see them.

A check that fails is run again with given earlier answers in place of the student's own. In the
sandbox a stand-in asks (``inside.given``); this answers. What it is asked comes from a submission,
so every call has a deadline and every attribute keeps its type and shape.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.checks.calling import deadline, text_of
from bnlib.checks.verdicts import TimedOut

_MOST_OBJECTS = 1000


class Refused(Exception):
    """What was asked has no answer; the text is for the submission."""


class References:
    """Functions and classes of ours, by the names of their exercises."""

    def __init__(self, functions: dict[str, Callable]):
        self._functions = functions
        self._objects: list[tuple[str, object]] = []

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
        try:
            with deadline(seconds, References.answer.__code__), np.errstate(all="ignore"):
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
