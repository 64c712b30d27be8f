"""What a submission costs in a class of 100, 1,000 and 10,000, and how our memory grows."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from benchmarks.grading import stopwatch
from benchmarks.grading.ours import Ours
from benchmarks.grading.submissions import Assignment, Pool

SIZES = (100, 1000, 10000)
COLUMNS = (
    "notebook",
    "submissions",
    "wall s",
    "a second",
    "ms each",
    "CPU ms each",
    "parent MiB at a tenth",
    "parent MiB at the end",
)


def scaling(assignment: Assignment, sizes, folder: Path) -> tuple[tuple, list[list[str]]]:
    """One row a size: the command is run once; its own process is looked at four times a second.

    Raises:
        SystemExit: there is no `bnlib grade`.
    """
    ours = Ours(folder / "bnlib")
    if not ours.version():
        raise SystemExit("bnlib grade is not there: nothing was measured")
    pool = Pool(assignment)
    table = []
    for size in (min(100, *sizes), *sizes):
        ours.prepare(assignment, pool.submissions(size))
        with Watch() as watch:
            measured = stopwatch.run(ours.commands(), ours.folder / "log.txt")
        found = len(ours.scores())
        if found != size:
            raise SystemExit(f"{found} of {size} submissions were graded: nothing was measured")
        table.append(row(assignment, size, measured, watch))
        print(" | ".join(table[-1]), flush=True)
    return COLUMNS, table[1:]  # the first run was for the caches of the machine


def row(assignment: Assignment, size: int, measured: stopwatch.Measured, watch: Watch) -> list[str]:
    each = 1e3 * measured.seconds / size
    early, late = watch.memory()
    return [
        assignment.name,
        str(size),
        f"{measured.seconds:.2f}",
        f"{size / measured.seconds:.1f}",
        f"{each:.2f}",
        f"{1e3 * measured.cpu / size:.2f}",
        f"{early:.1f}",
        f"{late:.1f}",
    ]


class Watch(threading.Thread):
    """Looks at the resident memory of the processes that this one starts, while it is open."""

    def __init__(self, pause: float = 0.25):
        super().__init__(daemon=True)
        self.pause, self.seen, self._ended = pause, [], threading.Event()

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *raised) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        import psutil

        me = psutil.Process(os.getpid())
        while not self._ended.wait(self.pause):
            memory = sum(stopwatch.own_memory(child.pid) for child in me.children())
            if memory:
                self.seen.append(memory)

    def memory(self) -> tuple[float, float]:
        """MiB when a tenth of the time was over, and the last that was seen."""
        if not self.seen:
            return 0.0, 0.0
        return self.seen[len(self.seen) // 10], self.seen[-1]
