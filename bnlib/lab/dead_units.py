"""Experiment of chapter 3: which ReLU units die in training, and whether they come back.

A unit is dead at a step if its output is 0 for every row of the training set. Networks with batch
norm are asked with the mean and variance of all training rows, so that the answer does not depend
on which batch was drawn, nor on averages that lag behind.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.tables import Table
from bnlib.lab.training import SGD, Adam, batches, losses, train

WIDTHS, BATCH = (64, 100, 100, 100, 10), 60
CHECKS = (0, 10, 30, 100, 300, 1000)  # steps after which the units are looked at
DECAY = 1e-3
NORMS = {"none": None, "batch norm": BatchNorm}
RATES = {
    "SGD": (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4),
    "Adam": (0.0004, 0.0008, 0.0016, 0.0032, 0.0064, 0.0128, 0.0256, 0.0512, 0.1024),
}
RATES["Adam, L2"] = RATES["Adam"]


class DecayedAdam(Adam):
    """Adam on the loss plus decay / 2 times the sum of squares of all parameters."""

    def __init__(self, rates: Tensor, decay: float = 0.0):
        super().__init__(rates)
        self.decay = decay

    def step(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        pulled = [g + self.decay * p for p, g in zip(parameters, gradients, strict=True)]
        super().step(parameters, pulled)


OPTIMIZERS = {"SGD": SGD, "Adam": Adam, "Adam, L2": lambda rates: DecayedAdam(rates, DECAY)}


@torch.no_grad()
def dead(model: MLP, x: Tensor) -> Tensor:
    """Whether each hidden unit is 0 for all rows of x, (M, units of all layers)."""
    return torch.cat([(h == 0).all(1) for h in model.hidden(x[None], True)], dim=1)


@torch.no_grad()
def training_loss(model: MLP) -> Tensor:
    """Cross-entropy over all training rows, normalized by the statistics of all of them, (M,)."""
    data = digits()
    return losses(model(data.x_train[None], True), data.y_train)


def follow(
    seeds: Sequence[int], optimizer: str, norm: str, rates: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """Train one network a seed and rate: which units were dead at each check, and the last loss.

    Returns (checks, S, R, units) of bool, and (S, R), nan where the network diverged.
    """
    data, copies = digits(), len(rates)
    first = [w.repeat_interleave(copies, 0) for w in first_weights(seeds, WIDTHS)]
    model = MLP(first, NORMS[norm])
    order = batches(seeds, len(data.x_train), BATCH, CHECKS[-1])
    each = torch.tensor(rates).repeat(len(seeds))
    states = [dead(model, data.x_train)]
    steps = train(model, data, order, OPTIMIZERS[optimizer](each), copies)
    for step, _ in enumerate(steps, start=1):
        if step in CHECKS:
            states.append(dead(model, data.x_train))
    shape = (len(seeds), copies)
    return torch.stack(states).unflatten(1, shape), training_loss(model).view(shape)


@experiment(
    "dead_units",
    seeds=range(5),
    keys=("optimizer", "norm", "rate", "seed"),
    small={"seeds": (0,), "rates": {"SGD": (0.2,)}},
    # A unit more or less, where rounding differs, is one in three hundred.
    tolerance=0.05,
)
def dead_units(seeds: Sequence[int], rates: Mapping[str, Sequence[float]] = RATES) -> Rows:
    """Shares of dead ReLU units in training, with and without batch norm, at many rates.

    loss: on the training rows, after the last step; nan where the network diverged. dead_n: share
    of the 300 units that were dead after n steps; nan if diverged at the end. died: share that was
    dead at one check or more; revived: share that was, and is alive at the last check.
    """
    rows = []
    for optimizer, grid in rates.items():
        for norm in NORMS:
            states, losses = follow(seeds, optimizer, norm, grid)
            died = states.any(0)
            for s, seed in enumerate(seeds):
                for r, rate in enumerate(grid):
                    loss = float(losses[s, r])
                    lost = not math.isfinite(loss)
                    seen = {f"dead_{n}": states[i, s, r] for i, n in enumerate(CHECKS)}
                    seen["died"] = died[s, r]
                    seen["revived"] = died[s, r] & ~states[-1, s, r]
                    shares = {
                        k: math.nan if lost else float(v.float().mean()) for k, v in seen.items()
                    }
                    keys = {"optimizer": optimizer, "norm": norm, "rate": rate, "seed": seed}
                    rows.append({**keys, "loss": math.nan if lost else loss, **shares})
    return rows


class Runs:
    """What the command has stored, by optimizer and norm.

    A rate is usable if the loss on the training rows ends below ``learned`` in every seed.
    """

    def __init__(self, stored: Table, learned: float = 0.1):
        self.stored, self.learned = stored, learned
        self.optimizers = stored.values("optimizer")
        self.rates = {o: np.array(stored.values("rate", optimizer=o)) for o in self.optimizers}

    def column(self, name: str, optimizer: str, norm: str) -> np.ndarray:
        """(R, S): one value a rate and seed."""
        flat = self.stored.column(name, optimizer=optimizer, norm=norm)
        return flat.reshape(-1, len(self.rates[optimizer])).T

    def usable(self, optimizer: str, norm: str) -> np.ndarray:
        """(R,) of bool."""
        return (self.column("loss", optimizer, norm) < self.learned).all(axis=1)

    def best(self, optimizer: str, norm: str) -> int:
        """Which rate is usable and has the lowest mean loss at the end."""
        mean = self.column("loss", optimizer, norm).mean(axis=1)
        return int(np.where(self.usable(optimizer, norm), mean, np.inf).argmin())

    def common(self, optimizer: str) -> np.ndarray:
        """Which rates are usable with both norms, rising."""
        return np.flatnonzero(np.logical_and(*(self.usable(optimizer, norm) for norm in NORMS)))

    def compared(self, optimizer: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Dead units at the end in per cent, (S,), without and with batch norm, in three ways.

        Each at its own best rate; both at the largest common rate; on average over all common
        rates. Where the first two are the same rates, there is one entry for them.
        """
        common = self.common(optimizer)
        best = tuple([self.best(optimizer, norm)] for norm in NORMS)
        largest = (common[-1:].tolist(),) * 2
        chosen = {f"rate {self.rates[optimizer][common[-1]]:g}": largest, "best rates": best}
        if largest == best:
            chosen.pop(next(iter(chosen)))
        chosen["all usable rates"] = (common, common)
        dead = [self.column(f"dead_{CHECKS[-1]}", optimizer, norm) for norm in NORMS]
        return {
            title: tuple(100 * d[r].mean(axis=0) for d, r in zip(dead, at, strict=True))
            for title, at in chosen.items()
        }
