"""Figures of chapter 3 and of its exercises."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bnlib.figures.style import LINES, MUTED, curves, panels, styled

Array = np.ndarray


def _against_depth(ax: Axes, series: Mapping[str, Array], every: int) -> None:
    depth = np.arange(1, 1 + max(len(values) for values in series.values()))
    for (name, values), line in zip(series.items(), LINES, strict=False):
        shown = np.maximum(np.asarray(values, dtype=float), 1e-300)
        ax.plot(depth[: len(shown)], shown, **line, markevery=every, label=name)
    ax.set(yscale="log", xlabel="layer", ylabel="standard deviation of the activations")


@styled
def scale_over_depth(series: Mapping[str, Array], title: str = "") -> Figure:
    """The standard deviation of the activations against the layer, a series each."""
    figure, grid = panels(height=4.2)
    _against_depth(grid[0, 0], series, 6)
    grid[0, 0].set_title(title)
    grid[0, 0].legend(loc="best")
    return figure


@styled
def change_over_layers(layers: Array, series: Mapping[str, Array]) -> Figure:
    """What the signal has changed by, in per cent, against the number of layers."""
    figure, grid = panels(height=3.8)
    ax = grid[0, 0]
    curves(ax, layers, {name: 100 * change for name, change in series.items()}, markevery=5)
    ax.set(xlabel="number of layers", ylabel="change of the signal (%)", title="One rate, repeated")
    ax.legend(loc="upper left")
    return figure


def stds_at_scale(
    layer_stds: Callable, init_std: Callable, scale: float, activation: str, layers: int = 30
) -> Figure:
    """The scales that a student's function finds, at the given part of their first weights.

    Args:
        layer_stds, init_std: the student's. scale: what the weights of ``init_std`` are
            multiplied by.
    """
    rng = np.random.default_rng(3)
    width = 64
    x = rng.standard_normal((128, width))
    noise = rng.standard_normal((layers, width, width))
    std = float(init_std(width, activation))
    series = {
        f"weights × {scale:.2f}": layer_stds(x, list(noise * std * scale), activation),
        "weights × 1": layer_stds(x, list(noise * std), activation),
    }
    figure, grid = panels(height=4.2)
    ax = grid[0, 0]
    _against_depth(ax, series, 4)
    ax.axhline(float(x.std()), color=MUTED, linestyle=":", label="x")
    ax.set(title=f"{activation}, {layers} layers of {width} units", ylim=(1e-6, 1e6))
    ax.legend(loc="upper left")
    return figure
