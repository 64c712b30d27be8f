"""The loss along the gradient at several moments of one training, to be looked through.

The step is measured as in `bnlib.lab.landscape`, in parts of each layer's own length.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.covariate_shift import still
from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.landscape import network
from bnlib.lab.nets import MLP
from bnlib.lab.training import Adam, Data, batches, losses, train

MOMENTS = (0, 5, 10, 20, 40, 80, 160)  # steps of training
PARTS = tuple(round(0.01 * k, 2) for k in range(31))  # of the weights' length


def losses_along(model: MLP, x: Tensor, y: Tensor, parts: Sequence[float] = PARTS) -> Tensor:
    """The loss of the rows x, y after each step along their gradient, (K, M); then come back."""
    with still(model):
        gradients = torch.autograd.grad(losses(model(x[None], True), y).sum(), model.weights)
    start = [w.detach().clone() for w in model.weights]
    units = [_length(w) / _length(g) * g for w, g in zip(start, gradients, strict=True)]
    found = []
    with torch.no_grad(), still(model):
        for part in parts:
            for w, w0, unit in zip(model.weights, start, units, strict=True):
                w.copy_(w0 - part * unit)
            found.append(losses(model(x[None], True), y))
        for w, w0 in zip(model.weights, start, strict=True):
            w.copy_(w0)
    return torch.stack(found)


def _length(w: Tensor) -> Tensor:
    return w.norm(dim=(1, 2), keepdim=True)


def walks_during(
    data: Data,
    seeds: Sequence[int],
    activation: str,
    normalized: bool,
    depth: int = 3,
    moments: Sequence[int] = MOMENTS,
    parts: Sequence[float] = PARTS,
    rate: float = 0.003,
    probe: int = 500,
) -> np.ndarray:
    """The losses of fixed rows along their gradient, (T, K, seeds), at each of the T moments.

    The networks learn by Adam from batches of 60 rows. Those of one seed have the same first
    weights and see the same batches, with batch norm or without.

    Raises ValueError for moments that are not steps which rise from 0 or more.
    """
    moments = list(moments)
    if not moments or moments[0] < 0 or sorted(set(moments)) != moments:
        raise ValueError(f"moments must be steps that rise from 0 or more, got {moments}")
    model = network(seeds, activation, depth, normalized)
    x, y = data.x_train[:probe], data.y_train[:probe]
    order = batches(seeds, len(data.x_train), 60, moments[-1] + 1)
    training = train(model, data, order, Adam(torch.full((len(seeds),), rate)))
    found = []
    for step in range(moments[-1] + 1):
        if step in moments:
            found.append(losses_along(model, x, y, parts).numpy())
        if step < moments[-1]:
            next(training)
    return np.stack(found)


@experiment(
    "walks",
    seeds=range(5),
    keys=("net", "normalized", "step", "seed"),
    small={"seeds": (0, 1), "nets": ("relu",), "moments": (0, 5)},
    tolerance=1e-2,
)
def walks(
    seeds: Sequence[int],
    nets: Sequence[str] = ("relu", "sigmoid"),
    moments: Sequence[int] = MOMENTS,
) -> Rows:
    """Networks of three layers with batch norm and without: the loss along the gradient, by step.

    loss 0.0, loss 0.01, ...: after a step of that part of the weights' length.
    """
    data, rows = digits(), []
    for net, normalized in itertools.product(nets, (False, True)):
        found = walks_during(data, seeds, net, normalized, moments=moments)
        for step, met in zip(moments, found, strict=True):
            for seed, losses_met in zip(seeds, met.T, strict=True):
                values = {f"loss {p}": float(v) for p, v in zip(PARTS, losses_met, strict=True)}
                keys = {"net": net, "normalized": str(normalized), "step": step, "seed": seed}
                rows.append({**keys, **values})
    return rows
