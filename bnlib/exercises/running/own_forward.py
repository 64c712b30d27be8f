"""The exact gradient of one's own wrong forward pass is no second mistake.

Where ``batchnorm_backward`` compares every number with central differences, a layer is asked for
its slope in one direction: a few calls, and a wrong gradient has the right slope in a random
direction with probability 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.checks.compare import as_array
from bnlib.checks.verdicts import Raised, Wrong


def slopes_agree(forward: Callable, arguments: dict, dy: np.ndarray, gradients: dict) -> bool:
    """Whether gradients of sum(forward(**arguments) * dy) have its slopes, one direction each.

    Args:
        forward: takes the arguments by name, returns y. arguments: arrays by name.
        gradients: what came, by the name of the argument.
    """
    rng = np.random.default_rng(0)
    for name, value in arguments.items():
        direction = rng.standard_normal(value.shape)
        if name not in gradients:
            continue
        try:
            gradient = as_array(name, gradients[name])
            h = 1e-5 * max(1.0, float(value.std()))
            ends = [
                np.sum(as_array("y", forward(**{**arguments, name: end})) * dy)
                for end in (value + h * direction, value - h * direction)
            ]
        except (Wrong, Raised):
            return False
        if gradient.shape != value.shape:
            return False
        slope = (ends[0] - ends[1]) / (2 * h)
        size = float(np.linalg.norm(gradient) * np.linalg.norm(direction)) / value.size**0.5
        part = 1e-4 if gradient.dtype == np.float64 else 1e-3
        if not abs(slope - float(np.sum(gradient * direction))) <= part * size:
            return False
    return True


def acts(forward: Callable, arguments: dict, y: np.ndarray, other=None) -> bool:
    """Whether gamma, beta and the statistics act on y.

    Those of a batch act where a change of one row reaches the others; running ones where y is
    not ``other``, what they make of the same arguments after they were changed. The exact
    gradient of ``y = x`` is no answer to what is asked.
    """
    x = arguments["x"]
    moved = {
        "gamma": 2 * arguments["gamma"],
        "beta": 2 * arguments["beta"],
        "x": np.concatenate([x[:1] + x[-1:], x[1:]]),
    }
    try:
        after = {k: as_array("y", forward(**{**arguments, k: v})) for k, v in moved.items()}
        other = y if other is None else as_array("y", other())
    except (Wrong, Raised):
        return False
    if not all(a.shape == y.shape for a in (*after.values(), other)):
        return False
    if np.array_equal(after["gamma"], y) or np.array_equal(after["beta"], y):
        return False
    return not (np.array_equal(after["x"][1:], y[1:]) and np.array_equal(other, y))
