"""Exercise: not a number at the end of an epoch (a last batch of one row)."""

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.inputs import signed


def merged(n, size):
    """(start, stop) of each batch; a last batch of one row joins the one before it."""
    starts = list(range(0, n, size))
    if n - starts[-1] == 1 and len(starts) > 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], n], strict=True))


def epoch(x, t, w, running_mean, running_var, batch_size, lr, momentum, eps, cut, **other):
    """An epoch over the rows that ``cut`` gives; ``other`` are hooks for the mistakes."""
    unbiased = other.get("unbiased", lambda var, n: var * n / (n - 1))
    skip = other.get("skip", lambda n: False)
    mend = other.get("mend", lambda running_var: running_var)
    w, total, seen = w.copy(), 0.0, 0
    for start, stop in cut(len(x), batch_size):
        rows, targets, n = x[start:stop], t[start:stop], stop - start
        mean, var = rows.mean(axis=0), rows.var(axis=0)
        if "alone" in other and n == 1:
            mean, var = other["alone"](mean, var, running_mean, running_var)
        xhat = (rows - mean) / np.sqrt(var + eps)
        if not skip(n):
            running_mean = (1 - momentum) * running_mean + momentum * mean
            running_var = (1 - momentum) * running_var + momentum * unbiased(var, n)
        running_var = mend(running_var)
        error = xhat @ w - targets
        total, seen = total + (error**2).sum(), seen + n
        w -= lr * 2 * xhat.T @ error / n
    return w, running_mean, running_var, total / (seen if other.get("of_seen") else len(x))


def reference(x, t, w, running_mean, running_var, batch_size, lr, momentum, eps):
    return epoch(x, t, w, running_mean, running_var, batch_size, lr, momentum, eps, merged)


def _arguments(rng, rows, size, features=3, eps=1e-10):
    # Above the mean and below it in turn: no batch of two rows is without spread.
    x = rng.uniform(0.5, 2.0, (rows, features)) * rng.permutation([1.0, 3.0, 9.0])
    x[1::2] *= -1
    x += signed(rng, 5.0, 20.0, features)
    t, w = signed(rng, 3.0, 5.0, rows), signed(rng, 0.5, 1.5, features)
    begun = signed(rng, 1.0, 3.0, features), rng.uniform(1.0, 3.0, features)
    return x, t, w, *begun, size, 0.1, 0.7, eps


def example(rng):
    return _arguments(rng, 9, 4, eps=0.5)


exercise = Exercise(
    name="clinic_epoch",
    notebook="07_training",
    title="Patient 8: not a number at the end of an epoch",
    difficulty=3,
    minutes=15,
    section=sections.TRAIN_LEFTOVER,
    parameters=(
        "x",
        "t",
        "w",
        "running_mean",
        "running_var",
        "batch_size",
        "lr",
        "momentum",
        "eps",
    ),
    returns=("w", "running_mean", "running_var", "loss"),
    reference=reference,
    example=example,
    repair=True,
)


def _given(rows, size):
    return f"{rows} rows in batches of {size}"


@exercise.check("an epoch over 4k + 1 rows leaves all numbers finite", points=2)
def finite(student, rng, others):
    rows = 4 * int(rng.integers(2, 5)) + 1
    arguments = _arguments(rng, rows, 4)
    got = student(*arguments)
    for name, value in zip(exercise.returns, got, strict=True):
        value = as_array(name, value)
        bad = int((~np.isfinite(value)).sum())
        if bad:
            raise Wrong(
                f"After one epoch over {_given(rows, 4)}, {bad} of {value.size} values of {name} "
                "are not finite.",
                judged=name,
            )
    other = student(arguments[0], arguments[1] + 1.0, *arguments[2:])
    if np.array_equal(as_array("loss", got[3]), as_array("loss", other[3])):
        said = "All numbers are finite, but the loss is the same whatever the targets are."
        raise Wrong(said, judged="loss")


@exercise.check("the single row spoils no running statistic: it joins the batch before it", 2)
def statistics(student, rng, others):
    for rows, size in ((7, 3), (5, 4)):
        arguments = _arguments(rng, rows, size)
        got, want = student(*arguments), reference(*arguments)
        for i in (1, 2):
            expect(exercise.returns[i], got[i], want[i], _given(rows, size))


@exercise.check("every row counts, the last one too", points=2)
def every_row(student, rng, others):
    arguments = _arguments(rng, 9, 4)
    t = arguments[1].copy()
    t[-1] += 10.0
    one, other = student(*arguments), student(arguments[0], t, *arguments[2:])
    first, second = as_array("w", one[0]), as_array("w", other[0])
    with np.errstate(all="ignore"):
        moved = first.shape == second.shape and np.abs(first - second).max() > 1e-6
    if not moved:
        raise Wrong(
            "The target of row 8, the last of 9, was raised by 10: w came out the same. "
            "That row takes no part in the training.",
            judged="w",
        )
    expect("w", one[0], reference(*arguments)[0], _given(9, 4))
    expect("loss", one[3], reference(*arguments)[3], _given(9, 4))


@exercise.check("all other batches are cut as before, small last ones too", points=2)
def others_as_before(student, rng, others):
    for rows, size in ((10, 4), (11, 4)):
        arguments = _arguments(rng, rows, size)
        got, want = student(*arguments), reference(*arguments)
        for name, g, w in zip(exercise.returns, got, want, strict=True):
            expect(name, g, w, _given(rows, size))


@exercise.check("eps is added to the variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    arguments = _arguments(rng, 8, 4, eps=0.5)
    got, want = student(*arguments), reference(*arguments)
    for name, g, w in zip(exercise.returns, got, want, strict=True):
        expect(name, g, w, f"{_given(8, 4)}, eps=0.5")


@exercise.check("the arrays that were passed are left as they were", points=1)
def unchanged(student, rng, others):
    arguments = _arguments(rng, 8, 4)
    changed = student.changed_arguments(*arguments)
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    expect("w", student(*arguments)[0], reference(*arguments)[0], _given(8, 4))
