"""RMS norm of (..., D), right and wrong."""

from __future__ import annotations

import numpy as np

from bnlib.cache import Cache
from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.alternatives.faults import STUDENTS


def given_forward(x, gamma, eps):
    """A right forward pass with the documented cache, whose mean is 0."""
    inv_rms = 1 / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    xhat = x * inv_rms
    return gamma * xhat, Cache(x, xhat, np.zeros_like(inv_rms), inv_rms, gamma)


def _over(spread, axes=lambda x: (-1,)):
    """x over ``spread(x, eps, axes)``, scaled."""

    def wrong(x, gamma, eps):
        return gamma * x / spread(x, eps, {"axis": axes(x), "keepdims": True}), None

    return wrong


def _rms(x, eps, kept):
    return np.sqrt((x**2).mean(**kept) + eps)


def _mean_square(x, kept):
    return (x**2).mean(**kept)


def _scaled(scale):
    """gamma and xhat put together in another way."""
    return lambda x, gamma, eps: (scale(x, gamma, given_forward(x, gamma, eps)[1].xhat), None)


def _keepdims_missing(x, gamma, eps):
    return gamma * x / np.sqrt((x**2).mean(axis=-1) + eps), None


def _changes_x(x, gamma, eps):
    y, _ = given_forward(x, gamma, eps)
    x *= 0.5
    return y, None


def _centred(x, gamma, eps):
    return given_forward(x - x.mean(axis=-1, keepdims=True), gamma, eps)


