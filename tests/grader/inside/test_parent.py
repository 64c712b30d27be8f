"""The warm parent: it forks children, ends them, and ends itself."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import socket
import sys
import time
import types

import pytest

from bnlib.grader.inside import parent, walls
from bnlib.grader.sandbox import calls
from bnlib.grader.wire.frames import Connection, Gone

LINUX = sys.platform == "linux"


@pytest.fixture
def warm_parent():
    """A warm parent without walls, forked off this process; its socket."""
    ours, theirs = socket.socketpair()
    program = base64.b64encode(calls.program()).decode() if LINUX else ""
    config = {
        "isolation": "none",
        "limits": walls.Limits()._asdict(),
        "filter": program,
        "uid": -1,
        "gid": -1,
    }
    pid = os.fork()
    if not pid:
        code = 1
        try:
            ours.close()
            parent.main(theirs.detach(), config)
            code = 0
        finally:
            os._exit(code)
    theirs.close()
    further = b'["json", "nothing_of_the_name"]'
    ours.sendall(b"W" + len(further).to_bytes(2) + further)
    yield ours, pid
    ours.close()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def test_a_warm_parent_forks_ends_and_ends_itself(warm_parent):
    ours, pid = warm_parent
    control = Connection(ours)
    (tag, packages), _ = control.receive(60)
    assert tag == "warm"
    assert {"numpy", "json"} <= set(packages)
    ours.settimeout(10)
    ours.sendall(b"K")
    assert control.receive(10)[0] == ["ended", 0, 0.0, 0]
    for _ in range(2):
        mine, theirs = socket.socketpair()
        socket.send_fds(ours, [b"F"], [theirs.fileno()])
        theirs.close()
        judge = Connection(mine)
        judge.send(
            ["start", {"cells": [[1, "x = 1", None]], "names": [], "seconds": 5, "tell": True}]
        )
        assert judge.receive(10)[0] == ["cell", 1]
        assert judge.receive(10)[0][0] == "ready"
        judge.close()
        time.sleep(0.3)
        ours.sendall(b"K")
        (tag, _, seconds, peak), _ = control.receive(10)
        assert tag == "ended"
        assert seconds >= 0
        assert peak > 1000
        ours.sendall(b"K")
        assert control.receive(10)[0] == ["ended", 0, 0.0, 0]
    ours.close()
    assert os.waitpid(pid, 0)[1] == 0


def test_a_twin_serves_another_judge_and_outlives_none_of_them(warm_parent):
    ours, pid = warm_parent
    Connection(ours).receive(60)
    ends = []
    for processor in (0xFFFF, min(os.sched_getaffinity(0)) if LINUX else 0xFFFF):
        mine, theirs = socket.socketpair()
        socket.send_fds(ours, [b"T" + processor.to_bytes(2)], [theirs.fileno()])
        theirs.close()
        ends.append(mine)
    codes = []
    for mine in ends:
        control = Connection(mine)
        assert control.receive(60)[0][0] == "warm"
        judge, theirs = socket.socketpair()
        socket.send_fds(mine, [b"F"], [theirs.fileno()])
        theirs.close()
        code = "import os\ndef f():\n    return os.getpid(), len(os.sched_getaffinity(0))"
        options = {"cells": [[1, code, None]], "names": ["f"], "seconds": 5, "tell": False}
        connection = Connection(judge)
        connection.send(["start", options])
        while connection.receive(10)[0][0] != "ready":
            pass
        connection.send(["call", 1, "f", None, ["t", []], 5, {}])
        codes.append(connection.receive(10)[0][2][1])
        mine.close()  # its judge is gone: then it is too, with the child that it has
        with pytest.raises(Gone):
            connection.receive(10)
        judge.close()
    if LINUX:
        assert codes[1][1] == 1
        assert len({child for child, _ in codes}) == 2
    # The first one is as it was.
    ours.sendall(b"K")
    assert Connection(ours).receive(10)[0] == ["ended", 0, 0.0, 0]
    ours.close()
    assert os.waitpid(pid, 0)[1] == 0


def test_a_parent_that_is_told_nothing_leaves(monkeypatch):
    monkeypatch.setattr(parent, "_offspring", None)
    ours, theirs = socket.socketpair()
    ours.shutdown(socket.SHUT_WR)
    parent.main(theirs.detach(), {})
    assert ours.recv(1) == b""
    ours.close()


def test_where_walls_fail_nothing_runs(monkeypatch):
    """No process: what the fork does is done here, but for its end."""
    monkeypatch.setattr(parent.os, "fork", lambda: 0)
    monkeypatch.setattr(parent, "_close_all_but", lambda *files: None)
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(parent, "PIPE", theirs.detach())

    class Ended(Exception):
        pass

    def end(code):
        raise Ended(code)

    monkeypatch.setattr(parent.os, "_exit", end)
    around = types.SimpleNamespace(put_up=lambda: 1 / 0)
    with pytest.raises(Ended, match="1"):
        parent._fork(parent.Offspring(None, around, -1, 0), 0)
    message, _ = Connection(ours).receive(5)
    ours.close()
    assert message == ["no walls", "ZeroDivisionError: division by zero"]


def test_a_child_that_is_gone_is_no_trouble_to_end():
    pid = os.fork()
    if not pid:
        signal.pause()
    status, seconds, _ = parent._end(pid)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert seconds >= 0


def test_each_child_is_the_first_process_of_a_namespace(monkeypatch):
    done: list = []
    monkeypatch.setattr(walls, "unshare", lambda kind: done.append(("unshare", kind)))
    monkeypatch.setattr(walls, "enter", lambda home, kind: done.append(("enter", home, kind)))
    monkeypatch.setattr(parent.os, "fork", lambda: done.append("fork") or 5)
    assert parent._fork(parent.Offspring(None, None, 9, 0), 0) == 5
    # And the parent is at home again before the next one.
    assert done == [("unshare", walls.NEWPID), "fork", ("enter", 9, walls.NEWPID)]


def test_torch_has_one_thread_and_is_warm_as_far_as_it_is_known(monkeypatch):
    threads: list = []
    torch = types.SimpleNamespace(set_num_threads=threads.append)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(parent, "_LATE", ("torch.nothing_of_the_name", "wave"))
    monkeypatch.setattr(parent, "gc", types.SimpleNamespace(collect=int, freeze=int))
    ours, theirs = socket.socketpair()
    ours.sendall(b"W\0\2[]")
    ours.shutdown(socket.SHUT_WR)
    monkeypatch.setattr(walls, "limit", lambda limits: None)
    monkeypatch.setattr(parent.rehearsal, "play", lambda: threads.append("played"))
    config = {"limits": walls.Limits()._asdict(), "filter": "", "uid": -1, "gid": -1}
    parent.main(theirs.detach(), {"isolation": "none", **config})
    (tag, packages), _ = Connection(ours).receive(5)
    ours.close()
    assert (tag, threads) == ("warm", [1, "played"])
    assert "wave" in packages
