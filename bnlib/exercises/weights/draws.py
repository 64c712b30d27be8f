"""Weights and gradients on which mistakes can be seen."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.inputs import signed


def units(rng, shape: tuple[int, ...], low: float = 50.0, high: float = 500.0):
    """v of unequal lengths, one scale a unit, no entry near 0; and g of either sign.

    Lengths of 80 and more, so that an eps that somebody adds to them changes nothing.
    """
    count = shape[0]
    scale = rng.permutation(np.geomspace(low, high, count)).reshape((-1,) + (1,) * (len(shape) - 1))
    v = signed(rng, 0.5, 1.5, int(np.prod(shape))).reshape(shape) * scale
    return v, signed(rng, 0.5, 2.0, count)


def layer_input(rng, shape: tuple[int, ...], sign: float = 1.0):
    """(x, alpha, gamma, beta) with alpha * x where the tanh bends, and alpha of that sign."""
    x = signed(rng, 0.2, 1.2, int(np.prod(shape))).reshape(shape)
    gamma, beta = signed(rng, 0.5, 2.0, shape[-1]), signed(rng, 0.5, 2.0, shape[-1])
    return x, sign * float(rng.uniform(1.3, 1.8)), gamma, beta


def gradient_of(rng, x: np.ndarray, gamma: np.ndarray) -> np.ndarray:
    """A dy for which the sums over the batch do not cancel: every term of dalpha is positive."""
    return np.sign(gamma * x) * rng.uniform(0.5, 1.5, x.shape)
