"""The warm parent: it has imported what takes time, never runs a submission, and forks.

    python -s -P -c "..." CONTROL CONFIG

CONTROL is the number of a socket to the judge. Over it comes first b"W" and, in two bytes, the
length of a JSON list: names of modules to import as well, where they are installed. Then come b"F"
with the socket of a new child, and b"K": end that child, wait until it and all it started are
gone, and say so in a frame. b"T", the number of a processor in two bytes, and a socket make a
twin: a copy of the warm parent, with all that it has imported, which keeps to the processor and
serves another judge at that socket. CONFIG is JSON: see ``main``.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from typing import NamedTuple

from bnlib.grader.inside import child, rehearsal, stage, walls
from bnlib.grader.wire.frames import Connection

# The number under which a child finds its pipe.
PIPE = 3
_FROM_THE_JUDGE = 1 << 30  # bytes of a frame
# Imported before the first fork, so that no submission pays for them.
WARM = (
    *("collections", "copy", "dataclasses", "functools", "itertools", "math", "random", "time"),
    *("numpy.linalg", "numpy.ma", "numpy.random", "bnlib.data", "resource"),
    # Swallowed (see ``stage``), and still an import.
    *("matplotlib.pyplot", "ipywidgets", "IPython.display"),
    *("bnlib.figures.controls", "bnlib.figures.style", "bnlib.lab"),
)
# What torch imports when it is first asked for a gradient: half a second, which each submission
# would pay, and more than a call may take on a busy machine.
_LATE = ("torch.fx.experimental.symbolic_shapes",)


def main(control: int, config: dict) -> None:
    """Serve until the judge hangs up.

    Args:
        control: number of the socket. config: ``isolation`` ("namespaces", "user", "none"),
            ``limits`` (of walls.Limits), ``filter`` (the seccomp program, base64, or ""),
            ``uid`` and ``gid`` (for "user").
    """
    stage.install()
    for name in WARM:
        importlib.import_module(name)
    with socket.socket(fileno=control) as end:
        further = _asked_for(end)
        if further is not None:
            _warm(further)
            _serve(end, _offspring(config))


def _asked_for(end: socket.socket) -> list[str] | None:
    """Names of the modules that the judge wants besides; None where it hung up instead."""
    if end.recv(1) != b"W":
        return None
    size = int.from_bytes(end.recv(2, socket.MSG_WAITALL))
    return json.loads(end.recv(size, socket.MSG_WAITALL))


def _warm(further: list[str]) -> None:
    """Import what was asked for."""
    importlib.invalidate_caches()  # there may be more of the course than when this process began
    for name in further:
        with contextlib.suppress(ModuleNotFoundError):  # then it is a submission's to miss it
            importlib.import_module(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
        for name in _LATE:
            with contextlib.suppress(ImportError):  # where another version has it otherwise
                importlib.import_module(name)


def _offspring(config: dict) -> Offspring:
    """Make ready what children have; limits that they inherit hold here from now on."""
    limits = walls.Limits(**config["limits"])
    program = base64.b64decode(config["filter"])
    around = walls.Walls(config["isolation"], limits, program, config["uid"], config["gid"])
    home = -1
    if config["isolation"] == "namespaces":
        walls.for_children_to_come()
        home = os.open("/proc/self/ns/pid", os.O_RDONLY)
    nothing = os.open(os.devnull, os.O_RDWR)
    walls.limit(limits)
    rehearsal.play()
    one = child.Child(frozenset(sys.modules))
    gc.collect()
    gc.freeze()
    return Offspring(one, around, home, nothing)


class Offspring(NamedTuple):
    """What the children of a warm parent have in common.

    Attributes:
        child: of which each is a copy. around: their walls. home: number of the file of this PID
            namespace; -1 where children have none of their own. nothing: that of the null device.
    """

    child: child.Child
    around: walls.Walls
    home: int
    nothing: int


def _serve(end: socket.socket, offspring: Offspring) -> None:
    """Do what a judge asks for until it hangs up; then nothing of it is left."""
    pid = 0
    connection = Connection(end)
    packages = {name.partition(".")[0] for name in offspring.child.warm}
    connection.send(["warm", sorted(packages)])
    while True:
        try:
            command, given, _, _ = socket.recv_fds(end, 1, 1)
        except ConnectionResetError:  # it hung up, and had not read that this one is warm
            break
        if command == b"F":
            pid = _fork(offspring, given[0])
            os.close(given[0])
        elif command == b"K":
            connection.send(["ended", *_end(pid)])
            pid = 0
        elif command == b"T":
            _twin(int.from_bytes(end.recv(2, socket.MSG_WAITALL)), given[0], end, offspring)
        else:
            break
    _end(pid)


def _twin(processor: int, control: int, end: socket.socket, offspring: Offspring) -> None:
    """A copy of this process, which serves another judge until that one hangs up."""
    if os.fork():
        os.close(control)
        return
    code = 1
    try:
        end.close()  # or nobody would see that this one is gone
        with contextlib.suppress(OSError):  # there is no such processor any more, or none is meant
            os.sched_setaffinity(0, {processor})
        with socket.socket(fileno=control) as its_end:
            _serve(its_end, offspring)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def _fork(offspring: Offspring, pipe: int) -> int:
    """A child that lives behind walls; returns its process id."""
    if offspring.home >= 0:
        walls.unshare(walls.NEWPID)
    pid = os.fork()
    if pid:
        if offspring.home >= 0:
            walls.enter(offspring.home, walls.NEWPID)
        return pid
    code = 1
    try:
        _close_all_but(pipe, offspring.nothing)
        # The judge is bounded by what a notebook may hold, not by what a submission may send.
        connection = Connection(socket.socket(fileno=PIPE), _FROM_THE_JUDGE, _FROM_THE_JUDGE)
        try:
            offspring.around.put_up()
        except Exception as error:  # whatever it was: nothing of the submission may run
            connection.send(["no walls", f"{type(error).__name__}: {error}"])
        else:
            offspring.child.serve(connection)
            code = 0
    finally:
        os._exit(code)


def _close_all_but(pipe: int, nothing: int) -> None:
    """Keep the pipe, as PIPE, and the null device in the place of the standard files."""
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    if pipe != PIPE:  # dup3(2) refuses to copy a number onto itself
        os.dup2(pipe, PIPE)
    os.set_inheritable(PIPE, False)
    os.closerange(PIPE + 1, 65536)


def _end(pid: int) -> tuple[int, float, int]:
    """Kill the child and what it started; its status, CPU seconds and peak memory in KiB."""
    if not pid:
        return 0, 0.0, 0
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    _, status, used = os.wait4(pid, 0)
    return status, used.ru_utime + used.ru_stime, used.ru_maxrss


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
