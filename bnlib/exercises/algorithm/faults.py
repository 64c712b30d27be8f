"""Wrong ways to normalize and to scale, from which mistakes of several exercises are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Fault(NamedTuple):
    """A wrong step with a name and advice; ``rounding`` as in ``Mistake``."""

    id: str
    advice: str
    function: Callable
    rounding: bool = False
    source: str = ""


_STUDENTS = "students' repositories"


def normalize(x, eps):
    """The right one: (x - mean) / sqrt(var + eps), one mean and variance a column of (M, F)."""
    centered = x - x.mean(axis=0)
    centered = centered - centered.mean(axis=0)
    return centered / np.sqrt((centered**2).mean(axis=0) + eps)


def _by(x, spread):
    return (x - x.mean(axis=0)) / spread


NORMALIZING = (
    Fault(
        "variance-not-root",
        "You divide by the variance. What brings a feature to variance 1 is its square root, "
        "the standard deviation.",
        lambda x, eps: _by(x, x.var(axis=0) + eps),
        source="articles",
    ),
    Fault(
        "bessel",
        "Your variance divides by N - 1. A batch is normalized with its own variance, the mean "
        "of the squared deviations; Bessel's correction belongs to the running variance.",
        lambda x, eps: _by(x, np.sqrt(x.var(axis=0, ddof=1) + eps)),
        source="in the wild",
    ),
    Fault(
        "eps-outside-root",
        "You add eps to the standard deviation. It belongs to the variance, under the root.",
        lambda x, eps: _by(x, x.std(axis=0) + eps),
        source=_STUDENTS,
    ),
    Fault(
        "eps-missing",
        "eps has no effect on your output. It is added to the variance before the root.",
        lambda x, eps: _by(x, x.std(axis=0)),
        source=_STUDENTS,
    ),
    Fault(
        "eps-hard-coded",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-5. "
        "Use the argument.",
        lambda x, eps: _by(x, np.sqrt(x.var(axis=0) + 1e-5)),
        source=_STUDENTS,
    ),
    Fault(
        "eps-hard-coded-1e-8",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-8. "
        "Use the argument.",
        lambda x, eps: _by(x, np.sqrt(x.var(axis=0) + 1e-8)),
    ),
    Fault(
        "eps-subtracted",
        "You subtract eps from the variance. It is added, so that the root stays away from 0.",
        lambda x, eps: _by(x, np.sqrt(x.var(axis=0) - eps)),
        source=_STUDENTS,
    ),
    Fault(
        "eps-squared",
        "You add the square of eps under the root. eps is added to the variance as it is.",
        lambda x, eps: _by(x, np.sqrt(x.var(axis=0) + eps**2)),
    ),
    Fault(
        "eps-in-numerator",
        "You add eps to the centred input too. It has one place: the variance, under the root.",
        lambda x, eps: (x - x.mean(axis=0) + eps) / np.sqrt(x.var(axis=0) + eps),
    ),
    Fault(
        "mean-over-all",
        "You subtract one mean of all entries. Each feature has a mean of its own, taken over "
        "the batch.",
        lambda x, eps: (x - x.mean()) / np.sqrt(x.var(axis=0) + eps),
        source=_STUDENTS,
    ),
    Fault(
        "variance-over-all",
        "You divide by one deviation of all entries. Each feature has a variance of its own, "
        "taken over the batch.",
        lambda x, eps: _by(x, np.sqrt(x.var() + eps)),
    ),
    Fault(
        "statistics-over-all",
        "You use one mean and one variance of all entries. Each feature has its own, taken over "
        "the batch.",
        lambda x, eps: (x - x.mean()) / np.sqrt(x.var() + eps),
        source=_STUDENTS,
    ),
    Fault(
        "features-of-each-example",
        "You normalize the features of each example; that is layer norm. Batch norm takes its "
        "statistics of each feature over the examples.",
        lambda x, eps: (
            (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + eps)
        ),
        source=_STUDENTS,
    ),
    Fault(
        "not-centred",
        "You divide by the deviation without taking the mean away first.",
        lambda x, eps: x / np.sqrt(x.var(axis=0) + eps),
    ),
    Fault(
        "not-scaled",
        "You take the mean away and do not divide by the standard deviation.",
        lambda x, eps: x - x.mean(axis=0),
    ),
    Fault(
        "second-moment",
        "You divide by the root of E[x^2]; that is not the variance, as the mean is still in it.",
        lambda x, eps: _by(x, np.sqrt((x**2).mean(axis=0) + eps)),
    ),
    Fault(
        "sum-not-mean",
        "Your variance is the sum of the squared deviations. Divide it by their number.",
        lambda x, eps: _by(x, np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=0) + eps)),
    ),
    Fault(
        "sign",
        "The sign is reversed: the mean is subtracted from x, not x from the mean.",
        lambda x, eps: -_by(x, np.sqrt(x.var(axis=0) + eps)),
    ),
    Fault(
        "min-max",
        "You divide by the range of a feature (largest less smallest), not by its standard "
        "deviation.",
        lambda x, eps: _by(x, x.max(axis=0) - x.min(axis=0) + eps),
    ),
    Fault(
        "one-pass-variance",
        "Your output loses digits where the mean is large, as a difference of two large numbers, "
        "E[x^2] - E[x]^2, does. Take the mean away before you square.",
        lambda x, eps: _by(x, np.sqrt((x**2).mean(axis=0) - x.mean(axis=0) ** 2 + eps)),
        rounding=True,
        source=_STUDENTS,
    ),
)

AFFINE = (
    Fault(
        "affine-missing",
        "Your y is the normalized input. gamma and beta are still to be applied.",
        lambda x, xhat, gamma, beta: xhat,
        source=_STUDENTS,
    ),
    Fault(
        "gamma-missing",
        "gamma has no effect on your y. It scales the normalized input, before beta is added.",
        lambda x, xhat, gamma, beta: xhat + beta,
    ),
    Fault(
        "beta-missing",
        "beta has no effect on your y. It is added after the scaling.",
        lambda x, xhat, gamma, beta: gamma * xhat,
    ),
    Fault(
        "beta-before-gamma",
        "You add beta before you multiply by gamma, so that beta is scaled too. Scale first.",
        lambda x, xhat, gamma, beta: gamma * (xhat + beta),
        source=_STUDENTS,
    ),
    Fault(
        "raw-x",
        "You scale and shift x itself. What gamma and beta act on is the normalized input.",
        lambda x, xhat, gamma, beta: gamma * x + beta,
        source="articles",
    ),
    Fault(
        "gamma-beta-exchanged",
        "gamma and beta are exchanged: gamma scales, beta shifts.",
        lambda x, xhat, gamma, beta: beta * xhat + gamma,
    ),
    Fault(
        "beta-subtracted",
        "You subtract beta. It is added.",
        lambda x, xhat, gamma, beta: gamma * xhat - beta,
    ),
    Fault(
        "gamma-divides",
        "You divide by gamma. It multiplies.",
        lambda x, xhat, gamma, beta: xhat / gamma + beta,
    ),
    Fault(
        "gamma-squared",
        "gamma enters your y twice.",
        lambda x, xhat, gamma, beta: gamma * gamma * xhat + beta,
    ),
)
