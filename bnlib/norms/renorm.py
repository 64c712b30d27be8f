"""Batch renormalization of (N, D): batch statistics, pulled towards the running ones."""

import math
from typing import NamedTuple

import numpy as np

from bnlib.arguments import (
    finite_statistics,
    floating_array,
    in_range,
    parameter,
    positive,
    several_values,
    upstream_gradient,
    variances,
)
from bnlib.norms.axes import Normalized, normalize, normalize_backward


class BatchRenormCache(NamedTuple):
    """What `batch_renorm_backward` needs."""

    normalized: Normalized
    r: np.ndarray  # (D,), float64
    d: np.ndarray  # (D,), float64
    gamma: np.ndarray  # (D,), float64


def batch_renorm(x, gamma, beta, running_mean, running_var, r_max, d_max, eps=1e-5):
    """Normalize over the batch, then correct towards the running statistics (training mode).

        y = gamma * ((x - mean) / std * r + d) + beta
        r = clip(std / running_std, 1 / r_max, r_max)
        d = clip((mean - running_mean) / running_std, -d_max, d_max)

    with mean and std = sqrt(var + eps) over the batch and running_std = sqrt(running_var + eps).
    Where nothing is clipped, y is what inference would give; r_max = 1 and d_max = 0 are batch
    norm. The running statistics are read, not updated.

    x: (N, D), float32 or float64, N >= 2. gamma, beta, running_mean, running_var: (D,).
    r_max >= 1, d_max >= 0, either may be math.inf. Returns y, with the shape and dtype of x, and
    a `BatchRenormCache`.

    Raises ValueError for a wrong shape or dtype, N = 1, a negative running_var, r_max < 1,
    d_max < 0, eps <= 0, and NaN or infinity in any array. Source: Ioffe 2017 (arXiv:1702.03275),
    Algorithm 1.
    """
    x = floating_array("x", x, "N D")
    size = x.shape[1]
    several_values("x", x.shape[0], "N")
    gamma = parameter("gamma", gamma, size, "D").astype(np.float64)
    beta = parameter("beta", beta, size, "D")
    running_mean = parameter("running_mean", running_mean, size, "D")
    running_var = variances("running_var", running_var, size, "D")
    r_max = in_range("r_max", r_max, 1, math.inf)
    d_max = in_range("d_max", d_max, 0, math.inf)
    eps = positive("eps", eps)

    xhat, normalized = normalize(x, (0,), eps)
    running_std = np.sqrt(running_var.astype(np.float64) + eps)
    r = np.clip(1 / (normalized.inv_std[0] * running_std), 1 / r_max, r_max)
    # The mean of the differences, not the difference of the means: a large mean cancels early.
    difference = np.mean(np.subtract(x, running_mean, dtype=np.float64), 0)
    d = np.clip(difference / running_std, -d_max, d_max)
    y = xhat * (gamma * r).astype(x.dtype)
    y += (gamma * d + beta).astype(x.dtype)
    return y, BatchRenormCache(normalized, r, d, gamma)


def batch_renorm_backward(dy, cache):
    """Carry the gradient of the loss back through `batch_renorm`, r and d held constant.

        dbeta  = sum(dy)
        dgamma = sum(dy * (xhat * r + d))
        dx     = gamma * r / std * (dy - mean(dy) - xhat * mean(dy * xhat))

    with sums and means over N.

    dy: the shape and dtype of y. Returns dx (N, D), dgamma (D,) and dbeta (D,).

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity. Source: Ioffe
    2017, section 3.
    """
    normalized, r, d, gamma = cache
    xhat = normalized.xhat
    dy = upstream_gradient("dy", dy, xhat.shape, xhat.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        dbeta = np.sum(dy, 0, dtype=np.float64)
        finite_statistics("dy", dy, dbeta)
        dgamma = np.sum(dy * xhat, 0, dtype=np.float64) * r + dbeta * d
        dx = normalize_backward(dy * (gamma * r).astype(dy.dtype), normalized)
    return dx, dgamma.astype(dx.dtype), dbeta.astype(dx.dtype)
