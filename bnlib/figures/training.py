"""Figures of chapter 7: speed, rates, initialization, regularization, placement, cost."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from bnlib.figures.style import COLOURS, INK, LINES, MUTED, WIDTH, panels, styled
from bnlib.lab.paired import Estimate

Array = np.ndarray
PLAIN = FuncFormatter(lambda value, _: f"{value:g}")


@styled
def accuracy_and_inputs(
    steps: Array, accuracies: Mapping[str, Array], inputs: Mapping[str, Array]
) -> Figure:
    """Accuracy during training, a thin line a seed; below, percentiles of one unit's input.

    steps: (T,). accuracies: label -> (T, S). inputs: label -> (T, 3), low, middle, high.
    """
    figure, axes = plt.subplot_mosaic([["a", "a"], ["b", "c"]], figsize=(WIDTH, 5.6))
    for (label, values), line in zip(accuracies.items(), LINES, strict=False):
        look = {"color": line["color"], "linestyle": line["linestyle"]}
        axes["a"].plot(steps, values, **look, linewidth=0.8, alpha=0.5)
        axes["a"].plot(steps, values.mean(1), **look, label=label)
    axes["a"].set(title="(a) test accuracy, mean and seeds", xlabel="training steps", ylim=(0, 1))
    axes["a"].set(ylabel="share of test images")
    axes["a"].legend(loc="lower right")
    for key, (label, values), line in zip("bc", inputs.items(), LINES, strict=False):
        ax, colour = axes[key], line["color"]
        ax.fill_between(steps, values[:, 0], values[:, 2], color=colour, alpha=0.25, linewidth=0)
        ax.plot(steps, values[:, 1], color=colour, linestyle=line["linestyle"])
        ax.set(title=f"({key}) {label}", xlabel="training steps")
    axes["b"].set_ylabel("input of one sigmoid")
    axes["c"].sharey(axes["b"])
    axes["b"].autoscale(axis="y")
    return figure


@styled
def steps_by_rate(found: Mapping[str, tuple[Array, Mapping[str, Array]]]) -> Figure:
    """Steps to a level against the learning rate; one panel a setting.

    found: setting -> ((R,) rates, {label: (R,) steps, inf where it was not reached}).
    """
    figure, grid = panels(2, 2, height=6, sharey=True)
    for ax, (title, (rates, series)) in zip(grid.flat, found.items(), strict=True):
        for (label, steps), line in zip(series.items(), LINES, strict=False):
            ax.loglog(rates, np.where(np.isfinite(steps), steps, np.nan), **line, label=label)
        ax.set(title=title, xlabel="learning rate")
        _plain(ax.yaxis)
    for ax in grid[:, 0]:
        ax.set_ylabel("steps to 90 %")
    _legend(figure, grid[0, 0])
    return figure


@styled
def usable_ranges(ranges: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> Figure:
    """From the lowest to the highest usable rate, with the best one marked.

    ranges: network -> {label: (lowest, best, highest)}.
    """
    figure, ((ax,),) = panels(height=0.9 + 0.75 * len(ranges))
    for row, kinds in enumerate(ranges.values()):
        for k, ((label, ends), line) in enumerate(zip(kinds.items(), LINES, strict=False)):
            at = row + 0.3 * k - 0.15
            look = {"color": line["color"], "marker": line["marker"], "linestyle": "none"}
            ax.plot([ends[0], ends[2]], [at, at], color=line["color"], linewidth=6, alpha=0.45)
            ax.plot(ends[1], at, **look, label=label if row == 0 else None)
    ax.set_xscale("log")
    ax.set_yticks(range(len(ranges)), list(ranges))
    ax.set_ylim(len(ranges) - 0.5, -0.5)
    ax.set(xlabel="learning rate: usable range, and the best rate")
    _legend(figure, ax)
    return figure


@styled
def loss_by_scale(scales: Array, found: Mapping[str, Mapping[str, Array]], border: float) -> Figure:
    """Loss after training against the scale of the first weights; one panel a title.

    scales: (A,). found: title -> {label: (A,) losses, inf where training diverged}.
    """
    figure, grid = panels(len(found), height=0.8 + 2.3 * len(found), sharex=True)
    for ax, (title, series) in zip(grid[:, 0], found.items(), strict=True):
        for (label, losses), line in zip(series.items(), LINES, strict=False):
            ax.loglog(scales, np.where(np.isfinite(losses), losses, np.nan), **line, label=label)
        ax.axhline(border, color=MUTED, linewidth=1.4)
        ax.set(title=title, ylabel="loss (nats)")
    grid[-1, 0].set_xlabel("scale of the first weights, in He's")
    _legend(figure, grid[0, 0])
    return figure


@styled
def one_scale_or_another(scales: Array, found: Mapping[str, Array]) -> Figure:
    """Loss against the scale of the first weights. found: label -> (A,) losses."""
    figure, ((ax,),) = panels(height=3.8)
    for (label, losses), line in zip(found.items(), LINES, strict=False):
        ax.loglog(scales, losses, **line, label=label)
    ax.set(xlabel="scale a of the first weights, in He's", ylabel="loss (nats)")
    _plain(ax.yaxis)
    ax.xaxis.set_major_formatter(PLAIN)
    _legend(figure, ax)
    return figure


@styled
def accuracy_by_group(
    found: Mapping[str, tuple[Sequence[int], Array, Mapping[str, float]]],
) -> Figure:
    """Test accuracy against the size of the groups, beside networks without their noise.

    found: title -> (sizes, (G, S) accuracies in per cent, {label: accuracy of a network}).
    """
    figure, grid = panels(len(found), height=0.9 + 2.5 * len(found), sharex=True)
    for ax, (title, (sizes, values, others)) in zip(grid[:, 0], found.items(), strict=True):
        ax.plot(sizes, values, ".", color=MUTED, markersize=5)
        ax.plot(sizes, values.mean(1), **LINES[0], label="groups of the batch")
        for (label, level), line in zip(others.items(), LINES[1:], strict=False):
            ax.axhline(level, color=line["color"], linestyle=line["linestyle"], label=label)
        ax.set_xscale("log", base=2)
        ax.set(title=title, ylabel="test accuracy (%)")
    widest = max((sizes for sizes, *_ in found.values()), key=len)
    grid[-1, 0].set_xticks(list(widest), [str(size) for size in widest])
    grid[-1, 0].set_xlabel("rows that share a mean and a variance")
    grid[-1, 0].invert_xaxis()
    _legend(figure, grid[0, 0])
    return figure


@styled
def intervals(found: Mapping[str, Mapping[str, Estimate]], borders: Sequence[float]) -> Figure:
    """A mean with its interval for each setting; one panel a quantity, a line at its border.

    found: quantity -> {setting: estimate}, the same settings in each.
    """
    rows = len(next(iter(found.values())))
    figure, grid = panels(1, len(found), height=1.2 + 0.5 * rows, sharey=True)
    for ax, (quantity, values), border in zip(grid[0], found.items(), borders, strict=True):
        ax.axvline(border, color=MUTED, linewidth=1.4)
        for row, one in enumerate(values.values()):
            ax.plot([one.low, one.high], [row, row], color=COLOURS[0])
            ax.plot(one.mean, row, "o", color=COLOURS[0])
        ax.set_xlabel(quantity)
        ax.set_yticks(range(rows), list(values))
    grid[0, 0].set_ylim(rows - 0.5, -0.5)
    return figure


@styled
def share_by_width(found: Mapping[str, tuple[Sequence[int], Array]]) -> Figure:
    """The share of a step's time against the width; points are blocks, lines their medians.

    found: label -> (widths, (W, B) shares).
    """
    figure, ((ax,),) = panels()
    for (label, (widths, shares)), line in zip(found.items(), LINES, strict=False):
        ax.plot(widths, shares, ".", color=line["color"], markersize=4, alpha=0.5)
        ax.plot(widths, np.median(shares, axis=1), **line, label=label)
    ax.axhline(0, color=INK, linewidth=1)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(PLAIN)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set(xlabel="width: units or channels of a layer", ylabel="share of a step's time")
    _legend(figure, ax)
    return figure


def _plain(axis) -> None:
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(PLAIN)
    axis.set_minor_formatter(NullFormatter())


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    columns = len(labels) if len("".join(labels)) < 45 else 2
    figure.legend(
        handles, labels, loc="outside lower center", ncols=columns, handlelength=2.4,
        columnspacing=1.2,
    )  # fmt: skip
