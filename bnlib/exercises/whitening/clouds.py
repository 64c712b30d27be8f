"""Inputs of which the covariance is known: tilted clouds with well separated variances."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps

import numpy as np

from bnlib.exercises.inputs import signed


class Cloud:
    """Rows x, the eps to be called with, in words what they are, and what follows from x."""

    def __init__(self, x: np.ndarray, eps: float, given: str):
        self.x, self.eps, self.given = x, eps, given

    @cached_property
    def mean(self) -> np.ndarray:
        mean = self.x.mean(axis=0)
        return mean + (self.x - mean).mean(axis=0)

    @cached_property
    def cov(self) -> np.ndarray:
        """Divided by N; eps is not in it."""
        centred = self.x - self.mean
        return centred.T @ centred / len(centred)

    @cached_property
    def ridged(self) -> np.ndarray:
        """cov + eps I."""
        return self.cov + self.eps * np.eye(len(self.cov))


def _drawn_once(draw: Callable[..., Cloud]) -> Callable[..., Cloud]:
    """Keep what was drawn from a state of the generator: every known mistake is run on it again."""
    kept: dict = {}

    @wraps(draw)
    def drawn(rng, *shape) -> Cloud:
        before = rng.bit_generator.state
        key = (*before["state"].values(), *shape)
        if key not in kept:
            if len(kept) >= 32:
                kept.clear()
            kept[key] = draw(rng, *shape), rng.bit_generator.state
        cloud, rng.bit_generator.state = kept[key]
        return cloud

    return drawn


def _rotation(rng, size: int) -> np.ndarray:
    """An orthogonal matrix, not symmetric, none of whose columns lies near an axis."""
    while True:
        # Two reflections: what a QR decomposition would give, for a tenth of the time.
        u, v = rng.standard_normal((2, size))
        q = np.eye(size) - np.outer(u, u * (2 / (u @ u)))
        q -= np.outer(q @ v, v * (2 / (v @ v)))
        if np.abs(q).max() < 0.9 and np.abs(q - q.T).max() > 0.3:
            return q


def _tilted(rng, shape: tuple[int, int], low: float, high: float, mean: float) -> np.ndarray:
    """Rows whose covariance has eigenvalues from low^2 to high^2, evenly spread on a log scale.

    Its eigenvectors lie off the axes; the features' means are of either sign.
    """
    n, d = shape
    white = rng.standard_normal(shape)
    white = np.linalg.qr(white - white.mean(axis=0))[0] * np.sqrt(n)
    deviations = low * (high / low) ** np.linspace(0, 1, d)
    return (white * deviations) @ _rotation(rng, d).T + mean * signed(rng, 0.5, 1.5, d)


@_drawn_once
def wide_cloud(rng, shape: tuple[int, int]) -> Cloud:
    """Deviations from 20 to 200, so that no fault of eps shows."""
    x = _tilted(rng, shape, 20.0, 200.0, 100.0)
    return Cloud(x, 1e-10, f"x of shape {shape}, eps=1e-10")


@_drawn_once
def eps_cloud(rng, shape: tuple[int, int]) -> Cloud:
    """Variances from 1 to 6 and eps = 0.5."""
    x = _tilted(rng, shape, 1.0, 6.0**0.5, 1.0)
    return Cloud(x, 0.5, f"x of shape {shape}, eps=0.5")


@_drawn_once
def offset_cloud(rng, shape: tuple[int, int]) -> Cloud:
    """Means of 3e5 deviations, where E[x x^T] - mean mean^T keeps five digits of float64."""
    x = _tilted(rng, shape, 700.0, 1500.0, 3e8)
    return Cloud(x, 1e-14, f"x of shape {shape} with means of 3e8 and deviations of 1e3")


@_drawn_once
def flat_cloud(rng) -> Cloud:
    """Fewer rows than features; feature 1 is constant, feature 5 a copy of feature 0."""
    x = _tilted(rng, (6, 5), 1.0, 3.0, 1.0)[:4]
    x[:, 1] = 1.5
    x = np.column_stack([x, x[:, 0]])
    given = "x of shape (4, 6), feature 1 constant, feature 5 a copy of feature 0, eps=0.05"
    return Cloud(x, 0.05, given)
