"""Wrong ways to normalize a batch in parts."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault, normalize
from bnlib.exercises.limits.faults import SCALINGS, STEPS

MISTAKES: list[Fault] = []


def _mistake(id, advice, rounding=False, source=""):
    def add(function):
        MISTAKES.append(Fault(id, advice, function, rounding, source))
        return function

    return add


def _apart(step):
    def ghost(x, gamma, beta, groups, eps):
        return np.concatenate([step(part, gamma, beta, eps) for part in np.split(x, groups)])

    return ghost


_right = _apart(lambda x, g, b, eps: g * normalize(x, eps) + b)


for fault in STEPS:
    _mistake(fault.id, fault.advice, fault.rounding, fault.source)(
        _apart(lambda x, g, b, eps, step=fault.function: g * step(x, eps) + b)
    )
for fault in SCALINGS:
    _mistake(fault.id, fault.advice, fault.rounding, fault.source)(
        _apart(lambda x, g, b, eps, step=fault.function: step(x, normalize(x, eps), g, b))
    )


def _by(x, mean, var, eps):
    return (x - mean) / np.sqrt(var + eps)


@_mistake(
    "one-group",
    "You normalize the whole batch at once: groups has no effect. Each part has statistics of "
    "its own.",
)
def groups_ignored(x, gamma, beta, groups, eps):
    return gamma * normalize(x, eps) + beta


@_mistake(
    "groups-as-size",
    "You take groups for the number of rows in a part. It is the number of parts.",
)
def as_size(x, gamma, beta, groups, eps):
    return _right(x, gamma, beta, len(x) // groups, eps)


@_mistake(
    "strided",
    "Your parts are made of every groups-th row. A part is a run of consecutive rows.",
)
def strided(x, gamma, beta, groups, eps):
    y = np.empty(x.shape)
    for g in range(groups):
        y[g::groups] = gamma * normalize(x[g::groups], eps) + beta
    return y


@_mistake(
    "interleaved",
    "Each part is right, and they are put together in the wrong order: row by row from each part "
    "in turn. The rows of y stand in the order of x.",
)
def interleaved(x, gamma, beta, groups, eps):
    parts = [gamma * normalize(part, eps) + beta for part in np.split(x, groups)]
    return np.stack(parts, axis=1).reshape(x.shape)


@_mistake(
    "parts-reversed",
    "Each part is right, and the parts stand in reverse order.",
)
def parts_reversed(x, gamma, beta, groups, eps):
    parts = [gamma * normalize(part, eps) + beta for part in np.split(x, groups)]
    return np.concatenate(parts[::-1])


@_mistake(
    "parts-left-apart",
    "Your y has an axis for the parts. Each is right; join them to the shape of x.",
)
def left_apart(x, gamma, beta, groups, eps):
    return np.array([gamma * normalize(part, eps) + beta for part in np.split(x, groups)])


@_mistake(
    "variance-shared",
    "Each part has a mean of its own, but all use the variance of the whole batch. The variance "
    "too is the part's own.",
)
def variance_shared(x, gamma, beta, groups, eps):
    var = x.var(axis=0)
    return _apart(lambda p, g, b, e: g * _by(p, p.mean(axis=0), var, e) + b)(
        x, gamma, beta, groups, eps
    )


@_mistake(
    "variance-averaged",
    "You divide by one variance, the average over the parts. Each part has its own.",
)
def variance_averaged(x, gamma, beta, groups, eps):
    var = np.mean([part.var(axis=0) for part in np.split(x, groups)], axis=0)
    return _apart(lambda p, g, b, e: g * _by(p, p.mean(axis=0), var, e) + b)(
        x, gamma, beta, groups, eps
    )


@_mistake(
    "mean-shared",
    "Each part has a variance of its own, but all use the mean of the whole batch. The mean too "
    "is the part's own.",
)
def mean_shared(x, gamma, beta, groups, eps):
    mean = x.mean(axis=0)
    return _apart(lambda p, g, b, e: g * _by(p, mean, p.var(axis=0), e) + b)(
        x, gamma, beta, groups, eps
    )


@_mistake(
    "first-part-for-all",
    "You normalize every part with the statistics of the first.",
)
def first_for_all(x, gamma, beta, groups, eps):
    first = np.split(x, groups)[0]
    return gamma * _by(x, first.mean(axis=0), first.var(axis=0), eps) + beta


@_mistake(
    "last-part-for-all",
    "You normalize every part with the statistics of the last. Does a loop overwrite them before "
    "they are used?",
)
def last_for_all(x, gamma, beta, groups, eps):
    last = np.split(x, groups)[-1]
    return gamma * _by(x, last.mean(axis=0), last.var(axis=0), eps) + beta


@_mistake(
    "features-grouped",
    "You split the features of each example and normalize within it; that is group norm. Ghost "
    "batch norm splits the rows.",
)
def features_grouped(x, gamma, beta, groups, eps):
    n, d = x.shape
    split = x.reshape(n, groups, d // groups)
    xhat = _by(split, split.mean(axis=2, keepdims=True), split.var(axis=2, keepdims=True), eps)
    return gamma * xhat.reshape(n, d) + beta


@_mistake(
    "part-over-all-features",
    "Each part has one mean and one variance for all its features. Every feature has its own.",
)
def over_all_features(x, gamma, beta, groups, eps):
    return _apart(lambda p, g, b, e: g * _by(p, p.mean(), p.var(), e) + b)(
        x, gamma, beta, groups, eps
    )


@_mistake(
    "each-row",
    "You normalize each row over its features; that is layer norm. The statistics are taken over "
    "the rows of a part.",
)
def each_row(x, gamma, beta, groups, eps):
    return gamma * normalize(x.T, eps).T + beta


@_mistake(
    "unequal-parts",
    "Where groups does not divide N you make parts of unequal size. All parts have one size; "
    "refuse such a batch.",
)
def unequal_parts(x, gamma, beta, groups, eps):
    parts = np.array_split(x, groups)
    return np.concatenate([gamma * normalize(part, eps) + beta for part in parts])


def _in_place_of(start):
    def ghost(x, gamma, beta, groups, eps):
        y, size = start(x), len(x) // groups
        for g in range(groups):
            rows = slice(g * size, (g + 1) * size)
            y[rows] = gamma * normalize(x[rows], eps) + beta
        return y

    return ghost


_mistake(
    "rows-left-at-zero",
    "Where groups does not divide N, the last rows of your y were never written. Refuse such a "
    "batch.",
)(_in_place_of(lambda x: np.zeros(x.shape)))
_mistake(
    "rows-left-as-x",
    "Where groups does not divide N, the last rows of your y are those of x. Refuse such a batch.",
)(_in_place_of(lambda x: x.copy()))


@_mistake(
    "rows-dropped",
    "Where groups does not divide N, the last rows get lost. Refuse such a batch.",
)
def rows_dropped(x, gamma, beta, groups, eps):
    return _right(x[: len(x) // groups * groups], gamma, beta, groups, eps)


@_mistake(
    "remainder-as-a-part",
    "Where groups does not divide N, you make one more part of the rows that are left over. "
    "Refuse such a batch.",
)
def remainder_as_a_part(x, gamma, beta, groups, eps):
    size = len(x) // groups
    parts = [x[i : i + size] for i in range(0, len(x), size)]
    return np.concatenate([gamma * normalize(part, eps) + beta for part in parts])


@_mistake(
    "assertion",
    "You refuse the batch with another exception. What is wrong is the value of an argument: "
    "raise ValueError.",
)
def assertion(x, gamma, beta, groups, eps):
    assert len(x) % groups == 0
    return _right(x, gamma, beta, groups, eps)


@_mistake(
    "changes-x",
    "You work on x in place, and the caller's batch is changed. Let the first step make a new "
    "array.",
    source="students' repositories",
)
def changes_x(x, gamma, beta, groups, eps):
    y = _right(x, gamma, beta, groups, eps)
    x[:] = y
    return y
