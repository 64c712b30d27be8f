"""Figures of chapter 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from bnlib.figures.style import CARD, COLOURS, INK, LINES, MUTED, curves, panels, styled

if TYPE_CHECKING:  # not for drawing: it would import SciPy
    from bnlib.lab.paired import Estimate

Array = np.ndarray


@styled
def batch_stages(stages: Mapping[str, tuple[str, Array]], features: Sequence[str]) -> Figure:
    """One panel a stage, one row of dots a feature, one marker an example.

    stages: title -> (label of the value axis, values of shape (N, D)).
    """
    figure, grid = panels(len(stages), height=0.4 + 1.75 * len(stages))
    rows = np.arange(len(features))
    for ax, (title, (label, values)) in zip(grid[:, 0], stages.items(), strict=True):
        for n, example in enumerate(values):
            line = {**LINES[n % len(LINES)], "linestyle": "none"}
            ax.plot(example, rows, **line, markersize=8, label=f"example {n + 1}")
        ax.set(title=title, xlabel=label, ylim=(len(features) - 0.5, -0.5))
        ax.set_yticks(rows, features)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=2, handlelength=1, columnspacing=1.5
    )
    return figure


@styled
def curve_and_line(
    z: Array, value: Array, line: Array, fits: tuple[Array, Mapping[str, Array]], inner: float = 2
) -> Figure:
    """Above: the activation, the line fitted to it, and where most inputs lie (|z| <= inner).
    Below: R^2 of such a line against gamma, one series an activation."""
    figure, grid = panels(2, height=6.2)
    top, bottom = grid[:, 0]
    top.axvspan(-inner, inner, color="#dcdad2", zorder=0)
    top.plot(z, value, color=COLOURS[0], label="sigmoid")
    top.plot(z, line, color=COLOURS[1], linestyle="--", label="line fitted on N(0, 1)")
    top.set(
        title=f"Grey band: |input| ≤ {inner:g}",
        xlabel="input of the activation (no unit)",
        ylabel="output (no unit)",
        ylim=(-0.25, 1.25),
    )
    top.legend(loc="upper left")
    gammas, series = fits
    curves(bottom, gammas, series, 6)
    bottom.set_xscale("log", base=2)
    bottom.set_xticks([0.25, 0.5, 1, 2, 4, 8], ["1/4", "1/2", "1", "2", "4", "8"])
    bottom.set(
        title="How straight the activation is",
        xlabel="γ, the standard deviation of the input",
        ylabel="R² of the line",
        ylim=(0.55, 1.02),
    )
    bottom.legend(loc="lower left")
    return figure


@styled
def accuracies(found: Mapping[str, Mapping[str, Estimate]]) -> Figure:
    """Mean accuracies with their intervals, one panel a title, one row a condition."""
    rows = max(len(each) for each in found.values())
    figure, grid = panels(len(found), height=0.9 + len(found) * (0.7 + 0.35 * rows), sharex=True)
    for ax, (title, each), line in zip(grid[:, 0], found.items(), LINES, strict=False):
        places = np.arange(len(each))
        means = np.array([e.mean for e in each.values()])
        ends = np.array([[e.mean - e.low, e.high - e.mean] for e in each.values()]).T
        ax.errorbar(means, places, xerr=ends, **{**line, "linestyle": "none"}, capsize=4)
        ax.set_yticks(places, list(each))
        ax.set(title=title, ylim=(len(each) - 0.5, -0.5))
    grid[-1, 0].set_xlabel("test accuracy (%)")
    return figure


@styled
def gain_against_variance(
    variance: Array, gains: Mapping[str, Array], eps: float | None = None
) -> Figure:
    """The factor a deviation is multiplied by, against the feature's variance, both logarithmic."""
    figure, grid = panels(height=4.4)
    ax = grid[0, 0]
    curves(ax, variance, gains, (3, 16))
    if eps is not None:
        ax.axvline(eps, color=MUTED, linewidth=1.2)
        ax.text(eps * 1.4, min(g.min() for g in gains.values()), "variance = ε", color=INK)
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="variance of the feature in the batch",
        ylabel="gain on a deviation",
    )
    figure.legend(loc="outside upper left", ncols=1)
    return figure


def _cell(ax: Axes, corners: Array, on: bool, shade: float = 1.0) -> None:
    """One cell face; averaged cells are dark and hatched, the others pale."""
    base = np.array([11, 60, 93]) / 255 if on else np.array([232, 230, 223]) / 255
    ax.add_patch(
        Polygon(
            corners,
            facecolor=tuple(base * shade),
            edgecolor=CARD if on else MUTED,
            linewidth=0.7,
            hatch="///" if on else None,
        )
    )


