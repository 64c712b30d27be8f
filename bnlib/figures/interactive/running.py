"""Running statistics lagging a drifting batch: momentum against drift (chapter 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlib.figures.interactive.base import Interactive
from bnlib.figures.style import LINES, MUTED, panels, styled
from bnlib.statistics import update_running

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure

FIRST, LAST = 30, 80  # the batches between which the data drift, as in running.js


class Running(Interactive):
    """Mean and variance of one feature, batch by batch: true, of the batch, running.

    momentum: PyTorch's, 0.01 to 1. drift: of the true mean per batch, 0 to 0.2; the standard
    deviation grows by a quarter of it. batches, size, seed: of the data. at: the batch to read.
    """

    name = "running"
    title = "Running statistics behind a drift"
    alt = (
        "Two panels over 120 batches. The true mean is 0, rises between batch 30 and batch 80, and "
        "stays. The means of the batches scatter about it; the running mean is smooth and rises "
        "some batches later. Below, the same of the variance."
    )
    defaults = {  # noqa: RUF012 (read, never changed: each figure copies them)
        "momentum": 0.1,
        "drift": 0.08,
        "batches": 120,
        "size": 8,
        "seed": 6,
        "at": 60,
    }
    room = (737, 680, 660)

    def check(self):
        if not 0 < self.state["momentum"] <= 1:
            raise ValueError(
                f"momentum must be above 0 and at most 1, got {self.state['momentum']}"
            )
        if not 0 <= self.state["drift"] <= 0.2:
            raise ValueError(f"drift must be from 0 to 0.2, got {self.state['drift']}")
        if not 1 <= self.state["at"] <= self.state["batches"]:
            raise ValueError(
                f"at must be from 1 to batches = {self.state['batches']}, got {self.state['at']}"
            )

    @styled
    def picture(self) -> Figure:
        """Drawn from other random rows than the browser's; the true values are the same."""
        drift, batches, size = (self.state[k] for k in ("drift", "batches", "size"))
        count = np.arange(1, batches + 1)
        since = np.clip(count - FIRST, 0, LAST - FIRST)
        mean, std = drift * since, 1 + drift / 4 * since
        rng = np.random.default_rng(self.state["seed"])
        rows = mean[:, None] + std[:, None] * rng.standard_normal((batches, size))
        state, running = (np.zeros(1), np.ones(1)), []
        for x in rows:
            state = update_running(*state, x[:, None], self.state["momentum"])
            running.append(np.concatenate(state))
        seen = rows.mean(axis=1), rows.var(axis=1, ddof=1)
        figure, grid = panels(2, height=5.6, sharex=True)
        for i, (ax, true) in enumerate(zip(grid[:, 0], (mean, std**2), strict=True)):
            ax.plot(count, seen[i], ".", color=MUTED, markersize=5, label="of the batch")
            ax.plot(count, true, **{**LINES[1], "marker": None}, label="true")
            ax.plot(count, np.array(running)[:, i], **{**LINES[0], "marker": None}, label="running")
            ax.set(ylabel=("mean", "variance")[i] + " (no unit)", ylim=((-1.5, 0)[i], None))
        grid[-1, 0].set(xlabel=f"batches seen, momentum = {self.state['momentum']:g} (PyTorch's)")
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        return figure
