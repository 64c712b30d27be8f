"""Figures of chapter 7: drawn from what they are given, labelled, and readable."""

import inspect

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib.text import Text  # noqa: E402

from bnlib.figures import training as figures  # noqa: E402
from bnlib.figures.style import WIDTH  # noqa: E402
from bnlib.lab.paired import Estimate  # noqa: E402

STEPS = np.arange(10, 110, 10)
RATES = np.array([0.01, 0.1, 1.0, 10.0])
SIZES = [64, 16, 4]


def drawn():
    """Name of each figure function -> a figure of small data."""
    rng = np.random.default_rng(0)
    two = {"without": np.array([300.0, 100, 80, np.inf]), "with batch norm": RATES * 0 + 30}
    shares = rng.random((3, 5))
    one = Estimate(1.4, 1.1, 1.8, 2.0, 1.0, 5)
    ends = {"without": (0.01, 0.1, 1.0), "with batch norm": (0.02, 0.3, 5.0)}
    return {
        "accuracy_and_inputs": figures.accuracy_and_inputs(
            STEPS,
            {name: rng.random((10, 3)) for name in two},
            {name: np.sort(rng.normal(size=(10, 3))) for name in two},
        ),
        "steps_by_rate": figures.steps_by_rate({title: (RATES, two) for title in "abcd"}),
        "usable_ranges": figures.usable_ranges({"SGD, depth 3": ends, "SGD, depth 12": ends}),
        "loss_by_scale": figures.loss_by_scale(RATES, {"at one": two, "at best": two}, 40.0),
        "one_scale_or_another": figures.one_scale_or_another(
            RATES, {"rate as it is": RATES, "rate × a²": RATES + 1, "both": RATES + 2}
        ),
        "accuracy_by_group": figures.accuracy_by_group(
            {t: (SIZES, 50 + shares, {"none": 50, "fixed rows": 51}) for t in ("few", "more")}
        ),
        "intervals": figures.intervals(
            {"steps, after ÷ before": {"ReLU, SGD": one}, "points": {"ReLU, SGD": one}}, [1, 0]
        ),
        "share_by_width": figures.share_by_width(
            {"dense": (SIZES, shares), "convolution": (SIZES, shares / 2)}
        ),
    }


DRAWN = drawn()


def test_every_figure_function_is_tried_here():
    drawing = {
        name
        for name, f in inspect.getmembers(figures, inspect.isfunction)
        if f.__module__ == figures.__name__ and not name.startswith("_")
    }
    assert drawing == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_labelled_and_fits(name):
    figure = DRAWN[name]
    assert figure.get_figwidth() == WIDTH
    figure.draw_without_rendering()
    tight = figure.get_tightbbox().extents * figure.dpi
    assert tight[0] >= figure.bbox.x0 - 1
    assert tight[2] <= figure.bbox.x1 + 1
    texts = figure.findobj(lambda a: isinstance(a, Text) and a.get_text().strip())
    assert min(text.get_fontsize() for text in texts) >= 10
    for ax in figure.axes:
        below = [o for o in figure.axes if o is ax or ax.get_shared_x_axes().joined(ax, o)]
        assert any(o.get_xlabel() for o in below)
        beside = [o for o in figure.axes if o is ax or ax.get_shared_y_axes().joined(ax, o)]
        ticks = [t.get_text() for o in beside for t in o.get_yticklabels()]
        named = any("," in tick for tick in ticks)
        assert named or any(o.get_ylabel() for o in beside)


@pytest.mark.parametrize("name", DRAWN)
def test_series_differ_in_more_than_colour(name):
    for ax in DRAWN[name].axes:
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        assert len(lines) <= 4
        looks = {(line.get_linestyle(), line.get_marker()) for line in lines}
        assert len(looks) == len(lines)


def line(ax, label):
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def test_what_was_not_reached_is_not_drawn():
    ax = DRAWN["steps_by_rate"].axes[0]
    steps = line(ax, "without").get_ydata()
    assert steps[:3].tolist() == [300, 100, 80]
    assert np.isnan(steps[3])


def test_noise_grows_to_the_right():
    left, right = DRAWN["accuracy_by_group"].axes[-1].get_xlim()
    assert left > right


def test_the_bar_ends_where_the_range_does():
    ax = DRAWN["usable_ranges"].axes[0]
    bars = [tuple(one.get_xdata()) for one in ax.lines if len(one.get_xdata()) == 2]
    assert bars == [(0.01, 1.0), (0.02, 5.0)] * 2
    assert line(ax, "without").get_xdata() == [0.1]


def test_the_dot_of_an_interval_is_its_mean():
    first, second = DRAWN["intervals"].axes
    for ax, border in ((first, 1), (second, 0)):
        assert list(ax.lines[0].get_xdata()) == [border, border]
        assert list(ax.lines[1].get_xdata()) == [1.1, 1.8]
        assert list(ax.lines[2].get_xdata()) == [1.4]
