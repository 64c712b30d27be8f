"""Normalized weights instead of activations: no statistic of the data is needed."""

import numpy as np

from bnlib.arguments import (
    finite_statistics,
    floating_array,
    parameter,
    positive,
    several_values,
    upstream_gradient,
)
from bnlib.cache import WeightNormCache
from bnlib.norms.axes import normalize, normalize_backward


def weight_norm(v, g):
    """Give each output unit's weight vector the length g and the direction of v.

        w = g * v / ||v||

    with the Euclidean norm over all axes but the first (`dim=0` in PyTorch).

    v: (C, ...), float32 or float64, C output units. g: (C,). Returns w, with the shape and dtype
    of v, and a `WeightNormCache`.

    Raises ValueError for a wrong shape or dtype, a unit whose v is all zero (it has no
    direction), and NaN or infinity in either argument. Source: Salimans & Kingma 2016
    (arXiv:1602.07868), equation 2.
    """
    v = floating_array("v", v, "C ...")
    g = parameter("g", g, v.shape[0], "C")
    g = g.astype(np.float64).reshape((-1,) + (1,) * (v.ndim - 1))
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.square(v, dtype=np.float64)
        norm = np.sqrt(np.sum(squares, _incoming(v), keepdims=True))
    finite_statistics("v", v, norm)
    if norm.min() == 0:
        raise ValueError(f"v is zero for unit {norm.argmin()}: a zero vector has no direction")
    direction = (v / norm).astype(v.dtype)
    return direction * g.astype(v.dtype), WeightNormCache(direction, norm, g)


def weight_norm_backward(dw, cache):
    """Carry the gradient of the loss back through `weight_norm`.

        dg = sum(dw * v) / ||v||
        dv = g / ||v|| * (dw - v / ||v|| * dg)

    with the sum over all axes but the first. dv is orthogonal to v.

    dw: the shape and dtype of w. Returns dv (C, ...) and dg (C,).

    Raises ValueError if dw has another shape or dtype or holds NaN or infinity. Source: Salimans
    & Kingma 2016, equation 3.
    """
    direction, norm, g = cache
    dtype = direction.dtype
    dw = upstream_gradient("dw", dw, direction.shape, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        dg = np.sum(dw * direction, _incoming(dw), dtype=np.float64, keepdims=True)
        finite_statistics("dw", dw, dg)
        dv = dw - direction * dg.astype(dtype)
        dv *= (g / norm).astype(dtype)
    return dv, dg.ravel().astype(dtype)


def weight_standardize(w, eps=1e-5):
    """Give each output unit's weights mean 0 and variance 1.

        w_hat = (w - mean) / sqrt(var + eps)

    with mean and var (biased) over all axes but the first. Implementations differ: some divide by
    the count less one, some add eps outside the root.

    w: (C, ...), float32 or float64, at least 2 weights per output unit. Returns w_hat, with the
    shape and dtype of w, and a `Normalized`.

    Raises ValueError for a wrong shape or dtype, one weight per unit, eps <= 0, and NaN or
    infinity in w. Source: Qiao et al. 2019 (arXiv:1903.10520), equations 5 to 7.
    """
    w = floating_array("w", w, "C ...")
    several_values("w", w.size // w.shape[0], "all axes but the first")
    w_hat, cache = normalize(w, _incoming(w), positive("eps", eps), name="w")
    return w_hat.copy(), cache  # the caller may change the result, but not the cache by it


def weight_standardize_backward(dw_hat, cache):
    """Carry the gradient of the loss back through `weight_standardize`.

        dw = (dw_hat - mean(dw_hat) - w_hat * mean(dw_hat * w_hat)) / sqrt(var + eps)

    with the means over all axes but the first.

    dw_hat: the shape and dtype of w_hat. Returns dw, the same.

    Raises ValueError if dw_hat has another shape or dtype or holds NaN or infinity.
    """
    dw_hat = upstream_gradient("dw_hat", dw_hat, cache.xhat.shape, cache.xhat.dtype)
    return normalize_backward(dw_hat, cache, name="dw_hat")


def _incoming(w):
    """All axes but the first: the weights that lead into one output unit."""
    return tuple(range(1, w.ndim))
