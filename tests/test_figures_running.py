"""Figures of chapter 6: drawn from what they are given, labelled, and readable."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib.text import Text  # noqa: E402

import bnlib  # noqa: E402
from bnlib.figures import running as figures  # noqa: E402
from bnlib.figures.controls import redraw  # noqa: E402
from bnlib.figures.style import WIDTH, styled  # noqa: E402

draw = styled(figures.following_a_drift)


def line(figure, label):
    (found,) = [line for line in figure.axes[0].lines if line.get_label() == label]
    return found.get_ydata()


def drawn():
    seen = np.linspace(0, 1, 30)
    two = figures.following(seen, {"a": {"one": seen}, "b": {"one": seen + 1}})
    return two, draw(bnlib.update_running, 0.1)


@pytest.mark.parametrize("figure", drawn())
def test_it_is_labelled_and_fits(figure):
    assert figure.get_figwidth() == WIDTH
    figure.draw_without_rendering()
    tight = figure.get_tightbbox().extents * figure.dpi
    assert tight[0] >= figure.bbox.x0 - 1
    assert tight[2] <= figure.bbox.x1 + 1
    assert figure.axes[-1].get_xlabel()
    assert all(ax.get_ylabel() for ax in figure.axes)
    texts = figure.findobj(lambda a: isinstance(a, Text) and a.get_text().strip())
    assert min(text.get_fontsize() for text in texts) >= 10
    for ax in figure.axes:
        looks = {(one.get_linestyle(), one.get_marker()) for one in ax.lines}
        assert len(looks) == len(ax.lines)


def test_the_line_is_that_of_the_function_that_was_given():
    last = line(draw(bnlib.update_running, 1.0), "running mean")
    np.testing.assert_allclose(last, line(draw(bnlib.update_running, 1.0), "mean of the batch"))
    lagging = line(draw(bnlib.update_running, 0.05), "running mean")
    level = line(draw(bnlib.update_running, 0.05), "mean of the data")
    assert (lagging[30:60] < level[30:60] - 0.3).all()
    still = draw(lambda mean, var, x, momentum, unbiased: (mean, var), 0.5)
    assert (line(still, "running mean") == 0).all()


def test_a_stub_under_the_control_is_not_attempted():
    def stub(*arguments):
        raise NotImplementedError("your code goes here")

    drawing = redraw(lambda momentum: figures.following_a_drift(stub, momentum), momentum=0.1)
    assert "image/png" not in drawing._repr_mimebundle_()
