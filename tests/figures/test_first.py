"""Figures of chapters 1 to 3: drawn from plain data, labelled, and readable without colour."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


from bnlib.checks.registry import lookup  # noqa: E402
from bnlib.figures import inputs, signals, whitening  # noqa: E402
from bnlib.figures.style import CARD, styled  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

X = np.arange(1.0, 13.0)
FOUR = {name: X * (k + 1) for k, name in enumerate(("one", "two", "three", "four"))}
LEARNED = X < 9


def drawn():
    cloud = np.random.default_rng(0).standard_normal((30, 2))
    dead = {"one": (X / 20, LEARNED), "two": (X / 30, ~LEARNED)}
    bowls = {"a": ((0.5, 1.0), cloud), "b": ((0.1, 1.0), cloud)}
    return {
        "valleys": inputs.valleys(bowls),
        "two_scales": inputs.two_scales({"a": (cloud, cloud + 1), "b": (cloud, cloud)}),
        "steps_against_condition": inputs.steps_against_condition(X, {"a": X, "b": 2 * X}),
        "measured_steps": inputs.measured_steps({"a": (X, X), "b": (X, 2 * X)}, (X, 3 * X)),
        "steps_against_rate": inputs.steps_against_rate(X, {"a": FOUR, "b": FOUR}),
        "clouds": whitening.clouds({"a": ("u", "v", cloud), "b": ("u", "v", cloud)}, marked=(0, 1)),
        "newton_progress": whitening.newton_progress(FOUR, {"a": X, "b": 1 / X}),
        "operations": whitening.operations(X, FOUR),
        "spectra": whitening.spectra(FOUR),
        "scale_over_depth": signals.scale_over_depth(FOUR, "title"),
        "gradient_over_depth": signals.gradient_over_depth(FOUR),
        "change_over_layers": signals.change_over_layers(X, FOUR),
        "change_through_layers": signals.change_through_layers(FOUR),
        "stds_at_scale": styled(signals.stds_at_scale)(
            lookup("layer_stds").reference, lookup("init_std").reference, 1.2, "tanh"
        ),
        "steps_and_path": styled(inputs.steps_and_path)(
            lookup("gd_steps_to").reference, lookup("max_stable_lr").reference, 2.0, 0.9
        ),
        "dead_against_rate": signals.dead_against_rate({"a": X, "b": X}, {"a": dead, "b": dead}),
        "inputs_over_training": signals.inputs_over_training(
            X, {"a": np.stack([X, X + 1, X + 2], 1), "b": np.stack([X, X, X], 1)}
        ),
    }


DRAWN = drawn()


class TestReadable(Readable):
    modules = (inputs, signals, whitening)
    drawn = DRAWN


def test_rates_at_which_not_all_learned_are_drawn_open():
    ax = DRAWN["dead_against_rate"].axes[0]
    opened = [line for line in ax.lines if line.get_markerfacecolor() == CARD]
    assert [list(line.get_xdata()) for line in opened] == [list(X[~LEARNED]), list(X[LEARNED])]
    np.testing.assert_allclose(opened[0].get_ydata(), 100 * X[~LEARNED] / 20)


def test_percentiles_keep_their_names():
    lines = DRAWN["inputs_over_training"].axes[0].lines
    assert [line.get_label() for line in lines] == ["15th percentile", "median", "85th percentile"]
    np.testing.assert_array_equal(lines[2].get_ydata(), X + 2)
