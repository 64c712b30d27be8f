"""Every seed at every learning rate, trained at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import SGD, Adam, Data, accuracy, batches, train

OPTIMIZERS: dict[str, Callable] = {
    "SGD": SGD,
    "momentum": lambda rates: SGD(rates, momentum=0.9),
    "Adam": Adam,
}


class Net(NamedTuple):
    """A kind of network and how it is trained.

    Attributes:
        activation, optimizer: names, of ``nets.ACTIVATIONS`` and of ``OPTIMIZERS``.
        gain: the first weights of a hidden layer have variance gain / fan_in.
        depth, width: the hidden layers and their units.
        norm: "none", "before" or "after" the activation.
    """

    activation: str = "relu"
    optimizer: str = "SGD"
    gain: float = 2.0
    depth: int = 3
    width: int = 100
    norm: str = "before"

    def build(self, seeds: Sequence[int], copies: int, data: Data, scale: float = 1.0) -> MLP:
        """A network for each copy of each seed; copies of one seed begin alike, M = S x copies.

        scale: what the first weights of the hidden layers are multiplied by.
        """
        classes = int(data.y_train.max()) + 1
        widths = [data.x_train.shape[1], *[self.width] * self.depth, classes]
        weights = first_weights(seeds, widths, self.gain)
        weights = [w * scale for w in weights[:-1]] + weights[-1:]
        return MLP(
            [w.repeat_interleave(copies, 0) for w in weights],
            None if self.norm == "none" else BatchNorm,
            self.activation,
            after=self.norm == "after",
        )


class Sweep(NamedTuple):
    """What S seeds did at R rates.

    Attributes:
        rates: (R,).
        losses: (steps, S, R), of each batch before its step; inf from where a model diverged.
        looks: (T,), the steps after which the test rows were asked.
        accuracies: (T, S, R), on the test rows in evaluation mode.
    """

    rates: np.ndarray
    losses: np.ndarray
    looks: np.ndarray
    accuracies: np.ndarray

    def steps_to(self, level: float) -> np.ndarray:
        """The first step after which the test accuracy was at ``level``, (S, R); inf: never."""
        reached = self.accuracies >= level
        return np.where(reached.any(0), self.looks[reached.argmax(0)], np.inf)

    def loss(self, steps: int, end: int | None = None) -> np.ndarray:
        """The mean loss of the ``steps`` steps before ``end``, by default the last ones, (S, R)."""
        end = len(self.losses) if end is None else end
        return self.losses[end - steps : end].mean(0)


def sweep(
    net: Net,
    data: Data,
    seeds: Sequence[int],
    rates: Sequence[float],
    steps: int,
    size: int = 60,
    looks: Sequence[int] = (),
    scale: float = 1.0,
) -> Sweep:
    """Train a network for each seed and rate on the same batches within a seed.

    looks: after which steps the test rows are asked.
    """
    copies = len(rates)
    model = net.build(seeds, copies, data, scale)
    optimizer = OPTIMIZERS[net.optimizer](torch.tensor(list(rates) * len(seeds)))
    order = batches(seeds, len(data.x_train), size, steps)
    losses, shares, asked = [], [], set(looks)
    for step, loss in enumerate(train(model, data, order, optimizer, copies), start=1):
        losses.append(loss)
        if step in asked:
            shares.append(accuracy(model, data.x_test, data.y_test))
    shape = (-1, len(seeds), copies)
    found = torch.stack(losses).view(shape).double().numpy()
    found = np.where(np.isfinite(found), found, np.inf)
    shown = torch.stack(shares).view(shape).numpy() if shares else np.zeros((0, *shape[1:]))
    return Sweep(np.asarray(rates), found, np.asarray(looks)[: len(shares)], shown)
