"""The class report's pictures: data in, inline SVG out, the same bytes for the same data.

A page's colours are not known here, since a reader's screen may be dark. What is drawn stands in
for them: each colour below becomes a variable of the page's style sheet.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Sequence

import matplotlib
from markupsafe import Markup, escape
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bnlib.figures.style import COLOURS, INK, MUTED, RC
from bnlib.grader.reports import texts

FIRST, SECOND = COLOURS[0], COLOURS[1]
GRID, PAPER = "#d5d4cf", "#fffefd"
_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    FIRST: "var(--first)",
    SECOND: "var(--second)",
    GRID: "var(--line)",
    PAPER: "var(--paper)",
}
_STYLE = {
    **RC,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "grid.color": GRID,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in a title is a dollar sign
}
_ANONYMOUS = {"Date": None, "Creator": None, "Format": None, "Type": None}


def _drawn(draw: Callable[..., tuple[Figure, str]]) -> Callable[..., Markup]:
    """Turn a function that draws a figure and describes it into one that gives its SVG."""

    @functools.wraps(draw)
    def wrapper(*args, **kwargs) -> Markup:
        # The salt names clip paths and hatches: no two figures of a page may share a name.
        with matplotlib.rc_context({**_STYLE, "svg.hashsalt": draw.__name__}):
            figure, said = draw(*args, **kwargs)
            FigureCanvasSVG(figure)
            file = io.StringIO()
            figure.savefig(file, format="svg", metadata=_ANONYMOUS)
        return _inline(file.getvalue(), said)

    return wrapper


def _inline(svg: str, said: str) -> Markup:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="[^"]*_\d+"', "", svg)  # "axes_1": the same in every figure
    svg = re.sub(r"'DejaVu Sans'(?:, [^;\"]*)?", "var(--text)", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    size = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    svg = svg.replace(size[0], f'style="max-width: {float(size[1]) * 4 / 3:.0f}px"', 1)
    return Markup(
        svg.replace("<svg", f'<svg role="img" aria-label="{escape(texts.plain(said, 4000))}"', 1)
    )


def _axes(width: float, height: float):
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


@_drawn
def scores(counts: Sequence[int], median: float, possible: float) -> tuple[Figure, str]:
    """A histogram: students by tenths of the points. ``median`` is in per cent."""
    figure, ax = _axes(6.0, 3.6)
    width = 100 / len(counts)
    edges = [i * width for i in range(len(counts))]
    bars = ax.bar(edges, counts, width, align="edge", color=FIRST, edgecolor=PAPER, linewidth=1.5)
    labels = ax.bar_label(bars, [str(c) if c else "" for c in counts], padding=3, fontsize=11)
    for label in labels:
        label.set(zorder=4, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5})
    top = 1.25 * max(*counts, 1)
    ax.set(xlim=(0, 100), ylim=(0, top), xticks=range(0, 101, 20))
    ax.set_xlabel(f"score (% of {possible:.10g} points)")
    ax.set_ylabel("students")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.grid(False, axis="x")
    if median == median:
        ax.axvline(median, color=SECOND, linestyle="--")
        left = median > 50
        ax.annotate(
            f"median {median:.0f} %",
            (median, top),
            (-5 if left else 5, -2),
            textcoords="offset points",
            ha="right" if left else "left",
            va="top",
        )
    tenths = [f"{a:.0f} to {a + width:.0f} %: {c}" for a, c in zip(edges, counts, strict=True)]
    return figure, f"Histogram of scores, students by share of the points. {'; '.join(tenths)}."


@_drawn
def outcomes(rows: Sequence[tuple[str, float, float, float]]) -> tuple[Figure, str]:
    """Bars of right, wrong and not attempted, from top to bottom; shares are in per cent."""
    figure, ax = _axes(6.0, max(1.15 + 0.36 * len(rows), 2.2))
    places = range(len(rows))
    left = [0.0] * len(rows)
    looks = (
        ("right", {"facecolor": FIRST, "edgecolor": PAPER}),
        ("wrong", {"facecolor": SECOND, "edgecolor": PAPER, "hatch": "///"}),
        ("not attempted", {"facecolor": "none", "edgecolor": MUTED}),
    )
    for part, (label, look) in enumerate(looks, 1):
        shares = [row[part] for row in rows]
        ax.barh(places, shares, 0.66, left, linewidth=0.8, label=label, **look)
        left = [a + b for a, b in zip(left, shares, strict=True)]
    for place, (_, right, *_) in zip(places, rows, strict=True):
        ax.text(102, place, f"{right:.0f} %", va="center", fontsize=11)
    ax.set_yticks(places, [texts.label(row[0]) for row in rows])
    ax.set(xlim=(0, 112), xticks=range(0, 101, 25), ylim=(len(rows) - 0.4, -0.6))
    ax.set_xlabel("students (%)")
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper left", ncols=3, handlelength=1.4, columnspacing=1.6)
    said = "; ".join(
        f"{texts.name(of)}: {right:.0f} % right, {wrong:.0f} % wrong, {rest:.0f} % not attempted"
        for of, right, wrong, rest in rows
    )
    return figure, f"Bars of students by result. {said}."


@_drawn
def mistakes(rows: Sequence[tuple[str, str, int]]) -> tuple[Figure, str]:
    """Bars of students by mistake: (id, exercise, students), the most common on top."""
    figure, ax = _axes(6.0, max(0.75 + 0.42 * len(rows), 2.0))
    places = range(len(rows))
    bars = ax.barh(places, [row[2] for row in rows], 0.66, color=SECOND)
    ax.bar_label(bars, [str(row[2]) for row in rows], padding=4, fontsize=11)
    labels = [f"{texts.label(id)}\n{texts.label(exercise)}" for id, exercise, _ in rows]
    ax.set_yticks(places, labels, fontsize=10)
    ax.set(xlim=(0, 1.12 * max((row[2] for row in rows), default=1)))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlabel("students")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    said = "; ".join(
        f"{texts.name(id)} in {texts.name(exercise)}: {count}" for id, exercise, count in rows
    )
    return figure, f"Bars of students by mistake. {said}."
