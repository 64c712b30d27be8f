"""Residual networks of fully connected blocks, many at once, with and without normalization.

A block adds a branch of two linear layers to the stream:

    x_{l+1} = x_l + scale * (relu(u @ V + c) @ W + d),    u = x_l or batch_norm(x_l)

What stands for the norm, if none is there, is a matter of ``kind``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import generator

KINDS = ("plain", "batch norm", "scaled", "SkipInit", "Fixup", "standardized")
# Times this factor, relu(z) of a standard normal z has variance 1 (its mean is not taken out).
RELU_GAIN = (2 / (1 - 1 / torch.pi)) ** 0.5


class Draws(NamedTuple):
    """Standard normal numbers, the same for every kind of network."""

    first: Tensor  # (S, D, width)
    up: Tensor  # (S, blocks, width, width)
    down: Tensor  # (S, blocks, width, width)
    last: Tensor  # (S, width, classes)


def draws(seeds: Sequence[int], inputs: int, width: int, blocks: int, classes: int = 10) -> Draws:
    """Draw what first weights are made of; a seed has the same numbers whoever else is there."""

    def normal(purpose: str, *shape: int) -> Tensor:
        return torch.stack([torch.randn(shape, generator=generator(s, purpose)) for s in seeds])

    return Draws(
        normal("first", inputs, width),
        normal("up", blocks, width, width),
        normal("down", blocks, width, width),
        normal("last", width, classes),
    )


def standardize(w: Tensor) -> Tensor:
    """Weights of each unit with mean 0 and variance 1 / fan_in. w: (..., fan_in, fan_out)."""
    centred = w - w.mean(-2, keepdim=True)
    var = centred.square().mean(-2, keepdim=True)
    return centred * (w.shape[-2] * var + 1e-8).rsqrt()


class ResidualNet:
    """M residual networks of one kind; see the module, and ``KINDS``:

    - plain: the stream enters the branch as it is, and scale = 1;
    - batch norm: at the head of each branch and in front of the last layer;
    - scaled: scale = 1 / sqrt(blocks);
    - SkipInit: scale is learned, one number a branch, and begins at 0 (De and Smith, 2020);
    - Fixup: W begins at 0, V is divided by sqrt(blocks), the last layer begins at 0; scale is
      learned and begins at 1; one learned number is added in front of each linear layer and each
      activation (Zhang, Dauphin and Ma, 2019);
    - standardized: V and W are standardized, with a learned gain for each unit; the stream is
      divided by the deviation it is expected to have, scale = 1 / sqrt(blocks) (Brock, De and
      Smith, 2021).
    """

    def __init__(self, drawn: Draws, kind: str):
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {KINDS}, got {kind!r}")
        self.kind = kind
        self.models, self.blocks, width, _ = drawn.up.shape
        fixup = kind == "Fixup"
        self.first = _trained(drawn.first * drawn.first.shape[1] ** -0.5)
        self.last = _trained(drawn.last * (0.0 if fixup else width**-0.5))
        self.out = _trained(torch.zeros(self.models, 1, drawn.last.shape[2]))
        # He's variance in front of the ReLU, and 1 / fan_in behind it.
        up = (2 / width) ** 0.5 * (self.blocks**-0.5 if fixup else 1.0)
        down = 0.0 if fixup else width**-0.5
        self.up = [_trained(up * w) for w in drawn.up.unbind(1)]
        self.down = [_trained(down * w) for w in drawn.down.unbind(1)]
        # Fixup has one number where the others have a bias a unit.
        each = 1 if fixup else width
        self.shifts = [self._column(0.0, each) for _ in range(2 * self.blocks)]
        self.heads = [self._column(0.0) for _ in range(2 * self.blocks)] if fixup else []
        self.scales = self._scales()
        self.gains = [self._column(1.0, width) for _ in range(2 * self.blocks)]
        self.gains = self.gains if kind == "standardized" else []
        self.norms = [BatchNorm(self.models, width) for _ in range(self.blocks + 1)]
        self.norms = self.norms if kind == "batch norm" else []

    def _column(self, value: float, features: int = 1) -> Tensor:
        return _trained(torch.full((self.models, 1, features), value))

    def _scales(self) -> list[Tensor]:
        learned = {"SkipInit": 0.0, "Fixup": 1.0}
        if self.kind in learned:
            return [self._column(learned[self.kind]) for _ in range(self.blocks)]
        fixed = self.blocks**-0.5 if self.kind in ("scaled", "standardized") else 1.0
        return [torch.full((self.models, 1, 1), fixed)] * self.blocks

    def parameters(self) -> list[Tensor]:
        """All that is trained; weight and bias of the last layer come last."""
        scales = self.scales if self.scales[0].requires_grad else []
        own = [self.first, *self.up, *self.down, *self.shifts, *self.heads, *scales, *self.gains]
        own += [p for norm in self.norms for p in norm.parameters()]
        return [*own, self.last, self.out]

    def branch(self, x: Tensor, block: int, training: bool) -> Tensor:
        """What block ``block`` adds to the stream x, (M, N, width)."""
        i, j = 2 * block, 2 * block + 1
        up, down = self.up[block], self.down[block]
        if self.kind == "batch norm":
            x = self.norms[block](x, training)
        elif self.kind == "standardized":
            # The stream begins with variance 1, and each branch adds 1 / blocks.
            x = x * (1 + block / self.blocks) ** -0.5
            up = self.gains[i] * standardize(up)
            down = self.gains[j] * RELU_GAIN * standardize(down)
        elif self.kind == "Fixup":
            x = x + self.heads[i]
        h = torch.relu(x @ up + self.shifts[i])
        if self.kind == "Fixup":
            h = h + self.heads[j]
        return self.scales[block] * (h @ down + self.shifts[j])

    def stream(self, x: Tensor, training: bool) -> list[Tensor]:
        """The stream before the first block and after each, (M, N, width). x: (M or 1, N, D)."""
        states = [x.expand(self.models, -1, -1) @ self.first]
        for block in range(self.blocks):
            states.append(states[-1] + self.branch(states[-1], block, training))
        return states

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        """Logits, (M, N, classes)."""
        h = self.stream(x, training)[-1]
        if self.norms:
            h = self.norms[-1](h, training)
        return torch.relu(h) @ self.last + self.out


def mean_squares(
    seeds: Sequence[int], kind: str, blocks: int, width: int = 128, examples: int = 256
) -> Tensor:
    """Mean square of the stream before the first block and after each, (S, blocks + 1).

    At initialization; the inputs are standard normal, another draw for each seed.
    """
    drawn = draws(seeds, width, width, blocks)
    rows = [torch.randn(examples, width, generator=generator(s, "rows")) for s in seeds]
    with torch.no_grad():
        states = ResidualNet(drawn, kind).stream(torch.stack(rows), True)
        return torch.stack([h.square().mean((1, 2)) for h in states], 1)


def _trained(t: Tensor) -> Tensor:
    return t.detach().clone().requires_grad_()
