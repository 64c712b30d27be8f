"""Fully connected networks, many at once: model m of M has weights of its own.

One multiplication of a batch of matrices (``baddbmm``) does for all models what M small ones
would do one after the other, and on one thread in a fraction of the time. Models do not touch
each other: one that diverges leaves the rest as they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from bnlib.lab.layers import Norm

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "linear": lambda z: z,
}


def generator(seed: int, purpose: str) -> torch.Generator:
    """A generator that depends on the seed and on what it is for, so that draws can't shift."""
    offset = sum(ord(letter) * 257**i for i, letter in enumerate(purpose))
    return torch.Generator().manual_seed((1_000_003 * seed + offset) % 2**63)


def first_weights(seeds: Sequence[int], widths: Sequence[int], gain: float = 2.0) -> list[Tensor]:
    """Normal weights of variance gain / fan_in, one (S, fan_in, fan_out) tensor a layer.

    gain 2 is He's for ReLU, 1 for tanh and sigmoid; the last layer, which has no activation
    behind it, gets 1. A seed has the same draws whatever the gain and however many other seeds
    there are.
    """
    layers = []
    for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(widths)):
        scale = ((1.0 if layer == len(widths) - 2 else gain) / fan_in) ** 0.5
        draws = [
            torch.randn(fan_in, fan_out, generator=generator(seed, f"weights of layer {layer}"))
            for seed in seeds
        ]
        layers.append(scale * torch.stack(draws))
    return layers


class MLP:
    """M networks of the same shape: linear, norm, activation, ..., linear.

    Attributes:
        weights, biases: one tensor a layer, (M, fan_in, fan_out) and (M, 1, fan_out).
        norms: one a hidden layer, or None where there is none.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        norm: Callable[[int, int], Norm] | None = None,
        activation: str = "relu",
        after: bool = False,
    ):
        """Make networks of given first weights, which are copied; biases begin at 0.

        norm: called with (models, features) for each hidden layer. after: whether it stands
        behind the activation rather than before it.
        """
        self.weights = [w.clone().requires_grad_() for w in weights]
        self.biases = [torch.zeros(len(w), 1, w.shape[2], requires_grad=True) for w in weights]
        hidden = self.weights[:-1]
        self.norms = [norm(len(w), w.shape[2]) if norm else None for w in hidden]
        self.activation, self.after = ACTIVATIONS[activation], after

    @property
    def models(self) -> int:
        return len(self.weights[0])

    def parameters(self) -> list[Tensor]:
        """All that is trained; the first axis of each is that of the models."""
        own = [*self.weights, *self.biases]
        return own + [p for norm in self.norms if norm for p in norm.parameters()]

    def hidden(self, x: Tensor, training: bool) -> list[Tensor]:
        """What leaves each hidden layer, (M, N, width). x: (M, N, D) or, for all, (1, N, D)."""
        h, out = x, []
        for w, b, norm in zip(self.weights, self.biases, self.norms, strict=False):
            z = torch.baddbmm(b, h.expand(self.models, -1, -1), w)
            if norm is None:
                h = self.activation(z)
            elif self.after:
                h = norm(self.activation(z), training)
            else:
                h = self.activation(norm(z, training))
            out.append(h)
        return out

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        """Logits, (M, N, classes)."""
        h = self.hidden(x, training)[-1] if self.norms else x.expand(self.models, -1, -1)
        return torch.baddbmm(self.biases[-1], h, self.weights[-1])
