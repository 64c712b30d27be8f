"""Exercise: instance norm of (N, C, H, W), backward."""

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
from bnlib.exercises.alternatives.gradients import backward, counted, over, with_dx
from bnlib.exercises.alternatives.inputs import batch
from bnlib.exercises.alternatives.instance_norm import reference as forward
from bnlib.exercises.alternatives.layouts import INSTANCE


def example(rng):
    x, gamma, beta, eps, _ = batch(rng, (3, 4, 5, 2), inputs.VISIBLE)
    return rng.standard_normal(x.shape), forward(x, gamma, beta, eps)[1]


exercise = Exercise(
    name="instance_norm_backward",
    notebook="09_alternatives",
    title="Instance norm, backward",
    difficulty=3,
    minutes=15,
    section=sections.PROJECTION,
    parameters=("dy", "cache"),
    returns=("dx", "dgamma", "dbeta"),
    reference=backward,
    uses=("instance_norm", "normalize"),
    example=example,
)

checks = BackwardChecks(exercise, "instance_norm", forward)
checks.add(
    "dx goes through the mean and variance of each image's channel",
    3,
    lambda rng: batch(rng, (3, 4, 6, 5), inputs.WIDE),
    ("dx",),
)
checks.add(
    "dgamma is one number a channel, summed over images and positions",
    1,
    lambda rng: batch(rng, (2, 3, 4, 5), inputs.WIDE),
    ("dgamma",),
)
checks.add(
    "dbeta is one number a channel, summed over images and positions",
    1,
    lambda rng: batch(rng, (2, 3, 4, 5), inputs.WIDE),
    ("dbeta",),
)
checks.add(
    "eps is that of the forward pass",
    1,
    lambda rng: batch(rng, (3, 2, 5, 4), inputs.VISIBLE),
    ("dx",),
    sections.EPS,
)
checks.add_unchanged(lambda rng: batch(rng, (2, 3, 5, 4), inputs.VISIBLE))

add_backward_mistakes(exercise, INSTANCE, "(C,)", "(1, C, 1, 1)", "channel")

_COUNT = (
    "The mean was taken over the H * W positions of a channel; that is the number to divide by."
)
for fault in (
    Fault(
        "over-the-batch",
        "The means in your dx are over all images; that is batch norm's backward pass. Here each "
        "image stands alone.",
        with_dx(over((0, 2, 3))),
        source=STUDENTS,
    ),
    Fault(
        "over-the-channels",
        "The means in your dx are over the channels too; that is layer norm's backward pass.",
        with_dx(over((1, 2, 3))),
        source=STUDENTS,
    ),
    Fault(
        "images-counted",
        f"Your dx divides by N. {_COUNT}",
        with_dx(counted(lambda dy: dy.shape[0])),
        source=STUDENTS,
    ),
    Fault(
        "batch-counted",
        f"Your dx divides by N * H * W. {_COUNT}",
        with_dx(counted(lambda dy: dy.size // dy.shape[1])),
        source=STUDENTS,
    ),
    Fault(
        "channels-counted",
        f"Your dx divides by C. {_COUNT}",
        with_dx(counted(lambda dy: dy.shape[1])),
        source=STUDENTS,
    ),
    Fault(
        "height-counted",
        f"Your dx divides by H. {_COUNT}",
        with_dx(counted(lambda dy: dy.shape[2])),
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
    n, c, _, _ = dy.shape
    dx, dgamma, dbeta = np.empty(dy.shape), np.zeros(c), np.zeros(c)
    inv_std = cache.inv_std.reshape(n, c)
    for i in range(n):
        for j in range(c):
            g, h = dy[i, j], cache.xhat[i, j]
            dgamma[j] += (g * h).sum()
            dbeta[j] += g.sum()
            dx[i, j] = cache.gamma[j] * inv_std[i, j] * (g - g.mean() - h * (g * h).mean())
    return dx, dgamma, dbeta


@exercise.alternative
def rows(dy, cache):
    n, c, h, w = dy.shape
    g, xhat = dy.reshape(n * c, h * w), cache.xhat.reshape(n * c, h * w)
    dbeta, dgamma = g.sum(axis=1, keepdims=True), (g * xhat).sum(axis=1, keepdims=True)
    scale = np.tile(cache.gamma, n)[:, None] * cache.inv_std.reshape(-1, 1) / (h * w)
    dx = scale * (h * w * g - dbeta - xhat * dgamma)
    return dx.reshape(dy.shape), dgamma.reshape(n, c).sum(axis=0), dbeta.reshape(n, c).sum(axis=0)


@exercise.alternative
def einsum(dy, cache):
    m = dy.shape[2] * dy.shape[3]
    mean = np.einsum("nchw->nc", dy) / m
    along = np.einsum("nchw,nchw->nc", dy, cache.xhat) / m
    inner = dy - mean[:, :, None, None] - np.einsum("nchw,nc->nchw", cache.xhat, along)
    dx = np.einsum("nchw,c->nchw", inner * cache.inv_std, cache.gamma)
    return dx, m * along.sum(axis=0), m * mean.sum(axis=0)


@exercise.alternative
def staged(dy, cache):
    x, xhat, mean, inv_std, gamma = cache
    m = dy.shape[2] * dy.shape[3]
    centred, dxhat = x - mean, dy * gamma[:, None, None]
    dvar = (dxhat * centred).sum(axis=(2, 3), keepdims=True) * -0.5 * inv_std**3
    dcentred = dxhat * inv_std + dvar * 2 * centred / m
    dx = dcentred - dcentred.mean(axis=(2, 3), keepdims=True)
    return dx, (dy * xhat).sum(axis=(0, 2, 3)), dy.sum(axis=(0, 2, 3))


@exercise.alternative
def single_precision(dy, cache):
    return backward(dy.astype(np.float32), type(cache)(*(a.astype(np.float32) for a in cache)))
