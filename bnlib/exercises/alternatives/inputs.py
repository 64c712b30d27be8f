"""Inputs of the norms that look at one example: every set of values has a spread of its own.

The values of a set lie near an even grid, shuffled: none of its variances is small by chance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bnlib.exercises.inputs import Batch, signed


class GroupBatch(NamedTuple):
    """Arguments of group norm's forward pass, and in words what they are."""

    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    groups: int
    eps: float
    given: str


class ScaleBatch(NamedTuple):
    """Arguments of a forward pass without beta, and in words what they are."""

    x: np.ndarray
    gamma: np.ndarray
    eps: float
    given: str


class Spread(NamedTuple):
    """Deviations from ``low`` to ``high`` about means of ``mean``, and an eps."""

    low: float
    high: float
    mean: float
    eps: float
    said: str = ""


WIDE = Spread(20.0, 200.0, 100.0, 1e-10)  # eps plays no part
VISIBLE = Spread(0.7, 1.5, 1.0, 0.5)  # eps cannot be overlooked
CONSTANT = Spread(20.0, 200.0, 100.0, 1e-5)
# Means of 3e5 deviations, where E[x^2] - E[x]^2 keeps no digit of float32, five of float64.
OFFSET = Spread(700.0, 1500.0, 3e8, 1e-10, ", means of 3e8")


def values(rng, shape: tuple[int, ...], spread: Spread) -> np.ndarray:
    """x whose sets are the vectors of (..., D) or the channels' positions of (N, C, H, W)."""
    size = shape[-1] if len(shape) < 4 else shape[2] * shape[3]
    sets = int(np.prod(shape)) // size
    grid = np.tile(np.linspace(-1.7, 1.7, size), (sets, 1))
    x = rng.permuted(grid, axis=1) + rng.uniform(-0.2, 0.2, (sets, size))
    ratio = spread.high / spread.low
    scale = rng.permutation(spread.low * ratio ** np.linspace(0, 1, sets))
    if len(shape) == 4 and spread is OFFSET:
        # One mean an image: between the channels of a group no difference hides the digits.
        shift = np.repeat(signed(rng, 0.5, 1.5, shape[0]), shape[1])
    else:
        shift = signed(rng, 0.5, 1.5, sets)
    return (x * scale[:, None] + spread.mean * shift[:, None]).reshape(shape)


def batch(rng, shape: tuple[int, ...], spread: Spread, groups: int | None = None):
    """A Batch, or with ``groups`` a GroupBatch, of x of that shape."""
    x = values(rng, shape, spread)
    size = shape[1] if len(shape) == 4 else shape[-1]
    gamma, beta = signed(rng, 0.5, 2.0, size), signed(rng, 0.5, 2.0, size)
    given = f"x of shape {shape}{spread.said or f', eps={spread.eps:g}'}"
    if groups is None:
        return Batch(x, gamma, beta, spread.eps, given)
    return GroupBatch(x, gamma, beta, groups, spread.eps, f"{given}, groups={groups}")


def scale_batch(rng, shape: tuple[int, ...], spread: Spread) -> ScaleBatch:
    """The same without a beta."""
    x, gamma, _, eps, given = batch(rng, shape, spread)
    return ScaleBatch(x, gamma, eps, given)
