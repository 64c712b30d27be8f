"""Exercise: batch norm over parts of a batch."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Raised, Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.faults import normalize
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE, eps_batch, offset_batch, two_rows, wide_batch
from bnlib.exercises.limits.ghost_mistakes import MISTAKES


def reference(x, gamma, beta, groups, eps):
    if len(x) % groups:
        raise ValueError(f"groups must divide N = {len(x)}; got {groups}")
    parts = np.split(x, groups)
    return np.concatenate([gamma * normalize(part, eps) + beta for part in parts])


def example(rng):
    x, gamma, beta, eps, _ = eps_batch(rng, (12, 4))
    return x, gamma, beta, 3, eps


exercise = Exercise(
    name="ghost_batchnorm",
    notebook="08_limits",
    title="Ghost batch norm",
    difficulty=2,
    minutes=15,
    section=sections.SMALL_BATCH,
    parameters=("x", "gamma", "beta", "groups", "eps"),
    returns=("y",),
    reference=reference,
    example=example,
)


def _judge(student, batch, groups, compare=expect, *more):
    x, gamma, beta, eps, given = batch
    want = reference(x, gamma, beta, groups, eps)
    compare("y", student(x, gamma, beta, groups, eps), want, f"{given}, groups={groups}", *more)


@exercise.check("each part of the batch is normalized by itself", points=3)
def formula(student, rng, others):
    # Divisible in every wrong way too, so that a wrong reading gives numbers and not a crash.
    _judge(student, wide_batch(rng, (12, 6)), 3)


@exercise.check("one group is batch norm", 1, sections.NEIGHBOURS)
def one_group(student, rng, others):
    _judge(student, wide_batch(rng, (5, 3)), 1)


@exercise.check("groups that do not divide N raise ValueError", points=1)
def not_divisible(student, rng, others):
    x, gamma, beta, eps, given = wide_batch(rng, (7, 4))
    wanted = f"expected ValueError, for {given}, groups=3"
    student(x[:6], gamma, beta, 3, eps)  # an answer that refuses every batch fails here
    try:
        y = student(x, gamma, beta, 3, eps)
    except Raised as error:
        if error.kind != "ValueError":
            raise Wrong(f"{error.kind} was raised, {wanted}.", "wrong-error") from None
        return
    shape = f"y of shape {y.shape}" if isinstance(y, np.ndarray) else "an answer"
    raise Wrong(f"{shape} came back, {wanted}.", "no-error")


@exercise.check("eps is added to each part's variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    # Three features: whether groups divides D is of no importance.
    _judge(student, eps_batch(rng, (10, 3)), 2)


@exercise.check("parts of two rows are enough, and a constant feature leaves as beta", points=1)
def degenerate(student, rng, others):
    pairs = [two_rows(rng, 3) for _ in range(3)]
    x = np.concatenate([pair.x for pair in pairs])
    given = "x of shape (6, 3), feature 1 constant, eps=1e-05"
    _judge(student, pairs[0]._replace(x=x, given=given), 3)


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    _judge(student, offset_batch(rng, (10, 4)), 2, expect_digits, OFFSET_SINGLE)


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    batch = wide_batch(rng, (6, 4))
    changed = student.changed_arguments(*batch[:3], 2, batch.eps)
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, batch, 2)


for fault in MISTAKES:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


@exercise.alternative
def one_reshape(x, gamma, beta, groups, eps):
    parts = x.reshape(groups, -1, x.shape[1])
    mean, var = parts.mean(axis=1, keepdims=True), parts.var(axis=1, keepdims=True)
    return (gamma * (parts - mean) / np.sqrt(var + eps) + beta).reshape(x.shape)


@exercise.alternative
def loops(x, gamma, beta, groups, eps):
    if len(x) % groups != 0:
        raise ValueError("groups")
    y, size = [], len(x) // groups
    for i in range(len(x)):
        start = i // size * size
        part = x[start : start + size]
        mean = sum(part) / size
        var = sum((row - mean) ** 2 for row in part) / size
        y.append([float(v) for v in gamma * (x[i] - mean) * (var + eps) ** -0.5 + beta])
    return y


@exercise.alternative
def einsum(x, gamma, beta, groups, eps):
    parts = x.reshape(groups, -1, x.shape[1])
    size = parts.shape[1]
    centred = parts - np.einsum("gnd->gd", parts)[:, None] / size
    inv_std = (np.einsum("gnd,gnd->gd", centred, centred) / size + eps) ** -0.5
    return np.einsum("gnd,gd,d->gnd", centred, inv_std, gamma).reshape(x.shape) + beta


@exercise.alternative
def averaging_matrix(x, gamma, beta, groups, eps):
    if len(x) % groups:
        raise ValueError
    size = len(x) // groups
    average = np.kron(np.eye(groups), np.full((size, size), 1 / size))
    centred = x - average @ x
    centred = centred - average @ centred
    return gamma * centred / np.sqrt(average @ centred**2 + eps) + beta


@exercise.alternative
def single_precision(x, gamma, beta, groups, eps):
    x, gamma, beta = (a.astype(np.float32) for a in (x, gamma, beta))
    parts = np.split(x, groups)
    xhat = [(p - p.mean(axis=0)) / np.sqrt(p.var(axis=0) + np.float32(eps)) for p in parts]
    return gamma * np.concatenate(xhat) + beta
