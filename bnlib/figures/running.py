"""Figures of chapter 6, and of its notebook."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bnlib.figures.style import INK, LINES, MUTED, panels, styled

Array = np.ndarray


@styled
def following(seen: Array, followed: Mapping[str, Mapping[str, Array]]) -> Figure:
    """What the batches say, and what a running statistic makes of it; one panel a title.

    seen: (T,), the mean of one feature in each batch. followed: title -> {label: (T,)}.
    """
    figure, grid = panels(len(followed), height=0.9 + 2.3 * len(followed), sharex=True)
    for ax, (title, lines) in zip(grid[:, 0], followed.items(), strict=True):
        _batches(ax, seen, lines)
        ax.set(title=title, ylabel="mean (no unit)")
    grid[-1, 0].set_xlabel("batches seen")
    _legend(figure, grid[0, 0])
    return figure


def following_a_drift(update_running: Callable, momentum: float) -> Figure:
    """A running mean at work on 120 batches of 8 rows whose mean rises, stays, and drops.

    update_running: as in the exercise of that name; it starts from 0 and 1.
    """
    rng = np.random.default_rng(6)
    level = np.interp(np.arange(120), [20, 60, 90, 91], [0.0, 4.0, 4.0, 1.0])
    running_mean, running_var = np.zeros(1), np.ones(1)
    seen, running = [], []
    for mean in level:
        x = mean + rng.standard_normal((8, 1))
        running_mean, running_var = update_running(running_mean, running_var, x, momentum, True)
        seen.append(x.mean())
        running.append(np.ravel(running_mean)[0])
    figure, ((ax,),) = panels()
    _batches(ax, np.array(seen), {"running mean": np.array(running), "mean of the data": level})
    ax.set(
        title=f"momentum = {momentum:.2f}",
        xlabel="batches seen",
        ylabel="mean (no unit)",
        ylim=(-1.5, 5.5),
    )
    _legend(figure, ax)
    return figure


@styled
def left_by_bessel(
    sizes: Array, measured: Mapping[str, Array], theory: Mapping[str, Array]
) -> Figure:
    """The corrected variance over the true one against the images of a batch: dots on lines.

    measured, theory: label -> (K,), one entry a size.
    """
    figure, ((ax,),) = panels(height=4.4)
    ax.axhline(1, color=MUTED, linewidth=1.2)
    for (label, values), line in zip(measured.items(), LINES, strict=False):
        ax.plot(sizes, theory[label], **{**line, "marker": None})
        ax.plot(sizes, values, **{**line, "linestyle": "none"})
        ax.plot([], [], **line, label=label)
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, [f"{n:d}" for n in sizes])
    ax.set(
        xlabel="images in a batch",
        ylabel="corrected ÷ true variance",
    )
    ax.legend(loc="lower right")
    return figure


@styled
def accuracy_by_statistics(steps: Array, series: Mapping[str, Array]) -> Figure:
    """Accuracy on the test rows while a network learns, one series a kind of statistics.

    series: label -> (T, S), one column a seed; drawn are the means, and the range over seeds.
    """
    figure, ((ax,),) = panels(height=4.2)
    for (label, values), line in zip(series.items(), LINES, strict=False):
        middle = values.mean(axis=1)
        beyond = np.abs(np.stack([values.min(axis=1), values.max(axis=1)]) - middle)
        ax.errorbar(steps, middle, yerr=beyond, capsize=4, label=label, **line)
    ax.set_xscale("log")
    ax.set_xticks(steps, [f"{step:d}" for step in steps])
    ax.minorticks_off()
    ax.set(xlabel="training steps", ylabel="test accuracy (%)", ylim=(0, None))
    figure.legend(loc="outside lower center", ncols=2)
    return figure


@styled
def times_over_plain(times: Mapping[str, Mapping[str, float]]) -> Figure:
    """The time of a call as a multiple of that of the same network without batch norm.

    times: row -> {label: ratio}; every row has the same labels.
    """
    figure, ((ax,),) = panels(height=3.4)
    rows = np.arange(len(times))
    ax.axvline(1, color=INK, linewidth=1.2)
    for label, line in zip(next(iter(times.values())), LINES, strict=False):
        ratios = [ratio[label] for ratio in times.values()]
        ax.plot(ratios, rows, **{**line, "linestyle": "none"}, markersize=9, label=label)
    ax.set_yticks(rows, list(times))
    ax.set(
        xlabel="time ÷ time of the network without batch norm",
        ylim=(len(times) - 0.5, -0.5),
        xlim=(0.9, None),
    )
    figure.legend(loc="outside lower center", ncols=2, handlelength=1)
    return figure


def _batches(ax: Axes, seen: Array, lines: Mapping[str, Array]) -> None:
    count = np.arange(1, len(seen) + 1)
    ax.plot(count, seen, ".", color=MUTED, markersize=5, label="mean of the batch")
    for (label, values), line in zip(lines.items(), LINES, strict=False):
        ax.plot(count, values, **{**line, "marker": None}, label=label)


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=len(labels),
        handlelength=1.8,
        columnspacing=1.2,
    )
