"""Figures of chapter 9 and of its exercises. What computes is passed in: a function of bnlib in
the chapter, the student's own in the notebook."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.figure import Figure

from bnlib.figures.style import COLOURS, HATCHES, INK, LINES, MUTED, curves, panels, styled

Array = np.ndarray


@styled
def batch_noise(sizes: Array, spread: Mapping[str, Array], share: Mapping[str, Array]) -> Figure:
    """Against the number of rows: the spread of the statistics, and the average variance.

    Series named "... (formula)" are drawn as lines, the others as markers.
    """
    figure, grid = panels(2, height=6.4)
    for ax, series in zip(grid[:, 0], (spread, share), strict=True):
        for (name, values), line in zip(series.items(), _pairs(), strict=False):
            measured = not name.endswith("(formula)")
            style = {**line, **({"linestyle": "none"} if measured else {"marker": "none"})}
            ax.plot(sizes, values, **style, label=name)
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [f"{m}" for m in sizes])
        ax.set_xlabel("rows in the batch")
        ax.legend()
    grid[0, 0].set(
        title="How much the statistics vary from batch to batch",
        ylabel="standard deviation\n(true mean 0, variance 1)",
        ylim=(0, 0.8),
    )
    grid[1, 0].set(
        title="How large the batch's variance is on average",
        ylabel="average variance\n(true variance 1)",
        ylim=(0.4, 1.05),
    )
    return figure


def _pairs():
    """Each style twice: once for what was measured, once for the formula."""
    for line in LINES:
        yield line
        yield line


@styled
def ghost_outputs(ghost: Callable, groups: int, rows: int = 24) -> Figure:
    """Output against input of one feature; the rows of a part lie on a line of their own.

    ghost: ``ghost(x, gamma, beta, groups, eps) -> y``.
    """
    x = np.random.default_rng(8).standard_normal((rows, 1))
    y = ghost(x, np.ones(1), np.zeros(1), groups, 1e-5)
    figure, grid = panels(height=4.4)
    ax = grid[0, 0]
    for part, line in zip(range(groups), _around(), strict=False):
        own = slice(part * rows // groups, (part + 1) * rows // groups)
        order = np.argsort(x[own, 0])
        ax.plot(x[own, 0][order], y[own, 0][order], **line, alpha=0.9)
    parts = "1 part" if groups == 1 else f"{groups} parts"
    ax.set(
        title=f"{parts} of {rows // groups} rows",
        xlabel="input of a row (no unit)",
        ylabel="output (deviations of its part)",
        xlim=(x.min() - 0.2, x.max() + 0.2),
        ylim=(-3.2, 3.2),
    )
    return figure


def _around():
    while True:
        for line in LINES:
            yield {**line, "linewidth": 1.4}


@styled
def renorm_line(renorm: Callable, r_max: float, d_max: float, rows: int = 8) -> Figure:
    """Output against input of one feature: batch norm, inference, and what lies between.

    renorm: ``renorm(x, gamma, beta, running_mean, running_var, r_max, d_max, eps) -> y``.
    """
    x = 2.0 + 3.0 * np.linspace(-1.5, 1.5, rows)[:, None]
    one, zero = np.ones(1), np.zeros(1)
    running_mean, running_var = np.array([-1.0]), np.array([1.5**2])
    y = renorm(x, one, zero, running_mean, running_var, r_max, d_max, 1e-5)
    plain = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    inference = (x - running_mean) / np.sqrt(running_var + 1e-5)
    figure, grid = panels(height=4.6)
    ax = grid[0, 0]
    ax.plot(x, inference, color=COLOURS[1], linestyle=":", label="inference")
    ax.plot(x, plain, color=COLOURS[2], linestyle="--", label="batch norm")
    ax.plot(x, y, color=COLOURS[0], marker="o", label="batch renorm")
    ax.set(
        title=f"r_max = {r_max:g}, d_max = {d_max:g}",
        xlabel="input of a row (no unit)",
        ylabel="output (no unit)",
        ylim=(-3.5, 6.5),
    )
    ax.legend(loc="upper left")
    return figure


@styled
def dropout_ratios(ratio: Callable, mean: float, values: int = 40_000) -> Figure:
    """Test over training variance against p: a function's, and simulated for two means.

    ratio: ``ratio(p) -> float``. mean: that of the second input; both have variance 1.
    """
    chances = np.arange(10) / 10
    line = [float(ratio(float(p))) for p in chances]
    rng = np.random.default_rng(9)
    draws, uniform = rng.standard_normal(values), rng.random(values)
    figure, grid = panels(height=4.4)
    ax = grid[0, 0]
    ax.plot(chances, line, color=COLOURS[0], label="dropout_variance_ratio(p)")
    means = {0.0: LINES[1]} | ({mean: LINES[2]} if mean else {})
    for centre, style in means.items():
        x = draws + centre
        found = [x.var() / np.where(uniform < p, 0, x / (1 - p)).var() for p in chances]
        ax.plot(
            chances, found, **{**style, "linestyle": "none"}, label=f"simulated, mean {centre:g}"
        )
    ax.set(
        title="Switching dropout off shrinks the variance",
        xlabel="p, probability that a value is dropped",
        ylabel="variance at test / in training",
        ylim=(-0.03, 1.08),
    )
    ax.legend(loc="upper right")
    return figure


@styled
def accuracy_against_share(share: Array, accuracy: Mapping[str, Array]) -> Figure:
    """Accuracy of one classifier against the share of a class, one series a kind of statistics."""
    figure, grid = panels(height=4.2)
    ax = grid[0, 0]
    curves(ax, share, accuracy)
    ax.axvline(0.5, color=MUTED, linewidth=1.2)
    ax.text(0.51, 0.03, "as in the old data", color=INK)
    ax.set(
        title="New data, moved by a constant",
        xlabel="share of the first class in the new data",
        ylabel="share of rows classified rightly",
        ylim=(0, 1.02),
    )
    ax.legend(loc="lower left")
    return figure


@styled
def error_by_group(
    errors: Mapping[str, Mapping[str, Mapping[int, float]]], flat: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Test error against the rows that share statistics, one panel a setting.

    errors: setting -> layer -> group size -> per cent. flat: setting -> layer without a batch ->
    per cent, drawn as a level line.
    """
    figure, grid = panels(len(errors), height=3.3 * len(errors))
    for ax, (setting, series) in zip(grid[:, 0], errors.items(), strict=True):
        sizes = sorted({size for points in series.values() for size in points})
        lines = iter(LINES)
        for name, points in series.items():
            ax.plot(list(points), list(points.values()), **next(lines), label=name)
        for name, level in flat[setting].items():
            line = {**next(lines), "marker": "none"}
            ax.plot([min(sizes), max(sizes)], [level, level], **line, label=name)
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [f"{m}" for m in sizes])
        ax.set(
            title=setting,
            xlabel="rows that share a mean and a variance",
            ylabel="test error (%)",
            ylim=(20, 85),
        )
        ax.legend(loc="upper right")
    return figure


