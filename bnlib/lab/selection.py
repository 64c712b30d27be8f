"""Choosing a learning rate: a grid of them, and the best one by its mean score over the seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def ladder(low: float, high: float, decade: int) -> list[float]:
    """Rates from 10^low to 10^high, ``decade`` of them in each factor of ten."""
    count = round((high - low) * decade) + 1
    return [float(f"{10 ** (low + k / decade):.4g}") for k in range(count)]


def best(rates: Sequence[float], scores: np.ndarray, edges: bool = False, where: str = "") -> float:
    """The rate with the lowest mean score over the seeds.

    scores: (S, R). A rate at which one seed has none (NaN, inf) is out. edges: whether the lowest
    and the highest rate may be chosen. where: which runs these are, for the error.

    Raises ValueError if no rate is left, or if the best one is at an edge of the grid: a better
    one may lie beyond.
    """
    means = np.asarray(scores, dtype=np.float64).mean(0)
    means = np.where(np.isfinite(means), means, np.inf)
    at = int(np.argmin(means))
    runs = f" of {where}" if where else ""
    if np.isinf(means[at]):
        raise ValueError(f"no rate{runs} has a finite score in every seed")
    if not edges and at in (0, len(means) - 1):
        raise ValueError(f"the best rate{runs}, {rates[at]:g}, is at the edge of the grid")
    return rates[at]
