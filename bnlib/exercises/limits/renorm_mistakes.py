"""Wrong ways to renormalize."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from bnlib.exercises.algorithm.faults import Fault

PARAMETERS = ("x", "gamma", "beta", "running_mean", "running_var", "r_max", "d_max", "eps")
MISTAKES: list[Fault] = []
_STUDENTS = "students' repositories"


def _renorm(**changed):
    """A renormalization with some of its steps exchanged for wrong ones.

    Each step is a function of what is known so far, by name; the right ones stand below, in the
    order in which they are taken.
    """
    steps = {
        "mean": lambda s: s.x.mean(axis=0),
        "var": lambda s: ((s.x - s.mean) ** 2).mean(axis=0),
        "std": lambda s: np.sqrt(s.var + s.eps),
        "running_std": lambda s: np.sqrt(s.running_var + s.eps),
        "r": lambda s: s.std / s.running_std,
        "r_used": lambda s: np.clip(s.r, 1 / s.r_max, s.r_max),
        "d": lambda s: (s.mean - s.running_mean) / s.running_std,
        "d_used": lambda s: np.clip(s.d, -s.d_max, s.d_max),
        "xhat": lambda s: (s.x - s.mean) / s.std,
        "renormed": lambda s: s.xhat * s.r_used + s.d_used,
        "y": lambda s: s.gamma * s.renormed + s.beta,
    } | changed

    def answer(*arguments):
        known = SimpleNamespace(**dict(zip(PARAMETERS, arguments, strict=True)))
        for name, step in steps.items():
            setattr(known, name, step(known))
        return known.y

    return answer


def _mistake(id, advice, rounding=False, source="", **changed):
    MISTAKES.append(Fault(id, advice, _renorm(**changed), rounding, source))


# ------------------------------------------------------------------ r, d and their bounds

_mistake(
    "plain-batch-norm",
    "Your y is that of batch norm: r and d have no effect. They pull it towards what the running "
    "statistics would give.",
    renormed=lambda s: s.xhat,
)
_mistake(
    "neither-clipped",
    "Nothing is clipped, so that the statistics of the batch cancel and y is that of inference. "
    "r and d have bounds.",
    source="in the wild",
    y=lambda s: s.gamma * (s.x - s.running_mean) / s.running_std + s.beta,
)
_mistake("r-not-clipped", "Your r has no bounds: r_max has no effect.", r_used=lambda s: s.r)
_mistake("d-not-clipped", "Your d has no bounds: d_max has no effect.", d_used=lambda s: s.d)
_mistake(
    "r-lower-bound-missing",
    "Your r is bounded above alone. r is a ratio, never negative: its lower bound is 1 / r_max, "
    "not -r_max or 0.",
    r_used=lambda s: np.minimum(s.r, s.r_max),
)
_mistake(
    "r-upper-bound-missing",
    "Your r is bounded below alone. It may not pass r_max either.",
    r_used=lambda s: np.maximum(s.r, 1 / s.r_max),
)
_mistake(
    "d-lower-bound-missing",
    "Your d is bounded above alone. A batch may lie as far below the running mean as above it.",
    d_used=lambda s: np.minimum(s.d, s.d_max),
)
_mistake(
    "d-upper-bound-missing",
    "Your d is bounded below alone. It may not pass d_max either.",
    d_used=lambda s: np.maximum(s.d, -s.d_max),
)
_mistake(
    "d-bounded-by-inverse",
    "The lower bound of your d is 1 / d_max. That is the form for r, a ratio; d is a difference, "
    "and its bounds are symmetric about 0.",
    d_used=lambda s: np.clip(s.d, 1 / s.d_max, s.d_max),
)
_mistake(
    "d-never-negative",
    "Your d is never negative: its lower bound is 0. Below the running mean it is.",
    d_used=lambda s: np.clip(s.d, 0, s.d_max),
)
_mistake(
    "r-bounds-in-reverse",
    "The bounds of your r are in reverse order, so that r is 1 / r_max for every feature.",
    r_used=lambda s: np.full_like(s.r, 1 / s.r_max),
)
_mistake(
    "bounds-exchanged",
    "r_max bounds your d and d_max your r. Exchange them.",
    r_used=lambda s: np.clip(s.r, 1 / s.d_max, s.d_max),
    d_used=lambda s: np.clip(s.d, -s.r_max, s.r_max),
)
_mistake(
    "d-bounded-by-r-max",
    "You bound d by r_max. It has a bound of its own, d_max.",
    d_used=lambda s: np.clip(s.d, -s.r_max, s.r_max),
)
_mistake("r-missing", "r has no effect on your y.", renormed=lambda s: s.xhat + s.d_used)
_mistake("d-missing", "d has no effect on your y.", renormed=lambda s: s.xhat * s.r_used)
_mistake(
    "r-inverted",
    "Your r is upside down, or you divide by it. It is the deviation of the batch, in units of the "
    "running one, and it multiplies.",
    r=lambda s: s.running_std / s.std,
)
_mistake(
    "r-of-variances",
    "Your r is a ratio of variances. Asked is that of the standard deviations.",
    r=lambda s: s.std**2 / s.running_std**2,
)
_mistake(
    "d-sign",
    "Your d has the wrong sign. It is the batch's mean less the running one, and it is added.",
    d=lambda s: (s.running_mean - s.mean) / s.running_std,
)
_mistake(
    "d-by-batch-deviation",
    "You divide d by the deviation of the batch. It is measured in running deviations.",
    d=lambda s: (s.mean - s.running_mean) / s.std,
)
_mistake(
    "d-not-divided",
    "Your d is the difference of the means itself. It is measured in running deviations.",
    d=lambda s: s.mean - s.running_mean,
)
_mistake(
    "d-by-variance",
    "You divide d by the running variance. Its square root, the deviation, is what is meant.",
    d=lambda s: (s.mean - s.running_mean) / s.running_std**2,
)
_mistake(
    "running-var-as-deviation",
    "You take running_var for the running deviation. Its square root is what is meant.",
    running_std=lambda s: s.running_var + s.eps,
)

# ------------------------------------------------------------------ their place

_mistake(
    "d-outside-gamma",
    "You scale with gamma before you add d. gamma acts on all of xhat r + d.",
    y=lambda s: s.gamma * s.xhat * s.r_used + s.d_used + s.beta,
)
_mistake(
    "affine-first",
    "You apply gamma and beta first, then r and d. gamma and beta come last.",
    y=lambda s: (s.gamma * s.xhat + s.beta) * s.r_used + s.d_used,
)
_mistake(
    "d-before-r",
    "You add d before you multiply by r, so that d is scaled too. Scale first.",
    renormed=lambda s: (s.xhat + s.d_used) * s.r_used,
)
_mistake(
    "divided-by-running-deviation",
    "You divide by the running deviation and multiply by r as well. xhat is normalized by the "
    "batch; r does the rest.",
    xhat=lambda s: (s.x - s.mean) / s.running_std,
)
_mistake(
    "running-mean-subtracted",
    "You subtract the running mean and add d as well. xhat is normalized by the batch; d does "
    "the rest.",
    xhat=lambda s: (s.x - s.running_mean) / s.std,
)
_mistake(
    "running-statistics-and-corrected",
    "You normalize with the running statistics and correct by r and d as well. xhat is "
    "normalized by the batch.",
    source=_STUDENTS,
    xhat=lambda s: (s.x - s.running_mean) / s.running_std,
)

# ------------------------------------------------------------------ eps

_EPS = "The same eps is added to both variances, under both roots."
_mistake(
    "eps-missing",
    f"eps has no effect on your y. {_EPS}",
    source=_STUDENTS,
    std=lambda s: np.sqrt(s.var),
    running_std=lambda s: np.sqrt(s.running_var),
)
_mistake(
    "eps-missing-in-running",
    f"Your running deviation leaves eps out. {_EPS}",
    source=_STUDENTS,
    running_std=lambda s: np.sqrt(s.running_var),
)
_mistake(
    "eps-missing-in-batch",
    f"The batch's deviation leaves eps out. {_EPS}",
    std=lambda s: np.sqrt(s.var),
)
_mistake(
    "eps-missing-in-r-and-d",
    f"Your xhat has eps, your r and d have not. {_EPS}",
    running_std=lambda s: np.sqrt(s.running_var),
    r=lambda s: np.sqrt(s.var) / s.running_std,
)
_mistake(
    "eps-missing-in-r",
    f"Your r leaves eps out. {_EPS}",
    r=lambda s: np.sqrt(s.var) / np.sqrt(s.running_var),
)
_mistake(
    "eps-missing-in-d",
    f"Your d leaves eps out. {_EPS}",
    d=lambda s: (s.mean - s.running_mean) / np.sqrt(s.running_var),
)
_mistake(
    "eps-outside-root",
    "You add eps to the deviations. It belongs to the variances, under the root.",
    source=_STUDENTS,
    std=lambda s: np.sqrt(s.var) + s.eps,
    running_std=lambda s: np.sqrt(s.running_var) + s.eps,
)
_mistake(
    "eps-outside-root-in-running",
    "You add eps to the running deviation. It belongs to running_var, under the root.",
    source=_STUDENTS,
    running_std=lambda s: np.sqrt(s.running_var) + s.eps,
)
_mistake(
    "eps-hard-coded",
    "Your y does not follow the eps that was passed: it is that of eps = 1e-5. Use the argument.",
    source=_STUDENTS,
    std=lambda s: np.sqrt(s.var + 1e-5),
    running_std=lambda s: np.sqrt(s.running_var + 1e-5),
)

# ------------------------------------------------------------------ the batch's own statistics

_mistake(
    "bessel",
    "Your variance divides by N - 1. A batch is normalized with its own variance, the mean of "
    "the squared deviations.",
    source="in the wild",
    var=lambda s: s.x.var(axis=0) * len(s.x) / (len(s.x) - 1),
)
_mistake(
    "variance-not-root",
    "You divide xhat by the variance. The standard deviation is its square root.",
    source="articles",
    xhat=lambda s: (s.x - s.mean) / s.std**2,
)
_mistake(
    "mean-over-all",
    "You take one mean of all entries. Each feature has its own.",
    source=_STUDENTS,
    mean=lambda s: np.full(s.x.shape[1], s.x.mean()),
    var=lambda s: s.x.var(axis=0),
)
_mistake(
    "variance-over-all",
    "You take one variance of all entries. Each feature has its own.",
    var=lambda s: np.full(s.x.shape[1], s.x.var()),
)
_mistake(
    "one-pass-variance",
    "Your output loses digits where the mean is large, as E[x^2] - E[x]^2 does: two nearly equal "
    "large numbers are subtracted. Take the mean away before you square.",
    rounding=True,
    source=_STUDENTS,
    var=lambda s: (s.x**2).mean(axis=0) - s.mean**2,
)

# ------------------------------------------------------------------ gamma and beta

_mistake(
    "affine-missing",
    "gamma and beta have no effect on your y.",
    source=_STUDENTS,
    y=lambda s: s.renormed,
)
_mistake("gamma-missing", "gamma has no effect on your y.", y=lambda s: s.renormed + s.beta)
_mistake("beta-missing", "beta has no effect on your y.", y=lambda s: s.gamma * s.renormed)
_mistake(
    "beta-before-gamma",
    "You add beta before you multiply by gamma, so that beta is scaled too. Scale first.",
    source=_STUDENTS,
    y=lambda s: s.gamma * (s.renormed + s.beta),
)
_mistake(
    "gamma-beta-exchanged",
    "gamma and beta are exchanged: gamma scales, beta shifts.",
    y=lambda s: s.beta * s.renormed + s.gamma,
)


# ------------------------------------------------------------------ the caller's arrays

_right = _renorm()


def _changes_running(x, gamma, beta, running_mean, running_var, *bounds):
    y = _right(x, gamma, beta, running_mean, running_var, *bounds)
    running_mean += 0.1 * (x.mean(axis=0) - running_mean)
    running_var += 0.1 * (x.var(axis=0) - running_var)
    return y


def _changes_x(x, *arguments):
    y = _right(x, *arguments)
    x -= x.mean(axis=0)
    return y


MISTAKES += [
    Fault(
        "changes-running",
        "You update the running statistics in place. Here they are read; updating them is "
        "another step, and what changes is returned.",
        _changes_running,
    ),
    Fault(
        "changes-x",
        "You work on x in place, and the caller's batch is changed. Let the first step make a "
        "new array.",
        _changes_x,
        source=_STUDENTS,
    ),
]
