"""A class that keeps a state, as a function of arrays: what it was started with, then what is done.

A step is (label, what, *arguments). ``what`` is a method's name, or "get" (the value at a dotted
path of attributes), "set" (a path and a value), "item" (one of a kept pair) or "new" (go on with
another object, started with the arguments). What a step gives is kept under its label; an
argument "@label" is what was kept.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np


def by_steps(answer) -> Callable:
    """A class as ``(start, steps, names) -> values``, one value a name, None for what was not kept.

    start: the arguments of the class. steps: as above. names: labels of steps.
    """

    def call(start, steps, names):
        made = answer(*start)
        kept: dict = {}
        for label, what, *arguments in steps:
            given = [kept[a[1:]] if _refers(a) else a for a in arguments]
            if what == "item":
                pair, position = given
                if not isinstance(pair, tuple | list):
                    raise TypeError(f"expected a tuple, got {type(pair).__name__}")
                kept[label] = _now(pair[position])
            elif what == "new":
                made = answer(*given)
            elif what == "set":
                path, _, last = given[0].rpartition(".")
                setattr(_reached(made, path), last, given[1])
            else:
                value = _reached(made, given[0]) if what == "get" else getattr(made, what)(*given)
                kept[label] = _now(value)
        return tuple(kept.get(name) for name in names)

    return call


def _refers(argument) -> bool:
    return isinstance(argument, str) and argument.startswith("@")


def _reached(made, path: str):
    return functools.reduce(getattr, path.split("."), made) if path else made


def _now(value):
    """The value as it is now: an array may be changed in place by a later step."""
    if isinstance(value, np.ndarray):
        return value.copy()
    return float(value) if isinstance(value, bool | np.bool_) else value