def _matrix(ax: Axes, mask: Array, labels: Sequence[str]) -> None:
    """A flat (rows, columns) mask, rows downward."""
    rows, columns = mask.shape
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    for r, c in np.ndindex(rows, columns):
        _cell(ax, square + np.array([c, rows - 1 - r]), bool(mask[r, c]))
    ax.text(-0.35, rows / 2, f"{labels[0]} = {rows}", rotation=90, va="center", ha="right")
    ax.text(columns / 2, -0.3, f"{labels[1]} = {columns}", va="top", ha="center")


def _block(ax: Axes, mask: Array, labels: Sequence[str]) -> None:
    """A solid (N, C, P) mask: N across, C into the page, P upward; three faces are seen."""
    n, c, p = mask.shape
    across, depth, up = np.array([1.0, 0]), np.array([0.62, 0.42]), np.array([0, 1.0])
    for i, k in np.ndindex(n, p):  # front: channel 0
        at = i * across + (p - 1 - k) * up
        face = np.array([at, at + across, at + across + up, at + up])
        _cell(ax, face, bool(mask[i, 0, k]))
    for i, j in np.ndindex(n, c):  # top: position 0
        at = i * across + j * depth + p * up
        face = np.array([at, at + across, at + across + depth, at + depth])
        _cell(ax, face, bool(mask[i, j, 0]), 0.93)
    for j, k in np.ndindex(c, p):  # right: last example
        at = n * across + j * depth + (p - 1 - k) * up
        face = np.array([at, at + depth, at + depth + up, at + up])
        _cell(ax, face, bool(mask[-1, j, k]), 0.86)
    ax.text(-0.35, p / 2, f"{labels[2]} = {p}", rotation=90, va="center", ha="right")
    ax.text(n / 2, -0.3, f"{labels[0]} = {n}", va="top", ha="center")
    x, y = n * across + c / 2 * depth
    ax.text(x + 0.35, y - 0.15, f"{labels[1]} = {c}", va="top", ha="left")


@styled
def averaged_cells(
    masks: Mapping[str, Array], labels: Mapping[int, Sequence[str]], columns: int = 2
) -> Figure:
    """Which cells of an activation array share one mean: dark and hatched in each panel.

    masks: title -> boolean array, (N, D) or (N, C, H*W). labels: ndim -> names of the axes.
    """
    rows = -(-len(masks) // columns)
    figure, grid = panels(rows, columns, height=2.9 * rows)
    for ax, (title, mask) in zip(grid.flat, masks.items(), strict=False):
        (_matrix if mask.ndim == 2 else _block)(ax, mask, labels[mask.ndim])
        ax.set_aspect("equal")
        ax.autoscale_view()
        ax.margins(0.12)
        ax.set_title(title, loc="center", fontsize=11)
        ax.set_axis_off()
    return figure


@styled
def value_shares(
    values: Mapping[str, Array], xlabel: str = "what the next layer receives (no unit)"
) -> Figure:
    """Stacked histograms on one axis, each with its mean marked."""
    figure, grid = panels(len(values), height=2.4 * len(values), sharex=True, sharey=True)
    low = min(v.min() for v in values.values())
    high = max(v.max() for v in values.values())
    edges = np.linspace(low - 0.1, high + 0.1, 41)
    for ax, (title, value), colour in zip(grid[:, 0], values.items(), COLOURS, strict=False):
        share, _ = np.histogram(value, edges)
        ax.stairs(100 * share / value.size, edges, fill=True, color=colour, alpha=0.75)
        ax.axvline(value.mean(), color=INK, linestyle="--", label="mean")
        ax.set(title=title, ylabel="share of values (%)")
        ax.legend(loc="upper right")
    grid[-1, 0].set_xlabel(xlabel)
    return figure


@styled
def variance_error(ratios: Array, errors: Mapping[str, Array], unit: float) -> Figure:
    """Relative error of a computed variance against mean/std, both logarithmic.

    unit: the rounding unit of the dtype, drawn as a floor.
    """
    figure, grid = panels(height=4.6)
    ax = grid[0, 0]
    curves(ax, ratios, errors)
    ax.axhline(1, color=INK, linewidth=1.2)
    ax.text(ratios[0], 1.8, "error as large as the variance", va="bottom")
    ax.axhline(unit, color=MUTED, linewidth=1.2, linestyle=(0, (1, 1)))
    ax.text(ratios[-1], unit / 1.6, "rounding unit", va="top", ha="right")
    ax.set(
        xscale="log",
        yscale="log",
        ylim=(unit / 12, None),
        xlabel="mean ÷ standard deviation of the feature",
        ylabel="relative error of the variance",
    )
    figure.legend(loc="outside upper left", ncols=2)
    return figure
