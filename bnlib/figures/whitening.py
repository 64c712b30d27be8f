"""Figures of chapter 2."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from bnlib.figures.style import CARD, INK, LINES, MUTED, curves, panels, styled

Array = np.ndarray


@styled
def clouds(
    named: Mapping[str, tuple[str, str, Array]],
    columns: int = 2,
    marked: tuple[int, ...] = (),
    half: float | None = None,
) -> Figure:
    """One panel a cloud; the same rows carry the same marker in all of them.

    named: title -> (label of column 1, label of column 2, rows of shape (N, 2)). marked: rows to
    follow from panel to panel. half: half the width of every panel; what shows all rows unless
    told.
    """
    rows = -(-len(named) // columns)
    figure, grid = panels(rows, columns, height=0.3 + 6.0 / columns * rows)
    half = half or 1.1 * max(np.abs(z).max() for *_, z in named.values())
    for ax, (title, (first, second, z)) in zip(grid.flat, named.items(), strict=False):
        ax.plot(*z.T, ".", color=MUTED, markersize=3.5)
        for n, line in zip(marked, LINES[1:], strict=False):
            style = {**line, "linestyle": "none", "markersize": 10}
            ax.plot(*z[n], **style, markeredgecolor=CARD)
        turn = np.linspace(0, 2 * np.pi, 100)
        ax.plot(np.cos(turn), np.sin(turn), color=INK, linewidth=1.2)
        ax.set(title=title, xlabel=first, ylabel=second)
        ax.set(xlim=(-half, half), ylim=(-half, half), aspect="equal")
    return figure


@styled
def newton_progress(variances: Mapping[str, Array], errors: Mapping[str, Array]) -> Figure:
    """Above: the variance along a direction after k steps, one series an eigenvalue it began with.
    Below: the largest error of w^T S w against the steps, logarithmic, one series a way to
    compute the same formula."""
    figure, grid = panels(2, height=6.4)
    top, bottom = grid[:, 0]
    curves(top, np.arange(len(next(iter(variances.values())))), variances)
    top.set(
        title="Small variances arrive late",
        xlabel="Newton steps",
        ylabel="variance of z along it",
        ylim=(-0.05, 1.1),
    )
    top.legend(loc="lower right", title="eigenvalue of S")
    curves(bottom, np.arange(len(next(iter(errors.values())))), errors, 2)
    bottom.set(
        title="One formula, two ways to compute it",
        xlabel="Newton steps",
        ylabel="largest error of the covariance",
        yscale="log",
    )
    bottom.legend(loc="best")
    return figure


@styled
def operations(dimensions: Array, counts: Mapping[str, Array]) -> Figure:
    """Multiplications for one batch against the number of features, both logarithmic."""
    figure, grid = panels(height=4.4)
    ax = grid[0, 0]
    curves(ax, dimensions, counts)
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="features D",
        ylabel="multiplications",
        title="One batch of 128 rows",
    )
    ax.set_xticks(dimensions, [f"{d:g}" for d in dimensions])
    ax.minorticks_off()
    ax.legend(loc="upper left")
    return figure


@styled
def spectra(series: Mapping[str, Array]) -> Figure:
    """Eigenvalues of a correlation matrix in falling order, logarithmic, a series each of (D,)."""
    figure, grid = panels(height=4.2)
    ax = grid[0, 0]
    curves(ax, np.arange(1, 1 + len(next(iter(series.values())))), series, markevery=9)
    ax.set(
        yscale="log",
        xlabel="direction, the widest first",
        ylabel="variance (no unit)",
        title="Standardized sums of a hidden layer",
    )
    ax.legend(loc="lower left")
    return figure
