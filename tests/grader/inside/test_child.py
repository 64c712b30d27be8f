"""The child: cells that it runs and calls that it answers, with a pipe that a test holds."""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import sys
import threading
import time

import numpy as np
import pytest

from bnlib.checks import deadlines
from bnlib.grader.inside import child
from bnlib.grader.wire.frames import Connection, Gone
from tests.grader.inside.acting import Pipe, call, names_in, run


@pytest.fixture(autouse=True)
def interruptible():
    """As a terminal starts Python; a shell that starts it in the background has it ignore this."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_cells_run_one_after_another_whatever_they_raise():
    _, one, facts = run("x = 1", "x / 0", "y = x + 1", "def f(x): return x", "g = 3")
    assert facts["raised"] == [[2, "ZeroDivisionError: division by zero"]]
    assert vars(one._module)["y"] == 2
    assert facts["callable"] == ["f"]


@pytest.mark.parametrize("tell", [True, False])
def test_cells_are_told_of_before_they_run_only_where_that_was_asked_for(tell):
    told = []

    class Listening(Pipe):
        def send(self, message, arrays=b"", seconds=None):
            told.append((message[0], hasattr(sys, "ran")))
            super().send(message, arrays)

    options = {"cells": [[7, "import sys\nsys.ran = True", None]], "names": [], "seconds": 5}
    pipe = Listening((["start", {**options, "tell": tell}], b""))
    try:
        child.Child().begin(pipe)
    finally:
        del sys.ran
    assert told == [*([("cell", False)] if tell else []), ("ready", True)]
    assert pipe.sent[0][0] == ["cell", 7] or not tell


def test_chance_is_the_same_in_every_process():
    """A fork gives Python's generator a seed of its own, after all that was made ready."""
    drawn = []
    for seed in (1, 2):
        one = child.Child()
        random.seed(seed)
        source = "import random\nimport numpy as np\nx = random.random(), np.random.rand()"
        options = {"cells": [[1, source, None]], "names": [], "seconds": 5, "tell": False}
        one.begin(Pipe((["start", options], b"")))
        drawn.append(vars(one._module)["x"])
    assert drawn[0] == drawn[1]


def test_only_what_is_asked_for_and_can_be_called_is_named():
    _, _, facts = run("def f(): ...\ng = 3\nclass H: ...", names=("f", "g", "H", "k"))
    assert facts["callable"] == ["f", "H"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("return 3", "SyntaxError: 'return' outside function (<cell 1>, line 1)"),
        ("raise ValueError('x' * 9000)", "ValueError: " + "x" * 300 + "..."),
        ("raise ValueError('\\ud800')", "ValueError: ?"),
        (
            "class M(type):\n    __name__ = '\\ud800'\n"
            "class E(Exception, metaclass=M): ...\nraise E('no')",
            "?: no",
        ),
    ],
)
def test_what_a_cell_raised_is_told(source, said):
    _, _, facts = run(source)
    assert facts["raised"] == [[1, said]]


def test_an_exception_without_a_message_that_works():
    source = "class E(Exception):\n    def __str__(self): raise ValueError\nraise E"
    assert run(source)[2]["raised"] == [[1, "E: (its message cannot be shown)"]]


def test_a_cell_without_end_is_left():
    begun = time.monotonic()
    _, one, facts = run("while True: pass", "x = 1", seconds=0.2)
    assert facts["raised"] == [[1, "TimedOut: no answer after 0.2 seconds"]]
    assert vars(one._module)["x"] == 1
    assert time.monotonic() - begun < 30


def test_not_every_cell_that_raised_is_told():
    assert len(run(*["1 / 0"] * 60)[2]["raised"]) == child._MOST_RAISED


def test_imports_are_told_by_their_package():
    _, _, facts = run("import wave, xml.dom.minidom", warm=frozenset(sys.modules) - {"wave"})
    assert "wave" in facts["modules"]
    assert not any("." in name for name in facts["modules"])


def test_a_module_that_comes_again_hides_none():
    """Those that are new stand behind those that were there; one may be made to stand last."""
    _, _, facts = run("import wave, json, sys\nsys.modules['json'] = sys.modules.pop('json')")
    assert facts["modules"] == ["wave"]
    _, _, facts = run("import sys\nsys.modules['json'] = sys.modules.pop('json')")
    assert facts["modules"] == []


def test_what_stands_among_the_modules_may_be_anything():
    source = "import sys\nsys.modules[3] = sys.modules['\\ud800'] = 'x'\nsys.modules['a.b'] = sys"
    assert run(source)[2]["modules"] == ["?", "a"]


def test_the_future_holds_for_the_cells_below():
    names = names_in("from __future__ import annotations", "def f(x: undefined): ...")
    assert names["f"].__annotations__ == {"x": "undefined"}


