"""The statistics of all rows of many batches: the right way and the wrong ones."""

import numpy as np

from bnlib.exercises.algorithm.faults import Fault


def pool(batches):
    """All rows at once: what the batches must add up to."""
    rows = np.concatenate(batches)
    mean = rows.mean(axis=0)
    centred = rows - mean
    rest = centred.mean(axis=0)
    return mean + rest, (centred**2).mean(axis=0) - rest**2


def parts(batches):
    """Sizes, means and variances of the batches, one row each."""
    n = np.array([len(x) for x in batches], dtype=float)
    means = np.array([x.mean(axis=0) for x in batches])
    return n, means, np.array([x.var(axis=0) for x in batches])


POOLING: list[Fault] = []


def _mistake(id, advice, mean=None, var=None, rounding=False):
    """A mistake in the mean, in the variance, or in both; what is not given is right."""

    def function(batches):
        right = pool(batches)
        return (
            right[0] if mean is None else mean(batches),
            right[1] if var is None else var(batches),
        )

    POOLING.append(Fault(id, advice, function, rounding))


def _plain_mean(batches):
    return parts(batches)[1].mean(axis=0)


def _plain_variance(batches):
    return parts(batches)[2].mean(axis=0)


_mistake(
    "unweighted",
    "You average the batches' means and variances as if all were of one size. Weigh each by its "
    "rows, and add the spread between them.",
    _plain_mean,
    _plain_variance,
)
_mistake(
    "mean-unweighted",
    "Your mean is that of the batches' means, whatever their size. Weigh each by its rows.",
    _plain_mean,
)
_mistake(
    "variances-averaged",
    "Your variance is the plain average of the batches' variances. Weigh each by its rows, and add "
    "the spread between the batches.",
    var=_plain_variance,
)


def _within(batches):
    n, _, variances = parts(batches)
    return n @ variances / n.sum()


_mistake(
    "between-missing",
    "Your variance averages the spread within the batches. How far their means lie apart belongs "
    "to it too.",
    var=_within,
)


def _bessel_within(batches):
    n, _, variances = parts(batches)
    return (variances * (n / (n - 1))[:, None]).mean(axis=0)


_mistake(
    "unbiased-variances-averaged",
    "You average unbiased variances. That is another estimate, right on average over many "
    "batches; asked is the variance of exactly these rows.",
    var=_bessel_within,
)


def _between_only(batches):
    n, means, _ = parts(batches)
    return n @ (means - pool(batches)[0]) ** 2 / n.sum()


_mistake(
    "within-missing",
    "Your variance is that of the batches' means. The spread within the batches belongs to it too.",
    var=_between_only,
)


def _unweighted_moments(batches):
    _, means, variances = parts(batches)
    return (variances + (means - means.mean(axis=0)) ** 2).mean(axis=0)


_mistake(
    "moments-unweighted",
    "You average over the batches as if all were of one size. That is right for equal batches; "
    "here each counts by its rows.",
    _plain_mean,
    _unweighted_moments,
)


def _deviations_averaged(batches):
    n, _, variances = parts(batches)
    return (n @ np.sqrt(variances) / n.sum()) ** 2


_mistake(
    "deviations-averaged",
    "You average the batches' standard deviations. What can be averaged is squares.",
    var=_deviations_averaged,
)


def _followed(share):
    """The running average in place of the exact one."""

    def follow(position):
        def statistic(batches):
            values = parts(batches)[position]
            value = values[0]
            for new in values[1:]:
                value = (1 - share) * value + share * new
            return value

        return statistic

    return follow(1), follow(2)


_mistake(
    "running-average",
    "You let a running average with momentum 0.1 follow the batches. Asked are the statistics in "
    "which every row counts the same.",
    *_followed(0.1),
)
_mistake(
    "averaged-in-turn",
    "You average what you have with each new batch, half and half. What you have stands for more "
    "and more rows.",
    *_followed(0.5),
)


def _from_zero_and_one(position, start):
    def statistic(batches):
        value = start
        for new in parts(batches)[position]:
            value = 0.9 * value + 0.1 * new
        return value

    return statistic


_mistake(
    "running-average-from-start",
    "You let a running average follow the batches, from 0 and 1 on with momentum 0.1. Asked are "
    "the statistics in which every row counts the same.",
    _from_zero_and_one(1, 0.0),
    _from_zero_and_one(2, 1.0),
)
_mistake(
    "last-batch",
    "Your result is that of the last batch alone.",
    lambda batches: pool(batches[-1:])[0],
    lambda batches: pool(batches[-1:])[1],
)
_mistake(
    "first-batch",
    "Your result is that of the first batch alone.",
    lambda batches: pool(batches[:1])[0],
    lambda batches: pool(batches[:1])[1],
)


def _bessel(batches):
    n = sum(len(x) for x in batches)
    return pool(batches)[1] * n / (n - 1)


_mistake(
    "bessel",
    "Your variance divides by the number of rows less 1. Asked is the mean of the squared "
    "deviations.",
    var=_bessel,
)
_mistake(
    "deviation",
    "You return the standard deviation. Asked is the variance.",
    var=lambda batches: np.sqrt(pool(batches)[1]),
)
_mistake(
    "not-divided",
    "You return the sum of the squared deviations. Divide it by the number of all rows.",
    var=lambda batches: sum(len(x) for x in batches) * pool(batches)[1],
)
_mistake(
    "over-all-values",
    "You take one mean and one variance of all values. Each feature has its own.",
    lambda batches: np.concatenate(batches).mean(),
    lambda batches: np.concatenate(batches).var(),
)


def _one_pass(batches):
    rows = np.concatenate(batches)
    return (rows**2).mean(axis=0) - rows.mean(axis=0) ** 2


_mistake(
    "one-pass-variance",
    "Your variance loses digits where the mean is large, as E[x^2] - E[x]^2 does. Merge means and "
    "squared deviations instead.",
    var=_one_pass,
    rounding=True,
)
