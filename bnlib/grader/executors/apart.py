"""A judge in a process of its own, so that whatever happens to it happens to one submission.

    python -m bnlib.grader.executors.apart SOCKET

The two ends talk in the frames of ``wire.frames``; what they say is plain data.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import hashlib
import itertools
import multiprocessing
import os
import socket
import subprocess
import sys
from typing import NamedTuple

import threadpoolctl

from bnlib.grader.inside.walls import Limits
from bnlib.grader.judging import Graded, Judge, Terms
from bnlib.grader.record import BROKEN, Record, marks_without_answers
from bnlib.grader.sandbox.warm import Sandbox, SandboxFailed, Twin
from bnlib.grader.wire.frames import Connection, Gone, Late, Violation

# A notebook as it was handed in, and its record with the code of its cells.
_NOTEBOOK, _RECORD = 80 << 20, 32 << 20
# Beyond what a submission may take: to start sandboxes, to name mistakes.
_SECONDS_BESIDE = 300.0
_ATTEMPTS = 2
_JUDGE_MEMORY = 16 << 30

LOST = "The grader's own process ended while it judged this notebook, each time it tried."


class Task(NamedTuple):
    """One notebook to grade: student, notebook, and the bytes that were handed in."""

    student: str
    notebook: str
    data: bytes


class JudgeApart:
    """A judge in another process, which is started when it is needed and again when it is lost.

    Used by one thread at a time; a context manager. ``terms`` have to be there before the first
    notebook. ``processor``: the one that it keeps to with its sandboxes. Judge and submission take
    turns, so one is enough, and they find what they need in its caches.
    """

    def __init__(self, terms: Terms | None = None, processor: int | None = None):
        self.terms = terms
        self._told: Terms | None = None
        self._processor = processor
        self._process: subprocess.Popen | _Forked | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> JudgeApart:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def dismiss(self) -> None:
        """Let the process end, and do not wait for it: it ends when nobody is there any more."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Let the process end."""
        self.dismiss()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)
            self._process.kill()
            self._process.wait()
            self._process = None

    def grade(self, task: Task) -> Graded:
        """Grade a notebook; where the process is lost, once more in a new one.

        Raises:
            SandboxFailed: there is no sandbox for it.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._grade(task)
            except (Gone, Late, Violation):
                self._kill()
        return self._lost(task)

    def _grade(self, task: Task) -> Graded:
        if self._connection is None:
            self.start()
        if self._told is None:
            self._connection.send(dataclasses.asdict(self.terms))
            self._told = self.terms
        seconds = self.terms.seconds + _SECONDS_BESIDE
        self._connection.send(["grade", task.student, task.notebook], task.data, seconds)
        (tag, *rest), _ = self._connection.receive(seconds)
        if tag == "failed":
            raise SandboxFailed(rest[0])
        record, source = rest
        return Graded(Record.from_json(record), [(n, text) for n, text in source])

    def start(self, fork: bool = False, sandbox: Sandbox | None = None) -> None:
        """Start the process.

        Args:
            fork: make it a copy of this one, with all that this one has imported. Only where no
                other thread runs: a lock that one holds would be held in the copy for ever.
            sandbox: of whose warm parent a copy has a twin.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            if fork:
                self._process = _Forked(theirs, self._processor, sandbox)
            else:
                self._process = _executed(theirs)
        _keep_to(self._processor, self._process.pid)
        self._connection = Connection(ours, structure=_RECORD, arrays=0)
        self._told = None

    def _kill(self) -> None:
        self._process.kill()
        self.close()

    def _lost(self, task: Task) -> Graded:
        terms = self.terms
        record = Record(
            student=task.student,
            notebook=task.notebook,
            digest=hashlib.sha256(task.data).hexdigest(),
            library=terms.library,
            seed=terms.seed,
            isolation=terms.isolation,
            outcome=BROKEN,
            problem=LOST,
            marks=marks_without_answers(task.notebook, "not judged", LOST),
        )
        return Graded(record, [])


def _executed(end: socket.socket) -> subprocess.Popen:
    """A new interpreter that judges for who is at the other end of a socket."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(end.fileno())],
        pass_fds=(end.fileno(),),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # Ctrl-C is for the one who asked for the grades.
        start_new_session=True,
    )


class _Forked:
    """A copy of this process that judges, to be waited for as for a `subprocess.Popen`."""

    def __init__(self, end: socket.socket, processor: int | None, sandbox: Sandbox | None):
        twin = None
        if sandbox is not None:
            # Where it is gone the judge starts one, or says why there is none.
            with contextlib.suppress(OSError):
                twin = sandbox.twin(processor)
        context = multiprocessing.get_context("fork")
        self._process = context.Process(target=_judge_alone, args=(end, processor, twin))
        self._process.start()
        if twin is not None:
            twin.socket.close()
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> None:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("judge", timeout)

    def kill(self) -> None:
        self._process.kill()


def _keep_to(processor: int | None, process: int = 0) -> None:
    """Keep a process, this one unless told, and all that it starts to a processor."""
    if processor is not None:
        with contextlib.suppress(OSError):  # it is there no more, or not ours
            os.sched_setaffinity(process, {processor})


def _judge_alone(end: socket.socket, processor: int | None, twin: Twin | None) -> None:
    """Judge in a copy of another process, without what that one has open, and apart from it."""
    _keep_to(processor)
    number = end.detach()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nothing, standard)
    kept = {2, number}
    if twin is not None:
        kept |= {twin.socket.fileno(), twin.errors.fileno()}
    # Of the ends of other judges too: they see that nobody is there when the last copy is closed.
    for before, after in itertools.pairwise(sorted({*kept, 65536})):
        os.closerange(before + 1, after)
    os.setsid()  # Ctrl-C is for the one who asked for the grades
    main(number, twin)


def main(number: int, twin: Twin | None = None) -> None:
    """Judge what comes over a socket until nobody is at its other end.

    Args:
        twin: the warm parent that most notebooks will need.
    """
    _bound_memory()
    # Two judges on two processors are faster than one with two threads; and sums are the same.
    threadpoolctl.threadpool_limits(1)
    connection = Connection(socket.socket(fileno=number), structure=1 << 20, arrays=_NOTEBOOK)
    gc.freeze()  # the exercises and the libraries stay: nothing to look through again and again
    with Judge() as judge, contextlib.suppress(Gone):
        if twin is not None:
            # Where it fails the first notebook starts one, or says why there is none.
            with contextlib.suppress(OSError, SandboxFailed):
                judge.warm(twin.kind, twin)
        terms, _ = connection.receive()
        limits = Limits(*terms.pop("limits"))
        judge.terms = Terms(**terms, limits=limits)
        while True:
            (_, student, notebook), data = connection.receive()
            try:
                graded = judge.grade(student, notebook, bytes(data))
            except SandboxFailed as error:
                connection.send(["failed", str(error)])
            else:
                connection.send(["graded", graded.record.to_json(), graded.source])


def _bound_memory() -> None:
    """An array of a stranger's size must fail here, rather than take the machine's memory."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_JUDGE_MEMORY, _JUDGE_MEMORY))


if __name__ == "__main__":
    main(int(sys.argv[1]))
