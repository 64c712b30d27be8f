"""RMS norm and dynamic tanh beside layer norm: in a small transformer, and in a deep plain net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from bnlib.lab import selection
from bnlib.lab.datasets import digits, mnist1d
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.progress import progress
from bnlib.lab.tables import Table
from bnlib.lab.training import SGD, Adam, accuracy, batches, train
from bnlib.lab.transformer import NORMS, Transformer

BLOCKS, SIZE, STEPS, LAST = 3, 50, 400, 50
RATES = range(-11, -4)  # exponents of 2
DEPTH, DEEP_STEPS = 6, 100
DEEP_RATES = range(-8, 0)


@experiment(
    "transformer",
    seeds=range(6),
    keys=("norm", "rate", "seed"),
    # A low rate and all steps of one seed: what rounding changes stays small there.
    small={"seeds": (0,), "norms": ("RMS",), "rates": (-11,)},
    tolerance=0.02,
)
def transformer(
    seeds: Sequence[int],
    norms: Sequence[str] = ("none", "layer", "RMS", "DyT"),
    rates: Sequence[int] = tuple(RATES),
) -> Rows:
    """Small transformers on MNIST-1D with each norm at each rate: training loss and test accuracy.

    Columns: rate, the exponent of 2 (Adam); loss, the mean training loss of the last LAST steps;
    accuracy, in percent of 5,000 test rows, at the end.
    """
    data, rows = mnist1d(), []
    for seed, name in progress([(s, n) for s in seeds for n in norms], "transformers"):
        models = Transformer([seed] * len(rates), NORMS[name], blocks=BLOCKS)
        optimizer = Adam(torch.tensor([2.0**rate for rate in rates]))
        order = batches([seed], len(data.x_train), SIZE, STEPS)
        losses = torch.stack(list(train(models, data, order, optimizer, len(rates))))
        # In parts, so that the tokens of all models fit into the cache.
        tested = zip(data.x_test[:5000].split(500), data.y_test[:5000].split(500), strict=True)
        right = 100 * torch.stack([accuracy(models, x, y) for x, y in tested]).mean(0)
        last = losses[-LAST:].mean(0)
        for m, rate in enumerate(rates):
            told = {"loss": float(last[m]), "accuracy": float(right[m])}
            rows.append({"norm": name, "rate": rate, "seed": seed, **told})
    return sorted(rows, key=lambda row: (list(NORMS).index(row["norm"]), row["rate"], row["seed"]))


def deep_plain(
    seeds: Sequence[int],
    norms: Sequence[str],
    rates: Sequence[int] = tuple(DEEP_RATES),
    width: int = 64,
) -> Table:
    """Deep plain ReLU networks on the digits, a norm in front of each activation.

    DEPTH hidden layers, no skip connection, He's weights, batches of 50, gradient descent with
    momentum 0.9. The columns are those of ``transformer``; loss is that of the last 20 steps.
    """
    data, copies, rows = digits(), len(rates), []
    drawn = first_weights(seeds, [64, *[width] * DEPTH, 10])
    order = batches(seeds, len(data.x_train), 50, DEEP_STEPS)
    for name in norms:
        net = MLP([w.repeat_interleave(copies, 0) for w in drawn], NORMS[name])
        optimizer = SGD(torch.tensor([2.0**r for r in rates]).repeat(len(seeds)), 0.9)
        losses = torch.stack(list(train(net, data, order, optimizer, copies)))
        last, right = losses[-20:].mean(0), 100 * accuracy(net, data.x_test, data.y_test)
        for m, (seed, rate) in enumerate((s, r) for s in seeds for r in rates):
            told = {"loss": float(last[m]), "accuracy": float(right[m])}
            rows.append({"norm": name, "rate": rate, "seed": seed, **told})
    return Table(rows)


class Best(NamedTuple):
    """What a norm reached at its best rate."""

    rate: int  # the exponent of 2
    loss: np.ndarray  # (S,)
    accuracy: np.ndarray  # (S,)


def mean_losses(table: Table, norm: str) -> tuple[list[int], np.ndarray]:
    """The rates, and the mean loss over seeds at each; infinite where a seed diverged."""
    part = table.where(norm=norm)
    rates = sorted(part.values("rate"))
    mean = np.array([part.column("loss", rate=rate).mean() for rate in rates])
    return rates, np.where(np.isfinite(mean), mean, np.inf)


def best(table: Table, norm: str) -> Best:
    """The rate of the lowest training loss on the mean over seeds.

    Raises ValueError if it lies at an edge of the rates that were tried.
    """
    part = table.where(norm=norm)
    rates = sorted(part.values("rate"))
    losses = [part.column("loss", rate=rate) for rate in rates]
    return at_rate(table, norm, selection.best(rates, np.stack(losses, axis=1), where=norm))


def at_rate(table: Table, norm: str, rate: int) -> Best:
    part = table.where(norm=norm, rate=rate)
    return Best(rate, part.column("loss"), part.column("accuracy"))
