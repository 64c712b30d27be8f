"""Merged statistics: the exact mean and variance of data that come in parts.

Every value counts the same, whichever part it came in. The sums are in float64 and are those of
deviations, never of squares of x itself: mean(x^2) - mean(x)^2 has no digit left at a mean of 1e8.
"""

from typing import NamedTuple

import numpy as np

from bnlib.arguments import finite_statistics, floating_array, parameter, variances, whole


class Stats(NamedTuple):
    """What is known of n values per feature or channel."""

    n: int
    mean: np.ndarray  # (D,) or (C,)
    var: np.ndarray  # (D,) or (C,), biased: divided by n


def batch_stats(x):
    """Count, mean and biased variance of each feature over the examples (and positions).

        mean = sum(x) / n,  var = sum((x - mean)^2) / n

    x: (N, D) with n = N, or (N, C, H, W) with n = N * H * W; float32 or float64. Returns `Stats`
    with mean and var (D,) or (C,), of the dtype of x.

    Raises ValueError for a wrong shape or dtype and for NaN or infinity in x. Source: Ioffe &
    Szegedy 2015 (arXiv:1502.03167), Algorithm 1.
    """
    stats, (dtype, _, _) = _exact(x)
    return _cast(stats, dtype)


def merge_stats(a, b):
    """Give the statistics of two sets of values together from those of each.

        n = n_a + n_b,  delta = mean_b - mean_a
        mean = mean_a + delta * n_b / n
        var  = (n_a * var_a + n_b * var_b) / n + delta^2 * n_a * n_b / n^2

    The last term is the variance between the sets: the average of the variances alone is too
    small. With n_b = 1 this is Welford's update. No large numbers are subtracted, as they would be
    in mean(x^2) - mean(x)^2.

    a, b: (n, mean, var), such as `Stats`; n an integer >= 1, mean and var (D,), float32 or float64,
    var biased. Returns `Stats`; mean and var have the wider of the dtypes of the two means.

    Raises ValueError for anything but three entries, a wrong shape or dtype, n < 1, a negative
    variance, and NaN or infinity. Source: Chan, Golub & LeVeque 1983, The American Statistician
    37; Welford 1962, Technometrics 4.
    """
    a, b = _checked("a", a), _checked("b", b)
    if a.mean.shape != b.mean.shape:
        raise ValueError(f"b describes {b.mean.size} features; expected {a.mean.size}, as in a")
    dtype = np.result_type(a.mean, b.mean)
    return _cast(_merge(_cast(a, np.float64), _cast(b, np.float64)), dtype)


def streaming_stats(chunks):
    """Give the statistics of data that come in parts, in one pass, holding one part at a time.

    Each part is reduced to its `batch_stats`, and these are merged (see `merge_stats`) in
    float64. Parts of one row are Welford's algorithm.

    chunks: an iterable of (N, D) or of (N, C, H, W), N may vary; float32 or float64, all of one
    dtype. Returns `Stats`, biased, with mean and var of the dtype of the parts.

    Raises ValueError, naming the part, for a wrong shape or dtype, parts that do not fit
    the first, no part at all, and NaN or infinity. Source: as for `merge_stats`.
    """
    total = first = None
    for i, chunk in enumerate(chunks):
        stats, kind = _exact(chunk, f"chunks[{i}]")
        if total is None:
            total, first = stats, kind
        elif kind == first:
            total = _merge(total, stats)
        else:
            raise ValueError(
                f"chunks[{i}] has dtype {kind[0]}, {kind[1]} axes and {kind[2]} features; expected "
                f"{first[0]}, {first[1]} and {first[2]}, as in chunks[0]"
            )
    if total is None:
        raise ValueError("chunks is empty; expected at least one array")
    return _cast(total, first[0])


def precise_stats(batches):
    """Give the population mean and variance over many batches, to be used at inference.

        mean = sum(n_i * mean_i) / n
        var  = sum(n_i * (var_i + (mean_i - mean)^2)) / n

    with n_i values in batch i, n in all, and the biased var_i: exactly the statistics of all
    values together. For batches of one size that is mean(mean_i^2 + var_i) - mean(mean_i)^2, the
    average of the batches' moments. The plain average of the var_i is another estimate: without
    Bessel's correction it leaves out the variance between batches, and with it, it is right on
    average over many batches of independent examples. The authors' code (fvcore, precise_bn.py)
    has both and calls this one better for small batches.

    All batches must come from one network with fixed weights.

    batches: as `chunks` of `streaming_stats`. Returns mean and var (D,) or (C,), of their dtype;
    `bessel` corrects var, if wanted.

    Raises ValueError as `streaming_stats` does. Source: Wu & Johnson 2021 (arXiv:2105.07576).
    """
    _, mean, var = streaming_stats(batches)
    return mean, var


def _exact(x, name="x"):
    """`batch_stats` in float64, and the (dtype, axes, features) of x."""
    x = floating_array(name, x, "N ...")
    if x.ndim not in (2, 4):
        raise ValueError(f"{name} must have shape (N, D) or (N, C, H, W); got {x.shape}")
    axes = (0, *range(2, x.ndim))
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        mean = np.mean(x, axes, dtype=np.float64, keepdims=True)
        centred = x - mean
        # What the rounding of a large mean left over.
        remainder = np.mean(centred, axes, keepdims=True)
        var = np.mean((centred - remainder) ** 2, axes)
    finite_statistics(name, x, var)
    stats = Stats(x.size // x.shape[1], (mean + remainder).reshape(var.shape), var)
    return stats, (x.dtype, x.ndim, x.shape[1])


def _merge(a, b):
    n = a.n + b.n
    delta = b.mean - a.mean
    mean = a.mean + delta * (b.n / n)
    var = a.var * (a.n / n) + b.var * (b.n / n) + delta**2 * (a.n / n) * (b.n / n)
    return Stats(n, mean, var)


def _checked(name, stats):
    """A triple of the caller's as `Stats`."""
    try:
        n, mean, var = stats
    except (TypeError, ValueError):
        raise ValueError(f"{name} must have three entries, (n, mean, var); got {stats!r}") from None
    size = floating_array(f"the mean of {name}", mean, "D").size
    mean = parameter(f"the mean of {name}", mean, size, "D")
    var = variances(f"the var of {name}", var, size, "D")
    return Stats(whole(f"the n of {name}", n, 1), mean, var)


def _cast(stats, dtype):
    return Stats(stats.n, stats.mean.astype(dtype), stats.var.astype(dtype))
