"""The first figure of Ioffe and Szegedy (2015) in miniature: digits for MNIST, 1000 steps.

Three hidden layers of 100 sigmoid units, batches of 60 images, small normal first weights, batch
norm before each sigmoid. As in the paper: the share of test images that are right, and the 15th,
50th and 85th percentile of what enters the sigmoid of a unit of the last hidden layer, during
training. The paper gives no learning rate; here each network has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.datasets import digits
from bnlib.lab.nets import MLP
from bnlib.lab.sweeps import Net
from bnlib.lab.training import SGD, accuracy, batches, train

PERCENTILES = (15, 50, 85)


class Watched(NamedTuple):
    """What was seen after ``steps`` (T,) steps.

    Attributes:
        accuracies: (T, S), on the test images in evaluation mode.
        inputs: (T, 3, S, 100), the percentiles over the test images of what enters each sigmoid
            of the last hidden layer.
    """

    steps: np.ndarray
    accuracies: np.ndarray
    inputs: np.ndarray


def watch(
    norm: str, rate: float, seeds: Sequence[int] = range(5), steps: int = 1000, every: int = 10
) -> Watched:
    """Train with SGD at one rate, and look at accuracy and inputs after every few steps."""
    data = digits()
    model = Net("sigmoid", gain=1, norm=norm).build(seeds, 1, data)
    order = batches(seeds, len(data.x_train), 60, steps)
    seen, shares, inputs = [], [], []
    losses = train(model, data, order, SGD(torch.full((len(seeds),), rate)))
    for step, _ in enumerate(losses, start=1):
        if step % every == 0:
            seen.append(step)
            shares.append(accuracy(model, data.x_test, data.y_test).numpy())
            inputs.append(np.percentile(last_inputs(model, data.x_test), PERCENTILES, axis=1))
    return Watched(np.array(seen), np.stack(shares), np.stack(inputs))


@torch.no_grad()
def last_inputs(model: MLP, x: Tensor) -> np.ndarray:
    """What enters the activation of the last hidden layer, in evaluation mode, (M, N, width)."""
    below = model.hidden(x[None], False)[-2]
    z = torch.baddbmm(model.biases[-2], below, model.weights[-2])
    return (z if model.norms[-1] is None else model.norms[-1](z, False)).numpy()


def travel(watched: Watched) -> np.ndarray:
    """How far the median of a unit's input moved, in widths of its distribution, (S,).

    Highest minus lowest median over the training, divided by the mean distance between the 15th
    and the 85th percentile; the mean of the units.
    """
    low, median, high = np.moveaxis(watched.inputs, 1, 0)
    return ((median.max(0) - median.min(0)) / (high - low).mean(0)).mean(-1)
