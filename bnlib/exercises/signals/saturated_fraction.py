"""Exercise: the share of activations at the ends of a saturating function."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections


def reference(a, low, high):
    return np.mean((a <= low) | (a >= high))


def _values(rng, low, high, below, inside, above, at_low=0, at_high=0):
    """That many values of each kind, in a drawn order; none is near an end without being at it."""
    width = (high - low) * rng.uniform(0.98, 1.02)
    values = [
        low - width * np.linspace(0.1, 0.5, below),
        (low + high) / 2 + width * np.linspace(-0.4, 0.4, inside),
        high + width * np.linspace(0.1, 0.5, above),
        np.full(at_low, low),
        np.full(at_high, high),
    ]
    return rng.permutation(np.concatenate(values))


def _ends(rng):
    """Two ends that float32 holds exactly, the low one farther from 0."""
    return float(rng.choice([-2.25, -1.5])), float(rng.choice([0.5, 0.75]))


def _layer(rng):
    """8 examples of 5 units, one saturated for every example, one for none.

    The counts are fixed, so that no two ways to count can happen to agree.
    """
    low, high = _ends(rng)
    counts = [(3, 0, 5), (0, 8, 0), (1, 7, 0), (0, 6, 2), (3, 2, 3)]
    columns = [_values(rng, low, high, *counts[i]) for i in rng.permutation(5)]
    return np.stack(columns, axis=1), low, high


exercise = Exercise(
    name="saturated_fraction",
    notebook="03_signals",
    title="At the ends",
    difficulty=1,
    minutes=5,
    section=sections.STUCK,
    parameters=("a", "low", "high"),
    returns=("fraction",),
    reference=reference,
    example=lambda rng: (_values(rng, -0.5, 1.5, 4, 6, 3, 2, 5).reshape(4, 5), -0.5, 1.5),
)


def _judge(student, a, low, high):
    given = f"a of shape {a.shape}, low={low:g}, high={high:g}"
    expect("fraction", student(a, low, high), reference(a, low, high), given, scale=1.0)


@exercise.check("values beyond either end are counted, as a share of all", points=2)
def both_ends(student, rng, others):
    _judge(student, *_layer(rng))


@exercise.check("a value exactly at an end counts", points=1)
def at_the_ends(student, rng, others):
    low, high = _ends(rng)
    _judge(student, _values(rng, low, high, 3, 9, 4, at_low=2, at_high=5), low, high)


@exercise.check("none is 0, all is 1", points=1)
def none_and_all(student, rng, others):
    low, high = _ends(rng)
    for kinds in ((0, 12, 0), (5, 0, 7)):
        a = _values(rng, low, high, *kinds).reshape(3, 4)
        expect(
            "fraction", student(a, low, high), reference(a, low, high), f"{kinds[1]} of 12 inside"
        )


@exercise.check("a may have any shape, and is left as it was", points=1)
def any_shape(student, rng, others):
    low, high = _ends(rng)
    a = _values(rng, low, high, 5, 29, 14).reshape(2, 3, 4, 2)
    if student.changed_arguments(a, low, high):
        raise Wrong("After the call a held other numbers.", "changed-argument")
    _judge(student, a, low, high)
    _judge(student, _values(rng, low, high, 2, 4, 1), low, high)


def _mistake(id, advice, fraction):
    exercise.mistake(id, advice)(fraction)


_mistake(
    "strictly-beyond",
    "You count values beyond the ends and not those exactly at them. They count too.",
    lambda a, low, high: np.mean((a < low) | (a > high)),
)
_mistake(
    "strictly-below",
    "A value exactly at the low end is not counted. It counts, as one at the high end does.",
    lambda a, low, high: np.mean((a < low) | (a >= high)),
)
_mistake(
    "strictly-above",
    "A value exactly at the high end is not counted. It counts, as one at the low end does.",
    lambda a, low, high: np.mean((a <= low) | (a > high)),
)
_mistake(
    "high-alone",
    "You count the high end alone. There are two.",
    lambda a, low, high: np.mean(a >= high),
)
_mistake(
    "low-alone",
    "You count the low end alone. There are two.",
    lambda a, low, high: np.mean(a <= low),
)
_mistake(
    "both-at-once",
    "You ask a value to be at both ends at once, which none is. One of the two is enough.",
    lambda a, low, high: np.mean((a <= low) & (a >= high)),
)
_mistake(
    "one-of-the-two-not-equal",
    "You count the values exactly at an end and none beyond it.",
    lambda a, low, high: np.mean((a == low) | (a == high)),
)
_mistake(
    "inside",
    "You return the share of the values between the ends. Asked is the share of the others.",
    lambda a, low, high: np.mean((a > low) & (a < high)),
)
_mistake(
    "difference-of-shares",
    "You subtract the share at the low end from that at the high end. They add up.",
    lambda a, low, high: np.mean(a >= high) - np.mean(a <= low),
)
_mistake(
    "mean-of-shares",
    "You average the shares of the two ends. They add up.",
    lambda a, low, high: (np.mean(a >= high) + np.mean(a <= low)) / 2,
)
_mistake(
    "count",
    "You return a number of values. Asked is their share of all.",
    lambda a, low, high: np.sum((a <= low) | (a >= high)),
)
_mistake(
    "per-cent",
    "You return per cent. Asked is a fraction between 0 and 1.",
    lambda a, low, high: 100 * reference(a, low, high),
)
_mistake(
    "share-of-examples",
    "You divide the number of values by the number of examples. Divide it by the number of values.",
    lambda a, low, high: np.sum((a <= low) | (a >= high)) / len(a),
)
_mistake(
    "share-of-units",
    "You divide the number of values by the number of units. Divide it by the number of values.",
    lambda a, low, high: np.sum((a <= low) | (a >= high)) / a.shape[-1],
)
_mistake(
    "one-a-unit",
    "You return a share for each unit. Asked is one number over all of a.",
    lambda a, low, high: np.mean((a <= low) | (a >= high), axis=0),
)
_mistake(
    "units-always-saturated",
    "You count units that are saturated for every example. Asked is the share of single values.",
    lambda a, low, high: ((a <= low) | (a >= high)).all(axis=0).mean(),
)
_mistake(
    "units-ever-saturated",
    "You count units that are saturated for some example. Asked is the share of single values.",
    lambda a, low, high: ((a <= low) | (a >= high)).any(axis=0).mean(),
)
_mistake(
    "symmetric",
    "You compare the size of a value with high alone. The low end has a value of its own.",
    lambda a, low, high: np.mean(np.abs(a) >= high),
)
_mistake(
    "ends-of-tanh",
    "Your ends are -1 and 1, whatever was passed.",
    lambda a, low, high: np.mean((a <= -1) | (a >= 1)),
)
_mistake(
    "ends-of-sigmoid",
    "Your ends are 0 and 1, whatever was passed.",
    lambda a, low, high: np.mean((a <= 0) | (a >= 1)),
)
_mistake(
    "ends-of-the-data",
    "Your ends are the smallest and the largest value of a. They are passed.",
    lambda a, low, high: np.mean((a <= a.min()) | (a >= a.max())),
)
_mistake(
    "rounded",
    "Your share is rounded. Return the number as it is.",
    lambda a, low, high: round(float(reference(a, low, high)), 1),
)


@exercise.mistake("changes-a", "You clip a in place, and the caller's activations are changed.")
def changes_a(a, low, high):
    np.clip(a, low, high, out=a)
    return np.mean((a == low) | (a == high))


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(a, low, high):
    reference(a, low, high)


@exercise.alternative
def loop(a, low, high):
    count = 0
    for value in a.flat:
        if value <= low or value >= high:
            count += 1
    return count / a.size


@exercise.alternative
def what_is_left(a, low, high):
    return 1 - np.mean((a > low) * (a < high))


@exercise.alternative
def clipped(a, low, high):
    b = np.clip(a, low, high)
    return np.count_nonzero((b == low) | (b == high)) / b.size


@exercise.alternative
def two_shares(a, low, high):
    return float((a <= low).mean() + (a >= high).mean())


@exercise.alternative
def from_the_middle(a, low, high):
    far = np.abs(2 * a - (low + high)) >= high - low
    return np.average(far)


@exercise.alternative
def single_precision(a, low, high):
    a = a.astype(np.float32)
    return np.float32(((a <= low) | (a >= high)).mean())
