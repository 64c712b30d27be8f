"""Figures of chapter 6: drawn from what they are given, labelled, and readable."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


import bnlib  # noqa: E402
from bnlib.figures import running as figures  # noqa: E402
from bnlib.figures.controls import redraw  # noqa: E402
from bnlib.figures.style import styled  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

draw = styled(figures.following_a_drift)


def line(figure, label):
    (found,) = [line for line in figure.axes[0].lines if line.get_label() == label]
    return found.get_ydata()


SIZES = np.array([1, 2, 4, 8, 16])
STEPS = (10, 30, 100, 300)
TIMES = {"small": {"not folded": 1.9, "folded": 1.0}, "large": {"not folded": 1.1, "folded": 1}}


def variances():
    theory = {"a kind": 1 - 0.2 / SIZES, "another kind": 1 - 0.05 / SIZES}
    return figures.left_by_bessel(SIZES, {k: v + 0.01 for k, v in theory.items()}, theory)


def accuracies():
    seeds = 20.0 * np.arange(1, 5)[:, None] + [-1, 0, 4]
    return figures.accuracy_by_statistics(STEPS, {"precise": seeds, "momentum 0.01": seeds / 2})


def drawn():
    seen = np.linspace(0, 1, 30)
    two = figures.following(seen, {"a": {"one": seen}, "b": {"one": seen + 1}})
    return {
        "following": two,
        "following_a_drift": draw(bnlib.update_running, 0.1),
        "left_by_bessel": variances(),
        "accuracy_by_statistics": accuracies(),
        "times_over_plain": figures.times_over_plain(TIMES),
    }


class TestReadable(Readable):
    modules = (figures,)
    drawn = drawn()


def points(ax):
    """The marked points of an axis with data in it, by their height or place."""
    return [one for one in ax.lines if one.get_linestyle() == "None" and len(one.get_xdata())]


def test_the_variances_measured_are_dots_on_the_lines_of_theory():
    (ax,) = variances().axes
    dots = points(ax)
    np.testing.assert_allclose(dots[0].get_ydata(), 1 - 0.2 / SIZES + 0.01)
    np.testing.assert_allclose(dots[1].get_ydata(), 1 - 0.05 / SIZES + 0.01)
    lines = [one.get_ydata() for one in ax.lines if one.get_marker() == "None"]
    assert any(np.allclose(y, 1 - 0.2 / SIZES) for y in lines if len(y) == len(SIZES))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a kind", "another kind"]


def test_the_accuracies_are_means_with_their_range():
    (ax,) = accuracies().axes
    first = ax.containers[0]
    np.testing.assert_allclose(first.lines[0].get_ydata(), 20.0 * np.arange(1, 5) + 1)
    low, high = (cap.get_ydata() for cap in first.lines[1])
    np.testing.assert_allclose(low, 20.0 * np.arange(1, 5) - 1)
    np.testing.assert_allclose(high, 20.0 * np.arange(1, 5) + 4)


def test_the_times_stand_in_the_row_of_their_name():
    (ax,) = figures.times_over_plain(TIMES).axes
    assert [text.get_text() for text in ax.get_yticklabels()] == ["small", "large"]
    assert ax.yaxis_inverted()
    unfolded, folded = points(ax)
    assert unfolded.get_xdata().tolist() == [1.9, 1.1]
    assert folded.get_xdata().tolist() == [1.0, 1.0]
    assert unfolded.get_marker() != folded.get_marker()


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
