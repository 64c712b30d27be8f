"""The pictures: always the same bytes, words for who can't see them, colours of the page's own."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bnlib.grader.reports import plots

COUNTS = [0, 1, 0, 2, 3, 5, 8, 9, 4, 2]
ROWS = [("$x$ & <y>", 60.0, 30.0, 10.0), ("b", 0.0, 0.0, 100.0)]
DRAWN = {
    "scores": lambda: plots.scores(COUNTS, 62.5, 30),
    "outcomes": lambda: plots.outcomes(ROWS),
    "mistakes": lambda: plots.mistakes([("eps-missing", "batchnorm_forward", 3), ("a$b", "c", 1)]),
}
STYLE = Path(plots.__file__).with_name("templates") / "page.css"


@pytest.fixture(params=DRAWN)
def svg(request):
    return str(DRAWN[request.param]())


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_data_are_the_same_bytes(name):
    assert DRAWN[name]() == DRAWN[name]()


def test_it_is_well_formed_and_says_what_it_shows(svg):
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert len(root.get("aria-label")) > 40
    assert "<metadata" not in svg
    assert "<!DOCTYPE" not in svg


def test_text_is_text_in_the_pages_font(svg):
    assert "<text" in svg
    assert "DejaVu" not in svg


def test_every_colour_is_the_pages(svg):
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) == set()
    known = set(re.findall(r"(--[a-z]+):", STYLE.read_text()))
    assert set(re.findall(r"var\((--[a-z]+)\)", svg)) <= known


def test_two_pictures_of_a_page_share_no_name():
    names = [set(re.findall(r'\sid="([^"]+)"', str(draw()))) for draw in DRAWN.values()]
    assert not names[0] & names[1] | names[1] & names[2] | names[0] & names[2]


def test_what_they_say():
    assert "60 to 70 %: 8" in plots.scores(COUNTS, 62.5, 30)
    assert "$x$ &amp; &lt;y&gt;: 60 % right, 30 % wrong, 10 % not attempted" in plots.outcomes(ROWS)
    assert "a$b in c: 1" in plots.mistakes([("a$b", "c", 1)])


@pytest.mark.parametrize("median", [math.nan, 0.0, 100.0])
def test_scores_at_the_ends(median):
    assert "<svg" in plots.scores([0] * 10, median, 0)


# ---------------------------------------------------------------- the style sheet's colours


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_contrasts(mode):
    blocks = re.findall(r":root \{(.*?)\}", STYLE.read_text(), flags=re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[mode]))
    for ground in ("paper", "card", "warning"):
        for ink in ("ink", "muted", "link", "good", "bad"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for part in ("first", "second", "faint"):
        assert contrast(colours[part], colours["paper"]) >= 3, part
    # Told apart in grey too.
    assert contrast(colours["first"], colours["second"]) >= 1.5
