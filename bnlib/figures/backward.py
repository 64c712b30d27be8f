"""Figures of chapter 5."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Polygon

from bnlib.figures.style import COLOURS, INK, LINES, MUTED, curves, panels, styled

Array = np.ndarray


class Node(NamedTuple):
    """A box of the graph: where it is, its name, its shape, and whether it is one per feature."""

    x: float
    y: float
    name: str
    shape: str
    small: bool = False


NODES = {
    "x": Node(5, 9.6, "x", "(N, D)"),
    "mean": Node(1.4, 8.2, "mean", "(D,)", small=True),
    "centred": Node(5, 6.8, "centred", "(N, D)"),
    "var": Node(8.6, 5.9, "var", "(D,)", small=True),
    "inv_std": Node(8.6, 4.5, "inv_std", "(D,)", small=True),
    "xhat": Node(5, 3.6, "xhat", "(N, D)"),
    "gamma": Node(1.4, 2.8, "gamma", "(D,)", small=True),
    "beta": Node(1.4, 1.5, "beta", "(D,)", small=True),
    "y": Node(5, 1.5, "y", "(N, D)"),
    "L": Node(8.6, 1.5, "loss", "( )", small=True),
}
DIRECT, MEAN, VAR, SHARED = 0, 1, 2, None
# start, end, path; two paths share the way into `centred`, so each has a line of its own there.
EDGES = (
    ("x", "centred", DIRECT, -0.35),
    ("x", "centred", VAR, 0.35),
    ("x", "mean", MEAN, 0),
    ("mean", "centred", MEAN, 0),
    ("centred", "xhat", DIRECT, -0.35),
    ("centred", "xhat", MEAN, -1.0),
    ("centred", "var", VAR, 0),
    ("var", "inv_std", VAR, 0),
    ("inv_std", "xhat", VAR, 0),
    ("xhat", "y", SHARED, 0),
    ("gamma", "y", SHARED, 0),
    ("beta", "y", SHARED, 0),
    ("y", "L", SHARED, 0),
)
HALF_WIDTH, HALF_HEIGHT = 1.45, 0.36


def _edge_of_box(node: Node, other: Node) -> Array:
    """The point where the line from the centre of one box to that of another leaves the first."""
    step = np.array([other.x - node.x, other.y - node.y])
    reach = np.abs(step) / np.array([HALF_WIDTH, HALF_HEIGHT])
    return np.array([node.x, node.y]) + step / reach.max()


def _arrow(ax: Axes, start: Array, end: Array, **line) -> None:
    ax.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 15, **line},
    )


@styled
def computation_graph() -> Figure:
    """The forward pass as a graph, with the three ways from x to the loss told apart."""
    figure, grid = panels(height=6.6)
    ax = grid[0, 0]
    for start, end, path, shift in EDGES:
        a, b = NODES[start], NODES[end]
        sideways = np.array([shift, 0])
        first = _edge_of_box(a, b) + sideways
        last = _edge_of_box(b, a) + sideways
        style = {"color": MUTED, "linewidth": 1.6} if path is None else _line(path)
        _arrow(ax, first, last, **style)
    for x, y, number in ((5.0, 8.2, "1"), (2.6, 9.25, "2"), (9.1, 5.2, "3")):
        ax.text(x, y, number, ha="center", va="center", fontsize=13, fontweight="bold")
    for node in NODES.values():
        ax.add_patch(
            FancyBboxPatch(
                (node.x - HALF_WIDTH, node.y - HALF_HEIGHT),
                2 * HALF_WIDTH,
                2 * HALF_HEIGHT,
                boxstyle="round,pad=0,rounding_size=0.3" if node.small else "square,pad=0",
                facecolor="#e4e2da" if node.small else "white",
                edgecolor=INK,
                zorder=3,
            )
        )
        label = f"{node.name}  {node.shape}"
        ax.text(node.x, node.y, label, ha="center", va="center", zorder=4)
    ax.set(xlim=(-0.15, 10.15), ylim=(1.0, 10.1))
    ax.set_axis_off()
    names = ("1: straight", "2: through the mean", "3: through the variance")
    handles = [Line2D([], [], **_line(path), label=name) for path, name in enumerate(names)]
    handles.append(Line2D([], [], color=MUTED, linewidth=1.6, label="all three, or parameters"))
    figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=3)
    return figure


def _line(path: int) -> dict:
    style = LINES[path]
    return {"color": style["color"], "linestyle": style["linestyle"], "linewidth": 2.4}


@styled
def projection(parts: Sequence[float]) -> Figure:
    """dy of three examples with the parts that the backward pass takes out of it.

    parts: components of dy along 1, along xhat, and along what is orthogonal to both, for unit
    vectors. Drawn in oblique view: 1 to the right, xhat into the page, the third upward.
    """
    figure, grid = panels(height=4.6)
    ax = grid[0, 0]
    view = np.array([[1.0, 0.0], [0.55, 0.42], [0.0, 1.0]])
    one, xhat, rest = (part * axis for part, axis in zip(parts, view, strict=True))
    low, high = -0.35, 1.45
    corners = [a * view[0] + b * view[1] for a, b in ((low, low), (high, low), (high, high))]
    corners.append(low * view[0] + high * view[1])
    size = max(abs(p) for p in parts)
    ax.add_patch(Polygon(np.array(corners) * size, facecolor="#e4e2da", edgecolor=MUTED))
    for axis, name, at in ((view[0], "along 1", "top"), (view[1], "along x̂", "bottom")):
        ends = np.array([low * axis, high * axis]) * size
        ax.plot(*ends.T, color=MUTED, linewidth=1.2)
        ax.text(*ends[1], f" {name}", color=INK, va=at, ha="left")
    zero = np.zeros(2)
    _arrow(ax, zero, one, color=COLOURS[1], linewidth=2.4, linestyle="--")
    _arrow(ax, one, one + xhat, color=COLOURS[2], linewidth=2.4, linestyle="-.")
    _arrow(ax, zero, one + xhat + rest, color=COLOURS[0], linewidth=2.8)
    _arrow(ax, one + xhat, one + xhat + rest, color=INK, linewidth=2.8)
    ax.text(*(0.55 * (one + xhat + rest) + [-0.05, 0.06]), "dy", ha="right", fontsize=13)
    ax.text(*(one + xhat + 0.5 * rest), "  what is left: dx", ha="left", fontsize=13)
    ax.text(*(0.5 * one - [0, 0.06]), "mean part", ha="center", va="top", color=INK)
    ax.text(*(one + 0.5 * xhat), "  x̂ part", ha="left", va="top", color=INK)
    points = np.array([*(np.array(corners) * size), one + xhat + rest])
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    ax.set(xlim=(left - 0.05, right + 0.35 * size), ylim=(bottom - 0.05, top + 0.15))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return figure


@styled
def kept(variances: Array, along_one: Array, along_xhat: Array, eps: float) -> Figure:
    """Shares of dy left in dx against the variance: measured points on predicted lines."""
    figure, grid = panels(height=4.4)
    ax = grid[0, 0]
    fine = np.geomspace(variances[0], variances[-1], 200)
    ax.plot(fine, eps / (fine + eps), color=COLOURS[0], label="ε / (variance + ε)")
    points = {"linestyle": "none", "color": COLOURS[0], "marker": "o"}
    ax.plot(variances, along_xhat, **points, label="along x̂, measured")
    # Zero has no place on a logarithmic axis; one marker at 1e-17 stands for an exact zero.
    floor = np.maximum(along_one, 1e-17)
    points = {"linestyle": "none", "color": COLOURS[1], "marker": "s"}
    ax.plot(variances, floor, **points, label="along 1, measured (rounding)")
    ax.axvline(eps, color=MUTED, linewidth=1.2)
    ax.text(eps * 1.6, 1e-13, "variance = ε")
    ax.set(
        xscale="log",
        yscale="log",
        ylim=(1e-18, 10),
        xlabel="variance of the feature in the batch",
        ylabel="share of dy that is left",
    )
    figure.legend(loc="outside upper left", ncols=1)
    return figure


@styled
def gradient_against_spread(deviations: Array, norms: Mapping[str, Array], root: float) -> Figure:
    """The size of dx against the feature's standard deviation, one series a batch size."""
    figure, grid = panels(height=4.2)
    ax = grid[0, 0]
    curves(ax, deviations, norms, 2)
    ax.axvline(root, color=MUTED, linewidth=1.2)
    ax.text(root * 1.4, min(n.min() for n in norms.values()) * 2, "deviation = √ε")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="standard deviation of the feature in the batch",
        ylabel="size of dx (Euclidean norm)",
    )
    ax.legend(loc="upper right")
    return figure


