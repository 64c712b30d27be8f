"""Exercise: the backward pass for images."""

import numpy as np

from bnlib.cache import Cache
from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import NotAttempted, Raised, TimedOut, Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.batchnorm_forward import given_forward
from bnlib.exercises.algorithm.batchnorm_forward_spatial import (
    given_forward_spatial,
    to_images,
    to_rows,
)
from bnlib.exercises.backward.faults import DGAMMA_OF_X, DX, PARAMETERS, backward
from bnlib.exercises.backward.judging import NAMES, call_twice, judge, run_forward
from bnlib.exercises.inputs import eps_batch, ordinary, wide_batch

INHERITED = (
    "Equal to your own batchnorm_backward on the rows. What is wrong there is reported there and "
    "costs nothing here."
)


def _on_rows(step):
    """A backward pass of (N, D) as one of images."""

    def spatial(dy, cache):
        rows = Cache(to_rows(cache.x), to_rows(cache.xhat), *cache[2:])
        dx, dgamma, dbeta = step(to_rows(dy), rows)
        dx = to_images(dx, dy.shape) if dx.size == dy.size else dx
        return dx, dgamma, dbeta

    return spatial


reference = _on_rows(backward)


def example(rng):
    shape = (2, 3, 5, 4)
    return rng.standard_normal(shape), given_forward_spatial(*ordinary(rng, shape))[1]


exercise = Exercise(
    name="batchnorm_backward_spatial",
    notebook="05_backward",
    title="Backward for images",
    difficulty=3,
    minutes=15,
    section=sections.SPATIAL_BACKWARD,
    parameters=("dy", "cache"),
    returns=("dx", "dgamma", "dbeta"),
    reference=reference,
    uses=("batchnorm_forward_spatial", "batchnorm_forward", "batchnorm_backward"),
    example=example,
)


def _judge(student, others, batch, dy, names):
    own = others.get("batchnorm_forward_spatial")
    start = len(student.record)
    try:
        return judge(student, own, given_forward_spatial, reference, batch, dy, names)
    except Wrong:
        told = student.record[start:]
        caches = [given_forward_spatial(*batch[:4])]
        forward = run_forward(own, batch)
        for _, cache in [forward, *caches] if forward else caches:
            if _inherits(student, others, batch, dy, cache, names):
                return INHERITED
        student.record[start:] = told
        raise


def _inherits(student, others, batch, dy, cache, names) -> bool:
    """Whether the answer is what the student's own batchnorm_backward makes of the rows."""
    for inherited in _through_own(others, batch, dy):
        try:
            for name, got, want in zip(NAMES, student(dy, cache), inherited, strict=True):
                if name in names:
                    expect(name, got, want)
        except (Wrong, Raised, TimedOut):
            continue
        return True
    return False


def _through_own(others, batch, dy):
    """What the student's batchnorm_backward makes of the rows, with its own and the given cache."""
    x = batch.x
    own = others.get("batchnorm_backward")
    rows = batch._replace(x=to_rows(x))
    forwards = [run_forward(others.get("batchnorm_forward"), rows), given_forward(*rows[:4])]
    for forward in forwards if own is not None else ():
        if forward is None:
            continue
        try:
            dx, dgamma, dbeta = map(as_array, NAMES, own(to_rows(dy), forward[1]))
        except (Wrong, NotAttempted, Raised, TimedOut):
            continue
        if dx.shape == to_rows(x).shape:
            yield to_images(dx, x.shape), dgamma, dbeta


def _check(sentence, points, batch, shape, names, section=None):
    @exercise.check(sentence, points, section)
    def test(student, rng, others):
        drawn = batch(rng, shape)
        return _judge(student, others, drawn, rng.standard_normal(shape), names)


_check("dx goes through a channel's mean and variance", 2, wide_batch, (3, 4, 5, 2), ("dx",))
_check("dgamma is one number a channel", 1, wide_batch, (2, 3, 4, 5), ("dgamma",))
_check("dbeta is one number a channel", 1, wide_batch, (2, 3, 4, 5), ("dbeta",))
_check("eps is that of the forward pass", 1, eps_batch, (3, 2, 5, 4), ("dx",), sections.STAGED)


@exercise.check("dy and the cache are left as they were; a second call agrees", points=1)
def unchanged(student, rng, others):
    batch = eps_batch(rng, (2, 3, 2, 4))
    dy = rng.standard_normal((2, 3, 2, 4))
    own = others.get("batchnorm_forward_spatial")
    call_twice(student, own, given_forward_spatial, batch, dy)
    return _judge(student, others, batch, dy, ("dgamma", "dbeta"))


# Rows know no images: "keepdims" and the count of features mean something else here.
_HERE = ("keepdims", "dgamma-keepdims", "dbeta-keepdims", "features-counted", "over-features")
for fault in (*DX, *PARAMETERS, *DGAMMA_OF_X):
    if fault.id not in _HERE:
        add = exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)
        add(_on_rows(fault.function))


def _counted(count):
    """The closed form on the rows with another number than N * H * W."""

    def wrong(dy, cache):
        rows, xhat, m = to_rows(dy), to_rows(cache.xhat), count(dy)
        _, dgamma, dbeta = reference(dy, cache)
        dx = cache.gamma * cache.inv_std / m * (m * rows - dbeta - xhat * dgamma)
        return to_images(dx, dy.shape), dgamma, dbeta

    return wrong


def _named(id, advice, function, source=""):
    exercise.mistake(id, advice, source=source)(function)


