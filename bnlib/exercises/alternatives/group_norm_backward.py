"""Exercise: group norm of (N, C, H, W), backward."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.alternatives import inputs
from bnlib.exercises.alternatives.backward_checks import BackwardChecks
from bnlib.exercises.alternatives.faults import STUDENTS, add
from bnlib.exercises.alternatives.gradient_faults import (
    add_backward_mistakes,
    summed_over,
)
from bnlib.exercises.alternatives.gradients import (
    backward,
    block_of,
    counted,
    expanded,
    gamma_outside,
    of_parameters,
    over,
    scaled,
    with_dx,
)
from bnlib.exercises.alternatives.group_norm import reference as forward
from bnlib.exercises.alternatives.inputs import batch
from bnlib.exercises.alternatives.layouts import GROUP


def example(rng):
    x, gamma, beta, groups, eps, _ = batch(rng, (4, 6, 5, 2), inputs.VISIBLE, 3)
    return rng.standard_normal(x.shape), forward(x, gamma, beta, groups, eps)[1]


exercise = Exercise(
    name="group_norm_backward",
    notebook="09_alternatives",
    title="Group norm, backward",
    difficulty=4,
    minutes=20,
    section=sections.PROJECTION,
    parameters=("dy", "cache"),
    returns=("dx", "dgamma", "dbeta"),
    reference=backward,
    uses=("group_norm", "normalize", "instance_norm_backward"),
    example=example,
)

checks = BackwardChecks(exercise, "group_norm", forward)
checks.add(
    "dx goes through the mean and variance of each image's group, gamma inside",
    3,
    lambda rng: batch(rng, (4, 6, 5, 2), inputs.WIDE, 2),
    ("dx",),
)
checks.add(
    "dgamma is one number a channel, summed over images and positions",
    1,
    lambda rng: batch(rng, (2, 6, 4, 5), inputs.WIDE, 3),
    ("dgamma",),
)
checks.add(
    "dbeta is one number a channel, summed over images and positions",
    1,
    lambda rng: batch(rng, (2, 6, 4, 5), inputs.WIDE, 3),
    ("dbeta",),
)
checks.add(
    "eps is that of the forward pass",
    1,
    lambda rng: batch(rng, (2, 6, 3, 4), inputs.VISIBLE, 3),
    ("dx",),
    sections.EPS,
)
checks.add_unchanged(lambda rng: batch(rng, (2, 6, 5, 4), inputs.VISIBLE, 3))

add_backward_mistakes(exercise, GROUP, "(C,)", "(1, C, 1, 1)", "channel")


def _means_over(axes):
    """dx with the two means over these axes of (N, G, C / G, H, W)."""

    def dx(dy, cache):
        shape, _ = block_of(dy, cache)
        g, xhat = scaled(dy, cache).reshape(shape), cache.xhat.reshape(shape)
        mean = g.mean(axis=axes, keepdims=True)
        along = (g * xhat).mean(axis=axes, keepdims=True)
        return (cache.inv_std * (g - mean - xhat * along)).reshape(dy.shape)

    return dx


def _interleaved(dy, cache):
    n, c, h, w = dy.shape
    groups = cache.inv_std.shape[1]
    shape = (n, c // groups, groups, h, w)
    g, xhat = scaled(dy, cache).reshape(shape), cache.xhat.reshape(shape)
    mean = g.mean(axis=(1, 3, 4), keepdims=True)
    along = (g * xhat).mean(axis=(1, 3, 4), keepdims=True)
    inv_std = expanded(cache, dy)[0].reshape(shape)
    return (inv_std * (g - mean - xhat * along)).reshape(dy.shape)


def _by_group(dy, cache):
    groups = cache.inv_std.shape[1]
    parameters = (p.reshape(groups, -1).sum(axis=1) for p in of_parameters(dy, cache))
    return backward(dy, cache)[0], *parameters


def _split_left(dy, cache):
    dx, dgamma, dbeta = backward(dy, cache)
    return dx.reshape(block_of(dy, cache)[0]), dgamma, dbeta


_COUNT = "The mean was taken over the C / G channels of a group and their positions."
for fault in (
    Fault(
        "gamma-outside",
        "You pull gamma out of the sums. Where all values share it, it may go; here it differs "
        "from channel to channel of a group, so it stays inside.",
        with_dx(gamma_outside),
        source=STUDENTS,
    ),
    Fault(
        "per-channel",
        "The means in your dx are of each channel; that is instance norm's backward pass. The "
        "channels of a group share theirs.",
        with_dx(over((2, 3))),
        source=STUDENTS,
    ),
    Fault(
        "one-group",
        "The means in your dx are of all channels of an image. Each group has its own.",
        with_dx(over((1, 2, 3))),
        source=STUDENTS,
    ),
    Fault(
        "over-the-batch-too",
        "The means of a group in your dx are over all images. Each image has its own.",
        with_dx(_means_over((0, 2, 3, 4))),
        source=STUDENTS,
    ),
    Fault(
        "batch-norm",
        "The means in your dx are of each channel over all images; that is batch norm's backward "
        "pass.",
        with_dx(over((0, 2, 3))),
        source=STUDENTS,
    ),
    Fault(
        "per-pixel",
        "The means in your dx are of each pixel over the channels of its group. They are taken "
        "over the positions too.",
        with_dx(_means_over((2,))),
        source=STUDENTS,
    ),
    Fault(
        "channels-interleaved",
        "Your group takes every G-th channel. A group is made of neighbouring channels.",
        with_dx(_interleaved),
    ),
    Fault(
        "positions-counted",
        f"Your dx divides by H * W. {_COUNT}",
        with_dx(counted(lambda dy: dy.shape[2] * dy.shape[3])),
        source=STUDENTS,
    ),
    Fault(
        "image-counted",
        f"Your dx divides by C * H * W. {_COUNT}",
        with_dx(counted(lambda dy: dy.size // dy.shape[0])),
        source=STUDENTS,
    ),
    Fault(
        "batch-counted",
        f"Your dx divides by N * H * W. {_COUNT}",
        with_dx(counted(lambda dy: dy.size // dy.shape[1])),
        source=STUDENTS,
    ),
    Fault(
        "images-counted",
        f"Your dx divides by N. {_COUNT}",
        with_dx(counted(lambda dy: dy.shape[0])),
        source=STUDENTS,
    ),
    Fault(
        "parameters-by-group",
        "Your dgamma and dbeta are one number a group. The statistics are shared by a group; "
        "gamma and beta belong to single channels.",
        _by_group,
    ),
    Fault(
        "split-left",
        "Your dx still has the groups as an axis. Bring it back to the shape of x.",
        _split_left,
    ),
    summed_over(
        "summed-over-batch-only",
        "Your dgamma and dbeta are summed over the images and not over the positions.",
        0,
    ),
    summed_over(
        "summed-over-positions-only",
        "Your dgamma and dbeta are summed over the positions of each image. All images share a "
        "gamma: sum over them too.",
        (2, 3),
    ),
    summed_over(
        "summed-over-channels",
        "Your dgamma and dbeta are summed over the channels. Each channel has its own.",
        1,
        STUDENTS,
    ),
):
    add(exercise, fault)


@exercise.alternative
def loops(dy, cache):
    n, c = dy.shape[:2]
    groups = cache.inv_std.shape[1]
    size = c // groups
    dx = np.empty(dy.shape)
    for i in range(n):
        for k in range(groups):
            own = slice(k * size, (k + 1) * size)
            g, h = cache.gamma[own, None, None] * dy[i, own], cache.xhat[i, own]
            dx[i, own] = cache.inv_std[i, k] * (g - g.mean() - h * (g * h).mean())
    dgamma = [float((dy[:, j] * cache.xhat[:, j]).sum()) for j in range(c)]
    return dx, dgamma, [float(dy[:, j].sum()) for j in range(c)]


@exercise.alternative
def rows(dy, cache):
    n, groups = cache.inv_std.shape[:2]
    g = (dy * cache.gamma[:, None, None]).reshape(n * groups, -1)
    h = cache.xhat.reshape(n * groups, -1)
    m = g.shape[1]
    inner = m * g - g.sum(axis=1, keepdims=True) - h * (g * h).sum(axis=1, keepdims=True)
    dx = (cache.inv_std.reshape(-1, 1) / m * inner).reshape(dy.shape)
    return dx, (dy * cache.xhat).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


@exercise.alternative
def einsum(dy, cache):
    n, groups = cache.inv_std.shape[:2]
    g = np.einsum("nchw,c->nchw", dy, cache.gamma).reshape(n, groups, -1)
    h, m = cache.xhat.reshape(n, groups, -1), g.shape[-1]
    along = np.einsum("ngm,ngm->ng", g, h) / m
    inner = g - g.mean(axis=2, keepdims=True) - np.einsum("ngm,ng->ngm", h, along)
    dx = np.einsum("ngm,ng->ngm", inner, cache.inv_std.reshape(n, groups)).reshape(dy.shape)
    return dx, np.einsum("nchw,nchw->c", dy, cache.xhat), np.einsum("nchw->c", dy)


@exercise.alternative
def staged(dy, cache):
    x, xhat, mean, inv_std, gamma = cache
    shape = (len(x), inv_std.shape[1], -1, *x.shape[2:])
    centred = x.reshape(shape) - mean
    dxhat = (dy * gamma[:, None, None]).reshape(shape)
    dvar = (dxhat * centred).sum(axis=(2, 3, 4), keepdims=True) * -0.5 * inv_std**3
    dcentred = dxhat * inv_std + dvar * 2 * centred / centred[0, 0].size
    dx = dcentred - dcentred.mean(axis=(2, 3, 4), keepdims=True)
    return dx.reshape(x.shape), (dy * xhat).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


@exercise.alternative
def single_precision(dy, cache):
    return backward(dy.astype(np.float32), type(cache)(*(a.astype(np.float32) for a in cache)))
