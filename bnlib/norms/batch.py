"""Batch normalization of (N, D): each feature is normalized over the N examples of the batch.

The arithmetic is that of the textbook; the order of it is chosen for a processor with caches.
An operation on the whole array would read it from memory and write it back, so each sweep takes
a block that stays in the cache through all its operations. A vector of D numbers meets a block
as a tile, repeated to many rows: NumPy adds a tile to a block in a few long loops, but a vector
to a block in one loop for each row, which takes twice as long.
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

BLOCK = 262144  # numbers in a block: 1 MiB of float32
TILE = 16384  # numbers in a tile
WIDTH = 256  # rows shorter than this are joined: long rows, and few of them in a float32 sum


class BatchNormCache(NamedTuple):
    """What `batch_norm_backward` needs: x_hat is (centred - remainder) * inv_std."""

    centred: np.ndarray  # (N, D), x minus a vector near its mean
    remainder: np.ndarray  # (D,), the mean of `centred`: small, seldom exactly zero
    inv_std: np.ndarray  # (D,), 1 / sqrt(var + eps)
    gamma: np.ndarray  # (D,)


def batch_norm(x, gamma, beta, eps=1e-5):
    """Normalize each feature over the batch, then scale and shift it (training mode).

        y = gamma * (x - mean) / sqrt(var + eps) + beta

    with mean and var (biased: divided by N) over the N rows of x.

    x: (N, D), float32 or float64, N >= 2. gamma, beta: (D,). Returns y, (N, D) with the dtype
    of x, and a `BatchNormCache`.

    Raises ValueError for a wrong shape or dtype, N = 1, eps <= 0, and NaN or infinity in any
    argument. Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), Algorithm 1.
    """
    x = np.ascontiguousarray(floating_array("x", x, "N D"))
    n, d = x.shape
    several_values("x", n, "N")
    gamma = parameter("gamma", gamma, d, "D").astype(np.float64)
    beta = parameter("beta", beta, d, "D")
    eps = positive("eps", eps)

    centred, y = np.empty_like(x), np.empty_like(x)
    blocks = _blocks(x, centred, y)
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        # The variance of x is that of c = x - constant, mean(c^2) - mean(c)^2, and loses no digits
        # if the constant is near the mean. The mean of a sample of the rows is: if the sample is
        # the share p of them, mean(c)^2 <= var * (1 - p) / p even for the worst data, and p is at
        # least 1/64. (Chan, Golub & LeVeque 1983, shifted data; the two-pass formula is p = 1,
        # E[x^2] - E[x]^2 has no shift.)
        sample = x[:: max(1, min(64, n // 64))]
        (shift,) = _tiles(x, np.ones(len(sample), x.dtype) @ sample / len(sample))
        total, squares = np.zeros((2, d))
        for x_block, c, _ in blocks:
            np.subtract(x_block, shift[: c.shape[1]], out=c)
            squares += _dot(c, c, d)
            total += _sum(c, d)
        remainder = total / n
        var = np.maximum(squares / n - remainder**2, 0)
        finite_statistics("x", x, var)

        inv_std = 1 / np.sqrt(var + eps)
        slope = gamma * inv_std
        scale, offset = _tiles(x, slope, beta - remainder * slope)
        for _, c, y_block in reversed(blocks):  # the last block of a sweep is still in the cache
            np.multiply(c, scale[: c.shape[1]], out=y_block)
            np.add(y_block, offset[: c.shape[1]], out=y_block)
    return y, BatchNormCache(centred, remainder, inv_std, gamma)


def batch_norm_backward(dy, cache):
    """Carry the gradient of the loss back through `batch_norm`.

        dbeta  = sum(dy)
        dgamma = sum(dy * x_hat)
        dx     = gamma / sqrt(var + eps) * (dy - dbeta / N - x_hat * dgamma / N)

    with the sums over N and x_hat = (x - mean) / sqrt(var + eps). The two subtracted terms are
    the paths through the mean and through the variance.

    dy: (N, D), the shape and dtype of y. Returns dx (N, D), dgamma (D,) and dbeta (D,), of the
    same dtype. The cache is left as it was.

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity. Source: Ioffe &
    Szegedy 2015, section 3, collected into one line.
    """
    centred, remainder, inv_std, gamma = cache
    n, d = centred.shape
    dy = np.ascontiguousarray(upstream_gradient("dy", dy, centred.shape, centred.dtype))

    dx = np.empty_like(centred)
    blocks = _blocks(centred, dy, dx)
    with np.errstate(over="ignore", invalid="ignore"):  # reported below, by name
        dbeta, products = np.zeros((2, d))
        for c, dy_block, _ in blocks:
            # This order: the first one reads from memory, and of the two _dot waits less for it.
            products += _dot(dy_block, c, d)
            dbeta += _sum(dy_block, d)
        dgamma = (products - remainder * dbeta) * inv_std
        finite_statistics("dy", dy, dbeta + dgamma)

        # dx = scale * (slope * centred + offset + dy): x_hat is never formed.
        slope = -dgamma * inv_std / n
        slope, offset, scale = _tiles(dy, slope, -dbeta / n - remainder * slope, gamma * inv_std)
        for c, dy_block, dx_block in reversed(blocks):
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


def _lengths(d):
    """How many numbers are in a joined row, and how many in a tile, both whole rows of d."""
    row = d * -(-WIDTH // d)
    return row, row * max(1, TILE // row)


def _blocks(*arrays):
    """Views of contiguous (N, D) arrays, in groups of one for each array, that cover them.

    A view is (tiles, numbers in a tile). The rows that fill no tile, and then those too few to be
    joined, come last, in small blocks of their own.
    """
    size, (row, tile) = arrays[0].size, _lengths(arrays[0].shape[1])
    filled, joined = size - size % tile, size - size % row
    step = tile * max(1, BLOCK // tile)
    cuts = [(i, min(i + step, filled), tile) for i in range(0, filled, step)]
    cuts += [(i, j, j - i) for i, j in ((filled, joined), (joined, size)) if i < j]
    flat = [a.reshape(-1) for a in arrays]
    return [[a[i:j].reshape(-1, length) for a in flat] for i, j, length in cuts]


def _tiles(x, *vectors):
    """Vectors of D numbers, each repeated to the length of a tile of x, in the dtype of x."""
    n, d = x.shape
    tiles = np.empty((len(vectors), min(n, _lengths(d)[1] // d), d), x.dtype)
    for tile, vector in zip(tiles, vectors, strict=True):
        tile[:] = vector
    return tiles.reshape(len(vectors), -1)


def _sum(block, d):
    """The sums of D features over a block, in float64."""
    (rows,) = _rows(d, block)
    # A matrix product, because it is faster than rows.sum(axis=0).
    return _split(np.ones(len(rows), rows.dtype) @ rows, d)


def _dot(a, b, d):
    """The sums of a * b over two blocks, for each of D features, in float64."""
    return _split(np.einsum("ij,ij->j", *_rows(d, a, b)), d)


def _rows(d, *blocks):
    """Blocks as joined rows; the last block of an array may be less than one."""
    row = min(_lengths(d)[0], blocks[0].shape[1])
    return [block.reshape(-1, row) for block in blocks]


def _split(sums, d):
    """The sums of D features from those of joined rows."""
    sums = sums.astype(np.float64)
    return sums if len(sums) == d else sums.reshape(-1, d).sum(0)
