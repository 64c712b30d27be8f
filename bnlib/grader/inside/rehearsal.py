"""A notebook that the warm parent plays to itself before it forks.

What Python and NumPy make at the first use of a function (specialised bytecode, caches of
methods, tables of formats) is then there, in every child. The notebook is ours and holds no
answer: what it defines is what a student's cells are made of.
"""

from __future__ import annotations

import socket

import numpy as np

from bnlib.grader.inside.child import Child
from bnlib.grader.wire.encoding import Encoder
from bnlib.grader.wire.frames import Connection

# More often than the interpreter waits before it specialises a function (8 calls).
_TIMES = 10
_CELLS = (
    """\
import numpy as np
from bnlib import check
from bnlib.cache import Cache
from bnlib.checks import if_attempted
from bnlib.figures.controls import redraw
rng = np.random.default_rng(4)
""",
    """\
def scaled(x, factor, shift, eps):
    total = x.sum(axis=0)
    centre = total / len(x)
    moved = x - centre
    size = np.sqrt((moved**2).mean(axis=0) + eps) + x.std(axis=0) + x.var(axis=0, keepdims=True)
    turned = x.reshape(-1, x.shape[1]).transpose(1, 0).copy().T
    return factor * moved / size + shift + 0 * turned, Cache(x, moved, centre, size, factor)
check(scaled)
""",
    """\
class Counter:
    def __init__(self, start):
        self.value = np.zeros(start)
    def more(self, by):
        self.value = self.value + by
        return self.value
""",
    "def stub(x, factor, shift, eps):\n    raise NotImplementedError('later')\n",
    "def wrong(x, factor, shift, eps):\n    return x @ x\n",
    """\
with if_attempted():
    y, _ = scaled(rng.normal(3, 2, (8, 3)), np.ones(3), np.zeros(3), 1e-5)
    Counter(3).more(np.array([1.0, 2.0, 3.0]))
    print("mean", np.round(y.mean(axis=0), 3), np.allclose(y, y))
with if_attempted():
    stub(1, 2, 3, 4)
""",
    "redraw(scaled, factor=1.0)",
)
_ASKED = ("scaled", "stub", "wrong")


def play(times: int = _TIMES) -> None:
    """Run the notebook and call its functions, as in a child, and leave nothing of it."""
    ours, theirs = socket.socketpair()
    judge, pipe = Connection(ours), Connection(theirs)
    cells = [[number, source, None] for number, source in enumerate(_CELLS)]
    start = ["start", {"cells": cells, "names": list(_ASKED), "seconds": 5.0, "tell": False}]
    encoder = Encoder()
    x = np.linspace(0.0, 1.0, 12).reshape(4, 3)
    arguments = encoder.encode((x, np.ones(3), np.zeros(3), 1e-5))
    with ours, theirs:
        for _ in range(times):
            child = Child()
            judge.send(start)
            child.begin(pipe)
            while judge.receive()[0][0] != "ready":
                pass
            for number, name in enumerate(_ASKED):
                call = ["call", number, name, None, arguments, 5.0, {}]
                judge.send(call, encoder.arrays)
                child.answer(*pipe.receive())
                judge.receive()
