"""The student as a check sees it: call it, get arrays, and leave a record of what came."""

from __future__ import annotations

import numpy as np

from bnlib.checks.compare import as_array
from bnlib.checks.verdicts import NotAttempted, Raised, Wrong


class Student:
    """Calls an answer to an exercise and takes apart what it returns.

    ``record`` holds, call by call, the arrays that came back (what is opaque left out) or the
    exception: two answers that leave the same record can't be told apart by the check.
    """

    def __init__(self, exercise, callee):
        self.exercise = exercise
        self.callee = callee
        self.record: list[tuple] = []

    def __call__(self, *arguments):
        """The value of a call: one array, or a tuple as the exercise names them.

        Raises:
            Wrong: it returned something of another form. NotAttempted, Raised, TimedOut.
        """
        return self._take_apart(self._outcome(arguments).value)

    def changed_arguments(self, *arguments) -> tuple[str, ...]:
        """Names of the arguments that a call changes in place."""
        changed = self._outcome(arguments).changed
        names = tuple(self.exercise.parameters[i] for i in changed)
        self.record.append(("changed", names))
        return names

    def start_again(self) -> None:
        """Forget the record: what follows is what the verdict rests on."""
        self.record.clear()

    def _outcome(self, arguments: tuple):
        try:
            return self.callee.call(arguments)
        except Raised as error:
            self.record.append(("raised", error.kind, error.text))
            raise
        except NotAttempted:
            self.record.append(("not attempted",))
            raise

    def _take_apart(self, value):
        names, opaque = self.exercise.returns, self.exercise.opaque
        if len(names) == 1:
            values = (value,)
        elif isinstance(value, tuple | list) and len(value) == len(names):
            values = tuple(value)
        else:
            self.record.append(("form", _form(value)))
            wanted = f"({', '.join(names)})"
            raise Wrong(
                f"{self.exercise.name} returned {_form(value)}, expected {wanted}.",
                "returned-none" if value is None else "wrong-form",
            )
        arrays = []
        for name, item in zip(names, values, strict=True):
            try:
                arrays.append(item if name in opaque else as_array(name, item))
            except Wrong as wrong:
                self.record.append(("form", name, wrong.mistake))
                raise
        self.record.append(
            ("value", *(a for n, a in zip(names, arrays, strict=True) if n not in opaque))
        )
        return arrays[0] if len(names) == 1 else tuple(arrays)


def same_record(one: list[tuple], other: list[tuple]) -> bool:
    """Whether two records tell the same story, to the digits that their dtypes carry."""
    return len(one) == len(other) and all(map(_same_entry, one, other))


def _same_entry(a: tuple, b: tuple) -> bool:
    if a[0] != b[0] or len(a) != len(b):
        return False
    if a[0] != "value":
        return a == b
    return all(map(_same_array, a[1:], b[1:]))


def _same_array(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape:
        return False
    if a.size == 0:
        return True
    # A mistake must be met far more closely than truth is missed, or it would be named by chance.
    part = 1e-7 if a.dtype == b.dtype == np.float64 else 1e-4
    with np.errstate(all="ignore"):
        scale = float(np.nanmax(np.abs(b), initial=0.0))
        if not np.isfinite(scale):
            return bool(np.array_equal(a, b, equal_nan=True))
        return bool(
            ((np.abs(a - b) <= part * max(scale, 1e-300)) | (np.isnan(a) & np.isnan(b))).all()
        )


def _form(value) -> str:
    """A returned value in words."""
    if value is None:
        return "None"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    return f"a {type(value).__name__}"
