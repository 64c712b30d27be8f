"""Exercise: a tanh of learned steepness in the place of a normalization."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.inputs import signed
from bnlib.exercises.weights.draws import layer_input
from bnlib.exercises.weights.dyt_faults import FAULTS, given_forward

exercise = Exercise(
    name="dyt",
    notebook="09_alternatives",
    title="Dynamic tanh",
    difficulty=1,
    minutes=5,
    section=sections.DYT,
    parameters=("x", "alpha", "gamma", "beta"),
    returns=("y", "cache"),
    opaque=("cache",),
    reference=given_forward,
    example=lambda rng: layer_input(rng, (2, 3, 4)),
)


def _judge(student, arguments):
    x, alpha, gamma, beta = arguments
    y, _ = student(x, alpha, gamma, beta)
    given = f"x of shape {x.shape}, alpha={alpha:.4g}"
    expect("y", y, given_forward(x, alpha, gamma, beta)[0], given)


@exercise.check("y is tanh(alpha * x), scaled by gamma and shifted by beta", points=2)
def formula(student, rng, others):
    _judge(student, layer_input(rng, (7, 4)))


@exercise.check("any number of axes may stand before the features; alpha may be negative", points=1)
def leading_axes(student, rng, others):
    _judge(student, layer_input(rng, (2, 5, 3), sign=-1.0))


@exercise.check("huge inputs leave as beta + gamma or beta - gamma", points=1)
def saturated(student, rng, others):
    x, alpha, gamma, beta = layer_input(rng, (4, 3))
    x = signed(rng, 1e4, 1e6, 12).reshape(4, 3)
    x[0, 0], x[1, 0] = 1e4, -1e4  # of both signs, whatever was drawn
    _judge(student, (x, alpha, gamma, beta))


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    arguments = layer_input(rng, (5, 3))
    changed = student.changed_arguments(*arguments)
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, arguments)


for fault in FAULTS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


@exercise.mistake(
    "changes-x",
    "You multiply x in place, and the caller's array is changed. Let the first step make a new "
    "array.",
    source="students' repositories",
)
def changes_x(x, alpha, gamma, beta):
    x *= alpha
    return gamma * np.tanh(x) + beta, None


@exercise.mistake(
    "y-only",
    "You return y alone. The backward pass needs what the forward pass computed: return "
    "(y, cache).",
)
def y_only(x, alpha, gamma, beta):
    return given_forward(x, alpha, gamma, beta)[0]


@exercise.mistake("cache-first", "You return the cache first. The order is (y, cache).")
def cache_first(x, alpha, gamma, beta):
    return given_forward(x, alpha, gamma, beta)[::-1]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(x, alpha, gamma, beta):
    given_forward(x, alpha, gamma, beta)


@exercise.alternative
def loops(x, alpha, gamma, beta):
    y = np.empty(x.shape)
    for index in np.ndindex(*x.shape):
        feature = index[-1]
        y[index] = gamma[feature] * np.tanh(alpha * x[index]) + beta[feature]
    return y, {"x": x, "alpha": alpha}


@exercise.alternative
def by_a_sigmoid(x, alpha, gamma, beta):
    return gamma * (2 / (1 + np.exp(-2 * alpha * x)) - 1) + beta, (x, alpha, gamma)


@exercise.alternative
def by_exponentials(x, alpha, gamma, beta):
    small = np.exp(-2 * np.abs(alpha * x))
    return gamma * np.sign(alpha * x) * (1 - small) / (1 + small) + beta, None


@exercise.alternative
def einsum(x, alpha, gamma, beta):
    return np.einsum("...d,d->...d", np.tanh(x * alpha), gamma) + beta, None


@exercise.alternative
def rows(x, alpha, gamma, beta):
    flat = x.reshape(-1, x.shape[-1])
    return (np.tanh(alpha * flat) @ np.diag(gamma) + beta).reshape(x.shape), None


@exercise.alternative
def lists(x, alpha, gamma, beta):
    y, cache = given_forward(x, alpha, gamma, beta)
    return [y.tolist(), cache]


@exercise.alternative
def single_precision(x, alpha, gamma, beta):
    x, gamma, beta = (a.astype(np.float32) for a in (x, gamma, beta))
    return given_forward(x, np.float32(alpha), gamma, beta)
