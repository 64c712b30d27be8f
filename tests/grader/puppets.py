"""Submissions that say what a test has them say: a warm parent whose children are bytes.

Without a process at the other end a conversation takes a millisecond, so that a fuzzer can hold
many. What the judge may raise, however odd the bytes, stands in `talk`.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Sequence

import msgpack
import numpy as np

from bnlib.checks.calling import Outcome
from bnlib.checks.compare import as_array, form
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut, Wrong
from bnlib.grader.questions import Question
from bnlib.grader.references import References
from bnlib.grader.remote import Facts, Session
from bnlib.grader.sandbox.warm import SandboxFailed
from bnlib.grader.wire.encoding import Encoder, TooLarge
from bnlib.grader.wire.frames import Connection

CELLS = [(1, "import numpy as np"), (2, "def f(x): ..."), (5, "def g(x): ...")]
NAMES = ["f", "g"]
# What a socket takes without a reader.
_BUFFERED = 100_000


class Parent:
    """Stands for a WarmParent; each fork is a child that says the next of the streams.

    Args:
        streams: what each child says; the last one is said by all that follow. Bytes are said
            at once, whether they were asked for or not; of a list (of small ones), the next item
            whenever the judge listens and has heard what was said.
        stays: whether a child that has said it all stays silent, rather than hangs up.
        pause: seconds between one byte and the next, or None.
    """

    def __init__(self, *streams: bytes | list, stays: bool = False, pause: float | None = None):
        self._streams = list(streams)
        self._stays = stays
        self._pause = pause
        self._ends: list[socket.socket] = []
        self._gone = threading.Event()
        self.forks = 0

    def fork(self) -> Connection:
        stream = self._streams[min(self.forks, len(self._streams) - 1)]
        self.forks += 1
        ours, theirs = socket.socketpair()
        self._ends.append(theirs)
        self._gone = threading.Event()
        if isinstance(stream, list):
            turns = list(stream)
            return _Prompter(ours, lambda: self._say(theirs, turns, self._gone))
        self._say(theirs, [stream], self._gone)
        return Connection(ours)

    def _say(self, end: socket.socket, turns: list[bytes], gone: threading.Event) -> None:
        """Hear what was asked, say the first of the turns and take it away."""
        with contextlib.suppress(OSError):
            while end.recv(1 << 20, socket.MSG_DONTWAIT):
                pass
        said = turns.pop(0) if turns else b""
        last = not turns and not self._stays
        if self._pause is None and len(said) < _BUFFERED:
            _talk(end, said, last, None, gone)
        else:
            rest = end, said, last, self._pause, gone
            threading.Thread(target=_talk, args=rest).start()

    def end(self) -> tuple[int, float, int]:
        self._gone.set()
        for end in self._ends:
            # Wakes a thread that is still talking.
            end.close()
        self._ends.clear()
        return 0, 0.0, 0


class _Prompter(Connection):
    """A judge's end that has the child's next turn said when nothing has come that it waits for."""

    def __init__(self, end: socket.socket, prompt: Callable[[], None]):
        super().__init__(end)
        self._prompt = prompt

    def receive(self, seconds: float | None = None):
        if not self.waiting():
            self._prompt()
        return super().receive(seconds)


def _talk(
    end: socket.socket, said: bytes, last: bool, pause: float | None, gone: threading.Event
) -> None:
    with contextlib.suppress(OSError):
        if pause is None:
            end.sendall(said)
        else:
            for byte in said:
                end.sendall(bytes([byte]))
                if gone.wait(pause):
                    return
        if last:
            end.shutdown(socket.SHUT_WR)


def framed(message, arrays: bytes = b"") -> bytes:
    structure = msgpack.packb(message, use_bin_type=True)
    return struct.pack(">II", len(structure), len(arrays)) + structure + arrays


def ready(*left_out: int, **facts) -> bytes:
    """What a child says when its cells, but these, have run."""
    ran = [n for n, _ in CELLS if n not in left_out]
    said = {"ran": ran, "raised": [], "callable": NAMES, "modules": ["math"], **facts}
    return framed(["ready", said])


def told(*left_out: int, **facts) -> bytes:
    """The same, of one that tells of each cell."""
    cells = (framed(["cell", n]) for n, _ in CELLS if n not in left_out)
    return b"".join(cells) + ready(*left_out, **facts)


def valued(call: int, value, changed: Sequence[int] = ()) -> bytes:
    encoder = Encoder(lambda kept: 7)
    data = encoder.encode(value)
    return framed(["value", call, data, list(changed)], encoder.arrays)


def asked(name: str, what: str, arguments) -> bytes:
    encoder = Encoder(lambda kept: 7)
    data = encoder.encode(arguments)
    return framed(["ask", name, what, data], encoder.arrays)


class Counter:
    """A class of the course, for submissions to mirror."""

    def __init__(self, start):
        self.values = np.array(start, dtype=float)
        self.steps = 0

    def step(self, by):
        self.values += by
        self.steps += 1
        return self.values.sum()


def double(x):
    return 2 * x


def talk(parent: Parent, seconds: float = 0.2, calls: int = 3) -> tuple[Facts | None, list]:
    """Lead a conversation to its end; the facts, and for each call what became of it.

    Anything but what is caught here is a crash of the judge.
    """
    outcomes: list = []
    with Session(parent, CELLS, NAMES, seconds, 2 * seconds) as session:
        try:
            facts = session.facts()
        except SandboxFailed:
            return None, []
        _look_at(facts)
        handed = (np.arange(6.0).reshape(2, 3), 0.5, None)
        for _ in range(calls):
            references = References({"double": double, "Counter": Counter})
            try:
                outcome = session.call(Question.of("f", None, handed, seconds, references))
            except (NotAttempted, Raised, TimedOut, CannotJudge) as error:
                said = str(error)
                outcomes.append(type(error))
            else:
                said = ""
                outcomes.append(outcome)
                _judge(outcome)
                handed = (outcome.value, 0.5, None)
            assert len(said) < 1000
    return facts, outcomes


def _look_at(facts: Facts) -> None:
    known = {number for number, _ in CELLS}
    assert all(number in known and len(said) <= 400 for number, said in facts.raised)
    assert facts.names <= set(NAMES)
    assert len(facts.packages) <= 1000
    assert all(len(name) <= 80 for name in facts.packages)


def _judge(outcome: Outcome) -> None:
    """Do with a value what checks do."""
    value = outcome.value
    values = value if isinstance(value, tuple | list) else [value]
    form(value)
    for one in (value, *values):
        with contextlib.suppress(Wrong):
            as_array("y", one)
    # What cannot be handed back is refused, and nothing else becomes of it.
    with contextlib.suppress(TooLarge, TypeError):
        Encoder().encode((value,))
