"""Exercise: weights as a length and a direction."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.weights.draws import units
from bnlib.exercises.weights.weight_norm_faults import FAULTS, given_forward, length, per_unit

exercise = Exercise(
    name="weight_norm",
    notebook="09_alternatives",
    title="Weights as a length and a direction",
    difficulty=2,
    minutes=10,
    section=sections.WEIGHT_NORM,
    parameters=("v", "g"),
    returns=("w", "cache"),
    opaque=("cache",),
    reference=given_forward,
    example=lambda rng: units(rng, (4, 3, 2), 0.5, 5.0),
)


def _judge(student, v, g, given):
    w, _ = student(v, g)
    expect("w", w, given_forward(v, g)[0], given)


@exercise.check("w has the direction of v and the length g, unit by unit", points=2)
def formula(student, rng, others):
    _judge(student, *units(rng, (4, 3)), "v of shape (4, 3)")


@exercise.check("a filter of a convolution is one unit, over all its axes", points=1)
def filters(student, rng, others):
    _judge(student, *units(rng, (5, 3, 2, 4)), "v of shape (5, 3, 2, 4)")
    _judge(student, *units(rng, (3, 4, 2)), "v of shape (3, 4, 2)")


@exercise.check("a very short v has a direction too: no eps is added to its length", points=1)
def short(student, rng, others):
    _judge(student, *units(rng, (4, 3), 1e-5, 1.2e-5), "v of shape (4, 3), its lengths about 2e-5")


@exercise.check("v and g are left as they were", points=1)
def unchanged(student, rng, others):
    v, g = units(rng, (3, 4))
    changed = student.changed_arguments(v, g)
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, v, g, "v of shape (3, 4)")


for fault in FAULTS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


@exercise.mistake(
    "changes-v",
    "You divide v in place, and the caller's weights are changed. Let the division make a new "
    "array.",
    source="students' repositories",
)
def changes_v(v, g):
    v /= length(v)
    return per_unit(g, v) * v, None


@exercise.mistake(
    "w-only",
    "You return w alone. The backward pass needs what the forward pass computed: return "
    "(w, cache).",
)
def w_only(v, g):
    return given_forward(v, g)[0]


@exercise.mistake("cache-first", "You return the cache first. The order is (w, cache).")
def cache_first(v, g):
    return given_forward(v, g)[::-1]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(v, g):
    given_forward(v, g)


@exercise.alternative
def loops(v, g):
    w = np.empty(v.shape)
    for unit in range(len(v)):
        length = sum(float(a) ** 2 for a in v[unit].ravel()) ** 0.5
        w[unit] = g[unit] / length * v[unit]
    return w, {"v": v, "g": g}


@exercise.alternative
def matrix_of_units(v, g):
    flat = v.reshape(len(v), -1)
    w = (g / np.linalg.norm(flat, axis=1))[:, None] * flat
    return w.reshape(v.shape), (v, g)


@exercise.alternative
def einsum(v, g):
    flat = v.reshape(len(v), -1)
    inverse = 1 / np.sqrt(np.einsum("cf,cf->c", flat, flat))
    return np.einsum("c,c,c...->c...", g, inverse, v), None


@exercise.alternative
def units_last(v, g):
    columns = np.moveaxis(v, 0, -1)
    w = columns * g / np.sqrt((columns**2).sum(axis=tuple(range(columns.ndim - 1))))
    return np.moveaxis(w, -1, 0), None


@exercise.alternative
def guarded(v, g):
    return per_unit(g, v) * v / np.maximum(length(v), 1e-12), None


@exercise.alternative
def lists(v, g):
    w, cache = given_forward(v, g)
    return [w.tolist(), cache]


@exercise.alternative
def single_precision(v, g):
    return given_forward(v.astype(np.float32), g.astype(np.float32))
