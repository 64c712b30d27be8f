"""What the forward passes of the exercises keep for their backward passes."""

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


class WeightNormCache(NamedTuple):
    """What `weight_norm_backward` needs; norm and g have length 1 along all axes but the first."""

    direction: np.ndarray  # the shape of v, v / norm
    norm: np.ndarray  # float64
    g: np.ndarray  # float64


class DyTCache(NamedTuple):
    """What `dyt_backward` needs."""

    x: np.ndarray  # (..., D), a copy
    tanh: np.ndarray  # (..., D), tanh(alpha * x)
    alpha: float
    gamma: np.ndarray  # (D,)
