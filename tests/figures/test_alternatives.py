"""The figures of chapters 10 and 11 that show experiments: labelled, readable, and true."""

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")


from bnlib.figures import alternatives, without  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

RATES = np.arange(-8, -1)
LOSSES = np.linspace(2, 1, 7)
BROKEN = np.where(RATES > -4, np.inf, LOSSES)
IMAGES = np.random.default_rng(0).normal(size=(3, 6, 4, 5))
STEPS = np.where(RATES > -4, np.nan, 20.0)


def drawn():
    norms = {
        "first": {"a": (RATES, LOSSES), "b": (RATES, BROKEN)},
        "second": {"c": (RATES, LOSSES)},
    }
    kinds = {"one": {"a": (RATES, STEPS)}, "two": {"a": (RATES, STEPS), "b": (RATES, STEPS + 30)}}
    return {
        "loss_by_rate": alternatives.loss_by_rate(norms),
        "steps_by_rate": without.steps_by_rate(kinds, 0.3),
        "squares_by_depth": without.squares_by_depth({"a": 2.0 ** np.arange(41), "b": np.ones(41)}),
        "lengths_and_turns": without.lengths_and_turns(
            {"a": np.linspace(1, 2, 101)}, {"a": np.linspace(9, 1, 10)}
        ),
        "means_in_frames": alternatives.means_in_frames(IMAGES, (0, 2, 3), "title"),
        "length_and_weights": without.length_and_weights(np.ones(2), -np.ones(2), 2**0.5),
        "squashing": without.squashing(LOSSES, {"a": LOSSES, "b": 2 * LOSSES}, [0.5]),
        "rows_and_tanh": without.rows_and_tanh({"a": (LOSSES, LOSSES)}, RATES, LOSSES),
    }


DRAWN = drawn()


class TestReadable(Readable):
    modules = (alternatives, without)
    drawn = DRAWN


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def test_a_norm_has_one_look_in_all_panels_and_stands_once_in_the_legend():
    for name, names in {"loss_by_rate": ["a", "b", "c"], "steps_by_rate": ["a", "b"]}.items():
        figure = DRAWN[name]
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()] == names
        seen = {}
        for ax in figure.axes:
            for label, line in lines(ax).items():
                seen.setdefault(label, set()).add((line.get_linestyle(), line.get_marker()))
        assert all(len(looks) == 1 for looks in seen.values())
        assert len(set.union(*seen.values())) == len(seen)


def test_a_loss_that_is_not_finite_is_left_out():
    drawn = lines(DRAWN["loss_by_rate"].axes[0])["b"].get_ydata()
    np.testing.assert_array_equal(np.isnan(drawn), RATES > -4)
    np.testing.assert_array_equal(drawn[:5], LOSSES[:5])


def test_exponents_are_labelled_as_powers_of_two():
    ax = DRAWN["loss_by_rate"].axes[0]
    texts = [label.get_text() for label in ax.get_xticklabels()]
    labels = dict(zip(ax.get_xticks(), texts, strict=True))
    assert labels == {k: f"$2^{{{k}}}$" for k in (-8, -6, -4, -2)}


def test_a_line_ends_where_a_network_does_not_get_there():
    ax = DRAWN["steps_by_rate"].axes[1]
    assert lines(ax)["b"].get_ydata()[:5].tolist() == [50.0] * 5
    assert np.isnan(lines(ax)["b"].get_ydata()[5:]).all()
    assert "0.3" in ax.get_ylabel()
