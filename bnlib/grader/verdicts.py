"""Verdicts of a run that need not be found twice.

With one seed a check asks the same first question of every submission, and after the same answer
the same second one: what it finds follows from the answers alone. So the way through an exercise,
question by question, is kept with the verdict at its end. Every submission is asked all of its
questions and answers them with its own code; where what it says, byte by byte, leads along a way
that is known, the verdict is known too, and nothing is decoded, computed or compared again.

Most of a class is on few ways: right answers that round alike, the common mistakes, the stubs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

import msgpack

from bnlib.checks.calling import Outcome
from bnlib.checks.report import Report
from bnlib.checks.verdicts import Raised, TimedOut
from bnlib.grader.questions import Answer, Question
from bnlib.grader.remote import Session

_MOST_BYTES = 64 << 20
# What an answer returned may be part of the next question, so one way can be as large as that.
_LONGEST = 1 / 16  # of all that is kept
# Bytes of a step beside its arrays, and of a byte of MessagePack that has been unpacked.
_STEP, _UNPACKED = 1000, 60


class _Step:
    """A place on a way: the question that is asked there, or the verdict where it ends."""

    __slots__ = ("after", "question", "report")

    def __init__(self):
        self.question: Question | None = None
        self.report: Report | None = None
        self.after: dict[bytes, _Step] = {}


class _Astray(BaseException):
    """A check asked something else than before, after the same answers.

    No Exception: a check's own ``except Exception`` must not swallow it.
    """


class Verdicts:
    """The ways through exercises that submissions of this run have taken.

    Args:
        most: bytes that they may take; before it is reached, all are forgotten.

    Attributes:
        known, found: how many reports were known, and how many had to be found.
    """

    def __init__(self, most: int = _MOST_BYTES):
        self._most = most
        self._bytes = 0
        self._first: dict[Hashable, _Step] = {}
        self.known = self.found = 0

    def report(self, key: Hashable, session: Session, judge: Callable[[Tape], Report]) -> Report:
        """The report on an exercise of a session.

        Args:
            key: whatever the verdict depends on beside the answers. judge: runs the checks on
                what stands for the session, and may be called twice.

        Raises:
            SandboxFailed, and what ``judge`` raises.
        """
        heard, report = self._follow(self._first.get(key), session)
        if report is not None:
            self.known += 1
            return report
        self.found += 1
        tape = Tape(session, heard)
        try:
            report = judge(tape)
        except _Astray:
            tape = Tape(session, ())
            return judge(tape)
        if tape.whole:
            self._keep(key, tape, report)
        return report

    def _follow(self, step: _Step | None, session: Session) -> tuple[list, Report | None]:
        """Ask along the way until an answer leaves it; what was heard, and the verdict if any."""
        heard: list = []
        life = session.lives
        while step is not None and step.question is not None:
            # A handle in it was made by an answer to this exercise, in the life that began it.
            question = step.question.of_life(life)
            try:
                answer = session.ask(question)
            except (Raised, TimedOut) as error:
                heard.append((question, error))
                return heard, None
            heard.append((question, answer))
            step = step.after.get(answer.digest())
        return heard, None if step is None else step.report

    def _keep(self, key: Hashable, tape: Tape, report: Report) -> None:
        sizes = [_size(question) for question, _ in tape.heard]
        digests = [answer.digest() for _, answer in tape.heard]
        if sum(sizes) > self._most * _LONGEST or None in digests:
            return
        if self._bytes > self._most * (1 - _LONGEST):
            self._bytes = 0
            self._first.clear()
        step = self._first.setdefault(key, _Step())
        for (question, _), digest, size in zip(tape.heard, digests, sizes, strict=True):
            step.question = question
            if digest not in step.after:
                step.after[digest] = _Step()
                self._bytes += size
            step = step.after[digest]
        step.report = report


def _size(question: Question) -> int:
    """About what a step with this question takes, in bytes."""
    return _STEP + len(question.arrays) + _UNPACKED * len(msgpack.packb(question.data))


class Tape:
    """A session that gives again what it has answered, and asks what it was not asked yet.

    Attributes:
        heard: (question, answer) in their order. whole: whether the verdict follows from them;
            not where something happened to the process, which another submission need not repeat.
    """

    def __init__(self, session: Session, before: Iterable[tuple]):
        self._session = session
        self._before = iter(before)
        self.heard: list[tuple[Question, Answer]] = []
        self.whole = True

    def call(self, question: Question) -> Outcome:
        """As `Session.call`."""
        try:
            answer = self._answer(question)
        except (Raised, TimedOut):
            self.whole = False
            raise
        self.heard.append((question, answer))
        try:
            return self._session.outcome(answer)
        finally:
            self.whole = self.whole and self._session.alive

    def _answer(self, question: Question) -> Answer:
        before, answer = next(self._before, (None, None))
        if before is None:
            return self._session.ask(question)
        if not question.same(before):
            raise _Astray
        if isinstance(answer, BaseException):
            raise answer
        return answer