_COUNT = "A channel's mean is over N * H * W values; that is the number to divide by."
_named(
    "images-counted",
    f"Your dx divides by N. {_COUNT}",
    _counted(lambda dy: dy.shape[0]),
    "students' repositories",
)
_named(
    "positions-counted",
    f"Your dx divides by H * W. {_COUNT}",
    _counted(lambda dy: dy.shape[2] * dy.shape[3]),
    "students' repositories",
)
_named(
    "channels-counted",
    f"Your dx divides by C. {_COUNT}",
    _counted(lambda dy: dy.shape[1]),
    "students' repositories",
)
_named("all-counted", f"Your dx divides by N * C * H * W. {_COUNT}", _counted(lambda dy: dy.size))


@exercise.mistake(
    "keepdims",
    "Your dgamma and dbeta keep the axes they were summed over. Their shape is (C,).",
    source="students' repositories",
)
def keepdims(dy, cache):
    dx, dgamma, dbeta = reference(dy, cache)
    return dx, dgamma.reshape(1, -1, 1, 1), dbeta.reshape(1, -1, 1, 1)


@exercise.mistake(
    "summed-over-batch-only",
    "Your dgamma and dbeta are summed over the images and not over the positions.",
)
def summed_over_batch_only(dy, cache):
    return reference(dy, cache)[0], (dy * cache.xhat).sum(axis=0), dy.sum(axis=0)


@exercise.mistake(
    "per-image",
    "The means in your dx are of each image alone; that is instance norm's backward pass.",
    source="students' repositories",
)
def per_image(dy, cache):
    scale = (cache.gamma * cache.inv_std).reshape(1, -1, 1, 1)
    mean = dy.mean(axis=(2, 3), keepdims=True)
    part = (dy * cache.xhat).mean(axis=(2, 3), keepdims=True)
    return scale * (dy - mean - cache.xhat * part), *reference(dy, cache)[1:]


@exercise.mistake(
    "channels-not-moved",
    "You reshape to (-1, C) while the channels are still axis 1: a column then mixes channels. "
    "Move that axis last first.",
    source="students' repositories",
)
def channels_not_moved(dy, cache):
    c = dy.shape[1]
    flat = Cache(cache.x.reshape(-1, c), cache.xhat.reshape(-1, c), *cache[2:])
    dx, dgamma, dbeta = backward(dy.reshape(-1, c), flat)
    return dx.reshape(dy.shape), dgamma, dbeta


@exercise.mistake(
    "not-moved-back",
    "You reshape the rows of dx straight to (N, C, H, W). Their channels are last: reshape to "
    "(N, H, W, C), then move the axis back.",
)
def not_moved_back(dy, cache):
    dx, dgamma, dbeta = reference(dy, cache)
    return to_rows(dx).reshape(dy.shape), dgamma, dbeta


@exercise.mistake(
    "height-width-exchanged",
    "H and W are exchanged on the way back: the rows are ordered N, H, W.",
    source="students' repositories",
)
def height_width_exchanged(dy, cache):
    dx, dgamma, dbeta = reference(dy, cache)
    n, c, h, w = dy.shape
    return to_rows(dx).reshape(n, w, h, c).transpose(0, 3, 2, 1), dgamma, dbeta


@exercise.mistake("rows-left", "Your dx is still a matrix of rows. Bring it back to (N, C, H, W).")
def rows_left(dy, cache):
    dx, dgamma, dbeta = reference(dy, cache)
    return to_rows(dx), dgamma, dbeta


@exercise.mistake("changes-dy", "You work on dy in place, and the caller's gradient is changed.")
def changes_dy(dy, cache):
    out = reference(dy, cache)
    dy *= cache.gamma.reshape(1, -1, 1, 1)
    return out


@exercise.mistake(
    "changes-cache",
    "You work in place on an array of the cache: a second backward pass finds other numbers.",
)
def changes_cache(dy, cache):
    out = reference(dy, cache)
    cache.xhat[...] *= 2
    return out


@exercise.alternative
def axes(dy, cache):
    over, m = (0, 2, 3), dy.size / dy.shape[1]
    dgamma, dbeta = (dy * cache.xhat).sum(axis=over), dy.sum(axis=over)
    c = (1, -1, 1, 1)
    inner = dy - (dbeta / m).reshape(c) - cache.xhat * (dgamma / m).reshape(c)
    return (cache.gamma * cache.inv_std).reshape(c) * inner, dgamma, dbeta


@exercise.alternative
def channel_loop(dy, cache):
    dx, dgamma, dbeta = np.empty(dy.shape), np.empty(dy.shape[1]), np.empty(dy.shape[1])
    for c in range(dy.shape[1]):
        g, h = dy[:, c], cache.xhat[:, c]
        dgamma[c], dbeta[c] = (g * h).sum(), g.sum()
        dx[:, c] = cache.gamma[c] * cache.inv_std[c] * (g - g.mean() - h * (g * h).mean())
    return dx, dgamma, dbeta


@exercise.alternative
def einsum(dy, cache):
    m = dy.size / dy.shape[1]
    dgamma, dbeta = np.einsum("nchw,nchw->c", dy, cache.xhat), np.einsum("nchw->c", dy)
    inner = dy - np.einsum("nchw,c->nchw", cache.xhat, dgamma / m)
    inner = inner - (dbeta / m)[None, :, None, None]
    return np.einsum("nchw,c->nchw", inner, cache.gamma * cache.inv_std), dgamma, dbeta


@exercise.alternative
def single_precision(dy, cache):
    return axes(dy.astype(np.float32), Cache(*(a.astype(np.float32) for a in cache)))
