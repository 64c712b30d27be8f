"""Exercise: what a small change in every layer comes to."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections


def reference(rate, layers):
    return (1 + rate) ** layers - 1


exercise = Exercise(
    name="compound_change",
    notebook="03_signals",
    title="One per cent in each layer",
    difficulty=1,
    minutes=5,
    section=sections.COMPOUND,
    parameters=("rate", "layers"),
    returns=("change",),
    reference=reference,
    example=lambda rng: (float(rng.uniform(0.02, 0.3)), int(rng.integers(4, 30))),
)


def _judge(student, rate, layers):
    given = f"rate={rate:.4g}, layers={layers}"
    expect("change", student(rate, layers), reference(rate, layers), given)


@exercise.check("changes of some per cent add up to more than their sum", points=2)
def grows(student, rng, others):
    # A rate of one per cent or more: in float32 the change keeps enough digits.
    _judge(student, float(rng.uniform(0.03, 0.09)), int(rng.integers(7, 12)))
    _judge(student, float(rng.uniform(0.1, 0.3)), int(rng.integers(20, 30)))


@exercise.check("a negative rate shrinks the signal", points=1)
def shrinks(student, rng, others):
    _judge(student, -float(rng.uniform(0.1, 0.3)), int(rng.integers(4, 9)))
    _judge(student, -float(rng.uniform(0.03, 0.09)), int(rng.integers(15, 25)))


@exercise.check("one layer changes it by the rate, no layer and no rate by nothing", points=1)
def ends(student, rng, others):
    rate = float(rng.uniform(0.1, 0.4))
    _judge(student, rate, 1)
    for arguments in ((rate, 0), (0.0, int(rng.integers(5, 9)))):
        given = f"rate={arguments[0]:.4g}, layers={arguments[1]}"
        expect("change", student(*arguments), 0.0, given, scale=rate)


def _mistake(id, advice, change):
    exercise.mistake(id, advice)(change)


_mistake(
    "added",
    "You add the rates up. Each layer changes what the layers before have changed already.",
    lambda r, n: r * n,
)
_mistake(
    "factor",
    "You return what the signal is multiplied by. Asked is the change: 0 where nothing changes.",
    lambda r, n: (1 + r) ** n,
)
_mistake(
    "added-factor",
    "You add the rates up, and return a factor rather than a change. Multiply the layers' factors.",
    lambda r, n: 1 + r * n,
)
_mistake(
    "one-layer-more",
    "Your change is that of one layer more than were asked for.",
    lambda r, n: (1 + r) ** (n + 1) - 1,
)
_mistake(
    "one-layer-less",
    "Your change is that of one layer less than were asked for.",
    lambda r, n: (1 + r) ** (n - 1) - 1,
)
_mistake(
    "per-cent",
    "You return per cent. Asked is a fraction: 0.05 for five per cent.",
    lambda r, n: 100 * reference(r, n),
)
_mistake(
    "rate-in-per-cent",
    "You divide the rate by 100. It comes as a fraction: 0.01 is one per cent.",
    lambda r, n: reference(r / 100, n),
)
_mistake(
    "exponential",
    "Your formula is that of a growth that never pauses, with the exponential function. Here the "
    "signal changes once a layer.",
    lambda r, n: np.expm1(r * n),
)
_mistake(
    "one-missing",
    "You raise the rate itself to the power. What is multiplied is the factor 1 + rate.",
    lambda r, n: r**n,
)
_mistake(
    "one-missing-then-taken",
    "You raise the rate itself to the power and take 1 away. What is multiplied is the factor "
    "1 + rate.",
    lambda r, n: r**n - 1,
)
_mistake(
    "factor-times-layers",
    "You multiply the factor of one layer by the number of layers. The factors are multiplied by "
    "each other.",
    lambda r, n: (1 + r) * n - 1,
)
_mistake(
    "exchanged",
    "rate and layers are exchanged.",
    lambda r, n: (1 + n) ** r - 1,
)
_mistake(
    "sum-of-factors",
    "You add up what the signal is after each layer. Asked is what it is after the last one, "
    "less 1.",
    lambda r, n: sum((1 + r) ** k for k in range(1, n + 1)),
)
_mistake(
    "sum-of-changes",
    "You add up the changes after each layer. Asked is the one after the last layer.",
    lambda r, n: sum(reference(r, k) for k in range(1, n + 1)),
)
_mistake(
    "second-order",
    "You stop after the square of the rate. Multiply the factors out to the last layer.",
    lambda r, n: n * r + n * (n - 1) / 2 * r**2,
)
_mistake(
    "absolute-rate",
    "You take the rate without its sign. A negative rate shrinks the signal.",
    lambda r, n: reference(abs(r), n),
)
_mistake(
    "absolute-change",
    "Your change has lost its sign. A signal that shrinks has a negative change.",
    lambda r, n: abs(reference(r, n)),
)
_mistake(
    "rate-subtracted",
    "You subtract the rate from 1. A positive rate makes the signal larger.",
    lambda r, n: (1 - r) ** n - 1,
)
_mistake(
    "sign",
    "The sign is reversed: a signal that grows has a positive change.",
    lambda r, n: -reference(r, n),
)
_mistake(
    "rounded",
    "Your change is rounded. Return the number as it is.",
    lambda r, n: round(reference(r, n), 2),
)
_mistake(
    "what-is-left",
    "Where the signal shrinks you return what is left of it. Asked is the change, the factor less "
    "1, a negative number there.",
    lambda r, n: reference(r, n) if r >= 0 else 1 + reference(r, n),
)
_mistake("nothing-returned", "The function ends without a return.", lambda r, n: None)


@exercise.alternative
def loop(rate, layers):
    signal = 1.0
    for _ in range(layers):
        signal += rate * signal
    return signal - 1


@exercise.alternative
def logarithms(rate, layers):
    return np.expm1(layers * np.log1p(rate))


@exercise.alternative
def product(rate, layers):
    return np.prod(np.full(layers, 1 + rate)) - 1


@exercise.alternative
def binomials(rate, layers):
    term = total = 0.0
    for k in range(1, layers + 1):
        term = layers * rate if k == 1 else term * rate * (layers - k + 1) / k
        total += term
    return total


@exercise.alternative
def single_precision(rate, layers):
    return np.float32(1 + np.float32(rate)) ** np.float32(layers) - np.float32(1)
