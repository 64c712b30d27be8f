"""Exercise: the statistics of data that a network was not trained on."""

from functools import partial

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.limits.parts import moments, parts_of, pooled

exercise = Exercise(
    name="adapt_statistics",
    notebook="08_limits",
    title="Statistics of new data",
    difficulty=3,
    minutes=15,
    section=sections.ADAPT,
    parameters=("batches",),
    returns=("mean", "var"),
    reference=pooled,
    example=lambda rng: (parts_of(rng, (5, 2, 9, 4)),),
)


def _mean(student, batches, given, compare=expect):
    mean, var = student(batches)
    want_mean, want_var = pooled(batches)
    # Measured against the deviation: beside a mean of 1e6 any error of the mean looks small.
    compare("mean", mean, want_mean, given, scale=float(np.sqrt(want_var).max()))
    return var, want_var


def _both(student, batches, given, mean_is=expect, var_is=expect):
    var, want_var = _mean(student, batches, given, mean_is)
    var_is("var", var, want_var, given)


@exercise.check("the mean is that of all rows, each counted once", points=1)
def mean_of_all(student, rng, others):
    _mean(student, parts_of(rng, (5, 2, 9, 4)), "batches of 5, 2, 9 and 4 rows")


@exercise.check("the variance is that of all rows about that mean", points=2)
def variance_of_all(student, rng, others):
    batches = parts_of(rng, (5, 2, 9, 4))
    _, var = student(batches)
    expect("var", var, pooled(batches)[1], "batches of 5, 2, 9 and 4 rows")


@exercise.check("a batch may be a single row, and the only one", points=1)
def single_rows(student, rng, others):
    _both(student, parts_of(rng, (1, 1, 3, 1)), "batches of 1, 1, 3 and 1 rows")
    _both(student, parts_of(rng, (4,)), "one batch of 4 rows")


# float32 holds numbers of 1e6 to a sixteenth of a deviation: no mean in it can be nearer.
_MEAN = partial(expect_digits, single=(0.0, 0.3))
_VAR = partial(expect_digits, single=(3e-5, 0.3))


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    batches = parts_of(rng, (4, 7, 3), shift=1e6, scale=1.0)
    _both(student, batches, "batches of 4, 7 and 3 rows with means of 1e6", _MEAN, _VAR)


@exercise.check("the batches are left as they were", points=1)
def unchanged(student, rng, others):
    batches = parts_of(rng, (3, 2))
    if student.changed_arguments(batches):
        raise Wrong("After the call the batches held other numbers.", "changed-argument")
    _both(student, batches, "batches of 3 and 2 rows")


def _mistake(id, advice, mean=None, var=None, source=""):
    """A wrong mean or a wrong variance (or both) beside what is right; each of (n, m, v, rows)."""

    def answer(batches):
        right_mean, right_var = pooled(batches)
        known = (*moments(batches), np.concatenate(batches))
        return (mean(*known) if mean else right_mean), (var(*known) if var else right_var)

    exercise.mistake(id, advice, source=source)(answer)


_BETWEEN = "How far the batches' means lie apart belongs to it too."
_mistake(
    "unweighted",
    "You average the batches' means and variances as if all batches were of one size. Every row "
    "counts the same.",
    lambda n, m, v, rows: m.mean(axis=0),
    lambda n, m, v, rows: v.mean(axis=0),
)
_mistake(
    "mean-unweighted",
    "Your mean is that of the batches' means, whatever their size. Every row counts the same.",
    lambda n, m, v, rows: m.mean(axis=0),
)
_mistake(
    "variance-unweighted",
    f"Your variance is the plain average of the batches' variances. {_BETWEEN}",
    None,
    lambda n, m, v, rows: v.mean(axis=0),
)
_mistake(
    "between-missing",
    f"Your variance averages the spread within the batches. {_BETWEEN}",
    None,
    lambda n, m, v, rows: n @ v / n.sum(),
)
_mistake(
    "within-missing",
    "Your variance is that of the batches' means. The spread within the batches is missing.",
    None,
    lambda n, m, v, rows: n @ (m - n @ m / n.sum()) ** 2 / n.sum(),
)
_mistake(
    "variance-of-the-means",
    "Your variance is that of the batches' means, each counted once. The spread within the "
    "batches is missing.",
    None,
    lambda n, m, v, rows: m.var(axis=0),
)
_mistake(
    "between-unweighted",
    "You add the variance of the batches' means as if all batches were of one size. Weigh each "
    "squared distance by its rows.",
    None,
    lambda n, m, v, rows: n @ v / n.sum() + m.var(axis=0),
)
_mistake(
    "moments-unweighted",
    "You average the batches' means and mean squares as if all batches were of one size. Every "
    "row counts the same.",
    lambda n, m, v, rows: m.mean(axis=0),
    lambda n, m, v, rows: (v + m**2).mean(axis=0) - m.mean(axis=0) ** 2,
)
_mistake(
    "pooled-within",
    "You divide the squared deviations from each batch's own mean by n less the number of "
    f"batches. That estimates the spread within a batch. {_BETWEEN}",
    None,
    lambda n, m, v, rows: n @ v / max(n.sum() - len(n), 1),
)
_mistake(
    "last-batch",
    "Your result is that of the last batch alone.",
    lambda n, m, v, rows: m[-1],
    lambda n, m, v, rows: v[-1],
    "students' repositories",
)
_mistake(
    "first-batch",
    "Your result is that of the first batch alone.",
    lambda n, m, v, rows: m[0],
    lambda n, m, v, rows: v[0],
)


