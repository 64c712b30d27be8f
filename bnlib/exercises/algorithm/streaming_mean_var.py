"""Exercise: mean and variance of data that come in pieces."""

from functools import partial

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits


def reference(chunks):
    """All rows at once: what the pieces must add up to."""
    rows = np.concatenate(chunks)
    mean = rows.mean(axis=0)
    centered = rows - mean
    rest = centered.mean(axis=0)
    return len(rows), mean + rest, (centered**2).mean(axis=0) - rest**2


exercise = Exercise(
    name="streaming_mean_var",
    notebook="04_algorithm",
    title="Statistics in pieces",
    difficulty=4,
    minutes=25,
    section=sections.NUMERICS,
    parameters=("chunks",),
    returns=("n", "mean", "var"),
    reference=reference,
    example=lambda rng: (_chunks(rng, (5, 1, 9)),),
)


def _chunks(rng, sizes, features=3, shift=100.0, scale=10.0):
    # Each chunk lies elsewhere, so that the spread between chunks is not lost in that within.
    return [
        rng.standard_normal((n, features)) * rng.uniform(0.5, 2, features) * scale
        + shift
        + 3 * scale * rng.standard_normal(features)
        for n in sizes
    ]


def _judge(student, chunks, given, mean_is=expect, var_is=expect):
    n, mean, var = student(chunks)
    want_n, want_mean, want_var = reference(chunks)
    expect("n", n, want_n, given)
    # Measured against the deviation: beside a mean of 1e6 any error of the mean looks small.
    mean_is("mean", mean, want_mean, given, scale=float(np.sqrt(want_var).max()))
    var_is("var", var, want_var, given)


@exercise.check("chunks of unequal size give what all rows at once give", points=2)
def unequal(student, rng, others):
    _judge(student, _chunks(rng, (5, 2, 9, 4)), "chunks of 5, 2, 9 and 4 rows")


@exercise.check("a chunk may be a single row, and the only one", points=1)
def single_rows(student, rng, others):
    _judge(student, _chunks(rng, (1, 1, 3, 1)), "chunks of 1, 1, 3 and 1 rows")
    _judge(student, _chunks(rng, (4,)), "one chunk of 4 rows")


# float32 holds numbers of 1e6 to a sixteenth of a deviation: no mean in it can be nearer.
_MEAN = partial(expect_digits, single=(0.0, 0.3))
_VAR = partial(expect_digits, single=(1.2e-4, 0.3))


@exercise.check("large means cost no digits", points=1)
def large_means(student, rng, others):
    chunks = _chunks(rng, (4, 7, 3), shift=1e6, scale=1.0)
    _judge(student, chunks, "chunks of 4, 7 and 3 rows with means of 1e6", _MEAN, _VAR)


@exercise.check("the chunks are left as they were", points=1)
def unchanged(student, rng, others):
    chunks = _chunks(rng, (3, 2))
    if student.changed_arguments(chunks):
        raise Wrong("After the call the chunks held other numbers.", "changed-argument")
    _judge(student, chunks, "chunks of 3 and 2 rows")


def _parts(chunks):
    n = np.array([len(c) for c in chunks], dtype=float)
    return n, np.array([c.mean(axis=0) for c in chunks]), np.array([c.var(axis=0) for c in chunks])


@exercise.mistake(
    "unweighted",
    "You average the chunks' means and variances as if all chunks were of one size. Weigh each "
    "by its rows.",
)
def unweighted(chunks):
    n, means, variances = _parts(chunks)
    return n.sum(), means.mean(axis=0), variances.mean(axis=0)


@exercise.mistake(
    "between-missing",
    "Your variance averages the spread within the chunks. How far their means lie apart belongs "
    "to it too.",
)
def between_missing(chunks):
    n, means, variances = _parts(chunks)
    total = n.sum()
    return total, n @ means / total, n @ variances / total


@exercise.mistake(
    "mean-unweighted",
    "Your mean is that of the chunks' means, whatever their size. Weigh each by its rows.",
)
def mean_unweighted(chunks):
    n, _, var = reference(chunks)
    return n, _parts(chunks)[1].mean(axis=0), var


@exercise.mistake(
    "means-averaged-in-turn",
    "You average the mean so far with that of each new chunk, half and half. The mean so far "
    "stands for more and more rows.",
)
def averaged_in_turn(chunks):
    n, _, var = reference(chunks)
    means = _parts(chunks)[1]
    mean = means[0]
    for new in means[1:]:
        mean = (mean + new) / 2
    return n, mean, var


