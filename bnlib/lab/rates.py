"""Claim 2: which learning rates a network can use, with and without batch norm.

A rate is usable if training removes nine tenths of the loss of guessing, ln 10 for ten classes:
the loss of the batches of the last epoch is at most a tenth of ln 10 on average. The highest such
rate is a border of stability. The lowest one depends on the budget of steps, so there are two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.progress import progress
from bnlib.lab.selection import ladder
from bnlib.lab.sweeps import Net, Sweep, sweep

USABLE = 0.1 * math.log(10)
EPOCH, DECADE = 22, 6  # steps in an epoch; rates in a factor of ten
BUDGETS = (150, 300)
NETS = {
    "SGD, depth 3": (Net(width=64, depth=3), (-2.25, 1)),
    "SGD, depth 6": (Net(width=64, depth=6), (-2.5, 1)),
    "SGD, depth 12": (Net(width=64, depth=12), (-2.5, 1)),
    "Adam, depth 3": (Net(width=64, depth=3, optimizer="Adam"), (-4, 0.5)),
}


@experiment(
    "rates",
    seeds=range(5),
    keys=("net", "norm", "steps", "seed"),
    small={"seeds": (0,), "nets": ("SGD, depth 3",), "budgets": (150,)},
    # Rates lie a factor of 1.47 apart; at the border one rate more or less may train.
    tolerance=0.5,
)
def rates(
    seeds: Sequence[int], nets: Sequence[str] = tuple(NETS), budgets: Sequence[int] = BUDGETS
) -> Rows:
    """The lowest and the highest usable rate at several depths, after two budgets of steps."""
    rows = []
    for name, norm in progress([(n, k) for n in nets for k in ("none", "before")], "rates"):
        net, (low, high) = NETS[name]
        grid = ladder(low, high, DECADE)
        found = sweep(net._replace(norm=norm), digits(), seeds, grid, max(budgets))
        for steps in budgets:
            ends = usable(found, steps)
            rows += [
                {"net": name, "norm": norm, "steps": steps, "seed": seed, **dict(ends[s])}
                for s, seed in enumerate(seeds)
            ]
    return rows


def usable(found: Sweep, steps: int) -> list[dict[str, float]]:
    """For each seed the lowest, the best and the highest usable rate, and that of the least loss.

    The usable rates are those around the best one without a gap; lowest and highest are nan where
    there are none. Raises ValueError if a range reaches the edge of the grid.
    """
    return [_ends(found.rates, one) for one in found.loss(EPOCH, end=steps)]


def _ends(grid: np.ndarray, loss: np.ndarray) -> dict[str, float]:
    best = int(np.argmin(loss))
    fine = loss <= USABLE
    if not fine[best]:
        return {"lowest": math.nan, "best": math.nan, "highest": math.nan, "loss": loss[best]}
    low = high = best
    while low > 0 and fine[low - 1]:
        low -= 1
    while high < len(grid) - 1 and fine[high + 1]:
        high += 1
    if low == 0 or high == len(grid) - 1:
        raise ValueError(f"rates up to the edge of the grid are usable: {grid[[low, high]]}")
    return {"lowest": grid[low], "best": grid[best], "highest": grid[high], "loss": loss[best]}
