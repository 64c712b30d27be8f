"""Small transformers, many at once, with a norm of choice at the head of every branch.

A sequence is cut into patches, each embedded as a token. A block adds two branches to the stream
of tokens, attention and a perceptron, and each begins with a norm of each token's features
(pre-norm):

    h <- h + attention(norm(h)),    h <- h + perceptron(norm(h))

One more norm stands behind the last block; then the mean over the tokens is classified.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from bnlib.lab.layers import GroupNorm, Norm, RMSNorm
from bnlib.lab.nets import generator


class DynamicTanh:
    """gamma tanh(alpha x) + beta of (M, N, D); alpha is one number a layer, and learned."""

    def __init__(self, models: int, features: int, alpha: float = 0.5):
        self.alpha = torch.full((models, 1, 1), alpha, requires_grad=True)
        self.gamma = torch.ones(models, 1, features, requires_grad=True)
        self.beta = torch.zeros(models, 1, features, requires_grad=True)

    def parameters(self) -> list[Tensor]:
        return [self.alpha, self.gamma, self.beta]

    def __call__(self, z: Tensor, training: bool) -> Tensor:
        return self.gamma * torch.tanh(self.alpha * z) + self.beta


class Nothing:
    """No norm: the values as they are."""

    def __init__(self, models: int, features: int):
        pass

    def parameters(self) -> list[Tensor]:
        return []

    def __call__(self, z: Tensor, training: bool) -> Tensor:
        return z


NORMS: dict[str, Callable[[int, int], Norm]] = {
    "none": Nothing,
    "layer": GroupNorm,
    "RMS": RMSNorm,
    "DyT": DynamicTanh,  # alpha begins at 0.5
    "DyT, alpha 1": partial(DynamicTanh, alpha=1.0),
}


class Transformer:
    """M transformers; the weights are normal with variance 1 / fan_in, biases begin at 0."""

    def __init__(
        self,
        seeds: Sequence[int],
        norm: Callable[[int, int], Norm],
        tokens: int = 10,
        patch: int = 4,
        width: int = 32,
        blocks: int = 3,
        heads: int = 2,
        classes: int = 10,
    ):
        """seeds: one a model; models of the same seed begin with the same weights."""
        self.models, self.tokens, self.patch = len(seeds), tokens, patch
        self.blocks, self.heads = blocks, heads
        shapes = {"embed": (patch, width), "position": (tokens, width), "classes": (width, classes)}
        for block in range(blocks):
            shapes[f"mix {block}"] = (width, 3 * width)
            shapes[f"join {block}"] = (width, width)
            shapes[f"up {block}"] = (width, 2 * width)
            shapes[f"down {block}"] = (2 * width, width)
        self.weights = {name: _normal(seeds, name, *shape) for name, shape in shapes.items()}
        self.biases = {
            name: torch.zeros(self.models, 1, shape[1], requires_grad=True)
            for name, shape in shapes.items()
            if name != "position"
        }
        self.norms = [norm(self.models, width) for _ in range(2 * blocks + 1)]

    def parameters(self) -> list[Tensor]:
        own = [*self.weights.values(), *self.biases.values()]
        return own + [p for norm in self.norms for p in norm.parameters()]

    def linear(self, name: str, h: Tensor) -> Tensor:
        return torch.baddbmm(self.biases[name], h, self.weights[name])

    def attention(self, block: int, h: Tensor) -> Tensor:
        """What the tokens of each row tell each other. h: (M, N * tokens, width), as returned."""
        width = h.shape[2]
        parts = (self.models, -1, self.tokens, 3, self.heads, width // self.heads)
        mixed = self.linear(f"mix {block}", h).view(parts)
        # (3, M, N, heads, tokens, width / heads)
        query, key, value = mixed.permute(3, 0, 1, 4, 2, 5)
        scores = query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5
        told = (scores.softmax(-1) @ value).transpose(2, 3).reshape(h.shape)
        return self.linear(f"join {block}", told)

    def perceptron(self, block: int, h: Tensor) -> Tensor:
        return self.linear(f"down {block}", torch.relu(self.linear(f"up {block}", h)))

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        """Logits, (M, N, classes). x: (M or 1, N, tokens * patch)."""
        rows = x.shape[1]
        x = x.expand(self.models, -1, -1).reshape(self.models, rows * self.tokens, self.patch)
        position = self.weights["position"].repeat(1, rows, 1)
        h = self.linear("embed", x) + position
        for block in range(self.blocks):
            h = h + self.attention(block, self.norms[2 * block](h, training))
            h = h + self.perceptron(block, self.norms[2 * block + 1](h, training))
        h = self.norms[-1](h, training)
        return self.linear("classes", h.view(self.models, rows, self.tokens, -1).mean(2))


def _normal(seeds: Sequence[int], name: str, fan_in: int, fan_out: int) -> Tensor:
    drawn = {
        seed: torch.randn(fan_in, fan_out, generator=generator(seed, name)) for seed in set(seeds)
    }
    # A position is added as it is; it has no fan-in.
    scale = 0.5 if name == "position" else fan_in**-0.5
    return (scale * torch.stack([drawn[seed] for seed in seeds])).requires_grad_()