@styled
def leaked_accuracy(sizes: Array, measured: Array, formula: Array, alone: float) -> Figure:
    """Accuracy in training against group size: drawn, by the formula, and of rows alone."""
    figure, grid = panels(height=4.0)
    ax = grid[0, 0]
    ax.plot(sizes, 100 * measured, **{**LINES[0], "linestyle": "none"}, label="in groups, drawn")
    ax.plot(sizes, 100 * formula, **{**LINES[0], "marker": "none"}, label="in groups, formula")
    ax.plot(
        [sizes[0], sizes[-1]],
        [100 * alone] * 2,
        **{**LINES[1], "marker": "none"},
        label="best of a row alone",
    )
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, [f"{m}" for m in sizes])
    ax.set(
        title="What a row's neighbours give away",
        xlabel="rows that share a mean, half of each class",
        ylabel="rows classified rightly (%)",
        ylim=(82, 94),
    )
    ax.legend(loc="upper right")
    return figure


@styled
def bars_by_change(
    errors: Mapping[str, Mapping[str, Mapping[str, float]]], ylabel: str = "test error (%)"
) -> Figure:
    """Bars under changes of the inputs: setting -> network -> change -> per cent."""
    figure, grid = panels(len(errors), height=3.5 * len(errors))
    for ax, (setting, networks) in zip(grid[:, 0], errors.items(), strict=True):
        changes = list(next(iter(networks.values())))
        width = 0.8 / len(networks)
        for i, (name, values) in enumerate(networks.items()):
            where = np.arange(len(changes)) + (i - (len(networks) - 1) / 2) * width
            ax.bar(
                where,
                [values[change] for change in changes],
                width,
                color=COLOURS[i],
                hatch=HATCHES[i],
                edgecolor="white",
                label=name,
            )
        ax.set_xticks(range(len(changes)), changes)
        heights = [v for values in networks.values() for v in values.values()]
        low, high = min(0.0, 1.1 * min(heights)), 1.08 * max(heights)
        ax.set(title=setting, xlabel="inputs at test", ylabel=ylabel, ylim=(low, high))
        ax.grid(False, axis="x")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@styled
def shift_by_depth(settings: Mapping[str, Mapping[str, Array]]) -> Figure:
    """Test over training variance at each batch norm, setting -> series -> one value a layer."""
    figure, grid = panels(len(settings), height=3.2 * len(settings))
    for ax, (setting, series) in zip(grid[:, 0], settings.items(), strict=True):
        depth = len(next(iter(series.values())))
        curves(ax, np.arange(1, depth + 1), series)
        ax.set_xticks(range(1, depth + 1))
        ax.set(
            title=setting,
            xlabel="hidden layer",
            ylabel="variance at test /\nin training",
            ylim=(0, 1.1),
        )
    # All panels show the same series; in the first there is room above them.
    grid[0, 0].legend(loc="upper right")
    return figure


@styled
def tuned_by_size(errors: Mapping[str, Mapping[str, Mapping[int, float]]]) -> Figure:
    """Test error after fine-tuning against batch size: task -> mode -> size -> per cent."""
    figure, grid = panels(len(errors), height=3.2 * len(errors))
    for ax, (task, modes) in zip(grid[:, 0], errors.items(), strict=True):
        for (mode, points), line in zip(modes.items(), LINES, strict=False):
            ax.plot(list(points), list(points.values()), **line, label=mode)
        sizes = list(next(iter(modes.values())))
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [f"{m}" for m in sizes])
        ax.set(
            title=task,
            xlabel="rows in a batch of fine-tuning",
            ylabel="test error (%)",
            ylim=(30, 85),
        )
        ax.legend(loc="upper right")
    return figure
