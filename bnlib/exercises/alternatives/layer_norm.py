"""Exercise: layer norm of (..., D), forward."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.alternatives import inputs
from bnlib.exercises.alternatives.faults import (
    STUDENTS,
    Fault,
    add,
    add_forward_mistakes,
    over,
    single,
)
from bnlib.exercises.alternatives.forward_checks import add_check, add_digits, add_unchanged
from bnlib.exercises.alternatives.inputs import batch
from bnlib.exercises.alternatives.layouts import LAYER, given_forward

reference = given_forward(LAYER)


def example(rng):
    return (*batch(rng, (4, 3, 5), inputs.VISIBLE)[:3], 0.3)


exercise = Exercise(
    name="layer_norm",
    notebook="09_alternatives",
    title="Layer norm, forward",
    difficulty=2,
    minutes=10,
    section=sections.ONE_FUNCTION,
    parameters=("x", "gamma", "beta", "eps"),
    returns=("y", "cache"),
    opaque=("cache",),
    reference=reference,
    uses=("normalize",),
    example=example,
)


def _alone(rng):
    yield batch(rng, (1, 5), inputs.WIDE)
    yield batch(rng, (2, 3, 4), inputs.WIDE)


def _constant(rng):
    drawn = batch(rng, (3, 2), inputs.CONSTANT)
    drawn.x[1] = 1.5
    yield drawn._replace(given="x of shape (3, 2), example 1 constant, eps=1e-05")


add_check(
    exercise,
    "y is each example, normalized over its own features, scaled and shifted",
    3,
    lambda rng: [batch(rng, (7, 4), inputs.WIDE)],
)
add_check(
    exercise,
    "an example alone, and sequences of vectors (N, T, D)",
    1,
    _alone,
    sections.ONE_EXAMPLE,
)
add_check(
    exercise,
    "eps is added to the variance, inside the root",
    1,
    lambda rng: [batch(rng, (6, 3), inputs.VISIBLE)],
    sections.EPS,
)
add_check(
    exercise,
    "two features are enough, and a constant example leaves as beta",
    1,
    _constant,
    sections.EPS,
)
add_digits(exercise, lambda rng: [batch(rng, (6, 5), inputs.OFFSET)], sections.NUMERICS)
add_unchanged(exercise, lambda rng: [batch(rng, (5, 3), inputs.WIDE)])

add_forward_mistakes(exercise, LAYER)


def _keepdims_missing(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=-1)) / np.sqrt(x.var(axis=-1) + eps) + beta, None


def _transposed(x, gamma, beta, eps):
    y, cache = reference(x, gamma, beta, eps)
    return y.T, cache


for fault in (
    Fault(
        "batch-axis",
        "Your statistics are of each feature over the examples; that is batch norm. Layer norm "
        "takes them of each example over its features.",
        over((0,), LAYER),
        source=STUDENTS,
    ),
    Fault(
        "axis-1-not-last",
        "You average over axis 1. In a sequence (N, T, D) that is the position: the features are "
        "the last axis.",
        over((1,), LAYER),
    ),
    Fault(
        "positions-too",
        "In a sequence (N, T, D) you average over the positions too. Each vector of features has "
        "its own mean.",
        lambda x, gamma, beta, eps: over(tuple(range(1, x.ndim)), LAYER)(x, gamma, beta, eps),
    ),
    Fault(
        "keepdims-missing",
        "Your mean has shape (N,), which does not line up with the rows of (N, D). Keep the "
        "averaged axis at length 1.",
        _keepdims_missing,
    ),
    Fault(
        "transposed",
        "Your y is transposed: the way by x.T has to be gone back.",
        _transposed,
    ),
):
    add(exercise, fault)


@exercise.alternative
def loops(x, gamma, beta, eps):
    y = np.empty(x.shape)
    for index in np.ndindex(*x.shape[:-1]):
        row = x[index]
        mean = sum(row) / len(row)
        var = sum((v - mean) ** 2 for v in row) / len(row)
        y[index] = [
            g * (v - mean) / (var + eps) ** 0.5 + b
            for v, g, b in zip(row, gamma, beta, strict=True)
        ]
    return y, None


@exercise.alternative
def einsum(x, gamma, beta, eps):
    d = x.shape[-1]
    centred = x - np.einsum("...d->...", x)[..., None] / d
    inv_std = (np.einsum("...d,...d->...", centred, centred) / d + eps) ** -0.5
    return np.einsum("...d,...,d->...d", centred, inv_std, gamma) + beta, (centred, inv_std)


@exercise.alternative
def batch_norm_of_the_transpose(x, gamma, beta, eps):
    columns = x.reshape(-1, x.shape[-1]).T
    xhat = ((columns - columns.mean(axis=0)) / np.sqrt(columns.var(axis=0) + eps)).T
    return (gamma * xhat + beta).reshape(x.shape), {"xhat": xhat}


@exercise.alternative
def centring_matrix(x, gamma, beta, eps):
    d = x.shape[-1]
    centred = x @ (np.eye(d) - 1 / d)
    norm = np.linalg.norm(centred, axis=-1, keepdims=True)
    return gamma * centred / np.sqrt(norm**2 / d + eps) + beta, None


@exercise.alternative
def lists(x, gamma, beta, eps):
    y, cache = reference(x, gamma, beta, eps)
    return [y.tolist(), cache]


@exercise.alternative
def single_precision(x, gamma, beta, eps):
    x, gamma, beta = single((x, gamma, beta))
    mean, var = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + np.float32(eps)) + beta, None
