"""Judging in processes of this machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from bnlib.grader.executors.apart import JudgeApart, Task
from bnlib.grader.judging import Graded, Terms

# Submissions in memory for each process: one that it judges, one that waits.
_AHEAD = 2


def _processors() -> list[int]:
    """Those that this process may use; none where the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))


def grade(tasks: Iterable[Task], terms: Terms, processes: int = 0) -> Iterator[Graded]:
    """Grade all tasks, in any order; the iterable is read no faster than they are judged.

    Args:
        processes: how many judge at once; one for each processor unless told.

    Raises:
        SandboxFailed: none can be judged. Those that were are not lost: they have been given.
    """
    processors = _processors()
    processes = processes or len(processors) or os.cpu_count() or 1
    # One each, where each has one of its own.
    kept = iter(processors if processes == len(processors) > 1 else ())
    judges: list[JudgeApart] = []
    of_thread = threading.local()

    def judged(task: Task) -> Graded:
        if not hasattr(of_thread, "judge"):
            of_thread.judge = JudgeApart(terms, next(kept, None))
            judges.append(of_thread.judge)
        return of_thread.judge.grade(task)

    running: set[Future] = set()
    with ThreadPoolExecutor(processes) as threads:
        try:
            for task in tasks:
                running.add(threads.submit(judged, task))
                if len(running) >= processes * _AHEAD:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            for future in running:
                future.cancel()
            wait(running)
            for judge in judges:
                judge.dismiss()  # so that they end all at once
            for judge in judges:
                judge.close()