_PLACE = "It is added to the mean square, under the root."
RMS = (
    Fault(
        "centred",
        "You take the mean away; that is layer norm without beta. RMS norm subtracts nothing.",
        _centred,
    ),
    Fault(
        "centred-numerator",
        "You subtract the mean from x before you divide. RMS norm subtracts nothing.",
        lambda x, gamma, eps: (
            gamma * (x - x.mean(-1, keepdims=True)) / _rms(x, eps, {"axis": -1, "keepdims": True}),
            None,
        ),
    ),
    Fault(
        "divided-by-deviation",
        "You divide by the standard deviation, which has the mean taken out. What divides here is "
        "the root of the mean of the squares of x itself.",
        _over(lambda x, eps, kept: np.sqrt(x.var(**kept) + eps)),
    ),
    Fault(
        "mean-square-not-root",
        "You divide by the mean square. What brings an example to mean square 1 is its root.",
        _over(lambda x, eps, kept: _mean_square(x, kept) + eps),
    ),
    Fault(
        "sum-not-mean",
        "You divide by the length of the vector, the root of the sum of squares. Divide that sum "
        "by D first.",
        _over(lambda x, eps, kept: np.sqrt((x**2).sum(**kept) + eps)),
    ),
    Fault(
        "square-of-mean",
        "You square the mean. It is the mean of the squares: square first.",
        _over(lambda x, eps, kept: np.sqrt(x.mean(**kept) ** 2 + eps)),
    ),
    Fault(
        "mean-of-absolute-values",
        "You divide by the mean of the absolute values. It is the root of the mean of the squares.",
        _over(lambda x, eps, kept: np.abs(x).mean(**kept) + eps),
    ),
    Fault(
        "largest-value",
        "You divide by the largest absolute value of an example, not by its root mean square.",
        _over(lambda x, eps, kept: np.abs(x).max(**kept) + eps),
    ),
    Fault(
        "bessel",
        "Your mean square divides by D - 1. No mean has been taken away: divide by D.",
        _over(lambda x, eps, kept: np.sqrt((x**2).sum(**kept) / (x.shape[-1] - 1) + eps)),
    ),
    Fault(
        "multiplied",
        "You multiply by the root mean square. It divides.",
        lambda x, gamma, eps: (gamma * x * _rms(x, eps, {"axis": -1, "keepdims": True}), None),
    ),
    Fault(
        "not-divided",
        "You scale x itself. Divide it by its root mean square first.",
        lambda x, gamma, eps: (gamma * x, None),
    ),
    Fault(
        "batch-axis",
        "Your mean square is of each feature over the examples. It is taken of each example over "
        "its features.",
        _over(_rms, lambda x: (0,)),
        source=STUDENTS,
    ),
    Fault(
        "axis-1-not-last",
        "You average over axis 1. In a sequence (N, T, D) that is the position: the features are "
        "the last axis.",
        _over(_rms, lambda x: (1,)),
    ),
    Fault(
        "positions-too",
        "In a sequence (N, T, D) you average over the positions too. Each vector of features has "
        "its own root mean square.",
        _over(_rms, lambda x: tuple(range(1, x.ndim))),
    ),
    Fault(
        "mean-square-over-all",
        "You use one mean square of all entries. Each example has its own, taken over its "
        "features.",
        _over(_rms, lambda x: tuple(range(x.ndim))),
        source=STUDENTS,
    ),
    Fault(
        "keepdims-missing",
        "Your mean square has shape (N,), which does not line up with the rows of (N, D). Keep "
        "the averaged axis at length 1.",
        _keepdims_missing,
    ),
    Fault(
        "eps-outside-root",
        f"You add eps after the root. {_PLACE}",
        _over(lambda x, eps, kept: _rms(x, 0, kept) + eps),
        source=STUDENTS,
    ),
    Fault(
        "eps-missing",
        f"eps has no effect on your output. {_PLACE}",
        _over(lambda x, eps, kept: _rms(x, 0, kept)),
        source=STUDENTS,
    ),
    Fault(
        "eps-hard-coded",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-5. Use the "
        "argument.",
        _over(lambda x, eps, kept: _rms(x, 1e-5, kept)),
        source=STUDENTS,
    ),
    Fault(
        "eps-hard-coded-1e-6",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-6. Use the "
        "argument.",
        _over(lambda x, eps, kept: _rms(x, 1e-6, kept)),
    ),
    Fault(
        "eps-subtracted",
        f"You subtract eps from the mean square. {_PLACE}",
        _over(lambda x, eps, kept: _rms(x, -eps, kept)),
        source=STUDENTS,
    ),
    Fault(
        "eps-squared",
        "You add the square of eps under the root. It is added as it is.",
        _over(lambda x, eps, kept: _rms(x, eps**2, kept)),
    ),
    Fault(
        "eps-in-each-square",
        "You add eps to x before you square it. It is added once, to the mean square.",
        _over(lambda x, eps, kept: np.sqrt(((x + eps) ** 2).mean(**kept))),
    ),
    Fault(
        "gamma-missing",
        "gamma has no effect on your y. It scales what the division gives.",
        _scaled(lambda x, gamma, xhat: xhat),
        source=STUDENTS,
    ),
    Fault(
        "gamma-plus-one",
        "You scale by 1 + gamma, as some language models store it. Here gamma itself multiplies.",
        _scaled(lambda x, gamma, xhat: (1 + gamma) * xhat),
    ),
    Fault(
        "gamma-divides",
        "You divide by gamma. It multiplies.",
        _scaled(lambda x, gamma, xhat: xhat / gamma),
    ),
    Fault(
        "gamma-squared",
        "gamma enters your y twice.",
        _scaled(lambda x, gamma, xhat: gamma**2 * xhat),
    ),
    Fault(
        "gamma-added", "You add gamma. It multiplies.", _scaled(lambda x, gamma, xhat: gamma + xhat)
    ),
    Fault("sign", "The sign of your y is reversed.", _scaled(lambda x, gamma, xhat: -gamma * xhat)),
    Fault(
        "sign-lost",
        "Your y has lost the signs of x. The squares serve the divisor alone; what is divided is "
        "x itself.",
        _scaled(lambda x, gamma, xhat: gamma * np.abs(xhat)),
    ),
    Fault(
        "changes-x",
        "You work on x in place, and the caller's array is changed. Let the first step make a new "
        "array.",
        _changes_x,
        source=STUDENTS,
    ),
)
