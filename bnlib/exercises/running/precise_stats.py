"""Exercise: the population statistics over many batches, for inference."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import signed
from bnlib.exercises.running.inputs import FAR_MEAN, FAR_VARIANCE, far_rows, spread
from bnlib.exercises.running.pooling import POOLING, parts, pool


def _batches(rng, sizes, features=3, scale=10.0):
    # Each batch lies elsewhere, so that the spread between batches is not lost in that within.
    centre = 10 * scale * signed(rng, 0.5, 1.5, features)
    within = spread(rng, features, 0.5, 2.0)
    return [
        scale * (within * rng.standard_normal((n, features)) + 3 * signed(rng, 0.5, 1.5, features))
        + centre
        for n in sizes
    ]


def example(rng):
    return (_batches(rng, (5, 2, 9, 4), scale=1.0),)


exercise = Exercise(
    name="precise_stats",
    notebook="06_running",
    title="Precise statistics",
    difficulty=2,
    minutes=15,
    section=sections.PRECISE,
    parameters=("batches",),
    returns=("mean", "var"),
    reference=pool,
    uses=("merge_stats",),
    example=example,
)

_SIZES = (5, 2, 9, 4)
_WORDS = "batches of 5, 2, 9 and 4 rows"


def _mean_is(student, batches, given, judge=expect):
    mean, (want, var) = student(batches)[0], pool(batches)
    # Measured against the deviation: beside a large mean any error of it looks small.
    judge("mean", mean, want, given, scale=float(np.sqrt(var).max()))


@exercise.check("the mean counts every row once, whatever the size of its batch", points=2)
def mean_of_all(student, rng, others):
    _mean_is(student, _batches(rng, _SIZES), _WORDS)


@exercise.check("var holds the spread within the batches and that between them", points=2)
def var_of_all(student, rng, others):
    batches = _batches(rng, _SIZES)
    expect("var", student(batches)[1], pool(batches)[1], _WORDS)


@exercise.check("a batch may be a single row, or the only one", points=1)
def single(student, rng, others):
    for sizes, given in (
        ((1, 3, 1), "batches of 1, 3 and 1 rows"),
        ((6,), "one batch of 6 rows"),
    ):
        batches = _batches(rng, sizes)
        mean, var = student(batches)
        want_mean, want_var = pool(batches)
        expect("mean", mean, want_mean, given)
        expect("var", var, want_var, given)


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    rows = far_rows(rng, 14, 4)
    batches = [rows[:4], rows[4:11], rows[11:]]
    given = "batches of 4, 7 and 3 rows with means of 3e8 and deviations of 1e3"
    mean, var = student(batches)
    want_mean, want_var = pool(batches)
    expect_digits("mean", mean, want_mean, given, FAR_MEAN, float(np.sqrt(want_var).max()))
    expect_digits("var", var, want_var, given, FAR_VARIANCE)


@exercise.check("the batches are left as they were", points=1)
def unchanged(student, rng, others):
    batches = _batches(rng, (3, 2))
    if student.changed_arguments(batches):
        raise Wrong("After the call the batches held other numbers.", "changed-argument")
    _mean_is(student, batches, "batches of 3 and 2 rows")


for fault in POOLING:
    exercise.mistake(fault.id, fault.advice, fault.rounding)(fault.function)


@exercise.mistake(
    "n-returned", "You return the number of rows too. Asked are the mean and the variance."
)
def n_returned(batches):
    return sum(len(x) for x in batches), *pool(batches)


@exercise.mistake("changes-batches", "You work on a batch in place; the caller's data are changed.")
def changes_batches(batches):
    out = pool(batches)
    for x in batches:
        x -= x.mean(axis=0)
    return out


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(batches):
    pool(batches)


@exercise.alternative
def merging(batches):
    n, mean, var = 0, 0.0, 0.0
    for x in batches:
        k, delta = len(x), x.mean(axis=0) - mean
        var = (n * var + k * x.var(axis=0) + delta**2 * n * k / (n + k)) / (n + k)
        mean, n = mean + delta * k / (n + k), n + k
    return mean, var


@exercise.alternative
def two_rounds(batches):
    n = sum(len(x) for x in batches)
    mean = sum(x.sum(axis=0) for x in batches) / n
    return [mean, sum(((x - mean) ** 2).sum(axis=0) for x in batches) / n]


@exercise.alternative
def within_and_between(batches):
    n, means, variances = parts(batches)
    mean = np.average(means, axis=0, weights=n)
    return mean, np.average(variances + (means - mean) ** 2, axis=0, weights=n)


@exercise.alternative
def row_by_row(batches):
    n, mean, m2 = 0, 0.0, 0.0
    for x in batches:
        for row in x:
            n += 1
            delta = row - mean
            mean = mean + delta / n
            m2 = m2 + delta * (row - mean)
    return mean, m2 / n


@exercise.alternative
def at_once(batches):
    rows = np.vstack(batches)
    return np.mean(rows, axis=0).tolist(), np.var(rows, axis=0).tolist()


@exercise.alternative
def single_precision(batches):
    rows = np.concatenate([x.astype(np.float32) for x in batches])
    mean = rows.mean(axis=0)
    return mean, ((rows - mean) ** 2).mean(axis=0)


@exercise.alternative
def cast_at_the_end(batches):
    return tuple(a.astype(np.float32) for a in pool(batches))
