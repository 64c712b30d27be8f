"""Figures of the experiments on recurrent and on generative networks, in chapter 9."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from bnlib.figures.style import COLOURS, LINES, curves, panels, styled

Array = np.ndarray


@styled
def accuracies(tasks: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> Figure:
    """A panel a task, a line a norm: the mean test accuracy and its interval, in per cent.

    tasks: title -> norm -> (mean, low, high).
    """
    rows = max(len(norms) for norms in tasks.values())
    figure, grid = panels(len(tasks), height=len(tasks) * (1.0 + 0.36 * rows))
    for ax, (title, norms) in zip(grid[:, 0], tasks.items(), strict=True):
        for row, (mean, low, high) in enumerate(norms.values()):
            ax.plot([low, high], [row, row], color=COLOURS[0], linewidth=3)
            ax.plot([mean], [row], color=COLOURS[0], marker=LINES[0]["marker"], markersize=8)
        ax.set_yticks(range(len(norms)), list(norms))
        ax.set(title=title, xlabel="test accuracy (%)", ylim=(len(norms) - 0.5, -0.5))
        ax.grid(False, axis="y")
    return figure


@styled
def modes_over_training(steps: Array, series: Mapping[str, Array], modes: int) -> Figure:
    """How many modes of the data a generator covers against the step, the mean over seeds."""
    figure, grid = panels(height=4.0)
    ax = grid[0, 0]
    curves(ax, steps, series, markevery=2)
    ax.set(xlabel="step", ylabel=f"modes covered, of {modes}", ylim=(-0.3, modes))
    figure.legend(loc="outside upper left", ncols=2)
    return figure
