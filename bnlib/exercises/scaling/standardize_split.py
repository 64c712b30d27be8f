"""Exercise: standardize a training set and a test set without letting the test set leak."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE, offset_batch, signed, wide_batch
from bnlib.exercises.scaling.faults import FAULTS, deviation, mean
from bnlib.exercises.scaling.leaks import LEAKS, own, reference
from bnlib.exercises.scaling.spectrum import eps_rows


def _held_out(rng, train, rows: int, factor: float = 1.0):
    """Test rows of other means and other scales, so that no statistic of theirs passes for one
    of the training set's."""
    features, spread = train.shape[1], train.std(axis=0)
    noise = rng.standard_normal((rows, features)) * rng.permutation(np.geomspace(2, 4, features))
    return train.mean(axis=0) + spread * factor * (signed(rng, 1.0, 2.0, features) + noise)


def _example(rng):
    x = eps_rows(rng, 7, 4)
    return x, _held_out(rng, x, 5), 0.5


exercise = Exercise(
    name="standardize_split",
    notebook="01_inputs",
    title="Whose mean at test time?",
    difficulty=2,
    minutes=10,
    section=sections.LEAK,
    parameters=("x_train", "x_test", "eps"),
    returns=("z_train", "z_test"),
    reference=reference,
    uses=("standardize",),
    example=_example,
)


def _given(train, test, eps) -> str:
    return f"x_train of shape {train.shape}, x_test of shape {test.shape}, eps={eps:g}"


def _judge(student, train, test, eps):
    z_train, z_test = student(train, test, eps)
    want_train, want_test = reference(train, test, eps)
    given = _given(train, test, eps)
    expect("z_train", z_train, want_train, given)
    expect("z_test", z_test, want_test, given)


@exercise.check("the training set leaves with mean 0 and variance 1", 1, sections.UNITS)
def training(student, rng, others):
    x = wide_batch(rng, (7, 4)).x
    test = _held_out(rng, x, 5)
    z_train, _ = student(x, test, 1e-10)
    expect("z_train", z_train, reference(x, test, 1e-10)[0], _given(x, test, 1e-10))


@exercise.check("the test set is shifted and scaled as the training set was", points=2)
def held_out(student, rng, others):
    x = wide_batch(rng, (7, 4)).x
    test = _held_out(rng, x, 5)
    _, z_test = student(x, test, 1e-10)
    expect("z_test", z_test, reference(x, test, 1e-10)[1], _given(x, test, 1e-10))


@exercise.check("a test set of one row", points=1)
def one_row(student, rng, others):
    x = wide_batch(rng, (6, 3)).x
    _judge(student, x, _held_out(rng, x, 1), 1e-10)


@exercise.check("eps is added to the variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    x = eps_rows(rng, 6, 3)
    _judge(student, x, _held_out(rng, x, 4), 0.5)


@exercise.check("a feature that is constant in training, and not in the test set", 1, sections.EPS)
def constant(student, rng, others):
    x = wide_batch(rng, (5, 3)).x
    test = _held_out(rng, x, 4)
    x[:, 1] = 1.5
    # Of the size of the root of eps, so that no other feature is small beside it.
    test[:, 1] = 1.5 + 0.05 * signed(rng, 0.5, 1.5, 4)
    _judge(student, x, test, 1e-3)


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    x, _, _, eps, _ = offset_batch(rng, (6, 4))
    test = _held_out(rng, x, 5, factor=0.5)
    z_train, z_test = student(x, test, eps)
    want_train, want_test = reference(x, test, eps)
    given = "means of 3e8 and deviations of 1e3"
    expect_digits("z_train", z_train, want_train, given, OFFSET_SINGLE)
    expect_digits("z_test", z_test, want_test, given, OFFSET_SINGLE)


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    x = wide_batch(rng, (5, 3)).x
    test = _held_out(rng, x, 4)
    changed = student.changed_arguments(x, test, 1e-10)
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, x, test, 1e-10)


def _with(fault):
    def split(x_train, x_test, eps):
        shift, divisor = fault.shift(x_train), fault.divisor(x_train, eps)
        return (x_train - shift) / divisor, (x_test - shift) / divisor

    return split


for id, advice, source, split in LEAKS:
    exercise.mistake(id, advice, source=source)(split)
for fault in FAULTS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(_with(fault))


@exercise.mistake(
    "features-of-each-example",
    "You take the mean and the variance along each row, over the features of one example. They "
    "belong to a feature, over the training set.",
    source="students' repositories",
)
def rows(x_train, x_test, eps):
    return own(x_train.T, eps).T, own(x_test.T, eps).T


@exercise.mistake("exchanged", "The two sets come back in the other order: z_train is first.")
def exchanged(x_train, x_test, eps):
    return reference(x_train, x_test, eps)[::-1]


@exercise.mistake(
    "test-only", "You return one array. Asked are two: the training set and the test set."
)
def test_only(x_train, x_test, eps):
    return reference(x_train, x_test, eps)[1]


@exercise.mistake(
    "changes-x",
    "You work on x_train in place, and the caller's data are changed. Let the first step make a "
    "new array.",
    source="students' repositories",
)
def changes_x(x_train, x_test, eps):
    shift, scale = mean(x_train), deviation(x_train, eps)
    x_train -= shift
    x_train /= scale
    return x_train, (x_test - shift) / scale


@exercise.mistake(
    "changes-both",
    "You work on both sets in place, and the caller's data are changed. Let the first step make "
    "new arrays.",
)
def changes_both(x_train, x_test, eps):
    shift, scale = mean(x_train), deviation(x_train, eps)
    for x in (x_train, x_test):
        x -= shift
        x /= scale
    return x_train, x_test


@exercise.alternative
def loops(x_train, x_test, eps):
    z = []
    for x in (x_train, x_test):
        z.append([[0.0] * x.shape[1] for _ in x])
        for j, column in enumerate(x_train.T):
            middle = sum(column) / len(column)
            var = sum((v - middle) ** 2 for v in column) / len(column)
            for i in range(len(x)):
                z[-1][i][j] = (x[i, j] - middle) / (var + eps) ** 0.5
    return z


@exercise.alternative
def einsum(x_train, x_test, eps):
    n = len(x_train)
    shift = np.einsum("nd->d", x_train) / n
    train, test = x_train - shift, x_test - shift
    inv_std = (np.einsum("nd,nd->d", train, train) / n + eps) ** -0.5
    return np.einsum("nd,d->nd", train, inv_std), np.einsum("nd,d->nd", test, inv_std)


@exercise.alternative
def one_array(x_train, x_test, eps):
    n = len(x_train)
    rows = np.concatenate([x_train, x_test]) - x_train.mean(axis=0)
    z = rows / np.sqrt(np.mean(rows[:n] ** 2, axis=0) + eps)
    return tuple(np.split(z, [n]))


@exercise.alternative
def library_variance(x_train, x_test, eps):
    std = np.sqrt(np.var(x_train, axis=0, keepdims=True) + eps)
    middle = np.mean(x_train, axis=0, keepdims=True)
    return [(x - middle) / std for x in (x_train, x_test)]


@exercise.alternative
def single_precision(x_train, x_test, eps):
    x_train, x_test = x_train.astype(np.float32), x_test.astype(np.float32)
    middle, std = x_train.mean(axis=0), np.sqrt(x_train.var(axis=0) + np.float32(eps))
    return (x_train - middle) / std, (x_test - middle) / std
