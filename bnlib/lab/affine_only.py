"""How far gamma and beta alone take a network whose other weights stay random (claim 19).

All networks have batch norm. What is trained:

    nothing            no parameter; the running statistics are measured all the same
    gamma, beta        those of the hidden layers
    random weights     as many weights of the hidden layers, drawn at random
    head               the last layer
    everything         all parameters
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from bnlib.lab.datasets import digits, mnist1d
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights, generator
from bnlib.lab.selection import best
from bnlib.lab.training import SGD, Data, accuracy, batches, losses

TRAINED = ("nothing", "gamma, beta", "random weights", "head", "everything")


def widths(data: Data) -> tuple[int, ...]:
    return (data.x_train.shape[1], 100, 100, 100, 10)


def counts(sizes: Sequence[int]) -> dict[str, int]:
    """How many parameters each choice trains, of a network with these widths."""
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    affine = 2 * sum(sizes[1:-1])
    return {
        "nothing": 0,
        "gamma, beta": affine,
        "random weights": affine,
        "head": (sizes[-2] + 1) * sizes[-1],
        "everything": weights + sum(sizes[1:]) + affine,
    }


def masks(model: MLP, seeds: Sequence[int], copies: int, trained: str) -> list[Tensor | None]:
    """For each of ``model.parameters()``: 1 where it is trained, 0 where not; None for nowhere.

    Random weights are drawn over all hidden layers, so that a layer has as many as is its share.
    """
    deep = len(model.weights)
    parameters = model.parameters()
    on = [torch.ones_like(p) for p in parameters]
    if trained == "everything":
        return on
    if trained == "head":
        return [m if at in (deep - 1, 2 * deep - 1) else None for at, m in enumerate(on)]
    if trained == "gamma, beta":
        return [m if at >= 2 * deep else None for at, m in enumerate(on)]
    if trained == "nothing":
        return [None] * len(parameters)
    hidden = model.weights[:-1]
    number = sum(p[0].numel() for p in parameters[2 * deep :])
    drawn = []
    for seed in seeds:
        flat = torch.zeros(sum(w[0].numel() for w in hidden))
        flat[torch.randperm(len(flat), generator=generator(seed, "which weights"))[:number]] = 1
        drawn.append(flat)
    parts = torch.stack(drawn).repeat_interleave(copies, 0).split([w[0].numel() for w in hidden], 1)
    chosen = [part.view_as(w) for part, w in zip(parts, hidden, strict=True)]
    return [*chosen, *[None] * (len(parameters) - len(hidden))]


def trained_networks(
    data: Data, seeds: Sequence[int], trained: str, rates: Sequence[float], steps: int
) -> tuple[Tensor, Tensor]:
    """Training loss over the last tenth of the steps and test accuracy, (S, rates) each."""
    weights = first_weights(seeds, widths(data))
    copies = len(rates)
    model = MLP([w.repeat_interleave(copies, 0) for w in weights], BatchNorm)
    kept = masks(model, seeds, copies, trained)
    chosen = [(p, m) for p, m in zip(model.parameters(), kept, strict=True) if m is not None]
    optimizer = SGD(torch.tensor(rates).repeat(len(seeds)), momentum=0.9)
    lost = []
    for rows in batches(seeds, len(data.x_train), 100, steps):
        rows = rows.repeat_interleave(copies, 0)
        loss = losses(model(data.x_train[rows], True), data.y_train[rows])
        if chosen:
            gradients = torch.autograd.grad(loss.sum(), [p for p, _ in chosen])
            with torch.no_grad():
                masked = [g * m for g, (_, m) in zip(gradients, chosen, strict=True)]
                optimizer.step([p for p, _ in chosen], masked)
        lost.append(loss.detach())
    loss = torch.stack(lost[-(steps // 10) :]).mean(0)
    right = accuracy(model, data.x_test, data.y_test)
    return loss.view(len(seeds), -1), right.view(len(seeds), -1)


DATA = {"digits": digits, "MNIST-1D": mnist1d}
STEPS = 1000
CHOOSING = (100, 101)
# Few parameters need large steps. Random weights stand in front of a batch norm, the head does not.
RATES = {
    "nothing": (1.0,),
    "gamma, beta": (0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    "random weights": (0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    "head": (0.01, 0.03, 0.1, 0.3, 1.0),
    "everything": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
}


def best_rate(data: Data, trained: str, steps: int) -> float:
    """The rate with the lowest training loss on the choosing seeds; not one at the edge."""
    rates = RATES[trained]
    if len(rates) == 1:
        return rates[0]
    loss = trained_networks(data, CHOOSING, trained, rates, steps)[0]
    return best(rates, loss.numpy(), where=trained)


@experiment(
    "affine_only",
    seeds=range(8),
    keys=("data", "trained", "parameters", "rate", "seed"),
    small={"seeds": (0,), "names": ("digits",), "rates": {"gamma, beta": 10.0}},
    # A thousand steps: rounding moves a few of 449 test rows.
    tolerance=0.05,
)
def affine_only(
    seeds: Sequence[int],
    names: Sequence[str] = tuple(DATA),
    rates: Mapping[str, float] | None = None,
    steps: int = STEPS,
) -> Rows:
    """Test accuracy after 1,000 steps of training only a part of the parameters."""
    found = []
    for name in names:
        data = DATA[name]()
        number = counts(widths(data))
        for trained in rates or TRAINED:
            rate = rates[trained] if rates else best_rate(data, trained, steps)
            _, right = trained_networks(data, seeds, trained, (rate,), steps)
            keys = {"data": name, "trained": trained, "parameters": number[trained], "rate": rate}
            for seed, value in zip(seeds, right[:, 0].tolist(), strict=True):
                found.append({**keys, "seed": seed, "accuracy": value})
    return found
