"""Chapter 11: what the text states, and the chapter's own cells, run as they are."""

import math

import numpy as np
import pytest
import torch

import bnlib
from bnlib.lab import alternatives, residual
from bnlib.lab import without as lab
from tests.book.page import Page

PAGE = Page("11_without")


@pytest.fixture(scope="module")
def run():
    deep = alternatives.deep_plain
    # Two seeds are enough to see that the cell runs; the book trains them all.
    with PAGE.ran((alternatives, "deep_plain", lambda seeds, norms: deep(seeds[:2], norms))) as run:
        yield run


# ------------------------------------------------------------------- the mathematics


@pytest.mark.parametrize("seed", range(10))
def test_the_gradient_of_v_is_orthogonal_to_v(seed):
    rng = np.random.default_rng(seed)
    v, dw = rng.normal(size=(2, 4, 3, 2))
    _, cache = bnlib.weight_norm(v, rng.normal(size=4))
    dv, _ = bnlib.weight_norm_backward(dw, cache)
    assert np.abs((v * dv).sum(axis=(1, 2))).max() < 1e-13
    step = v - 0.3 * dv
    grown = np.sum(v**2) + 0.3**2 * np.sum(dv**2)
    np.testing.assert_allclose(np.sum(step**2), grown, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_no_step_of_plain_descent_shrinks_v(seed):
    for rate in (0.05, 0.5):
        run = lab.descend(rate, steps=100, seed=seed)
        assert (np.diff(run.lengths) > 0).all()
        np.testing.assert_allclose(run.lengths, run.predicted, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_which_other_steps_can_shrink_v(seed):
    def growth(step, momentum=0.0):
        rng = np.random.default_rng(seed)
        v, velocity, grown = rng.normal(size=(1, 6)), np.zeros((1, 6)), []
        for _ in range(60):
            _, cache = bnlib.weight_norm(v, np.ones(1))
            dv, _ = bnlib.weight_norm_backward(rng.normal(size=(1, 6)), cache)
            velocity = momentum * velocity + step(v, dv)
            moved = v - 0.1 * velocity
            grown.append(np.linalg.norm(moved) - np.linalg.norm(v))
            v = moved
        return np.array(grown)

    assert (growth(lambda v, dv: dv) > 0).all()
    assert (growth(lambda v, dv: dv, momentum=0.9) > 0).all()
    assert (growth(lambda v, dv: dv + 0.5 * v) < 0).any()
    assert (growth(lambda v, dv: np.sign(dv)) < 0).any()


@pytest.mark.parametrize("kind", ["plain", "batch norm"])
def test_the_proposition_on_residual_streams_holds_on_average_over_weights(kind):
    # One batch that is neither normal nor symmetric, many draws: the proposition assumes little.
    x = torch.rand(1, 20, 8, generator=torch.Generator().manual_seed(0)) ** 3 + 0.5
    net = residual.ResidualNet(residual.draws(range(2000), 8, 8, 1), kind)
    with torch.no_grad():
        entered = net.norms[0](x, True) if kind == "batch norm" else x.expand(2000, -1, -1)
        added = net.branch(x.expand(2000, -1, -1), 0, True).square().mean()
    torch.testing.assert_close(added, entered.square().mean(), rtol=0.06, atol=0)


# ------------------------------------------------------------------- the chapter


def test_what_the_prose_says_of_its_numbers(run):
    glued = run.numbers
    assert all(math.isfinite(value) for value in glued.values())
    assert 1 < glued["l_slow"] < glued["l_fast"]
    assert glued["l_first"] > 4  # "several times larger"
    assert glued["l_last"] < 1.3  # "the two curves nearly meet"
    assert glued["s_standard"] < glued["s_drawn"] / 20
    assert glued["r_last"] < 0.1 < 0.4 < glued["r_last_plain"]
    assert glued["t_small_low"] < 1 < glued["t_small_high"]  # "no difference"
    assert glued["t_fixup_low"] < 1 < glued["t_fixup_high"]
    assert glued["t_equal"] > 1.2  # batch norm is the slower one at equal small rates
    assert glued["t_cut_low"] > 1  # "wins back a part"
    assert glued["t_cut_high"] < 1.1 * glued["t_large"]
    assert 2 < glued["t_up_cut"] < glued["t_up"]


def test_the_signal_of_residual_networks_is_as_theory_has_it(run):
    said = {f["setting"]: f["speaks"] for f in run.claims[22]}
    assert len(said) == 3
    assert set(said.values()) == {"for"}


def test_the_weights_of_a_branch_scaled_by_zero_learn_after_the_scale(run):
    names = run.names
    assert names.s != 0
    assert np.linalg.norm(names.dw) > 0


def test_which_layer_notices_what(run):
    names = run.names
    noticed = {
        layer: {
            change
            for change, x in names.changes.items()
            if not np.allclose(f(x)[0, :5], f(names.x)[0, :5], atol=1e-6)
        }
        for layer, f in names.layers.items()
    }
    assert noticed == {
        "batch norm": {"another row", "row 0 times 10"},
        "layer norm": {"feature 5 of row 0"},
        "dynamic tanh": {"row 0 times 10", "all rows times 10"},
    }


def test_the_exercises_own_figures_draw_what_they_are_given():
    pytest.importorskip("matplotlib").use("Agg")
    from bnlib.figures import without as figures

    w = np.array([1.2, 1.6])
    ax = figures.length_and_weights(3 * w, w, 2.0).axes[0]
    assert [tuple(line.get_xydata()[-1]) for line in ax.lines[1:]] == [tuple(3 * w), tuple(w)]
    assert "w, length 2.00" in ax.get_legend().get_texts()[1].get_text()
    grid = np.linspace(-1, 1, 21)
    ax = figures.squashing(grid, {"one": grid, "two": 2 * grid}, [0.5]).axes[0]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), 2 * grid)
