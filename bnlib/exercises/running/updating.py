"""Taking a batch into the running statistics: the right way and the wrong ones."""

import numpy as np

from bnlib.exercises.algorithm.faults import Fault


def blend(old, new, share):
    """The old value, moved by a share of the way towards the new one."""
    return (1 - share) * old + share * new


def variance(x, unbiased):
    """The variance of each column, to the last digits at any mean."""
    centred = x - x.mean(axis=0)
    # What the rounding of a large mean left over.
    centred = centred - centred.mean(axis=0)
    return (centred**2).sum(axis=0) / (len(x) - 1 if unbiased else len(x))


def update(running_mean, running_var, x, momentum, unbiased):
    """A right update."""
    mean = blend(running_mean, x.mean(axis=0), momentum)
    return mean, blend(running_var, variance(x, unbiased), momentum)


_STUDENTS = "students' repositories"
UPDATING: list[Fault] = []


def _mistake(id, advice, mean=None, var=None, source="", rounding=False):
    """A mistake in running_mean, in running_var, or in both; what is not given is right."""

    def function(running_mean, running_var, x, momentum, unbiased):
        arguments = running_mean, running_var, x, momentum, unbiased
        right = update(*arguments)
        return (
            right[0] if mean is None else mean(*arguments),
            right[1] if var is None else var(*arguments),
        )

    UPDATING.append(Fault(id, advice, function, rounding, source))


def _variance_mistake(id, advice, wrong, source="", rounding=False):
    """A mistake in the variance of the batch alone: ``wrong(x, unbiased)``."""
    _mistake(
        id,
        advice,
        var=lambda rm, rv, x, m, unbiased: blend(rv, wrong(x, unbiased), m),
        source=source,
        rounding=rounding,
    )


_OTHER = (
    "momentum weighs the new value here, as in PyTorch. You let it weigh the old one, which is the "
    "convention of Keras"
)
_mistake(
    "momentum-of-old",
    f"{_OTHER}.",
    lambda rm, rv, x, m, u: blend(rm, x.mean(axis=0), 1 - m),
    lambda rm, rv, x, m, u: blend(rv, variance(x, u), 1 - m),
    _STUDENTS,
)
_mistake(
    "momentum-of-old-and-biased",
    f"{_OTHER}. And unbiased has no effect: your variance always divides by N.",
    lambda rm, rv, x, m, u: blend(rm, x.mean(axis=0), 1 - m),
    lambda rm, rv, x, m, u: blend(rv, variance(x, False), 1 - m),
    _STUDENTS,
)
_mistake(
    "momentum-of-old-in-mean",
    f"{_OTHER}, in running_mean only.",
    lambda rm, rv, x, m, u: blend(rm, x.mean(axis=0), 1 - m),
)
_mistake(
    "momentum-of-old-in-var",
    f"{_OTHER}, in running_var only.",
    var=lambda rm, rv, x, m, u: blend(rv, variance(x, u), 1 - m),
)
_mistake(
    "momentum-hard-coded",
    "Your output does not follow the momentum that was passed: it is that of momentum = 0.1. Use "
    "the argument.",
    lambda rm, rv, x, m, u: blend(rm, x.mean(axis=0), 0.1),
    lambda rm, rv, x, m, u: blend(rv, variance(x, u), 0.1),
    _STUDENTS,
)
_mistake(
    "half-and-half",
    "You take the middle between old and new. momentum is the share of the way to go.",
    lambda rm, rv, x, m, u: blend(rm, x.mean(axis=0), 0.5),
    lambda rm, rv, x, m, u: blend(rv, variance(x, u), 0.5),
)
_mistake(
    "last-batch-overwrites",
    "Your output is the last batch alone: what was known before is lost. Keep a part of it.",
    lambda rm, rv, x, m, u: x.mean(axis=0),
    lambda rm, rv, x, m, u: variance(x, u),
    _STUDENTS,
)
_mistake(
    "never-updated",
    "You return the running statistics as they came in. The batch has no effect.",
    lambda rm, rv, x, m, u: rm,
    lambda rm, rv, x, m, u: rv,
    _STUDENTS,
)
_mistake(
    "old-kept-whole",
    "You add the share of the new value and keep the old one whole, so the sum grows from batch "
    "to batch. The two weights add up to 1.",
    lambda rm, rv, x, m, u: rm + m * x.mean(axis=0),
    lambda rm, rv, x, m, u: rv + m * variance(x, u),
)
_mistake(
    "new-unweighted",
    "You shrink the old value and add the new one whole. The two weights add up to 1.",
    lambda rm, rv, x, m, u: (1 - m) * rm + x.mean(axis=0),
    lambda rm, rv, x, m, u: (1 - m) * rv + variance(x, u),
)
_mistake(
    "moves-away",
    "The running statistics move away from those of the batch: the difference has its sign "
    "reversed.",
    lambda rm, rv, x, m, u: rm + m * (rm - x.mean(axis=0)),
    lambda rm, rv, x, m, u: rv + m * (rv - variance(x, u)),
)
_mistake(
    "var-from-running-mean",
    "Your running_var goes on from running_mean. It has an old value of its own; was the line "
    "copied?",
    var=lambda rm, rv, x, m, u: blend(rm, variance(x, u), m),
    source=_STUDENTS,
)
_mistake(
    "mean-into-var",
    "Your running_var takes in the mean of the batch, not its variance; was the line copied?",
    var=lambda rm, rv, x, m, u: blend(rv, x.mean(axis=0), m),
    source=_STUDENTS,
)
_mistake(
    "var-of-running-mean",
    "The variance that you take in is measured from the old running mean. It is the spread around "
    "the batch's own mean.",
    var=lambda rm, rv, x, m, u: blend(rv, ((x - rm) ** 2).sum(axis=0) / (len(x) - bool(u)), m),
)
_mistake(
    "exchanged",
    "The two come back in the other order. Asked is (running_mean, running_var).",
    lambda rm, rv, x, m, u: blend(rv, variance(x, u), m),
    lambda rm, rv, x, m, u: blend(rm, x.mean(axis=0), m),
)
_mistake(
    "mean-over-all",
    "Your mean is one number for the whole batch. Each feature has its own, taken over the rows.",
    lambda rm, rv, x, m, u: blend(rm, x.mean(), m),
    source=_STUDENTS,
)
_mistake(
    "statistics-over-all",
    "Your mean and variance are one number each for the whole batch. Each feature has its own, "
    "taken over the rows.",
    lambda rm, rv, x, m, u: blend(rm, x.mean(), m),
    lambda rm, rv, x, m, u: blend(rv, x.var(ddof=int(u)), m),
)
_mistake(
    "mean-is-sum",
    "You take in the sum of the rows. Divide it by their number.",
    lambda rm, rv, x, m, u: blend(rm, x.sum(axis=0), m),
)
_mistake(
    "bessel-on-the-old-too",
    "You correct the whole running_var with N / (N - 1), the old part again and again. Correct "
    "the variance of the batch before it is taken in.",
    var=lambda rm, rv, x, m, u: (
        blend(rv, variance(x, False), m) * (len(x) / (len(x) - 1) if u else 1)
    ),
)

