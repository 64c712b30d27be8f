"""Judges in processes of their own: what a lost one costs, and that none is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bnlib.grader.executors import apart
from bnlib.grader.executors.apart import JudgeApart, Task
from bnlib.grader.judging import Terms
from bnlib.grader.record import BROKEN, GRADED, UNREADABLE
from bnlib.grader.sandbox import isolation
from bnlib.grader.sandbox.warm import Kind, SandboxFailed, Twin
from bnlib.grader.wire.frames import Connection, Violation

ROOT = Path(__file__).resolve().parents[2]
TERMS = Terms(5, "the library", isolation.NONE)
KIND = Kind(isolation.NONE)
SOLVED = (ROOT / "solutions" / "04_algorithm.ipynb").read_bytes()

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc : run on Linux")


def task(student="ada", data=SOLVED) -> Task:
    return Task(student, "04_algorithm", data)


@pytest.fixture(scope="module")
def judge():
    with JudgeApart(TERMS) as judge:
        yield judge


def test_a_record_comes_from_the_other_process(judge):
    record, source = judge.grade(task())
    assert (record.student, record.outcome, record.points) == ("ada", GRADED, record.possible)
    assert (record.seed, record.library, record.isolation) == (5, "the library", "none")
    assert all(type(n) is int and type(text) is str for n, text in source)
    assert judge._process.pid != os.getpid()
    assert judge.grade(task(data=b"{")).record.outcome == UNREADABLE


def test_a_lost_process_is_started_again(judge):
    judge.grade(task())
    lost = judge._process
    lost.kill()
    lost.wait()
    assert judge.grade(task()).record.outcome == GRADED
    assert judge._process is not lost


def test_a_notebook_that_costs_every_judge_its_life_is_broken(monkeypatch):
    judge = JudgeApart(TERMS)
    started = []

    def start():
        ours, theirs = socket.socketpair()
        judge._told = TERMS
        started.append(judge)
        judge._process = Process()
        judge._connection = Connection(ours)
        theirs.close()

    class Process:
        def kill(self): ...
        def wait(self, timeout=None): ...

    monkeypatch.setattr(judge, "start", start)
    record, source = judge.grade(task())
    assert (record.outcome, record.problem, source) == (BROKEN, apart.LOST, [])
    assert len(record.digest) == 64
    assert record.points == 0 < record.possible
    assert {mark.status for mark in record.marks} == {"not judged"}
    assert len(started) == apart._ATTEMPTS
    assert judge._connection is None


def test_an_answer_that_is_none_is_a_lost_process(judge, monkeypatch):
    def violate(self, seconds=None):
        raise Violation("too large")

    judge.grade(task())
    with monkeypatch.context() as patch:
        patch.setattr(Connection, "receive", violate)
        assert judge.grade(task()).record.outcome == BROKEN
    assert judge.grade(task()).record.outcome == GRADED


def test_its_process_ends_with_it():
    with JudgeApart(TERMS) as judge:
        judge.grade(task())
        process = judge._process
    assert process.returncode == 0
    judge.close()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system has no affinity")
def test_the_process_is_kept_to_its_processor():
    processor = max(os.sched_getaffinity(0))
    with JudgeApart(TERMS, processor) as judge:
        judge.grade(task(data=b"{"))
        assert os.sched_getaffinity(judge._process.pid) == {processor}


# ---------------------------------------------------------------- a copy of this process

COPIES = """
import contextlib, json, os, sys, time
from bnlib.checks.registry import exercises
from bnlib.grader.executors import apart, local
from bnlib.grader.judging import Terms
from bnlib.grader.sandbox import isolation
from bnlib.grader.sandbox.warm import Sandbox

exercises()
held = open(os.devnull)
with contextlib.ExitStack() as opened:
    sandbox = None
    if "warm" in sys.argv:
        sandbox = opened.enter_context(Sandbox(isolation.NONE))
        sandbox.warm()
    judges = opened.enter_context(local.Judges(2, sandbox))
    print(json.dumps([judge._process.pid for judge in judges._judges]), flush=True)
    task = apart.Task("ada", "04_algorithm", sys.stdin.buffer.read())
    terms = Terms(5, "", isolation.NONE)
    for graded in judges.grade([task, task], terms):
        assert all(type(judge._process) is apart._Forked for judge in judges._judges)
        print(graded.record.points == graded.record.possible, flush=True)
    if "warm" in sys.argv:
        for id in [judge._process.pid for judge in judges._judges]:
            print(open(f"/proc/{id}/task/{id}/children").read().split())
    if "stay" in sys.argv:
        time.sleep(600)
