"""How far running statistics lag behind a network that learns, and what it costs.

What a running average holds does not touch training, which uses the statistics of the batch. So
one training serves for averages with several momenta, and for precise statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.selection import best
from bnlib.lab.training import SGD, Data, accuracy, batches, recompute, train

PRECISE = "recomputed"


class FollowedBatchNorm(BatchNorm):
    """Batch norm with one pair of running statistics for each of several momenta.

    Attributes:
        averages: momentum -> (running mean, running variance), each (M, 1, D). The momenta weigh
            the new value, as in PyTorch.
    """

    def __init__(self, models: int, features: int, momenta: Sequence[float]):
        super().__init__(models, features)
        first = self.running_mean, self.running_var
        self.averages = {m: tuple(v.clone() for v in first) for m in momenta}

    def measure(self, z: Tensor) -> tuple[Tensor, Tensor]:
        mean, var = super().measure(z)
        rows = z.shape[1]
        with torch.no_grad():
            for momentum, (running_mean, running_var) in self.averages.items():
                running_mean.lerp_(mean.mean(1), momentum)
                running_var.lerp_(var.mean(1) * rows / (rows - 1), momentum)
        return mean, var

    def use(self, momentum: float) -> None:
        """Let inference use the averages of this momentum."""
        self.running_mean, self.running_var = (v.clone() for v in self.averages[momentum])


class Lag(NamedTuple):
    """Accuracies on the test set, in points, after a number of steps.

    Attributes:
        steps: (T,), when they were measured.
        accuracies: momentum, or "recomputed" -> (T, S), one column a seed.
        other_class: (S,), the share of the test rows, in points, that are put into another class
            with the statistics of their batch than with precise ones; after the last step.
    """

    steps: tuple[int, ...]
    accuracies: dict[float | str, np.ndarray]
    other_class: np.ndarray

    def at(self, step: int, which: float | str) -> np.ndarray:
        """The accuracies after a step, one a seed."""
        return self.accuracies[which][self.steps.index(step)]


def best_rate(
    rates: Sequence[float],
    data: Data,
    activation: str = "relu",
    batch: int = 64,
    steps: int = 100,
    seeds: Sequence[int] = range(100, 103),
) -> float:
    """The rate with the lowest training loss, averaged over the last ten steps and over seeds.

    The seeds are others than those of the experiment, so that nothing is selected on what is
    measured. Raises ValueError if the best rate is at the edge of the grid.
    """
    model = _network(seeds, len(rates), data, activation)
    order = batches(seeds, len(data.x_train), batch, steps)
    each = SGD(torch.tensor(rates).repeat(len(seeds)))
    lost = torch.stack(list(train(model, data, order, each, copies=len(rates))))
    return best(rates, lost[-10:].mean(0).view(len(seeds), len(rates)).numpy())


def _network(seeds, copies, data: Data, activation: str, momenta=()) -> MLP:
    widths = (data.x_train.shape[1], 100, 100, 100, 10)
    weights = first_weights(seeds, widths, gain=2.0 if activation == "relu" else 1.0)
    weights = [w.repeat_interleave(copies, 0) for w in weights]
    return MLP(weights, lambda m, d: FollowedBatchNorm(m, d, momenta), activation)


def lag(
    seeds: Sequence[int],
    rate: float,
    data: Data,
    steps: Sequence[int],
    momenta: Sequence[float] = (0.01, 0.1, 0.9),
    activation: str = "relu",
    batch: int = 64,
) -> Lag:
    """Train 3 x 100 units with batch norm by SGD, and evaluate with each kind of statistics.

    Statistics are recomputed over all training rows, with the weights of that moment.
    """
    model = _network(seeds, 1, data, activation, momenta)
    order = batches(seeds, len(data.x_train), batch, max(steps))
    found: dict[float | str, list] = {which: [] for which in (*momenta, PRECISE)}
    for step, _ in enumerate(train(model, data, order, SGD(torch.full((len(seeds),), rate))), 1):
        if step in steps:
            for momentum in momenta:
                for norm in model.norms:
                    norm.use(momentum)
                found[momentum].append(100 * accuracy(model, data.x_test, data.y_test).numpy())
            kept = [norm.averages for norm in model.norms]
            for norm in model.norms:
                norm.averages = {}  # the rows below are not a part of the training
            recompute(model, data.x_train, model.norms)
            found[PRECISE].append(100 * accuracy(model, data.x_test, data.y_test).numpy())
            for norm, averages in zip(model.norms, kept, strict=True):
                norm.averages = averages
    accuracies = {which: np.array(values) for which, values in found.items()}
    return Lag(tuple(steps), accuracies, 100 * _other_class(model, data, batch))


@torch.no_grad()
def _other_class(model: MLP, data: Data, batch: int) -> np.ndarray:
    rows = len(data.x_test) // batch * batch
    x = data.x_test[:rows]
    alone = model(x[None], False).argmax(2)
    parts = [model(part[None], True).argmax(2) for part in x.split(batch)]
    return (torch.cat(parts, 1) != alone).float().mean(1).numpy()
