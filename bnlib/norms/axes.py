"""One function, different axes: what spatial, layer, instance, group and ghost norm share.

Each of these layers subtracts a mean and divides by a standard deviation. They differ in the
axes over which the two are taken, and in nothing else.
"""

from typing import NamedTuple

import numpy as np

from bnlib.arguments import finite_statistics, upstream_gradient


class Normalized(NamedTuple):
    """What `normalize_backward` needs."""

    xhat: np.ndarray  # the shape and dtype of x
    inv_std: np.ndarray  # float64, 1 / sqrt(var + eps), length 1 along the averaged axes
    axes: tuple  # the averaged axes


class NormCache(NamedTuple):
    """What the backward pass of a layer with gamma and beta needs."""

    normalized: Normalized
    gamma: np.ndarray  # float64, shaped so that it multiplies xhat
    shared: tuple  # the axes of xhat along which gamma does not vary
    shape: tuple  # of x; xhat may have an axis of it split in two


def normalize(x, axes, eps, name="x"):
    """Subtract the mean over `axes` and divide by the standard deviation.

        xhat = (x - mean) / sqrt(var + eps)

    x: any shape, float32 or float64. Returns xhat, with the shape and dtype of x, and a
    `Normalized`. The mean is taken twice: the first leaves a remainder, the rounding error of a
    mean that may be large, and the second removes it before anything is squared. All sums are in
    float64.

    Raises ValueError, calling the array `name`, if it holds NaN or infinity.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        mean = np.mean(x, axes, dtype=np.float64, keepdims=True)
        xhat = x - mean.astype(x.dtype)
        xhat -= np.mean(xhat, axes, dtype=np.float64, keepdims=True).astype(x.dtype)
        var = np.mean(np.square(xhat, dtype=np.float64), axes, keepdims=True)
    finite_statistics(name, x, var)
    inv_std = 1 / np.sqrt(var + eps)
    xhat *= inv_std.astype(x.dtype)
    return xhat, Normalized(xhat, inv_std, axes)


def normalize_backward(dxhat, normalized, name="dy"):
    """Carry a gradient back through `normalize`.

        dx = (dxhat - mean(dxhat) - xhat * mean(dxhat * xhat)) / sqrt(var + eps)

    with the means over the normalized axes: what is left of dxhat when its component along the
    constant vector and (but for eps) its component along xhat are taken away.

    dxhat: the shape and dtype of xhat. Returns dx, the same.

    Raises ValueError, calling the gradient `name`, if dxhat holds NaN or infinity.
    """
    xhat, inv_std, axes = normalized
    dtype = xhat.dtype
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        mean = np.mean(dxhat, axes, dtype=np.float64, keepdims=True)
        finite_statistics(name, dxhat, mean)
        along = np.mean(dxhat * xhat, axes, dtype=np.float64, keepdims=True)
        dx = dxhat - mean.astype(dtype)
        dx -= xhat * along.astype(dtype)
        dx *= inv_std.astype(dtype)
    return dx


def affine_norm(x, gamma, beta, axes, eps, shared, split=None):
    """Normalize over `axes`, then y = gamma * xhat + beta.

    x: checked by the caller. gamma and beta: shaped so that they multiply xhat, constant along
    the axes `shared`. `split` is the shape under which x is normalized if it is another than its
    own; the axes and the shapes of gamma and beta refer to it. Returns y, with the shape and
    dtype of x, and a `NormCache`.
    """
    xhat, normalized = normalize(x.reshape(split or x.shape), axes, eps)
    y = xhat * gamma.astype(x.dtype)
    y += beta.astype(x.dtype)
    return y.reshape(x.shape), NormCache(normalized, gamma.astype(np.float64), shared, x.shape)


def affine_norm_backward(dy, cache):
    """Carry the gradient back through `affine_norm`.

        dbeta = sum(dy),  dgamma = sum(dy * xhat),  dxhat = gamma * dy

    with the sums over all that share a gamma. dy: the shape and dtype of y. Returns dx, dgamma
    and dbeta; the last two are vectors.

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    normalized, gamma, shared, shape = cache
    xhat = normalized.xhat
    dtype = xhat.dtype
    dy = upstream_gradient("dy", dy, shape, dtype).reshape(xhat.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        dbeta = np.sum(dy, shared, dtype=np.float64)
        finite_statistics("dy", dy, dbeta)
        dgamma = np.sum(dy * xhat, shared, dtype=np.float64)
        dx = normalize_backward(dy * gamma.astype(dtype), normalized)
    return dx.reshape(shape), dgamma.ravel().astype(dtype), dbeta.ravel().astype(dtype)
