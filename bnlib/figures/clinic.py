"""Figures of notebook 7's clinic: each draws what the student's own network does."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from bnlib.figures.style import COLOURS, LINES, MUTED, panels, styled

Array = np.ndarray


@styled
def company(predict: Callable[[Array], Array], x: Array, row: int) -> Figure:
    """The answer to one row of x, asked alone and with 1, 2, ... other rows."""
    x = np.concatenate([x[row : row + 1], np.delete(x, row, axis=0)])
    others = np.arange(len(x))
    answers = [predict(x[: k + 1])[0] for k in others]
    figure, grid = panels(height=3.4)
    ax = grid[0, 0]
    ax.axhline(answers[0], color=MUTED, linewidth=1.2, label="alone")
    ax.plot(others, answers, **LINES[0], label="in company")
    middle, spread = np.mean(answers), max(np.ptp(answers), 1.0)
    ax.set(
        title=f"The network's answer to row {row}",
        xlabel="other rows in the request (number)",
        ylabel="answer (no unit)",
        ylim=(middle - spread, middle + spread),
    )
    ax.legend(loc="upper right")
    return figure


@styled
def followed(running: Sequence[float], batches: Sequence[float], goal: float) -> Figure:
    """A running mean after each batch, beside the batches' means and the mean of all data.

    running: one value more than batches, the first before any batch.
    """
    figure, grid = panels(height=4.0)
    ax = grid[0, 0]
    ax.axhline(goal, color=MUTED, linewidth=1.2, linestyle=":", label="mean of all data")
    count = np.arange(1, len(batches) + 1)
    ax.plot(count, batches, **{**LINES[1], "linestyle": "none"}, label="mean of the batch")
    ax.plot(np.arange(len(running)), running, color=COLOURS[0], label="running mean")
    ax.set(
        title="What the layer remembers",
        xlabel="batches seen (number)",
        ylabel="mean of feature 0 (no unit)",
    )
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


@styled
def after_an_epoch(rows: Sequence[int], variances: Sequence[float], batch_size: int) -> Figure:
    """running_var after one epoch against the number of rows; what is no number is marked.

    variances: for each number of rows the mean of running_var over the features.
    """
    rows, variances = np.asarray(rows), np.asarray(variances, dtype=float)
    good = np.isfinite(variances)
    figure, grid = panels(height=3.4)
    ax = grid[0, 0]
    ax.plot(rows[good], variances[good], **{**LINES[0], "linestyle": "none"}, label="running_var")
    if not good.all():
        ax.plot(
            rows[~good],
            np.zeros((~good).sum()),
            color=COLOURS[1],
            linestyle="none",
            marker="x",
            markersize=10,
            markeredgewidth=2.5,
            label="not a number",
        )
    ax.set(
        title=f"After one epoch in batches of {batch_size}",
        xlabel="rows in the data (number)",
        ylabel="mean of running_var (no unit)",
        ylim=(-0.08, 1.3 * max(variances[good].max(initial=1.0), 1.0)),
    )
    ax.legend(loc="upper right")
    return figure
