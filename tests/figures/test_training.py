"""Figures of chapter 7: drawn from what they are given, labelled, and readable."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


from bnlib.figures import training as figures  # noqa: E402
from bnlib.lab.paired import Estimate  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

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


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


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