print([judge._process for judge in judges._judges])
"""


@pytest.fixture
def copies():
    """Starts a process that judges by copies of itself; gives it, and their ids."""
    running = []

    def start(*arguments):
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", COPIES, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        ids = json.loads(running[-1].stdout.readline())
        return running[-1], ids

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def alive(id: int) -> bool:
    with contextlib.suppress(OSError):
        return " Z " not in Path(f"/proc/{id}/stat").read_text()
    return False


@linux_only
def test_copies_judge_and_end(copies):
    process, ids = copies()
    said, _ = process.communicate(task().data, timeout=120)
    assert said.decode().splitlines() == ["True", "True", "[None, None]"]
    assert process.returncode == 0
    assert not any(map(alive, ids))


ONE_THREAD = """
import socket, numpy, threadpoolctl
from bnlib.grader.executors import apart

before = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
ours, theirs = socket.socketpair()
ours.close()
apart.main(theirs.detach())
print(before, [pool["num_threads"] for pool in threadpoolctl.threadpool_info()])
"""


@linux_only
def test_a_judge_has_one_thread_where_its_libraries_were_loaded_with_two():
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    line = [sys.executable, "-c", ONE_THREAD]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[2] [1]\n"


@linux_only
def test_a_copy_holds_nothing_but_its_own_end(copies):
    _, ids = copies("stay")
    for id in ids:
        wait_until(lambda id=id: len(os.listdir(f"/proc/{id}/fd")) == 4)
        open_ones = {os.readlink(f"/proc/{id}/fd/{n}") for n in os.listdir(f"/proc/{id}/fd")}
        assert len([name for name in open_ones if name.startswith("socket:")]) == 1
        assert os.getsid(id) == id


@linux_only
def test_copies_end_with_who_asked_them(copies):
    process, ids = copies("stay")
    process.stdin.write(task().data)
    process.stdin.close()
    process.stdout.readline()
    process.kill()
    wait_until(lambda: not any(map(alive, ids)))


def children(id: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(n) for n in Path(f"/proc/{id}/task/{id}/children").read_text().split()]
    return []


@linux_only
def test_a_sandbox_is_there_before_there_is_a_notebook_and_judges_it(copies):
    """One for both: its warm parent has a twin for each, and neither starts another."""
    process, ids = copies("warm")
    (root,) = set(children(process.pid)) - set(ids)
    wait_until(lambda: len(children(root)) == 2)
    twins = children(root)
    own = [{processor} for processor in sorted(os.sched_getaffinity(0))]
    if len(own) == 2:
        wait_until(lambda: [os.sched_getaffinity(twin) for twin in twins] == own)
    said, _ = process.communicate(task().data, timeout=120)
    assert said.decode().splitlines() == ["True", "True", "[]", "[]", "[None, None]"]
    assert not any(map(alive, (*ids, root, *twins)))


@linux_only
def test_where_the_shared_sandbox_is_lost_each_judge_starts_its_own(copies):
    process, ids = copies("warm")
    (root,) = set(children(process.pid)) - set(ids)
    wait_until(lambda: len(children(root)) == 2)
    for id in (root, *children(root)):
        os.kill(id, signal.SIGKILL)
    said, _ = process.communicate(task().data, timeout=120)
    *judged, one, other, _ = said.decode().splitlines()
    assert judged == ["True", "True"]
    assert [len(json.loads(own.replace("'", '"'))) for own in (one, other)] == [1, 1]


def wait_until(condition) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


# ---------------------------------------------------------------- the other end, here


@pytest.mark.parametrize("early", [None, OSError("no room"), SandboxFailed("not yet")])
def test_the_other_end_says_that_there_is_no_sandbox(monkeypatch, early):
    class Judge:
        terms = None

        def __enter__(self):
            return self

        def __exit__(self, *error): ...

        def warm(self, kind, twin):
            warmed.append((kind, twin))
            raise early

        def grade(self, student, notebook, data):
            assert self.terms == TERMS
            assert (student, notebook, type(data)) == ("ada", "04_algorithm", bytes)
            raise SandboxFailed("no sandbox here")

    monkeypatch.setattr(apart, "Judge", Judge)
    monkeypatch.setattr(apart, "_bound_memory", lambda: None)
    monkeypatch.setattr(apart.threadpoolctl, "threadpool_limits", lambda most: None)
    ours, theirs = socket.socketpair()
    warmed = []
    twin = None if early is None else Twin(KIND, None, None)
    thread = threading.Thread(target=apart.main, args=(theirs.detach(), twin))
    thread.start()
    judge = JudgeApart(TERMS)

    def start():
        judge._connection = Connection(ours)

    monkeypatch.setattr(judge, "start", start)
    with pytest.raises(SandboxFailed, match="no sandbox here"):
        judge.grade(task())
    ours.close()
    thread.join(30)
    assert not thread.is_alive()
    assert warmed == [(KIND, twin)] * (early is not None)


def test_memory_is_bounded_where_it_can_be(monkeypatch):
    resource = pytest.importorskip("resource")
    said = []
    monkeypatch.setattr(resource, "setrlimit", lambda *limit: said.append(limit))
    apart._bound_memory()
    assert said == [(resource.RLIMIT_AS, (apart._JUDGE_MEMORY,) * 2)]

    def refuse(*limit):
        raise ValueError

    monkeypatch.setattr(resource, "setrlimit", refuse)
    apart._bound_memory()
