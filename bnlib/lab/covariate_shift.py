"""Internal covariate shift, made on purpose and measured in two ways (claim 5).

Noisy batch norm is an idea of Santurkar et al. (2018): what batch norm has made is shifted and
scaled at random, anew in every step, so that the layer behind it meets another distribution each
time. Here all rows of a batch get the same draw. If
batch norm helped because distributions hold still, noise of that kind would undo the help.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights, generator
from bnlib.lab.training import SGD, Data, accuracy, batches, losses, train

NOISE = {"none": None, "bn": 0.0, "noise .25": 0.25, "noise .5": 0.5, "noise .75": 0.75}
WIDTHS = (64, 100, 100, 100, 10)
GAIN = {"sigmoid": 1.0, "relu": 2.0}
BATCH = 60


class NoisyBatchNorm(BatchNorm):
    """Batch norm whose output y becomes exp(noise a) y + noise b while training.

    a and b are standard normal, one each a feature, drawn anew in every call; models that are
    copies of one seed get the same draws.
    """

    def __init__(self, seeds: Sequence[int], copies: int, features: int, layer: int, noise: float):
        super().__init__(len(seeds) * copies, features)
        self.draws = [generator(seed, f"noise of layer {layer}") for seed in seeds]
        self.copies, self.noise = copies, noise

    def __call__(self, z: Tensor, training: bool) -> Tensor:
        y = super().__call__(z, training)
        if not training:
            return y
        drawn = torch.stack([torch.randn(2, 1, z.shape[2], generator=g) for g in self.draws])
        scale, shift = (self.noise * drawn.repeat_interleave(self.copies, 0)).unbind(1)
        return scale.exp() * y + shift


def network(seeds: Sequence[int], copies: int, activation: str, condition: str) -> MLP:
    """Networks of 64, 3 x 100 and 10 units, ``copies`` of each seed's, with a norm."""
    weights = first_weights(seeds, WIDTHS, GAIN[activation])
    noise = NOISE[condition]
    layers = iter(range(len(WIDTHS)))

    def norm(models: int, features: int) -> BatchNorm:
        if noise:
            return NoisyBatchNorm(seeds, copies, features, next(layers), noise)
        return BatchNorm(models, features)

    copied = [w.repeat_interleave(copies, 0) for w in weights]
    return MLP(copied, None if noise is None else norm, activation)


@contextmanager
def still(model: MLP) -> Iterator[None]:
    """Let the running statistics be while the model is only looked at."""
    norms = [norm for norm in model.norms if norm is not None]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    yield
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


@torch.no_grad()
def moments(model: MLP, x: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Mean and deviation over the rows of x of what leaves each hidden layer, (M, width)."""
    with still(model):
        return [(h.mean(1), h.std(1, correction=0)) for h in model.hidden(x[None], True)]


def drift(before: list[tuple[Tensor, Tensor]], after: list[tuple[Tensor, Tensor]]) -> Tensor:
    """How far the distributions of the units moved, in units of their spread, (M,).

    For one unit the distance is sqrt((change of mean)^2 + (change of deviation)^2), which is the
    Wasserstein distance between two normal distributions. A layer's is the root mean square over
    its units, divided by that of their standard deviations; the layers are averaged.
    """
    layers = []
    for (mean, std), (new_mean, new_std) in zip(before, after, strict=True):
        moved = ((new_mean - mean).square() + (new_std - std).square()).mean(1)
        layers.append((moved / std.square().mean(1)).sqrt())
    return torch.stack(layers).mean(0)


def gradient_change(model: MLP, old: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    """How much a layer's gradient changes because the layers before it have taken their step, (M,).

    Santurkar et al. (2018) define internal covariate shift so. old: what ``model.parameters()``
    were before the step that the model has taken; x, y: the batch of that step, (M, N, D), (M, N).
    The change is divided by the gradient's length; layers from the second on are averaged.
    """
    parameters = model.parameters()
    new = [p.detach().clone() for p in parameters]
    layers = layer_of(model)
    assign(parameters, old)
    first = _weight_gradients(model, x, y)
    changes = []
    for layer in range(1, len(model.weights)):
        mixed = [n if at < layer else o for n, o, at in zip(new, old, layers, strict=True)]
        assign(parameters, mixed)
        after, before = _weight_gradients(model, x, y)[layer], first[layer]
        changes.append((after - before).norm(dim=(1, 2)) / before.norm(dim=(1, 2)))
    assign(parameters, new)
    return torch.stack(changes).mean(0)


def layer_of(model: MLP) -> list[int]:
    """The layer that each of ``model.parameters()`` belongs to."""
    deep = len(model.weights)
    norms = [layer for layer, norm in enumerate(model.norms) if norm for _ in norm.parameters()]
    return [*range(deep), *range(deep), *norms]


def _weight_gradients(model: MLP, x: Tensor, y: Tensor) -> list[Tensor]:
    with still(model):
        return list(torch.autograd.grad(losses(model(x, True), y).sum(), model.weights))


def assign(parameters: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for p, value in zip(parameters, values, strict=True):
            p.copy_(value)


class Course(NamedTuple):
    """What was measured in each step of a training, (steps, seeds) each."""

    loss: Tensor  # of the batch, before the step
    accuracy: Tensor  # on the test rows, after it
    drift: Tensor  # by the step, on fixed rows
    change: Tensor  # of the gradient by the steps of earlier layers; nan where noise would count


def follow(
    data: Data,
    seeds: Sequence[int],
    activation: str,
    condition: str,
    rate: float,
    steps: int,
    probe: int = 256,
) -> Course:
    """Train one network a seed and measure every step, until all have a test accuracy of 90 %."""
    model = network(seeds, 1, activation, condition)
    order = batches(seeds, len(data.x_train), BATCH, steps)
    rates = torch.full((len(seeds),), rate)
    rows = data.x_train[:probe]
    before, old, course = moments(model, rows), _copy(model), []
    there = low = torch.zeros(len(seeds), dtype=torch.bool)
    for batch, loss in zip(order, train(model, data, order, SGD(rates)), strict=False):
        after = moments(model, rows)
        if NOISE[condition]:
            change = torch.full_like(loss, torch.nan)
        else:
            change = gradient_change(model, old, data.x_train[batch], data.y_train[batch])
        right = accuracy(model, data.x_test, data.y_test)
        course.append((loss, right, drift(before, after), change))
        before, old = after, _copy(model)
        there, low = there | (right >= 0.9), low | (loss < 0.5)
        if (there & low).all():
            break
    return Course(*(torch.stack(values) for values in zip(*course, strict=True)))


def _copy(model: MLP) -> list[Tensor]:
    return [p.detach().clone() for p in model.parameters()]


def during(values: Tensor, loss: Tensor, high: float = 2.0, low: float = 0.5) -> Tensor:
    """The mean of ``values`` over the steps at which the batch's loss lay between two levels.

    So that trainings are compared at the same progress, whatever their number of steps.
    """
    inside = (loss > low) & (loss < high)
    return torch.where(inside, values, 0.0).sum(0) / inside.sum(0)
