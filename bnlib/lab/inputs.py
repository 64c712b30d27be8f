"""Experiments of chapter 1: how long gradient descent takes on inputs that are scaled in four ways.

The model is linear with a bias, and its loss the mean squared error. A scaling is a linear map of
the inputs that can be undone, so the lowest loss is the same for all of them; what differs is the
way there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import bnlib
from bnlib.data import digits

Array = np.ndarray

SCALINGS: dict[str, Callable[[Array], Array]] = {
    "raw": lambda x: x,
    "centred": lambda x: x - x.mean(axis=0),
    "standardized": lambda x: bnlib.standardize(x, eps=1e-9),
    "whitened": lambda x: bnlib.zca_whiten(x, eps=1e-9)[0],
}


def pixels(seed: int, rows: int = 700, least: float = 1.0) -> tuple[Array, Array]:
    """Half of the digits' training images, drawn by the seed: (rows, D) grey levels, (rows, 10).

    Pixels of which the deviation is below ``least`` grey levels (of 16) are left out: some never
    change. The targets are 1 for an image's class and 0 for the others.
    """
    x, y, *_ = digits()
    chosen = np.random.default_rng(seed).permutation(len(x))[:rows]
    kept = x.std(axis=0) >= least
    return x[chosen][:, kept].astype(np.float64), np.eye(10)[y[chosen]]


def flats(seed: int, rows: int = 700) -> tuple[Array, Array]:
    """A table of flats with unlike units, (rows, 5), and their rents in hundreds, (rows, 1).

    Columns: distance to the station in km, rooms, area in square metres, age in years, and the
    share of shops in the street. Area goes with the rooms; all else is independent. What an area
    is worth falls with the distance and with the age.
    """
    rng = np.random.default_rng(seed)
    distance, rooms = rng.gamma(2, 0.3, rows), rng.integers(1, 7, rows)
    area = 15 + 22 * rooms + rng.normal(0, 15, rows)
    age, shops = rng.uniform(0, 120, rows), rng.beta(2, 5, rows)
    rent = 2 + 0.4 * rooms + 2 * shops + 0.15 * area * np.exp(-0.7 * distance - age / 150)
    x = np.column_stack([distance, rooms, area, age, shops])
    return x, (rent + rng.normal(0, 0.5, rows))[:, None]


class Bowl(NamedTuple):
    """The loss |X w - y|^2 / 2N of a linear model as gradient descent from w = 0 sees it.

    Attributes:
        curvatures: (D,) eigenvalues of X^T X / N, rising.
        heights: (D,) the part of the loss above its minimum that each eigenvector holds at w = 0.
    """

    curvatures: Array
    heights: Array

    @property
    def condition(self) -> float:
        return float(self.curvatures[-1] / self.curvatures[0])

    @property
    def rate(self) -> float:
        """The rate at which the steepest and the flattest direction shrink equally fast."""
        return float(2 / (self.curvatures[0] + self.curvatures[-1]))


def bowl(x: Array, y: Array) -> Bowl:
    """The bowl of inputs x, (N, D), to which a column of ones is added for the bias; y: (N, K)."""
    x = np.column_stack([np.ones(len(x)), x])
    curvatures, directions = np.linalg.eigh(x.T @ x / len(x))
    # At w = 0 the gradient is -X^T y / N, and w* is that divided by the curvatures.
    along = directions.T @ (x.T @ y / len(x)) / curvatures[:, None]
    return Bowl(curvatures, 0.5 * curvatures * (along**2).sum(axis=1))


def steps_to(surface: Bowl, tol: float, rate: float | None = None) -> int:
    """Steps until the loss above its minimum is ``tol`` of what it was: exact, without descending.

    After k steps the height along an eigenvector is (1 - rate curvature)^2k of what it was.
    Raises ValueError if the rate is too large to settle.
    """
    rate = surface.rate if rate is None else rate
    shrink = (1 - rate * surface.curvatures) ** 2
    if shrink.max() >= 1:
        raise ValueError(
            f"a rate of {rate} does not settle: it must be below {2 / surface.curvatures[-1]}"
        )

    def left(k: int) -> float:
        return float(surface.heights @ shrink**k)

    goal, high = tol * surface.heights.sum(), 1
    while left(high) > goal:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if left(middle) <= goal else (middle, high)
    return high


def fewest_steps(surface: Bowl, tol: float, tries: int = 60) -> int:
    """The steps at the best of many rates: for this start, where ``steps_to`` is for the worst."""
    limit = 2 / surface.curvatures[-1]
    return min(steps_to(surface, tol, share * limit) for share in np.linspace(0.02, 0.999, tries))
