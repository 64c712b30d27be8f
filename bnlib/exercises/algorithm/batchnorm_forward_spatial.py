"""Exercise: batch norm of images, one mean and variance a channel."""

from functools import partial

import numpy as np

from bnlib.cache import Cache
from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import NotAttempted, Raised, TimedOut, Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.batchnorm_forward import given_forward
from bnlib.exercises.algorithm.faults import AFFINE, NORMALIZING, normalize
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE, eps_batch, offset_batch, ordinary, wide_batch


def to_rows(x):
    """(N, C, H, W) to (N*H*W, C): channels last, then every position is a row."""
    return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])


def to_images(rows, shape):
    """Back again: (N*H*W, C) to (N, C, H, W) of that shape."""
    n, c, h, w = shape
    return rows.reshape(n, h, w, c).transpose(0, 3, 1, 2)


def given_forward_spatial(x, gamma, beta, eps):
    """A right forward pass with the documented cache, xhat in the shape of x."""
    y, cache = given_forward(to_rows(x), gamma, beta, eps)
    xhat = to_images(cache.xhat, x.shape)
    return to_images(y, x.shape), Cache(x, xhat, cache.mean, cache.inv_std, gamma)


exercise = Exercise(
    name="batchnorm_forward_spatial",
    notebook="04_algorithm",
    title="Batch norm of images, forward",
    difficulty=3,
    minutes=15,
    section=sections.AXES,
    parameters=("x", "gamma", "beta", "eps"),
    returns=("y", "cache"),
    opaque=("cache",),
    reference=given_forward_spatial,
    uses=("standardize_batch", "batchnorm_forward"),
    example=lambda rng: ordinary(rng, (2, 3, 5, 4)),
)

INHERITED = (
    "Equal to your own batchnorm_forward, channel by channel. What is wrong there is reported "
    "there and costs nothing here."
)


def _judge(student, others, batch, compare=expect):
    x, gamma, beta, eps, given = batch
    y, _ = student(x, gamma, beta, eps)
    want, _ = given_forward_spatial(x, gamma, beta, eps)
    try:
        compare("y", y, want, given)
    except Wrong:
        own = _through_own(others, x, gamma, beta, eps)
        if own is None:
            raise
        try:
            expect("y", y, own, given)
        except Wrong:
            pass
        else:
            return INHERITED
        raise
    return None


def _through_own(others, x, gamma, beta, eps):
    """What the student's batchnorm_forward makes of the rows, or None where it does not run."""
    forward = others.get("batchnorm_forward")
    if forward is None:
        return None
    try:
        y = as_array("y", forward(to_rows(x), gamma, beta, eps)[0])
    except (Wrong, NotAttempted, Raised, TimedOut):
        return None
    return to_images(y, x.shape) if np.shape(y) == to_rows(x).shape else None


@exercise.check("one mean and one variance a channel, over N, H and W", points=3)
def formula(student, rng, others):
    return _judge(student, others, wide_batch(rng, (3, 4, 5, 2)))


