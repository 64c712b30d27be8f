"""Exercise: RMS norm of (..., D), forward."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.alternatives import inputs
from bnlib.exercises.alternatives.faults import add, add_return_mistakes, single
from bnlib.exercises.alternatives.forward_checks import add_check, add_unchanged
from bnlib.exercises.alternatives.inputs import scale_batch
from bnlib.exercises.alternatives.rms_faults import RMS
from bnlib.exercises.alternatives.rms_faults import given_forward as reference


def example(rng):
    return (*scale_batch(rng, (4, 3, 5), inputs.VISIBLE)[:2], 0.3)


exercise = Exercise(
    name="rms_norm",
    notebook="09_alternatives",
    title="RMS norm, forward",
    difficulty=2,
    minutes=10,
    section=sections.RMS,
    parameters=("x", "gamma", "eps"),
    returns=("y", "cache"),
    opaque=("cache",),
    reference=reference,
    example=example,
)


def _alone(rng):
    yield scale_batch(rng, (1, 5), inputs.WIDE)
    yield scale_batch(rng, (2, 3, 4), inputs.WIDE)


def _zeros(rng):
    drawn = scale_batch(rng, (3, 4), inputs.CONSTANT)
    drawn.x[1] = 0.0
    yield drawn._replace(given="x of shape (3, 4), example 1 all zeros, eps=1e-05")


add_check(
    exercise,
    "y is each example over its root mean square, scaled; no mean is taken away",
    3,
    lambda rng: [scale_batch(rng, (7, 4), inputs.WIDE)],
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
    "eps is added to the mean square, inside the root",
    1,
    lambda rng: [scale_batch(rng, (6, 3), inputs.VISIBLE)],
    sections.EPS,
)
add_check(exercise, "a constant example of zeros stays zero", 1, _zeros, sections.EPS)
add_unchanged(exercise, lambda rng: [scale_batch(rng, (5, 3), inputs.WIDE)])


for fault in RMS:
    add(exercise, fault)
add_return_mistakes(exercise, reference)


@exercise.alternative
def loops(x, gamma, eps):
    y = np.empty(x.shape)
    for index in np.ndindex(*x.shape[:-1]):
        row = x[index]
        rms = (sum(v * v for v in row) / len(row) + eps) ** 0.5
        y[index] = [g * v / rms for v, g in zip(row, gamma, strict=True)]
    return y, None


@exercise.alternative
def einsum(x, gamma, eps):
    inv = (np.einsum("...d,...d->...", x, x) / x.shape[-1] + eps) ** -0.5
    return np.einsum("...d,...,d->...d", x, inv, gamma), (x, inv)


@exercise.alternative
def vector_norm(x, gamma, eps):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return gamma * (x / np.sqrt(length**2 / x.shape[-1] + eps)), None


@exercise.alternative
def mean_and_variance(x, gamma, eps):
    mean, var = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return x / np.sqrt(var + mean**2 + eps) * gamma, {"mean": mean, "var": var}


@exercise.alternative
def lists(x, gamma, eps):
    y, cache = reference(x, gamma, eps)
    return [y.tolist(), cache]


@exercise.alternative
def single_precision(x, gamma, eps):
    x, gamma = single((x, gamma))
    return gamma * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + np.float32(eps)), None
