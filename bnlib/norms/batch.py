"""Batch normalization of (N, D): each feature is normalized over the N examples of the batch.

The arithmetic is that of the textbook, in an order chosen for a processor with caches: sweeps
over blocks, which work in the array that is returned (`bnlib.norms.blocks`).
"""

from typing import NamedTuple

import numpy as np

from bnlib.arguments import (
    finite,
    finite_statistics,
    floating_array,
    parameter,
    positive,
    several_values,
    upstream_gradient,
    variances,
)
from bnlib.norms.blocks import as_blocks, as_tiles, dots, sums, whole_rows

FAR = 2.0  # a mean of more standard deviations than this is subtracted before anything is squared


class BatchNormCache(NamedTuple):
    """What `batch_norm_backward` needs."""

    x: np.ndarray  # (N, D), the argument itself if it is contiguous, not a copy
    shift: np.ndarray | None  # (D,), in the dtype of x: the mean if any mean is far from zero
    remainder: np.ndarray  # (D,), the mean of x - shift (of x without a shift), in float64
    inv_std: np.ndarray  # (D,), 1 / sqrt(var + eps)
    gamma: np.ndarray  # (D,)

    @property
    def xhat(self):
        """The normalized x, (N, D) in the dtype of x; computed anew, as no pass needs it whole."""
        c = self.x if self.shift is None else self.x - self.shift
        return ((c - self.remainder) * self.inv_std).astype(self.x.dtype)


def batch_norm(x, gamma, beta, eps=1e-5):
    """Normalize each feature over the batch, then scale and shift it (training mode).

        y = gamma * (x - mean) / sqrt(var + eps) + beta

    with mean and var (biased: divided by N) over the N rows of x.

    x: (N, D), float32 or float64, N >= 2. gamma, beta: (D,). Returns y, (N, D) with the dtype
    of x, and a `BatchNormCache`. The cache refers to x: leave x as it is until the backward pass.

    Raises ValueError for a wrong shape or dtype, N = 1, eps <= 0, and NaN or infinity in any
    argument. Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), Algorithm 1.
    """
    x = np.ascontiguousarray(floating_array("x", x, "N D"))
    n, d = x.shape
    several_values("x", n, "N")
    gamma = parameter("gamma", gamma, d, "D").astype(np.float64)
    beta = parameter("beta", beta, d, "D").astype(np.float64)
    eps = positive("eps", eps)

    y = np.empty_like(x)
    blocks = as_blocks(x, y)
    shift = tile = None
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        whole_rows()
        # The variance of x is that of x - shift, mean square less squared mean. One sweep finds it,
        # and loses no digits that matter, if the shift is near the mean: at 2 std from it the two
        # terms are 5 and 4 times the variance. No shift is tried first. With any mean further
        # away, or an overflow, that sweep was in vain and the mean is the shift: the two-pass
        # algorithm, corrected for the rounding of the mean (Chan, Golub & LeVeque 1983).
        remainder, var, square = _moments(blocks, tile, n, d)
        near = (square - (1 + FAR**2) * var).max() <= 0  # false for NaN, and for infinity too
        if not near:
            shift = remainder.astype(x.dtype)
            (tile,) = as_tiles(x, shift)
            remainder, var, _ = _moments(blocks, tile, n, d)
            finite_statistics("x", x, var)

        inv_std = 1 / np.sqrt(var + eps)
        slope = gamma * inv_std
        scale, offset = as_tiles(x, slope, beta - remainder * slope)
        for x_block, y_block in reversed(blocks):  # a sweep's last block is still in the cache
            c = x_block if tile is None else y_block
            np.multiply(c, scale[: c.shape[1]], out=y_block)
            np.add(y_block, offset[: c.shape[1]], out=y_block)
    return y, BatchNormCache(x, shift, remainder, inv_std, gamma)


