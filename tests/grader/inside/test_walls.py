"""The walls, each tried in a fork, and the order in which they are put up."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time

import pytest

from bnlib.grader.inside import walls
from bnlib.grader.sandbox import calls

LINUX = sys.platform == "linux"


def forked(function) -> str:
    """What the function returns in a process of its own, or the exception that it raised."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            said = repr(function())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        with contextlib.suppress(BaseException):
            os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        said = file.read()
    os.waitpid(pid, 0)
    return said


linux_only = pytest.mark.skipif(not LINUX, reason="the kernel's calls are Linux's : run on Linux")


def status(field: str) -> str:
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith(f"{field}:"))


@linux_only
def test_limits_hold():
    def inside():
        import resource

        walls.limit(walls.Limits(memory=1 << 28, files=20))
        kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_CPU)
        got = [resource.getrlimit(kind) for kind in kinds]
        try:
            bytearray(1 << 29)
        except MemoryError:
            got.append("MemoryError")
        walls.limit(walls.Limits(cpu=10_000))
        return [*got, resource.getrlimit(resource.RLIMIT_CPU)]

    assert forked(inside) == "[(20, 20), (0, 0), (120, 120), 'MemoryError', (120, 120)]"


@linux_only
def test_privileges_and_calls_are_given_up():
    def inside():
        walls.drop_privileges()
        walls.filter_system_calls(calls.program())
        refused = []
        for call_it in (
            os.fork,
            lambda: os.execv("/bin/true", ["true"]),
            lambda: socket.socket(socket.AF_INET),
            lambda: walls.unshare(walls.NEWUSER),
        ):
            try:
                call_it()
                refused.append("done")
            except PermissionError:
                refused.append("refused")
        threading.Thread(target=refused.append, args=("thread",)).start()
        time.sleep(0.1)
        return [status(f) for f in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")][::2], refused

    said = forked(inside)
    assert (
        said
        == "(['0000000000000000', '1'], ['refused', 'refused', 'refused', 'refused', 'thread'])"
    )


@linux_only
@pytest.mark.needs_system("bubblewrap")
def test_new_namespaces_have_an_own_tmp_and_proc():
    """As the sandbox has it: privileged in an own user namespace, process 1 of a new one."""
    uid, gid = os.getuid(), os.getgid()

    def inside():
        walls.unshare(walls.NEWUSER | walls.NEWPID)
        walls._map(uid, gid)
        return forked(within)

    def within():
        before = {name: os.readlink(f"/proc/self/ns/{name}") for name in ("mnt", "net", "user")}
        walls.unshare(walls.NEWNS)
        walls._mount(None, "/", None, walls._REC_PRIVATE)
        walls._mount("tmpfs", "/dev", "tmpfs", 0)
        open("/dev/one", "w").close()
        walls._mount("/dev/one", "/dev/one", None, 0x1000)
        walls.into_new_namespaces(walls.Limits())
        after = {name: os.readlink(f"/proc/self/ns/{name}") for name in before}
        try:
            walls._mount("tmpfs", "/", "tmpfs", 0)
        except OSError as error:
            remounted = error.strerror
        return (
            os.listdir("/tmp"),
            sorted(n for n in os.listdir("/proc") if n.isdigit()),
            [after[name] != before[name] for name in before],
            os.getuid(),
            remounted,
        )

    said = forked(inside)
    assert "[], ['1'], [True, True, True], 65534, " in said


@linux_only
def test_a_call_of_the_kernel_that_fails_says_which():
    with pytest.raises(OSError, match="setns: Bad file descriptor"):
        walls.enter(-1, walls.NEWPID)
    assert walls.on_linux()


@linux_only
@pytest.mark.skipif(LINUX and os.geteuid() != 0, reason="only root can : run as root")
def test_another_user_is_become_for_good():
    def inside():
        walls.become(54321, 54322, walls.Limits())
        with contextlib.suppress(PermissionError):
            os.setuid(0)
        return os.getresuid(), os.getresgid(), os.getgroups()

    assert forked(inside) == "((54321, 54321, 54321), (54322, 54322, 54322), [])"


def test_a_proc_that_shows_the_machine_is_none(monkeypatch):
    done: list = []

    def mount(source, target, kind, flags, data=""):
        if data == "subset=pid":
            raise OSError
        done.append((kind, target))

    monkeypatch.setattr(walls, "_mount", mount)
    monkeypatch.setattr(walls, "_limit_processes", lambda most: None)
    monkeypatch.setattr(walls, "unshare", lambda flags: done.append(flags))
    monkeypatch.setattr(walls, "_map", lambda *ids: done.append("nobody"))
    walls.into_new_namespaces(walls.Limits())
    # In a namespace that belongs to nobody: from inside it cannot be taken away.
    assert done[-4:] == [walls.NEWUSER, "nobody", walls.NEWNS, ("tmpfs", "/proc")]


def test_in_a_user_namespace_one_is_nobody(monkeypatch, tmp_path):
    def kept(path, mode):
        return open(tmp_path / path.rpartition("/")[2], mode)

    monkeypatch.setattr(walls, "open", kept, raising=False)
    walls._map(1000, 1001)
    said = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert said == {"setgroups": "deny", "uid_map": "65534 1000 1", "gid_map": "65534 1001 1"}
