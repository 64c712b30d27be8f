"""Running statistics, and rows with means so large that one pass leaves no digit of float32."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.inputs import signed


def spread(rng, features: int, low: float, high: float) -> np.ndarray:
    """From low to high, evenly on a log scale and shuffled: no two can happen to be alike."""
    return rng.permutation(low * (high / low) ** np.linspace(0, 1, features))


def running(rng, features: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """A running mean far from 0 and a running variance, deviations spread from low to high."""
    return signed(rng, 0.5 * low, 1.5 * high, features), spread(rng, features, low, high) ** 2


# Between 2**28 and 2**29 float32 holds every 32nd number.
_STEP = 32.0
_BASE = 2.0**28


def far_means(rng, features: int) -> np.ndarray:
    """Means of about 3e8, which float32 holds exactly."""
    return _BASE + _STEP * rng.integers(10**5, 10**6, features)


def far_offsets(rng, shape: tuple[int, ...]) -> np.ndarray:
    """Distances of about 1e3, alternately up and down, that float32 makes shorter at 3e8.

    All of them by 12: the loss cannot average out, so its size is known.
    """
    size = _STEP * rng.integers(20, 50, shape) + 12.0
    size[1::2] *= -1
    return size


def far_rows(rng, rows: int, features: int) -> np.ndarray:
    """Rows with means of 3e8 and deviations of 1e3."""
    return far_means(rng, features) + far_offsets(rng, (rows, features))


# The error of a variance of such rows in float32, as a part of the largest, least and most.
FAR_VARIANCE = (5e-3, 0.3)
# That of a mean, as a part of the deviation: float32 may hold it exactly.
FAR_MEAN = (0.0, 0.3)