@styled
def scaled_weights(scales: Array, norms: Array, cosines: Array, bend: float) -> Figure:
    """Above: the size of the gradient against the scale of the weights. Below: its direction.

    bend: the scale at which the layer's variance equals eps.
    """
    figure, grid = panels(2, height=6.2, sharex=True)
    top, bottom = grid[:, 0]
    top.plot(scales, norms, **LINES[0], markevery=2, label="measured")
    on_line = norms[-1] * scales[-1] / scales
    shown = scales > bend / 10
    top.plot(scales[shown], on_line[shown], color=COLOURS[1], linestyle="--", label="slope -1")
    top.set(yscale="log", xscale="log", ylabel="norm of the gradient", title="Size")
    top.legend(loc="lower left")
    bottom.plot(scales, cosines, **LINES[2], markevery=2)
    bottom.set(
        yscale="log",
        xscale="log",
        ylabel="|cosine| with the weights",
        xlabel="scale a of the weights (no unit)",
        title="Direction: 0 is a right angle",
    )
    for ax in (top, bottom):
        ax.axvline(bend, color=MUTED, linewidth=1.2)
    bottom.text(bend * 1.4, cosines.min() * 3, "variance = ε")
    return figure


@styled
def step_errors(steps: Array, errors: Mapping[str, Array]) -> Figure:
    """Relative error of a numerical gradient against its step, both logarithmic."""
    figure, grid = panels(height=4.8)
    ax = grid[0, 0]
    curves(ax, steps, errors, 2)
    ax.axhline(1, color=MUTED, linewidth=1.2)
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="step h, in units of x",
        ylabel="relative error of the gradient",
    )
    figure.legend(loc="outside upper left", ncols=1)
    return figure


@styled
def cosines(sizes: Array, series: Mapping[str, Array]) -> Figure:
    """The cosine between a wrong and the right gradient against the batch size."""
    figure, grid = panels(height=4.0)
    ax = grid[0, 0]
    curves(ax, sizes, series)
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, [f"{n:d}" for n in sizes])
    ax.set(
        ylim=(0, 1.05),
        xlabel="batch size N (examples)",
        ylabel="cosine: wrong with right dx",
    )
    ax.legend(loc="center right")
    return figure


@styled
def drift(bias: Mapping[str, Array], loss: Mapping[str, Array]) -> Figure:
    """A bias in front of batch norm, and the loss, over the steps of training."""
    figure, grid = panels(2, height=5.8, sharex=True)
    for ax, series, label in zip(
        grid[:, 0], (bias, loss), ("bias (units of x)", "loss (no unit)"), strict=True
    ):
        steps = len(next(iter(series.values())))
        curves(ax, np.arange(steps), series, max(1, steps // 10))
        ax.set_ylabel(label)
    grid[0, 0].legend(loc="upper left")
    grid[1, 0].set_xlabel("steps of gradient descent")
    return figure
