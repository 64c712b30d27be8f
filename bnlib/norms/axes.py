"""One function, different axes: what spatial, layer, instance, group and ghost norm share.

Each of these layers subtracts a mean and divides by a standard deviation. They differ in the
axes over which the two are taken, and in nothing else.
"""

from typing import NamedTuple

import numpy as np

from bnlib.arguments import finite_statistics, upstream_gradient


class Normalized(NamedTuple):
    """What `normalize_backward` needs."""

    x_hat: np.ndarray  # the shape and dtype of x
    inv_std: np.ndarray  # float64, 1 / sqrt(var + eps), length 1 along the averaged axes
    axes: tuple  # the averaged axes


class NormCache(NamedTuple):
    """What the backward pass of a layer with gamma and beta needs."""

    normalized: Normalized
    gamma: np.ndarray  # float64, shaped so that it multiplies x_hat
    shared: tuple  # the axes of x_hat along which gamma does not vary
    shape: tuple  # of x; x_hat may have an axis of it split in two


def normalize(x, axes, eps, name="x"):
    """Subtract the mean over `axes` and divide by the standard deviation.

        x_hat = (x - mean) / sqrt(var + eps)

    x: any shape, float32 or float64. Returns x_hat, with the shape and dtype of x, and a
    `Normalized`. The mean is taken twice: the first leaves a remainder, the rounding error of a
    mean that may be large, and the second removes it before anything is squared. All sums are in
    float64.

    Raises ValueError, calling the array `name`, if it holds NaN or infinity.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        mean = np.mean(x, axes, dtype=np.float64, keepdims=True)
        x_hat = x - mean.astype(x.dtype)
        x_hat -= np.mean(x_hat, axes, dtype=np.float64, keepdims=True).astype(x.dtype)
        var = np.mean(np.square(x_hat, dtype=np.float64), axes, keepdims=True)
    finite_statistics(name, x, var)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat *= inv_std.astype(x.dtype)
    return x_hat, Normalized(x_hat, inv_std, axes)


def normalize_backward(dx_hat, normalized, name="dy"):
    """Carry a gradient back through `normalize`.

        dx = (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat)) / sqrt(var + eps)

    with the means over the normalized axes: what is left of dx_hat when its component along the
    constant vector and (but for eps) its component along x_hat are taken away.

    dx_hat: the shape and dtype of x_hat. Returns dx, the same.

    Raises ValueError, calling the gradient `name`, if dx_hat holds NaN or infinity.
    """
    x_hat, inv_std, axes = normalized
    dtype = x_hat.dtype
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        mean = np.mean(dx_hat, axes, dtype=np.float64, keepdims=True)
        finite_statistics(name, dx_hat, mean)
        along = np.mean(dx_hat * x_hat, axes, dtype=np.float64, keepdims=True)
        dx = dx_hat - mean.astype(dtype)
        dx -= x_hat * along.astype(dtype)
        dx *= inv_std.astype(dtype)
    return dx


def affine_norm(x, gamma, beta, axes, eps, shared, split=None):
    """Normalize over `axes`, then y = gamma * x_hat + beta.

    x: checked by the caller. gamma and beta: shaped so that they multiply x_hat, constant along
    the axes `shared`. `split` is the shape under which x is normalized if it is another than its
    own; the axes and the shapes of gamma and beta refer to it. Returns y, with the shape and
    dtype of x, and a `NormCache`.
    """
    x_hat, normalized = normalize(x.reshape(split or x.shape), axes, eps)
    y = x_hat * gamma.astype(x.dtype)
    y += beta.astype(x.dtype)
    return y.reshape(x.shape), NormCache(normalized, gamma.astype(np.float64), shared, x.shape)


def affine_norm_backward(dy, cache):
    """Carry the gradient back through `affine_norm`.

        dbeta = sum(dy),  dgamma = sum(dy * x_hat),  dx_hat = gamma * dy

    with the sums over all that share a gamma. dy: the shape and dtype of y. Returns dx, dgamma
    and dbeta; the last two are vectors.

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    normalized, gamma, shared, shape = cache
    x_hat = normalized.x_hat
    dtype = x_hat.dtype
    dy = upstream_gradient("dy", dy, shape, dtype).reshape(x_hat.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        dbeta = np.sum(dy, shared, dtype=np.float64)
        finite_statistics("dy", dy, dbeta)
        dgamma = np.sum(dy * x_hat, shared, dtype=np.float64)
        dx = normalize_backward(dy * gamma.astype(dtype), normalized)
    return dx.reshape(shape), dgamma.ravel().astype(dtype), dbeta.ravel().astype(dtype)
