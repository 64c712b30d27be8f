"""Exercise: group norm of (N, C, H, W), forward."""

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
from bnlib.exercises.alternatives.layouts import GROUP, given_forward, normalized

reference = given_forward(GROUP)


def example(rng):
    return (*batch(rng, (4, 6, 5, 2), inputs.VISIBLE, 3)[:4], 0.3)


exercise = Exercise(
    name="group_norm",
    notebook="09_alternatives",
    title="Group norm, forward",
    difficulty=3,
    minutes=15,
    section=sections.ONE_FUNCTION,
    parameters=("x", "gamma", "beta", "groups", "eps"),
    returns=("y", "cache"),
    opaque=("cache",),
    reference=reference,
    uses=("normalize", "instance_norm"),
    example=example,
)


def _ends(rng):
    # The same numbers, so that what differs is the grouping.
    drawn = batch(rng, (2, 4, 3, 5), inputs.WIDE, 1)
    yield drawn
    yield drawn._replace(groups=4, given=drawn.given.replace("groups=1", "groups=4"))


def _constant(rng):
    drawn = batch(rng, (1, 4, 2, 3), inputs.CONSTANT, 2)
    drawn.x[:, 2:] = 1.5
    given = "x of shape (1, 4, 2, 3), groups=2, the second constant, eps=1e-05"
    yield drawn._replace(given=given)


add_check(
    exercise,
    "y is each group of channels of each image, normalized, scaled and shifted by channel",
    3,
    lambda rng: [batch(rng, (4, 6, 5, 2), inputs.WIDE, 2)],
)
add_check(exercise, "one group, and as many groups as channels", 1, _ends)
add_check(
    exercise,
    "eps is added to the variance, inside the root",
    1,
    lambda rng: [batch(rng, (2, 6, 3, 4), inputs.VISIBLE, 3)],
    sections.EPS,
)
add_check(
    exercise,
    "one image is enough, and a constant group leaves as beta",
    1,
    _constant,
    sections.ONE_EXAMPLE,
)
add_digits(exercise, lambda rng: [batch(rng, (3, 4, 2, 5), inputs.OFFSET, 2)], sections.NUMERICS)
add_unchanged(exercise, lambda rng: [batch(rng, (2, 6, 2, 4), inputs.WIDE, 3)])

add_forward_mistakes(exercise, GROUP)


def _scaled(xhat, x, gamma, beta):
    return gamma.reshape(1, -1, 1, 1) * xhat.reshape(x.shape) + beta.reshape(1, -1, 1, 1), None


def _split(shape_of, axes):
    """Normalized under another shape than (N, G, C / G, H, W)."""

    def wrong(x, gamma, beta, groups, eps):
        block = x.reshape(shape_of(*x.shape, groups))
        return _scaled(normalized(block, axes, eps)[0], x, gamma, beta)

    return wrong


def _not_transposed_back(x, gamma, beta, groups, eps):
    sets = x.reshape(len(x) * groups, -1).T
    xhat = (sets - sets.mean(axis=0)) / np.sqrt(sets.var(axis=0) + eps)
    return _scaled(xhat, x, gamma, beta)


def _affine_by_group(x, gamma, beta, groups, eps):
    xhat = reference(x, np.ones_like(gamma), np.zeros_like(beta), groups, eps)[0]
    size = x.shape[1] // groups
    return _scaled(xhat, x, np.repeat(gamma[::size], size), np.repeat(beta[::size], size))


