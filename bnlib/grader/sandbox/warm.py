"""A warm parent from outside: start it, have it fork a child for a submission, end the child."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from bnlib.grader.inside.walls import Limits
from bnlib.grader.sandbox import calls, folders, isolation, view
from bnlib.grader.wire.frames import Connection, Gone, Late, Violation

SECONDS_TO_WARM = 120
SECONDS_TO_END = 30
SECONDS_TO_LEAVE = 2
_NO_PROCESSOR = 0xFFFF

_START = (
    "import json, os, sys; sys.path.insert(0, sys.argv[1]);"
    "from bnlib.grader.inside.parent import main; main(int(sys.argv[2]), json.loads(sys.argv[3]));"
    "os._exit(0)"  # there is nothing to tidy up, and Python would take its time over it
)


class SandboxFailed(Exception):
    """The sandbox itself did not work. No submission is at fault, and none was judged."""


@dataclass(frozen=True)
class Kind:
    """What a warm parent is made for.

    Attributes:
        isolation: one of those of ``sandbox.isolation``. torch: whether it has imported torch.
        core: whether the library's norms can be read. limits: what one submission may use.
    """

    isolation: str = isolation.NAMESPACES
    torch: bool = False
    core: bool = False
    limits: Limits = field(default_factory=Limits)


class Twin(NamedTuple):
    """A copy of the warm parent of a sandbox: the socket to it, and where its errors go."""

    kind: Kind
    socket: socket.socket
    errors: BinaryIO


class Sandbox:
    """A sandbox with a warm parent in it, and the socket to that one.

    It imports what any notebook needs by itself, and waits to be told what else there is to warm:
    so it can be started before a notebook has been looked at. Nobody waits for it here.

    Args:
        isolation: one of those of ``sandbox.isolation``. limits: what one submission may use.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, isolation: str = isolation.NAMESPACES, limits: Limits | None = None):
        self.kind: Kind | None = None
        self.socket: socket.socket | None = None
        self._isolation, self._limits = isolation, limits or Limits()
        self._process: subprocess.Popen | None = None
        self._opened = contextlib.ExitStack()
        own = self._opened.enter_context(folders.temporary())
        own.chmod(0o755)
        self._folder = own / "course"
        self._folder.mkdir()
        try:
            view.make(self._folder)
            # Another user reads it where there are no namespaces.
            self._folder.chmod(0o755)
            self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the others
            self._opened.callback(self.errors.close)
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = self._start(theirs.fileno())
            self.socket = self._opened.enter_context(ours)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def warm(self, torch: bool = False, core: bool = False) -> Kind:
        """Say, once, what notebooks need besides; returns the kind that it is from now on.

        Raises:
            ConnectionError: the parent is gone. OSError: there is no room.
        """
        if core:
            view.add_core(self._folder)
        further = json.dumps(["torch"] if torch else []).encode()
        self.socket.sendall(b"W" + len(further).to_bytes(2) + further)
        self.kind = Kind(self._isolation, torch, core, self._limits)
        return self.kind

    def twin(self, processor: int | None = None) -> Twin:
        """Have the warm parent copy itself as soon as it is warm; nobody waits for that here.

        It has been told what to warm. The copy keeps to the processor, and lives no longer than
        the sandbox does.

        Raises:
            OSError: the parent is gone.
        """
        ours, theirs = socket.socketpair()
        number = _NO_PROCESSOR if processor is None else processor
        with theirs:
            try:
                socket.send_fds(self.socket, [b"T" + number.to_bytes(2)], [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        return Twin(self.kind, ours, self.errors)

    def dismiss(self) -> None:
        """Let all that is in it end, and do not wait for it."""
        if self.socket is not None:
            self.socket.close()  # it leaves when nobody is there

    def close(self) -> None:
        """End all that is in it."""
        self.dismiss()
        if self.socket is not None:
            # Of a process that leaves by itself, the system counts what it used.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(SECONDS_TO_LEAVE)
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._opened.close()

    def _start(self, control: int) -> subprocess.Popen:
        uid = gid = -1
        if self._isolation == isolation.USER:
            uid, gid = isolation.submission_user()
        linux = sys.platform == "linux"
        config = {
            "isolation": self._isolation,
            "limits": self._limits._asdict(),
            "filter": base64.b64encode(calls.program()).decode() if linux else "",
            "uid": uid,
            "gid": gid,
        }
        before, interpreter, course = [], sys.executable, str(self._folder)
        if self._isolation == isolation.NAMESPACES:
            before, course = isolation.command(self._folder), isolation.COURSE
            interpreter = isolation.python()
        # As -I does, but for one variable of the environment, which is all ours.
        python = [interpreter, "-s", "-P", "-B", "-c", _START, course, str(control)]
        return subprocess.Popen(
            [*before, *python, json.dumps(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            pass_fds=(control,),
            # Nothing of the environment of who grades; sums with one thread.
            env={
                "PATH": os.defpath,
                "HOME": "/tmp",
                "LANG": "C.UTF-8",
                # The order of a set of strings: alike whenever the same notebook is graded.
                "PYTHONHASHSEED": "0",
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "MKL_NUM_THREADS": "1",
            },
        )


class WarmParent:
    """A process that forks a child for one submission after another, one at a time.

    Args:
        kind: what it is made for. twin: one of that kind that there is, or will be; unless told,
            it is started, in a ``sandbox`` of its own.

    Raises:
        SandboxFailed.
    """

    def __init__(self, kind: Kind, twin: Twin | None = None):
        self.kind = kind
        self.sandbox: Sandbox | None = None
        with contextlib.ExitStack() as opened:
            if twin is None:
                self.sandbox = opened.enter_context(Sandbox(kind.isolation, kind.limits))
                self._socket, self._errors = self.sandbox.socket, self.sandbox.errors
                # Where it is gone, it has said why.
                with contextlib.suppress(ConnectionError):
                    self.sandbox.warm(kind.torch, kind.core)
            else:
                self._socket, self._errors = twin.socket, twin.errors
                opened.callback(self._socket.close)
            self._control = Connection(self._socket)
            self.packages = frozenset(self._reply("warm", SECONDS_TO_WARM)[0])
            self._opened = opened.pop_all()

    def fork(self) -> Connection:
        """A new child; the connection to it.

        Raises:
            SandboxFailed.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._socket, [b"F"], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise SandboxFailed(self._why(str(error))) from None
        # Where it could not fork it is no more: the connection is at its end, and `end` says why.
        return Connection(ours)

    def end(self) -> tuple[int, float, int]:
        """End the child and all that it started: its exit status, CPU seconds, peak memory in KiB.

        Raises:
            SandboxFailed.
        """
        try:
            self._socket.sendall(b"K")
        except OSError as error:
            raise SandboxFailed(self._why(str(error))) from None
        return tuple(self._reply("ended", SECONDS_TO_END))

    def close(self) -> None:
        """End the parent, and with it whatever is left of its children."""
        self._opened.close()

    def _reply(self, wanted: str, seconds: float) -> list:
        try:
            (tag, *rest), _ = self._control.receive(seconds)
        except (Gone, Late, Violation, OSError) as error:
            raise SandboxFailed(self._why(str(error))) from None
        if tag != wanted:
            raise SandboxFailed(self._why(f"it said {tag!r}, expected {wanted!r}"))
        return rest

    def _why(self, error: str) -> str:
        said = ""
        with contextlib.suppress(OSError, ValueError):
            # Not by reading on: the parent writes where that would end.
            size = os.fstat(self._errors.fileno()).st_size
            last = os.pread(self._errors.fileno(), 2000, max(0, size - 2000))
            said = last.decode("utf-8", "replace").strip()
        return f"the sandbox does not work: {error}" + (f"\n{said}" if said else "")
