"""Exercise: the standard deviation of the activations, layer by layer."""

from itertools import pairwise

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.signals.passes import ACTIVATIONS, FAULTS, reference


def _network(rng, rows: int, widths: tuple[int, ...], gain: float):
    """x and weights; unequal columns of x and of each w, and a mean in every array."""
    x = rng.standard_normal((rows, widths[0])) * rng.permutation(np.geomspace(0.5, 2, widths[0]))
    weights = []
    for before, after in pairwise(widths):
        w = rng.standard_normal((before, after)) * rng.permutation(np.geomspace(0.6, 1.6, after))
        weights.append((w + 0.2) * gain / np.sqrt(before))
    return x + rng.uniform(0.3, 0.6), weights


exercise = Exercise(
    name="layer_stds",
    notebook="03_signals",
    title="The scale after each layer",
    difficulty=2,
    minutes=15,
    section=sections.DEPTH,
    parameters=("x", "weights", "activation"),
    returns=("stds",),
    reference=reference,
    example=lambda rng: (*_network(rng, 9, (5, 6, 4), 1.4), "relu"),
)


def _judge(student, x, weights, activation):
    given = f'{len(weights)} layers, x of shape {x.shape}, activation="{activation}"'
    expect("stds", student(x, weights, activation), reference(x, weights, activation), given)


def _square(rng, activation):
    # Layers of one width: what is wrong with an axis shows in the numbers and not in an error.
    return (*_network(rng, 8, (6, 6, 6, 6), 1.5), activation)


@exercise.check("linear layers", 1, sections.ONE_LAYER)
def linear(student, rng, others):
    _judge(student, *_square(rng, "linear"))


@exercise.check("tanh after each layer, the last one too", points=1)
def tanh(student, rng, others):
    _judge(student, *_square(rng, "tanh"))


@exercise.check("ReLU after each layer, the last one too", points=2)
def relu(student, rng, others):
    _judge(student, *_square(rng, "relu"))


@exercise.check("layers of unequal width, and a single one", points=1)
def widths(student, rng, others):
    _judge(student, *_network(rng, 7, (4, 9, 5, 8), 1.2), "tanh")
    _judge(student, *_network(rng, 7, (5, 3), 1.2), "tanh")


@exercise.check("x and the weights are left as they were", points=1)
def unchanged(student, rng, others):
    arguments = _square(rng, "tanh")
    changed = student.changed_arguments(*arguments)
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, *arguments)


for id, advice, stds in FAULTS:
    exercise.mistake(id, advice)(stds)


@exercise.alternative
def grown_list(x, weights, activation):
    h, stds = x, []
    for w in weights:
        h = h @ w
        if activation == "tanh":
            h = np.tanh(h)
        elif activation == "relu":
            h = h * (h > 0)
        stds.append(h.std())
    return stds


@exercise.alternative
def einsum(x, weights, activation):
    act = {"linear": np.positive, "tanh": np.tanh, "relu": lambda z: np.clip(z, 0, None)}
    stds, h = np.empty(len(weights)), x
    for layer, w in enumerate(weights):
        h = act[activation](np.einsum("ni,ij->nj", h, w))
        stds[layer] = np.sqrt(np.mean((h - h.mean()) ** 2))
    return stds


@exercise.alternative
def loops(x, weights, activation):
    act = {"linear": lambda z: z, "tanh": np.tanh, "relu": lambda z: max(z, 0.0)}[activation]
    h, stds = x.tolist(), []
    for w in weights:
        columns = w.T.tolist()
        h = [[act(sum(a * b for a, b in zip(row, c, strict=True))) for c in columns] for row in h]
        flat = [v for row in h for v in row]
        mean = sum(flat) / len(flat)
        stds.append(float((sum((v - mean) ** 2 for v in flat) / len(flat)) ** 0.5))
    return tuple(stds)


@exercise.alternative
def one_after_the_other(x, weights, activation):
    if not weights:
        return []
    h = ACTIVATIONS[activation](np.dot(x, weights[0]))
    return [np.std(h), *one_after_the_other(h, weights[1:], activation)]


@exercise.alternative
def single_precision(x, weights, activation):
    return reference(
        x.astype(np.float32), [w.astype(np.float32) for w in weights], activation
    ).astype(np.float32)
