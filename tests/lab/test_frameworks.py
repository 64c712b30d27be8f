"""What the book says of PyTorch, Keras and Flax: every row is asked anew of what is installed."""

import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import bnlib.lab.frameworks as frameworks
from bnlib.lab import tables
from bnlib.lab.frameworks import (
    COMMAND,
    FRAMEWORKS,
    ObservationError,
    alike,
    missing,
    observe,
    observing,
)
from bnlib.lab.frameworks.questions import QUESTIONS

STORED = tables.read("frameworks")


def stored(key, framework):
    return STORED.column("answer", key=key, framework=framework).item()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_row_is_what_the_library_does(framework):
    absent = missing(framework)
    if absent:
        pytest.skip(f"the rows of {framework} without {' and '.join(absent)} : make frameworks")
    rows = {row["key"]: row for row in STORED.where(framework=framework).rows}
    asked = {row["key"]: row for row in frameworks.table_rows(framework)}
    if framework == "Keras" and "other_backend" not in asked:
        rows.pop("other_backend")
    assert asked.keys() == rows.keys(), f"{COMMAND} writes the table anew"
    for key, row in asked.items():
        text = tables._text(row["answer"])
        assert tables._value(text) == rows[key]["answer"], (key, row["version"])
        assert (row["question"], row["how"]) == (rows[key]["question"], rows[key]["how"])


def test_the_table_says_what_made_it():
    assert STORED.header["command"] == COMMAND
    assert list(STORED.rows[0]) == ["framework", "version", "key", "question", "answer", "how"]
    assert STORED.values("framework") == list(FRAMEWORKS)
    assert set(STORED.values("key")) == set(QUESTIONS)
    keys = [(row["framework"], row["key"]) for row in STORED.rows]
    assert len(set(keys)) == len(keys)


def test_what_chapters_say_of_the_table():
    assert [stored("momentum_default", f) for f in FRAMEWORKS] == [0.1, 0.99, 0.99, 0.99]
    assert [stored("running_variance", f) for f in FRAMEWORKS] == ["N - 1", "N", "N", "N"]
    assert {stored("normalizing_variance", f) for f in FRAMEWORKS} == {"N"}


def test_importing_the_package_imports_no_library():
    code = "import sys, bnlib.lab.frameworks; print({'torch', 'keras', 'jax'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_a_library_that_fails_is_said_with_its_error(monkeypatch):
    monkeypatch.setitem(FRAMEWORKS, "None", ("no_such_module", ()))
    with pytest.raises(ObservationError, match="no_such_module"):
        observe("None")
    monkeypatch.setitem(FRAMEWORKS, "None", ("no_such_module", ("no_such_package",)))
    assert missing("None") == ["no_such_package"]


def test_every_module_that_asks_is_listed():
    asking = {"pytorch", "keras_torch", "flax_nnx", "flax_linen"}
    assert {module for module, _ in FRAMEWORKS.values()} == asking
    others = {"asked", "alike", "observing", "questions", "__main__"}
    assert {m.name for m in pkgutil.iter_modules(frameworks.__path__)} == asking | others


# ------------------------------------------------------------------- the questions themselves


class Known:
    """A layer whose every choice is an argument, so that the right answers are known."""

    def __init__(self, features, momentum=0.2, weighs_old=False, eps=3e-4, off=0, off_running=0):
        self.share = 1 - momentum if weighs_old else momentum
        self.eps, self.off, self.off_running = eps, off, off_running
        self.mean, self.var = np.zeros(features), np.ones(features)

    def train(self, x):
        squares = np.square(x - x.mean(0)).sum(0)
        self.mean = (1 - self.share) * self.mean + self.share * x.mean(0)
        new = squares / max(len(x) - self.off_running, 1)
        self.var = (1 - self.share) * self.var + self.share * new
        return (x - x.mean(0)) / np.sqrt(squares / (len(x) - self.off) + self.eps)

    def infer(self, x):
        return (x - self.mean) / np.sqrt(self.var + self.eps)

    def numbers(self):
        return np.ones(1), np.zeros(1), self.mean.copy(), self.var.copy()


def known(**choices):
    return lambda features, **options: Known(features, **{**choices, **options})


@pytest.mark.parametrize(
    ("ask", "choices", "answer"),
    [
        (alike.momentum_weighs, {}, "the new value"),
        (alike.momentum_weighs, {"weighs_old": True}, "the old value"),
        (alike.new_share, {"momentum": 0.9, "weighs_old": True}, 0.1),
        (alike.momentum_default, {"momentum": 0.9, "weighs_old": True}, 0.9),
        (alike.eps_default, {"eps": 2e-5}, 2e-5),
        (alike.normalizing_variance, {}, "N"),
        (alike.normalizing_variance, {"off": 1}, "N - 1"),
        (alike.running_variance, {}, "N"),
        (alike.running_variance, {"off_running": 1}, "N - 1"),
        (alike.running_variance, {"off_running": 2}, "2.000 for 4 values"),
        (alike.inference_uses, {}, "the running statistics"),
        (alike.inference_moves, {}, "no"),
        (alike.large_mean, {}, "yes"),
        (alike.one_row, {}, "output 0"),
        (alike.one_row_running, {}, 0.8),
        (alike.two_rows, {"eps": 0.0}, "-1.000000 and 1.000000"),
    ],
)
def test_a_question_finds_the_answer_of_a_layer_that_is_known(ask, choices, answer):
    assert ask(known(**choices)) == answer


def test_which_statistics_were_used_is_told_apart():
    x = observing.column(1, 2, 3)
    assert observing.uses((x - 2) / x.std(), x, (0.0, 1.0)) == observing.BATCH
    assert observing.uses(x, x, (0.0, 1.0)) == observing.RUNNING
    assert observing.uses(x + 1, x, (0.0, 1.0)) == "neither"


def test_what_a_mask_did_is_told_apart():
    assert observing.masked(np.array([-1, 1, 18.0]), 2.0).startswith("not counted")
    assert "counted (mean 8)" in observing.masked(np.array([-1, 1, 0.0]), 8.0)
    assert observing.masked(np.array([-1, 1, 0.0]), 2.0).endswith("comes out as 0")
