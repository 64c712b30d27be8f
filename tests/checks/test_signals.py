"""Notebook 03: what its checks take for right and for wrong, beyond the catalogue."""

import numpy as np
import pytest

from bnlib.checks import run
from bnlib.checks.callee import OwnCallee
from bnlib.checks.registry import lookup
from bnlib.figures import signals as figures
from bnlib.figures.controls import redraw
from bnlib.figures.style import styled

SEEDS = range(20)


def reference(name):
    return lookup(name).reference


@pytest.mark.parametrize(("activation", "keeps"), [("linear", 1.0), ("relu", 1.0)])
def test_the_first_weights_keep_the_mean_square(activation, keeps):
    rng = np.random.default_rng(0)
    h = rng.standard_normal((200, 800))
    w = rng.standard_normal((800, 800)) * reference("init_std")(800, activation)
    z = h @ w if activation == "linear" else np.maximum(h @ w, 0)
    assert np.mean(z**2) == pytest.approx(keeps, rel=0.05)


def test_an_error_of_another_kind_is_named_and_says_what_came():
    def table(fan_in, activation):
        return {"linear": 1, "tanh": 1, "relu": 2**0.5}[activation] / fan_in**0.5

    report = run("init_std", table)
    assert report.points == 4
    assert report.mistakes == ("key-error",)
    assert "raised KeyError, expected ValueError" in str(report)


def test_an_answer_that_always_raises_buys_no_points():
    def raises(*arguments):
        raise ValueError("no")

    for name in ("init_std", "layer_stds", "compound_change", "saturated_fraction"):
        assert run(name, raises).points == 0


def test_a_branch_that_is_not_written_yet_costs_its_own_points():
    def half(fan_in, activation):
        if activation == "relu":
            raise NotImplementedError
        return reference("init_std")(fan_in, activation)

    report = run("init_std", OwnCallee(half))
    assert [r.passed for r in report.results] == [True, True, None, None]


CONSTANTS = [0, 1, 0.5, -1, 1e9, np.nan, np.inf, None, "0", [0.5], np.float16(0.5), {}]


@pytest.mark.parametrize("value", CONSTANTS, ids=str)
@pytest.mark.parametrize(
    "name", ["init_std", "layer_stds", "compound_change", "saturated_fraction", "dead_fraction"]
)
def test_a_constant_buys_no_points(name, value):
    for seed in SEEDS[:3]:
        report = run(name, lambda *arguments: value, seed)
        assert report.points == 0, report


def test_nested_lists_of_deviations_are_no_list_of_numbers():
    def nested(x, weights, activation):
        return [[s] for s in reference("layer_stds")(x, weights, activation)]

    report = run("layer_stds", OwnCallee(nested))
    assert report.points == 0
    assert "shape (3, 1), expected (3,)" in str(report)


def test_an_answer_that_remembers_a_shape_is_seen():
    seen = {}

    def remembers(x, weights, activation):
        return seen.setdefault(activation, reference("layer_stds")(x, weights, activation))

    assert run("layer_stds", OwnCallee(remembers)).points < 6


def test_a_spread_or_sum_of_a_unit_that_is_never_negative_tells_as_well():
    for answer in (
        lambda a: np.mean(a.sum(axis=0) == 0),
        lambda a: np.mean(~a.any(axis=0)),
        lambda a: np.mean([set(unit) == {0.0} for unit in a.T]),
        lambda a: 1 - len(np.unique(np.nonzero(a)[1])) / a.shape[1],
    ):
        for seed in SEEDS:
            assert run("dead_fraction", answer, seed).passed


def test_the_control_draws_the_students_own_deviations():
    def doubled(x, weights, activation):
        return 2 * reference("layer_stds")(x, weights, activation)

    def draw(scale, activation):
        return figures.stds_at_scale(doubled, reference("init_std"), scale, activation)

    drawing = redraw(draw, scale=(0.5, 1.5, 0.05), activation=["linear", "tanh", "relu"])
    right = styled(figures.stds_at_scale)(
        reference("layer_stds"), reference("init_std"), 1.0, "linear"
    )
    lines = [figure.axes[0].lines[1].get_ydata() for figure in (drawing.figure, right)]
    assert np.allclose(lines[0], 2 * lines[1])
    drawing.controls["activation"].value = "tanh"
    assert drawing.figure.axes[0].get_title("left").startswith("tanh")
