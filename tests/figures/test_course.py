"""The map of the course, and how an interval speaks for a claim."""

import re
from pathlib import Path

import pytest

pytest.importorskip("matplotlib").use("Agg")

from bnlib.figures import course as figures  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

BOOK = Path(__file__).resolve().parents[2] / "book"
FINDINGS = {"above": (2.0, 1.5, 2.5), "across": (1.0, 0.5, 1.5)}
DRAWN = {
    "course_map": figures.course_map(),
    "intervals": figures.intervals(FINDINGS, 1.0, "ratio (no unit)"),
}


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


def test_the_map_has_every_chapter_once_and_in_order():
    numbers = [int(re.match(r"\d+", name)[0]) for _, row in figures.ROWS for name in row]
    assert numbers == [int(path.name[:2]) for path in sorted(BOOK.glob("[0-9][0-9]_*.md"))][1:]
    words = [text.get_text() for text in DRAWN["course_map"].axes[0].texts]
    assert [word for word in words if re.match(r"\d", word)] == [
        name for _, row in figures.ROWS for name in row
    ]


def test_an_interval_has_its_name_its_mean_and_its_ends():
    (ax,) = DRAWN["intervals"].axes
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(FINDINGS)
    for row, (mean, low, high) in enumerate(FINDINGS.values()):
        assert list(ax.lines[2 * row].get_xdata()) == [low, high]
        assert list(ax.lines[2 * row + 1].get_xdata()) == [mean]
    assert list(ax.lines[-1].get_xdata()) == [1.0, 1.0]
