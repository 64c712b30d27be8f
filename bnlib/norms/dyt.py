"""Dynamic tanh of (..., D): a layer in the place of a normalization, without statistics."""

import numpy as np

from bnlib.arguments import (
    finite,
    finite_statistics,
    floating_array,
    number,
    parameter,
    upstream_gradient,
)
from bnlib.cache import DyTCache


def dyt(x, alpha, gamma, beta):
    """Squash every number by a tanh of learned steepness, then scale and shift.

        y = gamma * tanh(alpha * x) + beta

    x: (..., D), float32 or float64. alpha: one number. gamma, beta: (D,). Returns y, with the
    shape and dtype of x, and a `DyTCache`.

    Raises ValueError for a wrong shape or dtype and for NaN or infinity in any argument. Source:
    Zhu et al. 2025 (arXiv:2503.10622), equation 1.
    """
    x = floating_array("x", x, "... D")
    dtype = x.dtype
    alpha = number("alpha", alpha)
    gamma = parameter("gamma", gamma, x.shape[-1], "D").astype(dtype)
    beta = parameter("beta", beta, x.shape[-1], "D").astype(dtype)
    finite("x", x)  # no statistic would show it
    with np.errstate(over="ignore"):  # tanh of an overflowed product is 1, and that is right
        tanh = np.tanh(x * dtype.type(alpha))
    y = tanh * gamma
    y += beta
    return y, DyTCache(x.copy(), tanh, alpha, gamma)


def dyt_backward(dy, cache):
    """Carry the gradient of the loss back through `dyt`.

        g      = gamma * dy * (1 - tanh(alpha * x)^2)
        dx     = alpha * g
        dalpha = sum(g * x)
        dgamma = sum(dy * tanh(alpha * x)),  dbeta = sum(dy)

    with the first sum over all axes and the others over all but the last.

    dy: the shape and dtype of y. Returns dx (..., D), dalpha (one number), dgamma (D,) and
    dbeta (D,).

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    x, tanh, alpha, gamma = cache
    dtype = x.dtype
    dy = upstream_gradient("dy", dy, x.shape, dtype)
    leading = tuple(range(x.ndim - 1))
    with np.errstate(over="ignore", invalid="ignore"):
        dbeta = np.sum(dy, leading, dtype=np.float64)
        finite_statistics("dy", dy, dbeta)
        dgamma = np.sum(dy * tanh, leading, dtype=np.float64)
        g = gamma * dy * (1 - tanh * tanh)
        dalpha = np.sum(g * x, dtype=np.float64)
    return g * dtype.type(alpha), dtype.type(dalpha), dgamma.astype(dtype), dbeta.astype(dtype)
