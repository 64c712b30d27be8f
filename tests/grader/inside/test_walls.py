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

        limits = walls.Limits(memory=1 << 28, files=20)
        walls.limit(limits)
        around = walls.Walls("none", limits, calls.program(), -1, -1)
        around._last = ()  # what it could not read its limits behind
        around.put_up()
        kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_CPU)
        got = [resource.getrlimit(kind) for kind in kinds]
        try:
            bytearray(1 << 29)
        except MemoryError:
            got.append("MemoryError")
        walls.Walls("none", walls.Limits(cpu=10_000), calls.program(), -1, -1)
        around._set_limit(*around._seconds)
        return [*got, resource.getrlimit(resource.RLIMIT_CPU)]

    assert forked(inside) == "[(20, 20), (0, 0), (120, 120), 'MemoryError', (120, 120)]"


@linux_only
def test_privileges_and_calls_are_given_up():
    def inside():
        walls.Walls("none", walls.Limits(), calls.program(), -1, -1).put_up()
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
        for path, text in (
            ("setgroups", b"deny"),
            ("uid_map", b"0 %d 1" % uid),
            ("gid_map", b"0 %d 1" % gid),
        ):
            walls._write(f"/proc/self/{path}", text)
        return forked(within)

    def within():
        before = {name: os.readlink(f"/proc/self/ns/{name}") for name in ("mnt", "net", "user")}
        walls.unshare(walls.NEWNS)
        walls._mount(None, "/", None, walls._REC_PRIVATE).make()
        walls._mount("tmpfs", "/dev", "tmpfs", 0).make()
        open("/dev/one", "w").close()
        walls._mount("/dev/one", "/dev/one", None, 0x1000).make()
        walls.Namespaces(walls.Limits()).enter()
        after = {name: os.readlink(f"/proc/self/ns/{name}") for name in before}
        try:
            walls._mount("tmpfs", "/", "tmpfs", 0).make()
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


class Told:
    """A call of the kernel that is only told of."""

    def __init__(self, done: list, said: tuple, fails: bool = False):
        self._done, self._said, self._fails = done, said, fails

    def make(self):
        if self._fails:
            raise OSError
        self._done.append(self._said)


@pytest.fixture
def done(monkeypatch) -> list:
    """What would be done to this process, in its order."""
    done: list = []

    def mount(source, target, kind, flags, data=""):
        said = "remounted" if flags & walls._REMOUNT else "mounted"
        return Told(done, (said, kind, target), fails=data == "subset=pid")

    monkeypatch.setattr(walls, "_mount", mount)
    monkeypatch.setattr(walls, "_unshare", lambda flags: Told(done, ("unshared", flags)))
    monkeypatch.setattr(walls, "_write", lambda path, text: done.append((path, text)))
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(os, "getgid", lambda: 1001)
    return done


NOBODY = [
    ("/proc/self/setgroups", b"deny"),
    ("/proc/self/uid_map", b"65534 1000 1"),
    ("/proc/self/gid_map", b"65534 1001 1"),
]


@pytest.mark.parametrize("refused", ["subset", "all"])
def test_a_proc_that_shows_the_machine_is_none(monkeypatch, done, refused):
    """Before Linux 5.8, and in a container whose own is not whole, which gets none at all."""
    namespaces = walls.Namespaces(walls.Limits())
    if refused == "all":
        monkeypatch.setattr(namespaces, "_proc", Told(done, "", fails=True))
    namespaces.enter()
    # In a namespace that belongs to nobody: from inside it cannot be taken away.
    user, *rest = done[-6:]
    assert user == ("unshared", walls.NEWUSER)
    assert rest == [*NOBODY, ("unshared", walls.NEWNS), ("mounted", "tmpfs", "/proc")]


@pytest.mark.parametrize(
    ("kernel", "own"), [("6.14.0-x", True), ("7.1", True), ("6.1.0-13-amd64", False), ("?", False)]
)
def test_process_ids_are_bounded_where_that_is_not_the_whole_machines(
    monkeypatch, done, kernel, own
):
    monkeypatch.setattr(walls.platform, "release", lambda: kernel)
    walls.Namespaces(walls.Limits(processes=321)).enter()
    written = ("/proc/sys/kernel/pid_max", b"321")
    assert (written in done) == own
    if own:  # in the /proc of this namespace, before it shows processes alone
        assert done[done.index(written) - 1] == ("mounted", "proc", "/proc")


def test_walls_are_put_up_in_their_order(monkeypatch, done):
    """Another user is become only where that was asked for; what forbids the rest comes last."""
    for name in ("setsid", "chdir"):
        monkeypatch.setattr(os, name, lambda *a, name=name: done.append(name))
    monkeypatch.setattr(walls, "become", lambda *who: done.append(("became", *who[:2])))
    monkeypatch.setattr(walls.Namespaces, "enter", lambda self: done.append("namespaces"))
    last = (Told(done, "no privileges"), Told(done, "filter"))
    for isolation, between in (
        ("none", []),
        ("user", [("became", 1, 2)]),
        ("namespaces", ["namespaces", "chdir"]),
    ):
        done.clear()
        around = walls.Walls(isolation, walls.Limits(), b"", 1, 2)
        monkeypatch.setattr(around, "_set_limit", lambda *bound: done.append("limit"))
        monkeypatch.setattr(around, "_last", last)
        around.put_up()
        assert done == ["setsid", "limit", *between, "no privileges", "filter"]
