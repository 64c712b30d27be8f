"""What a batch-norm forward pass of the exercises keeps for its backward pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Cache(NamedTuple):
    """The form in which a check hands a given forward pass to a student's backward pass.

    Attributes:
        x: the input, (N, D) or (N, C, H, W). xhat: the normalized input, same shape.
        mean, inv_std: one value a feature or channel, inv_std = 1 / sqrt(var + eps).
        gamma: the scale, the same size.
    """

    x: np.ndarray
    xhat: np.ndarray
    mean: np.ndarray
    inv_std: np.ndarray
    gamma: np.ndarray
