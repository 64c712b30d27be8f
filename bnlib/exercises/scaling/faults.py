"""Wrong ways to centre and to scale, from which mistakes of two exercises are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Fault(NamedTuple):
    """A wrong mean or a wrong divisor of the features of x, with a name and advice.

    ``shift(x)`` is what is subtracted, ``divisor(x, eps)`` what is divided by; ``rounding`` as in
    ``Mistake``.
    """

    id: str
    advice: str
    shift: Callable
    divisor: Callable
    rounding: bool = False
    source: str = ""


_STUDENTS = "students' repositories"


def mean(x):
    """The mean of each feature, (D,), to the last digit also where it is large."""
    first = x.mean(axis=0)
    return first + (x - first).mean(axis=0)


def deviation(x, eps):
    """sqrt(var + eps) of each feature, (D,), with the variance divided by N."""
    return np.sqrt(((x - mean(x)) ** 2).mean(axis=0) + eps)


def _zero(x):
    return np.zeros(x.shape[1])


def _one(x, eps):
    return np.ones(x.shape[1])


# Wherever data are standardized.
FAULTS = (
    Fault(
        "variance-not-root",
        "You divide by the variance. What brings a feature to variance 1 is its square root, "
        "the standard deviation.",
        mean,
        lambda x, eps: x.var(axis=0) + eps,
        source="articles",
    ),
    Fault(
        "bessel",
        "Your variance divides by N - 1. Here it is the mean of the squared deviations, as batch "
        "norm takes it: the values at hand come out with variance 1.",
        mean,
        lambda x, eps: np.sqrt(x.var(axis=0, ddof=1) + eps),
        source="in the wild",
    ),
    Fault(
        "eps-outside-root",
        "You add eps to the standard deviation. It belongs to the variance, under the root.",
        mean,
        lambda x, eps: x.std(axis=0) + eps,
        source=_STUDENTS,
    ),
    Fault(
        "eps-missing",
        "eps has no effect on your output. It is added to the variance before the root.",
        mean,
        lambda x, eps: x.std(axis=0),
        source=_STUDENTS,
    ),
    Fault(
        "eps-hard-coded",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-5. "
        "Use the argument.",
        mean,
        lambda x, eps: np.sqrt(x.var(axis=0) + 1e-5),
        source=_STUDENTS,
    ),
    Fault(
        "eps-subtracted",
        "You subtract eps from the variance. It is added, so that the root stays away from 0.",
        mean,
        lambda x, eps: np.sqrt(x.var(axis=0) - eps),
        source=_STUDENTS,
    ),
    Fault(
        "mean-over-all",
        "You subtract one mean of all entries. Each feature has a mean of its own, taken over "
        "the examples.",
        lambda x: np.full(x.shape[1], x.mean()),
        deviation,
        source=_STUDENTS,
    ),
    Fault(
        "variance-over-all",
        "You divide by one deviation of all entries. Each feature has a variance of its own, "
        "taken over the examples.",
        mean,
        lambda x, eps: np.sqrt(x.var() + eps),
    ),
    Fault(
        "statistics-over-all",
        "You use one mean and one variance of all entries. Each feature has its own, taken over "
        "the examples.",
        lambda x: np.full(x.shape[1], x.mean()),
        lambda x, eps: np.sqrt(x.var() + eps),
        source=_STUDENTS,
    ),
    Fault(
        "not-centred",
        "You divide by the deviation without taking the mean away first.",
        _zero,
        deviation,
    ),
    Fault(
        "not-scaled",
        "You take the mean away and do not divide by the standard deviation.",
        mean,
        _one,
    ),
    Fault(
        "second-moment",
        "You divide by the root of E[x^2]; that is not the variance, as the mean is still in it.",
        mean,
        lambda x, eps: np.sqrt((x**2).mean(axis=0) + eps),
    ),
    Fault(
        "sum-not-mean",
        "Your variance is the sum of the squared deviations. Divide it by their number.",
        mean,
        lambda x, eps: np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=0) + eps),
    ),
    Fault(
        "min-max",
        "You move each feature into the range from 0 to 1, by its smallest and largest value. "
        "Asked are mean 0 and variance 1.",
        lambda x: x.min(axis=0),
        lambda x, eps: x.max(axis=0) - x.min(axis=0) + eps,
    ),
    Fault(
        "one-pass-variance",
        "Your output loses digits where the mean is large, as E[x^2] - E[x]^2 does: two nearly "
        "equal large numbers are subtracted. Take the mean away before you square.",
        mean,
        lambda x, eps: np.sqrt((x**2).mean(axis=0) - x.mean(axis=0) ** 2 + eps),
        rounding=True,
        source=_STUDENTS,
    ),
)

# Where it is the first time; later they would only make the search for a name longer.
BEGINNERS = (
    Fault(
        "eps-hard-coded-1e-8",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-8. "
        "Use the argument.",
        mean,
        lambda x, eps: np.sqrt(x.var(axis=0) + 1e-8),
    ),
    Fault(
        "eps-squared",
        "You add the square of eps under the root. eps is added to the variance as it is.",
        mean,
        lambda x, eps: np.sqrt(x.var(axis=0) + eps**2),
    ),
    Fault(
        "eps-twice",
        "eps enters your divisor twice: under the root and once more after it.",
        mean,
        lambda x, eps: np.sqrt(x.var(axis=0) + eps) + eps,
    ),
    Fault(
        "eps-floor",
        "You use eps as a floor below the variance. It is added to every variance.",
        mean,
        lambda x, eps: np.sqrt(np.maximum(x.var(axis=0), eps)),
    ),
    Fault(
        "unit-norm",
        "You divide each feature by its length, the root of its sum of squares, and leave the "
        "mean in. Take the mean away, and use the variance.",
        _zero,
        lambda x, eps: np.sqrt((x**2).sum(axis=0) + eps),
    ),
    Fault(
        "count-of-features",
        "Your variance divides by the number of features. The sum runs over the examples, and so "
        "does the count.",
        mean,
        lambda x, eps: np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=0) / x.shape[1] + eps),
        source=_STUDENTS,
    ),
    Fault(
        "absolute-deviation",
        "You divide by the mean absolute deviation. The standard deviation squares, averages and "
        "takes the root.",
        mean,
        lambda x, eps: np.abs(x - x.mean(axis=0)).mean(axis=0) + eps,
    ),
    Fault(
        "sign",
        "The sign is reversed: the mean is subtracted from x, not x from the mean.",
        mean,
        lambda x, eps: -deviation(x, eps),
    ),
    Fault(
        "median",
        "You subtract the median. Asked is the mean.",
        lambda x: np.median(x, axis=0),
        deviation,
    ),
    Fault(
        "range",
        "You divide by the range of a feature (largest less smallest), not by its standard "
        "deviation.",
        mean,
        lambda x, eps: x.max(axis=0) - x.min(axis=0) + eps,
    ),
    Fault(
        "largest",
        "You divide each feature by its largest absolute value. Asked are mean 0 and variance 1.",
        _zero,
        lambda x, eps: np.abs(x).max(axis=0) + eps,
    ),
)
