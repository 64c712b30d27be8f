"""What a factor on the weights does behind which batch norm stands, and what decay does (claim 12).

Weights in front of a batch norm without epsilon are scale-invariant: L(a W) = L(W). Then the
gradient at a W is that at W divided by a, it is orthogonal to W, and a step of gradient descent
with weight decay equals one without it at a larger rate (Li and Arora, 2020). All of this is exact,
so the networks here compute in float64 with eps = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.doubles import double_digits, doubles
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import batches, losses, train

WIDTHS = (64, 50, 50, 10)


def exact_network(seeds: Sequence[int], eps: float = 0.0, widths: Sequence[int] = WIDTHS) -> MLP:
    """ReLU networks with batch norm, one a seed, in float64."""
    with doubles():
        weights = first_weights(seeds, widths)
        return MLP(weights, lambda models, features: BatchNorm(models, features, eps))


class Scaled(NamedTuple):
    """What multiplying the hidden weights by a did, one number a seed."""

    loss: np.ndarray  # L(a W) - L(W)
    gradient: np.ndarray  # a |gradient at a W| / |gradient at W|
    cosine: np.ndarray  # of W and its gradient, the largest in size over layers


def scale_hidden(seeds: Sequence[int], a: float, eps: float = 0.0) -> Scaled:
    """Multiply all hidden weights by a and compare losses and gradients on 200 rows of digits."""
    data = double_digits()
    found = []
    for factor in (1.0, a):
        model = exact_network(seeds, eps)
        hidden = model.weights[:-1]
        with torch.no_grad():
            for w in hidden:
                w.mul_(factor)
        loss = losses(model(data.x_train[None, :200], True), data.y_train[:200])
        gradients = torch.autograd.grad(loss.sum(), hidden)
        squares = torch.stack([g.square().sum((1, 2)) for g in gradients])
        inner = [
            (w * g).sum((1, 2)) / (w.norm(dim=(1, 2)) * g.norm(dim=(1, 2)))
            for w, g in zip(hidden, gradients, strict=True)
        ]
        found.append((loss.detach(), squares.sum(0).sqrt(), torch.stack(inner).detach().abs()))
    (loss, length, cosine), (new_loss, new_length, _) = found
    return Scaled(
        (new_loss - loss).numpy(),
        (a * new_length / length).numpy(),
        cosine.max(0).values.numpy(),
    )


class Decayed:
    """Plain SGD whose hidden weights decay, or take the rates that stand in for the decay.

    With alpha = 1 - rate * decay, the step W <- alpha W - rate * gradient, numbered t from 0, has
    the same direction as W <- W - rate * alpha^-(2 t + 1) * gradient; see the chapter. The other
    parameters, which are not scale-invariant, take plain steps either way.
    """

    def __init__(self, rates: Tensor, decays: Tensor, hidden: int, instead: Tensor):
        """rates, decays, instead: (M,); instead: whether a model takes the growing rates.

        hidden: how many of the parameters, the first ones, are scale-invariant.
        """
        self.rates, self.hidden, self.instead = rates, hidden, instead
        self.shrink = 1 - rates.double() * decays.double()
        self.steps = 0

    def hidden_rates(self) -> Tensor:
        """The rate of the hidden weights in the next step, (M,)."""
        grown = self.rates * self.shrink ** -(2 * self.steps + 1)
        return torch.where(self.instead, grown, self.rates.double())

    def step(self, parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        keep = torch.where(self.instead, 1.0, self.shrink)
        rates = self.hidden_rates()
        for at, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            shape = (-1, *[1] * (p.dim() - 1))
            if at < self.hidden:
                p.mul_(keep.to(p.dtype).view(shape)).sub_(rates.to(p.dtype).view(shape) * g)
            else:
                p.sub_(self.rates.to(p.dtype).view(shape) * g)
        self.steps += 1


class Run(NamedTuple):
    """One training a seed, seen through the weights of the first hidden layer."""

    losses: np.ndarray  # (steps, S), of the batches
    lengths: np.ndarray  # (steps + 1, S), 1 at the start
    turns: np.ndarray  # (steps, S), by how many degrees a step turned the weights
    directions: list[Tensor]  # W / |W| of each hidden layer at the end, (S, fan_in, fan_out)


def train_scaled(
    seeds: Sequence[int],
    decay: float,
    instead: bool = False,
    rate: float = 0.3,
    steps: int = 300,
    size: int = 64,
) -> Run:
    """Train on digits with weight decay, or with the growing rates instead; eps = 0, float64."""
    data, model = double_digits(), exact_network(seeds)
    order = batches(seeds, len(data.x_train), size, steps)
    ones, hidden = torch.ones(len(seeds), dtype=torch.float64), len(model.weights) - 1
    optimizer = Decayed(rate * ones, decay * ones, hidden, ones.bool() & instead)
    before = model.weights[0].detach().clone()
    lost, lengths, turns = [], [_length(before)], []
    for loss in train(model, data, order, optimizer):
        after = model.weights[0].detach().clone()
        cosine = (before * after).sum((1, 2)) / (_length(before) * _length(after))
        lost.append(loss)
        lengths.append(_length(after))
        turns.append(cosine.clamp(max=1).arccos().rad2deg())
        before = after
    directions = [_unit(w.detach()) for w in model.weights[:hidden]]
    lengths = torch.stack(lengths)
    return Run(
        torch.stack(lost).numpy(),
        (lengths / lengths[0]).numpy(),
        torch.stack(turns).numpy(),
        directions,
    )


def apart(one: Run, other: Run) -> float:
    """The largest distance of the last directions, over layers and seeds; 2 is the opposite."""
    pairs = zip(one.directions, other.directions, strict=True)
    return max(float(_length(a - b).max()) for a, b in pairs)


def _length(w: Tensor) -> Tensor:
    return w.norm(dim=(1, 2))


def _unit(w: Tensor) -> Tensor:
    return w / _length(w)[:, None, None]
