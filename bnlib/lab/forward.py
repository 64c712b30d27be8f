"""What becomes of a signal on its way through fifty layers, as a figure in the browser has it.

The random numbers are those of the browser's generator (``bnlib/figures/interactive/kit.js``), so
the picture on the page and the one that moves show the same networks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bnlib.lab.draws import normals
from bnlib.norms import batch_norm

DEPTH, WIDTH, ROWS, EPS = 50, 40, 50, 1e-5
SATURATED = 0.99  # of tanh, in size
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda z: z,
    "tanh": np.tanh,
    "ReLU": lambda z: np.maximum(z, 0),
}


class Signal(NamedTuple):
    """One value a layer, (DEPTH,)."""

    std: np.ndarray  # of what leaves the layer, over rows and units
    stuck: np.ndarray  # share of saturated values (tanh), of units at 0 in every row (ReLU)


def stuck(h: np.ndarray, activation: str) -> float:
    """The share of what leaves a layer, (N, D), that does not answer to small changes."""
    if activation == "tanh":
        return float(np.mean(np.abs(h) >= SATURATED))
    return float(np.mean((h == 0).all(axis=0))) if activation == "ReLU" else 0.0


def through_layers(activation: str, gain: float, seed: int, normalized: bool) -> Signal:
    """Send ROWS rows through DEPTH layers of WIDTH units, before any training.

    activation: a key of ACTIVATIONS. gain: the weights' deviation times the root of WIDTH.
    normalized: whether batch norm (gamma = 1, beta = 0) stands before each activation.
    """
    drawn = normals(seed, ROWS * WIDTH + DEPTH * WIDTH**2)
    h = drawn[: ROWS * WIDTH].reshape(ROWS, WIDTH)
    one, zero = np.ones(WIDTH), np.zeros(WIDTH)
    found = []
    for noise in drawn[ROWS * WIDTH :].reshape(DEPTH, WIDTH, WIDTH):
        z = h @ (gain / np.sqrt(WIDTH) * noise)
        if normalized:
            z, _ = batch_norm(z, one, zero, EPS)
        h = ACTIVATIONS[activation](z)
        found.append((h.std(), stuck(h, activation)))
    return Signal(*np.array(found).T)
