"""Figures of chapter 11 and of the second half of notebook 9."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from bnlib.figures.alternatives import by_rate, looks, one_legend
from bnlib.figures.style import COLOURS, LINES, MUTED, curves, panels, styled

Array = np.ndarray


@styled
def lengths_and_turns(lengths: Mapping[str, Array], turns: Mapping[str, Array]) -> Figure:
    """Above: the length of v at each step. Below: how far a step turned it, a few steps a value."""
    figure, grid = panels(2, height=6.0, sharex=True)
    top, bottom = grid[:, 0]
    steps = np.arange(len(next(iter(lengths.values()))))
    blocks = len(next(iter(turns.values())))
    curves(top, steps, lengths, 50)
    curves(bottom, (np.arange(blocks) + 0.5) * steps[-1] / blocks, turns, 5)
    top.set(title="v grows", ylabel="length of v\n(no unit)", ylim=(0, None))
    bottom.set(
        title="A longer v turns less",
        xlabel="step",
        ylabel="turn in one step\n(degrees)",
        yscale="log",
    )
    bottom.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    bottom.minorticks_off()
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@styled
def squares_by_depth(series: Mapping[str, Array]) -> Figure:
    """The mean square of a residual stream after each block, one line a network."""
    figure, grid = panels(height=4.6)
    ax = grid[0, 0]
    blocks = len(next(iter(series.values()))) - 1
    curves(ax, np.arange(blocks + 1), series, max(1, blocks // 5))
    ax.set_yscale("log")
    ax.set(
        title="Random weights, before any training",
        xlabel="residual blocks passed",
        ylabel="mean square (no unit)",
    )
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


@styled
def steps_by_rate(parts: Mapping[str, Mapping[str, tuple[Array, Array]]], level: float) -> Figure:
    """Steps to a training loss against the learning rate, one panel a part, one line a network.

    parts: title -> name -> (exponents of 2, steps); a line ends where the steps are nan.
    """
    figure, grid = panels(len(parts), height=1.0 + 2.7 * len(parts), sharex=True)
    for ax, (title, series) in zip(grid[:, 0], parts.items(), strict=True):
        by_rate(ax, series, looks(parts))
        ax.set_yscale("log")
        ax.set(title=title, ylabel=f"steps to a\nloss of {level:g}")
        ax.set_yticks([10, 20, 50, 100, 200], ["10", "20", "50", "100", "200"])
        ax.minorticks_off()
        ax.label_outer()
    one_legend(figure, grid[:, 0])
    return figure


@styled
def rows_and_tanh(rows: Mapping[str, tuple[Array, Array]], x: Array, curve: Array) -> Figure:
    """Each row of numbers before and after layer norm, one marker a row, and a tanh over them."""
    figure, grid = panels(height=4.2)
    ax = grid[0, 0]
    for (name, (before, after)), line in zip(rows.items(), LINES[1:], strict=False):
        ax.plot(before, after, **{**line, "linestyle": "none"}, label=name)
    ax.plot(x, curve, color=COLOURS[0], label="γ tanh(α x)")
    ax.set(
        title="Layer norm: a straight line for each row",
        xlabel="input (no unit)",
        ylabel="output (no unit)",
    )
    ax.legend(loc="upper left", handlelength=2)
    return figure


@styled
def length_and_weights(v: Array, w: Array, g: float) -> Figure:
    """One unit of two weights as arrows: v as it is, and w on the circle of radius |g|."""
    figure, grid = panels(height=5.4)
    ax = grid[0, 0]
    angle = np.linspace(0, 2 * np.pi, 181)
    ax.plot(abs(g) * np.cos(angle), abs(g) * np.sin(angle), color=MUTED, linewidth=1.2)
    for name, (a, b), look in (("v", v, LINES[1]), ("w", w, LINES[0])):
        label = f"{name}, length {np.hypot(a, b):.2f}"
        ax.plot([0, a], [0, b], **look, markevery=[1], label=label)
    ax.set(
        title=f"One unit of two weights, and a circle of radius {abs(g):g}",
        xlabel="first weight (no unit)",
        ylabel="second weight (no unit)",
        xlim=(-2.6, 6.6),
        ylim=(-2.6, 6.6),
        aspect="equal",
    )
    ax.legend(loc="upper right")
    return figure


@styled
def squashing(x: Array, series: Mapping[str, Array], marks: Sequence[float] = ()) -> Figure:
    """Curves of one input, with the positions of some inputs on the axis below."""
    figure, grid = panels(height=4.0)
    ax = grid[0, 0]
    curves(ax, x, series, max(1, len(x) // 10))
    ax.plot(marks, np.full(len(marks), -3.0), "|", color=MUTED, markersize=10)
    ax.set(xlabel="x (no unit)", ylabel="output (no unit)", ylim=(-3.2, 3.2))
    ax.legend(loc="upper left")
    return figure
