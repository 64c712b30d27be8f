"""Exercise: give each feature of a data set mean 0 and variance 1."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE, offset_batch, two_rows, wide_batch
from bnlib.exercises.scaling.faults import BEGINNERS, FAULTS, deviation, mean
from bnlib.exercises.scaling.spectrum import eps_rows


def reference(x, eps):
    return (x - mean(x)) / deviation(x, eps)


exercise = Exercise(
    name="standardize",
    notebook="01_inputs",
    title="One scale for all features",
    difficulty=1,
    minutes=10,
    section=sections.UNITS,
    parameters=("x", "eps"),
    returns=("z",),
    reference=reference,
    example=lambda rng: (eps_rows(rng, 7, 4), 0.5),
)


@exercise.check("each feature leaves with mean 0 and variance 1", points=2)
def formula(student, rng, others):
    x, _, _, eps, given = wide_batch(rng, (7, 4))
    expect("z", student(x, eps), reference(x, eps), given)


@exercise.check("another unit for a feature changes nothing", points=1)
def units(student, rng, others):
    x, _, _, eps, given = wide_batch(rng, (6, 3))
    # From 20 up to 2000 and with new zeros, as from kilometres to miles and Celsius to Fahrenheit.
    other = x * rng.uniform(2.0, 10.0, 3) + rng.uniform(100.0, 300.0, 3)
    expect("z", student(other, eps), reference(x, eps), f"{given}, in other units")


@exercise.check("eps is added to the variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    x = eps_rows(rng, 6, 3)
    expect("z", student(x, 0.5), reference(x, 0.5), "x of shape (6, 3), eps=0.5")


@exercise.check("two rows are enough, and a constant feature becomes zeros", 1, sections.EPS)
def degenerate(student, rng, others):
    x, _, _, eps, given = two_rows(rng, 3)
    expect("z", student(x, eps), reference(x, eps), given)


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    x, _, _, eps, given = offset_batch(rng, (6, 4))
    expect_digits("z", student(x, eps), reference(x, eps), given, OFFSET_SINGLE)


@exercise.check("x is left as it was", points=1)
def unchanged(student, rng, others):
    x, _, _, eps, given = wide_batch(rng, (5, 3))
    if student.changed_arguments(x, eps):
        raise Wrong(f"After the call x held other numbers, for {given}.", "changed-argument")
    expect("z", student(x, eps), reference(x, eps), given)


def _with(fault):
    return lambda x, eps: (x - fault.shift(x)) / fault.divisor(x, eps)


for fault in (*FAULTS, *BEGINNERS):
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(_with(fault))


@exercise.mistake(
    "features-of-each-example",
    "You take the mean and the variance along each row, over the features of one example. They "
    "belong to a feature, over the examples.",
    source="students' repositories",
)
def rows(x, eps):
    return reference(x.T, eps).T


@exercise.mistake(
    "precedence",
    "You divide the mean by the deviation and subtract that from x. The difference is what is "
    "divided.",
    source="students' repositories",
)
def precedence(x, eps):
    return x - mean(x) / deviation(x, eps)


@exercise.mistake(
    "eps-in-numerator",
    "You add eps to the centred input too. It has one place: the variance, under the root.",
)
def eps_in_numerator(x, eps):
    return (x - mean(x) + eps) / deviation(x, eps)


@exercise.mistake(
    "transposed", "Your output has the features in its rows. It has the shape of x: (N, D)."
)
def transposed(x, eps):
    return reference(x, eps).T


@exercise.mistake(
    "statistics-too",
    "You return the mean and the scale as well. Asked is z alone.",
)
def statistics_too(x, eps):
    return reference(x, eps), mean(x), deviation(x, eps)


@exercise.mistake(
    "changes-x",
    "You work on x in place, and the caller's data are changed. Let the first step make a new "
    "array.",
    source="students' repositories",
)
def changes_x(x, eps):
    x -= x.mean(axis=0)
    x /= np.sqrt(x.var(axis=0) + eps)
    return x


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(x, eps):
    reference(x, eps)


@exercise.alternative
def loops(x, eps):
    z = [[0.0] * x.shape[1] for _ in x]
    for j in range(x.shape[1]):
        middle = sum(x[:, j]) / len(x)
        var = sum((v - middle) ** 2 for v in x[:, j]) / len(x)
        for i in range(len(x)):
            z[i][j] = (x[i, j] - middle) / (var + eps) ** 0.5
    return z


@exercise.alternative
def einsum(x, eps):
    centred = x - np.einsum("nd->d", x) / len(x)
    return centred * (np.einsum("nd,nd->d", centred, centred) / len(x) + eps) ** -0.5


@exercise.alternative
def library_variance(x, eps):
    return ((x - np.mean(x, 0)) / np.sqrt(np.var(x, 0) + eps)).copy(order="F")


@exercise.alternative
def diagonal_matrix(x, eps):
    centred = x - np.average(x, axis=0)
    var = np.diag(centred.T @ centred) / len(x)
    return centred @ np.diag(1 / np.sqrt(var + eps))


@exercise.alternative
def single_precision(x, eps):
    x = x.astype(np.float32)
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + np.float32(eps))
