"""A submission in its sandbox, as something that checks can call.

``Session`` is one submission: its cells are run in a child of a warm parent, then its functions are
called over a pipe. Where the child is lost (it ended itself, or had to be ended), the next call has
a new one, so what one function does costs another nothing. ``RemoteCallee`` is one function of it,
the grader's kind of `bnlib.checks.callee.Callee`.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import functools
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bnlib.checks.calling import Outcome
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut
from bnlib.grader import compiled
from bnlib.grader.questions import Answer, Question
from bnlib.grader.references import References, Refused
from bnlib.grader.sandbox.warm import SandboxFailed, WarmParent
from bnlib.grader.wire import encoding
from bnlib.grader.wire.encoding import Decoder, Encoder, TooLarge
from bnlib.grader.wire.frames import Connection, Gone, Late, Violation

SECONDS_A_CELL = 20.0
SECONDS_A_CALL = 5.0
SECONDS_A_SUBMISSION = 120.0

# What a child has beyond a deadline of its own to say that it passed, before it is ended.
_GRACE = 1.0
_MOST_LIVES = 40
_MOST_LOST_CELLS = 5
_MOST_QUESTIONS = 10_000
# How often one function may cost the process its life before it is not called any more: what it
# does must not use up the lives of the others.
_MOST_DEATHS = 3
# Bytes of arrays that one function may return in all: a check keeps them until it has judged.
_MOST_RETURNED = 256 << 20

ENDED = Raised(
    "ProcessEnded",
    "the code ended the process that it ran in (a crash, os._exit, or a limit of time or memory)",
)
FORGED = Raised("ProcessEnded", "something other than an answer came out of the sandbox")


class Facts(NamedTuple):
    """What running the cells left, as the submission's process tells it.

    Attributes:
        raised: (number of the cell, "ValueError: ...") of each that raised. names: those asked
            for that can be called. packages: top-level names of what it imported.
        lost: why it could not be brought to its end at all, or "".
    """

    raised: tuple[tuple[int, str], ...]
    names: frozenset[str]
    packages: frozenset[str]
    lost: str = ""


class Session:
    """One submission, alive while it is being judged; a context manager.

    Args:
        parent: what forks its children. cells: (number, Python source) of each. names: those
            that the judge will ask for. seconds_a_cell, seconds: for one cell, and for all.
    """

    def __init__(
        self,
        parent: WarmParent,
        cells: Sequence[tuple[int, str]],
        names: Sequence[str],
        seconds_a_cell: float = SECONDS_A_CELL,
        seconds: float = SECONDS_A_SUBMISSION,
    ):
        self._parent = parent
        self._cells = list(cells)
        self._names = list(names)
        self._seconds_a_cell = seconds_a_cell
        self._until = time.monotonic() + seconds
        self._seconds = seconds
        self._connection: Connection | None = None
        # To be told of each cell before it runs costs more than to run most of them. So that is
        # asked for only where a process was lost, to find out in which.
        self._telling = False
        self._lost_cells: dict[int, str] = {}
        self._deaths: collections.Counter[str] = collections.Counter()
        self._facts: Facts | None = None
        self._calls = 0
        self._asked = ""
        self._returned: collections.Counter[str] = collections.Counter()
        self.lives = 0
        self.cpu_seconds = 0.0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error) -> None:
        self.end()

    def facts(self) -> Facts:
        """Run the cells, if they have not been, and say what that left.

        Raises:
            SandboxFailed.
        """
        if self._facts is None:
            try:
                self._begin()
            except (Raised, TimedOut) as error:
                lost = self._of_cells(self._lost_cells)
                self._facts = Facts(lost, frozenset(), frozenset(), str(error))
        return self._facts

    def end(self) -> None:
        """End the process; what remains of the submission is what it has said."""
        if self._connection is not None:
            try:
                # Before the pipe is closed: there is nothing for the process to say to that.
                _, seconds, _ = self._parent.end()
                self.cpu_seconds += seconds
            finally:
                self._connection.close()
                self._connection = None

    def call(self, question: Question) -> Outcome:
        """Call a function of the submission.

        Raises:
            NotAttempted, Raised, TimedOut, CannotJudge; SandboxFailed.
        """
        return self.outcome(self.ask(question))

    def ask(self, question: Question) -> Answer:
        """Ask a function of the submission, and leave what it answers undecoded.

        Raises:
            Raised, TimedOut: there was no answer. SandboxFailed.
        """
        name = question.name
        # Nothing was asked: what came, or its end, is the doing of an earlier call.
        if self._connection is not None and self._connection.waiting():
            self.end()
        if self._connection is None and self._deaths[name] < _MOST_DEATHS:
            self._begin()
        stale = question.lives - {self.lives}
        if stale or self._deaths[name] >= _MOST_DEATHS:
            raise _anew(ENDED)
        if self._returned[name] > _MOST_RETURNED:
            raise Raised("ValueError", f"more than {_MOST_RETURNED} bytes were returned in all")
        self._calls += 1
        self._asked = name
        with self._dying(question.seconds):
            return self._exchange(question)

    def outcome(self, answer: Answer) -> Outcome:
        """What an answer of this session says.

        Raises:
            NotAttempted, Raised, TimedOut, CannotJudge.
        """
        with self._dying():
            return self._outcome(answer)

    @property
    def alive(self) -> bool:
        """Whether there is a process that has not been ended."""
        return self._connection is not None

    @contextlib.contextmanager
    def _dying(self, seconds: float = 0.0):
        """End the process where the pipe, or a rule of it, breaks; the function asked did it."""
        try:
            yield
        except (Late, Gone, Violation) as error:
            self.end()
            self._deaths[self._asked] += 1
            if isinstance(error, Late):
                raise TimedOut(f"no answer after {seconds:g} seconds") from None
            raise _anew(FORGED if isinstance(error, Violation) else ENDED) from None

    def _exchange(self, question: Question) -> Answer:
        """Send a call and see what becomes of it."""
        seconds, references = question.seconds, question.references.anew()
        until = min(time.monotonic() + seconds + _GRACE, self._until)
        message = ["call", self._calls, question.name, question.adapter, question.data, seconds]
        self._connection.send([*message, references.methods()], question.arrays, self._left(until))
        asked = 0
        while True:
            reply, blobs = self._connection.receive(self._left(until))
            tag, rest = _tagged(reply)
            if tag != "ask":
                self._returned[question.name] += len(blobs)
                if not rest or rest[0] != self._calls:
                    raise Violation("an answer to another call")
                return Answer(tag, rest[1:], blobs, self.lives)
            asked += 1
            if asked > _MOST_QUESTIONS:
                raise Violation("too many questions")
            self._reply(rest, blobs, references, until)

    def _left(self, until: float) -> float:
        return max(until - time.monotonic(), 0.001)

    def _outcome(self, answer: Answer) -> Outcome:
        tag, rest = answer.tag, answer.rest
        if tag == "value":
            value, changed = _exactly(rest, object, list)
            decoder = Decoder(answer.blobs, _handles_of(answer.life))
            return Outcome(decoder.decode(value), tuple(c for c in changed if type(c) is int))
        if tag == "raised":
            kind, text, line = _exactly(rest, str, str, str)
            raise Raised(kind[:80], text[:400], line[:400])
        (text,) = _exactly(rest, str)
        if tag == "stub":
            raise NotAttempted(text[:400])
        if tag == "late":
            raise TimedOut(text[:80])
        if tag == "unjudged":
            raise CannotJudge(text[:400])
        raise Violation(f"a message named {tag[:20]!r}")

    def _reply(self, rest: list, blobs: bytes, references: References, until: float) -> None:
        name, what, data = _exactly(rest, str, str, object)
        encoder = Encoder()
        try:
            arguments = Decoder(blobs, _handles_of(self.lives)).decode(data)
            value = references.answer(name, what, arguments, self._left(until))
            message, arrays = ["answer", encoder.encode(value)], encoder.arrays
        except (Refused, TooLarge, TypeError) as error:
            message, arrays = ["failed", str(error)], b""
        self._connection.send(message, arrays, self._left(until))

    def _begin(self) -> None:
        """A new child that has run the cells, leaving out those that an earlier one died of."""
        while True:
            if time.monotonic() >= self._until:
                raise TimedOut(f"the submission took more than {self._seconds:g} seconds in all")
            if self.lives >= _MOST_LIVES or len(self._lost_cells) > _MOST_LOST_CELLS:
                raise _anew(ENDED)
            self.lives += 1
            self._connection = self._parent.fork()
            if self._ran_cells():
                return

    def _ran_cells(self) -> bool:
        """Run the cells; False where the process was lost on the way."""
        kept = [cell for cell in self._cells if cell[0] not in self._lost_cells]
        whole = compiled.changes_the_language(kept)
        cells = [
            [number, python, None if whole else compiled.code(number, python)]
            for number, python in kept
        ]
        options = {
            "cells": cells,
            "names": self._names,
            "seconds": self._seconds_a_cell,
            "tell": self._telling,
        }
        started = time.monotonic()
        numbers = [number for number, *_ in cells]
        current, begun, first = (numbers or [0])[0], 0, self._telling
        try:
            self._connection.send(["start", options], seconds=self._left(self._until))
            while True:
                until = min(time.monotonic() + self._seconds_a_cell + _GRACE, self._until)
                message, _ = self._connection.receive(self._left(until))
                tag, rest = _tagged(message)
                # Before its first cell nothing of a submission has run, and all that comes is ours.
                if tag == "no walls" and first:
                    self.end()
                    raise SandboxFailed(f"a submission could not be walled in: {rest}"[:400])
                first = False
                if tag != "cell":
                    break
                # Each in its turn: a cell can neither win time nor lay its end to another.
                if rest != numbers[begun : begun + 1] or not rest or not self._telling:
                    raise Violation("a cell out of turn")
                current, begun = numbers[begun], begun + 1
            if tag != "ready" or (self._telling and begun != len(numbers)):
                raise Violation("no end of the cells")
            (facts,) = _exactly(rest, dict)
            if facts.get("ran") != numbers:  # said too early, by a cell
                raise Violation("no end of the cells")
            self._take(facts)
            return True
        except (Late, Gone, Violation) as error:
            self.end()
            if self._telling:
                said = "TimedOut: it took too long" if isinstance(error, Late) else str(ENDED)
                self._lost_cells[current] = said
            else:
                # It is the way of asking that made this life no use: the next has its time.
                self._until += time.monotonic() - started
            self._telling = True
            return False

    def _take(self, facts: dict) -> None:
        """The facts, checked: they come out of the submission's process."""
        raised, names, modules = (
            _listed(facts.get(key)) for key in ("raised", "callable", "modules")
        )
        said = dict(self._lost_cells)
        for entry in raised[:100]:
            number, text = _exactly(_listed(entry), int, str)
            said[number] = text[:400]
        if self._facts is None:
            self._facts = Facts(
                self._of_cells(said),
                frozenset(n for n in names if isinstance(n, str)) & frozenset(self._names),
                frozenset(m[:80] for m in modules[:1000] if isinstance(m, str)),
            )

    def _of_cells(self, said: dict[int, str]) -> tuple[tuple[int, str], ...]:
        """What is said of cells that there are."""
        return tuple((number, said[number]) for number, _ in self._cells if number in said)


