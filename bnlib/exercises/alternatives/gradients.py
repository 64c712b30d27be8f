"""The gradient of the norms of one example, right and wrong: (dy, cache) -> (dx, dgamma, dbeta).

The statistics in the cache keep the averaged axes at length 1, so the cache alone says over which
axes the layer averages; a fifth axis stands for the groups.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.exercises.alternatives.layouts import Columns, per_channel, shared_axes


def block_of(dy, cache) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shape under which x was normalized, and the axes of it that were averaged."""
    kept = cache.inv_std.shape
    shape = dy.shape
    if len(kept) > len(shape):
        shape = (shape[0], kept[1], shape[1] // kept[1], *shape[2:])
    return shape, tuple(i for i, size in enumerate(kept) if size == 1)


def scaled(dy, cache):
    """dxhat: dy times gamma."""
    return dy * per_channel(cache.gamma, dy, channel_of(dy))


def channel_of(dy) -> int:
    """The axis of gamma: the channels of images, the last axis of all else."""
    return 1 if dy.ndim == 4 else -1


def through_normalization(g, cache, mean_part: float = 1.0):
    """dx of dxhat = g: what is left without its parts along the constant and along xhat."""
    shape, axes = block_of(g, cache)
    g, xhat = g.reshape(shape), cache.xhat.reshape(shape)
    mean = mean_part * g.mean(axis=axes, keepdims=True)
    along = (g * xhat).mean(axis=axes, keepdims=True)
    return (cache.inv_std * (g - mean - xhat * along)).reshape(cache.xhat.shape)


def backward(dy, cache):
    """The right one, for every layer whose cache keeps its averaged axes."""
    return (through_normalization(scaled(dy, cache), cache), *of_parameters(dy, cache))


def of_parameters(dy, cache):
    """dgamma and dbeta."""
    shared = shared_axes(dy, channel_of(dy))
    return (dy * cache.xhat).sum(axis=shared), dy.sum(axis=shared)


def expanded(cache, dy):
    """inv_std and mean, each repeated to the shape of x."""
    shape, _ = block_of(dy, cache)
    return tuple(np.broadcast_to(a, shape).reshape(dy.shape) for a in (cache.inv_std, cache.mean))


def on_columns(step: Callable) -> Callable:
    """dx by a wrong batch-norm backward pass of (values, sets), whose gamma is 1.

    What batch norm does to a feature over the examples, these layers do to a set of values;
    only gamma, which may differ within a set, has to be applied before.
    """

    def dx(dy, cache):
        shape, axes = block_of(dy, cache)
        columns = Columns(shape, axes)
        seen = cache._replace(
            x=columns.of(cache.x),
            xhat=columns.of(cache.xhat),
            mean=cache.mean.transpose(columns.order).ravel(),
            inv_std=cache.inv_std.transpose(columns.order).ravel(),
            gamma=1.0,
        )
        return columns.back(step(columns.of(scaled(dy, cache)), seen)[0]).reshape(dy.shape)

    return dx


def with_dx(dx: Callable) -> Callable:
    """A backward pass that is right but for dx."""
    return lambda dy, cache: (dx(dy, cache), *of_parameters(dy, cache))


def over(axes) -> Callable:
    """dx with the two means over these axes of x, whatever the forward pass averaged over."""

    def dx(dy, cache):
        g, inv_std = scaled(dy, cache), expanded(cache, dy)[0]
        mean = g.mean(axis=axes, keepdims=True)
        along = (g * cache.xhat).mean(axis=axes, keepdims=True)
        return inv_std * (g - mean - cache.xhat * along)

    return dx


def counted(count: Callable) -> Callable:
    """dx by the closed form with ``count(dy)`` in the place of the number of values of a set."""

    def dx(dy, cache):
        shape, axes = block_of(dy, cache)
        m = count(dy)
        g, xhat = scaled(dy, cache).reshape(shape), cache.xhat.reshape(shape)
        mean = g.sum(axis=axes, keepdims=True)
        along = (g * xhat).sum(axis=axes, keepdims=True)
        return (cache.inv_std / m * (m * g - mean - xhat * along)).reshape(dy.shape)

    return dx


def gamma_outside(dy, cache):
    """dx with gamma before the bracket, as batch norm may have it."""
    outside = per_channel(cache.gamma, dy, channel_of(dy))
    return outside * through_normalization(dy, cache)
