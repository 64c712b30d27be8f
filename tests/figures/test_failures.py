"""The figures of chapter 9: drawn from the function that is passed in, labelled, told apart."""

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")


import bnlib  # noqa: E402
from bnlib.figures import failures as figures  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402


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
        "error_by_group": figures.error_by_group(
            {"one": {"batch": {2: 80, 4: 50}, "renorm": {2: 60}}, "two": {"batch": {2: 70, 4: 40}}},
            {"one": {"group": 40, "layer": 38}, "two": {"group": 30}},
        ),
        "leaked_accuracy": figures.leaked_accuracy(x, x / 10, x / 10, 0.84),
        "bars_by_change": figures.bars_by_change(
            {
                data: {net: {"offset": 10.0 * i, "noise": 5.0} for i, net in enumerate("abc", 1)}
                for data in ("one", "two")
            }
        ),
        "shift_by_depth": figures.shift_by_depth({"one": {"a": x / 8, "b": x / 9}}),
        "tuned_by_size": figures.tuned_by_size(
            {"one": {mode: {2: 60.0, 8: 50.0} for mode in ("updated", "frozen", "recomputed")}}
        ),
    }


DRAWN = drawn()


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


def test_layers_without_a_batch_are_level_lines_from_end_to_end():
    ax = DRAWN["error_by_group"].axes[0]
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines["group"].get_ydata()) == [40, 40]
    assert list(lines["group"].get_xdata()) == [2, 4]
    assert list(lines["renorm"].get_xdata()) == [2]
    assert len(DRAWN["error_by_group"].axes) == 2


def test_bars_are_as_high_as_they_should_be_and_told_apart_by_hatches():
    for ax in DRAWN["bars_by_change"].axes:
        groups = ax.containers
        assert [[bar.get_height() for bar in group] for group in groups] == [
            [10, 5],
            [20, 5],
            [30, 5],
        ]
        assert len({group[0].get_hatch() for group in groups}) == 3
        assert ax.get_ylim()[1] > 30
        # Bars of one change stand side by side, round its name.
        middles = [group[1].get_x() + group[1].get_width() / 2 for group in groups]
        np.testing.assert_allclose(np.mean(middles), 1)
        assert np.diff(middles).min() > 0.2


def test_what_goes_down_is_drawn_below_zero():
    (ax,) = figures.bars_by_change({"one": {"a": {"x": -4.0, "y": 8.0}}}).axes
    assert ax.get_ylim()[0] <= -4


def test_layers_are_counted_from_one():
    ax = DRAWN["shift_by_depth"].axes[0]
    assert [list(line.get_xdata()) for line in ax.lines] == [[1, 2, 3]] * 2


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
