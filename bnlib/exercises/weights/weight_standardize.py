"""Exercise: weights of mean 0 and variance 1, unit by unit."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import inputs, sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.weights.weight_norm_faults import incoming
from bnlib.exercises.weights.weight_standardize_faults import FAULTS, given_forward


def _weights(batch, shape):
    """A batch with a column a unit, as weights of that shape."""
    return np.ascontiguousarray(batch.x.T).reshape(shape), batch.eps


def _example(rng):
    return _weights(inputs.eps_batch(rng, (6, 4)), (4, 3, 2))


exercise = Exercise(
    name="weight_standardize",
    notebook="09_alternatives",
    title="Standardize the weights of each unit",
    difficulty=2,
    minutes=10,
    section=sections.STANDARDIZED_WEIGHTS,
    parameters=("w", "eps"),
    returns=("w_hat", "cache"),
    opaque=("cache",),
    reference=given_forward,
    uses=("normalize",),
    example=_example,
)


def _judge(student, w, eps, given=""):
    w_hat, _ = student(w, eps)
    expect("w_hat", w_hat, given_forward(w, eps)[0], given or f"w of shape {w.shape}, eps={eps:g}")


@exercise.check("each unit's weights leave with mean 0 and variance 1", points=2)
def formula(student, rng, others):
    _judge(student, *_weights(inputs.wide_batch(rng, (7, 4)), (4, 7)))


@exercise.check("a filter of a convolution is one unit, over all its axes", points=1)
def filters(student, rng, others):
    _judge(student, *_weights(inputs.wide_batch(rng, (24, 5)), (5, 3, 2, 4)))
    _judge(student, *_weights(inputs.wide_batch(rng, (8, 3)), (3, 4, 2)))


@exercise.check("eps is added to the variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    _judge(student, *_weights(inputs.eps_batch(rng, (6, 3)), (3, 6)))


@exercise.check("two weights a unit are enough, and a constant unit leaves as 0", 1, sections.EPS)
def degenerate(student, rng, others):
    w, eps = _weights(inputs.two_rows(rng, 3), (3, 2))
    _judge(student, w, eps, "w of shape (3, 2), unit 1 constant, eps=1e-05")


@exercise.check("weights with a large common offset lose no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    w, eps = _weights(inputs.offset_batch(rng, (6, 4)), (4, 6))
    w_hat, _ = student(w, eps)
    given = "w of shape (4, 6) with means of 3e8 and deviations of 1e3"
    expect_digits("w_hat", w_hat, given_forward(w, eps)[0], given, inputs.OFFSET_SINGLE)


@exercise.check("w is left as it was", points=1)
def unchanged(student, rng, others):
    w, eps = _weights(inputs.wide_batch(rng, (4, 3)), (3, 4))
    if student.changed_arguments(w, eps):
        raise Wrong("After the call w held other numbers.", "changed-argument")
    _judge(student, w, eps)


for fault in FAULTS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


@exercise.mistake(
    "changes-w",
    "You work on w in place, and the caller's weights are changed. Let the first step make a new "
    "array.",
    source="students' repositories",
)
def changes_w(w, eps):
    rest = incoming(w)
    w -= w.mean(axis=rest, keepdims=True)
    return w / np.sqrt(w.var(axis=rest, keepdims=True) + eps), None


@exercise.mistake(
    "w-hat-only", "You return w_hat alone. A backward pass would need the cache: (w_hat, cache)."
)
def w_hat_only(w, eps):
    return given_forward(w, eps)[0]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(w, eps):
    given_forward(w, eps)


@exercise.alternative
def loops(w, eps):
    w_hat = np.empty(w.shape)
    for unit in range(len(w)):
        values = w[unit].ravel()
        mean = sum(values) / len(values)
        var = sum((a - mean) ** 2 for a in values) / len(values)
        w_hat[unit] = (w[unit] - mean) / (var + eps) ** 0.5
    return w_hat, None


@exercise.alternative
def matrix_of_units(w, eps):
    flat = w.reshape(len(w), -1)
    centred = flat - flat.mean(axis=1)[:, None]
    return (centred / np.sqrt(flat.var(axis=1) + eps)[:, None]).reshape(w.shape), flat


@exercise.alternative
def einsum(w, eps):
    count = w[0].size
    flat = w.reshape(len(w), count)
    centred = flat - np.einsum("cf->c", flat)[:, None] / count
    inv_std = (np.einsum("cf,cf->c", centred, centred) / count + eps) ** -0.5
    return np.einsum("cf,c->cf", centred, inv_std).reshape(w.shape), {"inv_std": inv_std}


@exercise.alternative
def units_last(w, eps):
    columns = np.moveaxis(w, 0, -1)
    rows = tuple(range(columns.ndim - 1))
    w_hat = (columns - columns.mean(axis=rows)) / np.sqrt(columns.var(axis=rows) + eps)
    return np.moveaxis(w_hat, -1, 0), None


@exercise.alternative
def lists(w, eps):
    w_hat, cache = given_forward(w, eps)
    return [w_hat.tolist(), cache]


@exercise.alternative
def single_precision(w, eps):
    return given_forward(w.astype(np.float32), np.float32(eps))
