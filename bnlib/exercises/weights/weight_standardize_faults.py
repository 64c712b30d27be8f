"""Weight standardization, right and wrong: (w, eps) -> (w_hat, cache)."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import NORMALIZING, Fault
from bnlib.exercises.weights.weight_norm_faults import incoming


def given_forward(w, eps):
    """A right forward pass; its cache is what a backward pass would want."""
    rest = incoming(w)
    centred = w - w.mean(axis=rest, keepdims=True)
    centred = centred - centred.mean(axis=rest, keepdims=True)
    inv_std = 1 / np.sqrt((centred**2).mean(axis=rest, keepdims=True) + eps)
    return centred * inv_std, (centred * inv_std, inv_std)


FAULTS: list[Fault] = []
_WRONG = {fault.id: fault for fault in NORMALIZING}


def _like_a_batch(id, advice, other=""):
    """A fault that normalizing a batch has too, its columns the units."""
    fault = _WRONG[other or id]

    def wrong(w, eps):
        return fault.function(w.reshape(len(w), -1).T, eps).T.reshape(w.shape), None

    FAULTS.append(Fault(id, advice, wrong, fault.rounding, fault.source))


def _fault(id, advice, weights):
    FAULTS.append(Fault(id, advice, lambda w, eps: (weights(w, eps), None)))


def _moments(w, axes):
    return w.mean(axis=axes, keepdims=True), w.var(axis=axes, keepdims=True)


def _over(axes):
    """Mean and variance over other axes."""

    def weights(w, eps):
        mean, var = _moments(w, axes(w) if callable(axes) else axes)
        return (w - mean) / np.sqrt(var + eps)

    return weights


_like_a_batch(
    "variance-not-root",
    "You divide by the variance. What brings the weights to variance 1 is its square root, the "
    "standard deviation.",
)
_like_a_batch(
    "bessel",
    "Your variance divides by the number of weights less one. Here it is the mean of the squared "
    "deviations; some implementations differ, and with few weights a unit it shows.",
)
_like_a_batch(
    "eps-outside-root",
    "You add eps to the standard deviation. It belongs to the variance, under the root.",
)
_like_a_batch(
    "eps-missing",
    "eps has no effect on your output. It is added to the variance before the root.",
)
_like_a_batch(
    "eps-hard-coded",
    "Your output does not follow the eps that was passed: it is that of eps = 1e-5. Use the "
    "argument.",
)
_like_a_batch(
    "eps-hard-coded-1e-8",
    "Your output does not follow the eps that was passed: it is that of eps = 1e-8. Use the "
    "argument.",
)
_like_a_batch(
    "eps-subtracted",
    "You subtract eps from the variance. It is added, so that the root stays away from 0.",
)
_like_a_batch(
    "eps-squared",
    "You add the square of eps under the root. eps is added to the variance as it is.",
)
_like_a_batch(
    "eps-in-numerator",
    "You add eps to the centred weights too. It has one place: the variance, under the root.",
)
_like_a_batch(
    "mean-over-all",
    "You subtract one mean of all weights. Each output unit has a mean of its own.",
)
_like_a_batch(
    "variance-over-all",
    "You divide by one deviation of all weights. Each output unit has a variance of its own.",
)
_like_a_batch(
    "statistics-over-all",
    "You use one mean and one variance of all weights. Each output unit has its own.",
)
_like_a_batch(
    "over-outputs",
    "You take the statistics over the first axis, the output units. A unit's weights lie along "
    "the other axes.",
    "features-of-each-example",
)
_like_a_batch(
    "not-centred",
    "You divide by the deviation without taking the mean away first.",
)
_like_a_batch(
    "not-scaled",
    "You take the mean away and do not divide by the standard deviation.",
)
_like_a_batch(
    "second-moment",
    "You divide by the root of the mean square of w; that is not the deviation, as the mean is "
    "still in it.",
)
_like_a_batch(
    "sum-not-mean",
    "Your variance is the sum of the squared deviations. Divide it by their number.",
)
_like_a_batch("sign", "The sign is reversed: the mean is subtracted from w, not w from the mean.")
_like_a_batch(
    "min-max",
    "You divide by the range of a unit's weights (largest less smallest), not by their standard "
    "deviation.",
)
_like_a_batch(
    "one-pass-variance",
    "Your output loses digits where the mean is large, as E[w^2] - E[w]^2 does: two nearly equal "
    "large numbers are subtracted. Take the mean away before you square.",
)
_fault(
    "over-last-axis",
    "Your statistics run over the last axis alone. For a convolution a unit's weights lie along "
    "three axes, and all of them count.",
    _over(-1),
)
_fault(
    "over-axis-1",
    "Your statistics run over axis 1 alone. For a convolution a unit's weights lie along three "
    "axes, and all of them count.",
    _over(1),
)
_fault(
    "each-kernel",
    "Each kernel of your convolution has statistics of its own, one pair of channels at a time. "
    "Take them over the input channels too.",
    _over(lambda w: tuple(range(min(2, w.ndim - 1), w.ndim))),
)
_fault(
    "divided-by-fan-in",
    "Your weights have variance 1 / fan_in: you divide by the root of the number of weights as "
    "well. That is another version of the method; here the variance is 1.",
    lambda w, eps: given_forward(w, eps)[0] / np.sqrt(w[0].size),
)
_fault(
    "multiplied-by-fan-in",
    "Your weights are too large by the root of the number of weights a unit.",
    lambda w, eps: given_forward(w, eps)[0] * np.sqrt(w[0].size),
)
_fault(
    "unit-length",
    "You give each unit the length 1, as weight norm does. Asked is mean 0 and variance 1.",
    lambda w, eps: w / np.sqrt((w**2).sum(axis=incoming(w), keepdims=True)),
)
_fault(
    "mean-restored",
    "You add the mean again at the end. The weights of a unit are to sum to 0.",
    lambda w, eps: given_forward(w, eps)[0] + w.mean(axis=incoming(w), keepdims=True),
)
_fault(
    "deviation-absolute",
    "You divide by the mean absolute deviation. The standard deviation is the root of the mean "
    "square.",
    lambda w, eps: (
        (w - _moments(w, incoming(w))[0])
        / (np.abs(w - _moments(w, incoming(w))[0]).mean(axis=incoming(w), keepdims=True) + eps)
    ),
)
_fault(
    "median",
    "You subtract the median. It is the mean that is taken away.",
    lambda w, eps: (
        (w - np.median(w, axis=incoming(w), keepdims=True))
        / np.sqrt(_moments(w, incoming(w))[1] + eps)
    ),
)
_fault("untouched", "Your w_hat is w itself.", lambda w, eps: w.copy())
_fault(
    "axis-missing",
    "A mean of one number a unit, of shape (C,), is lined up with the last axis of w. Keep the "
    "axes that you average over, with length 1.",
    lambda w, eps: w - w.mean(axis=incoming(w)),
)
