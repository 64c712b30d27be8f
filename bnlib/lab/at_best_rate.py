"""Training one kind of network at every rate of a grid, and choosing the rate afterwards.

The rate is chosen by the error on validation rows, which are neither trained on nor tested on,
as a mean over the seeds. What is then compared are test errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.datasets import mnist1d
from bnlib.lab.nets import first_weights
from bnlib.lab.progress import progress
from bnlib.lab.selection import best
from bnlib.lab.tables import Table
from bnlib.lab.training import SGD, Data, Model, accuracy, batches, train

VALIDATION = 2000
# Rows that are evaluated at once: a hundred networks on 10,000 rows would fill the memory.
CHUNK = 2000


class Rows(NamedTuple):
    """Training and test rows, and the rows on which rates are chosen."""

    data: Data
    x_valid: Tensor
    y_valid: Tensor


def split(rows: int) -> Rows:
    """MNIST-1D with so many training rows, 2,000 for validation and 10,000 for the test."""
    full = mnist1d(rows + VALIDATION)
    data = full._replace(x_train=full.x_train[:rows], y_train=full.y_train[:rows])
    return Rows(data, full.x_train[rows:], full.y_train[rows:])


class Fitted(NamedTuple):
    """M = seeds x copies trained networks, and the loss of each before each step, (steps, M)."""

    model: Model
    losses: Tensor


def fit(
    make: Callable[[list[Tensor]], Model],
    data: Data,
    seeds: Sequence[int],
    rates: Sequence[float],
    steps: int,
    widths: Sequence[int],
    size: int = 64,
    watch: Callable[[int, Model], None] | None = None,
) -> Fitted:
    """Train ``make(first weights)`` by SGD with momentum 0.9 at rates that fall linearly to 0.

    rates: one a copy; model ``len(rates) * s + c`` is copy c of seed s. The copies of a seed
    begin with the same weights and see the same batches. watch: called with the steps taken and
    the model after each step.
    """
    copies = len(rates)
    model = make([w.repeat_interleave(copies, 0) for w in first_weights(seeds, widths)])
    first = torch.tensor(rates, dtype=torch.float32).repeat(len(seeds))
    optimizer = SGD(first.clone(), momentum=0.9)
    order = batches(seeds, len(data.x_train), size, steps)
    losses = []
    trained = train(model, data, order, optimizer, copies)
    for step, loss in enumerate(progress(trained, "training", steps), start=1):
        losses.append(loss)
        optimizer.rates = first * (1 - step / steps)
        if watch:
            watch(step, model)
    return Fitted(model, torch.stack(losses))


def error(model: Model, x: Tensor, y: Tensor, training: bool = False) -> Tensor:
    """Share of rows classified wrongly in per cent, (M,); a model that diverged counts as 90."""
    parts = zip(x.split(CHUNK), y.split(CHUNK), strict=True)
    right = sum(len(a) * accuracy(model, a, b, training) for a, b in parts)
    wrong = 100 * (1 - right / len(x))
    # nan logits all point to class 0; such a model is no better than chance.
    alive = torch.stack([p.detach().flatten(1).isfinite().all(1) for p in model.parameters()])
    return torch.where(alive.all(0), wrong, 90.0)


def best_rate(table: Table, value: str = "valid", edges: bool = False, **keys) -> float:
    """The rate at which the mean of a column over the seeds is lowest, among rows with keys.

    Raises ValueError if that is the lowest or highest rate that was tried, where better ones may
    lie outside; edges=True lets it pass.
    """
    rates = sorted(table.values("rate", **keys))
    scores = [table.column(value, rate=rate, **keys) for rate in rates]
    return best(rates, np.stack(scores, axis=1), edges, str(keys))


def at_best(table: Table, column: str, value: str = "valid", **keys) -> np.ndarray:
    """A column at the best rate, one value a seed."""
    return table.column(column, rate=best_rate(table, value, **keys), **keys)
