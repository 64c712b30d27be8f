"""The walls that a new child puts around itself before it runs a line of a submission.

Each is a call of the kernel, made through ctypes: Python before 3.12 has no ``unshare``, and no
library forks a warm process into new namespaces. Flags and structures: unshare(2), mount(2),
capabilities(7), seccomp(2), user_namespaces(7).

The warm parent makes the calls ready, and a child only makes them: whatever a child reads for the
first time it has to copy, page by page, and there is a child for every submission.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import platform
import re
import sys
from collections.abc import Callable
from typing import NamedTuple

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
_NOSUID, _NODEV, _NOEXEC, _RDONLY = 2, 4, 8, 1
_REC_PRIVATE = 0x4000 | 0x40000
_REMOUNT, _BIND = 0x20, 0x1000
_NO_NEW_PRIVS, _SECCOMP, _SECCOMP_FILTER, _AMBIENT, _AMBIENT_CLEAR = 38, 22, 2, 47, 4
_CAPABILITIES_3 = 0x20080522
NOBODY = 65534


class Limits(NamedTuple):
    """What one submission may use.

    Attributes:
        memory: bytes of address space beyond what the warm parent has. cpu: seconds.
        file: bytes of one file. scratch: bytes of /tmp, all files together. files: open ones.
        processes: largest process id, threads included; Linux allows no less than 301.
    """

    memory: int = 1 << 30
    cpu: int = 120
    file: int = 16 << 20
    scratch: int = 64 << 20
    files: int = 64
    processes: int = 400


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class _Call(NamedTuple):
    """A call of the kernel that is ready to be made, and what its arguments point to."""

    function: Callable
    arguments: tuple
    kept: object = None

    def make(self) -> None:
        """Make it.

        Raises:
            OSError: it failed; the message names it.
        """
        if self.function(*self.arguments) == -1:
            number = ctypes.get_errno()
            raise OSError(number, f"{self.function.__name__}: {os.strerror(number)}")


@functools.cache
def _libc():
    # Kept, and with it each of its functions, from the first call on: before the first fork.
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments, kept=None) -> _Call:
    return _Call(getattr(_libc(), name), arguments, kept)


def _unshare(flags: int) -> _Call:
    return _call("unshare", ctypes.c_int(flags))


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> _Call:
    texts = [None if t is None else t.encode() for t in (source, target, kind)]
    return _call("mount", *texts, ctypes.c_ulong(flags), data.encode() or None)


def unshare(flags: int) -> None:
    """Leave these namespaces for new ones (NEWPID: for children to come)."""
    _unshare(flags).make()


def enter(namespace: int, kind: int) -> None:
    """Go (for NEWPID: let children to come go) into the namespace behind a file descriptor."""
    _call("setns", ctypes.c_int(namespace), ctypes.c_int(kind)).make()


def for_children_to_come() -> None:
    """What children in namespaces of their own find done: it holds in copies of this mount one."""
    _mount(None, "/", None, _REC_PRIVATE).make()
    # A device's file is the machine's own: whom it belongs to (root, where root grades) could
    # change its mode and times. On a read-only mount a device can be written, its file cannot.
    for device in os.listdir("/dev"):
        flags = _REMOUNT | _BIND | _NOSUID | _NOEXEC | _RDONLY
        _mount(None, f"/dev/{device}", None, flags).make()


class Namespaces:
    """Mount, network, IPC and UTS namespaces, an empty /tmp, a /proc of itself; then a user one.

    The PID namespace is the parent's work: it begins with the fork. The user namespace comes
    last, so that what was mounted belongs to its parent and cannot be undone from inside.
    """

    def __init__(self, limits: Limits):
        scratch = f"size={limits.scratch},nr_inodes=4096,mode=0777"
        hidden = _NOSUID | _NODEV | _NOEXEC
        self._first = (
            _unshare(NEWNS | NEWNET | NEWIPC | NEWUTS),
            _mount("tmpfs", "/tmp", "tmpfs", hidden, scratch),
        )
        self._processes = str(limits.processes).encode() if _counts_processes() else b""
        self._proc = _mount("proc", "/proc", "proc", hidden)
        self._itself = _mount("proc", "/proc", "proc", _REMOUNT | hidden, "subset=pid")
        self._nobody = _unshare(NEWUSER)
        uid, gid = os.getuid(), os.getgid()
        self._maps = (
            ("/proc/self/setgroups", b"deny"),
            ("/proc/self/uid_map", b"%d %d 1" % (NOBODY, uid)),
            ("/proc/self/gid_map", b"%d %d 1" % (NOBODY, gid)),
        )
        flags = hidden | _RDONLY
        self._nothing = (_unshare(NEWNS), _mount("tmpfs", "/proc", "tmpfs", flags, "size=4k"))

    def enter(self) -> None:
        """Go into new ones.

        Raises:
            OSError.
        """
        for call in self._first:
            call.make()
        shown = True
        try:
            self._proc.make()
            if self._processes:
                # Bounds the process ids, which threads take too, of this PID namespace.
                with contextlib.suppress(OSError):
                    _write("/proc/sys/kernel/pid_max", self._processes)
            self._itself.make()
        except OSError:
            # A kernel before 5.8, or a container that has a part of its own hidden: rather none
            # than one that shows the machine.
            shown = False
        self._nobody.make()
        for path, text in self._maps:
            _write(path, text)
        if not shown:
            for call in self._nothing:
                call.make()


def _counts_processes() -> bool:
    """Whether pid_max is a PID namespace's own (Linux 6.14); before, it is the whole machine's."""
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return bool(found) and (int(found[1]), int(found[2])) >= (6, 14)


def _write(path: str, text: bytes) -> None:
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text)
    finally:
        os.close(file)


def limit(limits: Limits) -> None:
    """Set the resource limits that a child inherits: all but that of time, which is its own.

    Memory counts from what is in use now.
    """
    import resource

    def at_most(kind: int, value: int) -> None:
        value = _bounded(kind, value)
        resource.setrlimit(kind, (value, value))

    used = 0
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    # Where the size of the address space is unknown, a limit on it would be a guess.
    if used:
        at_most(resource.RLIMIT_AS, used + limits.memory)
    at_most(resource.RLIMIT_FSIZE, limits.file)
    at_most(resource.RLIMIT_NOFILE, limits.files)
    at_most(resource.RLIMIT_CORE, 0)
    for name in ("RLIMIT_MSGQUEUE", "RLIMIT_MEMLOCK"):
        if hasattr(resource, name):
            at_most(getattr(resource, name), 0)


def _bounded(kind: int, value: int) -> int:
    import resource

    _, hard = resource.getrlimit(kind)
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _without_privileges() -> tuple[_Call, ...]:
    """To give up every capability, and the way to get one by running a program."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    return (
        _call("prctl", _AMBIENT, _AMBIENT_CLEAR, 0, 0, 0),
        _call("capset", header, (ctypes.c_uint32 * 6)()),
        _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0),
    )


