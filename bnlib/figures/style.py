"""One look for every figure: an opaque light card, dark ink, series told apart without colour.

The card keeps a figure readable on a white page and on a dark one. Series differ in line style,
marker and lightness as well as in hue, so a grey print or a colour-blind reader loses nothing.
Six inches with 12-point text stays legible when a phone shows it at 330 pixels.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.0  # inches
CARD, INK, MUTED = "#f6f5f1", "#1f2328", "#6b7076"
COLOURS = ("#0b2b45", "#94300f", "#258878", "#a580d6")  # from dark to light
LINES = (
    {"color": COLOURS[0], "linestyle": "-", "marker": "o"},
    {"color": COLOURS[1], "linestyle": "--", "marker": "s"},
    {"color": COLOURS[2], "linestyle": "-.", "marker": "^"},
    {"color": COLOURS[3], "linestyle": ":", "marker": "D"},
)
HATCHES = ("///", "...", "xxx", "ooo")

RC = {
    "figure.facecolor": CARD,
    "figure.dpi": 160,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": CARD,
    "savefig.dpi": 160,
    "axes.facecolor": CARD,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#d5d4cf",
    "grid.linewidth": 0.7,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "lines.linewidth": 2.2,
    "lines.markersize": 6.5,
    "hatch.linewidth": 1.0,
}


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Run a drawing function in the book's style and detach its figure from pyplot.

    A detached figure is shown once, as the value of the cell, and leaves nothing open.
    """

    @functools.wraps(draw)
    def wrapper(*args, **kwargs) -> Figure:
        import matplotlib.pyplot as plt

        with plt.rc_context(RC):
            figure = draw(*args, **kwargs)
        plt.close(figure)
        return figure

    return wrapper


def panels(
    rows: int = 1, columns: int = 1, height: float = 3.6, **kwargs
) -> tuple[Figure, np.ndarray]:
    """A figure of the book's width and a (rows, columns) array of axes."""
    import matplotlib.pyplot as plt

    return plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False, **kwargs)


def curves(ax: Axes, x: np.ndarray, series: Mapping[str, np.ndarray], markevery=None) -> None:
    """Draw each named series against x, in a line of its own."""
    for (name, values), line in zip(series.items(), LINES, strict=False):
        ax.plot(x, values, **line, markevery=markevery, label=name)
