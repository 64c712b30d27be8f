"""Which values share a mean: choose a cell and a norm, and see the cell's set (chapter 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlib.figures.interactive.base import Interactive
from bnlib.figures.style import CARD, INK, MUTED, panels, styled

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure

NORMS = ("batch", "layer", "instance", "group", "rms")


def _block() -> list:
    """Three examples of four channels, two by two positions; each channel has its own mean."""
    rng = np.random.default_rng(10)
    x = rng.normal(0, 1, (3, 4, 2, 2)) + np.array([-1.5, 0, 1, 2.5])[:, None, None]
    return np.round(x, 1).tolist()


class Sets(Interactive):
    """A block of cells, of which those are marked that share their statistics with a chosen one.

    x: (N, C, H, W) as nested lists. norm: one of NORMS. cell: [n, c, h, w]. groups: G, which
    divides C. eps: as in the layers.
    """

    name = "sets"
    title = "Which values share a mean"
    alt = (
        "A block of cells: three rows for the examples, four columns for the channels, and in each "
        "tile two by two positions, with a number in every cell. One cell has a frame. With batch "
        "norm all cells of its channel are dark, in all three examples: they share one mean."
    )
    defaults = {  # noqa: RUF012 (read, never changed: each figure copies them)
        "x": _block(),
        "norm": "batch",
        "cell": [1, 1, 0, 1],
        "groups": 2,
        "eps": 1e-5,
    }
    room = (549, 633, 588)

    def check(self):
        shape = np.shape(self.state["x"])
        if len(shape) != 4:
            raise ValueError(f"x must have the shape (N, C, H, W), got {shape}")
        if self.state["norm"] not in NORMS:
            raise ValueError(f"norm must be one of {NORMS}, got {self.state['norm']!r}")
        cell = self.state["cell"]
        if len(cell) != 4 or not all(0 <= i < size for i, size in zip(cell, shape, strict=True)):
            raise ValueError(f"cell must be [n, c, h, w] within {shape}, got {cell}")
        if shape[1] % self.state["groups"]:
            raise ValueError(f"groups must divide C = {shape[1]}, got {self.state['groups']}")

    def members(self) -> np.ndarray:
        """(N, C): which channels of which examples are in the set of the chosen cell."""
        n, c = self.state["cell"][:2]
        examples, channels = np.shape(self.state["x"])[:2]
        row, column = np.arange(examples)[:, None] == n, np.arange(channels) == c
        size = channels // self.state["groups"]
        same = np.arange(channels) // size == c // size
        own = {"batch": column, "instance": row & column, "group": row & same}
        own |= {"layer": row, "rms": row}
        return np.broadcast_to(own[self.state["norm"]], (examples, channels))

    @styled
    def picture(self) -> Figure:
        from matplotlib.patches import Rectangle

        x, members = np.array(self.state["x"]), self.members()
        chosen = tuple(self.state["cell"])
        figure, ((ax,),) = panels(height=4.8)
        for (n, c, h, w), value in np.ndenumerate(x):
            left, top = c * (x.shape[3] + 0.2) + w, -n * (x.shape[2] + 0.2) - h
            dark = members[n, c]
            face = MUTED if dark else CARD
            ax.add_patch(Rectangle((left, top), 0.94, 0.94, facecolor=face, edgecolor=MUTED))
            if (n, c, h, w) == chosen:
                frame = {"fill": False, "edgecolor": INK, "linewidth": 3.5}
                ax.add_patch(Rectangle((left, top), 0.94, 0.94, **frame))
            text = {"ha": "center", "va": "center", "color": "white" if dark else INK}
            ax.text(left + 0.47, top + 0.47, f"{value:.1f}".replace("-", "\u2212"), **text)
        for c in range(x.shape[1]):
            middle = c * (x.shape[3] + 0.2) + x.shape[3] / 2
            ax.text(middle, 1.15, f"channel {c}", ha="center", fontsize=11)
        for n in range(x.shape[0]):
            ax.text(-0.15, -n * (x.shape[2] + 0.2), f"example {n}", ha="right", fontsize=11)
        deep = x.shape[0] * (x.shape[2] + 0.2)
        ax.set(xlim=(-1.9, x.shape[1] * (x.shape[3] + 0.2)), ylim=(-deep + 1, 1.6), aspect="equal")
        ax.set_axis_off()
        return figure
