"""What batch norm does to the gradient of a deep ReLU net, before training and in it (claim 4).

The networks have one width and no biases. Layer l computes

    plain:     h_l = BN(relu(h_{l-1}) W_l)             or, without batch norm, relu(h_{l-1}) W_l
    residual:  h_l = h_{l-1} + relu(BN(h_{l-1})) W_l   or, without, h_{l-1} + relu(h_{l-1}) W_l

with weights of variance 2 / width (He et al., 2015).
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.nets import generator

KINDS = ("plain", "residual")
# By how much a ReLU net with batch norm enlarges the gradient a layer, in a wide net and a large
# batch; the chapter derives it, Yang et al. (2019) prove more.
EXPLOSION = sqrt(pi / (pi - 1))


def batch_norm(z: Tensor, eps: float = 1e-5) -> Tensor:
    """Batch norm over the rows of (..., N, D), with gamma = 1 and beta = 0."""
    mean = z.mean(-2, keepdim=True)
    var = (z - mean).square().mean(-2, keepdim=True)
    return (z - mean) * (var + eps).rsqrt()


def layer(h: Tensor, w: Tensor, kind: str, normalized: bool) -> Tensor:
    """One layer of the module's list. h: (..., N, D); w: (..., D, D)."""
    if kind == "plain":
        z = h.relu() @ w
        return batch_norm(z) if normalized else z
    return h + (batch_norm(h) if normalized else h).relu() @ w


def gradient_norms(
    seed: int,
    kind: str,
    normalized: bool,
    depth: int = 50,
    width: int = 256,
    examples: int = 256,
) -> np.ndarray:
    """Length of the gradient in h_0, ..., h_depth, divided by the last one, (depth + 1,).

    The rows of h_0 are independent and standard normal, and so is the gradient handed in above.
    """
    draw = generator(seed, "deep net")
    states = [torch.randn(examples, width, generator=draw).requires_grad_()]
    for _ in range(depth):
        w = sqrt(2 / width) * torch.randn(width, width, generator=draw)
        states.append(layer(states[-1], w, kind, normalized))
    above = torch.randn(examples, width, generator=draw)
    gradients = torch.autograd.grad(states[-1], states, above)
    norms = np.array([float(g.norm()) for g in gradients])
    return norms / norms[-1]


def growth(norms: np.ndarray, skip: int = 5) -> float:
    """The factor a layer, on the way back: the slope of log(norm), without ``skip`` at each end."""
    inner = np.log(norms[skip:-skip])
    return float(np.exp(-np.polyfit(np.arange(len(inner)), inner, 1)[0]))
