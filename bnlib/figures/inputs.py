"""Figures of chapter 1 and of its exercises."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from bnlib.figures.style import COLOURS, INK, LINES, MUTED, curves, panels, styled

Array = np.ndarray


def _valley(ax: Axes, curvatures: Array, path: Array, title: str) -> None:
    """Contours of a bowl about w* = (1, 1) and a path of gradient descent on it."""
    reach = max(1.35, 1.1 * float(np.abs(path - 1).max(initial=0.0)))
    first, second = np.meshgrid(*[np.linspace(1 - reach, 1 + reach, 81)] * 2)
    loss = curvatures[0] * (first - 1) ** 2 + curvatures[1] * (second - 1) ** 2
    levels = float(curvatures.sum()) * np.geomspace(0.01, 2, 7)
    ax.contour(first, second, loss, levels, colors=MUTED, linewidths=0.9)
    ax.plot(*path.T, color=COLOURS[1], marker=".", linewidth=1.4, label="steps")
    ax.plot(1, 1, color=INK, marker="*", markersize=12, linestyle="none", label="solution")
    ax.set(title=title, xlabel="weight of feature 1", ylabel="weight of feature 2")
    ax.set_aspect("equal")


@styled
def valleys(bowls: Mapping[str, tuple[Array, Array]]) -> Figure:
    """One panel a bowl. bowls: title -> (two curvatures, path of weights (steps + 1, 2))."""
    figure, grid = panels(1, len(bowls), height=3.7)
    for ax, (title, (curvatures, path)) in zip(grid[0], bowls.items(), strict=True):
        _valley(ax, np.asarray(curvatures), np.asarray(path), title)
    for ax in grid[0, 1:]:
        ax.set_ylabel("")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


@styled
def two_scales(sets: Mapping[str, tuple[Array, Array]]) -> Figure:
    """One panel a way to scale. sets: title -> (training rows, test rows), each (n, 2)."""
    figure, grid = panels(1, len(sets), height=3.3, sharex=True, sharey=True)
    for ax, (title, (train, test)) in zip(grid[0], sets.items(), strict=True):
        dots = {"linestyle": "none", "markersize": 5}
        ax.plot(*train.T, **{**LINES[0], **dots}, alpha=0.6, label="training set")
        ax.plot(*test.T, **{**LINES[1], **dots}, label="test set")
        ax.set(title=title, xlabel="feature 1 (deviations)")
    grid[0, 0].set_ylabel("feature 2 (deviations)")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, handlelength=1)
    return figure


@styled
def steps_against_condition(conditions: Array, steps: Mapping[str, Array]) -> Figure:
    """Steps of gradient descent against the condition number, both logarithmic."""
    figure, grid = panels(height=3.9)
    ax = grid[0, 0]
    curves(ax, conditions, steps)
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="condition number of XᵀX / N (no unit)",
        ylabel="steps",
        title="Steps to a hundredth of the distance",
    )
    ax.legend(loc="upper left")
    return figure


@styled
def measured_steps(points: Mapping[str, tuple[Array, Array]], line: tuple[Array, Array]) -> Figure:
    """Steps that were counted, against the condition number, and a line that theory gives.

    points: name -> (condition numbers, steps). line: (condition numbers, steps).
    """
    figure, grid = panels(height=4.2)
    ax = grid[0, 0]
    for (name, (kappa, steps)), look in zip(points.items(), LINES, strict=False):
        ax.plot(kappa, steps, **{**look, "linestyle": "none", "markersize": 9}, label=name)
    ax.plot(*line, color=MUTED, linestyle=":", label="no start is slower")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="condition number (no unit)",
        ylabel="steps",
        title="Steps to a thousandth of the loss",
    )
    ax.legend(loc="upper left")
    return figure


@styled
def steps_against_rate(rates: Array, data: Mapping[str, Mapping[str, Array]]) -> Figure:
    """Steps a network takes against the learning rate, one panel a data set, a series a scaling.

    data: title -> name -> (R,) steps, nan where the level was not reached.
    """
    figure, grid = panels(len(data), height=0.8 + 2.9 * len(data))
    for ax, (title, series) in zip(grid[:, 0], data.items(), strict=True):
        curves(ax, rates, series)
        ax.set(xscale="log", yscale="log", title=title, xlabel="learning rate", ylabel="steps")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def steps_and_path(
    gd_steps_to: Callable, max_stable_lr: Callable, scale: float, share: float, tol: float = 0.01
) -> Figure:
    """Steps that a student's function counts against the learning rate, and one path.

    Args:
        gd_steps_to, max_stable_lr: the student's. scale: that of feature 2, feature 1 has 1.
        share: the learning rate of the path, as a part of the largest stable one.
    """
    signs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    x = signs * [1.0, scale]  # two features at right angles, with mean squares 1 and scale^2
    y = x.sum(axis=1)
    limit = float(max_stable_lr(x))
    shares = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.96])
    counts = [gd_steps_to(x, y, s * limit, tol) for s in shares]
    chosen = gd_steps_to(x, y, share * limit, tol)
    curvatures = np.array([1.0, scale**2])
    shown = np.arange(min(int(chosen), 200) + 1 if chosen >= 0 else 8)[:, None]
    path = 1 - (1 - share * limit * curvatures) ** shown

    figure, grid = panels(1, 2, height=4.0, width_ratios=(1, 1.05))
    _valley(
        grid[0, 0], curvatures, path, f"condition number {curvatures.max() / curvatures.min():.3g}"
    )
    ax = grid[0, 1]
    ax.plot(shares, counts, **LINES[0], label="your count")
    ax.plot(share, chosen, color=COLOURS[1], marker="s", markersize=9, linestyle="none")
    ax.axvline(1.0, color=MUTED, linestyle=":", label="your limit")
    ax.set(
        yscale="log",
        ylim=(0.8, None),
        xlabel="learning rate / your limit",
        ylabel="steps",
        title=f"{chosen:g} steps" if chosen >= 0 else f"{chosen:g}: too large",
    )
    ax.legend(loc="lower left")
    return figure
