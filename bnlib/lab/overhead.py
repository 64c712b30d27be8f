"""Claim 18: which share of a training step's time batch norm takes, by the width of the network.

PyTorch's own layers on one thread: networks with and without ``BatchNorm``, the same in all else.
A step is forward, backward and the step of gradient descent. The two networks take turns, step by
step, so that whatever else the machine does slows both; of each block the median step counts. The
time is that of the processor, not of the clock on the wall.

A linear layer of width D costs N D^2 multiplications, a batch norm of its output N D operations,
so the share must fall with the width.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.progress import progress

LAYERS, IMAGE = 3, 8  # hidden layers; pixels along an image's edge
TURNS = 15  # of each network in a block, at least
CASES = [
    *[("dense", width, rows) for rows in (60, 256) for width in (100, 256, 512, 1024)],
    *[("convolution", width, 32) for width in (16, 32, 64, 128)],
]


def dense(width: int, rows: int, norm: bool) -> tuple[nn.Sequential, Tensor]:
    """Three hidden layers of ``width`` units, and a batch of 64 features for it."""
    layers: list[nn.Module] = []
    for fan_in in (64, *[width] * (LAYERS - 1)):
        layers.append(nn.Linear(fan_in, width, bias=not norm))
        layers += [nn.BatchNorm1d(width), nn.ReLU()] if norm else [nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, 10)), torch.randn(rows, 64)


def convolution(width: int, rows: int, norm: bool) -> tuple[nn.Sequential, Tensor]:
    """Three convolutions of 3 x 3 with ``width`` channels, and a batch of images for it."""
    layers: list[nn.Module] = []
    for fan_in in (3, *[width] * (LAYERS - 1)):
        layers.append(nn.Conv2d(fan_in, width, 3, padding=1, bias=not norm))
        layers += [nn.BatchNorm2d(width), nn.ReLU()] if norm else [nn.ReLU()]
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)]
    return nn.Sequential(*layers, *pooled), torch.randn(rows, 3, IMAGE, IMAGE)


BUILD = {"dense": dense, "convolution": convolution}


@experiment(
    "overhead",
    seeds=range(7),
    keys=("network", "width", "rows", "block"),
    small={"seeds": (0,), "cases": (("dense", 100, 60),), "budget": 0.2},
    # Times are those of one machine in one hour: a second run shows that it runs, no more.
    tolerance=1e9,
)
def overhead(
    seeds: Sequence[int], cases: Sequence[tuple[str, int, int]] = tuple(CASES), budget: float = 1.0
) -> Rows:
    """Time of a training step with and without batch norm, in blocks of ``budget`` seconds."""
    rows = []
    for block in progress(seeds, "blocks"):
        for network, width, size in cases:
            without, with_norm = block_times(network, width, size, block, budget)
            rows.append(
                {
                    "network": network,
                    "width": width,
                    "rows": size,
                    "block": block,
                    "ratio": with_norm / without,
                    "share": 1 - without / with_norm,
                }
            )
    return rows


def block_times(
    network: str, width: int, rows: int, seed: int, budget: float
) -> tuple[float, float]:
    """Median seconds of a step without and with batch norm; turns until the budget is spent."""
    torch.manual_seed(seed)
    steps = [_step(*BUILD[network](width, rows, norm)) for norm in (False, True)]
    for step in steps * 2:
        step()
    times: list[list[float]] = [[], []]
    end = time.process_time() + budget
    while time.process_time() < end or len(times[0]) < TURNS:
        for step, spent in zip(steps, times, strict=True):
            start = time.process_time()
            step()
            spent.append(time.process_time() - start)
    without, with_norm = (float(np.median(spent)) for spent in times)
    return without, with_norm


def _step(model: nn.Module, x: Tensor) -> Callable[[], None]:
    target = torch.randint(10, (len(x),))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step() -> None:
        optimizer.zero_grad()
        functional.cross_entropy(model(x), target).backward()
        optimizer.step()

    return step
