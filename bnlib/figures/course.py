"""Figures of chapters 0 and 13: the course as a map, and how an interval speaks for a claim."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from bnlib.figures.style import COLOURS, INK, LINES, MUTED, panels, styled

# Each row of the map: what it is about, and its chapters by number and name.
ROWS = (
    ("What a layer is given", ("1 Inputs", "2 Whitening", "3 Signals\nthrough depth")),
    ("The layer itself", ("4 The\nalgorithm", "5 Backprop", "6 Running\nstatistics")),
    ("What it does", ("7 Training\nwith it", "8 Why\nit works", "9 Where\nit fails")),
    ("What else there is", ("10 Alter-\nnatives", "11 Without\nnorms", "12 Choosing")),
    ("What to keep", ("13 The ledger: every claim, measured",)),
)


@styled
def course_map(rows: Sequence[tuple[str, Sequence[str]]] = ROWS) -> Figure:
    """Chapters as boxes, a row for each part of the course, an arrow from row to row."""
    figure, grid = panels(height=1.32 * len(rows))
    ax = grid[0, 0]
    for line, (title, chapters) in enumerate(rows):
        top = -1.9 * line
        ax.text(0, top + 0.12, title, va="bottom", fontweight="bold")
        width = (9.0 - 0.3 * (len(chapters) - 1)) / len(chapters)
        for place, chapter in enumerate(chapters):
            left = place * (width + 0.3)
            ax.add_patch(
                FancyBboxPatch(
                    (left, top - 0.95),
                    width,
                    0.95,
                    boxstyle="round,pad=0,rounding_size=0.12",
                    facecolor="#e4e2da",
                    edgecolor=INK,
                )
            )
            ax.text(left + width / 2, top - 0.475, chapter, ha="center", va="center")
        if line:
            arrow = {"arrowstyle": "-|>", "color": MUTED, "linewidth": 2, "mutation_scale": 16}
            ax.annotate("", (8.5, top + 0.08), (8.5, top + 0.88), arrowprops=arrow)
    ax.set(xlim=(-0.1, 9.1), ylim=(-1.9 * len(rows) + 0.75, 0.7))
    ax.set_axis_off()
    return figure


@styled
def intervals(
    findings: Mapping[str, tuple[float, float, float]], border: float, xlabel: str
) -> Figure:
    """One line a finding: its mean and its interval, beside the border that a claim names.

    findings: name -> (mean, low, high).
    """
    figure, grid = panels(height=1.6 + 0.55 * len(findings))
    ax = grid[0, 0]
    for row, (mean, low, high) in enumerate(findings.values()):
        ax.plot([low, high], [row, row], color=COLOURS[0], linewidth=3)
        ax.plot([mean], [row], color=COLOURS[0], marker=LINES[0]["marker"], markersize=9)
    ax.axvline(border, color=COLOURS[1], linestyle="--", label="border")
    ax.set_yticks(range(len(findings)), list(findings))
    ax.set(xlabel=xlabel, ylim=(len(findings) - 0.4, -0.6))
    ax.grid(False, axis="y")
    figure.legend(loc="outside upper right")
    return figure
