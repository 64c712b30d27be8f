"""Exercise: bring each feature of a batch to mean 0 and variance 1."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.faults import NORMALIZING, normalize
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import (
    OFFSET_SINGLE,
    eps_batch,
    offset_batch,
    ordinary,
    two_rows,
    wide_batch,
)

exercise = Exercise(
    name="standardize_batch",
    notebook="04_algorithm",
    title="Standardize a batch",
    difficulty=1,
    minutes=10,
    section=sections.BATCH,
    parameters=("x", "eps"),
    returns=("xhat",),
    reference=normalize,
    example=lambda rng: (ordinary(rng, (6, 3))[0], 0.5),
)


@exercise.check("each feature leaves with mean 0 and variance 1", points=2)
def formula(student, rng, others):
    x, _, _, eps, given = wide_batch(rng, (7, 4))
    expect("xhat", student(x, eps), normalize(x, eps), given)


@exercise.check("eps is added to the variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    x, _, _, eps, given = eps_batch(rng, (6, 3))
    expect("xhat", student(x, eps), normalize(x, eps), given)


@exercise.check("two rows are enough, and a constant feature becomes zeros", 1, sections.EPS)
def degenerate(student, rng, others):
    x, _, _, eps, given = two_rows(rng, 3)
    expect("xhat", student(x, eps), normalize(x, eps), given)


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    x, _, _, eps, given = offset_batch(rng, (6, 4))
    expect_digits("xhat", student(x, eps), normalize(x, eps), given, OFFSET_SINGLE)


@exercise.check("x is left as it was", points=1)
def unchanged(student, rng, others):
    x, _, _, eps, given = wide_batch(rng, (5, 3))
    if student.changed_arguments(x, eps):
        raise Wrong(f"After the call x held other numbers, for {given}.", "changed-argument")
    expect("xhat", student(x, eps), normalize(x, eps), given)


for fault in NORMALIZING:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


@exercise.mistake(
    "changes-x",
    "You work on x in place, and the caller's batch is changed. Let the first step make a new "
    "array.",
    source="students' repositories",
)
def changes_x(x, eps):
    x -= x.mean(axis=0)
    x /= np.sqrt(x.var(axis=0) + eps)
    return x


@exercise.alternative
def loops(x, eps):
    xhat = np.empty(x.shape)
    for j in range(x.shape[1]):
        mean = sum(x[:, j]) / len(x)
        var = sum((v - mean) ** 2 for v in x[:, j]) / len(x)
        for i in range(len(x)):
            xhat[i, j] = (x[i, j] - mean) / (var + eps) ** 0.5
    return xhat


@exercise.alternative
def einsum(x, eps):
    centered = x - np.einsum("nd->d", x) / len(x)
    return centered * (np.einsum("nd,nd->d", centered, centered) / len(x) + eps) ** -0.5


@exercise.alternative
def centering_matrix(x, eps):
    n = len(x)
    centered = (np.eye(n) - np.ones((n, n)) / n) @ x
    return centered / np.sqrt(np.diag(centered.T @ centered) / n + eps)


@exercise.alternative
def single_precision(x, eps):
    x = x.astype(np.float32)
    mean = x.mean(axis=0)
    return (x - mean) / np.sqrt(x.var(axis=0) + np.float32(eps))
