"""A pipe that a test holds, and a child at its other end."""

from __future__ import annotations

import collections
import sys

from bnlib.grader.inside.child import Child
from bnlib.grader.wire.encoding import Decoder, Encoder, make_handle
from bnlib.grader.wire.frames import Gone


class Pipe:
    """The judge's place: frames for the child, and those that it sent."""

    def __init__(self, *frames):
        self._frames = collections.deque(frames)
        self.sent: list = []

    def receive(self, seconds=None):
        if not self._frames:
            raise Gone("it closed the connection")
        return self._frames.popleft()

    def send(self, message, arrays=b"", seconds=None):
        self.sent.append((message, arrays))


def run(*sources: str, names=("f",), seconds: float = 5.0, frames=(), warm=None, tell=True):
    """A child that has run cells: its pipe, the child, and the facts that it sent."""
    cells = [[n, source, None] for n, source in enumerate(sources, 1)]
    options = {"cells": cells, "names": list(names), "seconds": seconds, "tell": tell}
    pipe = Pipe((["start", options], b""), *frames)
    one = Child(frozenset(sys.modules) if warm is None else warm)
    one.begin(pipe)
    tag, facts = pipe.sent[-1][0]
    assert tag == "ready"
    assert [message for message, _ in pipe.sent[:-1]] == [["cell", n] for n, *_ in cells]
    pipe.sent.clear()
    return pipe, one, facts


def names_in(*sources: str) -> dict:
    """What cells leave; none of them may raise."""
    _, one, facts = run(*sources)
    assert facts["raised"] == []
    return vars(one._module)


def call(one: Child, pipe: Pipe, *arguments, name="f", adapter=None, seconds=5.0, asked=()):
    encoder = Encoder()
    data = encoder.encode(arguments)
    one.answer(["call", 1, name, adapter, data, seconds, dict(asked)], encoder.arrays)
    message, arrays = pipe.sent[-1]
    tag, number, *rest = message
    assert number == 1
    if tag == "value":
        return tag, Decoder(arrays, make_handle).decode(rest[0]), tuple(rest[1])
    return tag, *rest
