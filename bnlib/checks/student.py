"""The student as a check sees it: call it, get arrays, and leave a record of what came."""

from __future__ import annotations

import numpy as np

from bnlib.checks.compare import as_array, form
from bnlib.checks.verdicts import NotAttempted, Raised, TimedOut, Wrong


class Student:
    """Calls an answer to an exercise and takes apart what it returns.

    ``record`` holds, call by call, what came back (what is opaque left out) or the exception:
    two answers that leave the same record can't be told apart by the check.
    """

    def __init__(self, exercise, callee):
        self.exercise = exercise
        self.callee = callee
        self.record: list[tuple] = []
        self._stopped: TimedOut | None = None

    def __call__(self, *arguments):
        """What a call returned: one value, or a tuple as the exercise names them.

        ``expect`` says whether a value is an array of the right numbers: one that is not costs
        the checks that judge it, and no others.

        Raises:
            Wrong: there are more or fewer values. NotAttempted, Raised, TimedOut.
        """
        return self._take_apart(self._outcome(arguments).value)

    def changed_arguments(self, *arguments) -> tuple[str, ...]:
        """Names of the arguments that a call changes in place."""
        names = self.exercise.parameters
        # A remote callee's word comes out of a sandbox: what is no position is no argument.
        changed = tuple(
            names[i]
            for i in self._outcome(arguments).changed
            if isinstance(i, int) and 0 <= i < len(names)
        )
        self.record.append(("changed", changed))
        return changed

    def start_again(self, length: int = 0) -> None:
        """Forget the record beyond a length: what is left is what the verdict rests on."""
        del self.record[length:]

    def record_as(self, **values) -> None:
        """Let the last call's record hold these in place of what came.

        For what the task leaves free, such as the sign of an eigenvector: two answers that differ
        in it alone then leave the same record, so a mistake is named whatever was chosen.
        """
        kept = {name: _kept(name, value) for name, value in values.items()}
        self.record[-1] = ("value", {**self.record[-1][1], **kept})

    def _outcome(self, arguments: tuple):
        if self._stopped is not None:
            raise self._stopped
        try:
            return self.callee.call(arguments)
        except TimedOut as error:
            self._stopped = error  # once is enough
            raise
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
            self.record.append(("form", form(value)))
            wanted = f"({', '.join(names)})"
            raise Wrong(
                f"{self.exercise.name} returned {form(value)}, expected {wanted}.",
                "returned-none" if value is None else "wrong-form",
            )
        kept = {
            n: _kept(n, v, n in self.exercise.lists)
            for n, v in zip(names, values, strict=True)
            if n not in opaque
        }
        self.record.append(("value", kept))
        return values[0] if len(names) == 1 else values


def _kept(name: str, value, a_list: bool = False):
    """The value as an array, or as a tuple of arrays; for what is no array, the fault's name."""
    if a_list and isinstance(value, list | tuple):
        return tuple(_kept(name, item) for item in value)
    try:
        return as_array(name, value)
    except Wrong as wrong:
        return wrong.mistake


def same_record(one: list[tuple], other: list[tuple], judged: str | None = None) -> bool:
    """Whether two records tell the same story, to the digits that their dtypes carry.

    Args:
        judged: the one output to look at; all of them unless told.
    """
    return len(one) == len(other) and all(
        _same_entry(a, b, judged) for a, b in zip(one, other, strict=True)
    )


def _same_entry(a: tuple, b: tuple, judged: str | None) -> bool:
    if a[0] != b[0] or a[0] != "value":
        return a == b
    names = [judged] if judged in a[1] else list(a[1])
    return all(_same_value(a[1][name], b[1][name]) for name in names)


def _same_value(a, b) -> bool:
    if isinstance(a, tuple) or isinstance(b, tuple):
        both = isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b)
        return both and all(map(_same_value, a, b))
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    if a.shape != b.shape:
        return False
    if a.size == 0:
        return True
    # A mistake must be met far more closely than truth is missed, or it would be named by chance.
    part = 1e-7 if a.dtype == b.dtype == np.float64 else 1e-5
    with np.errstate(all="ignore"):
        scale = float(np.nanmax(np.abs(b), initial=0.0))
        if not np.isfinite(scale):
            return bool(np.array_equal(a, b, equal_nan=True))
        near = np.abs(a - b) <= part * max(scale, 1e-300)
    return bool((near | (np.isnan(a) & np.isnan(b))).all())
