"""Exercise: the standard deviation of weights that keep the scale of the signal."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Raised, Wrong
from bnlib.exercises import sections

_GAINS = {"linear": 1.0, "tanh": 1.0, "relu": 2.0}


def reference(fan_in, activation):
    if activation not in _GAINS:
        raise ValueError(f"activation must be one of {', '.join(_GAINS)}, got {activation!r}")
    return np.sqrt(_GAINS[activation] / fan_in)


exercise = Exercise(
    name="init_std",
    notebook="03_signals",
    title="How large are the first weights?",
    difficulty=1,
    minutes=10,
    section=sections.ONE_LAYER,
    parameters=("fan_in", "activation"),
    returns=("std",),
    reference=reference,
    example=lambda rng: (int(rng.integers(20, 90)), "relu"),
)


def _judge(student, rng, activation):
    # Neither number is a square, and the larger comes second.
    for fan_in in (int(rng.integers(17, 24)), int(rng.integers(201, 224))):
        given = f'fan_in={fan_in}, activation="{activation}"'
        expect("std", student(fan_in, activation), reference(fan_in, activation), given)


@exercise.check("a linear layer", points=1)
def linear(student, rng, others):
    _judge(student, rng, "linear")


@exercise.check("tanh, near 0", points=1)
def tanh(student, rng, others):
    _judge(student, rng, "tanh")


@exercise.check("ReLU", points=2)
def relu(student, rng, others):
    _judge(student, rng, "relu")


@exercise.check("another name is a ValueError", points=1)
def unknown(student, rng, others):
    name = str(rng.choice(["swish", "gelu", "softmax", "sine"]))
    try:
        value = student(30, name)
    except Raised as error:
        if error.kind != "ValueError":
            message = f'activation="{name}" raised {error.kind}, expected ValueError.'
            raise Wrong(message, "other-exception", "std") from None
    else:
        shown = value if isinstance(value, int | float | None) else type(value).__name__
        message = f'activation="{name}" returned {shown}, expected a ValueError.'
        raise Wrong(message, judged="std")
    # What raises whatever it is given is no answer.
    for known in ("linear", "tanh", "relu"):
        student(30, known)


def _mistake(id, advice, linear, tanh=None, relu=None):
    """A wrong formula for each activation; for tanh that of linear unless told."""
    formulas = {"linear": linear, "tanh": tanh or linear, "relu": relu or linear}

    def std(fan_in, activation):
        if activation not in formulas:
            raise ValueError(activation)
        return formulas[activation](fan_in)

    exercise.mistake(id, advice)(std)


def _one(n):
    return 1 / np.sqrt(n)


def _two(n):
    return np.sqrt(2 / n)


_mistake(
    "variance",
    "You return the variance of the weights. Asked is its root.",
    lambda n: 1 / n,
    relu=lambda n: 2 / n,
)
_mistake(
    "no-root",
    "You divide by fan_in where its root belongs: variances add up over the inputs, not "
    "deviations.",
    lambda n: 1 / n,
    relu=lambda n: np.sqrt(2) / n,
)
_mistake(
    "inverse",
    "Your weights grow with the number of inputs. More inputs add up to more, so the weights "
    "must shrink.",
    lambda n: np.sqrt(n),
    relu=lambda n: np.sqrt(n / 2),
)
_mistake(
    "fan-in-ignored",
    "fan_in has no effect on your number. A sum over more inputs has a larger variance.",
    lambda n: 1.0,
    relu=lambda n: np.sqrt(2),
)
_mistake(
    "relu-for-all",
    "You use the factor of ReLU for every activation. It is there because ReLU halves the mean "
    "square; a line and tanh near 0 do not.",
    _two,
)
_mistake(
    "none-for-relu",
    "Your weights for ReLU are those of a linear layer. ReLU halves the mean square of what it is "
    "given; the weights make up for it.",
    _one,
)
_mistake(
    "relu-for-tanh",
    "You use the factor of ReLU for tanh. Near 0 tanh is a line of slope 1: nothing is lost that "
    "had to be made up for.",
    _one,
    tanh=_two,
    relu=_two,
)
_mistake(
    "relu-for-linear",
    "You use the factor of ReLU for a linear layer, which loses nothing that had to be made up "
    "for.",
    _two,
    tanh=_one,
    relu=_two,
)
_mistake(
    "tanh-five-thirds",
    "Your tanh has a gain of 5/3, which some libraries give it for inputs that are not small. "
    "Asked is tanh near 0, where its slope is 1.",
    _one,
    tanh=lambda n: 5 / 3 / np.sqrt(n),
    relu=_two,
)
_mistake(
    "exchanged",
    "The formulas of ReLU and of the others are exchanged.",
    _two,
    relu=_one,
)
_mistake(
    "gain-not-root",
    "Your factor for ReLU is 2. The variance is doubled, so the deviation grows by the root of 2.",
    _one,
    relu=lambda n: 2 / np.sqrt(n),
)
_mistake(
    "relu-halved",
    "Your weights for ReLU are smaller than those of a linear layer. ReLU halves the mean square; "
    "the weights make up for it.",
    _one,
    relu=lambda n: np.sqrt(1 / (2 * n)),
)
_mistake(
    "bound-of-uniform",
    "Your number is the end of the interval of a uniform distribution with the right deviation. "
    "Asked is the deviation.",
    lambda n: np.sqrt(3 / n),
    relu=lambda n: np.sqrt(6 / n),
)
_mistake(
    "one-third",
    "Your variance is 1 / (3 fan_in), that of a uniform distribution between -1 and 1 over the "
    "root of fan_in. It shrinks the signal in every layer.",
    lambda n: np.sqrt(1 / (3 * n)),
)


def _otherwise(id, advice, what):
    """A mistake that shows where the activation has another name."""

    def std(fan_in, activation):
        return reference(fan_in, activation) if activation in _GAINS else what(fan_in, activation)

    exercise.mistake(id, advice)(std)


def _raise(kind):
    def what(fan_in, activation):
        raise kind(activation)

    return what


_otherwise(
    "none-for-another-name",
    "An activation that you do not know gets no number, and the caller is not told. Raise a "
    "ValueError.",
    lambda n, name: None,
)
_otherwise(
    "linear-for-another-name",
    "You take an activation that you do not know for a linear one. Raise a ValueError, or a "
    "misspelt name goes unnoticed.",
    lambda n, name: _one(n),
)
_otherwise(
    "relu-for-another-name",
    "You take an activation that you do not know for ReLU. Raise a ValueError, or a misspelt name "
    "goes unnoticed.",
    lambda n, name: _two(n),
)
_otherwise(
    "key-error",
    "A name that is not in your table raises a KeyError. Raise a ValueError that says what came "
    "and what was expected.",
    _raise(KeyError),
)


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(fan_in, activation):
    reference(fan_in, activation)


@exercise.alternative
def branches(fan_in, activation):
    if activation == "relu":
        return (2 / fan_in) ** 0.5
    if activation in ("linear", "tanh"):
        return fan_in**-0.5
    raise ValueError("expected linear, tanh or relu")


@exercise.alternative
def match(fan_in, activation):
    match activation:
        case "linear" | "tanh":
            gain = 1
        case "relu":
            gain = np.sqrt(2)
        case _:
            raise ValueError(activation)
    return np.array(gain / np.sqrt(fan_in))


@exercise.alternative
def table(fan_in, activation):
    try:
        return {"linear": 1, "tanh": 1, "relu": np.sqrt(2)}[activation] / np.sqrt(fan_in)
    except KeyError:
        raise ValueError(f"no activation {activation!r}") from None


@exercise.alternative
def single_precision(fan_in, activation):
    return np.float32(reference(fan_in, activation))
