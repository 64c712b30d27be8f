"""Training many models at once, each with a learning rate of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from bnlib.lab.nets import generator


class Model(Protocol):
    """What can be trained here: M networks that are called as one."""

    models: int

    def parameters(self) -> list[Tensor]: ...
    def __call__(self, x: Tensor, training: bool) -> Tensor: ...


class Data(NamedTuple):
    """A training and a test set, float32 rows and int64 classes."""

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor


def batches(seeds: Sequence[int], rows: int, size: int, steps: int) -> Tensor:
    """Which rows each step of each seed sees, (steps, S, size): epochs, shuffled anew each time.

    Rows that do not fill a batch at an epoch's end are left out of that epoch.
    """
    if not 0 < size <= rows:
        raise ValueError(f"a batch of {size} cannot be drawn from {rows} rows")
    each = rows // size
    drawn = []
    for seed in seeds:
        draw = generator(seed, "batches")
        epochs = [torch.randperm(rows, generator=draw) for _ in range(-(-steps // each))]
        drawn.append(torch.cat([e[: each * size].view(each, size) for e in epochs])[:steps])
    return torch.stack(drawn, dim=1)


def losses(logits: Tensor, y: Tensor) -> Tensor:
    """Mean cross-entropy of each model, (M,). logits: (M, N, K); y: (M, N) or (N,)."""
    y = y.expand(logits.shape[:2])
    each = functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
    return each.view(y.shape).mean(1)


class SGD:
    """Gradient descent with heavy-ball momentum and weight decay; one learning rate a model."""

    def __init__(self, rates: Tensor, momentum: float = 0.0, decay: float = 0.0):
        self.rates, self.momentum, self.decay = rates, momentum, decay
        self.velocity: list[Tensor] = []

    def step(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        self.velocity = self.velocity or [torch.zeros_like(p) for p in parameters]
        for p, g, v in zip(parameters, gradients, self.velocity, strict=True):
            v.mul_(self.momentum).add_(g + self.decay * p)
            p.sub_(self.rates.view(-1, *[1] * (p.dim() - 1)) * v)


class Adam:
    """Adam (Kingma and Ba, 2015); one learning rate a model."""

    def __init__(self, rates: Tensor, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8):
        self.rates, self.betas, self.eps, self.steps = rates, betas, eps, 0
        self.first: list[Tensor] = []
        self.second: list[Tensor] = []

    def step(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        self.first = self.first or [torch.zeros_like(p) for p in parameters]
        self.second = self.second or [torch.zeros_like(p) for p in parameters]
        self.steps += 1
        a, b = self.betas
        for p, g, m, v in zip(parameters, gradients, self.first, self.second, strict=True):
            m.lerp_(g, 1 - a)
            v.lerp_(g.square(), 1 - b)
            move = (m / (1 - a**self.steps)) / ((v / (1 - b**self.steps)).sqrt() + self.eps)
            p.sub_(self.rates.view(-1, *[1] * (p.dim() - 1)) * move)


def train(
    model: Model, data: Data, order: Tensor, optimizer: SGD | Adam, copies: int = 1
) -> Iterator[Tensor]:
    """Take one step for each batch of ``order``; yields the losses before the step, (M,).

    copies: how many models, one after the other, share a seed's batches: M = seeds x copies, and
    model ``copies * s + c`` is copy c of seed s. A model that diverges becomes nan by itself.
    """
    if model.models != order.shape[1] * copies:
        raise ValueError(
            f"{model.models} models need batches for {model.models // copies} seeds with "
            f"{copies} copies each; got {order.shape[1]}"
        )
    parameters = model.parameters()
    for rows in order:
        rows = rows.repeat_interleave(copies, 0)
        loss = losses(model(data.x_train[rows], True), data.y_train[rows])
        gradients = torch.autograd.grad(loss.sum(), parameters)
        with torch.no_grad():
            optimizer.step(parameters, gradients)
        yield loss.detach()


@torch.no_grad()
def accuracy(model: Model, x: Tensor, y: Tensor, training: bool = False) -> Tensor:
    """The share of rows that each model classifies rightly, (M,)."""
    return (model(x[None], training).argmax(2) == y).float().mean(1)


@torch.no_grad()
def recompute(model: Model, x: Tensor, norms: Sequence, size: int = 500) -> None:
    """Replace the running statistics by plain averages over batches of ``size`` rows of x.

    The statistics of all layers are measured in one pass (Wu and Johnson, 2021: precise batch
    norm), with the weights as they are.
    """
    momenta = [norm.momentum for norm in norms]
    for count, rows in enumerate(x.split(size), start=1):
        for norm in norms:
            norm.momentum = 1 / count
        model(rows[None], True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def steps_to(level: float, values: Sequence[Tensor], every: int) -> Tensor:
    """The first step at which each model reached a level, (M,); nan where it never did.

    values: one (M,) tensor for each ``every`` steps, the first after ``every`` steps.
    """
    reached = torch.stack(list(values)) >= level
    first = reached.float().argmax(0) + 1.0
    return torch.where(reached.any(0), first * every, torch.nan)
