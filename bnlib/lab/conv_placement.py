"""A small convolutional network with batch norm before the activation, after it, or nowhere.

The architecture is that of the examples of many articles: two convolutions with 3 x 3 kernels,
each with pooling behind it, and a dense layer. The images are the digits, 8 x 8. Speed is the
number of steps until nine of ten test images are classified rightly, in evaluation mode; accuracy
is that after the last step. Each order runs with Adam at each rate of a grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.nets import generator
from bnlib.lab.progress import progress
from bnlib.lab.training import batches

ORDERS = ("none", "before", "after")
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
STEPS, SIZE, EVERY, LEVEL = 66, 64, 2, 0.9  # three epochs


def block(order: str, weights: nn.Module, norm: nn.Module) -> list[nn.Module]:
    """Weights, batch norm and ReLU in one of ORDERS."""
    parts = {"none": [], "before": [norm, nn.ReLU()], "after": [nn.ReLU(), norm]}
    return [weights, *(parts[order] or [nn.ReLU()])]


def network(order: str, seed: int) -> nn.Sequential:
    """The network; its first weights depend on the seed alone."""
    model = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        *block(order, nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16)),
        nn.MaxPool2d(2),
        *block(order, nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32)),
        nn.MaxPool2d(2),
        nn.Flatten(),
        *block(order, nn.Linear(128, 64), nn.BatchNorm1d(64)),
        nn.Linear(64, 10),
    )
    draw = generator(seed, "convolutional network")
    for part in model:
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=draw)
            nn.init.zeros_(part.bias)
    return model


def run(order: str, seed: int, rate: float, steps: int = STEPS) -> dict[str, float]:
    """Steps to LEVEL (inf: never), the last accuracy, and the mean loss of the last 22 steps."""
    data, model = digits(), network(order, seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    losses, reached, share = [], float("inf"), 0.0
    for step, rows in enumerate(batches([seed], len(data.x_train), SIZE, steps)[:, 0], start=1):
        loss = nn.functional.cross_entropy(model(data.x_train[rows]), data.y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        if step % EVERY == 0 and (reached == float("inf") or step == steps):
            share = accuracy(model, data.x_test, data.y_test)
            reached = min(reached, step) if share >= LEVEL else reached
    return {"steps": reached, "accuracy": share, "loss": float(torch.stack(losses[-22:]).mean())}


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """The share of rows classified rightly in evaluation mode; the mode is put back to training."""
    right = (model.eval()(x).argmax(1) == y).float().mean().item()
    model.train()
    return right


@experiment(
    "conv_placement",
    seeds=range(10),
    keys=("order", "rate", "seed"),
    small={"seeds": (0,), "rates": (0.001,)},
    # Steps are counted in twos, and late losses differ with the rounding.
    tolerance=0.15,
)
def conv_placement(
    seeds: Sequence[int], orders: Sequence[str] = ORDERS, rates: Sequence[float] = RATES
) -> Rows:
    """Steps to 90 % of the digits, and what came out, for each order, rate and seed."""
    runs = [(order, rate, seed) for order in orders for rate in rates for seed in seeds]
    return [
        {"order": order, "rate": rate, "seed": seed, **run(order, seed, rate)}
        for order, rate, seed in progress(runs, "placement in a convolutional network")
    ]
