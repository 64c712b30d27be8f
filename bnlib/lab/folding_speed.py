"""Folding batch norm into the layer before it: what it changes in the output, and in the time.

Three networks of one shape are compared in evaluation mode: with batch norm, with batch norm
folded, and plain, without batch norm from the start.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

import bnlib
from bnlib.lab.experiments import Rows, experiment

NETS = {"MLP": "3 x 100 units on 40 inputs", "CNN": "4 x 32 channels on 16 x 16 pixels"}
INPUTS = {"MLP": (40,), "CNN": (3, 16, 16)}


def network(kind: str, seed: int, norm: bool = True, dtype: torch.dtype = torch.float32):
    """A network in evaluation mode; with batch norm gamma, beta and statistics are not 1 and 0.

    kind: of ``NETS``. gamma is uniform over 0.5..1.5, beta standard normal, the running statistics
    those of 64 normal inputs.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = _mlp(norm) if kind == "MLP" else _cnn(norm)
        net = nn.Sequential(*layers).to(dtype)
        for layer in net:
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                nn.init.uniform_(layer.weight, 0.5, 1.5)
                nn.init.normal_(layer.bias)
                layer.momentum = 1.0
        with torch.no_grad():
            net(torch.randn(64, *INPUTS[kind]).to(dtype))
    return net.eval()


def _mlp(norm: bool) -> list[nn.Module]:
    layers, width = [], 40
    for _ in range(3):
        layers += [nn.Linear(width, 100, bias=not norm), *norm * [nn.BatchNorm1d(100)], nn.ReLU()]
        width = 100
    return [*layers, nn.Linear(width, 10)]


def _cnn(norm: bool) -> list[nn.Module]:
    layers, width = [], 3
    for _ in range(4):
        convolution = nn.Conv2d(width, 32, 3, padding=1, bias=not norm)
        layers += [convolution, *norm * [nn.BatchNorm2d(32)], nn.ReLU()]
        width = 32
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)]


def folded(net: nn.Sequential) -> nn.Sequential:
    """The network without its batch norm layers, each folded into the layer before it."""
    layers: list[nn.Module] = []
    for layer in net:
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layers[-1] = _fold(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers).eval()


def _fold(linear: nn.Module, norm: nn.Module) -> nn.Module:
    parts = norm.weight, norm.bias, norm.running_mean, norm.running_var
    arrays = [p.detach().numpy() for p in parts]
    w = linear.weight.detach().numpy()
    fold = bnlib.fold_linear if w.ndim == 2 else bnlib.fold_conv
    found = [nn.Parameter(torch.from_numpy(v)) for v in fold(w, None, *arrays, norm.eps)]
    if w.ndim == 2:
        made = nn.Linear(w.shape[1], w.shape[0])
    else:
        made = nn.Conv2d(w.shape[1], w.shape[0], w.shape[2], padding=linear.padding)
    made.weight, made.bias = found
    return made


@torch.no_grad()
def largest_difference(kind: str, dtype: torch.dtype, seeds: Sequence[int]) -> np.ndarray:
    """The largest difference between the outputs with batch norm and with it folded, (S,).

    Over 32 inputs, as a share of the largest output.
    """
    found = []
    for seed in seeds:
        net = network(kind, seed, dtype=dtype)
        x = torch.randn(32, *INPUTS[kind], generator=torch.Generator().manual_seed(seed)).to(dtype)
        out = net(x)
        found.append(float((folded(net)(x) - out).abs().max() / out.abs().max()))
    return np.array(found)


@experiment(
    "folding_speed",
    seeds=range(7),
    keys=("net", "batch", "seed"),
    small={"seeds": (0,), "nets": ("MLP",), "batches": (1,), "repeats": 20},
    # Times depend on the machine: a test sees that the experiment runs, and compares nothing.
    tolerance=math.inf,
)
def speed(
    seeds: Sequence[int],
    nets: Sequence[str] = tuple(NETS),
    batches: Sequence[int] = (1, 64),
    repeats: int = 300,
) -> Rows:
    """CPU time of one call with batch norm, with it folded, and without, in microseconds."""
    rows = []
    for kind in nets:
        for batch in batches:
            for seed in seeds:
                took = _times(kind, batch, seed, repeats)
                rows.append({"net": kind, "batch": batch, "seed": seed, **took})
    return rows


@torch.inference_mode()
def _times(kind: str, batch: int, seed: int, repeats: int) -> dict[str, float]:
    """Medians over calls that take turns, so that what slows the machine slows all three."""
    whole = network(kind, seed)
    turns = {"unfolded": whole, "folded": folded(whole), "plain": network(kind, seed, norm=False)}
    x = torch.randn(batch, *INPUTS[kind], generator=torch.Generator().manual_seed(seed))
    took: dict[str, list[int]] = {name: [] for name in turns}
    for repeat in range(repeats + 10):
        # Which one comes first changes: it finds the input in the processor's cache or not.
        names = list(turns) if repeat % 2 else list(turns)[::-1]
        for name in names:
            start = time.thread_time_ns()
            turns[name](x)
            took[name].append(time.thread_time_ns() - start)
    return {name: statistics.median(each[10:]) / 1000 for name, each in took.items()}
