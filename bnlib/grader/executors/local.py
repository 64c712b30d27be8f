"""Judging in processes of this machine."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from bnlib.grader.executors.apart import JudgeApart, Task
from bnlib.grader.judging import Graded, Terms
from bnlib.grader.sandbox.warm import Sandbox

# Submissions in memory for each process: one that it judges, one that waits.
_AHEAD = 2


def _processors() -> list[int]:
    """Those that this process may use; none where the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))


class Judges:
    """Judges in processes of this machine; a context manager.

    On Linux, where this process runs no other thread yet, they are there at once, as copies of it
    with all that it has imported; else they are started with their first notebook. (Libraries of
    macOS do not bear to be copied.)

    Args:
        processes: how many judge at once; one for each processor unless told.
        sandbox: one that was started early and told what to warm, for all: its warm parent makes
            a twin for each copy. early: how many copies have one at once; more than there are
            notebooks would be in vain.
        meanwhile: called once, when all judges have work and there is nothing to do but wait.
    """

    def __init__(
        self,
        processes: int = 0,
        sandbox: Sandbox | None = None,
        early: int = sys.maxsize,
        meanwhile: Callable[[], object] = lambda: None,
    ):
        self._meanwhile = meanwhile
        processors = _processors()
        processes = processes or len(processors) or os.cpu_count() or 1
        # One each, where each has one of its own.
        own = processors if processes == len(processors) > 1 else [None] * processes
        self._judges = [JudgeApart(processor=processor) for processor in own]
        if threading.active_count() == 1 and sys.platform == "linux":
            for number, judge in enumerate(self._judges):
                judge.start(fork=True, sandbox=sandbox if number < early else None)

    def __enter__(self) -> Judges:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def dismiss(self) -> None:
        """Let all processes end, without waiting for them; nothing can be graded any more."""
        for judge in self._judges:
            judge.dismiss()

    def close(self) -> None:
        """Let all processes end."""
        self.dismiss()  # so that they end all at once
        for judge in self._judges:
            judge.close()

    def _use_the_time(self) -> None:
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()

    def grade(self, tasks: Iterable[Task], terms: Terms) -> Iterator[Graded]:
        """Grade all tasks, in any order; the iterable is read no faster than they are judged.

        Raises:
            SandboxFailed: none can be judged. Those that were are not lost: they have been given.
        """
        free: queue.SimpleQueue[JudgeApart] = queue.SimpleQueue()
        for judge in self._judges:
            judge.terms = terms
            free.put(judge)

        def judged(task: Task) -> Graded:
            judge = free.get()
            try:
                return judge.grade(task)
            finally:
                free.put(judge)

        most = len(self._judges) * _AHEAD
        running: set[Future] = set()
        with ThreadPoolExecutor(len(self._judges)) as threads:
            try:
                for task in tasks:
                    running.add(threads.submit(judged, task))
                    if len(running) >= most:
                        self._use_the_time()
                        done, running = wait(running, return_when=FIRST_COMPLETED)
                        yield from (future.result() for future in done)
                while running:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            finally:
                for future in running:
                    future.cancel()
                wait(running)
