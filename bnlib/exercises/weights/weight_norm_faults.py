"""Weight norm, right and wrong: (v, g) -> (w, cache)."""

from __future__ import annotations

import numpy as np

from bnlib.cache import WeightNormCache
from bnlib.exercises.algorithm.faults import Fault


def per_unit(vector, like):
    """One number a unit, shaped so that it multiplies all of the unit's weights."""
    return vector.reshape((-1,) + (1,) * (like.ndim - 1))


def incoming(v):
    """All axes but the first."""
    return tuple(range(1, v.ndim))


def given_forward(v, g):
    """A right forward pass with the documented cache."""
    norm = np.sqrt((v**2).sum(axis=incoming(v), keepdims=True))
    direction, g = v / norm, per_unit(g, v)
    return g * direction, WeightNormCache(direction, norm, g)


def length(v, axes=None):
    """The Euclidean length over all axes but the first, or over the axes that are told."""
    return np.sqrt((v**2).sum(axis=incoming(v) if axes is None else axes, keepdims=True))


FAULTS: list[Fault] = []


def _fault(id, advice, weights):
    FAULTS.append(Fault(id, advice, lambda v, g: (weights(v, g), None)))


def _by(length):
    """w with another length in the place of the Euclidean one."""
    return lambda v, g: per_unit(g, v) * v / length(v)


def _scaled(scale):
    """The right direction, scaled by another number than g."""
    return lambda v, g: per_unit(scale(g), v) * v / length(v)


_ONE_NUMBER_A_UNIT = (
    "An array of one number a unit is lined up with the last axis of v, not with its first. Give "
    "it an axis of length 1 for each axis that v has beyond the first."
)

_fault(
    "norm-over-all",
    "You divide by the length of all weights together. Each output unit has a length of its own.",
    _by(lambda v: np.sqrt((v**2).sum())),
)
_fault(
    "norm-over-outputs",
    "You take the length over the first axis, the output units. A unit's weights lie along the "
    "other axes.",
    _by(lambda v: length(v, 0)),
)
_fault(
    "norm-over-last-axis",
    "Your length runs over the last axis alone. For a convolution a unit's weights lie along three "
    "axes, and all of them count.",
    _by(lambda v: length(v, -1)),
)
_fault(
    "norm-over-axis-1",
    "Your length runs over axis 1 alone. For a convolution a unit's weights lie along three axes, "
    "and all of them count.",
    _by(lambda v: length(v, 1)),
)
_fault(
    "norm-of-each-kernel",
    "Each kernel of your convolution has a length of its own, one a pair of channels. Take one a "
    "filter, over the input channels too.",
    _by(lambda v: length(v, tuple(range(min(2, v.ndim - 1), v.ndim)))),
)
_fault(
    "norm-squared",
    "You divide by the squared length. The root of the sum of squares is missing.",
    _by(lambda v: length(v) ** 2),
)
_fault(
    "norm-root-twice",
    "You divide by the root of the length: the root is taken twice.",
    _by(lambda v: np.sqrt(length(v))),
)
_fault(
    "norm-l1",
    "You divide by the sum of the absolute values. The length is the root of the sum of squares.",
    _by(lambda v: np.abs(v).sum(axis=incoming(v), keepdims=True)),
)
_fault(
    "norm-largest",
    "You divide by the largest absolute value. The length is the root of the sum of squares.",
    _by(lambda v: np.abs(v).max(axis=incoming(v), keepdims=True)),
)
_fault(
    "norm-of-sum",
    "You divide by the size of the sum of the weights. Square each weight before they are summed.",
    _by(lambda v: np.abs(v.sum(axis=incoming(v), keepdims=True))),
)
_fault(
    "mean-not-sum",
    "You divide by the root of the mean square, so that w is too long by the root of the number "
    "of weights. The length holds the sum of the squares.",
    _by(lambda v: np.sqrt((v**2).mean(axis=incoming(v), keepdims=True))),
)
_fault(
    "divided-by-deviation",
    "You divide by the standard deviation of a unit's weights. Asked is their length; no mean is "
    "taken away here.",
    _by(lambda v: v.std(axis=incoming(v), keepdims=True)),
)
_fault(
    "multiplied-by-norm",
    "You multiply by the length of v. Dividing by it leaves a vector of length 1.",
    _by(lambda v: 1 / length(v)),
)
_fault(
    "centred",
    "You take the mean of a unit's weights away first; that is another method. Here v keeps its "
    "direction.",
    lambda v, g: _scaled(lambda g: g)(v - v.mean(axis=incoming(v), keepdims=True), g),
)
_fault(
    "not-normalized",
    "Your w is v times g: the length of v is still in it. What should w be if v is twice as long?",
    _by(lambda v: 1.0),
)
_fault(
    "g-missing",
    "g has no effect on your w: every unit leaves with the length 1.",
    _scaled(np.ones_like),
)
_fault(
    "g-divides", "You divide by g. It multiplies: g is the length of w.", _scaled(lambda g: 1 / g)
)
_fault("g-squared", "g enters your w twice.", _scaled(lambda g: g * g))
_fault(
    "g-absolute",
    "You use the size of g without its sign. A negative g turns the direction around.",
    _scaled(np.abs),
)
_fault(
    "g-exponential",
    "You scale by e to the power of g. Here g itself is the length.",
    _scaled(np.exp),
)
_fault(
    "g-normalized",
    "You divide g by a length too. g is the length that is asked; it stays as it is.",
    _scaled(lambda g: g / np.sqrt((g**2).sum())),
)
_fault(
    "g-added",
    "You add g to the direction. It multiplies.",
    lambda v, g: v / length(v) + per_unit(g, v),
)
_fault(
    "g-restored",
    "Your w is v itself: you multiply by the length that you divided by. Multiply by g.",
    lambda v, g: v.copy(),
)
_fault(
    "sign",
    "The sign of your w is reversed.",
    _scaled(lambda g: -g),
)
_fault("axis-missing-last", _ONE_NUMBER_A_UNIT, lambda v, g: v / length(v) * g)
_fault("axis-missing-first", _ONE_NUMBER_A_UNIT, lambda v, g: g * v / length(v))

_DENSE_ONLY = (
    "Your g has the shape (C, 1), which fits a dense layer alone. A convolution has four axes: "
    "give g as many as v has."
)


def _dense(v):
    """Lengths as they are right for a matrix."""
    return length(v, 1)


_fault("dense-only-first", _DENSE_ONLY, lambda v, g: g[:, None] * v / _dense(v))
_fault("dense-only-last", _DENSE_ONLY, lambda v, g: v / _dense(v) * g[:, None])

for _eps in (1e-5, 1e-6, 1e-8):
    _fault(
        f"eps-added-{_eps:.0e}",
        f"You add {_eps:g} to the length. The formula has no eps: a short v would leave shorter "
        "than g.",
        _by(lambda v, eps=_eps: length(v) + eps),
    )
for _eps in (1e-5, 1e-6, 1e-8, 1e-10, 1e-12):
    _fault(
        f"eps-under-root-{_eps:.0e}",
        f"You add {_eps:g} to the sum of squares. The formula has no eps: a short v would leave "
        "shorter than g.",
        _by(lambda v, eps=_eps: np.sqrt(length(v) ** 2 + eps)),
    )