def _filter(program: bytes) -> _Call:
    """To load a seccomp filter, in the form that the kernel takes (see ``sandbox.calls``)."""
    buffer = ctypes.create_string_buffer(program, len(program))
    ready = _Program(len(program) // 8, ctypes.addressof(buffer))
    arguments = _SECCOMP, _SECCOMP_FILTER, ctypes.byref(ready), 0, 0
    return _call("prctl", *arguments, kept=(ready, buffer))


class Walls:
    """The walls of every child of one warm parent, ready to be put up.

    Args:
        isolation: "namespaces", "user" (another user of the system) or "none". limits: of which
            those are set here that a child does not inherit. program: the seccomp filter.
            uid, gid: for "user".
    """

    def __init__(self, isolation: str, limits: Limits, program: bytes, uid: int, gid: int):
        import resource

        self._set_limit = resource.setrlimit
        self._seconds = resource.RLIMIT_CPU, (_bounded(resource.RLIMIT_CPU, limits.cpu),) * 2
        self._namespaces = Namespaces(limits) if isolation == "namespaces" else None
        self._user = (uid, gid, limits) if isolation == "user" else None
        self._last = (*_without_privileges(), _filter(program)) if on_linux() else ()

    def put_up(self) -> None:
        """Put them up around this process, for good.

        Raises:
            OSError, ValueError: one does not stand.
        """
        os.setsid()
        self._set_limit(*self._seconds)
        if self._namespaces is not None:
            self._namespaces.enter()
            os.chdir("/tmp")
        if self._user is not None:
            become(*self._user)
        for call in self._last:
            call.make()


def become(uid: int, gid: int, limits: Limits) -> None:
    """Another user for good, with no other group, and with few processes in all."""
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (limits.processes, limits.processes))
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def on_linux() -> bool:
    return sys.platform == "linux"
