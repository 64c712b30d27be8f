"""Claim 1: how many steps a network needs with and without batch norm, each at its own best rate.

Digits, three layers of 100 units, batches of 60: the network of the first figure of Ioffe and
Szegedy (2015), on smaller images. "Steps" are those to 90 % of the test images, in evaluation
mode: the lag of the running averages counts against batch norm. "loss" is that of the training
batches in the epoch that ends with step 400.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.progress import progress
from bnlib.lab.selection import best, ladder
from bnlib.lab.sweeps import Net, sweep
from bnlib.lab.tables import Table

LEVEL, EPOCH, BUDGET = 0.9, 22, 400  # the accuracy to reach; steps in an epoch; steps
# When the test images are asked: the longer a network needs, the less a step more or less counts.
LOOKS = [*range(2, 100, 2), *range(100, 300, 5), *range(300, 1201, 20)]
MEASURED, SELECTING = tuple(range(10)), tuple(range(100, 104))

# Weights of variance 1 / fan_in shrink a signal four times a layer in a sigmoid, whose slope is
# 1/4 at the most; a variance of 16 / fan_in makes up for that slope.
SETTINGS = {
    "sigmoid, small weights": (Net("sigmoid", gain=1), ladder(-0.5, 1.25, 4)),
    "sigmoid, large weights": (Net("sigmoid", gain=16), ladder(-0.5, 1.25, 4)),
    "ReLU, SGD": (Net(), ladder(-2, 0.25, 4)),
    "ReLU, Adam": (Net(optimizer="Adam"), ladder(-3.5, -1.25, 4)),
}


@experiment(
    "speed",
    seeds=MEASURED + SELECTING,
    keys=("setting", "norm", "rate", "seed"),
    small={"seeds": (0,), "settings": ("ReLU, SGD",), "rates": (0.3162, 0.5623)},
    # A look at the test images comes every two steps, and the first at 90 % may be one look off.
    tolerance=0.2,
)
def speed(
    seeds: Sequence[int], settings: Sequence[str] = tuple(SETTINGS), rates: Sequence[float] = ()
) -> Rows:
    """Steps to 90 % of the test images, and the training loss at the end, at every rate."""
    runs = [(name, norm) for name in settings for norm in ("none", "before")]
    rows = []
    for name, norm in progress(runs, "speed"):
        net, grid = SETTINGS[name]
        # The only one that needs more.
        steps = 3 * BUDGET if (name, norm) == ("sigmoid, small weights", "none") else BUDGET
        found = sweep(net._replace(norm=norm), digits(), seeds, rates or grid, steps, looks=LOOKS)
        reached, loss = found.steps_to(LEVEL), found.loss(EPOCH, end=BUDGET)
        rows += [
            {
                "setting": name,
                "norm": norm,
                "rate": rate,
                "seed": seed,
                "steps": float(reached[s, r]),
                "loss": float(loss[s, r]),
            }
            for s, seed in enumerate(seeds)
            for r, rate in enumerate(found.rates.tolist())
        ]
    return rows


def best_rate(table: Table, setting: str, norm: str, score: str = "steps") -> float:
    """The rate with the lowest mean score over the selecting seeds, which measure nothing."""
    rates = table.values("rate", setting=setting)
    return best(rates, _scores(table, setting, norm, score, SELECTING))


def at_best(table: Table, setting: str, norm: str, score: str = "steps") -> np.ndarray:
    """The scores of the measured seeds at that rate, (10,)."""
    rates = table.values("rate", setting=setting)
    at = rates.index(best_rate(table, setting, norm, score))
    return _scores(table, setting, norm, score, MEASURED)[:, at]


def by_rate(table: Table, setting: str, norm: str, score: str = "steps") -> np.ndarray:
    """The mean score of the measured seeds at each rate, (R,); inf where one seed has none."""
    return _scores(table, setting, norm, score, MEASURED).mean(0)


def _scores(table: Table, setting: str, norm: str, score: str, seeds: Sequence[int]) -> np.ndarray:
    rows = [table.column(score, setting=setting, norm=norm, seed=seed) for seed in seeds]
    return np.stack(rows)
