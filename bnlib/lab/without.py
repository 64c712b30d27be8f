"""One unit with weight norm under gradient descent: its length grows, its turns shrink."""

from typing import NamedTuple

import numpy as np

from bnlib.norms import weight_norm, weight_norm_backward

Array = np.ndarray


class Descent(NamedTuple):
    """Gradient descent on one unit with weight norm."""

    lengths: Array  # (steps + 1,), of v
    turns: Array  # (steps,), by how many degrees a step turned v
    predicted: Array  # (steps + 1,), the lengths by Pythagoras, from the gradients alone


def descend(rate: float, steps: int = 300, seed: int = 11) -> Descent:
    """Fit one unit to noisy linear data by plain gradient descent, a fresh batch a step."""
    rng = np.random.default_rng(seed)
    v, g, target = rng.standard_normal((1, 10)), np.ones(1), rng.standard_normal(10)
    v /= np.linalg.norm(v)
    lengths, turns, squares = [1.0], [], [1.0]
    for _ in range(steps):
        x = rng.standard_normal((16, 10))
        w, cache = weight_norm(v, g)
        error = (x @ w[0] - x @ target - rng.standard_normal(16)) / 16
        dv, dg = weight_norm_backward((error @ x)[None], cache)
        moved = v - rate * dv
        along = np.sum(v * moved) / (np.linalg.norm(v) * np.linalg.norm(moved))
        turns.append(np.degrees(np.arccos(min(along, 1.0))))
        squares.append(squares[-1] + rate**2 * np.sum(dv**2))
        v, g = moved, g - rate * dg
        lengths.append(np.linalg.norm(v))
    return Descent(np.array(lengths), np.array(turns), np.sqrt(squares))
