"""Stand-ins for right answers to earlier exercises: the judge computes, no code of it is here.

A function asks once a call. A class is mirrored: its object lives with the judge, its public
attributes are here too, and each method call carries them over and back, so that an array which
the submission changes in place is changed there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def stand_in(name: str, methods: list[str] | None, ask: Callable) -> Callable:
    """A function that asks, or, where there are methods, a class whose objects do."""
    if methods is None:

        def function(*arguments):
            return ask(name, "call", arguments)

        function.__name__ = name
        return function

    def begin(self, *arguments):
        self._number, state = ask(name, "new", arguments)
        _bring(vars(self), state)

    members = {"__init__": begin}
    for method in methods:
        members[method] = _method(name, method, ask)
    return type(name, (), members)


def _method(name: str, method: str, ask: Callable) -> Callable:
    def called(self, *arguments):
        state = {key: value for key, value in vars(self).items() if not key.startswith("_")}
        value, state = ask(name, method, (self._number, state, *arguments))
        _bring(vars(self), state)
        return value

    called.__name__ = method
    return called


def _bring(here: dict, state: dict) -> None:
    """Set attributes to what they are at the judge's; arrays keep their identity."""
    for key, new in state.items():
        here[key] = _into(here.get(key), new)


def _into(old, new):
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray) and old.shape == new.shape:
        old[...] = new
        return old
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        old[:] = map(_into, old, new)
        return old
    return new
