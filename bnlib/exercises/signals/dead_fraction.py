"""Exercise: the share of ReLU units that are 0 for every example."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections


def reference(a):
    return np.mean((a == 0).all(axis=0))


def _layer(rng, rows, zeros):
    """A unit for each number of examples for which it is 0; the other values are clearly not.

    The numbers are fixed, and so are the first and the last example, so that no wrong count can
    happen to be right: the unit with 2 zeros is 0 for the first, that with 3 for both.
    """
    a = rng.uniform(1.0, 2.0, (rows, len(zeros)))
    for unit, count in enumerate(zeros):
        a[:count, unit] = 0
    order = [1, *rng.permutation([0, *range(3, rows)]), 2]
    return a[order][:, rng.permutation(len(zeros))]


exercise = Exercise(
    name="dead_fraction",
    notebook="03_signals",
    title="Dead units",
    difficulty=2,
    minutes=5,
    section=sections.STUCK,
    parameters=("a",),
    returns=("fraction",),
    reference=reference,
    example=lambda rng: (_layer(rng, 6, (6, 6, 3, 2, 0, 6, 5, 1, 1)),),
)


def _judge(student, *layers):
    """All calls are made before the first is judged: one count alone may be right by chance.

    layers: pairs of an array and, in words, what it holds.
    """
    fractions = [student(a) for a, _ in layers]
    for (a, given), fraction in zip(layers, fractions, strict=True):
        expect("fraction", fraction, reference(a), f"a of shape {a.shape}, {given}", scale=1.0)


@exercise.check("a unit is dead where no example moves it, as a share of the units", points=2)
def some(student, rng, others):
    one = _layer(rng, 6, (6, 6, 5, 4, 3, 3, 2, 1, 0, 0, 0, 1, 1))
    # Here one example is 0 for all units.
    other = _layer(rng, 5, (5, 5, 1, 2, 1, 1, 3))
    _judge(student, (one, "2 of 13 units at 0"), (other, "2 of 7 units at 0"))


@exercise.check("one example is enough to live, and so is a small value", points=1)
def nearly_dead(student, rng, others):
    a = _layer(rng, 7, (7, 7, 6, 6, 6, 5, 2, 0))
    # Of the units that live for one example only, two have a small value there.
    once = np.flatnonzero((a > 0).sum(axis=0) == 1)
    a[:, once[0]] *= 1e-10
    a[:, once[1]] *= 0.02
    _judge(student, (a, "2 of 8 units at 0, others nearly"))


@exercise.check("a unit that never changes is dead at 0 only", points=1)
def constant(student, rng, others):
    a = _layer(rng, 5, (5, 0, 0, 1, 0, 2, 0))
    # Two units of those that are never 0 have one value for all examples.
    never = np.flatnonzero((a > 0).all(axis=0))[:2]
    a[:, never] = 1.25
    _judge(student, (a, "1 of 7 units at 0, 2 at 1.25"))


@exercise.check("none is 0, all is 1", points=1)
def none_and_all(student, rng, others):
    none, all_ = _layer(rng, 4, (3, 2, 0)), _layer(rng, 4, (4, 4, 4))
    _judge(student, (none, "no unit at 0"), (all_, "all units at 0"))


@exercise.check("a is left as it was", points=1)
def unchanged(student, rng, others):
    a = _layer(rng, 5, (5, 4, 2, 0, 0, 1, 1))
    if student.changed_arguments(a):
        raise Wrong("After the call a held other numbers.", "changed-argument")
    _judge(student, (a, "1 of 7 units at 0"))


def _mistake(id, advice, fraction):
    exercise.mistake(id, advice)(fraction)


_mistake(
    "share-of-zeros",
    "You return the share of zeros. A healthy ReLU unit is 0 for many examples; a dead one is 0 "
    "for all.",
    lambda a: np.mean(a == 0),
)
_mistake(
    "ever-zero",
    "You count units that are 0 for some example. A dead unit is 0 for every one.",
    lambda a: (a == 0).any(axis=0).mean(),
)
_mistake(
    "mostly-zero",
    "You count units that are 0 for more than half of the examples. A dead unit is 0 for every "
    "one.",
    lambda a: ((a == 0).mean(axis=0) > 0.5).mean(),
)
_mistake(
    "examples",
    "You count examples for which all units are 0. Asked are units that are 0 for all examples: "
    "the other axis.",
    lambda a: (a == 0).all(axis=1).mean(),
)
_mistake(
    "examples-ever",
    "You count examples for which some unit is 0. Asked are units that are 0 for all examples.",
    lambda a: (a == 0).any(axis=1).mean(),
)
_mistake(
    "alive",
    "You return the share of the units that live. Asked is that of the dead ones.",
    lambda a: 1 - reference(a),
)
_mistake(
    "always-alive",
    "You return the share of the units that are 0 for no example. Asked are those that are 0 for "
    "all.",
    lambda a: (a != 0).all(axis=0).mean(),
)
_mistake(
    "count",
    "You return a number of units. Asked is their share of all units.",
    lambda a: (a == 0).all(axis=0).sum(),
)
_mistake(
    "per-cent",
    "You return per cent. Asked is a fraction between 0 and 1.",
    lambda a: 100 * reference(a),
)
_mistake(
    "divided-by-examples",
    "You divide the number of dead units by the number of examples. Divide it by that of the "
    "units.",
    lambda a: (a == 0).all(axis=0).sum() / len(a),
)
_mistake(
    "divided-by-values",
    "You divide the number of dead units by the number of values. Divide it by that of the units.",
    lambda a: (a == 0).all(axis=0).sum() / a.size,
)
_mistake(
    "zero-within-a-tolerance",
    "You take a small value for 0. A unit that puts out a little for one example still gets a "
    "gradient.",
    lambda a: np.isclose(a, 0).all(axis=0).mean(),
)
_mistake(
    "small-mean",
    "You take a unit with a small mean for dead. What counts is that it is 0 for every example.",
    lambda a: (a.mean(axis=0) < 0.1).mean(),
)
_mistake(
    "no-spread",
    "You take a unit that never changes for dead. It is dead if the value at which it stays is 0.",
    lambda a: (np.ptp(a, axis=0) == 0).mean(),
)
_mistake(
    "first-example",
    "You look at the first example alone. A dead unit is 0 for all of them.",
    lambda a: (a[0] == 0).mean(),
)
_mistake(
    "last-example",
    "You look at the last example alone. A dead unit is 0 for all of them.",
    lambda a: (a[-1] == 0).mean(),
)
_mistake(
    "one-a-unit",
    "You return an answer for each unit. Asked is one number, their share.",
    lambda a: (a == 0).all(axis=0) * 1.0,
)
_mistake(
    "whole-layer",
    "You ask whether all of a is 0. Asked is the share of the units that are.",
    lambda a: float((a == 0).all()),
)
_mistake(
    "rounded",
    "Your share is rounded. Return the number as it is.",
    lambda a: round(float(reference(a)), 1),
)


@exercise.mistake("changes-a", "You work on a in place, and the caller's activations are changed.")
def changes_a(a):
    dead = reference(a)
    a[a > 0] = 1
    return dead


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(a):
    reference(a)


@exercise.alternative
def largest(a):
    return np.mean(a.max(axis=0) == 0)


@exercise.alternative
def sums(a):
    return 1 - np.count_nonzero(np.einsum("nu->u", a)) / a.shape[1]


@exercise.alternative
def loops(a):
    dead = 0
    for unit in range(a.shape[1]):
        if all(example[unit] == 0 for example in a):
            dead += 1
    return dead / a.shape[1]


@exercise.alternative
def never_above(a):
    return float((~(a > 0).any(axis=0)).sum()) / len(a.T)


@exercise.alternative
def single_precision(a):
    a = a.astype(np.float32)
    return (a <= 0).all(axis=0).mean(dtype=np.float32)