def test_the_submission_is_the_main_module():
    names = names_in(
        "import sys, pickle, inspect\nclass A: pass\ndef f(x):\n    return x\n",
        "B = pickle.loads(pickle.dumps(A))\nhere = sys.modules['__main__'].A is A\n"
        "text = inspect.getsource(f)\nname = __name__",
    )
    assert names["B"] is names["A"]
    assert names["here"]
    assert names["name"] == "__main__"
    assert names["text"] == "def f(x):\n    return x\n"


# ---------------------------------------------------------------- the child: calls


def test_a_call_gives_a_value_and_what_it_changed():
    pipe, one, _ = run("def f(x, y):\n    x += 1\n    return x + y, None, [1]")
    tag, value, changed = call(one, pipe, np.zeros(2), np.ones(2))
    assert tag == "value"
    assert np.array_equal(value[0], [2.0, 2.0])
    assert value[1:] == (None, [1])
    assert changed == (0,)


def test_what_cannot_cross_is_kept_and_found_again():
    pipe, one, _ = run(
        "class Kept:\n    x = 7\ndef f(kept=None):\n    return Kept() if kept is None else kept.x",
    )
    _, kept, _ = call(one, pipe, None)
    assert type(kept).__name__ == "Kept"
    assert call(one, pipe, kept)[1] == 7


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        ("raise NotImplementedError('your code')", ("stub", "your code")),
        ("raise ValueError('no')", ("raised", "ValueError", "no", "raise ValueError('no')")),
        (
            "raise ValueError('\\ud800')",
            ("raised", "ValueError", "?", "raise ValueError('\\ud800')"),
        ),
        ("while True: pass", ("late", "no answer after 0.2 seconds")),
        ("import signal; signal.raise_signal(2)", ("raised", "KeyboardInterrupt", "", "")),
        ("return [0] * 60_000", ("raised", "TooLarge", "a value of more than 50000 parts", "")),
        ("import sys; sys.exit(3)", ("raised", "SystemExit", "3", "import sys; sys.exit(3)")),
        (
            "from bnlib.checks.verdicts import CannotJudge; raise CannotJudge('no torch')",
            ("unjudged", "no torch"),
        ),
    ],
)
def test_what_becomes_of_a_call(body, reply):
    pipe, one, _ = run(f"def f():\n    {body}")
    assert call(one, pipe, seconds=0.2) == reply
    assert call(one, pipe, seconds=0.2) == reply


def test_what_holds_itself_is_sent_as_far_as_it_goes():
    pipe, one, _ = run("def f():\n    a = []\n    a.append(a)\n    return a")
    assert call(one, pipe)[0] == "value"


def test_a_class_is_called_through_its_adapter():
    source = (
        "import numpy as np\nclass f:\n"
        "    def __init__(self, n, eps, momentum):\n        self.gamma = np.ones(n)\n"
        "    def forward(self, x):\n        return x * self.gamma\n"
    )
    pipe, one, _ = run(source)
    steps = [("set", "gamma", np.full(2, 3.0)), ("forward", np.ones((1, 2)))]
    tag, value, _ = call(one, pipe, 2, 0.1, 0.9, steps, adapter="numpy_layer")
    assert tag == "value"
    assert np.array_equal(value[0], [[3.0, 3.0]])


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms here : run on Linux")
def test_a_cell_that_takes_the_alarm_takes_no_deadline(monkeypatch):
    monkeypatch.setattr(deadlines, "_given", False)
    before = signal.getsignal(signal.SIGALRM)
    source = (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "def f():\n    for n in range(10**8): ..."
    )
    options = {"cells": [[1, source, None]], "names": ["f"], "seconds": 5, "tell": False}
    pipe = Pipe((["start", options], b""), (["call", 1, "f", None, ["t", []], 0.1, {}], b""))
    try:
        with pytest.raises(Gone):
            child.Child().serve(pipe)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert pipe.sent[-1][0] == ["late", 1, "no answer after 0.1 seconds"]


def test_a_whole_life_over_a_socket():
    ours, theirs = socket.socketpair()
    ended = []

    def live():
        with theirs, contextlib.suppress(Gone):
            child.Child(frozenset(sys.modules)).serve(Connection(theirs))
        ended.append(True)

    thread = threading.Thread(target=live)
    thread.start()
    judge = Connection(ours)
    cells = [[1, "def f(x):\n    return 2 * x", None]]
    judge.send(["start", {"cells": cells, "names": ["f"], "seconds": 0, "tell": True}])
    assert judge.receive(5)[0] == ["cell", 1]
    assert judge.receive(5)[0][0] == "ready"
    judge.send(["call", 1, "f", None, ["t", [21]], 0, {}])
    assert judge.receive(5)[0] == ["value", 1, 42, []]
    judge.close()
    thread.join(5)
    assert ended
