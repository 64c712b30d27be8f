"""Folding batch norm into the layer before it: the right answer and the wrong ones.

One weight of shape (D_out, ...) stands for both layers: what is right of a row of a matrix is
right of a filter of a convolution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.inputs import signed
from bnlib.exercises.running.inputs import spread

PARAMETERS = ("w", "b", "gamma", "beta", "mean", "var", "eps")


class Folding(NamedTuple):
    """Arguments of a folding. b is None for a layer without a bias."""

    w: np.ndarray
    b: np.ndarray | None
    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    var: np.ndarray
    eps: float


def along(axis: int, scale, w):
    """scale, ready to be multiplied along one axis of w."""
    shape = [1] * w.ndim
    shape[axis] = -1
    return np.reshape(scale, shape)


def fold(w, b, gamma, beta, mean, var, eps):
    """A right folding, of a weight of any number of axes."""
    scale = gamma / np.sqrt(var + eps)
    old = 0.0 if b is None else b
    return along(0, scale, w) * w, scale * (old - mean) + beta


def draw(rng, shape: tuple[int, ...], low: float, high: float, eps: float) -> Folding:
    """Statistics whose deviations spread from low to high; nothing is near 0, and b - mean is not.

    The weights have the size of their layer's deviations, so that what comes out is about 1.
    """
    outputs = shape[0]
    deviation = spread(rng, outputs, low, high)
    w = high * rng.standard_normal(shape)
    b = high * signed(rng, 1.0, 2.0, outputs)
    mean = b + high * signed(rng, 0.3, 0.7, outputs)
    gamma, beta = signed(rng, 0.5, 2.0, outputs), signed(rng, 0.5, 2.0, outputs)
    return Folding(w, b, gamma, beta, mean, deviation**2, eps)


def wide(rng, shape: tuple[int, ...]) -> Folding:
    """Deviations from 20 to 200, and an eps that plays no part."""
    return draw(rng, shape, 20.0, 200.0, 1e-10)


def with_eps(rng, shape: tuple[int, ...]) -> Folding:
    """Variances about 1 and eps = 0.5."""
    return draw(rng, shape, 0.8, 1.5, 0.5)


def with_constant(rng, shape: tuple[int, ...]) -> Folding:
    """Output 1 never varied in training; eps = 1e-4."""
    given = draw(rng, shape, 20.0, 200.0, 1e-4)
    given.var[1] = 0.0
    return given


def _scaled(scale):
    """Right but for the scale: ``scale(gamma, var, eps)``."""

    def function(w, b, gamma, beta, mean, var, eps):
        s = scale(gamma, var, eps)
        return along(0, s, w) * w, s * ((0.0 if b is None else b) - mean) + beta

    return function


def _bias(bias):
    """w right, and a bias ``bias(b, beta, mean, scale)`` of its own."""

    def function(w, b, gamma, beta, mean, var, eps):
        scale = gamma / np.sqrt(var + eps)
        return along(0, scale, w) * w, bias(0.0 if b is None else b, beta, mean, scale)

    return function


def _kept_weight(w, b, gamma, beta, mean, var, eps):
    return w, fold(w, b, gamma, beta, mean, var, eps)[1]


def _gamma_missing_in_b(w, b, gamma, beta, mean, var, eps):
    folded = fold(w, b, gamma, beta, mean, var, eps)[0]
    return folded, fold(w, b, np.ones_like(gamma), beta, mean, var, eps)[1]


def _gamma_missing_in_w(w, b, gamma, beta, mean, var, eps):
    folded = fold(w, b, gamma, beta, mean, var, eps)[1]
    return fold(w, b, np.ones_like(gamma), beta, mean, var, eps)[0], folded


def _none_not_handled(w, b, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    return along(0, scale, w) * w, scale * (b - mean) + beta


def _none_stays_none(w, b, gamma, beta, mean, var, eps):
    folded, bias = fold(w, b, gamma, beta, mean, var, eps)
    return folded, None if b is None else bias


def _none_is_beta(w, b, gamma, beta, mean, var, eps):
    folded, bias = fold(w, b, gamma, beta, mean, var, eps)
    return folded, beta if b is None else bias


def _changes_w(w, b, gamma, beta, mean, var, eps):
    bias = fold(w, b, gamma, beta, mean, var, eps)[1]
    w *= along(0, gamma / np.sqrt(var + eps), w)
    return w, bias


def _changes_b(w, b, gamma, beta, mean, var, eps):
    folded, bias = fold(w, b, gamma, beta, mean, var, eps)
    if b is None:
        return folded, bias
    b[...] = bias
    return folded, b


def _nothing(w, b, gamma, beta, mean, var, eps):
    fold(w, b, gamma, beta, mean, var, eps)


FOLDING = (
    Fault(
        "eps-missing",
        "eps has no effect on your output. It is added to var before the root, as in the layer "
        "that is folded.",
        _scaled(lambda gamma, var, eps: gamma / np.sqrt(var)),
    ),
    Fault(
        "eps-outside-root",
        "You add eps to the standard deviation. It belongs to var, under the root.",
        _scaled(lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
    ),
    Fault(
        "eps-hard-coded",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-5. Use the "
        "argument.",
        _scaled(lambda gamma, var, eps: gamma / np.sqrt(var + 1e-5)),
    ),
    Fault(
        "eps-hard-coded-1e-8",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-8. Use the "
        "argument.",
        _scaled(lambda gamma, var, eps: gamma / np.sqrt(var + 1e-8)),
    ),
    Fault(
        "eps-subtracted",
        "You subtract eps from var. It is added.",
        _scaled(lambda gamma, var, eps: gamma / np.sqrt(var - eps)),
    ),
    Fault(
        "eps-squared",
        "You add the square of eps under the root. eps is added to var as it is.",
        _scaled(lambda gamma, var, eps: gamma / np.sqrt(var + eps**2)),
    ),
    Fault(
        "variance-not-root",
        "You divide by the variance. Batch norm divides by its root.",
        _scaled(lambda gamma, var, eps: gamma / (var + eps)),
    ),
    Fault(
        "variance-squared",
        "You square var before the root, as if it were a standard deviation. It is a variance "
        "already.",
        _scaled(lambda gamma, var, eps: gamma / np.sqrt(var**2 + eps)),
    ),
    Fault(
        "gamma-missing",
        "gamma has no effect on your output. It is part of the scale that each output gets.",
        _scaled(lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
    ),
    Fault(
        "gamma-divides",
        "You divide by gamma. It multiplies.",
        _scaled(lambda gamma, var, eps: 1 / (gamma * np.sqrt(var + eps))),
    ),
    Fault(
        "scale-inverted",
        "Your scale is upside down: that is the one which undoes batch norm.",
        _scaled(lambda gamma, var, eps: np.sqrt(var + eps) / gamma),
    ),
    Fault(
        "multiplied",
        "You multiply by the standard deviation. Batch norm divides by it.",
        _scaled(lambda gamma, var, eps: gamma * np.sqrt(var + eps)),
    ),
    Fault(
        "w-kept",
        "Your w is the old one. What batch norm does to the output it does to w too: scale it.",
        _kept_weight,
    ),
    Fault(
        "gamma-missing-in-w",
        "gamma has no effect on your w. The scale of each output, gamma included, goes into w.",
        _gamma_missing_in_w,
    ),
    Fault(
        "gamma-missing-in-b",
        "gamma has no effect on your b, only on your w. Both get the same scale.",
        _gamma_missing_in_b,
    ),
    Fault(
        "b-kept",
        "Your b is the old one. Batch norm scales and shifts it too.",
        _bias(lambda b, beta, mean, scale: b + np.zeros_like(beta)),
    ),
    Fault(
        "b-not-scaled",
        "The old b enters your new one as it was. It is part of what batch norm scales.",
        _bias(lambda b, beta, mean, scale: b - scale * mean + beta),
    ),
    Fault(
        "b-dropped",
        "Your new b does without the old one. What the layer added before batch norm still counts.",
        _bias(lambda b, beta, mean, scale: beta - scale * mean),
    ),
    Fault(
        "mean-missing",
        "mean has no effect on your b. Batch norm takes it away before it scales.",
        _bias(lambda b, beta, mean, scale: scale * b + beta),
    ),
    Fault(
        "mean-added",
        "You add the mean. Batch norm takes it away.",
        _bias(lambda b, beta, mean, scale: scale * (b + mean) + beta),
    ),
    Fault(
        "mean-not-scaled",
        "You take the mean away after the scaling. Batch norm takes it away before, so it is "
        "scaled too.",
        _bias(lambda b, beta, mean, scale: scale * b - mean + beta),
    ),
    Fault(
        "only-beta",
        "Your new b is beta. The old b and the mean, both scaled, belong to it.",
        _bias(lambda b, beta, mean, scale: beta.copy()),
    ),
    Fault(
        "beta-missing",
        "beta has no effect on your b. It is added last.",
        _bias(lambda b, beta, mean, scale: scale * (b - mean)),
    ),
    Fault(
        "beta-scaled",
        "You scale beta too. It is added after the scaling.",
        _bias(lambda b, beta, mean, scale: scale * (b - mean + beta)),
    ),
    Fault(
        "beta-subtracted",
        "You subtract beta. It is added.",
        _bias(lambda b, beta, mean, scale: scale * (b - mean) - beta),
    ),
    Fault(
        "none-not-handled",
        "b is None for a layer without a bias. The folded layer has one all the same: begin from 0 "
        "then.",
        _none_not_handled,
    ),
    Fault(
        "none-stays-none",
        "Without an old bias you return none. The folded layer needs one: the mean and beta have "
        "to go somewhere.",
        _none_stays_none,
    ),
    Fault(
        "none-is-beta",
        "Without an old bias your new one is beta. The mean that batch norm takes away belongs to "
        "it too.",
        _none_is_beta,
    ),
    Fault(
        "changes-w",
        "You write into w. Make a new array: the caller may still train the old layer.",
        _changes_w,
    ),
    Fault(
        "changes-b",
        "You write into b. Make a new array: the caller may still train the old layer.",
        _changes_b,
    ),
    Fault("nothing-returned", "The function ends without a return.", _nothing),
)
