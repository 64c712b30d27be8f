"""How the loss and its gradient change along the gradient, with and without batch norm (claim 6).

Santurkar et al. (2018) walk along the gradient and record the range of the loss and the change of
the gradient. How far a step of a given length is depends on the scale of the weights, and batch
norm makes that scale meaningless. So a step is measured here in parts of each layer's own length:

    W_l(s) = W_l - s |W_l| G_l / |G_l|,    G_l the gradient in W_l

A factor on the weights of a layer that batch norm takes out again then changes nothing. Only
weights are moved, the same ones in both networks.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from bnlib.lab.covariate_shift import GAIN, still
from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import Adam, Data, batches, losses, train

PARTS = (0.02, 0.05, 0.1, 0.2, 0.3)  # of the weights' length
LENGTHS = (0.1, 0.2, 0.5, 1.0, 2.0)  # times the gradient itself, as a learning rate is


class Walk(NamedTuple):
    """What was met along the gradient."""

    loss: Tensor  # (K + 1, M), at step 0 and at each of the steps
    change: Tensor  # (K, M): |G(s) - G(0)| / |G(0)|, the mean over layers


def walk(model: MLP, x: Tensor, y: Tensor, steps: Sequence[float], relative: bool = True) -> Walk:
    """Go along the gradient of the rows x, y and come back; steps as ``PARTS`` or ``LENGTHS``."""
    loss, gradients = _measure(model, x, y)
    start = [w.detach().clone() for w in model.weights]
    found, changes = [loss], []
    for step in steps:
        with torch.no_grad():
            for w, w0, g in zip(model.weights, start, gradients, strict=True):
                unit = _length(w0) / _length(g) if relative else 1.0
                w.copy_(w0 - step * unit * g)
        loss, new = _measure(model, x, y)
        found.append(loss)
        moved = [_length(b - a) / _length(a) for a, b in zip(gradients, new, strict=True)]
        changes.append(torch.stack(moved).mean(0).flatten())
    with torch.no_grad():
        for w, w0 in zip(model.weights, start, strict=True):
            w.copy_(w0)
    return Walk(torch.stack(found), torch.stack(changes))


def _measure(model: MLP, x: Tensor, y: Tensor) -> tuple[Tensor, list[Tensor]]:
    with still(model):
        loss = losses(model(x[None], True), y)
    return loss.detach(), list(torch.autograd.grad(loss.sum(), model.weights))


def _length(w: Tensor) -> Tensor:
    return w.detach().norm(dim=(1, 2), keepdim=True)


def network(seeds: Sequence[int], activation: str, depth: int, normalized: bool) -> MLP:
    """Networks of 64, depth x 100 and 10 units, one a seed."""
    weights = first_weights(seeds, (64, *[100] * depth, 10), GAIN[activation])
    return MLP(weights, BatchNorm if normalized else None, activation)


def walks_at(
    data: Data,
    model: MLP,
    seeds: Sequence[int],
    level: float,
    rate: float = 0.003,
    steps: int = 1500,
    every: int = 5,
    probe: int = 500,
) -> list[Walk]:
    """Train with Adam and walk, each seed when the loss of fixed rows is first below a level.

    Adam, since it gets all these networks to the level, also deep ones with sigmoids. A level of
    infinity is the start. Returns the walks by ``PARTS`` and by ``LENGTHS``, a column a seed.
    """
    x, y = data.x_train[:probe], data.y_train[:probe]
    order = batches(seeds, len(data.x_train), 60, steps)
    optimizer = Adam(torch.full((len(seeds),), rate))
    found: list[Walk | None] = [None, None]
    there = torch.zeros(len(seeds), dtype=torch.bool)
    training = train(model, data, order, optimizer)
    for step in range(steps):
        if step % every == 0:
            now = ~there & (_measure(model, x, y)[0] < level)
            if now.any():
                here = [walk(model, x, y, PARTS), walk(model, x, y, LENGTHS, relative=False)]
                found = [_put(old, new, now) for old, new in zip(found, here, strict=True)]
            there |= now
            if there.all():
                return found
        next(training)
    raise ValueError(f"after {steps} steps the loss of some seeds is not below {level}: {there}")


def _put(old: Walk | None, new: Walk, now: Tensor) -> Walk:
    if old is None:
        return new
    return Walk(*(torch.where(now, b, a) for a, b in zip(old, new, strict=True)))


def span(loss: Tensor) -> Tensor:
    """The range of the loss along a walk, (M,). loss: (K + 1, M)."""
    return loss.max(0).values - loss.min(0).values


LEVELS = {"start": float("inf"), "loss 1": 1.0}


@experiment(
    "landscape",
    seeds=range(10),
    keys=("net", "depth", "normalized", "at", "seed"),
    small={"seeds": (0, 1), "nets": ("relu",), "depths": (3,), "levels": {"start": float("inf")}},
    tolerance=1e-2,
)
def landscape(
    seeds: Sequence[int],
    nets: Sequence[str] = ("relu", "sigmoid"),
    depths: Sequence[int] = (3, 6),
    levels: Mapping[str, float] | None = None,
) -> Rows:
    """Along the gradient: range of the loss, and change of the gradient, with batch norm and not.

    range, change: over steps up to a tenth of the weights' length, and the change at that step;
    raw range, raw change: over steps up to half the gradient, and the change at that step;
    loss 0, ...: the loss at each of the relative steps.
    """
    data, rows = digits(), []
    for net, depth, normalized in itertools.product(nets, depths, (False, True)):
        for at, level in (levels or LEVELS).items():
            model = network(seeds, net, depth, normalized)
            parts, lengths = walks_at(data, model, seeds, level)
            upto = PARTS.index(0.1) + 1, LENGTHS.index(0.5) + 1
            columns = {
                "range": span(parts.loss[: upto[0] + 1]),
                "change": parts.change[upto[0] - 1],
                "raw range": span(lengths.loss[: upto[1] + 1]),
                "raw change": lengths.change[upto[1] - 1],
                **{f"loss {k}": loss for k, loss in enumerate(parts.loss)},
            }
            keys = {"net": net, "depth": depth, "normalized": str(normalized), "at": at}
            for i, seed in enumerate(seeds):
                values = {name: float(column[i]) for name, column in columns.items()}
                rows.append({**keys, "seed": seed, **values})
    return rows
