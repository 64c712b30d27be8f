"""Comparing what came with what was expected, and saying where they differ."""

from __future__ import annotations

import numpy as np

from bnlib.checks.verdicts import Wrong

# Of the largest expected value. A float32 answer to a float64 question is honest work: it is
# held to what float32 can do.
_TOLERANCE = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 1e-3}


def as_array(name: str, value) -> np.ndarray:
    """The value as an array of floats; numbers and nested lists of numbers count.

    Raises:
        Wrong: it is none: None, a string, an array of integers or objects, float16.
    """
    if value is None:
        raise Wrong(f"{name} is None; is a return missing?", "returned-none")
    if isinstance(value, list | tuple | int | float | np.number):
        try:
            value = np.asarray(value, dtype=None if hasattr(value, "dtype") else float)
        except (TypeError, ValueError):
            raise Wrong(f"{name} is not an array of numbers.", "wrong-type") from None
    if not isinstance(value, np.ndarray):
        raise Wrong(f"{name} is a {type(value).__name__}, expected an array.", "wrong-type")
    if np.issubdtype(value.dtype, np.integer) and value.ndim == 0:
        value = value.astype(float)
    if value.dtype not in _TOLERANCE:
        raise Wrong(f"{name} has dtype {value.dtype}, expected float64.", "wrong-dtype")
    return value


def tolerance(dtype: np.dtype) -> float:
    """The largest difference, as a part of the scale, that passes for equal at that dtype."""
    return _TOLERANCE[np.dtype(dtype)]


def expect(
    name: str,
    got: np.ndarray,
    want,
    given: str = "",
    scale: float | None = None,
    part: float | None = None,
) -> None:
    """Raise Wrong unless ``got`` equals ``want`` in shape and, within tolerance, in value.

    Args:
        name: what the student calls it. given: the input in words ("x of shape (5, 3), eps=0.5").
        scale: what a difference is measured against; the largest |want| unless told.
        part: the tolerance as a part of ``scale``; that of the dtype of ``got`` unless told.
    """
    want = np.asarray(want, dtype=float)
    given = f", for {given}" if given else ""
    if got.shape != want.shape:
        raise Wrong(f"{name} has shape {got.shape}, expected {want.shape}{given}.", "wrong-shape")
    if want.size == 0:
        return
    part = tolerance(got.dtype) if part is None else part
    limit = part * (max(float(np.abs(want).max()), 1e-300) if scale is None else scale)
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
        raise Wrong(f"{what}{given}.", "not-finite")
    where = np.unravel_index(int(np.argmax(off)), want.shape)
    what = f"{name}{_index(where)} is {_digits(got[where], want[where])}"
    share = f" ({count} of {want.size} values are off)" if want.size > 1 else ""
    raise Wrong(f"{what}{given}{share}.")


def _index(where: tuple) -> str:
    return f"[{', '.join(str(int(i)) for i in where)}]" if where else ""


def _digits(got, want) -> str:
    """Both numbers with as many digits as it takes to see that they differ."""
    for digits in range(4, 17):
        a, b = f"{float(got):.{digits}g}", f"{float(want):.{digits}g}"
        if a != b:
            return f"{a}, expected {b}"
    return f"{got!r}, expected {want!r}"
