"""Judging on a Dask cluster: each of its workers has judges, and sandboxes, of its own.

The workers need this library at the same version, and bubblewrap. A worker that dies loses
nothing: Dask gives its submissions to another.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from bnlib.grader import library
from bnlib.grader.executors.apart import JudgeApart, Task
from bnlib.grader.judging import Graded, Terms
from bnlib.grader.record import Record
from bnlib.grader.sandbox import isolation
from bnlib.grader.sandbox.warm import SandboxFailed

# Submissions on the cluster at once, for each of its threads.
_AHEAD = 3
# How often a submission may lose its worker: other submissions, or the machine, may be why.
_LOST_WORKERS = 10

_of_thread = threading.local()


class NoCluster(Exception):
    """The cluster cannot be reached, or cannot do this work."""


def grade(tasks: Iterable[Task], terms: Terms, address: str) -> Iterator[Graded]:
    """Grade all tasks on the cluster whose scheduler is at the address.

    Raises:
        NoCluster: there is none, or its workers have another version of the library or no
            sandbox. SandboxFailed.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise NoCluster(
            "--executor dask needs distributed: pip install 'batchnorm-course[dask]'"
        ) from None
    try:
        client = Client(address, timeout="20s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoCluster(f"no Dask scheduler answers at {address!r}: {error}") from None
    with client:
        threads = sum(_checked(client, terms).values())
        waiting = iter(tasks)
        running = as_completed(loop=client.loop, with_results=True, raise_errors=True)

        def feed(count: int) -> None:
            for _, task in zip(range(count), waiting, strict=False):
                running.add(
                    client.submit(
                        grade_here, task, terms, pure=False, retries=_LOST_WORKERS, priority=0
                    )
                )

        feed(threads * _AHEAD)
        for future, (record, source) in running:
            yield Graded(Record.from_json(record), source)
            future.release()
            feed(1)


def _checked(client, terms: Terms) -> dict[str, int]:
    """Threads of each worker, once all are seen to be able to do the work."""
    client.wait_for_workers(1, timeout=60)
    for worker, said in client.run(fit_to_grade, terms.isolation).items():
        if said != terms.library:
            raise NoCluster(f"worker {worker} cannot grade: {said}")
    return client.nthreads()


def fit_to_grade(kind: str) -> str:
    """The digest of the library here, or why nothing can be graded here. Runs on a worker."""
    try:
        isolation.require(kind)
    except isolation.NoSandbox as error:
        return str(error)
    return library.digest()


def grade_here(task: Task, terms: Terms) -> tuple[str, list]:
    """Grade a notebook on a worker of the cluster; a judge is kept for each of its threads."""
    kept = getattr(_of_thread, "judge", None)
    if kept is None or kept.terms != terms:
        if kept is not None:
            kept.close()
        kept = _of_thread.judge = JudgeApart(terms)
    graded = kept.grade(task)
    return graded.record.to_json(), graded.source


__all__ = ["NoCluster", "SandboxFailed", "fit_to_grade", "grade", "grade_here"]
