"""Running statistics: averages over batches that forget the old ones.

Activations change in training, so recent batches have to count most. For the exact statistics of
several batches, which a finished network wants, see `bnlib.merging`. The state goes in and comes
out; nothing is changed in place.
"""

import numpy as np

from bnlib.arguments import (
    finite,
    floating_array,
    in_range,
    parameter,
    several_values,
    variances,
    whole,
)
from bnlib.merging import batch_stats


def exponential_average(running, new, momentum):
    """Move a running value towards a new one, by the share `momentum` of the way.

        running' = (1 - momentum) * running + momentum * new

    This is PyTorch's convention: momentum weighs the *new* value, and 0.1 is usual. TensorFlow,
    Keras, and the literature on optimizers weigh the old one: their 0.9 is 0.1 here.

    running, new: (D,), float32 or float64. momentum: 0 to 1. Returns running' (D,), of the dtype of
    running.

    Raises ValueError for a wrong shape or dtype, momentum outside of 0 to 1, and NaN or infinity
    in either array. Source: PyTorch, `torch.nn.BatchNorm1d`.
    """
    running = finite("running", floating_array("running", running, "D"))
    new = parameter("new", new, running.size, "D")
    return _average(running, new, in_range("momentum", momentum, 0, 1))


def cumulative_average(running, new, count):
    """Take one more value into the plain average of all values so far.

        running' = running + (new - running) / count

    where `count` includes the new value: with 1 the old one is forgotten, as the initial 0 and 1
    of running statistics should be. PyTorch does this for momentum=None.

    running, new: (D,), float32 or float64. count: an integer >= 1. Returns running' (D,), of the
    dtype of running.

    Raises ValueError for a wrong shape or dtype, a count below 1, and NaN or infinity in either
    array. Source: PyTorch, `torch.nn.BatchNorm1d`.
    """
    return exponential_average(running, new, 1 / whole("count", count, 1))


def bessel(var, n):
    """Correct a biased variance, so that its expectation over samples is the population's.

        var' = var * n / (n - 1)

    The mean from which the n deviations are taken is their own, hence too near to them. Values
    that are correlated, as pixels of an image are, need more correction than this.

    var: (D,), float32 or float64, the mean of squared deviations. n: an integer >= 2. Returns
    var' (D,), of the dtype of var.

    Raises ValueError for a wrong shape or dtype, n < 2, a negative variance, and NaN or infinity
    in var. Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), Algorithm 2, line 10.
    """
    var = floating_array("var", var, "D")
    n = whole("n", n, 2)
    return (variances("var", var, var.size, "D") * (n / (n - 1))).astype(var.dtype)


def update_running(running_mean, running_var, x, momentum, unbiased=True, count=None):
    """Take the statistics of one batch into the running ones, as batch norm does in training.

        running_mean' = (1 - momentum) * running_mean + momentum * mean
        running_var'  = (1 - momentum) * running_var + momentum * var * n / (n - 1)

    with mean and var over the n = N (or N * H * W) values of each feature (or channel) of x. The
    momentum is PyTorch's (see `exponential_average`). The batch itself is normalized by the
    biased var; only the running one has Bessel's correction, and unbiased=False leaves it out, as
    Keras 3 does.

    running_mean, running_var: (D,) or (C,). x: (N, D) or (N, C, H, W), float32 or float64, with at
    least 2 values per feature. momentum: 0 to 1; or None, and momentum is 1 / count, where
    count includes this batch. Returns running_mean' and running_var', each of the dtype it had.

    Raises ValueError for a wrong shape or dtype, one value per feature, momentum outside of 0 to
    1, a count that is missing, unused or below 1, a negative running_var, and NaN or infinity in
    any array. Source: Ioffe & Szegedy 2015, Algorithm 2; PyTorch, `torch.nn.BatchNorm1d`.
    """
    batch = batch_stats(x)
    axes, letter = ("N * H * W", "C") if np.ndim(x) == 4 else ("N", "D")
    several_values("x", batch.n, axes)
    running_mean = parameter("running_mean", running_mean, batch.mean.size, letter)
    running_var = variances("running_var", running_var, batch.mean.size, letter)
    if (momentum is None) == (count is None):
        raise ValueError(
            f"count is for momentum=None, and momentum=None needs it; "
            f"got momentum = {momentum!r}, count = {count!r}"
        )
    if momentum is None:
        share = 1 / whole("count", count, 1)
    else:
        share = in_range("momentum", momentum, 0, 1)
    new_var = bessel(batch.var, batch.n) if unbiased else batch.var
    return _average(running_mean, batch.mean, share), _average(running_var, new_var, share)


def _average(running, new, share):
    # A weighted sum rather than running + share * (new - running): exact at both ends, 0 and 1.
    result = (1 - share) * running.astype(np.float64) + share * new.astype(np.float64)
    return result.astype(running.dtype)
