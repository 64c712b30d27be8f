"""Inputs of batch renormalization whose r and d are chosen, not met by luck."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bnlib.exercises.inputs import signed


class Case(NamedTuple):
    """Arguments of ``batch_renorm``, and in words what they are."""

    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    running_mean: np.ndarray
    running_var: np.ndarray
    r_max: float
    d_max: float
    eps: float
    given: str


def chosen_case(
    rng, n, ratios, shifts, r_max, d_max, eps=1e-10, spread=(20.0, 200.0), mean=100.0
) -> Case:
    """A batch and running statistics between which r and d, unclipped, are those given.

    ratios, shifts: for each feature r and d before the clip; each is dealt out at random.
    spread: the least and the largest deviation, sqrt(var); with an eps of 0.5 they are near 1.
    """
    features = len(ratios)
    r, d = rng.permutation(ratios), rng.permutation(shifts)
    low, high = (1.1, 1.8) if eps > 0.1 else spread
    # Not quite evenly spaced: a variance that is a whole number has no digits to lose.
    scale = rng.permutation(np.geomspace(low, high, features)) * rng.uniform(0.9, 1.1, features)
    x = rng.standard_normal((n, features))
    x = (x - x.mean(axis=0)) / x.std(axis=0) * scale
    x = x + (mean if eps < 0.1 else 1.0) * signed(rng, 0.5, 1.5, features)
    centre = x.mean(axis=0)
    running_std = np.sqrt(((x - centre) ** 2).mean(axis=0) + eps) / r
    given = f"x of shape {x.shape}, r_max={r_max:g}, d_max={d_max:g}, eps={eps:g}"
    return Case(
        x,
        signed(rng, 0.5, 2.0, features),
        signed(rng, 0.5, 2.0, features),
        centre - d * running_std,
        running_std**2 - eps,
        r_max,
        d_max,
        eps,
        given,
    )


def constant_case(rng) -> Case:
    """Two rows, feature 1 constant: its r is at the lower bound, its xhat is 0."""
    case = chosen_case(rng, 2, (1.4, 1.3, 0.8), (0.7, -0.6, 0.5), 3.0, 2.0, 1e-5)
    x, running_mean, running_var = case.x.copy(), case.running_mean.copy(), case.running_var.copy()
    x[:, 1] = 1.5
    running_mean[1], running_var[1] = 1.5 - rng.uniform(20.0, 40.0), rng.uniform(800.0, 1600.0)
    given = "x of shape (2, 3), feature 1 constant, r_max=3, d_max=2, eps=1e-05"
    return case._replace(x=x, running_mean=running_mean, running_var=running_var, given=given)
