"""Wall time, CPU time and memory of processes with all that they start.

CPU time is that of the machine: a sandbox's processes are waited for by nobody whose usage could
be asked. So nothing else may run beside a measurement.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

MIB = 2**20


class Failed(RuntimeError):
    """A command ended with another code than 0; the message ends with what it last wrote."""


class Measured(NamedTuple):
    """seconds: wall. cpu: user + system seconds of the machine. peak: MiB of the tree, or None."""

    seconds: float
    cpu: float
    peak: float | None = None


class Command(NamedTuple):
    """A command line with the folder it runs in and what its environment has besides."""

    line: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = {}


def run(commands: Sequence[Command], log: Path, memory: bool = False) -> Measured:
    """Start the commands together and wait for all of them.

    Args:
        log: what they write goes there. memory: also take the peak of their memory. That looks
            at every process again and again, so a run that is timed should leave it out.

    Raises:
        Failed
    """
    before = _busy()
    with log.open("wb") as out, _started(commands, out) as started:
        start = time.perf_counter()
        peak = _watched(started) if memory else None
        codes = [process.wait() for process in started]
        seconds = time.perf_counter() - start
    cpu = _busy() - before
    if any(codes):
        last = log.read_text(errors="replace").splitlines()[-15:]
        raise Failed(f"{commands[0].line[0]} ended with {codes}:\n" + "\n".join(last))
    return Measured(seconds, cpu, peak)


def _busy() -> float:
    """CPU seconds of all processes of the machine, and of its kernel for them."""
    times = psutil.cpu_times()
    kernel = sum(getattr(times, name, 0.0) for name in ("irq", "softirq"))
    return times.user + times.system + kernel


def environment() -> dict[str, str]:
    """This process's, but that what is imported twice is compiled once, as for every user."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


@contextlib.contextmanager
def _started(commands: Sequence[Command], out) -> Iterator[list[subprocess.Popen]]:
    started: list[subprocess.Popen] = []
    try:
        for command in commands:
            started.append(
                subprocess.Popen(
                    command.line,
                    cwd=command.folder,
                    env={**environment(), **command.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        yield started
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _watched(started: list[subprocess.Popen], pause: float = 0.1) -> float:
    """Peak of the summed memory in MiB, until all have ended."""
    peak = 0.0
    while any(process.poll() is None for process in started):
        peak = max(peak, sum(tree_memory(process.pid) for process in started))
        time.sleep(pause)
    return peak / MIB


def tree_memory(pid: int) -> int:
    """Bytes of a process and all below it.

    Proportional set size: a page that several share counts once. Of a process that the kernel
    does not tell it of, what it does not share.
    """
    try:
        first = psutil.Process(pid)
        every = [first, *first.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for process in every:
        with contextlib.suppress(psutil.Error, OSError):
            try:
                total += process.memory_full_info().pss
            except (psutil.AccessDenied, PermissionError):
                memory = process.memory_info()
                total += memory.rss - memory.shared
    return total


def own_memory(pid: int) -> float:
    """Resident MiB of one process, 0 where it is gone."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).memory_info().rss / MIB
    return 0.0
