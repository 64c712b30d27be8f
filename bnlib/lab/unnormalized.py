"""Do deep residual networks train without normalization? Six kinds, many rates, two batch sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlib.lab import selection
from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.progress import progress
from bnlib.lab.residual import KINDS, Draws, ResidualNet, draws
from bnlib.lab.tables import Table
from bnlib.lab.training import SGD, Data, accuracy, batches, train

BLOCKS, WIDTH, MOMENTUM, LEVEL, LIMIT = 20, 32, 0.9, 0.3, 0.02
CLIPPED = "standardized, clipped"
STEPS = {50: 200, 400: 60}  # by batch size
# Exponents of 2. The plain network's signal is so large that it needs rates of its own.
RATES = {"plain": range(-18, -8)}
USUAL = range(-7, 4)
# At the large batch the question is how high the rate may be: of the others one is enough.
ASKED = {50: (*KINDS, CLIPPED), 400: ("batch norm", "scaled", "standardized", CLIPPED)}


class ClippedSGD(SGD):
    """SGD with the gradients of all but the last layer clipped unit by unit.

    A unit's gradient may not be longer than ``limit`` times the unit's weights: G becomes
    G min(1, limit max(|w|, 1e-3) / |G|). A vector (biases, gains) counts as one unit.
    """

    def __init__(self, rates: Tensor, momentum: float, limit: float):
        super().__init__(rates, momentum)
        self.limit = limit

    def step(self, parameters, gradients) -> None:
        inner = zip(parameters[:-2], gradients[:-2], strict=True)
        clipped = [g * clipping(p, g, self.limit) for p, g in inner]
        super().step(parameters, [*clipped, *gradients[-2:]])


def clipping(w: Tensor, gradient: Tensor, limit: float) -> Tensor:
    """The factor on each unit's gradient, at most 1. w, gradient: (M, fan_in, fan_out)."""
    along = 1 if w.shape[1] > 1 else 2
    length = w.norm(dim=along, keepdim=True).clamp(min=1e-3)
    # A gradient of 0 has no direction; the tiny number keeps its factor finite.
    return (limit * length / gradient.norm(dim=along, keepdim=True).clamp(min=1e-30)).clamp(max=1)


def inputs() -> Data:
    """The digits, divided by their root mean square: the stream begins with mean square 1."""
    data = digits()
    scale = data.x_train.square().mean().rsqrt()
    return data._replace(x_train=scale * data.x_train, x_test=scale * data.x_test)


@experiment(
    "unnormalized",
    seeds=range(6),
    keys=("batch", "kind", "rate", "seed"),
    # One kind at a moderate rate: close to divergence, rounding decides what comes out.
    small={"seeds": (0,), "sizes": (50,), "kinds": ("scaled", CLIPPED), "rates": (-6,)},
    tolerance=0.1,
)
def unnormalized(
    seeds: Sequence[int],
    sizes: Sequence[int] = tuple(STEPS),
    kinds: Sequence[str] | None = None,
    rates: Sequence[int] | None = None,
) -> Rows:
    """Steps until deep residual networks of each kind have learned the digits, by rate.

    Columns: rate, the exponent of 2; steps, after which the mean training loss of 5 batches was
    below LEVEL (nan: never); loss, the mean training loss of the last 20 steps (nan: diverged);
    accuracy, in percent of the test rows, at the end.
    """
    rows = []
    asked = [(size, kind) for size in sizes for kind in (kinds or ASKED[size])]
    for size, kind in progress(asked, "residual networks"):
        rows += _runs(seeds, size, kind, rates or RATES.get(kind, USUAL))
    return rows


def _runs(seeds: Sequence[int], size: int, kind: str, exponents: Sequence[int]) -> Rows:
    data, copies = inputs(), len(exponents)
    drawn = draws(seeds, data.x_train.shape[1], WIDTH, BLOCKS)
    drawn = Draws(*(d.repeat_interleave(copies, 0) for d in drawn))
    net = ResidualNet(drawn, "standardized" if kind == CLIPPED else kind)
    rates = torch.tensor([2.0**k for k in exponents]).repeat(len(seeds))
    optimizer = ClippedSGD(rates, MOMENTUM, LIMIT) if kind == CLIPPED else SGD(rates, MOMENTUM)
    order = batches(seeds, len(data.x_train), size, STEPS[size])
    losses = torch.stack(list(train(net, data, order, optimizer, copies)))
    steps, last = first_below(losses, LEVEL), losses[-20:].mean(0)
    right = 100 * accuracy(net, data.x_test, data.y_test)
    return [
        {
            "batch": size,
            "kind": kind,
            "rate": exponent,
            "seed": seed,
            "steps": float(steps[m]),
            "loss": float(last[m]) if last[m].isfinite() else float("nan"),
            "accuracy": float(right[m]),
        }
        for m, (seed, exponent) in enumerate((s, e) for s in seeds for e in exponents)
    ]


def first_below(losses: Tensor, level: float, window: int = 5) -> Tensor:
    """After how many steps the mean of ``window`` losses was below a level, (M,); nan: never."""
    below = losses.unfold(0, window, 1).mean(2) < level
    return torch.where(below.any(0), below.float().argmax(0) + float(window), torch.nan)


class Best(NamedTuple):
    """What a kind reached at the rate at which it was fastest, and up to which rate it trains."""

    rate: int  # the exponent of 2
    steps: np.ndarray  # (S,)
    accuracy: np.ndarray  # (S,)
    highest: np.ndarray  # (S,), the exponent of the highest rate at which a seed reached the level


def steps_by_rate(table: Table, batch: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """The rates (R,), and the mean steps over seeds at each (R,); nan where one never got there."""
    part = table.where(batch=batch, kind=kind)
    rates = np.array(part.values("rate"))
    return rates, np.array([part.column("steps", rate=rate).mean() for rate in rates.tolist()])


def best(table: Table, batch: int, kind: str) -> Best | None:
    """The rate of the fewest steps on the mean over seeds; None if no rate serves every seed.

    Raises ValueError if that rate lies at an edge of those that were tried, or if the highest one
    still serves a seed.
    """
    rates, mean = steps_by_rate(table, batch, kind)
    if np.isnan(mean).all():
        return None
    part = table.where(batch=batch, kind=kind)
    steps = np.array([part.column("steps", rate=rate) for rate in rates.tolist()])  # (R, S)
    there = int(selection.best(rates, steps.T, where=kind))
    highest = np.where(np.isnan(steps), -np.inf, rates[:, None]).max(0)
    if highest.max() == rates[-1]:
        raise ValueError(f"{kind} trains at the highest rate that was tried")
    chosen = part.where(rate=there)
    return Best(there, chosen.column("steps"), chosen.column("accuracy"), highest)
