"""Exercise: instance norm of (N, C, H, W), forward."""

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
from bnlib.exercises.alternatives.layouts import INSTANCE, given_forward

reference = given_forward(INSTANCE)


def example(rng):
    return (*batch(rng, (3, 4, 5, 2), inputs.VISIBLE)[:3], 0.3)


exercise = Exercise(
    name="instance_norm",
    notebook="09_alternatives",
    title="Instance norm, forward",
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


def _constant(rng):
    drawn = batch(rng, (1, 3, 4, 2), inputs.CONSTANT)
    drawn.x[:, 1] = 1.5
    yield drawn._replace(given="x of shape (1, 3, 4, 2), channel 1 constant, eps=1e-05")


add_check(
    exercise,
    "y is each channel of each image, normalized over its positions, scaled and shifted",
    3,
    lambda rng: [batch(rng, (3, 4, 5, 2), inputs.WIDE)],
)
add_check(
    exercise,
    "eps is added to the variance, inside the root",
    1,
    lambda rng: [batch(rng, (2, 3, 5, 4), inputs.VISIBLE)],
    sections.EPS,
)
add_check(
    exercise,
    "one image is enough, and a constant channel leaves as beta",
    1,
    _constant,
    sections.ONE_EXAMPLE,
)
add_digits(exercise, lambda rng: [batch(rng, (3, 4, 2, 5), inputs.OFFSET)], sections.NUMERICS)
add_unchanged(exercise, lambda rng: [batch(rng, (2, 3, 2, 4), inputs.WIDE)])

add_forward_mistakes(exercise, INSTANCE)


def _gamma_not_reshaped(x, gamma, beta, eps):
    return gamma * x + beta, None


for fault in (
    Fault(
        "batch-norm",
        "Your statistics are of each channel over all images; that is batch norm. Here each image "
        "stands alone.",
        over((0, 2, 3), INSTANCE),
        source=STUDENTS,
    ),
    Fault(
        "layer-norm",
        "Your statistics are of each image over all of its channels; that is layer norm. Here "
        "each channel has its own.",
        over((1, 2, 3), INSTANCE),
        source=STUDENTS,
    ),
    Fault(
        "pixel-over-batch",
        "Your statistics are of each pixel over the images. They are taken over the positions of "
        "one channel of one image.",
        over((0,), INSTANCE),
        source=STUDENTS,
    ),
    Fault(
        "pixel-over-channels",
        "Your statistics are of each pixel over its channels. They are taken over the positions "
        "of one channel.",
        over((1,), INSTANCE),
        source=STUDENTS,
    ),
    Fault(
        "over-height-only",
        "Your statistics leave out the last axis: each column of the image has its own.",
        over((2,), INSTANCE),
    ),
    Fault(
        "over-width-only",
        "Your statistics leave out the third axis: each row of the image has its own.",
        over((3,), INSTANCE),
    ),
    Fault(
        "axes-of-another-layout",
        "Your statistics are over axes 1 and 2, as for images with channels last. Here the "
        "channels are axis 1.",
        over((1, 2), INSTANCE),
    ),
    Fault(
        "gamma-not-reshaped",
        "gamma has shape (C,), which NumPy lines up with the last axis of the images. Bring it to "
        "a shape that lines up with the channels.",
        _gamma_not_reshaped,
    ),
):
    add(exercise, fault)


@exercise.alternative
def loops(x, gamma, beta, eps):
    y = np.empty(x.shape)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            plane = x[n, c]
            y[n, c] = gamma[c] * (plane - plane.mean()) / np.sqrt(plane.var() + eps) + beta[c]
    return y, None


@exercise.alternative
def einsum(x, gamma, beta, eps):
    m = x.shape[2] * x.shape[3]
    centred = x - np.einsum("nchw->nc", x)[:, :, None, None] / m
    inv_std = (np.einsum("nchw,nchw->nc", centred, centred) / m + eps) ** -0.5
    y = np.einsum("nchw,nc,c->nchw", centred, inv_std, gamma)
    return y + beta[:, None, None], inv_std


@exercise.alternative
def rows(x, gamma, beta, eps):
    n, c, h, w = x.shape
    flat = x.reshape(n * c, h * w)
    xhat = (flat - flat.mean(axis=1, keepdims=True)) / np.sqrt(
        flat.var(axis=1, keepdims=True) + eps
    )
    return xhat.reshape(x.shape) * gamma[None, :, None, None] + beta[None, :, None, None], xhat


@exercise.alternative
def channels_last(x, gamma, beta, eps):
    x = x.transpose(0, 2, 3, 1)
    mean, std = x.mean(axis=(1, 2), keepdims=True), np.sqrt(x.var(axis=(1, 2), keepdims=True) + eps)
    return (gamma * (x - mean) / std + beta).transpose(0, 3, 1, 2), None


@exercise.alternative
def single_precision(x, gamma, beta, eps):
    x, gamma, beta = single((x, gamma[:, None, None], beta[:, None, None]))
    mean, var = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + np.float32(eps)) + beta, None