_variance_mistake(
    "std-accumulated",
    "You take in the standard deviation. What is kept is the variance, its square.",
    lambda x, u: np.sqrt(variance(x, u)),
    _STUDENTS,
)
_variance_mistake(
    "eps-stored",
    "You add eps = 1e-5 to the variance that is kept. eps belongs to the normalization, under "
    "the root, and to no statistic.",
    lambda x, u: variance(x, u) + 1e-5,
    _STUDENTS,
)
_variance_mistake(
    "eps-stored-1e-8",
    "You add eps = 1e-8 to the variance that is kept. eps belongs to the normalization, under "
    "the root, and to no statistic.",
    lambda x, u: variance(x, u) + 1e-8,
)
_variance_mistake(
    "always-biased",
    "unbiased has no effect: your variance always divides by N. Where it is True, N - 1 is asked.",
    lambda x, u: variance(x, False),
)
_variance_mistake(
    "always-unbiased",
    "unbiased has no effect: your variance always divides by N - 1. Where it is False, N is asked.",
    lambda x, u: variance(x, True),
)
_variance_mistake(
    "unbiased-reversed",
    "unbiased acts the other way round: True is the division by N - 1, False that by N.",
    lambda x, u: variance(x, not u),
)
_variance_mistake(
    "bessel-upside-down",
    "Your correction makes the variance smaller: the fraction is upside down. N / (N - 1) is more "
    "than 1.",
    lambda x, u: variance(x, False) * ((len(x) - 1) / len(x) if u else 1),
)
_variance_mistake(
    "bessel-twice",
    "You correct twice: a variance that divides by N - 1 already needs no further N / (N - 1).",
    lambda x, u: variance(x, u) * (len(x) / (len(x) - 1) if u else 1),
)
_variance_mistake(
    "bessel-without-n",
    "You divide the variance by N - 1 after it was divided by N. Multiply by N as well.",
    lambda x, u: variance(x, False) / (len(x) - 1 if u else 1),
)
_variance_mistake(
    "bessel-counts-all",
    "Your correction counts all values of the batch. A variance is taken over N rows, so N counts "
    "there.",
    lambda x, u: variance(x, False) * (x.size / (x.size - 1) if u else 1),
)
_variance_mistake(
    "bessel-counts-features",
    "Your correction counts the features. A variance is taken over N rows, so N counts there.",
    lambda x, u: variance(x, False) * (x.shape[1] / (x.shape[1] - 1) if u else 1),
)
_variance_mistake(
    "variance-over-all",
    "Your variance is one number for the whole batch. Each feature has its own, taken over the "
    "rows.",
    lambda x, u: x.var(ddof=int(u)),
)
_variance_mistake(
    "second-moment",
    "You take in the mean of x squared. The mean is still in it; take it away first.",
    lambda x, u: (x**2).sum(axis=0) / (len(x) - bool(u)),
)
_variance_mistake(
    "variance-not-divided",
    "You take in the sum of the squared deviations. Divide it by their number.",
    lambda x, u: ((x - x.mean(axis=0)) ** 2).sum(axis=0),
)
_variance_mistake(
    "one-pass-variance",
    "Your variance loses digits where the mean is large, as E[x^2] - E[x]^2 does: two nearly "
    "equal large numbers are subtracted. Take the mean away before you square.",
    lambda x, u: ((x**2).mean(axis=0) - x.mean(axis=0) ** 2) * (len(x) / (len(x) - 1) if u else 1),
    rounding=True,
)
