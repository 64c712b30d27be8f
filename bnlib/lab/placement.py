"""Claim 13: batch norm before the activation or after it, each at its own best rate.

Speed is the number of steps to 90 % of the digits' test images. Accuracy is that on MNIST-1D
after 300 steps, which no network here learns wholly. Both are asked in evaluation mode.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnlib.lab.datasets import digits, mnist1d
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.progress import progress
from bnlib.lab.selection import best, ladder
from bnlib.lab.speed import LEVEL, LOOKS
from bnlib.lab.sweeps import Net, sweep
from bnlib.lab.tables import Table

MEASURED, SELECTING = tuple(range(5)), tuple(range(100, 102))
FAST, LONG = 120, 300  # steps on digits and on MNIST-1D
SETTINGS = {
    "ReLU, SGD": (Net(width=64), -1),
    "ReLU, momentum": (Net(width=64, optimizer="momentum"), -2),
    "ReLU, Adam": (Net(width=64, optimizer="Adam"), -2.75),
    "ReLU, SGD, 6 layers": (Net(width=64, depth=6), -1.25),
    "tanh, SGD": (Net("tanh", gain=1, width=64), -1.25),
    "sigmoid, SGD": (Net("sigmoid", gain=1, width=64), -0.75),
}
COUNT, DECADE = 6, 3  # rates, and how many of them there are in a factor of ten


@experiment(
    "placement",
    seeds=MEASURED + SELECTING,
    keys=("setting", "norm", "rate", "seed"),
    small={"seeds": (0,), "settings": ("ReLU, SGD",), "rates": (0.1, 0.2154)},
    # Steps are seen every second one; an accuracy after 300 steps changes with the rounding.
    tolerance=0.2,
)
def placement(
    seeds: Sequence[int], settings: Sequence[str] = tuple(SETTINGS), rates: Sequence[float] = ()
) -> Rows:
    """Steps to 90 % on digits, and accuracy on MNIST-1D, with batch norm on either side."""
    runs = [(name, norm) for name in settings for norm in ("before", "after")]
    rows = []
    for name, norm in progress(runs, "placement"):
        net, lowest = SETTINGS[name]
        net = net._replace(norm=norm)
        grid = rates or ladder(lowest, lowest + (COUNT - 1) / DECADE, DECADE)
        fast = sweep(net, digits(), seeds, grid, FAST, looks=LOOKS).steps_to(LEVEL)
        last = sweep(net, mnist1d(), seeds, grid, LONG, looks=[LONG])
        rows += [
            {
                "setting": name,
                "norm": norm,
                "rate": rate,
                "seed": seed,
                "steps": float(fast[s, r]),
                "accuracy": float(last.accuracies[0, s, r]),
            }
            for s, seed in enumerate(seeds)
            for r, rate in enumerate(grid)
        ]
    return rows


def best_rate(table: Table, setting: str, norm: str, score: str) -> float:
    """The rate with the fewest steps, or the highest accuracy, over the selecting seeds."""
    sign = -1 if score == "accuracy" else 1
    rates = table.values("rate", setting=setting)
    return best(rates, sign * _scores(table, setting, norm, score, SELECTING))


def at_best(table: Table, setting: str, norm: str, score: str) -> np.ndarray:
    """The scores of the measured seeds at that rate, (5,)."""
    rates = table.values("rate", setting=setting)
    at = rates.index(best_rate(table, setting, norm, score))
    return _scores(table, setting, norm, score, MEASURED)[:, at]


def _scores(table: Table, setting: str, norm: str, score: str, seeds: Sequence[int]) -> np.ndarray:
    rows = [table.column(score, setting=setting, norm=norm, seed=seed) for seed in seeds]
    return np.stack(rows)
