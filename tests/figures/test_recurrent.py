"""The figures of recurrent and of generative networks: labelled, and of the values given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")


from bnlib.figures import recurrent as figures  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

NORMS = {"none": (60.0, 55.0, 64.0), "layer": (50.0, 48.0, 52.0), "each step": (40.0, 20.0, 59.0)}
TASKS = {"digits": NORMS, "MNIST-1D": dict(list(NORMS.items())[:2])}
STEPS = np.array([250, 500, 750])
MODES = {name: STEPS / 250 + k for k, name in enumerate(("none", "generator", "mixed", "both"))}
DRAWN = {
    "accuracies": figures.accuracies(TASKS),
    "modes_over_training": figures.modes_over_training(STEPS, MODES, 8),
}


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


def test_each_norm_has_its_name_its_mean_and_its_interval():
    axes = DRAWN["accuracies"].axes
    assert [ax.get_title(loc="left") for ax in axes] == list(TASKS)
    for ax, norms in zip(axes, TASKS.values(), strict=True):
        assert "%" in ax.get_xlabel()
        assert [label.get_text() for label in ax.get_yticklabels()] == list(norms)
        intervals, means = ax.lines[::2], ax.lines[1::2]
        assert len(means) == len(norms)
        for row, (mean, low, high) in enumerate(norms.values()):
            assert list(intervals[row].get_xdata()) == [low, high]
            assert list(means[row].get_xdata()) == [mean]
            assert set(intervals[row].get_ydata()) == set(means[row].get_ydata()) == {row}
        # The first is at the top, and none is cut off.
        bottom, top = ax.get_ylim()
        assert top < 0 < len(norms) - 1 < bottom


def test_modes_are_drawn_against_the_step_up_to_all_of_them():
    (ax,) = DRAWN["modes_over_training"].axes
    assert ax.get_xlabel() == "step"
    assert "8" in ax.get_ylabel()
    low, high = ax.get_ylim()
    assert low < 0 < high == 8
    for line, (name, values) in zip(ax.lines, MODES.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_allclose(line.get_xdata(), STEPS)
        np.testing.assert_allclose(line.get_ydata(), values)
    assert len({(line.get_linestyle(), line.get_marker()) for line in ax.lines}) == 4
    (legend,) = DRAWN["modes_over_training"].legends
    assert [text.get_text() for text in legend.get_texts()] == list(MODES)
