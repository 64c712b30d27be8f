"""Which values share a mean and a variance: what tells one norm from the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bnlib.cache import Cache


class Layout(NamedTuple):
    """The shape under which x is normalized, the axes that are averaged, and gamma's axis.

    ``split`` makes that shape of the shape of x and of what stands between beta and eps among
    the arguments (the number of groups, or nothing). ``whole`` and ``own`` say in words what
    shares a statistic.
    """

    split: Callable
    axes: tuple[int, ...]
    channel: int
    whole: str
    own: str


LAYER = Layout(
    lambda shape: shape,
    (-1,),
    -1,
    "an example's features",
    "Each example has its own, taken over its features.",
)
INSTANCE = Layout(
    lambda shape: shape,
    (2, 3),
    1,
    "one channel of one image",
    "Each channel of each image has its own, taken over its positions.",
)
GROUP = Layout(
    lambda shape, groups: (shape[0], groups, shape[1] // groups, *shape[2:]),
    (2, 3, 4),
    1,
    "one group of one image",
    "Each group of channels of each image has its own, taken over its channels and positions.",
)


def per_channel(v, x, channel: int):
    """A vector in the shape in which it multiplies x."""
    v = np.asarray(v)
    return v if channel == -1 else v.reshape(1, -1, *(1,) * (x.ndim - 2))


def shared_axes(x, channel: int) -> tuple[int, ...]:
    """The axes of x along which gamma is the same."""
    return tuple(i for i in range(x.ndim) if i != channel % x.ndim)


def normalized(x, axes, eps, mean_part: float = 1.0):
    """(xhat, mean, inv_std), the last two with the averaged axes kept at length 1."""
    mean = mean_part * x.mean(axis=axes, keepdims=True)
    centred = x - mean
    # What rounding left of a large mean goes in a second step.
    centred = centred - mean_part * centred.mean(axis=axes, keepdims=True)
    inv_std = 1 / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)
    return centred * inv_std, mean, inv_std


def given_forward(layout: Layout):
    """A right forward pass with the documented cache; arguments as ``bnlib``'s function has."""

    def forward(x, gamma, beta, *rest):
        *groups, eps = rest
        block = x.reshape(layout.split(x.shape, *groups))
        xhat, mean, inv_std = normalized(block, layout.axes, eps)
        xhat = xhat.reshape(x.shape)
        y = per_channel(gamma, x, layout.channel) * xhat + per_channel(beta, x, layout.channel)
        return y, Cache(x, xhat, mean, inv_std, gamma)

    return forward


class Columns:
    """A block seen as a matrix whose columns are the sets of values that share a mean."""

    def __init__(self, shape: tuple[int, ...], axes: tuple[int, ...]):
        ndim = len(shape)
        averaged = [a % ndim for a in axes]
        self.order = [*averaged, *(i for i in range(ndim) if i not in averaged)]
        self.moved = [shape[i] for i in self.order]
        self.rows = int(np.prod([shape[a] for a in averaged]))
        self.shape = shape

    def of(self, a):
        """The matrix (values, sets) of an array of the block's size."""
        return a.reshape(self.shape).transpose(self.order).reshape(self.rows, -1)

    def back(self, matrix):
        """The block of such a matrix."""
        return matrix.reshape(self.moved).transpose(np.argsort(self.order))


def of_columns(step, x, axes, eps, shape=None):
    """``step(matrix, eps)``, a way to normalize columns, applied over axes of x."""
    columns = Columns(shape or x.shape, axes)
    return columns.back(step(columns.of(x), eps)).reshape(x.shape)
