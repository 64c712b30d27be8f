"""Figures of chapter 10, and of the same comparisons in chapter 11."""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bnlib.figures.style import CARD, COLOURS, INK, LINES, panels, styled


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


@styled
def loss_by_rate(parts: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]) -> Figure:
    """Training loss against the learning rate, one panel a part, one line a norm.

    parts: title -> name -> (exponents of 2, losses); a loss that is not finite is left out.
    """
    figure, grid = panels(len(parts), height=1.0 + 2.7 * len(parts))
    for ax, (title, series) in zip(grid[:, 0], parts.items(), strict=True):
        by_rate(ax, series, looks(parts))
        ax.set(title=title, ylabel="training loss\n(nats)", ylim=(0, 2.5))
    one_legend(figure, grid[:, 0])
    return figure


def looks(parts: Mapping[str, Mapping]) -> dict[str, dict]:
    """A line for each name, the same in every part."""
    names = list(dict.fromkeys(name for series in parts.values() for name in series))
    return dict(zip(names, LINES, strict=False))


def by_rate(ax: Axes, series: Mapping[str, tuple], lines: Mapping[str, dict]) -> None:
    """Draw values against learning rates, which are given as exponents of 2."""
    for name, (rates, values) in series.items():
        ax.plot(rates, np.where(np.isfinite(values), values, np.nan), **lines[name], label=name)
    low, high = (int(np.floor(v + 0.5)) for v in ax.get_xlim())
    ticks = range(low + low % 2, high + 1, 2)
    ax.set_xticks(ticks, [f"$2^{{{k}}}$" for k in ticks])
    ax.set_xlabel("learning rate (no unit)")


def one_legend(figure: Figure, axes: Iterable[Axes]) -> None:
    """One legend below, with each name once."""
    named = {}
    for ax in axes:
        handles, labels = ax.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=2)
