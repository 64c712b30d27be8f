"""Figures of chapter 8."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from bnlib.figures.style import COLOURS, INK, LINES, MUTED, curves, panels, styled

Array = np.ndarray


@styled
def drift_and_steps(nets: Mapping[str, Mapping[str, tuple[Array, Array]]]) -> Figure:
    """A panel a network: steps against drift, a marker a training, of each named condition.

    nets: title -> condition -> (drift, steps), one value a seed; conditions of one group are
    arrays of shape (levels, seeds).
    """
    figure, grid = panels(len(nets), height=3.1 * len(nets) + 0.8, sharex=True)
    for ax, (title, conditions) in zip(grid[:, 0], nets.items(), strict=True):
        for (name, (drift, steps)), line in zip(conditions.items(), LINES, strict=False):
            look = {**line, "linestyle": "none", "markerfacecolor": "none"}
            ax.plot(np.ravel(drift), np.ravel(steps), **look, label=name)
        ax.set(title=title, xscale="log", yscale="log", ylabel="steps to 90 %")
        _plain_ticks(ax.yaxis, (10, 20, 50, 100, 200, 500, 1000))
    _plain_ticks(grid[-1, 0].xaxis, (0.02, 0.05, 0.1, 0.2, 0.5, 1))
    grid[-1, 0].set_xlabel("drift in one step (parts of the spread)")
    figure.legend(
        *grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=1
    )
    return figure


@styled
def losses_along(steps: Array, nets: Mapping[str, Mapping[str, Array]]) -> Figure:
    """Four panels: the loss against the length of a step along the gradient.

    nets: title -> name -> losses of shape (steps, seeds); the line is their median, the band from
    the lowest to the highest.
    """
    figure, grid = panels(2, 2, height=6.2, sharex=True, sharey="row")
    for ax, (title, series) in zip(grid.flat, nets.items(), strict=True):
        for (name, losses), line in zip(series.items(), LINES, strict=False):
            ax.fill_between(
                steps, losses.min(1), losses.max(1), color=line["color"], alpha=0.15, linewidth=0
            )
            ax.plot(steps, np.median(losses, 1), **line, label=name)
        ax.set(title=title, yscale="log", xlabel="step", ylabel="loss (nats)")
        ax.label_outer()
    for ax in grid[1]:
        ax.set_xlabel("step (parts of the\nweights' length)")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@styled
def lengths_and_turns(lengths: Mapping[str, Array], turns: Mapping[str, Array]) -> Figure:
    """Above: the length of the weights after each step. Below: how far each step turned them."""
    figure, grid = panels(2, height=6.2, sharex=True)
    top, bottom = grid[:, 0]
    steps = np.arange(len(next(iter(lengths.values()))))
    blocks = len(next(iter(turns.values())))
    curves(top, steps, lengths)
    curves(bottom, (np.arange(blocks) + 0.5) * steps[-1] / blocks, turns)
    # Markers at different places, so that curves which lie on each other are both seen.
    for ax, every in ((top, len(steps) // 6), (bottom, 5)):
        for number, line in enumerate(ax.lines):
            line.set_markevery((number * every // 3, every))
    top.set(title="How long the weights are", ylabel="length\n(1 at the start)", yscale="log")
    bottom.set(
        title="How far a step turns them",
        xlabel="step",
        ylabel="angle (degrees)",
        yscale="log",
    )
    _plain_ticks(top.yaxis, (0.25, 0.5, 1, 2))
    _plain_ticks(bottom.yaxis, (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10))
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _plain_ticks(axis, values: Sequence[float]) -> None:
    low, high = axis.get_view_interval()
    shown = [v for v in values if low <= v <= high]
    axis.set_ticks(shown, [f"{v:g}" for v in shown])
    axis.set_minor_locator(NullLocator())


@styled
def gradients_by_depth(norms: Mapping[str, Array]) -> Figure:
    """The length of the gradient at each layer, handed in at the last one on the right."""
    figure, grid = panels(height=4.8)
    ax = grid[0, 0]
    curves(ax, np.arange(len(next(iter(norms.values())))), norms, 10)
    ax.set(
        title="Before training: from right to left",
        xlabel="layer",
        ylabel="length of the gradient\n(1 at the last layer)",
        yscale="log",
    )
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@styled
def accuracies(data: Mapping[str, Mapping[str, Array]], chance: float = 0.1) -> Figure:
    """A panel a data set: the accuracy by what was trained, a marker a seed; chance is a line."""
    figure, grid = panels(len(data), height=2.6 * len(data) + 0.4, sharex=True)
    for ax, (title, named) in zip(grid[:, 0], data.items(), strict=True):
        names = list(named)[::-1]
        for row, name in enumerate(names):
            values = 100 * np.asarray(named[name])
            ax.plot(values, np.full(len(values), row), linestyle="none", **_ring(COLOURS[0]))
            ax.plot(values.mean(), row, linestyle="none", marker="|", color=INK, markersize=16)
        ax.axvline(100 * chance, color=MUTED, linestyle="--", linewidth=1.2)
        ax.set_yticks(range(len(names)), names)
        ax.set(title=title, xlim=(0, 103), ylim=(-0.6, len(names) - 0.4), ylabel="trained")
    grid[-1, 0].set_xlabel("test accuracy (%); dashed: chance")
    return figure


def _ring(colour: str) -> dict:
    return {"marker": "o", "markerfacecolor": "none", "color": colour}
