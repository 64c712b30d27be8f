"""Exercise: batch renormalization."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE
from bnlib.exercises.limits.renorm_inputs import Case, chosen_case, constant_case
from bnlib.exercises.limits.renorm_mistakes import MISTAKES, PARAMETERS


def reference(x, gamma, beta, running_mean, running_var, r_max, d_max, eps):
    mean = x.mean(axis=0)
    centred = x - mean
    rest = centred.mean(axis=0)
    std = np.sqrt((centred**2).mean(axis=0) - rest**2 + eps)
    running_std = np.sqrt(running_var + eps)
    r = np.clip(std / running_std, 1 / r_max, r_max)
    d = np.clip((mean - running_mean + rest) / running_std, -d_max, d_max)
    return gamma * ((centred - rest) / std * r + d) + beta


UNCLIPPED = ((1.9, 0.55, 1.3, 0.75), (0.9, -1.1, 0.4, -0.3))


def example(rng):
    return chosen_case(rng, 6, (1.3, 0.77, 1.05), (1.9, -1.8, 0.5), 1.1, 1.0, 0.5)[:-1]


exercise = Exercise(
    name="batch_renorm",
    notebook="08_limits",
    title="Batch renormalization",
    difficulty=3,
    minutes=25,
    section=sections.RENORM,
    parameters=PARAMETERS,
    returns=("y",),
    reference=reference,
    example=example,
)


def _judge(student, case: Case, compare=expect, *more):
    compare("y", student(*case[:-1]), reference(*case[:-1]), case.given, *more)


@exercise.check("where nothing is clipped, y is what inference would give", points=2)
def unclipped(student, rng, others):
    _judge(student, chosen_case(rng, 7, *UNCLIPPED, r_max=8.0, d_max=6.0))


@exercise.check("r stays between 1 / r_max and r_max", points=2)
def r_clipped(student, rng, others):
    case = chosen_case(rng, 6, (9.0, 1 / 9, 1.4, 0.7), UNCLIPPED[1], r_max=2.0, d_max=5.0)
    _judge(student, case)


@exercise.check("d stays between -d_max and d_max", points=2)
def d_clipped(student, rng, others):
    case = chosen_case(rng, 7, (1.4, 0.6, 0.8, 1.7), (4.0, -4.5, 0.6, -0.7), r_max=3.0, d_max=2.5)
    _judge(student, case)


@exercise.check("with r_max = 1 and d_max = 0 it is batch norm", points=1)
def batch_norm(student, rng, others):
    _judge(student, chosen_case(rng, 5, *UNCLIPPED, r_max=1.0, d_max=0.0))


@exercise.check("eps is added to running_var, inside the root", 1, sections.EPS)
def eps_in_running(student, rng, others):
    # Unclipped, the batch's own eps cancels.
    _judge(student, chosen_case(rng, 6, (1.3, 0.8, 1.1), (0.9, -0.5, 0.4), 4.0, 4.0, eps=0.5))


@exercise.check("the same eps is added to the batch's variance", 1, sections.EPS)
def eps_in_batch(student, rng, others):
    _judge(student, chosen_case(rng, 6, (1.3, 0.7, 1.25), (0.9, -0.5, 0.4), 1.1, 4.0, eps=0.5))


@exercise.check("two rows are enough, and a constant feature leaves as gamma d + beta", points=1)
def degenerate(student, rng, others):
    _judge(student, constant_case(rng))


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    # Where r is not clipped the batch's variance cancels, and with it what it lost.
    r, d = (3.0, 0.3, 1.2, 2.5, 0.4, 2.0), (0.9, -1.1, 0.4, -0.3, 0.7, -0.6)
    case = chosen_case(rng, 7, r, d, 1.5, 4.0, spread=(700, 1500), mean=3e8)
    given = "x of shape (7, 6) with means of 3e8 and deviations of 1e3"
    _judge(student, case._replace(given=given), expect_digits, OFFSET_SINGLE)


@exercise.check("the arguments are left as they were, the running statistics too", points=1)
def unchanged(student, rng, others):
    case = chosen_case(rng, 5, *UNCLIPPED, r_max=8.0, d_max=6.0)
    changed = student.changed_arguments(*case[:-1])
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, case)


for fault in MISTAKES:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


@exercise.alternative
def clipped_by_hand(x, gamma, beta, running_mean, running_var, r_max, d_max, eps):
    mean, std = x.mean(axis=0), (x.var(axis=0) + eps) ** 0.5
    running_std = (running_var + eps) ** 0.5
    r = np.minimum(np.maximum(std / running_std, 1 / r_max), r_max)
    d = np.maximum(np.minimum((mean - running_mean) / running_std, d_max), -d_max)
    return gamma * r * (x - mean) / std + (gamma * d + beta)


@exercise.alternative
def loops(x, gamma, beta, running_mean, running_var, r_max, d_max, eps):
    y = np.empty(x.shape)
    for j in range(x.shape[1]):
        mean = sum(x[:, j]) / len(x)
        std = (sum((v - mean) ** 2 for v in x[:, j]) / len(x) + eps) ** 0.5
        running_std = (running_var[j] + eps) ** 0.5
        r = min(max(std / running_std, 1 / r_max), r_max)
        d = min(max((mean - running_mean[j]) / running_std, -d_max), d_max)
        for i in range(len(x)):
            y[i, j] = gamma[j] * ((x[i, j] - mean) / std * r + d) + beta[j]
    return y.tolist()


@exercise.alternative
def einsum(x, gamma, beta, running_mean, running_var, r_max, d_max, eps):
    centred = x - np.einsum("nd->d", x) / len(x)
    inv_std = (np.einsum("nd,nd->d", centred, centred) / len(x) + eps) ** -0.5
    running_inv = (running_var + eps) ** -0.5
    r = np.exp(np.clip(np.log(running_inv / inv_std), -np.log(r_max), np.log(r_max)))
    d = np.clip((x - running_mean).mean(axis=0) * running_inv, -d_max, d_max)
    return np.einsum("d,nd,d->nd", gamma * r, centred, inv_std) + gamma * d + beta


@exercise.alternative
def in_units_of_x(x, gamma, beta, running_mean, running_var, r_max, d_max, eps):
    # The same map, written as inference with statistics moved to where the clip lets them be.
    mean, std = np.mean(x, axis=0), np.sqrt(np.var(x, axis=0) + eps)
    running_std = np.sqrt(running_var + eps)
    used_std = np.clip(running_std, std / r_max, std * r_max)
    reach = d_max * running_std
    shift = np.clip(mean - running_mean, -reach, reach) / running_std
    return ((x - mean) / used_std + shift) * gamma + beta


@exercise.alternative
def single_precision(x, gamma, beta, running_mean, running_var, r_max, d_max, eps):
    arrays = (x, gamma, beta, running_mean, running_var)
    x, gamma, beta, running_mean, running_var = (a.astype(np.float32) for a in arrays)
    mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + np.float32(eps))
    running_std = np.sqrt(running_var + np.float32(eps))
    r = np.clip(std / running_std, np.float32(1 / r_max), np.float32(r_max))
    d = np.clip((mean - running_mean) / running_std, np.float32(-d_max), np.float32(d_max))
    return gamma * ((x - mean) / std * r + d) + beta
