"""Claim 21: batch norm between the hidden states of a recurrent network.

A tanh network reads a row in equal parts, a part a step,

    h_t = tanh(norm(x_t W_x + h_{t-1} W_h) + b),

and classifies the last state: an image of digits in eight rows of pixels, a sequence of MNIST-1D
in ten pieces of four numbers. A batch norm that serves all steps keeps one pair of running
statistics, though the states of the first step are not distributed as those of the last;
Cooijmans and others (2016) keep a pair for each step. Gamma and beta are shared by all steps; what
gamma begins with is a condition of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from bnlib.lab.datasets import digits, mnist1d
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm, GroupNorm, Norm
from bnlib.lab.nets import generator
from bnlib.lab.progress import progress
from bnlib.lab.training import Adam, Data, accuracy, batches, recompute, train

WIDTH, CLASSES = 64, 10


class Task(NamedTuple):
    """What is read: the data, in how many parts a row comes, and how long is trained."""

    data: Callable[[], Data]
    parts: int
    steps: int


TASKS = {"digits": Task(digits, 8, 600), "MNIST-1D": Task(mnist1d, 10, 1200)}
# What gamma begins with, if nothing else is said: of batch norm small, as Cooijmans and others have
# it in front of a tanh; of layer norm 1, as usual.
FIRST_GAMMA = 0.1
# The other way round, since what gamma begins with turned out to matter more than the norm.
OTHERWISE = (
    ("layer", 0.1),
    ("each step", 1.0),
    ("all steps", 1.0),
    ("each step, groups of 4", 1.0),
)
RATES = (1e-3, 2e-3, 4e-3, 8e-3, 16e-3)
# Rows of a batch that share statistics; the batch itself has 64 in every condition.
NORMS = {
    "none": {},
    "layer": {},
    "each step": {"group": 64},
    "all steps": {"group": 64},
    "each step, groups of 4": {"group": 4},
    "all steps, groups of 4": {"group": 4},
}


def step_norms(kind: str, models: int, parts: int, gamma: float | None = None) -> list[Norm] | None:
    """The norm of each step, by its name in ``NORMS``; None for "none". gamma: what it begins with.

    All steps share gamma and beta, and with "all steps" the running statistics too.
    """
    if kind == "none":
        return None
    if kind == "layer":
        layer = GroupNorm(models, WIDTH)
        layer.gamma.data.fill_(1.0 if gamma is None else gamma)
        return [layer] * parts
    made = [BatchNorm(models, WIDTH, **NORMS[kind]) for _ in range(parts)]
    made[0].gamma.data.fill_(FIRST_GAMMA if gamma is None else gamma)
    for norm in made[1:]:
        norm.gamma, norm.beta = made[0].gamma, made[0].beta
    return made if kind.startswith("each") else [made[0]] * parts


class RNN:
    """M recurrent networks that read rows of D numbers in equal parts."""

    def __init__(
        self,
        seeds: Sequence[int],
        copies: int,
        kind: str,
        features: int,
        parts: int,
        gamma: float | None = None,
    ):
        """Networks with the norm of that kind; copies of a seed begin alike, M = S x copies."""

        def draw(rows: int, columns: int, purpose: str) -> Tensor:
            each = [torch.randn(rows, columns, generator=generator(s, purpose)) for s in seeds]
            return (rows**-0.5 * torch.stack(each)).repeat_interleave(copies, 0)

        self.models = len(seeds) * copies
        self.size = features // parts
        self.reads = draw(self.size, WIDTH, "input weights").requires_grad_()
        # Orthogonal, so that norms neither grow nor shrink before the tanh.
        self.turns = torch.linalg.qr(draw(WIDTH, WIDTH, "hidden weights")).Q.requires_grad_()
        self.head = draw(WIDTH, CLASSES, "head").requires_grad_()
        self.shift = torch.zeros(self.models, 1, WIDTH, requires_grad=True)
        self.bias = torch.zeros(self.models, 1, CLASSES, requires_grad=True)
        self.norms = step_norms(kind, self.models, parts, gamma)

    def parameters(self) -> list[Tensor]:
        own = [self.reads, self.turns, self.head, self.shift, self.bias]
        return own if self.norms is None else [*own, *self.norms[0].parameters()]

    def states(self, x: Tensor, training: bool) -> list[Tensor]:
        """The hidden state after each step, (M, N, WIDTH) each. x: (M or 1, N, D)."""
        parts = x.expand(self.models, -1, -1).split(self.size, 2)
        h, out = torch.zeros(self.models, x.shape[1], WIDTH), []
        for step, part in enumerate(parts):
            z = torch.baddbmm(part @ self.reads, h, self.turns)
            if self.norms is not None:
                z = self.norms[step](z, training)
            h = torch.tanh(z + self.shift)
            out.append(h)
        return out

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        """Logits, (M, N, 10)."""
        return torch.baddbmm(self.bias, self.states(x, training)[-1], self.head)


@experiment(
    "recurrent",
    seeds=range(5),
    keys=("task", "norm", "rate", "seed"),
    small={"seeds": (0,), "tasks": ("digits",), "norms": ("layer",)},
    # After hundreds of steps another rounding is another network, of nearly the same accuracy.
    tolerance=0.06,
)
def recurrent(
    seeds: Sequence[int],
    tasks: Sequence[str] = tuple(TASKS),
    norms: Sequence[str] = tuple(NORMS),
) -> Rows:
    """Claim 21: accuracy of a recurrent network by its norm, each at several rates (Adam)."""
    rows = []
    for task, norm in progress([(t, n) for t in tasks for n in norms], "recurrent networks"):
        loss, right, _ = _trained(TASKS[task], norm, seeds)
        for model in range(len(seeds) * len(RATES)):
            where = {"task": task, "norm": norm, "rate": RATES[model % len(RATES)]}
            where["seed"] = seeds[model // len(RATES)]
            rows.append(where | {"accuracy": right[model].item(), "choosing": loss[model].item()})
    return rows


@experiment(
    "recurrent_gamma",
    seeds=range(5),
    keys=("task", "norm", "gamma", "rate", "seed"),
    small={"seeds": (0,), "tasks": ("digits",), "starts": (("layer", 0.1),)},
    tolerance=0.06,
)
def recurrent_gamma(
    seeds: Sequence[int],
    tasks: Sequence[str] = tuple(TASKS),
    starts: Sequence[tuple[str, float]] = OTHERWISE,
) -> Rows:
    """The same as ``recurrent`` with another gamma at the start of training.

    mended: for "each step" the accuracy with statistics recomputed on the training rows, else nan.
    """
    rows = []
    for task, (norm, gamma) in progress([(t, s) for t in tasks for s in starts], "gamma"):
        loss, right, mended = _trained(TASKS[task], norm, seeds, gamma)
        for model in range(len(seeds) * len(RATES)):
            where = {"task": task, "norm": norm, "gamma": gamma}
            where |= {"rate": RATES[model % len(RATES)], "seed": seeds[model // len(RATES)]}
            values = {"accuracy": right, "mended": mended, "choosing": loss}
            rows.append(where | {name: v[model].item() for name, v in values.items()})
    return rows


class Trained(NamedTuple):
    """Of M networks, (M,) each."""

    loss: Tensor  # mean of the last hundred batches, by which rates are chosen
    accuracy: Tensor  # on the test rows
    mended: Tensor  # the same with recomputed statistics; nan where no step has its own


def _trained(task: Task, norm: str, seeds: Sequence[int], gamma: float | None = None) -> Trained:
    data = task.data()
    net = RNN(seeds, len(RATES), norm, data.x_train.shape[1], task.parts, gamma)
    order = batches(seeds, len(data.x_train), 64, task.steps)
    optimizer = Adam(torch.tensor(RATES * len(seeds)))
    losses = list(train(net, data, order, optimizer, copies=len(RATES)))
    right = accuracy(net, data.x_test, data.y_test)
    mended = torch.full_like(right, torch.nan)
    if norm == "each step":
        for layer in net.norms:
            layer.group = None
        recompute(net, data.x_train, net.norms)
        mended = accuracy(net, data.x_test, data.y_test)
    return Trained(torch.stack(losses[-100:]).mean(0), right, mended)
