"""Wrong steps that every whitening can have, from which mistakes of four exercises are made.

A whitening is known by its ``root``: the function that makes w of the covariance with eps on its
diagonal.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np


class Fault(NamedTuple):
    """A wrong whitening, ``function(x, eps, root) -> (z, mean, w)``; the rest as in ``Mistake``."""

    id: str
    advice: str
    function: Callable
    rounding: bool = False
    source: str = ""


STUDENTS = "students' repositories"


def covariance(centred):
    return centred.T @ centred / len(centred)


def whiten(x, eps, root):
    """The right one: (z, mean, w) with w = root(cov + eps I)."""
    mean = x.mean(axis=0)
    centred = x - mean
    w = root(covariance(centred) + eps * np.eye(x.shape[1], dtype=x.dtype))
    return centred @ w, mean, w


def _from(matrix, x, eps, root):
    """Everything right but the matrix that w is made from: ``matrix(centred, eps)``."""
    mean = x.mean(axis=0)
    w = root(matrix(x - mean, eps))
    return (x - mean) @ w, mean, w


def _ridge(centred, eps):
    return covariance(centred) + eps * np.eye(centred.shape[1])


def _mean_over_all(x, eps, root):
    mean = x.mean()
    w = root(_ridge(x - mean, eps))
    return (x - mean) @ w, mean, w


def _mean_of_rows(x, eps, root):
    mean = x.mean(axis=1, keepdims=True)
    w = root(_ridge(x - mean, eps))
    return (x - mean) @ w, mean, w


def _not_centred(x, eps, root):
    w = root(_ridge(x, eps))
    return x @ w, x.mean(axis=0), w


def _raw_moments(x, eps, root):
    mean = x.mean(axis=0)
    w = root(_ridge(x, eps))
    return (x - mean) @ w, mean, w


def _correlation(centred, eps):
    deviation = centred.std(axis=0)
    return _ridge(centred / deviation, eps)


def _standardized(x, eps, root):
    mean = x.mean(axis=0)
    w = np.diag(1 / np.sqrt(x.var(axis=0) + eps))
    return (x - mean) @ w, mean, w


def _one_pass(x, eps, root):
    mean = x.mean(axis=0)
    w = root(x.T @ x / len(x) - np.outer(mean, mean) + eps * np.eye(x.shape[1]))
    return (x - mean) @ w, mean, w


_EPS = "cov + eps I: eps is added to each variance on the diagonal."

# Of the covariance and of eps.
MATRIX = (
    Fault(
        "bessel",
        "Your covariance divides by N - 1. A batch is whitened with its own covariance, the mean "
        "over its N rows.",
        partial(_from, lambda c, eps: covariance(c) * len(c) / (len(c) - 1) + eps * _eye(c)),
        source="in the wild",
    ),
    Fault(
        "sum-not-mean",
        "Your w is that of a covariance that was not divided by N, so z comes out with variance "
        "1 / N. Singular values of x hold a root of N as well.",
        partial(_from, lambda c, eps: c.T @ c + eps * _eye(c)),
    ),
    Fault(
        "divided-by-features",
        "Your covariance is divided by D, the number of features. It is a mean over the N rows.",
        partial(_from, lambda c, eps: c.T @ c / c.shape[1] + eps * _eye(c)),
        source=STUDENTS,
    ),
    Fault(
        "correlation",
        "Your w is made from the correlation matrix and applied to x. It fits standardized "
        "features; for x - mean take the covariance.",
        partial(_from, _correlation),
    ),
    Fault(
        "off-diagonal-dropped",
        "You divide each feature by its deviation: that is standardizing. The covariances between "
        "features are still there.",
        _standardized,
    ),
    Fault(
        "raw-moments",
        "Your w is made from mean products of the raw x. Take the mean away before you multiply, "
        "not only in z.",
        _raw_moments,
    ),
    Fault(
        "not-centred",
        "You never take the mean away: both the covariance and z are made from the raw x.",
        _not_centred,
    ),
    Fault(
        "mean-over-all",
        "You subtract one mean of all entries. Each feature has a mean of its own, taken over the "
        "rows.",
        _mean_over_all,
        source=STUDENTS,
    ),
    Fault(
        "mean-of-each-row",
        "You take the mean of each row away. Each feature has a mean of its own, taken over the "
        "rows.",
        _mean_of_rows,
    ),
    Fault(
        "eps-missing",
        f"eps has no effect on your output. Whiten with {_EPS}",
        partial(_from, lambda c, eps: covariance(c)),
        source=STUDENTS,
    ),
    Fault(
        "eps-hard-coded",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-5. "
        "Use the argument.",
        partial(_from, lambda c, eps: _ridge(c, 1e-5)),
        source=STUDENTS,
    ),
    Fault(
        "eps-hard-coded-1e-8",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-8. "
        "Use the argument.",
        partial(_from, lambda c, eps: _ridge(c, 1e-8)),
    ),
    Fault(
        "eps-subtracted",
        "You subtract eps from the variances. It is added, so that no direction has variance 0.",
        partial(_from, lambda c, eps: covariance(c) - eps * _eye(c)),
        source=STUDENTS,
    ),
    Fault(
        "eps-squared",
        "You add the square of eps. eps is added to each variance as it is.",
        partial(_from, lambda c, eps: _ridge(c, eps**2)),
    ),
    Fault(
        "eps-on-every-entry",
        "You add eps to every entry of the covariance. It belongs on the diagonal alone: a number "
        "added to a matrix is added to all of it.",
        partial(_from, lambda c, eps: covariance(c) + eps),
    ),
    Fault(
        "eps-twice",
        "eps is added twice, perhaps once to the covariance and once to what you made of it.",
        partial(_from, lambda c, eps: _ridge(c, 2 * eps)),
    ),
    Fault(
        "one-pass-covariance",
        "Your w loses digits where the means are large, as a covariance E[x x^T] - mean mean^T "
        "does: two nearly equal large numbers are subtracted. Centre before you multiply.",
        _one_pass,
        rounding=True,
        source=STUDENTS,
    ),
)


def _eye(centred):
    return np.eye(centred.shape[1])


def add(exercise, faults: tuple[Fault, ...], root: Callable) -> None:
    """Let the exercise know these faults with its own root of the covariance."""
    for fault in faults:
        exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(
            partial(_faulty, fault.function, root)
        )


def _faulty(function, root, x, *rest):
    *steps, eps = rest  # newton_whiten is called with (x, steps, eps)
    return function(x, eps, lambda a: root(a, *steps))


def add_roots(exercise, roots: tuple[tuple[str, str, Callable], ...]) -> None:
    """Let the exercise know wrong roots: (id, advice, function of cov + eps I [and steps])."""
    for id, advice, root in roots:
        exercise.mistake(id, advice)(partial(_faulty, whiten, root))
