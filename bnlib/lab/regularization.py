"""Claim 7: what the noise of a batch's statistics does to the accuracy on rows never seen.

Three ways to train one network on few rows: without batch norm; with the mean and variance of
256 fixed rows in each step, which have no noise; and with the mean and variance of groups of 64,
32, ..., 2 rows of the batch (ghost batch norm, Hoffer et al., 2017), which have more noise the
smaller the group. The loss is that of the same batch of 64 rows in all three.

At evaluation every network is normalized by fixed statistics, measured on training rows with the
final weights. Its rate is the one with the best accuracy on rows that are used for nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.datasets import mnist1d
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.progress import progress
from bnlib.lab.selection import best, ladder
from bnlib.lab.tables import Table
from bnlib.lab.training import SGD, Data, accuracy, batches, recompute, train

SIZE, WIDTHS, STEPS = 64, (40, 64, 64, 64, 10), 500
GROUPS = (64, 32, 16, 8, 4, 2)
METHODS = ("none", "fixed rows", *(f"groups of {g}" for g in GROUPS))
LEFT_OUT = ("groups of 32", "groups of 8")  # on more rows, to save time
RATES = tuple(ladder(-2.5, 1, 2))
FIXED = 256  # rows whose statistics have no noise
FEW, MORE, VALIDATION = 256, 2048, 1500  # training rows; rows to choose the rate by


class FixedRows:
    """Batch norm of rows that are followed by certain others: the statistics of these for all."""

    def __init__(self, models: int, features: int, rows: int, eps: float = 1e-5):
        self.gamma = torch.ones(models, 1, features, requires_grad=True)
        self.beta = torch.zeros(models, 1, features, requires_grad=True)
        self.rows, self.eps = rows, eps

    def parameters(self) -> list[Tensor]:
        return [self.gamma, self.beta]

    def __call__(self, z: Tensor, training: bool) -> Tensor:
        fixed = z[:, -self.rows :]
        mean = fixed.mean(1, keepdim=True)
        var = (fixed - mean).square().mean(1, keepdim=True)
        return self.gamma * (z - mean) * (var + self.eps).rsqrt() + self.beta


class WithFixedRows:
    """Networks with ``FixedRows``: each call sends the rows x along and drops their answers."""

    def __init__(self, weights: Sequence[Tensor], x: Tensor):
        self.x = x
        self.net = MLP(weights, functools.partial(FixedRows, rows=len(x)))
        self.models, self.parameters = self.net.models, self.net.parameters

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        sent = torch.cat([x.expand(self.models, -1, -1), self.x.expand(self.models, -1, -1)], 1)
        return self.net(sent, training)[:, : x.shape[1]]


@experiment(
    "regularization",
    seeds=range(5),
    keys=("rows", "method", "rate", "seed"),
    small={"seeds": (0,), "rows": (FEW,), "methods": ("none", "groups of 8"), "rates": (0.1,)},
    # Accuracies after 500 steps on few rows: one network's changes by a point with the rounding.
    tolerance=0.1,
)
def regularization(
    seeds: Sequence[int],
    rows: Sequence[int] = (FEW, MORE),
    methods: Sequence[str] = METHODS,
    rates: Sequence[float] = RATES,
) -> Rows:
    """Accuracy on training, validation and test rows by the size of the groups."""
    runs = [(n, m) for n in rows for m in methods if n == FEW or m not in LEFT_OUT]
    found = []
    for n, method in progress(runs, "regularization"):
        model = _trained(method, _first(n), seeds, rates)
        shares = {
            name: accuracy(model, *rows_of(n, name)) for name in ("train", "validation", "test")
        }
        found += [
            {
                "rows": n,
                "method": method,
                "rate": rate,
                "seed": seed,
                **{name: float(share[s * len(rates) + r]) for name, share in shares.items()},
            }
            for s, seed in enumerate(seeds)
            for r, rate in enumerate(rates)
        ]
    return found


def rows_of(n: int, part: str) -> tuple[Tensor, Tensor]:
    """The first n training rows, the rows the rate is chosen by, or the 10,000 test rows."""
    data = mnist1d()
    if part == "test":
        return data.x_test, data.y_test
    rows = slice(n) if part == "train" else slice(-VALIDATION, None)
    return data.x_train[rows], data.y_train[rows]


def _first(n: int) -> Data:
    return Data(*rows_of(n, "train"), *rows_of(n, "validation"))


def _trained(method: str, data: Data, seeds: Sequence[int], rates: Sequence[float]):
    copies = len(rates)
    weights = [w.repeat_interleave(copies, 0) for w in first_weights(seeds, WIDTHS)]
    if method == "fixed rows":
        model = WithFixedRows(weights, data.x_train[:FIXED])
    else:
        group = None if method == "none" else int(method.split()[-1])
        norm = functools.partial(BatchNorm, group=group) if group else None
        model = MLP(weights, norm)
    order = batches(seeds, len(data.x_train), SIZE, STEPS)
    optimizer = SGD(torch.tensor(list(rates) * len(seeds)))
    for _ in train(model, data, order, optimizer, copies):
        pass
    if method.startswith("groups"):
        recompute(model, data.x_train, model.norms, size=FIXED)
    return model


def best_rate(table: Table, rows: int, method: str) -> float:
    """The rate with the highest mean accuracy on the validation rows."""
    rates = table.values("rate", rows=rows, method=method)
    return best(rates, 1 - _shares(table, rows, method, "validation"))


def at_best(table: Table, rows: int, method: str, part: str = "test") -> np.ndarray:
    """The accuracy of each seed at that rate, in per cent, (S,)."""
    rates = table.values("rate", rows=rows, method=method)
    at = rates.index(best_rate(table, rows, method))
    return 100 * _shares(table, rows, method, part)[:, at]


def groups(table: Table, rows: int) -> list[int]:
    """The sizes of groups that were tried on so many rows, from large to small."""
    return [g for g in GROUPS if f"groups of {g}" in table.values("method", rows=rows)]


def best_group(table: Table, rows: int) -> int:
    """The size of the groups with the highest mean accuracy on the validation rows."""
    sizes = groups(table, rows)
    means = [at_best(table, rows, f"groups of {g}", "validation").mean() for g in sizes]
    return sizes[int(np.argmax(means))]


def _shares(table: Table, rows: int, method: str, part: str) -> np.ndarray:
    seeds = table.values("seed")
    return np.stack([table.column(part, rows=rows, method=method, seed=s) for s in seeds])