def _moving(values, start, momentum):
    for value in values:
        start = (1 - momentum) * start + momentum * value
    return start


for share, name in ((0.1, "running-average"), (0.9, "running-average-reversed")):
    _mistake(
        name,
        f"You update a running average from 0 and 1, the new batch weighing {share:g}. That "
        "depends on the order and remembers its start; asked is a plain average over all rows.",
        lambda n, m, v, rows, share=share: _moving(m, 0.0, share),
        lambda n, m, v, rows, share=share: _moving(v, 1.0, share),
    )
_mistake(
    "running-average-from-first",
    "You update a running average from the first batch, each new one weighing 0.1. Asked is a "
    "plain average over all rows.",
    lambda n, m, v, rows: _moving(m[1:], m[0], 0.1),
    lambda n, m, v, rows: _moving(v[1:], v[0], 0.1),
)
_mistake(
    "divided-by-batches",
    "You divide the sums over all rows by the number of batches. Divide by the number of rows.",
    lambda n, m, v, rows: n @ m / len(n),
    lambda n, m, v, rows: rows.var(axis=0) * len(rows) / len(n),
)
_mistake(
    "bessel",
    "Your variance divides by n - 1. Asked is the mean of the squared deviations.",
    None,
    lambda n, m, v, rows: rows.var(axis=0) * len(rows) / (len(rows) - 1),
)
_mistake(
    "deviation",
    "You return the standard deviation. Asked is the variance.",
    None,
    lambda n, m, v, rows: rows.std(axis=0),
    "students' repositories",
)
_mistake(
    "inverse-deviation",
    "You return one over the standard deviation. Asked is the variance.",
    None,
    lambda n, m, v, rows: 1 / rows.std(axis=0),
)
_mistake(
    "second-moment",
    "Your variance is the mean of the squares; the mean is still in it.",
    None,
    lambda n, m, v, rows: (rows**2).mean(axis=0),
)
_mistake(
    "not-divided",
    "You return the sum of the squared deviations. Divide it by the number of rows.",
    None,
    lambda n, m, v, rows: rows.var(axis=0) * len(rows),
)
_mistake(
    "variance-from-mean",
    "Your variance is the mean a second time. Was a line copied and not changed?",
    None,
    lambda n, m, v, rows: rows.mean(axis=0),
    "students' repositories",
)
_mistake(
    "exchanged",
    "Mean and variance are exchanged: the mean comes first.",
    lambda n, m, v, rows: rows.var(axis=0),
    lambda n, m, v, rows: rows.mean(axis=0),
)
_mistake(
    "over-all-values",
    "You take one mean and one variance of all values. Each feature has its own.",
    lambda n, m, v, rows: rows.mean(),
    lambda n, m, v, rows: rows.var(),
    "students' repositories",
)
_mistake(
    "one-per-batch",
    "You return the statistics of each batch. The layer can use one mean and one variance a "
    "feature: join them.",
    lambda n, m, v, rows: m,
    lambda n, m, v, rows: v,
)
_mistake(
    "axis-kept",
    "Your statistics have shape (1, D). Running statistics have one number a feature: (D,).",
    lambda n, m, v, rows: rows.mean(axis=0, keepdims=True),
    lambda n, m, v, rows: rows.var(axis=0, keepdims=True),
    "students' repositories",
)


@exercise.mistake(
    "one-pass-variance",
    "Your variance loses digits where the mean is large, as E[x^2] - E[x]^2 does: two nearly "
    "equal large numbers are subtracted. Join means and squared deviations instead.",
    rounding=True,
    source="students' repositories",
)
def one_pass(batches):
    n = sum(len(b) for b in batches)
    mean = sum(b.sum(axis=0) for b in batches) / n
    return mean, sum((b**2).sum(axis=0) for b in batches) / n - mean**2


@exercise.mistake(
    "changes-batches",
    "You work on a batch in place, and the caller's data are changed.",
)
def changes_batches(batches):
    result = pooled(batches)
    for batch in batches:
        batch -= result[0]
    return result


@exercise.alternative
def weighted(batches):
    n, means, variances = moments(batches)
    share = n / n.sum()
    mean = share @ means
    return mean, share @ (variances + (means - mean) ** 2)


@exercise.alternative
def chan(batches):
    n, mean, squares = 0, 0.0, 0.0
    for batch in batches:
        k, batch_mean = len(batch), batch.mean(axis=0)
        delta = batch_mean - mean
        squares = squares + ((batch - batch_mean) ** 2).sum(axis=0) + delta**2 * n * k / (n + k)
        mean = mean + delta * k / (n + k)
        n += k
    return mean, squares / n


@exercise.alternative
def welford(batches):
    n, mean, squares = 0, 0.0, 0.0
    for batch in batches:
        for row in batch:
            n += 1
            delta = row - mean
            mean = mean + delta / n
            squares = squares + delta * (row - mean)
    return [mean.tolist(), (squares / n).tolist()]


@exercise.alternative
def einsum(batches):
    rows = np.vstack(batches)
    mean = np.einsum("nd->d", rows) / len(rows)
    return mean, np.einsum("nd,nd->d", rows - mean, rows - mean) / len(rows)


@exercise.alternative
def single_precision(batches):
    rows = np.concatenate([b.astype(np.float32) for b in batches])
    mean = rows.mean(axis=0)
    return mean, ((rows - mean) ** 2).mean(axis=0)
