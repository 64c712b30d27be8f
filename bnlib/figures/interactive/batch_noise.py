"""Batches of a few rows: how far their mean and their variance are off (chapter 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlib.figures.interactive.base import Interactive
from bnlib.figures.style import COLOURS, LINES, MUTED, panels, styled
from bnlib.lab.draws import normals
from bnlib.norms import batch_norm

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure

SIZES = (2, 3, 4, 8, 16, 32, 64, 128, 256)
BATCHES = 400


class BatchNoise(Interactive):
    """Mean and variance of many batches of m rows, and what batch norm makes of the rows.

    size: the index of m in SIZES. eps: 1e-5, 0.1 or 1. seed: a whole number from 1 to 1000.
    """

    name = "batch_noise"
    title = "Mean and variance of a small batch"
    alt = (
        "Left, 400 batches of two rows, a dot each: the batch means spread widely about zero, the "
        "batch variances from zero to above four, most of them below the true value one. Right, "
        "the outputs of batch norm: two bars, at minus one and at one, and nothing between them, "
        "beside the bell of a normal distribution."
    )
    defaults = {"size": 0, "eps": 1e-5, "seed": 1}  # noqa: RUF012 (read, never changed)
    room = (1090, 1055, 855)

    def check(self):
        size, eps, seed = (self.state[k] for k in ("size", "eps", "seed"))
        if size not in range(len(SIZES)):
            raise ValueError(f"size must be from 0 to {len(SIZES) - 1}, got {size}")
        if eps not in (1e-5, 0.1, 1):
            raise ValueError(f"eps must be 1e-5, 0.1 or 1, got {eps}")
        if seed != int(seed) or not 1 <= seed <= 1000:
            raise ValueError(f"seed must be a whole number from 1 to 1000, got {seed}")

    @styled
    def picture(self) -> Figure:
        n, eps, seed = SIZES[self.state["size"]], self.state["eps"], self.state["seed"]
        batches = normals(1000 * seed + n, BATCHES, n)
        one, zero = np.ones(BATCHES), np.zeros(BATCHES)
        outputs, _ = batch_norm(batches.T, one, zero, eps)  # a batch is a feature here
        figure, grid = panels(1, 2, height=3.8)
        cloud, values = grid[0]
        cloud.axhline(1, color=MUTED, linewidth=1.2)
        cloud.axvline(0, color=MUTED, linewidth=1.2)
        look = {"linestyle": "none", "marker": "o", "markersize": 3, "color": COLOURS[0]}
        cloud.plot(batches.mean(1), np.minimum(batches.var(1), 5), **look, alpha=0.6)
        cloud.set(title=f"{BATCHES} batches of {n}", xlim=(-2.5, 2.5), ylim=(0, 5))
        cloud.set(xlabel="batch mean (true: 0)", ylabel="batch variance (true: 1)")
        bins = np.linspace(-3, 3, 49)
        share, _ = np.histogram(outputs, bins)
        density = share / outputs.size / np.diff(bins)
        values.bar(bins[:-1], density, np.diff(bins), align="edge", color=COLOURS[0])
        z = np.linspace(-3, 3, 121)
        dashed = {**LINES[1], "marker": "none"}
        values.plot(z, np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi), **dashed, label="normal")
        values.set(title="All outputs", xlabel="x̂", ylabel="density", ylim=(0, 1.05))
        values.legend()
        return figure
