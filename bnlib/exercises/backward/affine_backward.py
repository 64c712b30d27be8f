"""Exercise: back through y = gamma * xhat + beta."""

import numpy as np

from bnlib.cache import Cache
from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.backward.faults import PARAMETERS
from bnlib.exercises.inputs import signed


def reference(dy, xhat, gamma):
    return dy * gamma, (dy * xhat).sum(axis=0), dy.sum(axis=0)


exercise = Exercise(
    name="affine_backward",
    notebook="05_backward",
    title="Back through the scale and shift",
    difficulty=2,
    minutes=10,
    section=sections.STAGED,
    parameters=("dy", "xhat", "gamma"),
    returns=("dxhat", "dgamma", "dbeta"),
    example=lambda rng: _draw(rng, 5, 3),
    reference=reference,
)


def _draw(rng, n, d):
    return rng.standard_normal((n, d)), rng.standard_normal((n, d)), signed(rng, 0.5, 2.0, d)


def _judge(student, rng, name, position):
    arguments = _draw(rng, 5, 3)
    expect(
        name,
        student(*arguments)[position],
        reference(*arguments)[position],
        "dy and xhat of shape (5, 3)",
    )


@exercise.check("dxhat is dy, scaled by gamma", points=1)
def dxhat(student, rng, others):
    _judge(student, rng, "dxhat", 0)


@exercise.check("dgamma weighs dy with xhat and sums over the batch", points=1)
def dgamma(student, rng, others):
    _judge(student, rng, "dgamma", 1)


@exercise.check("dbeta sums dy over the batch", points=1)
def dbeta(student, rng, others):
    _judge(student, rng, "dbeta", 2)


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    arguments = _draw(rng, 4, 2)
    changed = student.changed_arguments(*arguments)
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    names = ("dxhat", "dgamma", "dbeta")
    for name, got, want in zip(names, student(*arguments), reference(*arguments), strict=True):
        expect(name, got, want, "dy and xhat of shape (4, 2)")


def _of_parameters(step):
    def wrong(dy, xhat, gamma):
        nothing = np.zeros(dy.shape[1])
        _, dgamma, dbeta = step(dy, Cache(xhat, xhat, nothing, nothing + 1, gamma))
        return dy * gamma, dgamma, dbeta

    return wrong


for fault in PARAMETERS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(
        _of_parameters(fault.function)
    )


def _mistake(id, advice, dxhat):
    exercise.mistake(id, advice)(
        lambda dy, xhat, gamma: (dxhat(dy, xhat, gamma), *reference(dy, xhat, gamma)[1:])
    )


_mistake(
    "gamma-lost",
    "Your dxhat is dy itself. y holds gamma * xhat, so gamma multiplies the gradient.",
    lambda dy, xhat, gamma: dy.copy(),
)
_mistake(
    "divided-by-gamma",
    "You divide dy by gamma. The derivative of gamma * xhat by xhat is gamma.",
    lambda dy, xhat, gamma: dy / gamma,
)
_mistake(
    "xhat-in-dxhat",
    "Your dxhat holds a factor xhat. The derivative of gamma * xhat by xhat is gamma alone.",
    lambda dy, xhat, gamma: dy * gamma * xhat,
)
_mistake(
    "dxhat-summed",
    "Your dxhat is summed over the batch. Each row has its own gradient.",
    lambda dy, xhat, gamma: (dy * gamma).sum(axis=0),
)


@exercise.mistake("changes-dy", "You multiply dy in place, and the caller's gradient is changed.")
def changes_dy(dy, xhat, gamma):
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    dy *= gamma
    return dy, dgamma, dbeta


@exercise.alternative
def loops(dy, xhat, gamma):
    dxhat, dgamma, dbeta = np.zeros(dy.shape), np.zeros(len(gamma)), np.zeros(len(gamma))
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            dxhat[i, j] = dy[i, j] * gamma[j]
            dgamma[j] += dy[i, j] * xhat[i, j]
            dbeta[j] += dy[i, j]
    return dxhat, dgamma, dbeta


@exercise.alternative
def einsum(dy, xhat, gamma):
    return (
        np.einsum("nd,d->nd", dy, gamma),
        np.einsum("nd,nd->d", dy, xhat),
        np.einsum("nd->d", dy),
    )


@exercise.alternative
def matrices(dy, xhat, gamma):
    return dy @ np.diag(gamma), np.diag(xhat.T @ dy), np.ones(len(dy)) @ dy


@exercise.alternative
def single_precision(dy, xhat, gamma):
    return reference(*(a.astype(np.float32) for a in (dy, xhat, gamma)))
