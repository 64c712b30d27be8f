"""What rows learn of each other through the statistics of their batch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.at_best_rate import error
from bnlib.lab.datasets import digits
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import SGD, accuracy, batches, losses

Array = np.ndarray


def pair_accuracy(delta: float, m: int | None = None) -> float:
    """Share of rows on the right side of 0, Phi(delta / sqrt(1 - 1/m)); None: of rows alone.

    One feature, N(+delta, 1) in class 1 and N(-delta, 1) in class 0. Half of the m rows that
    share a mean are of each class; the mean is subtracted and the sign decides. A row alone is
    classified best by its own sign, which is right with probability Phi(delta).
    """
    spread = 1.0 if m is None else (1 - 1 / m) ** 0.5
    return NormalDist().cdf(delta / spread)


def measured_pairs(
    delta: float, sizes: Sequence[int], seeds: Sequence[int], rows: int = 16_384
) -> Array:
    """The same, drawn and normalized: accuracy of the sign of the batch norm's output, (S, sizes).

    Normalization divides by a positive number, so the sign is that of the centred value.
    """
    found = np.empty((len(seeds), len(sizes)))
    for s, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        z = rng.standard_normal(rows)
        side = np.tile([1.0, -1.0], rows // 2)
        for i, m in enumerate(sizes):
            groups = (z + delta * side).reshape(-1, m)
            out = groups - groups.mean(axis=1, keepdims=True)
            found[s, i] = np.mean(out.ravel() * side > 0)
    return found


class Networks(NamedTuple):
    """M = seeds networks trained on digits; each batch was cut into groups of ``group`` rows."""

    model: MLP
    group: int


def train_digits(
    seeds: Sequence[int],
    sort: bool = False,
    group: int = 8,
    norm=BatchNorm,
    steps: int = 200,
    rate: float = 0.1,
    size: int = 64,
) -> Networks:
    """Train an MLP on digits; each step sees the same rows whether or not they are sorted.

    sort: within its batch the rows are put in the order of their classes before it is cut into
    groups that share statistics, so that a group holds one class or two.
    """
    data = digits()
    weights = first_weights(seeds, (64, 64, 64, 10))
    model = MLP(weights, (lambda m, d: norm(m, d, group=group)) if norm is BatchNorm else norm)
    optimizer = SGD(torch.full((len(seeds),), rate), momentum=0.9)
    parameters = model.parameters()
    for rows in batches(seeds, len(data.x_train), size, steps):
        if sort:
            rows = rows.gather(1, data.y_train[rows].argsort(dim=1, stable=True))
        loss = losses(model(data.x_train[rows], True), data.y_train[rows])
        gradients = torch.autograd.grad(loss.sum(), parameters)
        with torch.no_grad():
            optimizer.step(parameters, gradients)
    return Networks(model, group)


class Accuracies(NamedTuple):
    """In per cent, one a seed: by the running statistics, and by those of groups of test rows."""

    running: Array
    shuffled: Array  # groups of test rows of mixed classes
    sorted: Array  # groups of test rows of one class


@torch.no_grad()
def tested(networks: Networks) -> Accuracies:
    """Test accuracy of a network with three kinds of statistics. The network is left as it is."""
    model, group = networks
    x, y = digits().x_test, digits().y_test
    whole = len(x) // group * group
    mixed = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:whole]
    # Of each class as many rows as fill its groups.
    own = [torch.nonzero(y == c).flatten() for c in range(10)]
    alike = torch.cat([rows[: len(rows) // group * group] for rows in own])
    batch = [norm for norm in model.norms if isinstance(norm, BatchNorm)]
    for norm in batch:
        norm.momentum = 0.0
    found = [100 - error(model, x, y)]
    found += [100 * accuracy(model, x[rows], y[rows], training=True) for rows in (mixed, alike)]
    for norm in batch:
        norm.momentum = 0.1
    return Accuracies(*(f.numpy() for f in found))


@torch.no_grad()
def flips(model: MLP, sizes: Sequence[int], draws: int = 50, rows: int = 100) -> Array:
    """Share of (row, company) pairs that are not classified as the row mostly is, (M, sizes).

    Each of the first test rows of digits is put into ``draws`` batches of every size, in the
    company of other test rows drawn at random, and normalized by that batch.
    """
    x = digits().x_test
    draw = torch.Generator().manual_seed(1)
    found = []
    for size in sizes:
        said = [_in_company(model, x, size, rows, draw) for _ in range(draws)]
        votes = torch.nn.functional.one_hot(torch.stack(said), 10).sum(0)
        found.append(1 - votes.amax(2).float().mean(1) / draws)
    return torch.stack(found, 1).numpy()


def _in_company(model: MLP, x: Tensor, size: int, rows: int, draw: torch.Generator) -> Tensor:
    """The class that each of the first rows gets in a batch of its own, (M, rows)."""
    company = torch.randint(rows, len(x), (rows, size - 1), generator=draw)
    batch = torch.cat([torch.arange(rows)[:, None], company], 1)
    for norm in model.norms:
        norm.momentum, norm.group = 0.0, size
    said = model(x[batch.flatten()][None], True).argmax(2).unflatten(1, (rows, size))[:, :, 0]
    for norm in model.norms:
        norm.momentum, norm.group = 0.1, None
    return said