@exercise.mistake(
    "delta-not-squared",
    "The term for the distance between two means holds the distance itself. Its square is needed.",
)
def delta_not_squared(chunks):
    n, mean, m2 = 0, 0.0, 0.0
    for chunk in chunks:
        k = len(chunk)
        delta = chunk.mean(axis=0) - mean
        m2 = m2 + chunk.var(axis=0) * k + delta * n * k / (n + k)
        mean = mean + delta * k / (n + k)
        n += k
    return n, mean, m2 / n


@exercise.mistake(
    "delta-weight",
    "The term for the distance between two means has the wrong weight: it is that of the new "
    "chunk's rows alone. Both sizes enter, over their sum.",
)
def delta_weight(chunks):
    n, mean, m2 = 0, 0.0, 0.0
    for chunk in chunks:
        k = len(chunk)
        delta = chunk.mean(axis=0) - mean
        m2 = m2 + chunk.var(axis=0) * k + (delta**2 * k if n else 0)
        mean = mean + delta * k / (n + k)
        n += k
    return n, mean, m2 / n


@exercise.mistake("last-chunk", "Your result is that of the last chunk alone.")
def last_chunk(chunks):
    return reference(chunks[-1:])


@exercise.mistake("first-chunk", "Your result is that of the first chunk alone.")
def first_chunk(chunks):
    return reference(chunks[:1])


@exercise.mistake("chunks-counted", "Your n counts chunks. Asked is the number of rows.")
def chunks_counted(chunks):
    return len(chunks), *reference(chunks)[1:]


@exercise.mistake("values-counted", "Your n counts all values. Asked is the number of rows.")
def values_counted(chunks):
    return sum(c.size for c in chunks), *reference(chunks)[1:]


@exercise.mistake(
    "bessel",
    "Your variance divides by n - 1. Asked is the mean of the squared deviations.",
)
def bessel(chunks):
    n, mean, var = reference(chunks)
    return n, mean, var * n / (n - 1)


@exercise.mistake("deviation", "You return the standard deviation. Asked is the variance.")
def deviation(chunks):
    n, mean, var = reference(chunks)
    return n, mean, np.sqrt(var)


@exercise.mistake(
    "not-divided",
    "You return the sum of the squared deviations. Divide it by n at the end.",
)
def not_divided(chunks):
    n, mean, var = reference(chunks)
    return n, mean, var * n


@exercise.mistake(
    "over-all-values",
    "You take one mean and one variance of all values. Each feature has its own.",
)
def over_all_values(chunks):
    rows = np.concatenate(chunks)
    return len(rows), rows.mean(), rows.var()


@exercise.mistake(
    "one-pass-variance",
    "Your variance loses digits where the mean is large, as E[x^2] - E[x]^2 does: sums of squares "
    "hide the small spread. Merge means and squared deviations instead.",
    rounding=True,
)
def one_pass(chunks):
    n = sum(len(c) for c in chunks)
    total = sum(c.sum(axis=0) for c in chunks)
    squares = sum((c**2).sum(axis=0) for c in chunks)
    return n, total / n, squares / n - (total / n) ** 2


@exercise.mistake(
    "changes-chunks",
    "You work on a chunk in place, and the caller's data are changed.",
)
def changes_chunks(chunks):
    out = reference(chunks)
    for chunk in chunks:
        chunk -= chunk.mean(axis=0)
    return out


@exercise.alternative
def chan(chunks):
    n, mean, m2 = 0, 0.0, 0.0
    for chunk in chunks:
        k, chunk_mean = len(chunk), chunk.mean(axis=0)
        delta = chunk_mean - mean
        m2 = m2 + ((chunk - chunk_mean) ** 2).sum(axis=0) + delta**2 * n * k / (n + k)
        mean = mean + delta * k / (n + k)
        n += k
    return n, mean, m2 / n


@exercise.alternative
def welford(chunks):
    n, mean, m2 = 0, 0.0, 0.0
    for chunk in chunks:
        for row in chunk:
            n += 1
            delta = row - mean
            mean = mean + delta / n
            m2 = m2 + delta * (row - mean)
    return n, mean, m2 / n


@exercise.alternative
def two_rounds(chunks):
    n = sum(len(c) for c in chunks)
    mean = sum(c.sum(axis=0) for c in chunks) / n
    return np.int64(n), mean, sum(((c - mean) ** 2).sum(axis=0) for c in chunks) / n


@exercise.alternative
def single_precision(chunks):
    rows = np.concatenate([c.astype(np.float32) for c in chunks])
    mean = rows.mean(axis=0)
    return len(rows), mean, ((rows - mean) ** 2).mean(axis=0)