for fault in (
    Fault(
        "per-channel",
        "Your statistics are of each channel; that is instance norm. The channels of a group "
        "share theirs.",
        over((2, 3), GROUP),
        source=STUDENTS,
    ),
    Fault(
        "one-group",
        "Your statistics are of all channels of an image, whatever groups is. Each group has its "
        "own.",
        over((1, 2, 3), GROUP),
        source=STUDENTS,
    ),
    Fault(
        "per-pixel",
        "Your statistics are of each pixel over the channels of its group. They are taken over "
        "the positions too.",
        _split(lambda n, c, h, w, g: (n, g, c // g, h, w), (2,)),
        source=STUDENTS,
    ),
    Fault(
        "over-the-batch-too",
        "Your statistics of a group are over all images. Each image has its own.",
        _split(lambda n, c, h, w, g: (n, g, c // g, h, w), (0, 2, 3, 4)),
        source=STUDENTS,
    ),
    Fault(
        "batch-norm",
        "Your statistics are of each channel over all images; that is batch norm.",
        over((0, 2, 3), GROUP),
        source=STUDENTS,
    ),
    Fault(
        "over-the-groups",
        "You average over the axis of the groups and keep the channels within a group apart: look "
        "at which of the two axes made of C is averaged.",
        _split(lambda n, c, h, w, g: (n, g, c // g, h, w), (1, 3, 4)),
        source=STUDENTS,
    ),
    Fault(
        "groups-size-exchanged",
        "You take groups for the number of channels in a group. It is the number of groups.",
        _split(lambda n, c, h, w, g: (n, c // g, g, h, w), (2, 3, 4)),
    ),
    Fault(
        "channels-interleaved",
        "Your group takes every G-th channel. A group is made of neighbouring channels.",
        _split(lambda n, c, h, w, g: (n, c // g, g, h, w), (1, 3, 4)),
    ),
    Fault(
        "groups-last",
        "You reshape with the groups as the last axis; a group then takes every G-th value of the "
        "image. Neighbouring channels make a group: its axis comes right after N.",
        _split(lambda n, c, h, w, g: (n, c * h * w // g, g), (1,)),
    ),
    Fault(
        "not-transposed-back",
        "You give the matrix of groups the shape of x while its axes are still exchanged. "
        "Transpose it back first.",
        _not_transposed_back,
        source=STUDENTS,
    ),
    Fault(
        "affine-by-group",
        "Your gamma and beta are one a group. The statistics are shared by a group; each channel "
        "still has a gamma and a beta of its own.",
        _affine_by_group,
    ),
    Fault(
        "gamma-not-reshaped",
        "gamma has shape (C,), which NumPy lines up with the last axis of the images. Bring it to "
        "a shape that lines up with the channels.",
        lambda x, gamma, beta, groups, eps: (gamma * x + beta, None),
    ),
    Fault(
        "split-left",
        "Your y still has the groups as an axis. Bring it back to the shape of x.",
        lambda x, gamma, beta, groups, eps: (
            reference(x, gamma, beta, groups, eps)[0].reshape(GROUP.split(x.shape, groups)),
            None,
        ),
    ),
):
    add(exercise, fault)


@exercise.alternative
def loops(x, gamma, beta, groups, eps):
    size = x.shape[1] // groups
    y = np.empty(x.shape)
    for n in range(x.shape[0]):
        for g in range(groups):
            own = slice(g * size, (g + 1) * size)
            block = x[n, own]
            xhat = (block - block.mean()) / np.sqrt(block.var() + eps)
            y[n, own] = gamma[own, None, None] * xhat + beta[own, None, None]
    return y, None


@exercise.alternative
def columns_of_groups(x, gamma, beta, groups, eps):
    sets = x.reshape(len(x) * groups, -1).T
    xhat = ((sets - sets.mean(axis=0)) / np.sqrt(sets.var(axis=0) + eps)).T.reshape(x.shape)
    return xhat * gamma[:, None, None] + beta[:, None, None], None


@exercise.alternative
def einsum(x, gamma, beta, groups, eps):
    sets = x.reshape(x.shape[0], groups, -1)
    m = sets.shape[2]
    centred = sets - np.einsum("ngm->ng", sets)[..., None] / m
    inv_std = (np.einsum("ngm,ngm->ng", centred, centred) / m + eps) ** -0.5
    xhat = np.einsum("ngm,ng->ngm", centred, inv_std).reshape(x.shape)
    return np.einsum("nchw,c->nchw", xhat, gamma) + beta[:, None, None], inv_std


@exercise.alternative
def split_and_join(x, gamma, beta, groups, eps):
    parts = []
    for part in np.split(x, groups, axis=1):
        mean, var = (f(axis=(1, 2, 3), keepdims=True) for f in (part.mean, part.var))
        parts.append((part - mean) / np.sqrt(var + eps))
    xhat = np.concatenate(parts, axis=1)
    return gamma.reshape(1, -1, 1, 1) * xhat + beta.reshape(1, -1, 1, 1), None


@exercise.alternative
def single_precision(x, gamma, beta, groups, eps):
    x, gamma, beta = single((x, gamma, beta))
    sets = x.reshape(len(x), groups, -1)
    mean, var = sets.mean(axis=2, keepdims=True), sets.var(axis=2, keepdims=True)
    return _scaled((sets - mean) / np.sqrt(var + np.float32(eps)), x, gamma, beta)
