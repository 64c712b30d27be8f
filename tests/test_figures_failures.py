"""The figures of chapter 9: drawn from the function that is passed in, labelled, told apart."""

import inspect

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")

from matplotlib.figure import Figure  # noqa: E402

import bnlib  # noqa: E402
from bnlib.figures import failures as figures  # noqa: E402


def ghost(*arguments):
    return bnlib.ghost_batch_norm(*arguments)[0]


def renorm(*arguments):
    return bnlib.batch_renorm(*arguments)[0]


def drawn():
    x = np.array([2, 4, 8])
    return {
        "batch_noise": figures.batch_noise(x, {"a": x, "a (formula)": x}, {"b": x}),
        "ghost_outputs": figures.ghost_outputs(ghost, 12),
        "renorm_line": figures.renorm_line(renorm, 1.5, 1.0),
        "dropout_ratios": figures.dropout_ratios(lambda p: 1 - p, 1.0, values=1000),
        "accuracy_against_share": figures.accuracy_against_share(x / 10, {"a": x, "b": x}),
    }


DRAWN = drawn()


def test_every_figure_is_tried_here():
    own = {
        name
        for name, f in inspect.getmembers(figures, inspect.isfunction)
        if f.__module__ == figures.__name__ and not name.startswith("_")
    }
    assert own == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_axes_are_labelled_and_series_differ_in_more_than_colour(name):
    assert isinstance(DRAWN[name], Figure)
    for ax in DRAWN[name].axes:
        assert ax.get_xlabel()
        assert ax.get_ylabel()
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(lines)


def test_parts_of_two_rows_are_drawn_at_plus_and_minus_one():
    lines = DRAWN["ghost_outputs"].axes[0].lines
    assert len(lines) == 12
    for line in lines:
        np.testing.assert_allclose(line.get_ydata(), [-1, 1], atol=1e-2)


@pytest.mark.parametrize(("bounds", "other"), [((1.0, 0.0), "batch norm"), ((9, 9), "inference")])
def test_the_line_of_renorm_lies_on_the_one_it_should(bounds, other):
    lines = {
        line.get_label(): line.get_ydata()
        for line in figures.renorm_line(renorm, *bounds).axes[0].lines
    }
    np.testing.assert_allclose(lines["batch renorm"], np.ravel(lines[other]))


def test_a_mean_of_zero_is_simulated_once():
    labels = [
        line.get_label() for line in figures.dropout_ratios(lambda p: 1 - p, 0.0).axes[0].lines
    ]
    assert labels == ["dropout_variance_ratio(p)", "simulated, mean 0"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda stub: figures.ghost_outputs(stub, 2),
        lambda stub: figures.renorm_line(stub, 1.5, 1.0),
        lambda stub: figures.dropout_ratios(stub, 1.0),
    ],
)
def test_a_stub_is_passed_on_as_one(draw):
    def stub(*arguments):
        raise NotImplementedError("write this")

    with pytest.raises(NotImplementedError, match="write this"):
        draw(stub)
