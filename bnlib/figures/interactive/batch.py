"""A batch through batch norm: drag an input, and see what becomes of all outputs (chapter 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlib.figures.interactive.base import Interactive
from bnlib.figures.style import INK, LINES, MUTED, panels, styled
from bnlib.norms import batch_norm

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure

COLUMNS = ("input x (m²)", "normalized x̂ (no unit)", "output y (no unit)")


class Batch(Interactive):
    """One feature of a batch, its normalized values and its outputs, in three columns.

    x: 2 to 8 values from 0 to 200. gamma: -3 to 3. beta: -3 to 3. eps: 1e-5 to 1e4.
    """

    name = "batch"
    title = "A batch through batch norm"
    alt = (
        "Three upright scales side by side, with four marks each that lines connect. Left, the "
        "floor areas 90, 30, 170 and 110 square metres. In the middle, the same four around mean 0 "
        "with standard deviation 1, in the same order. Right, the outputs, spread by gamma and "
        "moved by beta. A dashed line in each column marks the mean, a band one deviation about it."
    )
    defaults = {  # noqa: RUF012 (read, never changed: each figure copies them)
        "x": [90.0, 30.0, 170.0, 110.0],
        "gamma": 2.0,
        "beta": 0.5,
        "eps": 1e-5,
    }
    room = (744, 645, 418)

    def check(self):
        x = self.state["x"]
        if not 2 <= len(x) <= 8 or min(x) < 0 or max(x) > 200:
            raise ValueError(f"x must be 2 to 8 values from 0 to 200, got {x}")
        if not 1e-5 <= self.state["eps"] <= 1e4:
            raise ValueError(f"eps must be from 1e-5 to 1e4, got {self.state['eps']}")

    @styled
    def picture(self) -> Figure:
        x = np.array(self.state["x"], float)[:, None]
        given = (np.array([self.state[name]], float) for name in ("gamma", "beta"))
        y, cache = batch_norm(x, *given, self.state["eps"])
        stages = zip(COLUMNS, (x, cache.xhat, y), ((0, 200), (-3, 3), (-9, 9)), strict=True)
        figure, grid = panels(1, 3, height=3.8)
        for ax, (label, values, limits) in zip(grid[0], stages, strict=True):
            middle, spread = values.mean(), values.std()
            ax.axhspan(middle - spread, middle + spread, color=MUTED, alpha=0.18)
            ax.axhline(middle, color=INK, linestyle="--", linewidth=1.4)
            for n, value in enumerate(values[:, 0]):
                look = {**LINES[n % 4], "linestyle": "none"}
                ax.plot([0], [value], **look, markersize=9, markeredgecolor="white")
            ax.set(ylabel=label, ylim=limits, xlim=(-1, 1), xticks=[])
            ax.set_xlabel(f"mean {middle:.2f}\nstd {spread:.2f}")
        return figure
