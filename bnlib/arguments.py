"""Checks of what the public functions are given: every error names the argument, what came
and what was expected.

Every fault is a ``ValueError``, a wrong type included. Nothing is converted behind the
caller's back: float32 stays float32, integers are refused, and no argument is written to.
A NaN or an infinity raises as well. It would spread to every number that shares a statistic
with it, and the traceback would then point far from where it came in.
"""

import math
import operator

import numpy as np

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)


def floating_array(name, value, letters):
    """Return `value` as a float32 or float64 array with one axis per letter.

    `letters` is the expected shape as the docstrings write it: "N D", "N C H W", or
    "... D" for any number of leading axes ("C ..." for trailing ones). The data is not copied
    and not tested for NaN: use `finite`, or `finite_statistics` where a statistic of the array
    exists anyway.

    Raises ValueError for another number of axes, an empty array, or a dtype other than
    float32 and float64.
    """
    array = value if type(value) is np.ndarray else _as_array(name, value)
    if array.dtype != FLOAT32 and array.dtype != FLOAT64:
        raise ValueError(f"{name} {_why_not(array.dtype)}")
    axes = letters.split()
    count = len(axes)
    if "..." in axes:
        count -= 1
        wanted, right = f"at least {count}", array.ndim >= count
    else:
        wanted, right = f"{count}", array.ndim == count
    if not right:
        raise ValueError(
            f"{name} must have {wanted} axes, shape ({', '.join(axes)}); "
            f"got {array.ndim}, shape {array.shape}"
        )
    if array.size == 0:
        raise ValueError(f"{name} is empty: its shape is {array.shape}")
    return array


def parameter(name, value, size, letter):
    """Return `value` as a finite vector with one number per feature or channel.

    `letter` is the axis it must match, "D" or "C", and `size` the length of that axis. The
    dtype may be float32 or float64, whatever the dtype of x.

    Raises ValueError as `floating_array` does, for another size, and for NaN or infinity.
    """
    array = floating_array(name, value, letter)
    if array.size != size:
        raise ValueError(
            f"{name} must have shape ({letter},) = ({size},), one number for each "
            f"{'channel' if letter == 'C' else 'feature'} of x; got {array.shape}"
        )
    # A finite sum proves finite terms and costs less than a test of each.
    total = np.add.reduce(array, dtype=np.float64)
    if not math.isfinite(total) and not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return array


def variances(name, value, size, letter):
    """Return `value` as `parameter` does; no entry may be negative.

    Raises ValueError as `parameter` does and for a negative entry.
    """
    array = parameter(name, value, size, letter)
    if array.min() < 0:
        raise ValueError(f"{name} holds variances and must be >= 0; its minimum is {array.min()}")
    return array


def upstream_gradient(name, value, shape, dtype):
    """Return `value` as an array of the shape and dtype of the output it belongs to.

    It is not tested for NaN: the sums that every backward pass takes will show it.

    Raises ValueError for another shape or another dtype.
    """
    array = value if type(value) is np.ndarray else _as_array(name, value)
    if array.dtype != dtype:
        if array.dtype != FLOAT32 and array.dtype != FLOAT64:
            raise ValueError(f"{name} {_why_not(array.dtype)}")
        raise ValueError(f"{name} must have the dtype of the output, {dtype}; got {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"{name} must have the shape of the output, {shape}; got {array.shape}")
    return array


def positive(name, value):
    """Return `value` as a finite float above zero; raises ValueError for anything else."""
    result = _number(name, value)
    if not 0 < result < math.inf:
        raise ValueError(f"{name} must be positive and finite; got {value!r}")
    return result


def number(name, value):
    """Return `value` as a finite float; raises ValueError for anything else."""
    result = _number(name, value)
    if not math.isfinite(result):
        raise ValueError(f"{name} must be finite; got {value!r}")
    return result


def in_range(name, value, low, high):
    """Return `value` as a float, low <= value <= high; raises ValueError for anything else."""
    result = _number(name, value)
    if not low <= result <= high:
        raise ValueError(f"{name} must lie between {low} and {high}; got {value!r}")
    return result


def whole(name, value, low):
    """Return `value` as an integer, at least `low`; raises ValueError for anything else."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be an integer; got {value!r}") from None
    if number < low:
        raise ValueError(f"{name} must be at least {low}; got {number}")
    return number


def divisor(name, value, size, letter):
    """Return `value` as a positive integer that divides `size`, the length of axis `letter`.

    Raises ValueError for a number that is not an integer, is below 1 or leaves a remainder.
    """
    try:
        result = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be an integer; got {value!r}") from None
    if result < 1 or size % result:
        raise ValueError(f"{name} must be at least 1 and divide {letter} = {size}; got {result}")
    return result


def several_values(name, count, over):
    """Raise ValueError unless each statistic of `name` averages more than one value.

    The mean of one value is that value: the output would be the same whatever came in, and
    the gradient zero. `over` names the averaged axes, for the message.
    """
    if count < 2:
        raise ValueError(
            f"{name} gives each statistic only {count} value to average (over {over}); "
            "it needs at least 2"
        )


def finite(name, array):
    """Return `array` if it holds no NaN and no infinity; raises ValueError otherwise."""
    # A finite sum proves finite terms, and one pass finds it; only a sum that is not finite
    # (it may also have overflowed) pays for the element by element test.
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(np.add.reduce(array, axis=None))
    if not math.isfinite(total) and not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return array


def finite_statistics(name, array, statistic):
    """Raise ValueError if `statistic`, computed from `array`, is not finite; say which is at fault.

    A NaN or an infinity in `array` always reaches its sums, so a statistic that had to be
    computed anyway tests the whole array for the price of a small vector.
    """
    # np.isfinite(...).all() costs twice as much as this on a short vector.
    if not math.isfinite(np.add.reduce(statistic, axis=None)) and not np.isfinite(statistic).all():
        finite(name, array)
        raise ValueError(f"{name} is finite, but too large: its sums overflow {array.dtype}")


def _as_array(name, value):
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} is not an array of numbers: {error}") from None


def _why_not(dtype):
    if dtype.kind in "iub":
        return (
            f"has dtype {dtype}, and its statistics are not whole: convert it with .astype(float)"
        )
    if dtype == np.float16:
        return (
            "has dtype float16, in which sums of squares overflow above 65504: "
            "convert it with .astype(np.float32)"
        )
    return f"must be float32 or float64; got {dtype}"


def _number(name, value):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number; got {value!r}") from None
