"""Claim 3: over which scales of the first weights a network trains, and what becomes of a scale.

The weights of the hidden layers begin a times as large as He's. With batch norm behind them the
outputs are the same for every a > 0, as far as epsilon is small beside the variances, and the
gradients are those of a = 1 divided by a. So a step of rate eta on weights of scale a is, seen
from a = 1, a step of rate eta / a^2.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.datasets import digits
from bnlib.lab.doubles import double_digits, doubles
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.progress import progress
from bnlib.lab.rates import EPOCH, USABLE
from bnlib.lab.selection import best, ladder
from bnlib.lab.sweeps import Net, sweep
from bnlib.lab.tables import Table
from bnlib.lab.training import batches, train

NET, STEPS, DECADE = Net(width=64), 200, 3  # DECADE: scales in a factor of ten
SCALES = tuple(ladder(-3, 2, DECADE))
RATES = tuple(ladder(-3, 1.5, 2))
SELECTING = tuple(range(100, 104))


@experiment(
    "initialization",
    seeds=range(5),
    keys=("norm", "scale", "seed"),
    small={"seeds": (0,), "scales": (0.1,), "norms": ("before",)},
    # The loss after 200 steps: sums that are ordered otherwise change its later digits.
    tolerance=0.1,
)
def initialization(
    seeds: Sequence[int],
    scales: Sequence[float] = SCALES,
    norms: Sequence[str] = ("none", "before"),
) -> Rows:
    """The loss after 200 steps by scale of the first weights: at one rate for all, at the best."""
    data, rows = digits(), []
    for norm in norms:
        net = NET._replace(norm=norm)
        usual = best(RATES, sweep(net, data, SELECTING, RATES, STEPS).loss(EPOCH))
        for scale in progress(scales, f"scales, {norm}"):
            loss = sweep(net, data, seeds, RATES, STEPS, scale=scale).loss(EPOCH)
            rows += [
                {
                    "norm": norm,
                    "scale": scale,
                    "seed": seed,
                    "usual_rate": usual,
                    "usual_loss": float(one[RATES.index(usual)]),
                    "best_rate": RATES[int(np.argmin(one))],
                    "best_loss": float(one.min()),
                }
                for seed, one in zip(seeds, loss, strict=True)
            ]
    return rows


def decades(table: Table, norm: str, score: str) -> np.ndarray:
    """Over how many decades of scale each seed trains (a loss of at most ``USABLE``), (S,)."""
    seeds = table.values("seed")
    trained = [table.column(score, norm=norm, seed=seed) <= USABLE for seed in seeds]
    return np.sum(trained, axis=1) / DECADE


class Corrected:
    """Gradient descent with the rate a^2 eta on the hidden weights of scale a, eta on the rest."""

    def __init__(self, rate: float, scales: Tensor, hidden: int):
        self.rate, self.scales, self.hidden = rate, scales.view(-1, 1, 1), hidden

    def step(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        for k, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            p.sub_(self.rate * (self.scales**2 if k < self.hidden else 1.0) * g)


class Corrections(NamedTuple):
    """What became of S seeds at A scales.

    Attributes:
        losses: (steps, S, A), of each batch before its step.
        growth, cosine: (S, A), the length of all hidden weights after training over that before,
            and the cosine of the angle between the two.
    """

    losses: np.ndarray
    growth: np.ndarray
    cosine: np.ndarray


def corrected(
    scales: Sequence[float],
    seeds: Sequence[int] = range(5),
    rate: float = 0.3,
    steps: int = 60,
    eps: float = 1e-5,
    correct: bool = True,
    follow: bool = False,
) -> Corrections:
    """Train with batch norm before ReLU from each scale of the first weights, in 64 bits.

    correct: whether the rate of the hidden weights is a^2 eta; the bias, gamma, beta and the last
    layer keep eta. follow: whether epsilon is a^2 eps, so that the invariance is exact.
    """
    with doubles():
        each = torch.tensor(scales).repeat(len(seeds))
        data = double_digits()
        first = first_weights(seeds, [data.x_train.shape[1], *[NET.width] * NET.depth, 10])
        first = [w.double().repeat_interleave(len(scales), 0) for w in first]
        weights = [w * each.view(-1, 1, 1) for w in first[:-1]] + first[-1:]
        kept = eps * each.view(-1, 1, 1, 1) ** 2 if follow else eps
        model = MLP(weights, functools.partial(BatchNorm, eps=kept))
        optimizer = Corrected(rate, each if correct else torch.ones_like(each), NET.depth)
        order = batches(seeds, len(data.x_train), 60, steps)
        losses = torch.stack(list(train(model, data, order, optimizer, copies=len(scales))))
        before, after = (_hidden(part) for part in (weights, model.weights))
    growth = after.norm(dim=1) / before.norm(dim=1)
    cosine = torch.cosine_similarity(before, after)
    shape = (len(seeds), len(scales))
    return Corrections(
        losses.view(-1, *shape).numpy(), growth.view(shape).numpy(), cosine.view(shape).numpy()
    )


def _hidden(weights: Sequence[Tensor]) -> Tensor:
    """All hidden weights of each model in one row, (M, count)."""
    return torch.cat([w.detach().flatten(1) for w in weights[:-1]], dim=1)
