"""Exercise: train the network, and evaluate it as it will be used."""

import functools

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.data import digits
from bnlib.exercises import sections
from bnlib.exercises.training.mlp import BUILDING, draw_weights
from bnlib.exercises.training.network import Network, is_telling
from bnlib.exercises.training.training_faults import FAULTS
from bnlib.exercises.training.training_forms import FORMS
from bnlib.exercises.training.training_loop import EPS, Loop, cross_entropy, descend

exercise = Exercise(
    name="train_mlp",
    notebook="07_training",
    title="Train it, and evaluate it",
    difficulty=4,
    minutes=40,
    section=sections.MLP,
    parameters=("weights", "x", "labels", "batches", "lr", "momentum", "x_test"),
    returns=("losses", "logits"),
    reference=Loop(),
    uses=("MLP",),
    example=lambda rng: _case(rng, 3)[0],
)
exercise.allowed += (
    *(f"bnlib.{name}" for name in BUILDING),
    *(f"bnlib.norms.{name}" for name in BUILDING[:3]),
    *(f"bnlib.norms.batch.{name}" for name in BUILDING[:3]),
    "bnlib.statistics.update_running",
)

# Right answers reach 0.95 and, on one digit, 0.8 (every seed tried); batch statistics of one digit
# alone leave less than 0.4.
ACCURACY, OF_ONE_DIGIT = 0.9, 0.6
SIZES = (3, 5, 4, 3)


def _case(rng, steps):
    return _drawn(int(rng.integers(2**62)), steps)


@functools.lru_cache(maxsize=64)
def _drawn(seed, steps, momentum=0.7, lr=0.5):
    """Arguments of a small training that tells faults apart, and in words what they are."""
    rng = np.random.default_rng(seed)
    while True:
        weights = draw_weights(rng, SIZES)
        x = rng.standard_normal((12, 3)) * 2 + 0.5
        labels = rng.permutation(np.arange(12) % 3)
        x_test = rng.standard_normal((5, 3)) * 3 - 1
        batches = np.stack([rng.permutation(12)[:8] for _ in range(steps)])
        network, clear = Network(weights, EPS, momentum), True
        for rows in batches:
            logits = network.forward(x[rows])
            clear = clear and is_telling(network)
            descend(network, network.backward(cross_entropy(logits, labels[rows])[1]), lr)
        network.training = False
        network.forward(x_test)
        if clear and is_telling(network):
            break
    given = f"{steps} steps on batches of 8 rows, lr={lr:g}, momentum={momentum:g}"
    return (weights, x, labels, batches, lr, momentum, x_test), given


def _judge(student, arguments, names, given):
    got = dict(zip(("losses", "logits"), student(*arguments), strict=True))
    want = dict(zip(("losses", "logits"), exercise.reference(*_copies(arguments)), strict=True))
    for name in names:
        expect(name, got[name], want[name], given)


def _copies(arguments):
    weights, *rest = arguments
    return [w.copy() for w in weights], *rest


@exercise.check("the first loss is the mean cross-entropy of the first batch", 1)
def first_loss(student, rng, others):
    arguments, given = _case(rng, 1)
    _judge(student, arguments, ("losses",), given)


@exercise.check("each step moves every parameter down its gradient", 3)
def losses(student, rng, others):
    arguments, given = _case(rng, 4)
    _judge(student, arguments, ("losses",), given)


@exercise.check(
    "x_test is evaluated with the running statistics of the training", 2, sections.NO_BATCH
)
def evaluated(student, rng, others):
    arguments, given = _case(rng, 3)
    _judge(student, arguments, ("logits",), f"{given}, then 5 rows of x_test")


@exercise.check(
    "one test row alone gets the logits that it gets among others", 1, sections.NO_BATCH
)
def one_row(student, rng, others):
    arguments, given = _case(rng, 2)
    x_test = arguments[-1]
    among = as_array("logits", student(*arguments)[1])
    alone = student(*arguments[:-1], x_test[:1])[1]
    if among.shape != (5, 3):
        raise Wrong(
            f"logits has shape {among.shape}, expected (5, 3), for {given}.",
            "wrong-shape",
            "logits",
        )
    expect("logits", alone, among[:1], f"{given}, one row of x_test")


@exercise.check("large logits do not overflow", 1)
def large_logits(student, rng, others):
    arguments, given = _case(rng, 1)
    weights, x, batches = arguments[0], arguments[1], arguments[3]
    network = Network(weights, EPS, arguments[5])
    network.forward(x[batches[0]])
    # The same large number in all logits of a row: what is left of them is of ordinary size.
    shift = 2000 / network.inputs[-1].sum(axis=1).max()
    weights = [*weights[:-1], weights[-1] + shift]
    arguments = (weights, *arguments[1:])
    got, want = student(*arguments)[0], exercise.reference(*_copies(arguments))[0]
    given = f"{given}, logits up to about 2000"
    expect("losses", got, want, given, part={np.dtype("f8"): 1e-6, np.dtype("f4"): 1e-2})


@exercise.check("the caller's arrays are left as they were", 1)
def unchanged(student, rng, others):
    arguments, _ = _case(rng, 2)
    changed = student.changed_arguments(*arguments)
    if changed:
        message = f"After the call {', '.join(changed)} held other numbers."
        raise Wrong(message, "changed-argument")


@functools.lru_cache(maxsize=1)
def _digits():
    return digits()


def _on_digits(student, rng, bar, chosen=None):
    """Train on images of digits; the share of the test images that are recognized."""
    x, labels, x_test, truth = _digits()
    if chosen is not None:
        x_test, truth = x_test[truth == chosen], truth[truth == chosen]
    batches = np.stack([rng.permutation(len(x))[:64] for _ in range(120)])
    weights = draw_weights(rng, (64, 32, 10))
    _, logits = student(weights, x, labels, batches, 0.5, 0.1, x_test)
    logits = as_array("logits", logits)
    if logits.shape != (len(x_test), 10):
        message = f"logits has shape {logits.shape}, expected {(len(x_test), 10)}."
        raise Wrong(message, "wrong-shape", "logits")
    accuracy = float((logits.argmax(axis=1) == truth).mean())
    what = "all test images" if chosen is None else f"the test images of the digit {chosen} alone"
    if not accuracy >= bar:
        raise Wrong(
            f"The trained network recognizes {accuracy:.0%} of {what}, expected {bar:.0%} or "
            "more, after 120 steps on batches of 64 images.",
            judged="logits",
        )
    return f"It recognizes {accuracy:.0%} of {what}."


@exercise.check(f"on images of digits: {ACCURACY:.0%} of the test images are recognized", 2)
def accuracy(student, rng, others):
    return _on_digits(student, rng, ACCURACY)


@exercise.check(
    f"and {OF_ONE_DIGIT:.0%} where all test images show the same digit", 1, sections.NO_BATCH
)
def one_digit(student, rng, others):
    return _on_digits(student, rng, OF_ONE_DIGIT, int(rng.integers(10)))


for fault in FAULTS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)
for form in FORMS:
    exercise.alternative(form)
