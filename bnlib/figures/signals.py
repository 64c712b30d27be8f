"""Figures of chapter 3 and of its exercises."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bnlib.figures.style import CARD, LINES, MUTED, curves, panels, styled

Array = np.ndarray


STDS = "standard deviation of the activations"


def _against_depth(ax: Axes, series: Mapping[str, Array], every: int, measured: str = STDS) -> None:
    depth = np.arange(1, 1 + max(len(values) for values in series.values()))
    for (name, values), line in zip(series.items(), LINES, strict=False):
        shown = np.maximum(np.asarray(values, dtype=float), 1e-300)
        ax.plot(depth[: len(shown)], shown, **line, markevery=every, label=name)
    ax.set(yscale="log", xlabel="layer", ylabel=measured)


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


@styled
def gradient_over_depth(series: Mapping[str, Array]) -> Figure:
    """The size of the gradient against the layer, a series each of (layers,)."""
    figure, grid = panels(height=4.2)
    _against_depth(grid[0, 0], series, 6, "gradient (root mean square)")
    grid[0, 0].set_title("On the way back")
    grid[0, 0].legend(loc="lower right")
    return figure


@styled
def change_through_layers(series: Mapping[str, Array]) -> Figure:
    """By what part of its spread the output of each layer has moved, a series each of (layers,)."""
    figure, grid = panels(height=4.2)
    ax = grid[0, 0]
    _against_depth(ax, series, 1, "change / spread over the rows")
    ax.set_title("One per cent, at random, in every layer")
    ax.legend(loc="upper left")
    return figure


@styled
def dead_against_rate(
    rates: Mapping[str, Array], shares: Mapping[str, Mapping[str, tuple[Array, Array]]]
) -> Figure:
    """The share of dead units against the learning rate, one panel an optimizer.

    rates: optimizer -> (R,). shares: optimizer -> name -> ((R,) shares, (R,) of bool: whether
    every network has learned); a point of networks that have not is drawn open.
    """
    figure, grid = panels(len(shares), height=0.6 + 2.7 * len(shares), sharey=True)
    for ax, (optimizer, series) in zip(grid[:, 0], shares.items(), strict=True):
        for (name, (share, learned)), line in zip(series.items(), LINES, strict=False):
            ax.plot(rates[optimizer], 100 * share, **line, label=name)
            hollow = {"color": line["color"], "marker": line["marker"], "linestyle": "none"}
            ax.plot(
                rates[optimizer][~learned], 100 * share[~learned], **hollow, markerfacecolor=CARD
            )
        ax.set(xscale="log", title=optimizer, ylabel="dead units (%)", ylim=(-4, 104))
        ax.set_xlabel("learning rate")
    grid[0, 0].legend(loc="upper left")
    return figure


@styled
def inputs_over_training(looks: Array, networks: Mapping[str, Array]) -> Figure:
    """Percentiles of what a unit receives against the step, one panel a network.

    networks: name -> (looks, 3), the 15th, 50th and 85th percentile.
    """
    figure, grid = panels(len(networks), height=0.6 + 2.6 * len(networks), sharex=True, sharey=True)
    names = "15th percentile", "median", "85th percentile"
    for ax, (name, found) in zip(grid[:, 0], networks.items(), strict=True):
        curves(ax, looks, dict(zip(names, found.T, strict=True)), markevery=5)
        ax.set(title=name, ylabel="input of the sigmoid")
    grid[-1, 0].set_xlabel("step")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, handlelength=2.4)
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
