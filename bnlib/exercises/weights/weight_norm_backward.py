"""Exercise: the gradient of a length and of a direction."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.weights.draws import units
from bnlib.exercises.weights.judging import Layer, call_twice, judge
from bnlib.exercises.weights.weight_norm_backward_faults import FAULTS, along, backward
from bnlib.exercises.weights.weight_norm_faults import given_forward, incoming


def _acts(run, arguments, w):
    """A unit's weights meet in its length, and g acts: w = v, or w = g * v, is no answer."""
    v, g = arguments
    moved = v.copy()
    moved[0].flat[0] = 10 * np.abs(v).max()
    moved, scaled = run(moved, g), run(v, 2 * g)
    return (
        moved is not None
        and scaled is not None
        and moved.shape == scaled.shape == w.shape
        and not np.array_equal(moved[0].ravel()[1:], w[0].ravel()[1:])
        and not np.array_equal(scaled, w)
    )


LAYER = Layer(given_forward, backward, ("dv", "dg"), _acts)


def _example(rng):
    _, cache = given_forward(*units(rng, (4, 3, 2), 0.5, 5.0))
    return rng.standard_normal((4, 3, 2)), cache


exercise = Exercise(
    name="weight_norm_backward",
    notebook="09_alternatives",
    title="Back through a length and a direction",
    difficulty=4,
    minutes=20,
    section=sections.WEIGHT_LENGTH,
    parameters=("dw", "cache"),
    returns=("dv", "dg"),
    reference=backward,
    uses=("weight_norm",),
    example=_example,
)


def _judge(student, rng, others, shape, names=()):
    arguments, dw = units(rng, shape), rng.standard_normal(shape)
    own = others.get("weight_norm")
    return judge(student, own, LAYER, arguments, dw, f"dw and v of shape {shape}", names)


@exercise.check("dv is orthogonal to v: the part of dw along v is taken out", points=3)
def dv(student, rng, others):
    return _judge(student, rng, others, (4, 3), ("dv",))


@exercise.check("dg is the part of dw along the direction of v", points=1)
def dg(student, rng, others):
    return _judge(student, rng, others, (5, 3), ("dg",))


@exercise.check("the sums run over all axes of a filter", points=1)
def filters(student, rng, others):
    note = _judge(student, rng, others, (5, 3, 2, 4))
    return _judge(student, rng, others, (3, 4, 2)) or note


@exercise.check("dw and the cache are left as they were; a second call agrees", points=1)
def unchanged(student, rng, others):
    arguments, dw = units(rng, (3, 4)), rng.standard_normal((3, 4))
    own = others.get("weight_norm")
    call_twice(student, own, LAYER, arguments, dw)
    return judge(student, own, LAYER, arguments, dw, "dw and v of shape (3, 4)")


for fault in FAULTS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


def _sums(axis):
    """Both sums over one axis of a filter; for a matrix it is the right one."""

    def wrong(dw, cache):
        d, n, g = cache
        dg = (dw * d).sum(axis=axis, keepdims=True)
        return g / n * (dw - d * dg), dg.squeeze(axis)

    return wrong


for _axis, _name in ((-1, "the last axis"), (1, "axis 1")):
    exercise.mistake(
        "sums-over-last-axis" if _axis == -1 else "sums-over-axis-1",
        f"Your sums run over {_name} alone. The weights of a filter lie along three axes, and all "
        "of them count.",
    )(_sums(_axis))


@exercise.mistake("exchanged", "dv and dg are exchanged: return them in the order dv, dg.")
def exchanged(dw, cache):
    return backward(dw, cache)[::-1]


@exercise.mistake(
    "axis-missing",
    "A sum over a unit's weights, of shape (C,), is lined up with the last axis of the direction. "
    "Keep the axes that you sum over, with length 1.",
)
def axis_missing(dw, cache):
    d, n, g = cache
    dg = (dw * d).sum(axis=incoming(dw))
    return g / n * (dw - d * dg), dg


@exercise.mistake("dv-only", "You return dv alone. g is learned too: return (dv, dg).")
def dv_only(dw, cache):
    return backward(dw, cache)[0]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(dw, cache):
    backward(dw, cache)


@exercise.mistake("changes-dw", "You work on dw in place, and the caller's gradient is changed.")
def changes_dw(dw, cache):
    dg = along(dw, cache.direction)
    dw -= cache.direction * dg
    return cache.g / cache.norm * dw, dg.ravel()


@exercise.mistake(
    "changes-cache",
    "You work in place on an array of the cache: a second backward pass finds other numbers.",
    source="students' repositories",
)
def changes_cache(dw, cache):
    out = backward(dw, cache)
    cache.direction[...] *= out[1].reshape(cache.norm.shape)
    return out


@exercise.alternative
def staged(dw, cache):
    direction, norm, g = cache
    v, axes = direction * norm, incoming(dw)
    dnorm = -(dw * g * v).sum(axis=axes, keepdims=True) / norm**2
    return dw * g / norm + dnorm * v / norm, (dw * v / norm).sum(axis=axes)


@exercise.alternative
def published(dw, cache):
    direction, norm, g = cache
    v = direction * norm
    dg = (dw * v).sum(axis=incoming(dw), keepdims=True) / norm
    return g / norm * dw - g * dg / norm**2 * v, dg.reshape(-1)


@exercise.alternative
def jacobian(dw, cache):
    direction, norm, g = cache
    dv, dg = np.empty(dw.shape), np.empty(len(dw))
    for c in range(len(dw)):
        d = direction[c].ravel()
        across = np.eye(d.size) - np.outer(d, d)
        dv[c] = (g[c].item() / norm[c].item() * across @ dw[c].ravel()).reshape(dw[c].shape)
        dg[c] = d @ dw[c].ravel()
    return dv, dg


@exercise.alternative
def einsum(dw, cache):
    direction, norm, g = cache
    dg = np.einsum("cf,cf->c", *(a.reshape(len(a), -1) for a in (dw, direction)))
    dv = dw - np.einsum("c,c...->c...", dg, direction)
    return np.einsum("c,c...->c...", (g / norm).ravel(), dv), dg


@exercise.alternative
def lists(dw, cache):
    dv, dg = backward(dw, cache)
    return [dv.tolist(), list(dg)]


@exercise.alternative
def single_precision(dw, cache):
    return backward(dw.astype(np.float32), type(cache)(*(a.astype(np.float32) for a in cache)))
