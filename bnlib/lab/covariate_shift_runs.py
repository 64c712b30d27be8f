"""Training with batch norm, with noise behind it, and without: steps and drift (claim 5).

What is measured is defined in ``bnlib.lab.covariate_shift``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.covariate_shift import BATCH, NOISE, during, follow, network
from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.selection import best
from bnlib.lab.training import SGD, Data, accuracy, batches, steps_to, train


def steps_to_level(
    data: Data,
    seeds: Sequence[int],
    activation: str,
    condition: str,
    rates: Sequence[float],
    steps: int,
    level: float = 0.9,
    every: int = 5,
) -> Tensor:
    """Steps of SGD until a test accuracy is reached, (seeds, rates); nan where it never was.

    Ends when it is known which rate takes the fewest steps on average.
    """
    model = network(seeds, len(rates), activation, condition)
    order = batches(seeds, len(data.x_train), BATCH, steps)
    optimizer = SGD(torch.tensor(rates).repeat(len(seeds)))
    reached, found = [], torch.full((len(seeds), len(rates)), torch.nan)
    for step, _ in enumerate(train(model, data, order, optimizer, len(rates)), start=1):
        if step % every == 0:
            reached.append(accuracy(model, data.x_test, data.y_test))
            found = steps_to(level, reached, every).view(len(seeds), len(rates))
            # Whoever is not there yet will have taken more than these steps.
            fewest = found.nan_to_num(step).mean(0).argmin()
            if not found[:, fewest].isnan().any():
                break
    return found


# Quarters of a decade. Seeds that choose a rate are not among those that measure.
RATES = {
    "sigmoid": tuple(10 ** (k / 4) for k in range(-3, 7)),
    "relu": tuple(10 ** (k / 4) for k in range(-6, 4)),
}
STEPS = 1500
CHOOSING = tuple(range(100, 105))


def best_rate(data: Data, activation: str, condition: str, steps: int) -> float:
    """The rate with the fewest steps to 90 % on the choosing seeds, all of which must get there.

    Raises ValueError if it is the first or the last of the grid.
    """
    rates = RATES[activation]
    every = 5 if activation == "sigmoid" else 1  # ReLU nets are there after ten steps
    found = steps_to_level(data, CHOOSING, activation, condition, rates, steps, every=every)
    return best(rates, found.numpy(), where=f"{activation}, {condition}")


@experiment(
    "covariate_shift",
    seeds=range(10),
    keys=("net", "condition", "rule", "rate", "seed"),
    small={"seeds": (0, 1), "nets": ("relu",), "conditions": ("bn",), "rates": {"bn": 1.0}},
    # Few steps, but ReLU's kinks turn a difference in rounding into one of a row or two.
    tolerance=0.02,
)
def covariate_shift(
    seeds: Sequence[int],
    nets: Sequence[str] = ("sigmoid", "relu"),
    conditions: Sequence[str] = tuple(NOISE),
    rates: Mapping[str, float] | None = None,
) -> Rows:
    """Noisy batch norm, batch norm and none: steps to 90 %, drift, and change of gradients.

    rule: "own best", each condition at its own best rate, or "equal", those with batch norm at the
    best rate of the network without. drift, change: means over the steps with a loss of 2 to 0.5.
    """
    data, rows = digits(), []
    for net in nets:
        best = rates or {c: best_rate(data, net, c, STEPS) for c in conditions}
        equal = {c: best["none"] for c in conditions if "none" in best and c != "none"}
        for rule, chosen in (("own best", best), ("equal", equal)):
            for condition, rate in chosen.items():
                course = follow(data, seeds, net, condition, rate, STEPS)
                columns = (
                    steps_to(0.9, list(course.accuracy), 1),
                    during(course.drift, course.loss),
                    during(course.change, course.loss),
                )
                for seed, values in zip(seeds, zip(*columns, strict=True), strict=True):
                    keys = {"net": net, "condition": condition, "rule": rule, "rate": rate}
                    found = dict(zip(("steps", "drift", "change"), map(float, values), strict=True))
                    rows.append({**keys, "seed": seed, **found})
    return rows


def share_undone(noisy, normalized, without) -> np.ndarray:
    """The share of what batch norm saved, on a logarithmic scale, that noise takes back, by seed.

    0: as few steps as with batch norm; 1: as many as without. All arguments are steps.
    """
    noisy, normalized, without = np.log(noisy), np.log(normalized), np.log(without)
    return (noisy - normalized) / (without - normalized)
