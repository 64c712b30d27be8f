"""Is the gradient of a batch the mean of the gradients of its parts?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from bnlib.lab.datasets import digits
from bnlib.lab.layers import Norm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import losses

WIDTHS = (64, 64, 64, 10)
BATCH = 64


def accumulation_error(
    norm: Callable[[int, int], Norm], size: int, seeds: Sequence[int] = range(5)
) -> Tensor:
    """Distance of the gradient summed up over parts of a batch from that of the batch, (S,).

    In units of the length of the batch's gradient; at initialization, with two hidden layers on
    the digits. size: rows of a part; all parts together are the batch of 64.
    """
    data = digits()
    net = MLP(first_weights(seeds, WIDTHS), norm)
    x, y = data.x_train[:BATCH], data.y_train[:BATCH]
    whole = _gradient(net, x, y)
    parts = [_gradient(net, a, b) for a, b in zip(x.split(size), y.split(size), strict=True)]
    return (torch.stack(parts).mean(0) - whole).norm(dim=1) / whole.norm(dim=1)


def _gradient(net: MLP, x: Tensor, y: Tensor) -> Tensor:
    """The gradient of the mean loss, all parameters of a model in a row, (M, P)."""
    loss = losses(net(x[None], True), y[None]).sum()
    gradients = torch.autograd.grad(loss, net.parameters())
    return torch.cat([g.flatten(1) for g in gradients], 1)
