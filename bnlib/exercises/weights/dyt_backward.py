"""Exercise: back through dynamic tanh."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.weights.draws import gradient_of, layer_input
from bnlib.exercises.weights.dyt_affine_faults import AFFINE
from bnlib.exercises.weights.dyt_backward_faults import FAULTS, backward
from bnlib.exercises.weights.dyt_faults import given_forward
from bnlib.exercises.weights.judging import Layer, call_twice, judge


def _acts(run, arguments, y):
    """alpha, gamma and beta act, and the curve bends: y = x, or a line, is no answer."""
    x, alpha, gamma, beta = arguments
    changed = (
        run(x, 2 * alpha, gamma, beta),
        run(x, alpha, 2 * gamma, beta),
        run(x, alpha, gamma, 2 * beta),
    )
    middle, far = run(0 * x, alpha, gamma, beta), run(2 * x, alpha, gamma, beta)
    if any(out is None or out.shape != y.shape for out in (*changed, middle, far)):
        return False
    return not any(np.array_equal(out, y) for out in changed) and not np.allclose(
        far - y, y - middle, rtol=1e-3
    )


LAYER = Layer(given_forward, backward, ("dx", "dalpha", "dgamma", "dbeta"), _acts)


def _draw(rng, shape, sign=1.0):
    arguments = layer_input(rng, shape, sign)
    return arguments, gradient_of(rng, arguments[0], arguments[2])


def _example(rng):
    arguments, dy = _draw(rng, (2, 3, 4))
    return dy, given_forward(*arguments)[1]


exercise = Exercise(
    name="dyt_backward",
    notebook="09_alternatives",
    title="Back through dynamic tanh",
    difficulty=3,
    minutes=15,
    section=sections.DYT,
    parameters=("dy", "cache"),
    returns=("dx", "dalpha", "dgamma", "dbeta"),
    reference=backward,
    uses=("dyt",),
    example=_example,
)


def _judge(student, others, drawn, names=()):
    arguments, dy = drawn
    given = f"dy and x of shape {dy.shape}, alpha={arguments[1]:.4g}"
    return judge(student, others.get("dyt"), LAYER, arguments, dy, given, names)


@exercise.check("dx goes through gamma, the slope of the tanh, and alpha", points=2)
def dx(student, rng, others):
    return _judge(student, others, _draw(rng, (7, 4)), ("dx",))


@exercise.check("dalpha is one number, summed over every entry of x", points=2)
def dalpha(student, rng, others):
    return _judge(student, others, _draw(rng, (6, 4)), ("dalpha",))


@exercise.check("dgamma sums dy times the tanh over the batch", points=1)
def dgamma(student, rng, others):
    return _judge(student, others, _draw(rng, (5, 3)), ("dgamma",))


@exercise.check("dbeta sums dy over the batch", points=1)
def dbeta(student, rng, others):
    return _judge(student, others, _draw(rng, (5, 3)), ("dbeta",))


@exercise.check("any number of axes may stand before the features; alpha may be negative", points=1)
def leading_axes(student, rng, others):
    return _judge(student, others, _draw(rng, (2, 5, 3), sign=-1.0))


@exercise.check("dy and the cache are left as they were; a second call agrees", points=1)
def unchanged(student, rng, others):
    arguments, dy = drawn = _draw(rng, (4, 3))
    call_twice(student, others.get("dyt"), LAYER, arguments, dy)
    return _judge(student, others, drawn)


for fault in (*FAULTS, *AFFINE):
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


@exercise.mistake(
    "dgamma-dbeta-exchanged",
    "dgamma and dbeta are exchanged: return them in the order dx, dalpha, dgamma, dbeta.",
)
def exchanged(dy, cache):
    dx, dalpha, dgamma, dbeta = backward(dy, cache)
    return dx, dalpha, dbeta, dgamma


@exercise.mistake(
    "dalpha-last", "Your dalpha comes last. The order is that of the arguments: dalpha after dx."
)
def dalpha_last(dy, cache):
    dx, dalpha, dgamma, dbeta = backward(dy, cache)
    return dx, dgamma, dbeta, dalpha


@exercise.mistake(
    "dalpha-not-returned",
    "You return three gradients. alpha is learned too: return (dx, dalpha, dgamma, dbeta).",
)
def dalpha_not_returned(dy, cache):
    dx, _, dgamma, dbeta = backward(dy, cache)
    return dx, dgamma, dbeta


@exercise.mistake("dx-only", "You return dx alone. Return all four: (dx, dalpha, dgamma, dbeta).")
def dx_only(dy, cache):
    return backward(dy, cache)[0]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(dy, cache):
    backward(dy, cache)


@exercise.mistake("changes-dy", "You work on dy in place, and the caller's gradient is changed.")
def changes_dy(dy, cache):
    out = backward(dy, cache)
    dy *= cache.gamma
    return out


@exercise.mistake(
    "changes-cache",
    "You work in place on an array of the cache: a second backward pass finds other numbers.",
    source="students' repositories",
)
def changes_cache(dy, cache):
    out = backward(dy, cache)
    cache.tanh[...] **= 2
    return out


@exercise.alternative
def staged(dy, cache):
    x, tanh, alpha, gamma = cache
    rows = tuple(range(dy.ndim - 1))
    dtanh = gamma * dy
    dz = dtanh - dtanh * tanh * tanh
    return dz * alpha, np.vdot(dz, x), np.sum(dy * tanh, axis=rows), np.sum(dy, axis=rows)


@exercise.alternative
def by_the_cosine(dy, cache):
    x, _, alpha, gamma = cache
    z = alpha * x
    dz = dy * gamma / np.cosh(z) ** 2
    flat, squashed = dy.reshape(-1, dy.shape[-1]), np.tanh(z).reshape(-1, dy.shape[-1])
    return alpha * dz, float(np.sum(dz * x)), (flat * squashed).sum(0), flat.sum(0)


@exercise.alternative
def einsum(dy, cache):
    x, tanh, alpha, gamma = cache
    slope = (1 - tanh) * (1 + tanh)
    return (
        np.einsum("...d,...d,d->...d", dy, slope, alpha * gamma),
        np.einsum("nd,nd,nd,d->", *(a.reshape(-1, a.shape[-1]) for a in (dy, slope, x)), gamma),
        np.einsum("nd,nd->d", *(a.reshape(-1, a.shape[-1]) for a in (dy, tanh))),
        np.einsum("nd->d", dy.reshape(-1, dy.shape[-1])),
    )


@exercise.alternative
def loops(dy, cache):
    x, tanh, alpha, gamma = cache
    dx, dalpha = np.zeros(dy.shape), 0.0
    dgamma, dbeta = np.zeros(len(gamma)), np.zeros(len(gamma))
    for index in np.ndindex(*dy.shape):
        inner = dy[index] * gamma[index[-1]] * (1 - tanh[index] ** 2)
        dx[index] = inner * alpha
        dalpha += inner * x[index]
        dgamma[index[-1]] += dy[index] * tanh[index]
        dbeta[index[-1]] += dy[index]
    return dx, dalpha, dgamma, dbeta


@exercise.alternative
def lists(dy, cache):
    dx, dalpha, dgamma, dbeta = backward(dy, cache)
    return [dx.tolist(), float(dalpha), list(dgamma), list(dbeta)]


@exercise.alternative
def single_precision(dy, cache):
    x, tanh, alpha, gamma = cache
    x, tanh, gamma = (a.astype(np.float32) for a in (x, tanh, gamma))
    return backward(dy.astype(np.float32), type(cache)(x, tanh, np.float32(alpha), gamma))