@exercise.check("eps is added to the variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    return _judge(student, others, eps_batch(rng, (2, 3, 5, 4)))


@exercise.check("one image is enough, and a constant channel leaves as beta", 1, sections.EPS)
def one_image(student, rng, others):
    batch = wide_batch(rng, (1, 3, 4, 2))
    batch.x[:, 1] = 1.5
    given = "x of shape (1, 3, 4, 2), channel 1 constant, eps=1e-05"
    return _judge(student, others, batch._replace(eps=1e-5, given=given))


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    digits = partial(expect_digits, single=OFFSET_SINGLE)
    return _judge(student, others, offset_batch(rng, (2, 4, 2, 3)), digits)


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    batch = wide_batch(rng, (2, 3, 2, 4))
    changed = student.changed_arguments(*batch[:4])
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    return _judge(student, others, batch)


def _per_channel(v):
    return np.asarray(v).reshape(1, -1, 1, 1)


def _over(axes):
    def forward(x, gamma, beta, eps):
        mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
        xhat = (x - mean) / np.sqrt(var + eps)
        return _per_channel(gamma) * xhat + _per_channel(beta), None

    return forward


exercise.mistake(
    "pixel-over-batch",
    "Your statistics are of each pixel over the images. A channel has one mean and one variance, "
    "over the images and all positions.",
    source="students' repositories",
)(_over((0,)))
exercise.mistake(
    "per-image",
    "Your statistics are of each image alone; that is instance norm. A channel's mean and "
    "variance are over all images of the batch too.",
    source="students' repositories",
)(_over((2, 3)))
exercise.mistake(
    "layer-norm",
    "Your statistics are of each image over all of its channels; that is layer norm.",
)(_over((1, 2, 3)))
exercise.mistake(
    "over-height-only",
    "Your statistics leave out the last axis: each column of the image has its own.",
)(_over((0, 2)))
exercise.mistake(
    "over-width-only",
    "Your statistics leave out the third axis: each row of the image has its own.",
)(_over((0, 3)))
exercise.mistake(
    "axes-of-another-layout",
    "Your statistics are over axes 0, 1 and 2, as for images with channels last. Here the "
    "channels are axis 1.",
)(_over((0, 1, 2)))


@exercise.mistake(
    "channels-not-moved",
    "You reshape to (-1, C) while the channels are still axis 1: a column then mixes channels. "
    "Move that axis last first.",
    source="students' repositories",
)
def channels_not_moved(x, gamma, beta, eps):
    y, _ = given_forward(x.reshape(-1, x.shape[1]), gamma, beta, eps)
    return y.reshape(x.shape), None


@exercise.mistake(
    "not-moved-back",
    "You reshape the rows straight to (N, C, H, W). Their channels are last: reshape to "
    "(N, H, W, C), then move the axis back.",
)
def not_moved_back(x, gamma, beta, eps):
    y, _ = given_forward(to_rows(x), gamma, beta, eps)
    return y.reshape(x.shape), None


@exercise.mistake(
    "height-width-exchanged",
    "H and W are exchanged on the way back: the rows are ordered N, H, W.",
    source="students' repositories",
)
def height_width_exchanged(x, gamma, beta, eps):
    n, c, h, w = x.shape
    y, _ = given_forward(to_rows(x), gamma, beta, eps)
    return y.reshape(n, w, h, c).transpose(0, 3, 2, 1), None


@exercise.mistake(
    "channels-left-last",
    "Your y has its channels last. Move them back to axis 1.",
)
def channels_left_last(x, gamma, beta, eps):
    y, _ = given_forward(to_rows(x), gamma, beta, eps)
    n, c, h, w = x.shape
    return y.reshape(n, h, w, c), None


@exercise.mistake(
    "rows-left",
    "Your y is still a matrix of rows. Bring it back to the shape of x.",
)
def rows_left(x, gamma, beta, eps):
    return given_forward(to_rows(x), gamma, beta, eps)


@exercise.mistake(
    "changes-x",
    "You work on x in place, and the caller's images are changed. Let the first step make a new "
    "array.",
)
def changes_x(x, gamma, beta, eps):
    x -= x.mean(axis=(0, 2, 3), keepdims=True)
    xhat = x / np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps)
    return _per_channel(gamma) * xhat + _per_channel(beta), None


def _with(step):
    def forward(x, gamma, beta, eps):
        return to_images(gamma * step(to_rows(x), eps) + beta, x.shape), None

    return forward


def _then(step):
    def forward(x, gamma, beta, eps):
        rows = to_rows(x)
        return to_images(step(rows, normalize(rows, eps), gamma, beta), x.shape), None

    return forward


for fault in NORMALIZING:
    # Over the rows that is each position over its channels, another fault than in (N, D).
    if fault.id != "features-of-each-example":
        add = exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)
        add(_with(fault.function))
for fault in AFFINE:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(_then(fault.function))


@exercise.alternative
def channel_loop(x, gamma, beta, eps):
    y = np.empty(x.shape)
    for c in range(x.shape[1]):
        channel = x[:, c]
        y[:, c] = gamma[c] * (channel - channel.mean()) / np.sqrt(channel.var() + eps) + beta[c]
    return y, None


@exercise.alternative
def axes(x, gamma, beta, eps):
    return _over((0, 2, 3))(x, gamma, beta, eps)


@exercise.alternative
def einsum(x, gamma, beta, eps):
    m = x.size / x.shape[1]
    centered = x - _per_channel(np.einsum("nchw->c", x) / m)
    inv_std = (np.einsum("nchw,nchw->c", centered, centered) / m + eps) ** -0.5
    return np.einsum("nchw,c->nchw", centered, inv_std * gamma) + _per_channel(beta), None


@exercise.alternative
def single_precision(x, gamma, beta, eps):
    x, gamma, beta = (a.astype(np.float32) for a in (x, gamma, beta))
    return _over((0, 2, 3))(x, gamma, beta, np.float32(eps))
