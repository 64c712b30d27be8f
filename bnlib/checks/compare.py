"""Comparing what came with what was expected, and saying where they differ."""

from __future__ import annotations

import numpy as np

from bnlib.checks.verdicts import Wrong

# Of the largest expected value. A float32 answer to a float64 question is honest work: it is
# held to what float32 can do.
_TOLERANCE = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 1e-4}


def as_array(name: str, value) -> np.ndarray:
    """The value as an array of floats; numbers and nested lists of numbers count.

    Raises:
        Wrong: it is none: None, a string, an array of integers or objects, float16.
    """
    if value is None:
        raise Wrong(f"{name} is None; is a return missing?", "returned-none", name)
    if isinstance(value, np.ma.MaskedArray):
        raise Wrong(f"{name} is a masked array, expected a plain one.", "wrong-type", name)
    if isinstance(value, list | tuple | int | float | np.number):
        try:
            value = np.asarray(value, dtype=None if hasattr(value, "dtype") else float)
        except (TypeError, ValueError, OverflowError):
            raise Wrong(
                f"{name} is {form(value)}, expected one array.", "wrong-type", name
            ) from None
    if not isinstance(value, np.ndarray):
        raise Wrong(f"{name} is {form(value)}, expected an array.", "wrong-type", name)
    # A subclass may compare as it likes; what counts is the numbers.
    value = np.asarray(value)
    if np.issubdtype(value.dtype, np.integer) and value.ndim == 0:
        value = value.astype(float)
    if value.dtype not in _TOLERANCE:
        raise Wrong(f"{name} has dtype {value.dtype}, expected float64.", "wrong-dtype", name)
    return value


def form(value) -> str:
    """A returned value in words."""
    if value is None:
        return "None"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"one array of shape {value.shape}"
    return f"a {type(value).__name__}"


def tolerance(dtype: np.dtype) -> float:
    """The largest difference, as a part of the scale, that passes for equal at that dtype."""
    return _TOLERANCE[np.dtype(dtype)]


def expect(
    name: str,
    got,
    want,
    given: str = "",
    scale: float | None = None,
    part: float | dict | None = None,
) -> None:
    """Raise Wrong unless ``got`` equals ``want`` in shape and, within tolerance, in value.

    Args:
        name: what the student calls it. got: what came, of any form.
        given: the input in words ("x of shape (5, 3), eps=0.5").
        scale: what a difference is measured against; the largest |want| unless told.
        part: the tolerance as a part of ``scale``, one number or one for each dtype of ``got``;
            that of the dtype of ``got`` unless told.
    """
    got, want = as_array(name, got), np.asarray(want, dtype=float)
    given = f", for {given}" if given else ""
    if got.shape != want.shape:
        message = f"{name} has shape {got.shape}, expected {want.shape}{given}."
        raise Wrong(message, "wrong-shape", name)
    if want.size == 0:
        return
    if not isinstance(part, float):
        part = (part or _TOLERANCE)[got.dtype]
    limit = part * (max(float(np.abs(want).max()), 1e-300) if scale is None else scale)
    with np.errstate(all="ignore"):
        off = np.abs(got - want)
    # Not `off > limit`: a NaN compares false with everything and would pass.
    bad = ~(off <= limit)
    count = int(bad.sum())
    if not count:
        return
    finite = np.isfinite(got)
    if not finite.all():
        where = np.unravel_index(int(np.argmin(finite)), want.shape)
        what = f"{name}{_index(where)} is {got[where]}, expected {want[where]:.6g}"
        raise Wrong(f"{what}{given}.", "not-finite", name)
    where = np.unravel_index(int(np.argmax(off)), want.shape)
    what = f"{name}{_index(where)} is {_digits(got[where], want[where])}"
    share = f" ({count} of {want.size} values are off)" if want.size > 1 else ""
    raise Wrong(f"{what}{given}{share}.", judged=name)


def expect_list(
    name: str, got, want: list, given: str = "", part: float | dict | None = None
) -> None:
    """Raise Wrong unless ``got`` is a list (or tuple) of arrays, each equal to that of ``want``.

    Differences are measured against the largest value of the whole list. The verdict is about
    the list as one output: ``judged`` is its name, the message says which array is meant.
    """
    if got is None:
        raise Wrong(f"{name} is None; is a return missing?", "returned-none", name)
    if not isinstance(got, list | tuple):
        message = f"{name} is {form(got)}, expected a list of {len(want)} arrays."
        raise Wrong(message, "wrong-form", name)
    if len(got) != len(want):
        after = f", for {given}" if given else ""
        message = f"{name} holds {len(got)} arrays, expected {len(want)}{after}."
        raise Wrong(message, "wrong-form", name)
    scale = max((float(np.abs(w).max(initial=0.0)) for w in want), default=0.0)
    try:
        for i, (mine, theirs) in enumerate(zip(got, want, strict=True)):
            expect(f"{name}[{i}]", mine, theirs, given, max(scale, 1e-300), part)
    except Wrong as wrong:
        wrong.judged = name
        raise


def _index(where: tuple) -> str:
    return f"[{', '.join(str(int(i)) for i in where)}]" if where else ""


def _digits(got, want) -> str:
    """Both numbers with as many digits as it takes to see that they differ."""
    for digits in range(4, 17):
        a, b = f"{float(got):.{digits}g}", f"{float(want):.{digits}g}"
        if a != b:
            return f"{a}, expected {b}"
    return f"{got!r}, expected {want!r}"
