"""Exercise: the statistics of two sets of rows together, from those of each."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import signed
from bnlib.exercises.running.inputs import far_means, far_offsets, spread
from bnlib.exercises.running.merging import MERGING, merge


def _stats(rng, n, features, scale):
    """Deviations from ``scale`` to three times that."""
    deviation = scale * spread(rng, features, 1.0, 3.0)
    return n, 2 * scale * signed(rng, 0.5, 1.5, features), deviation**2


def _pair(rng, n_a, n_b, features=4, scale=10.0):
    a, b = _stats(rng, n_a, features, scale), _stats(rng, n_b, features, scale)
    # The means lie apart by about a deviation, never by nothing.
    b = (n_b, a[1] + 2 * scale * signed(rng, 0.5, 1.5, features), b[2] * 1.3)
    return a, b, f"a of {n_a} rows, b of {n_b}, {features} features"


def example(rng):
    return _pair(rng, 5, 12, 3, 1.5)[:2]


exercise = Exercise(
    name="merge_stats",
    notebook="06_running",
    title="Merge two sets of statistics",
    difficulty=3,
    minutes=20,
    section=sections.MERGING,
    parameters=("a", "b"),
    returns=("n", "mean", "var"),
    reference=merge,
    example=example,
)


@exercise.check("n counts the rows of both", points=1)
def count(student, rng, others):
    a, b, given = _pair(rng, 5, 12)
    expect("n", student(a, b)[0], 17, given)


@exercise.check("the mean counts every row once", points=2)
def mean_of_both(student, rng, others):
    for sizes in ((5, 12), (9, 4)):
        a, b, given = _pair(rng, *sizes)
        expect("mean", student(a, b)[1], merge(a, b)[1], given)


@exercise.check("var holds the spread within the sets and that between them", points=2)
def var_of_both(student, rng, others):
    for sizes in ((5, 12), (9, 4)):
        a, b, given = _pair(rng, *sizes, 3)
        expect("var", student(a, b)[2], merge(a, b)[2], given)


@exercise.check("one of the two may be a single row, with variance 0", points=1)
def single_row(student, rng, others):
    for sizes in ((6, 1), (1, 3)):
        a, b, given = _pair(rng, *sizes, 3)
        a, b = ((n, mean, var * (n > 1)) for n, mean, var in (a, b))
        _, mean, var = student(a, b)
        _, want_mean, want_var = merge(a, b)
        expect("mean", mean, want_mean, given)
        expect("var", var, want_var, given)


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    n_a, n_b, mean = 5, 8, far_means(rng, 4)
    deviation = spread(rng, 4, 700.0, 1500.0)
    a = n_a, mean, deviation**2
    b = n_b, mean + far_offsets(rng, (2, 4))[rng.integers(2)], 1.3 * deviation[::-1] ** 2
    given = "means of 3e8 and deviations of 1e3"
    # The share of float32's error: it makes the distance of the means shorter by 12 in 1e3.
    expect_digits("var", student(a, b)[2], merge(a, b)[2], given, (5e-4, 0.3))


@exercise.check("a and b are left as they were", points=1)
def unchanged(student, rng, others):
    a, b, given = _pair(rng, 3, 7, 3)
    changed = student.changed_arguments(a, b)
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    expect("mean", student(a, b)[1], merge(a, b)[1], given)


for fault in MERGING:
    exercise.mistake(fault.id, fault.advice, fault.rounding)(fault.function)
exercise.mistake("only-a", "Your result is a as it came in. b has no effect.")(lambda a, b: a)
exercise.mistake("only-b", "Your result is b as it came in. a has no effect.")(lambda a, b: b)


@exercise.mistake(
    "sets-counted", "Your n is the number of sets. Asked is the number of rows of both."
)
def sets_counted(a, b):
    return 2, *merge(a, b)[1:]


@exercise.mistake("n-missing", "You return the mean and the variance alone. n is asked too.")
def n_missing(a, b):
    return merge(a, b)[1:]


@exercise.mistake("changes-a", "You work on the arrays of a in place. Make new ones.")
def changes_a(a, b):
    n, mean, var = merge(a, b)
    a[1][:], a[2][:] = mean, var
    return n, a[1], a[2]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(a, b):
    merge(a, b)


@exercise.alternative
def sums_of_squares(a, b):
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n, delta = n_a + n_b, mean_b - mean_a
    s = n_a * var_a + n_b * var_b + delta**2 * n_a * n_b / n
    return n, mean_a + delta * n_b / n, s / n


@exercise.alternative
def from_the_common_mean(a, b):
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n = n_a + n_b
    mean = (n_a * mean_a + n_b * mean_b) / n
    var = n_a * (var_a + (mean_a - mean) ** 2) + n_b * (var_b + (mean_b - mean) ** 2)
    return [n, mean, var / n]


@exercise.alternative
def by_average(a, b):
    n = np.array([a[0], b[0]], dtype=float)
    means, variances = np.array([a[1], b[1]]), np.array([a[2], b[2]])
    mean = np.average(means, axis=0, weights=n)
    return n.sum(), mean, np.average(variances + (means - mean) ** 2, axis=0, weights=n)


@exercise.alternative
def loops(a, b):
    n, mean, var = a[0] + b[0], [], []
    for mean_a, var_a, mean_b, var_b in zip(*a[1:], *b[1:], strict=True):
        delta = mean_b - mean_a
        mean.append(mean_a + delta * b[0] / n)
        var.append((a[0] * var_a + b[0] * var_b + delta**2 * a[0] * b[0] / n) / n)
    return n, mean, var


@exercise.alternative
def single_precision(a, b):
    a, b = ((n, mean.astype(np.float32), var.astype(np.float32)) for n, mean, var in (a, b))
    n, mean, var = sums_of_squares(a, b)
    return np.int32(n), mean, var


@exercise.alternative
def cast_at_the_end(a, b):
    n, mean, var = merge(a, b)
    return n, mean.astype(np.float32), var.astype(np.float32)
