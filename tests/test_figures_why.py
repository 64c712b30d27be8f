"""The figures of chapter 8: drawn from plain data, labelled, told apart, and inside their frame."""

import inspect

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Text  # noqa: E402

from bnlib.figures import style  # noqa: E402
from bnlib.figures import why as figures  # noqa: E402


def drawn():
    rng = np.random.default_rng(0)
    seeds = rng.uniform(0.5, 2, 10)
    net = {
        "batch norm": (0.02 * seeds, 20 * seeds),
        "none": (0.3 * seeds, 500 * seeds),
        "batch norm and noise": (np.outer([0.4, 0.8], seeds), np.outer([20, 30], seeds)),
    }
    steps = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.3])
    walks = {"without": np.outer(1 + 10 * steps, seeds), "batch norm": np.outer(1 + steps, seeds)}
    three = ("no decay", "decay", "growing rates")
    runs = {name: np.exp(k * np.linspace(0, 1, 301)) for k, name in enumerate(three)}
    turns = {name: np.exp(k * np.linspace(0, 1, 30)) for k, name in enumerate(three)}
    depths = {f"{k} and a norm": k ** np.linspace(8, 0, 51) for k in (1, 2, 3, 4)}
    accuracies = {name: rng.uniform(0.1, 0.9, 8) for name in ("nothing", "gamma, beta", "head")}
    return {
        "drift_and_steps": figures.drift_and_steps({"sigmoid": net, "ReLU": net}),
        "losses_along": figures.losses_along(steps, {t: walks for t in ("a", "b", "c", "d")}),
        "lengths_and_turns": figures.lengths_and_turns(runs, turns),
        "gradients_by_depth": figures.gradients_by_depth(depths),
        "accuracies": figures.accuracies({"digits": accuracies, "MNIST-1D": accuracies}),
    }


DRAWN = drawn()
each_figure = pytest.mark.parametrize("name", DRAWN)


def test_every_figure_is_tried_here():
    own = {
        name
        for name, f in inspect.getmembers(figures, inspect.isfunction)
        if f.__module__ == figures.__name__ and not name.startswith("_")
    }
    assert own == set(DRAWN)


@each_figure
def test_is_a_detached_figure_of_the_books_width_with_its_text_inside(name):
    figure = DRAWN[name]
    assert isinstance(figure, Figure)
    assert not plt.get_fignums()
    assert figure.get_figwidth() == style.WIDTH
    figure.draw_without_rendering()
    for text in figure.findobj(lambda a: isinstance(a, Text) and a.get_visible()):
        if text.get_text().strip():
            assert text.get_fontsize() >= 10, text.get_text()
    tight = figure.get_tightbbox().extents * figure.dpi
    assert tight[0] >= figure.bbox.x0 - 1
    assert tight[2] <= figure.bbox.x1 + 1


@each_figure
def test_axes_are_labelled_and_series_differ_in_more_than_colour(name):
    figure = DRAWN[name]
    last = figure.axes[-1]
    for ax in figure.axes:
        assert ax.get_xlabel() or ax.get_shared_x_axes().joined(ax, last)
        assert ax.get_ylabel() or ax.get_shared_y_axes().joined(ax, figure.axes[0]) or ax is last
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(lines)
        assert len(lines) <= 4


def test_curves_that_lie_on_each_other_have_their_markers_apart():
    bottom = DRAWN["lengths_and_turns"].axes[1]
    starts = [line.get_markevery()[0] for line in bottom.lines]
    assert len(set(starts)) == len(starts)


def test_every_level_of_noise_is_drawn():
    noisy = DRAWN["drift_and_steps"].axes[0].lines[2]
    assert len(noisy.get_xdata()) == 20


def test_a_line_is_the_median_of_the_seeds():
    losses = np.array([[1.0, 2.0, 9.0], [1.0, 3.0, 9.0]])
    figure = figures.losses_along(np.array([0, 1]), {t: {"a": losses} for t in "abcd"})
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [2, 3])


def test_accuracies_stand_in_per_cent_in_the_order_given():
    figure = figures.accuracies({"x": {"first": [0.2, 0.4], "second": [0.5, 0.7]}})
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["second", "first"]
    circles = ax.lines[2]
    np.testing.assert_allclose(circles.get_xdata(), [20, 40])
    assert set(circles.get_ydata()) == {1}
