"""Inputs on which mistakes can be seen.

Where eps is not the subject the spread is wide and eps tiny, so that a fault of eps changes
nothing and costs its own check alone; where it is, eps = 0.5 cannot be overlooked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Batch(NamedTuple):
    """Arguments of a forward pass, and in words what they are."""

    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    eps: float
    given: str


def signed(rng, low: float, high: float, size: int) -> np.ndarray:
    """Numbers whose absolute value lies between low and high, of either sign, never near 0."""
    values = rng.uniform(low, high, size)
    values[rng.random(size) < 0.5] *= -1
    return values


def _batch(rng, shape: tuple[int, ...], low: float, high: float, mean: float, eps: float) -> Batch:
    features = shape[1]
    per_feature = (1, features) + (1,) * (len(shape) - 2)
    # Evenly spread on a log scale, then shuffled: no two features can happen to be alike.
    scale = rng.permutation(low * (high / low) ** np.linspace(0, 1, features))
    shift = mean * signed(rng, 0.5, 1.5, features)
    x = rng.standard_normal(shape) * scale.reshape(per_feature) + shift.reshape(per_feature)
    gamma, beta = signed(rng, 0.5, 2.0, features), signed(rng, 0.5, 2.0, features)
    return Batch(x, gamma, beta, eps, f"x of shape {shape}, eps={eps:g}")


def wide_batch(rng, shape: tuple[int, ...]) -> Batch:
    """Unequal scales from 20 to 200, and an eps that plays no part."""
    return _batch(rng, shape, 20.0, 200.0, 100.0, 1e-10)


def two_rows(rng, features: int) -> Batch:
    """The smallest batch, its rows well apart, with feature 1 constant."""
    batch = wide_batch(rng, (2, features))
    half = np.abs(batch.x[0] - batch.x[1]) / 2 + 20.0
    middle = signed(rng, 50.0, 150.0, features)
    x = np.stack([middle - half, middle + half])
    x[:, 1] = 1.5
    given = f"x of shape (2, {features}), feature 1 constant, eps=1e-05"
    return batch._replace(x=x, eps=1e-5, given=given)


def eps_batch(rng, shape: tuple[int, ...]) -> Batch:
    """Variances about 1 and eps = 0.5."""
    return _batch(rng, shape, 0.7, 1.5, 1.0, 0.5)


def ordinary(rng, shape: tuple[int, ...]) -> tuple:
    """(x, gamma, beta, eps) on which every part of a forward pass can be seen."""
    return eps_batch(rng, shape)[:4]


def offset_batch(rng, shape: tuple[int, ...]) -> Batch:
    """Means of 3e5 deviations, where E[x^2] - E[x]^2 keeps no digit of float32, five of float64."""
    batch = _batch(rng, shape, 700.0, 1500.0, 3e8, 1e-10)
    given = f"x of shape {shape} with means of 3e8 and deviations of 1e3"
    return batch._replace(given=given)


# Errors of xhat and y in float32, as a part of the largest: it rounds such an x to hundredths of
# its deviation.
OFFSET_SINGLE = (0.002, 0.3)
