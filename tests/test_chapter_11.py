"""Chapter 11: what the text states, and the chapter's own cells, run as they are."""

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import bnlib
from bnlib.lab import without as lab

CHAPTER = Path(__file__).resolve().parents[1] / "book" / "11_without.md"
TEXT = CHAPTER.read_text(encoding="utf-8")
CELLS = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", TEXT, re.S)
HEADER = re.compile(r"\A(---\n.*?\n---\n|(:[^\n]*\n)+)", re.S)


@pytest.fixture(scope="module")
def page():
    """The names that the chapter's cells define, and the numbers of its prose."""
    pytest.importorskip("matplotlib").use("Agg")
    names, glued = {}, {}
    stub = types.ModuleType("myst_nb")
    stub.glue = lambda name, value, display=True: glued.update({name: value})
    before = sys.modules.get("myst_nb")
    sys.modules["myst_nb"] = stub
    try:
        for cell in CELLS:
            exec(compile(HEADER.sub("", cell), str(CHAPTER), "exec"), names)
    finally:
        if before is None:
            del sys.modules["myst_nb"]
        else:
            sys.modules["myst_nb"] = before
    return types.SimpleNamespace(**names), glued


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


@pytest.mark.parametrize("seed", range(5))
def test_how_a_residual_stream_grows(seed):
    def normalized(x):
        return bnlib.batch_norm(x, np.ones(256), np.zeros(256), 1e-5)[0]

    plain = lab.residual_squares(12, seed=seed)
    assert 1.8 < (plain[-1] / plain[0]) ** (1 / 12) < 2.2
    added = np.diff(lab.residual_squares(12, normalized, seed=seed))
    assert 0.85 < added.mean() < 1.15
    scaled = lab.residual_squares(12, scale=12**-0.5, seed=seed)
    assert 2.2 < scaled[-1] / scaled[0] < np.e * 1.1
    assert np.ptp(lab.residual_squares(12, scale=0.0, seed=seed)) == 0


# ------------------------------------------------------------------- the chapter


def test_what_the_prose_says_of_its_numbers(page):
    names, glued = page
    assert 1 < glued["l_slow"] < glued["l_fast"]
    assert glued["l_first"] > 4  # "several times larger"
    assert glued["l_last"] < 1.3  # "the two curves nearly meet"
    assert glued["s_standard"] < glued["s_drawn"] / 20
    assert glued["r_last"] < 0.1 < 0.4 < glued["r_last_plain"]
    assert 2**14 < names.plain[-1] < 2**16  # "about 30 000"
    assert 15 < names.squares["normalized"][-1] < 19  # "near 17"


def test_the_weights_of_a_branch_scaled_by_zero_learn_after_the_scale(page):
    names, _ = page
    assert names.s != 0
    assert np.linalg.norm(names.dw) > 0


def test_which_layer_notices_what(page):
    names, _ = page
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


def test_each_figure_has_words_for_those_who_do_not_see_it():
    drawn = [cell for cell in CELLS if "figures." in cell and "import" not in cell]
    assert len(drawn) == 3
    for cell in drawn:
        assert re.search(r"image:\n\s+alt: >-\n\s+\S", cell), cell
        assert re.search(r"caption: \|\n\s+\S", cell), cell


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
