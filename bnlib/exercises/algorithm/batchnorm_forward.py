"""Exercise: the whole forward pass of batch norm on (N, D)."""

import numpy as np

from bnlib.cache import Cache
from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.faults import AFFINE, NORMALIZING, normalize
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import (
    OFFSET_SINGLE,
    eps_batch,
    offset_batch,
    ordinary,
    two_rows,
    wide_batch,
)


def given_forward(x, gamma, beta, eps):
    """A right forward pass with the documented cache."""
    mean = x.mean(axis=0)
    xhat = normalize(x, eps)
    inv_std = 1 / np.sqrt(((x - mean) ** 2).mean(axis=0) + eps)
    return gamma * xhat + beta, Cache(x, xhat, mean, inv_std, gamma)


exercise = Exercise(
    name="batchnorm_forward",
    notebook="04_algorithm",
    title="Batch norm, forward",
    difficulty=2,
    minutes=15,
    section=sections.AFFINE,
    parameters=("x", "gamma", "beta", "eps"),
    returns=("y", "cache"),
    opaque=("cache",),
    reference=given_forward,
    uses=("standardize_batch",),
    example=lambda rng: ordinary(rng, (6, 3)),
)


def _judge(student, batch):
    x, gamma, beta, eps, given = batch
    y, _ = student(x, gamma, beta, eps)
    expect("y", y, given_forward(x, gamma, beta, eps)[0], given)


@exercise.check("y is the normalized batch, scaled by gamma and shifted by beta", points=3)
def formula(student, rng, others):
    _judge(student, wide_batch(rng, (7, 4)))


@exercise.check("eps is added to the variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    _judge(student, eps_batch(rng, (6, 3)))


@exercise.check("two rows are enough, and a constant feature leaves as beta", 1, sections.EPS)
def degenerate(student, rng, others):
    _judge(student, two_rows(rng, 3))


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    x, gamma, beta, eps, given = offset_batch(rng, (6, 4))
    y, _ = student(x, gamma, beta, eps)
    expect_digits("y", y, given_forward(x, gamma, beta, eps)[0], given, OFFSET_SINGLE)


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    batch = wide_batch(rng, (5, 3))
    changed = student.changed_arguments(*batch[:4])
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, batch)


def _with(step):
    def forward(x, gamma, beta, eps):
        return gamma * step(x, eps) + beta, None

    return forward


def _then(step):
    def forward(x, gamma, beta, eps):
        return step(x, normalize(x, eps), gamma, beta), None

    return forward


for fault in NORMALIZING:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(_with(fault.function))
for fault in AFFINE:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(_then(fault.function))


@exercise.mistake(
    "changes-x",
    "You work on x in place, and the caller's batch is changed. Let the first step make a new "
    "array.",
    source="students' repositories",
)
def changes_x(x, gamma, beta, eps):
    x -= x.mean(axis=0)
    return gamma * x / np.sqrt(x.var(axis=0) + eps) + beta, None


@exercise.mistake(
    "y-only",
    "You return y alone. The backward pass needs what the forward pass computed: return "
    "(y, cache).",
)
def y_only(x, gamma, beta, eps):
    return given_forward(x, gamma, beta, eps)[0]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(x, gamma, beta, eps):
    given_forward(x, gamma, beta, eps)


@exercise.alternative
def loops(x, gamma, beta, eps):
    y = np.empty(x.shape)
    for j in range(x.shape[1]):
        mean = sum(x[:, j]) / len(x)
        var = sum((v - mean) ** 2 for v in x[:, j]) / len(x)
        for i in range(len(x)):
            y[i, j] = gamma[j] * (x[i, j] - mean) / (var + eps) ** 0.5 + beta[j]
    return y, {"x": x, "gamma": gamma, "eps": eps}


@exercise.alternative
def einsum(x, gamma, beta, eps):
    centered = x - np.einsum("nd->d", x) / len(x)
    inv_std = (np.einsum("nd,nd->d", centered, centered) / len(x) + eps) ** -0.5
    return np.einsum("nd,d,d->nd", centered, inv_std, gamma) + beta, (centered, inv_std, gamma)


@exercise.alternative
def one_affine_map(x, gamma, beta, eps):
    mean, scale = x.mean(axis=0), gamma / np.sqrt(x.var(axis=0) + eps)
    return x * scale + (beta - mean * scale), None


@exercise.alternative
def lists(x, gamma, beta, eps):
    y, cache = given_forward(x, gamma, beta, eps)
    return [y.tolist(), cache]


@exercise.alternative
def single_precision(x, gamma, beta, eps):
    x, gamma, beta = (a.astype(np.float32) for a in (x, gamma, beta))
    xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + np.float32(eps))
    return gamma * xhat + beta, xhat
