"""Chapter 12: its cells, its programs, and what its text says of both."""

import importlib.util
import re

import pytest

from tests.book.page import Page
from tools import snippets

NUMBER = re.compile(r"\d+\.\d+|\d+")
PAGE = Page("12_choosing")
TEXT = PAGE.text


@pytest.fixture(scope="module")
def run():
    with PAGE.ran() as run:
        yield run


def test_what_the_prose_says_of_batch_sizes(run):
    names, glued = run.names, run.numbers
    assert glued["b_cost_low"] > 0  # "batches of 1024 at ...: points more"
    assert glued["b_gain_high"] < 0  # at equal steps the larger batch is ahead
    assert glued["b_ghosts_high"] < 0  # "with those of a group it is further ahead"
    rows, steps = ([e.mean for e in curve] for curve in (names.rows, names.steps))
    assert abs(rows[0] - rows[1]) < 2 < rows[2] - rows[1] < rows[3] - rows[1]
    assert steps == sorted(steps, reverse=True)


def test_what_the_prose_says_of_the_two_orders(run):
    names, glued = run.names, run.numbers
    assert glued["k_moved_low"] > 1
    assert set(names.orders.values()) == {glued["k_rate"]}  # "for all three"
    after, before = names.after["steps"].mean(), names.before["steps"].mean()
    assert max(after / before, before / after) < glued["k_moved"]


def test_what_the_prose_says_of_the_libraries(run):
    names, glued = run.names, run.numbers

    def answers(key):
        rows = names.observed.where(key=key).rows
        return {row["framework"]: row["answer"] for row in rows}

    assert glued["f_share"] == pytest.approx(glued["f_torch"] / 10)
    assert answers("momentum_weighs")["PyTorch"] == "the new value"
    assert set(answers("momentum_weighs").values()) == {"the new value", "the old value"}
    assert {k for k, v in answers("frozen_moves").items() if v == "no"} == {"Keras"}
    for library in ("PyTorch", "Flax NNX"):
        assert answers("inference_then_train")[library] == "the batch's statistics"
    assert answers("devices_running") == {"PyTorch": "overwritten by the first one's"}
    assert set(answers("devices_compiled").values()) == {"the whole batch"}
    assert answers("large_mean")["Keras"] == "no"
    assert answers("large_mean")["Flax NNX"].startswith("no; with use_fast_variance=False: yes")
    assert "large_mean (yes)" in answers("other_backend")["Keras"]
    assert answers("one_row")["PyTorch"] == "ValueError"
    assert {answers("one_row")[k] for k in ("Keras", "Flax NNX", "Flax Linen")} == {"output 0"}
    assert all(gamma < 1 for gamma in answers("adamw_gamma").values())


def test_every_program_is_shown_with_what_it_prints():
    shown = re.findall(r"```\{literalinclude\} snippets/(\w+)\.(py|txt)\n", TEXT)
    assert shown == [(name, kind) for name, _ in shown[::2] for kind in ("py", "txt")]
    assert sorted(name for name, _ in shown[::2]) == snippets.names()
    for name in snippets.names():
        assert (snippets.FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("name", snippets.names())
def test_a_program_prints_what_is_shown(name):
    missing = [
        package
        for package in snippets.PACKAGES[name.split("_")[0]]
        if importlib.util.find_spec(package) is None
    ]
    if missing:
        pytest.skip(f"{name}.py without {' and '.join(missing)} : make frameworks")
    printed = snippets.run(name)
    stored = (snippets.FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert NUMBER.sub("#", printed) == NUMBER.sub("#", stored)
    # Other processors round otherwise, and training carries that to the accuracies.
    for new, old in zip(NUMBER.findall(printed), NUMBER.findall(stored), strict=True):
        assert float(new) == pytest.approx(float(old), abs=0.06)


def test_what_the_text_says_of_the_examples():
    lines = (snippets.FOLDER / "keras_article_conv.txt").read_text().splitlines()
    found = [[float(v) for v in re.findall(r"(\d\.\d+) (?:in|at)", line)] for line in lines]
    assert found[0][0] > 0.95
    assert found[0][1] < 0.6
    assert min(found[1]) > 0.95
