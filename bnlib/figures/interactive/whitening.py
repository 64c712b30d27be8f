"""Whitening: drag a cloud, and see what standardizing and three whitenings do (chapter 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlib.figures.interactive.base import Interactive
from bnlib.figures.style import CARD, INK, LINES, MUTED, panels, styled
from bnlib.whitening import cholesky_whiten, pca_whiten, standardize, zca_whiten

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure

POINTS = 60


def _base() -> list:
    """Rows whose mean is 0 and whose covariance is the identity: what a cloud is stretched from."""
    rows, _, _ = zca_whiten(np.random.default_rng(2).standard_normal((POINTS, 2)), 1e-12)
    return np.round(rows, 3).tolist()


class Whitening(Interactive):
    """A cloud of heights and weights, standardized and whitened by PCA, ZCA and Cholesky.

    base: (N, 2), white rows. centre: of the cloud, in cm and kg. axis: the base's first column
    becomes this vector. across: the length of the axis at a right angle to it, 1 to 20. marked: two
    rows to follow. middle: of the panel. eps: as in bnlib.whitening.
    """

    name = "whitening"
    title = "A cloud, standardized and whitened"
    alt = (
        "Five scatter plots of the same rows. Given, a long narrow cloud that leans to the right. "
        "Standardized, it has the same spread in both columns and still leans. By PCA, ZCA and "
        "Cholesky it is round; the diamond and the triangle, two rows to follow, lie elsewhere in "
        "each of the three."
    )
    defaults = {  # noqa: RUF012 (read, never changed: each figure copies them)
        "base": _base(),
        "centre": [170.0, 70.0],
        "axis": [8.5, 13.5],
        "across": 4.0,
        "marked": np.argmax(_base(), axis=0).tolist(),
        "middle": [170.0, 70.0],
        "eps": 1e-5,
    }
    room = (848, 658, 658)

    def check(self):
        if np.ndim(self.state["base"]) != 2 or np.shape(self.state["base"])[1] != 2:
            raise ValueError(f"base must have the shape (N, 2), got {np.shape(self.state['base'])}")
        if not 1 <= self.state["across"] <= 20 or np.hypot(*self.state["axis"]) < 1:
            raise ValueError(
                f"axis must have length 1 or more and across must be from 1 to 20, got "
                f"{self.state['axis']} and {self.state['across']}"
            )

    def cloud(self) -> np.ndarray:
        """(N, 2), in cm and kg."""
        axis = np.array(self.state["axis"])
        side = np.array([-axis[1], axis[0]]) / np.hypot(*axis) * self.state["across"]
        return np.array(self.state["base"]) @ np.array([axis, side]) + self.state["centre"]

    @styled
    def picture(self) -> Figure:
        x, eps = self.cloud(), self.state["eps"]
        shown = {
            "standardized": standardize(x, eps),
            "PCA": pca_whiten(x, eps)[0],
            "ZCA": zca_whiten(x, eps)[0],
            "Cholesky": cholesky_whiten(x, eps)[0],
        }
        figure, grid = panels(3, 2, height=8.4)
        grid[0, 1].set_axis_off()
        words = (
            "Standardized,\nthe cloud still leans.\nThe three whitenings\nare round: each is the\n"
        )
        grid[0, 1].text(
            0, 0.5, words + "others, turned.", transform=grid[0, 1].transAxes, va="center"
        )
        clouds = {"given": x, **shown}
        for ax, (title, rows) in zip([grid[0, 0], *grid[1:].flat], clouds.items(), strict=True):
            ax.plot(*rows.T, ".", color=MUTED, markersize=4)
            for n, line, shape in zip(self.state["marked"], LINES[1:3], "D^", strict=True):
                look = {"color": line["color"], "markersize": 9, "markeredgecolor": CARD}
                ax.plot(*rows[n], shape, **look)
            ax.set(title=title, xlabel="column 1 (no unit)", ylabel="column 2 (no unit)")
            if title == "given":
                ax.set(xlabel="height (cm)", ylabel="weight (kg)")
                ax.set_aspect("equal", adjustable="datalim")
            else:
                turn = np.linspace(0, 2 * np.pi, 100)
                ax.plot(np.cos(turn), np.sin(turn), color=INK, linewidth=1.2)
                ax.set(xlim=(-3.4, 3.4), ylim=(-3.4, 3.4), aspect="equal")
        return figure
