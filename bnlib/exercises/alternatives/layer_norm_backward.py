"""Exercise: layer norm of (..., D), backward."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.alternatives import inputs
from bnlib.exercises.alternatives.backward_checks import BackwardChecks
from bnlib.exercises.alternatives.faults import STUDENTS, add
from bnlib.exercises.alternatives.gradient_faults import (
    add_backward_mistakes,
    dgamma_over,
    summed_over,
)
from bnlib.exercises.alternatives.gradients import (
    backward,
    counted,
    gamma_outside,
    of_parameters,
    over,
    with_dx,
)
from bnlib.exercises.alternatives.inputs import batch
from bnlib.exercises.alternatives.layer_norm import reference as forward
from bnlib.exercises.alternatives.layouts import LAYER


def example(rng):
    x, gamma, beta, eps, _ = batch(rng, (4, 3, 5), inputs.VISIBLE)
    return rng.standard_normal(x.shape), forward(x, gamma, beta, eps)[1]


exercise = Exercise(
    name="layer_norm_backward",
    notebook="09_alternatives",
    title="Layer norm, backward",
    difficulty=4,
    minutes=20,
    section=sections.PROJECTION,
    parameters=("dy", "cache"),
    returns=("dx", "dgamma", "dbeta"),
    reference=backward,
    uses=("layer_norm", "normalize"),
    example=example,
)

checks = BackwardChecks(exercise, "layer_norm", forward)
checks.add(
    "dx goes through each example's mean and variance, gamma inside",
    3,
    lambda rng: batch(rng, (7, 4), inputs.WIDE),
    ("dx",),
)
checks.add(
    "dgamma sums dy * xhat over the examples",
    1,
    lambda rng: batch(rng, (5, 3), inputs.WIDE),
    ("dgamma",),
)
checks.add(
    "dbeta sums dy over the examples", 1, lambda rng: batch(rng, (5, 3), inputs.WIDE), ("dbeta",)
)
checks.add(
    "sequences of vectors (N, T, D)",
    1,
    lambda rng: batch(rng, (3, 4, 5), inputs.WIDE),
    ("dx", "dgamma", "dbeta"),
)
checks.add(
    "eps is that of the forward pass",
    1,
    lambda rng: batch(rng, (6, 3), inputs.VISIBLE),
    ("dx",),
    sections.EPS,
)
checks.add_unchanged(lambda rng: batch(rng, (4, 3), inputs.VISIBLE))

add_backward_mistakes(exercise, LAYER, "(D,)", "(1, D)", "feature")


def _batch_norm(dy, cache):
    return over((0,))(dy, cache), *of_parameters(dy, cache)


for fault in (
    Fault(
        "gamma-outside",
        "You pull gamma out of the sums. In batch norm it may go: all rows share it. Here it "
        "differs along the axis of the sums, so it stays inside.",
        with_dx(gamma_outside),
        source=STUDENTS,
    ),
    Fault(
        "over-the-batch",
        "The means in your dx are over the examples; that is batch norm's backward pass. Layer "
        "norm's are over the features of each example.",
        _batch_norm,
        source=STUDENTS,
    ),
    Fault(
        "over-all",
        "The means in your dx are over all entries. They belong to the features of each example.",
        with_dx(lambda dy, c: over(tuple(range(dy.ndim)))(dy, c)),
        source=STUDENTS,
    ),
    Fault(
        "axis-1-not-last",
        "The means in your dx are over axis 1. In a sequence (N, T, D) that is the position: the "
        "features are the last axis.",
        with_dx(over((1,))),
    ),
    Fault(
        "examples-counted",
        "Your dx divides by the number of examples N. The mean was taken over the D features.",
        with_dx(counted(lambda dy: dy.shape[0])),
        source=STUDENTS,
    ),
    Fault(
        "all-counted",
        "Your dx divides by the number of all entries. The mean was taken over the D features.",
        with_dx(counted(lambda dy: dy.size)),
        source=STUDENTS,
    ),
    summed_over(
        "summed-over-features",
        "Your dgamma and dbeta are summed over the features, as in batch norm's backward pass of "
        "the transpose. gamma and beta belong to features: sum over the examples.",
        -1,
        STUDENTS,
    ),
    dgamma_over(
        "dgamma-over-features",
        "Your dgamma is summed over the features. gamma belongs to a feature: sum over the "
        "examples.",
        -1,
        STUDENTS,
    ),
    summed_over(
        "positions-not-summed",
        "In a sequence (N, T, D) your dgamma and dbeta are summed over axis 0 alone. All "
        "positions share a gamma too.",
        0,
    ),
):
    add(exercise, fault)


@exercise.alternative
def staged(dy, cache):
    x, xhat, mean, inv_std, gamma = cache
    d = x.shape[-1]
    centred = x - mean
    dxhat = dy * gamma
    dvar = (dxhat * centred).sum(axis=-1, keepdims=True) * -0.5 * inv_std**3
    dcentred = dxhat * inv_std + dvar * 2 * centred / d
    dx = dcentred - dcentred.sum(axis=-1, keepdims=True) / d
    return dx, (dy * xhat).reshape(-1, d).sum(axis=0), dy.reshape(-1, d).sum(axis=0)


@exercise.alternative
def transposed(dy, cache):
    d = dy.shape[-1]
    rows, xhat = dy.reshape(-1, d), cache.xhat.reshape(-1, d)
    g, h, inv_std = (rows * cache.gamma).T, xhat.T, cache.inv_std.ravel()
    dx = inv_std / d * (d * g - g.sum(axis=0) - h * (g * h).sum(axis=0))
    return dx.T.reshape(dy.shape), np.diag(rows.T @ xhat), rows.sum(axis=0)


@exercise.alternative
def einsum(dy, cache):
    xhat, d = cache.xhat, dy.shape[-1]
    g = np.einsum("...d,d->...d", dy, cache.gamma)
    mean = np.einsum("...d->...", g)[..., None] / d
    along = np.einsum("...d,...d->...", g, xhat)[..., None] / d
    dx = (g - mean - xhat * along) * cache.inv_std
    rows, flat = dy.reshape(-1, d), xhat.reshape(-1, d)
    return dx, np.einsum("nd,nd->d", rows, flat), np.einsum("nd->d", rows)


@exercise.alternative
def jacobian(dy, cache):
    d, dx = dy.shape[-1], np.empty(dy.shape)
    for index in np.ndindex(*dy.shape[:-1]):
        h = cache.xhat[index]
        matrix = np.eye(d) - 1 / d - np.outer(h, h) / d
        dx[index] = cache.inv_std[index] * (matrix @ (cache.gamma * dy[index]))
    axes = tuple(range(dy.ndim - 1))
    return dx, np.sum(dy * cache.xhat, axis=axes), np.sum(dy, axis=axes)


@exercise.alternative
def single_precision(dy, cache):
    return backward(dy.astype(np.float32), type(cache)(*(a.astype(np.float32) for a in cache)))
