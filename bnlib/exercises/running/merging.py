"""Merging the statistics of two sets of rows: the right way and the wrong ones."""

import numpy as np

from bnlib.exercises.algorithm.faults import Fault


def _weights(a, b):
    """Both shares, the distance of the means, and the variances of both, as floats."""
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n = n_a + n_b
    return n_a / n, n_b / n, mean_b - mean_a, var_a, var_b


def merge(a, b):
    """Count, mean and biased variance of both sets together."""
    share_a, share_b, delta, var_a, var_b = _weights(a, b)
    var = share_a * var_a + share_b * var_b + share_a * share_b * delta**2
    return a[0] + b[0], a[1] + share_b * delta, var


MERGING: list[Fault] = []


def _mistake(id, advice, mean=None, var=None, rounding=False):
    """A mistake in the mean, in the variance, or in both; what is not given is right."""

    def function(a, b):
        n, right_mean, right_var = merge(a, b)
        return (
            n,
            right_mean if mean is None else mean(a, b),
            right_var if var is None else var(a, b),
        )

    MERGING.append(Fault(id, advice, function, rounding))


def _between(weight):
    """A variance with another weight of the squared distance: ``weight(share_a, share_b, n)``."""

    def var(a, b):
        share_a, share_b, delta, var_a, var_b = _weights(a, b)
        within = share_a * var_a + share_b * var_b
        return within + weight(share_a, share_b, a[0] + b[0]) * delta**2

    return var


_mistake(
    "unweighted",
    "You take the middle of the two means and of the two variances. Weigh each set by its rows, "
    "and add what lies between them.",
    lambda a, b: (a[1] + b[1]) / 2,
    lambda a, b: (a[2] + b[2]) / 2,
)
_mistake(
    "mean-unweighted",
    "Your mean is the middle of the two means. The larger set counts for more.",
    lambda a, b: (a[1] + b[1]) / 2,
)
_mistake(
    "mean-weights-exchanged",
    "Your mean weighs each set with the size of the other one.",
    lambda a, b: (b[0] * a[1] + a[0] * b[1]) / (a[0] + b[0]),
)
_mistake(
    "mean-moves-away",
    "Your mean moves away from that of b: the distance has its sign reversed.",
    lambda a, b: a[1] - (b[1] - a[1]) * b[0] / (a[0] + b[0]),
)
_mistake(
    "means-added",
    "You add the two means. The common mean lies between them.",
    lambda a, b: a[1] + b[1],
)
_mistake(
    "weighted-sums",
    "Your mean and variance are sums over the rows. Divide by the number of all rows.",
    lambda a, b: a[0] * a[1] + b[0] * b[1],
    lambda a, b: (a[0] + b[0]) * merge(a, b)[2],
)
_mistake(
    "variances-averaged",
    "Your variance is the middle of the two variances. Weigh each by its rows, and add what the "
    "distance between the means contributes.",
    var=lambda a, b: (a[2] + b[2]) / 2,
)
_mistake(
    "between-missing",
    "Your variance averages the spread within the sets. How far their means lie apart belongs to "
    "it too.",
    var=_between(lambda share_a, share_b, n: 0.0),
)
_mistake(
    "between-whole",
    "You add the squared distance of the means whole. Its weight is the product of the two shares "
    "of the rows.",
    var=_between(lambda share_a, share_b, n: 1.0),
)
_mistake(
    "between-quarter",
    "You weigh the squared distance of the means with 1/4, which is right for sets of one size. "
    "Here the sizes differ.",
    var=_between(lambda share_a, share_b, n: 0.25),
)
_mistake(
    "between-weight-b",
    "You weigh the squared distance of the means with the share of b alone. The share of a belongs "
    "to it as a factor.",
    var=_between(lambda share_a, share_b, n: share_b),
)
_mistake(
    "between-weight-a",
    "You weigh the squared distance of the means with the share of a alone. The share of b belongs "
    "to it as a factor.",
    var=_between(lambda share_a, share_b, n: share_a),
)
_mistake(
    "between-not-divided",
    "The term for the distance of the means is still a sum over the rows. Divide it by n, as the "
    "rest of the variance.",
    var=_between(lambda share_a, share_b, n: share_a * share_b * n),
)
_mistake(
    "between-divided-twice",
    "The term for the distance of the means is divided by n once too often.",
    var=_between(lambda share_a, share_b, n: share_a * share_b / n),
)
_mistake(
    "between-subtracted",
    "You subtract the term for the distance of the means. Together the sets spread more than each "
    "alone.",
    var=_between(lambda share_a, share_b, n: -share_a * share_b),
)
_mistake(
    "between-one-sided",
    "You count how far the mean of b lies from the common mean, and not how far that of a does.",
    var=_between(lambda share_a, share_b, n: share_b * share_a**2),
)


