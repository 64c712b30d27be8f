"""Figures of chapter 12."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from bnlib.figures.style import COLOURS, INK, LINES, MUTED, panels, styled
from bnlib.lab.paired import Estimate


@styled
def questions(steps: Sequence[tuple[str, str, str]], last: str) -> Figure:
    """Questions from top to bottom; each has an answer that leads out to the right.

    steps: (question, the answer that leads out, what is then chosen). last: what is chosen if no
    question led out. Boxes of what is chosen have a dark edge, besides another place.
    """
    figure, grid = panels(height=1.4 * (len(steps) + 1))
    ax = grid[0, 0]
    ax.set(xlim=(0, 12), ylim=(-1.35, 1.55 * len(steps)))
    ax.axis("off")
    for row, (question, answer, chosen) in enumerate(steps):
        y = 1.55 * (len(steps) - row) - 0.75
        _box(ax, 0.1, y, 6.2, question, MUTED, 1.0)
        _box(ax, 8.1, y, 3.8, chosen, COLOURS[0], 2.4)
        _arrow(ax, (6.35, y), (8.0, y))
        ax.text(7.15, y + 0.12, answer, ha="center", va="bottom", fontsize=11)
        _arrow(ax, (3.2, y - 0.56), (3.2, y - 0.97))
        other = {"yes": "no", "no": "yes"}[answer]
        ax.text(3.4, y - 0.77, other, ha="left", va="center", fontsize=11)
    _box(ax, 0.1, -0.75, 6.2, last, COLOURS[0], 2.4)
    return figure


def _box(ax: Axes, x: float, y: float, width: float, text: str, edge: str, line: float) -> None:
    style = "round,pad=0,rounding_size=0.15"
    box = FancyBboxPatch((x, y - 0.52), width, 1.04, boxstyle=style, linewidth=line)
    box.set(facecolor="white", edgecolor=edge)
    ax.add_patch(box)
    ax.text(x + width / 2, y, text, ha="center", va="center", fontsize=12, color=INK)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4})


@styled
def errors_of_sizes(sizes: Sequence[int], series: Mapping[str, Sequence[Estimate]]) -> Figure:
    """Test error in per cent against the size of the batch, with intervals."""
    figure, grid = panels(height=4.2)
    ax = grid[0, 0]
    for (name, found), line in zip(series.items(), LINES, strict=False):
        means = [e.mean for e in found]
        ends = [[e.mean - e.low for e in found], [e.high - e.mean for e in found]]
        ax.errorbar(sizes, means, yerr=ends, capsize=4, label=name, **line)
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, [f"{size}" for size in sizes])
    ax.minorticks_off()
    ax.set(
        title="The best size depends on what is held equal",
        xlabel="rows in the batch",
        ylabel="test error (%)",
    )
    ax.legend()
    return figure
