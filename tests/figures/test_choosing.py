"""The figures of chapter 12: boxes that hold their text, axes that are labelled."""

import pytest

pytest.importorskip("matplotlib").use("Agg")

from bnlib.figures import choosing as figures  # noqa: E402
from bnlib.lab.paired import Estimate  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

STEPS = [("One question,\nof two lines?", "yes", "this"), ("Another?", "no", "that")]
FOUND = [Estimate(m, m - 1, m + 2, 1.0, 1.0, 5) for m in (3.0, 2.0, 4.0)]
DRAWN = {
    "questions": figures.questions(STEPS, "the rest"),
    "errors_of_sizes": figures.errors_of_sizes([2, 4, 8], {"a": FOUND, "b": FOUND}),
}


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


def test_every_text_lies_inside_its_box():
    figure = DRAWN["questions"]
    figure.canvas.draw()
    ax = figure.axes[0]
    boxes = [patch.get_window_extent() for patch in ax.patches if hasattr(patch, "get_boxstyle")]
    assert len(boxes) == 2 * len(STEPS) + 1
    inside = 0
    for text in ax.texts:
        if not text.get_text() or text.get_text() in ("yes", "no"):
            continue
        own = text.get_window_extent()
        inside += any(box.contains(*own.min) and box.contains(*own.max) for box in boxes)
    assert inside == len(boxes)


def test_the_way_on_has_the_other_answer():
    texts = [text.get_text() for text in DRAWN["questions"].axes[0].texts]
    assert [t for t in texts if t in ("yes", "no")] == ["yes", "no", "no", "yes"]


def test_intervals_reach_from_low_to_high():
    (ax,) = DRAWN["errors_of_sizes"].axes
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    (bars,) = ax.containers[0].lines[2]
    assert [tuple(segment[:, 1]) for segment in bars.get_segments()] == [(2, 5), (1, 4), (3, 6)]
    styles = {(c.lines[0].get_linestyle(), c.lines[0].get_marker()) for c in ax.containers}
    assert len(styles) == 2