def _not_squared(a, b):
    share_a, share_b, delta, var_a, var_b = _weights(a, b)
    return share_a * var_a + share_b * var_b + share_a * share_b * delta


_mistake(
    "delta-not-squared",
    "The term for the distance of the means holds the distance itself. Its square is needed.",
    var=_not_squared,
)


def _within_unweighted(a, b):
    share_a, share_b, delta, var_a, var_b = _weights(a, b)
    return (var_a + var_b) / 2 + share_a * share_b * delta**2


_mistake(
    "within-unweighted",
    "The spread within the sets is the plain average of both. Weigh each by its rows.",
    var=_within_unweighted,
)


def _within_exchanged(a, b):
    share_a, share_b, delta, var_a, var_b = _weights(a, b)
    return share_b * var_a + share_a * var_b + share_a * share_b * delta**2


_mistake(
    "within-weights-exchanged",
    "Each variance is weighed with the size of the other set.",
    var=_within_exchanged,
)
_mistake(
    "variances-added",
    "You add the two variances. That is the variance of a sum, not that of the rows together.",
    var=lambda a, b: a[2] + b[2],
)


def _bessel(a, b):
    n, _, var = merge(a, b)
    return var * n / (n - 1)


_mistake(
    "bessel",
    "Your variance divides by n - 1. Here all variances divide by n, those that come in and the "
    "one that goes out.",
    var=_bessel,
)


def _taken_for_unbiased(a, b):
    share_a, share_b, delta, var_a, var_b = _weights(a, b)
    n = a[0] + b[0]
    return ((a[0] - 1) * var_a + (b[0] - 1) * var_b + share_a * share_b * n * delta**2) / (n - 1)


_mistake(
    "taken-for-unbiased",
    "You take the variances for unbiased ones and weigh them with n - 1. Here they divide by n.",
    var=_taken_for_unbiased,
)


def _pooled(a, b):
    return ((a[0] - 1) * a[2] + (b[0] - 1) * b[2]) / (a[0] + b[0] - 2)


_mistake(
    "pooled-variance",
    "That is the pooled variance of a t-test: it supposes one common mean within each set and "
    "leaves out the distance between the two.",
    var=_pooled,
)
_mistake(
    "deviation",
    "You return the standard deviation. Asked is the variance.",
    var=lambda a, b: np.sqrt(merge(a, b)[2]),
)
_mistake(
    "not-divided",
    "You return the sum of the squared deviations. Divide it by n at the end.",
    var=lambda a, b: (a[0] + b[0]) * merge(a, b)[2],
)
_mistake(
    "one-pass-variance",
    "Your variance loses digits where the means are large, as E[x^2] - E[x]^2 does. Square the "
    "distance of the means, not the means.",
    var=lambda a, b: (
        (a[0] * (a[2] + a[1] ** 2) + b[0] * (b[2] + b[1] ** 2)) / (a[0] + b[0])
        - ((a[0] * a[1] + b[0] * b[1]) / (a[0] + b[0])) ** 2
    ),
    rounding=True,
)
