"""Exercise: RMS norm of (..., D), backward."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.alternatives import inputs
from bnlib.exercises.alternatives.backward_checks import BackwardChecks
from bnlib.exercises.alternatives.faults import add
from bnlib.exercises.alternatives.gradient_faults import add_state_mistakes
from bnlib.exercises.alternatives.inputs import scale_batch
from bnlib.exercises.alternatives.rms_faults import given_forward as forward
from bnlib.exercises.alternatives.rms_gradient_faults import RMS_GRADIENT, backward


def example(rng):
    x, gamma, eps, _ = scale_batch(rng, (4, 3, 5), inputs.VISIBLE)
    return rng.standard_normal(x.shape), forward(x, gamma, eps)[1]


exercise = Exercise(
    name="rms_norm_backward",
    notebook="09_alternatives",
    title="RMS norm, backward",
    difficulty=3,
    minutes=15,
    section=sections.PROJECTION,
    parameters=("dy", "cache"),
    returns=("dx", "dgamma"),
    reference=backward,
    uses=("rms_norm",),
    example=example,
)

checks = BackwardChecks(exercise, "rms_norm", forward)
checks.add(
    "dx goes through each example's root mean square, gamma inside",
    3,
    lambda rng: scale_batch(rng, (7, 4), inputs.WIDE),
    ("dx",),
)
checks.add(
    "dgamma sums dy * xhat over the examples",
    1,
    lambda rng: scale_batch(rng, (5, 3), inputs.WIDE),
    ("dgamma",),
)
checks.add(
    "sequences of vectors (N, T, D)",
    1,
    lambda rng: scale_batch(rng, (3, 4, 5), inputs.WIDE),
    ("dx", "dgamma"),
)
checks.add(
    "eps is that of the forward pass",
    1,
    lambda rng: scale_batch(rng, (6, 3), inputs.VISIBLE),
    ("dx",),
    sections.EPS,
)
checks.add_unchanged(lambda rng: scale_batch(rng, (4, 3), inputs.VISIBLE))


for fault in RMS_GRADIENT:
    add(exercise, fault)
add_state_mistakes(exercise, backward)


@exercise.alternative
def staged(dy, cache):
    x, xhat, _, inv_rms, gamma = cache
    d = x.shape[-1]
    dxhat = dy * gamma
    dinv_rms = (dxhat * x).sum(axis=-1, keepdims=True)
    dmean_square = -0.5 * inv_rms**3 * dinv_rms
    dx = dxhat * inv_rms + dmean_square * 2 * x / d
    return dx, (dy * xhat).reshape(-1, d).sum(axis=0)


@exercise.alternative
def einsum(dy, cache):
    d = dy.shape[-1]
    g = np.einsum("...d,d->...d", dy, cache.gamma)
    along = np.einsum("...d,...d->...", g, cache.xhat)[..., None] / d
    dgamma = np.einsum("nd,nd->d", dy.reshape(-1, d), cache.xhat.reshape(-1, d))
    return (g - cache.xhat * along) * cache.inv_std, dgamma


@exercise.alternative
def jacobian(dy, cache):
    d, dx = dy.shape[-1], np.empty(dy.shape)
    for index in np.ndindex(*dy.shape[:-1]):
        h = cache.xhat[index]
        matrix = cache.inv_std[index] * (np.eye(d) - np.outer(h, h) / d)
        dx[index] = matrix @ (cache.gamma * dy[index])
    return dx, np.sum(dy * cache.xhat, axis=tuple(range(dy.ndim - 1)))


@exercise.alternative
def from_x(dy, cache):
    x, d = cache.x, dy.shape[-1]
    inv = cache.inv_std
    g = dy * cache.gamma
    dx = inv * g - x * inv**3 * (g * x).sum(axis=-1, keepdims=True) / d
    dgamma = (dy * x * inv).reshape(-1, d).sum(axis=0)
    return dx.tolist(), dgamma.tolist()


@exercise.alternative
def single_precision(dy, cache):
    return backward(dy.astype(np.float32), type(cache)(*(a.astype(np.float32) for a in cache)))
