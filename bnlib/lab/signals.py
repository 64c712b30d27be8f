"""Experiments of chapter 3: gradients through many layers, and what a change of one per cent does.

All networks are fully connected, of one width, with inputs and weights drawn anew for each seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.covariate_shift import still
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights, generator
from bnlib.lab.training import SGD, Data, accuracy, batches, train

Array = np.ndarray
GAINS = {"relu": 2.0, "tanh": 1.0, "sigmoid": 1.0}  # variance of the first weights, times fan-in
WIDTH, ROWS = 100, 200


def network(seeds: Sequence[int], depth: int, activation: str, normalized: bool, **sizes) -> MLP:
    """One network a seed, with its first weights; sizes: ``width``, ``inputs`` and ``outputs``."""
    width = sizes.get("width", WIDTH)
    widths = [sizes.get("inputs", width), *[width] * depth, sizes.get("outputs", width)]
    weights = first_weights(seeds, widths, GAINS[activation])
    return MLP(weights, BatchNorm if normalized else None, activation)


def noise(seeds: Sequence[int], shape: Sequence[int], purpose: str) -> Tensor:
    """Standard normal numbers, (S, *shape), that depend on the seed and the purpose alone."""
    return torch.stack([torch.randn(*shape, generator=generator(s, purpose)) for s in seeds])


# ------------------------------------------------------------------- gradients at initialization


def gradient_sizes(
    seeds: Sequence[int],
    activation: str,
    normalized: bool,
    depth: int = 50,
    width: int = WIDTH,
    rows: int = ROWS,
) -> Array:
    """Root mean square of the gradient in what leaves each hidden layer, (S, depth).

    A gradient of independent standard normal numbers is handed in above the last layer.
    """
    model = network(seeds, depth, activation, normalized, width=width)
    outputs = model.hidden(noise(seeds, (rows, width), "rows"), True)
    above = noise(seeds, (rows, width), "gradient")
    gradients = torch.autograd.grad(outputs[-1], outputs, above)
    # The squares of what is left after fifty sigmoids do not fit into 32 bits.
    return np.stack([g.double().square().mean((1, 2)).sqrt().numpy() for g in gradients], axis=1)


def factor_a_layer(sizes: Array, skip: int = 5) -> Array:
    """By what a layer multiplies the gradient on the way back, (S,): the geometric mean.

    sizes: (S, depth). skip: layers left out at each end, where the signal still settles.
    """
    inner = np.log(sizes[:, skip:-skip])
    return np.exp((inner[:, 0] - inner[:, -1]) / (inner.shape[1] - 1))


def mean_over_normal(f: Callable[[Array], Array]) -> float:
    """E[f(z)] for z ~ N(0, 1): a sum on a fine grid under the normal density.

    The grid leaves out 0, where the slope of ReLU jumps.
    """
    z = np.linspace(-9, 9, 18_000)
    weight = np.exp(-0.5 * z**2)
    return float(weight @ f(z) / weight.sum())


def factor_in_theory(
    f: Callable[[Array], Array], slope: Callable[[Array], Array], gain: float, normalized: bool
) -> float:
    """By what a wide layer multiplies the gradient on the way back, at initialization.

    Without batch norm z has mean 0 and a variance q that repeats itself, q = gain E[f(z)^2], and
    the factor is sqrt(gain E[f'(z)^2]). With it z has variance 1, whatever the gain, and the
    factor is sqrt(E[f'(z)^2] / Var[f(z)]).
    """
    if normalized:
        variance = mean_over_normal(lambda z: f(z) ** 2) - mean_over_normal(f) ** 2
        return np.sqrt(mean_over_normal(lambda z: slope(z) ** 2) / variance)
    q = 1.0
    for _ in range(200):
        q = gain * mean_over_normal(lambda z, q=q: f(np.sqrt(q) * z) ** 2)
    return np.sqrt(gain * mean_over_normal(lambda z: slope(np.sqrt(q) * z) ** 2))


# ---------------------------------------------------------------------------------- one per cent


class Change(NamedTuple):
    """By how much a change of the weights moved what leaves each hidden layer, (S, depth) each.

    Attributes:
        size: root mean square of the change, divided by that of the output.
        spread: the same, divided by the deviation of the output from its mean over the rows: by
            what tells the rows apart.
    """

    size: Array
    spread: Array


@torch.no_grad()
def change(
    model: MLP, x: Tensor, seeds: Sequence[int], first_only: bool = False, part: float = 0.01
) -> Change:
    """Move every hidden layer's weights, or the first one's, by ``part`` of their size.

    The direction is random: independent normal numbers of ``part`` times the weights' deviation.
    """
    weights = [w.detach() for w in model.weights]
    moved = []
    for layer, w in enumerate(weights[:-1]):
        step = part * w.std((1, 2), keepdim=True) * noise(seeds, w.shape[1:], f"move {layer}")
        moved.append(w if first_only and layer else w + step)
    return _compare(model, x, [*moved, weights[-1]])


@torch.no_grad()
def common_change(model: MLP, x: Tensor, part: float = 0.01) -> Change:
    """Make all weights larger by ``part`` of themselves."""
    return _compare(model, x, [(1 + part) * w.detach() for w in model.weights])


def _compare(model: MLP, x: Tensor, weights: list[Tensor]) -> Change:
    own = model.weights
    with still(model):
        before = model.hidden(x, True)
        model.weights = weights
        after = model.hidden(x, True)
        model.weights = own
    size, spread = [], []
    for a, b in zip(before, after, strict=True):
        moved = (b - a).square().mean((1, 2)).sqrt()
        size.append(moved / a.square().mean((1, 2)).sqrt())
        spread.append(moved / (a - a.mean(1, keepdim=True)).square().mean((1, 2)).sqrt())
    return Change(*(torch.stack(s, 1).double().numpy() for s in (size, spread)))


def trained(
    data: Data, seeds: Sequence[int], normalized: bool, depth: int = 9, **how
) -> tuple[MLP, Array]:
    """ReLU networks after some steps of SGD, and the share of training rows they get right.

    how: ``rate``, ``steps`` and ``batch``.
    """
    model = network(
        seeds, depth, "relu", normalized, inputs=data.x_train.shape[1], outputs=10, width=WIDTH
    )
    order = batches(seeds, len(data.x_train), how["batch"], how["steps"])
    for _ in train(model, data, order, SGD(torch.full((len(seeds),), how["rate"]))):
        pass
    with still(model):
        right = accuracy(model, data.x_train, data.y_train, training=True)
    return model, right.numpy()


# ------------------------------------------------------------------------- drift of distributions


@torch.no_grad()
def inputs_of_last(model: MLP, x: Tensor) -> Tensor:
    """What enters the activation of the last hidden layer, (M, N, width)."""
    with still(model):
        h = model.hidden(x[None], True)[-2]
        z = torch.baddbmm(model.biases[-2], h, model.weights[-2])
        norm = model.norms[-1]
        return norm(z, True) if norm else z


def percentiles(
    data: Data, normalized: bool, rate: float, looks: Sequence[int], seed: int = 0
) -> tuple[Array, Array]:
    """Train a network of 3 x 100 sigmoid units; percentiles of one unit's inputs, and the loss.

    The unit is the first of the last hidden layer; its inputs are taken on all training rows.
    Returns (looks, 3): the 15th, 50th and 85th percentile after each number of steps in
    ``looks``, which must rise; and (steps,): the loss of each batch.
    """
    model = network((seed,), 3, "sigmoid", normalized, inputs=data.x_train.shape[1], outputs=10)
    order = batches((seed,), len(data.x_train), 60, looks[-1])
    found, losses = [], []
    steps = train(model, data, order, SGD(torch.tensor([rate])))
    for step in range(looks[-1] + 1):
        if step:
            losses.append(float(next(steps)))
        if step in looks:
            unit = inputs_of_last(model, data.x_train)[0, :, 0].numpy()
            found.append(np.percentile(unit, [15, 50, 85]))
    return np.array(found), np.array(losses)
