"""RMS normalization of (..., D): divide by the root mean square, subtract nothing."""

from typing import NamedTuple

import numpy as np

from bnlib.arguments import (
    finite_statistics,
    floating_array,
    parameter,
    positive,
    upstream_gradient,
)


class RMSNormCache(NamedTuple):
    """What `rms_norm_backward` needs."""

    xhat: np.ndarray  # (..., D), x / rms
    inv_rms: np.ndarray  # (..., 1), float64, 1 / sqrt(mean(x^2) + eps)
    gamma: np.ndarray  # (D,), float64


def rms_norm(x, gamma, eps=1e-5):
    """Divide each vector of features by its root mean square, then scale it.

        y = gamma * x / sqrt(mean(x^2) + eps)

    with the mean over the last axis.

    x: (..., D), float32 or float64. gamma: (D,). Returns y, with the shape and dtype of x, and an
    `RMSNormCache`. D = 1 is allowed, as in PyTorch.

    Raises ValueError for a wrong shape or dtype, eps <= 0, and NaN or infinity in any argument.
    Source: Zhang & Sennrich 2019 (arXiv:1910.07467), equation 4; eps as in PyTorch, inside the
    root.
    """
    x = floating_array("x", x, "... D")
    gamma = parameter("gamma", gamma, x.shape[-1], "D").astype(np.float64)
    eps = positive("eps", eps)
    with np.errstate(over="ignore", invalid="ignore"):
        mean_square = np.mean(np.square(x, dtype=np.float64), -1, keepdims=True)
    finite_statistics("x", x, mean_square)
    inv_rms = 1 / np.sqrt(mean_square + eps)
    xhat = x * inv_rms.astype(x.dtype)
    return xhat * gamma.astype(x.dtype), RMSNormCache(xhat, inv_rms, gamma)


def rms_norm_backward(dy, cache):
    """Carry the gradient of the loss back through `rms_norm`.

        dx = (g - xhat * mean(g * xhat)) / sqrt(mean(x^2) + eps),  g = gamma * dy

    with the mean over D: the term of layer norm that comes from the mean is absent. dgamma is the
    sum of dy * xhat over all axes but the last.

    dy: the shape and dtype of y. Returns dx (..., D) and dgamma (D,).

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    xhat, inv_rms, gamma = cache
    dtype = xhat.dtype
    dy = upstream_gradient("dy", dy, xhat.shape, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        dgamma = np.sum(dy * xhat, tuple(range(dy.ndim - 1)), dtype=np.float64)
        finite_statistics("dy", dy, dgamma)
        dx = dy * gamma.astype(dtype)
        along = np.mean(dx * xhat, -1, dtype=np.float64, keepdims=True)
        dx -= xhat * along.astype(dtype)
        dx *= inv_rms.astype(dtype)
    return dx, dgamma.astype(dtype)