def batch_norm_backward(dy, cache):
    """Carry the gradient of the loss back through `batch_norm`.

        dbeta  = sum(dy)
        dgamma = sum(dy * xhat)
        dx     = gamma / sqrt(var + eps) * (dy - dbeta / N - xhat * dgamma / N)

    with the sums over N and xhat = (x - mean) / sqrt(var + eps). The two subtracted terms are
    the paths through the mean and through the variance.

    dy: (N, D), the shape and dtype of y. Returns dx (N, D), dgamma (D,) and dbeta (D,), of the
    same dtype. The cache is left as it was.

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity. Source: Ioffe &
    Szegedy 2015, section 3, collected into one line.
    """
    x, shift, remainder, inv_std, gamma = cache
    n, d = x.shape
    dy = np.ascontiguousarray(upstream_gradient("dy", dy, x.shape, x.dtype))

    dx = np.empty_like(x)
    blocks = as_blocks(x, dx, dy)
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        whole_rows()
        tile = None if shift is None else as_tiles(x, shift)[0]
        dbeta, products = np.zeros((2, d))
        for x_block, dx_block, dy_block in blocks:
            c = _subtract(x_block, tile, dx_block)
            # This order: the first one reads from memory, and of the two `dots` waits less for it.
            products += dots(dy_block, c, d)
            dbeta += sums(dy_block, d)
        dgamma = (products - remainder * dbeta) * inv_std
        finite_statistics("dy", dy, dbeta + dgamma)

        # dx = scale * (slope * c + offset + dy), c = x - shift: xhat is never formed.
        slope = -dgamma * inv_std / n
        slope, offset, scale = as_tiles(x, slope, -dbeta / n - remainder * slope, gamma * inv_std)
        for x_block, dx_block, dy_block in reversed(blocks):
            c = x_block if tile is None else dx_block
            np.multiply(c, slope[: c.shape[1]], out=dx_block)
            np.add(dx_block, offset[: c.shape[1]], out=dx_block)
            np.add(dx_block, dy_block, out=dx_block)
            np.multiply(dx_block, scale[: c.shape[1]], out=dx_block)
    return dx, dgamma.astype(dx.dtype), dbeta.astype(dx.dtype)


def batch_norm_inference(x, gamma, beta, running_mean, running_var, eps=1e-5):
    """Normalize with the statistics collected in training: each example alone, a fixed line.

        y = gamma * (x - running_mean) / sqrt(running_var + eps) + beta

    x: (N, D) or (N, C, H, W), float32 or float64, N >= 1. gamma, beta, running_mean and
    running_var: (D,) or (C,). Returns y, with the shape and dtype of x.

    Raises ValueError for a wrong shape or dtype, a negative running_var, eps <= 0, and NaN or
    infinity in any argument. Source: Ioffe & Szegedy 2015, Algorithm 2, line 11.
    """
    x = floating_array("x", x, "N ...")
    if x.ndim not in (2, 4):
        raise ValueError(f"x must have shape (N, D) or (N, C, H, W); got {x.shape}")
    size, letter = x.shape[1], "C" if x.ndim == 4 else "D"
    gamma = parameter("gamma", gamma, size, letter).astype(np.float64)
    beta = parameter("beta", beta, size, letter)
    running_mean = parameter("running_mean", running_mean, size, letter)
    running_var = variances("running_var", running_var, size, letter)
    scale = gamma / np.sqrt(running_var.astype(np.float64) + positive("eps", eps))
    finite("x", x)

    shape = (1, size) + (1,) * (x.ndim - 2)
    mean, scale, beta = (v.reshape(shape) for v in (running_mean, scale, beta))
    # The mean is subtracted first: scale * x + (beta - scale * mean) saves an operation and
    # loses the digits of x behind a large mean.
    y = np.subtract(x, mean, dtype=x.dtype)
    np.multiply(y, scale.astype(x.dtype), out=y)
    return np.add(y, beta.astype(x.dtype), out=y)


def _moments(blocks, tile, n, d):
    """Mean, variance and mean square of x - shift, over n examples of d features, in float64."""
    totals = np.zeros((2, d))
    for x_block, out in blocks:
        c = _subtract(x_block, tile, out)
        totals[1] += dots(c, c, d)
        totals[0] += sums(c, d)
    mean, square = totals / n
    return mean, np.maximum(square - mean**2, 0), square


def _subtract(x_block, tile, out):
    """x - shift, written to `out`; x itself where no shift is needed, and so there is no tile."""
    return x_block if tile is None else np.subtract(x_block, tile[: out.shape[1]], out=out)
