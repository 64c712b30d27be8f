"""The figures of chapter 8: drawn from plain data, labelled, told apart, and inside their frame."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


from bnlib.figures import why as figures  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402


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


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


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
