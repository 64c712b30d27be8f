"""Stand-ins for given answers: what they ask, and what they make of what comes back."""

from __future__ import annotations

import numpy as np
import pytest

from bnlib.grader.inside import given
from bnlib.grader.wire.encoding import Decoder, Encoder, make_handle
from tests.grader.inside.acting import call, run


def answer(value) -> tuple:
    encoder = Encoder()
    return ["answer", encoder.encode(value)], encoder.arrays


def test_a_given_function_is_asked_for_and_put_back():
    source = "def double(x): raise ValueError('mine')\ndef f(x): return double(x) + 1"
    pipe, one, _ = run(source, frames=[answer(np.full(2, 8.0))])
    tag, value, _ = call(one, pipe, np.full(2, 4.0), asked={"double": None})
    assert (tag, list(value)) == ("value", [9.0, 9.0])
    (asked, arrays), _ = pipe.sent
    assert asked[:3] == ["ask", "double", "call"]
    assert np.array_equal(Decoder(arrays, make_handle).decode(asked[3])[0], [4.0, 4.0])
    assert call(one, pipe, 1.0)[:3] == ("raised", "ValueError", "mine")


def test_what_the_judge_refuses_is_raised():
    source = "def double(x): ...\ndef f(x): return double(x)"
    pipe, one, _ = run(source, frames=[(["failed", "ValueError: shapes"], b"")])
    assert call(one, pipe, 1.0, asked={"double": None})[:3] == (
        "raised",
        "ValueError",
        "ValueError: shapes",
    )


class Judge:
    """Answers for a class with an array, a list of arrays and a number."""

    def __init__(self):
        self.asked: list = []

    def __call__(self, name, what, arguments):
        self.asked.append((name, what, arguments))
        if what == "new":
            return 0, {"weights": np.ones(2), "parts": [np.zeros(1)], "training": True}
        _, state, by = arguments
        return "value", {**state, "weights": state["weights"] + by, "parts": [np.ones(1)]}


def test_a_given_class_keeps_the_identity_of_its_arrays():
    judge = Judge()
    net = given.stand_in("Net", ["step"], judge)(3, 0.5)
    weights, part = net.weights, net.parts[0]
    weights[0] = 5
    net.training = False
    net._own = "not the judge's"
    assert net.step(1.0) == "value"
    assert net.weights is weights
    assert net.parts[0] is part
    assert list(weights) == [6.0, 2.0]
    assert list(part) == [1.0]
    assert not net.training
    assert judge.asked[0] == ("Net", "new", (3, 0.5))
    _, state, by = judge.asked[1][2]
    assert set(state) == {"weights", "parts", "training"}
    assert by == 1.0
    net.weights = np.zeros(3)
    with pytest.raises(ValueError, match="broadcast"):
        net.weights += np.ones(2)
    net.step(1.0)
    assert type(net).__name__ == "Net"
    assert type(net).step.__name__ == "step"
