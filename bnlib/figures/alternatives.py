"""Figures of chapter 10."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bnlib.figures.style import CARD, COLOURS, INK, panels, styled


@styled
def means_in_frames(y: np.ndarray, axes: tuple[int, ...], title: str, channels: int = 1) -> Figure:
    """The mean of y over the positions, one cell a channel of an image, in frames that share one.

    y: (N, C, H, W), normalized over ``axes``. channels: how many neighbouring channels share a
    mean where the channels' axis is not among the axes.
    """
    means = y.mean(axis=(2, 3))
    n, c = means.shape
    high = n if 0 in axes else 1
    wide = c if 1 in axes else channels
    figure, grid = panels(height=1.5 + 0.62 * n)
    ax = grid[0, 0]
    ax.grid(False)
    limit = max(float(np.abs(means).max()), 1.0)
    ax.imshow(np.abs(means), cmap="Greys", vmin=0, vmax=2.2 * limit, aspect="auto")
    for (i, j), value in np.ndenumerate(means):
        # Rounded first, so that no cell reads "-0.00".
        shown = round(float(value), 2) + 0.0
        ax.text(j, i, f"{shown:.2f}", ha="center", va="center", fontsize=11, color=INK)
    largest = 0.0
    for i in range(0, n, high):
        for j in range(0, c, wide):
            corner = (j - 0.46, i - 0.44)
            size = (wide - 0.08, high - 0.12)
            ax.add_patch(Rectangle(corner, *size, fill=False, edgecolor=COLOURS[1], linewidth=2.4))
            largest = max(largest, abs(float(means[i : i + high, j : j + wide].mean())))
    ax.set_xticks(range(c), [str(j) for j in range(c)])
    ax.set_yticks(range(n), [str(i) for i in range(n)])
    ax.set(
        title=f"{title}\nLargest mean of a frame: {largest:.2f}",
        xlabel="channel (mean of y over its positions, no unit)",
        ylabel="example",
    )
    ax.set_facecolor(CARD)
    return figure
