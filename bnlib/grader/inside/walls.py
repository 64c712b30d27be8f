"""The walls that a new child puts around itself before it runs a line of a submission.

Each is a call of the kernel, made through ctypes: Python before 3.12 has no ``unshare``, and no
library forks a warm process into new namespaces. Flags and structures: unshare(2), mount(2),
capabilities(7), seccomp(2), user_namespaces(7).
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from typing import NamedTuple

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
_NOSUID, _NODEV, _NOEXEC, _RDONLY = 2, 4, 8, 1
_REC_PRIVATE = 0x4000 | 0x40000
_REMOUNT_BIND = 0x20 | 0x1000
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


@functools.cache
def _libc():
    # Kept, and with it each of its functions, from the first call on: before the first fork.
    return ctypes.CDLL(None, use_errno=True)


def _called(name: str, *arguments) -> None:
    if getattr(_libc(), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave these namespaces for new ones (NEWPID: for children to come)."""
    _called("unshare", ctypes.c_int(flags))


def enter(namespace: int, kind: int) -> None:
    """Go (for NEWPID: let children to come go) into the namespace behind a file descriptor."""
    _called("setns", ctypes.c_int(namespace), ctypes.c_int(kind))


def for_children_to_come() -> None:
    """What children in namespaces of their own find done: it holds in copies of this mount one."""
    _mount(None, "/", None, _REC_PRIVATE)
    # A device's file is the machine's own: whom it belongs to (root, where root grades) could
    # change its mode and times. On a read-only mount a device can be written, its file cannot.
    for device in os.listdir("/dev"):
        _mount(None, f"/dev/{device}", None, _REMOUNT_BIND | _NOSUID | _NOEXEC | _RDONLY)


def into_new_namespaces(limits: Limits) -> None:
    """Mount, network, IPC and UTS namespaces, an empty /tmp, a /proc of itself; then a user one.

    The PID namespace is the parent's work: it begins with the fork. The user namespace comes
    last, so that what was mounted belongs to its parent and cannot be undone from inside.
    """
    unshare(NEWNS | NEWNET | NEWIPC | NEWUTS)
    _limit_processes(limits.processes)
    scratch = f"size={limits.scratch},nr_inodes=4096,mode=0777"
    _mount("tmpfs", "/tmp", "tmpfs", _NOSUID | _NODEV | _NOEXEC, scratch)
    shown = True
    try:
        _mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC, "subset=pid")
    except OSError:  # a kernel before 5.8: rather none than one that shows the machine
        shown = False
    uid, gid = os.getuid(), os.getgid()
    unshare(NEWUSER)
    _map(uid, gid)
    if not shown:
        unshare(NEWNS)
        _mount("tmpfs", "/proc", "tmpfs", _NOSUID | _NODEV | _NOEXEC | _RDONLY, "size=4k")


def _limit_processes(most: int) -> None:
    """Bound the process ids, which threads take too, of this PID namespace (Linux 6.14)."""
    with contextlib.suppress(OSError):
        _mount("proc", "/tmp", "proc", _NOSUID | _NODEV | _NOEXEC)
        try:
            with open("/tmp/sys/kernel/pid_max", "w") as file:
                file.write(str(most))
        finally:
            _called("umount2", b"/tmp", ctypes.c_int(0))


def _map(uid: int, gid: int) -> None:
    """Be nobody, in the new user namespace."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {uid} 1"),
        ("gid_map", f"{NOBODY} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    texts = [None if t is None else t.encode() for t in (source, target, kind)]
    _called("mount", *texts, ctypes.c_ulong(flags), data.encode() or None)


def become(uid: int, gid: int, limits: Limits) -> None:
    """Another user for good, with no other group, and with few processes in all."""
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (limits.processes, limits.processes))
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def limit(limits: Limits) -> None:
    """Set the resource limits; memory counts from what is in use now."""
    import resource

    def at_most(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))

    used = 0
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    # Where the size of the address space is unknown, a limit on it would be a guess.
    if used:
        at_most(resource.RLIMIT_AS, used + limits.memory)
    at_most(resource.RLIMIT_CPU, limits.cpu)
    at_most(resource.RLIMIT_FSIZE, limits.file)
    at_most(resource.RLIMIT_NOFILE, limits.files)
    at_most(resource.RLIMIT_CORE, 0)
    for name in ("RLIMIT_MSGQUEUE", "RLIMIT_MEMLOCK"):
        if hasattr(resource, name):
            at_most(getattr(resource, name), 0)


def drop_privileges() -> None:
    """Give up every capability, and the way to get one by running a program."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    _called("prctl", _AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    _called("capset", header, (ctypes.c_uint32 * 6)())
    _called("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)


def filter_system_calls(program: bytes) -> None:
    """Load a seccomp filter, in the form that the kernel takes (see ``sandbox.calls``)."""
    buffer = ctypes.create_string_buffer(program, len(program))
    ready = _Program(len(program) // 8, ctypes.addressof(buffer))
    _called("prctl", _SECCOMP, _SECCOMP_FILTER, ctypes.byref(ready), 0, 0)


def on_linux() -> bool:
    return sys.platform == "linux"
