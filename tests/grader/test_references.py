"""What a stranger may ask of our right answers: only what stands there, and not too much of it."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from bnlib.grader import references
from bnlib.grader.references import References, Refused
from tests.grader.puppets import Counter, double


class Net:
    """A class with all kinds of attributes that an exercise's may have."""

    def __init__(self, size, rate=0.5):
        self.weights = np.zeros(size)
        self.parts = [np.ones(2), np.zeros(3)]
        self.training = True
        self.rate = rate
        self.name = "not shown"
        self.mixed = [np.ones(1), "not shown"]
        self._secret = np.ones(3)

    def step(self, by):
        self.weights += by
        return self.weights.sum()

    def _hidden(self):
        return "hidden"


def endless():
    while True:
        pass


def large(size):
    return np.zeros(size)


def no_text():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError

    raise Odd


@pytest.fixture
def ours():
    functions = {"double": double, "Net": Net, "Counter": Counter, "endless": endless}
    return References({**functions, "large": large, "no_text": no_text})


def ask(ours, name, what, *arguments, seconds=5.0):
    return ours.answer(name, what, arguments, seconds)


def test_there_are_functions_and_methods(ours):
    assert ours.methods() == {
        "double": None,
        "endless": None,
        "large": None,
        "no_text": None,
        "Net": ["step"],
        "Counter": ["step"],
    }


def test_a_function_answers(ours):
    assert list(ask(ours, "double", "call", np.arange(2.0))) == [0.0, 2.0]


def test_an_object_lives_here_and_its_attributes_go_over(ours):
    number, state = ask(ours, "Net", "new", 2)
    assert number == 0
    assert set(state) == {"weights", "parts", "training", "rate"}
    assert ask(ours, "Net", "new", 3)[0] == 1
    value, state = ask(ours, "Net", "step", 0, {"weights": np.full(2, 3.0)}, 1.0)
    assert value == 8.0
    assert list(state["weights"]) == [4.0, 4.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights", np.zeros(3)),
        ("weights", np.zeros(2, dtype=int)),
        ("weights", [1.0, 2.0]),
        ("parts", [np.ones(2)]),
        ("parts", [np.full(3, 9.0), np.full(2, 9.0)]),
        ("parts", (np.ones(2), np.zeros(3))),
        ("training", 3),
        ("rate", "fast"),
        ("rate", np.ones(10)),
        ("_secret", np.zeros(3)),
        ("name", "another"),
        ("step", 3),
        ("__class__", Counter),
        ("new", 1.0),
    ],
)
def test_an_attribute_keeps_its_type_and_its_shape(ours, name, value):
    ask(ours, "Net", "new", 2)
    _, made = ours._objects[0]
    before = repr(sorted(vars(made).items()))
    ask(ours, "Net", "step", 0, {name: value}, 0.0)
    assert repr(sorted(vars(made).items())) == before
    assert type(made) is Net


def test_attributes_of_the_same_form_are_taken_over(ours):
    ask(ours, "Net", "new", 2)
    state = {"parts": [np.full(2, 7.0), np.full(3, 8.0)], "training": False, "rate": 0.1}
    _, state = ask(ours, "Net", "step", 0, state, 0.0)
    assert [list(part) for part in state["parts"]] == [[7.0] * 2, [8.0] * 3]
    assert (state["training"], state["rate"]) == (False, 0.1)


@pytest.mark.parametrize(
    ("name", "what", "arguments", "said"),
    [
        ("nothing", "call", (), "there is no such function"),
        (["double"], "call", (), "there is no such function"),
        ("double", "call", (), "TypeError"),
        ("double", "step", (0, {}), "there is no such method"),
        ("Net", "_hidden", (0, {}), "there is no such method"),
        ("Net", "__init__", (0, {}, 5), "there is no such method"),
        ("Net", "__class__", (0, {}), "there is no such method"),
        ("Counter", "step", (0, {}, 1), "there is no such method"),
        ("Net", "step", (1, {}, 1), "IndexError"),
        ("Net", "step", ("0", {}, 1), "TypeError"),
        ("Net", "step", (0, 3, 1), "AttributeError"),
        ("Net", "step", (0,), "TypeError"),
        ("no_text", "call", (), r"Odd: \(its message cannot be shown\)"),
    ],
)
def test_anything_else_is_refused(ours, name, what, arguments, said):
    ask(ours, "Net", "new", 2)
    with pytest.raises(Refused, match=said):
        ask(ours, name, what, *arguments)


def test_arguments_are_a_tuple(ours):
    with pytest.raises(Refused, match="no such function"):
        ours.answer("double", "call", [1], 5.0)


def test_time_is_bounded(ours):
    begun = time.monotonic()
    with pytest.raises(Refused, match="took too long"):
        ask(ours, "endless", "call", seconds=0.1)
    assert time.monotonic() - begun < 30


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is used : run on Linux")
def test_memory_is_bounded(ours):
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(Refused, match="MemoryError"):
        ask(ours, "large", "call", 1 << 28)  # 2 GiB
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert ask(ours, "large", "call", 10).shape == (10,)


def test_memory_is_not_bounded_where_nobody_tells_it(ours, monkeypatch):
    monkeypatch.setattr(references.sys, "platform", "darwin")
    monkeypatch.setattr("builtins.open", None)
    assert ask(ours, "double", "call", 2) == 4


@pytest.mark.parametrize(
    "held",
    [
        np.zeros(references._MOST_NUMBERS + 1),
        [np.zeros(references._MOST_NUMBERS // 2 + 1)] * 2,
        {"a": (np.zeros(references._MOST_NUMBERS), 1)},
    ],
    ids=["array", "list", "dict"],
)
def test_numbers_are_bounded(ours, held):
    with pytest.raises(Refused, match="more than 250000 numbers"):
        ask(ours, "double", "call", held)


def test_objects_are_bounded(ours):
    for _ in range(references._MOST_OBJECTS):
        ask(ours, "Counter", "new", 1.0)
    with pytest.raises(Refused, match="more than 100 objects"):
        ask(ours, "Counter", "new", 1.0)


def test_warnings_of_numpy_are_not_shown(ours, recwarn):
    with pytest.raises(Refused, match="TypeError"):
        ask(ours, "double", "call", np.array([1e308]), 1)
    assert np.isinf(ask(ours, "double", "call", np.array([1e308]))).all()
    assert not recwarn.list