class RemoteCallee:
    """A function or class of a submission.

    Args:
        session: the submission. exercise: what it answers. borrowed: dotted names that its code
            uses and may not. seconds: the deadline of a call.
    """

    def __init__(
        self,
        session: Session,
        exercise,
        borrowed: tuple[str, ...] = (),
        seconds: float = SECONDS_A_CALL,
    ):
        self._session = session
        self._name = exercise.name
        self._adapter = exercise.adapter.__name__ if exercise.adapter else None
        self._borrowed = borrowed
        self._seconds = seconds
        self._given: dict[str, Callable] = {}

    def call(self, arguments: tuple) -> Outcome:
        references = References(self._given)
        how = self._name, self._adapter, arguments, self._seconds, references
        return self._session.call(Question.of(*how))

    def borrowed(self, exercise) -> tuple[str, ...]:
        return self._borrowed

    def given(self, functions: dict[str, Callable]) -> RemoteCallee:
        other = copy.copy(self)
        other._given = functions
        return other


def _handles_of(life: int) -> Callable:
    return functools.partial(encoding.make_handle, life=life)


def _anew(error: Raised) -> Raised:
    """The same exception without the traceback, and all that it holds, of earlier times."""
    return Raised(error.kind, error.text)


def _tagged(message) -> tuple[str, list]:
    tag, *rest = _listed(message) or [None]
    if not isinstance(tag, str):
        raise Violation("no message")
    return tag, rest


def _listed(value) -> list:
    if not isinstance(value, list):
        raise Violation("no list")
    return value


def _exactly(values: list, *kinds: type) -> list:
    if len(values) != len(kinds) or not all(map(isinstance, values, kinds)):
        raise Violation("a message of another form")
    return values
