"""Judges in processes of their own: what a lost one costs, and that none is left behind."""

from __future__ import annotations

import json
import os
import socket
import threading
from pathlib import Path

import pytest

from bnlib.grader.executors import apart, local
from bnlib.grader.executors.apart import JudgeApart, Task
from bnlib.grader.judging import Graded, Terms
from bnlib.grader.record import BROKEN, GRADED, UNREADABLE
from bnlib.grader.sandbox import isolation
from bnlib.grader.sandbox.warm import SandboxFailed
from bnlib.grader.wire.frames import Connection, Violation

ROOT = Path(__file__).resolve().parents[2]
TERMS = Terms(5, "the library", isolation.NONE)
SOLVED = (ROOT / "solutions" / "04_algorithm.ipynb").read_bytes()


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
        started.append(judge)
        judge._process = Process()
        judge._connection = Connection(ours)
        theirs.close()

    class Process:
        def kill(self): ...
        def wait(self, timeout=None): ...

    monkeypatch.setattr(judge, "_start", start)
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


# ---------------------------------------------------------------- the other end, here


def test_the_other_end_says_that_there_is_no_sandbox(monkeypatch):
    class Judge:
        def __init__(self, terms):
            assert terms == TERMS

        def __enter__(self):
            return self

        def __exit__(self, *error): ...

        def grade(self, student, notebook, data):
            assert (student, notebook, type(data)) == ("ada", "04_algorithm", bytes)
            raise SandboxFailed("no sandbox here")

    monkeypatch.setattr(apart, "Judge", Judge)
    monkeypatch.setattr(apart, "_bound_memory", lambda: None)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=apart.main, args=(theirs.detach(),))
    thread.start()
    judge = JudgeApart(TERMS)

    def start():
        judge._connection = Connection(ours)
        judge._connection.send(json.loads(json.dumps(apart.dataclasses.asdict(TERMS))))

    monkeypatch.setattr(judge, "_start", start)
    with pytest.raises(SandboxFailed, match="no sandbox here"):
        judge.grade(task())
    ours.close()
    thread.join(30)
    assert not thread.is_alive()


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


# ---------------------------------------------------------------- many


class Judges:
    """Stand for `JudgeApart`; ``made`` are those that there were."""

    made: list

    def __init__(self, terms, processor=None):
        self.terms, self.processor, self.closed = terms, processor, False
        self.made.append(self)

    def grade(self, task):
        if task.student == "mal":
            raise SandboxFailed("no sandbox")
        return Graded(task.student, [])

    def dismiss(self):
        assert not self.closed

    def close(self):
        self.closed = True


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(Judges, "made", [], raising=False)
    monkeypatch.setattr(local, "JudgeApart", Judges)
    return Judges.made


def test_all_are_graded_and_few_are_held(made):
    read = 0

    def tasks():
        nonlocal read
        for number in range(50):
            read += 1
            yield task(str(number))

    done = []
    for graded in local.grade(tasks(), TERMS, processes=2):
        done.append(graded.record)
        assert read - len(done) <= 2 * local._AHEAD
    assert sorted(done, key=int) == [str(n) for n in range(50)]
    assert 1 <= len(made) <= 2
    assert all(judge.closed for judge in made)


def test_no_sandbox_ends_the_run_and_every_judge(made):
    with pytest.raises(SandboxFailed, match="no sandbox"):
        list(local.grade((task(s) for s in ("ada", "mal", "bob")), TERMS, processes=1))
    assert [judge.closed for judge in made] == [True]


def test_who_stops_listening_leaves_nothing(made):
    results = local.grade((task(str(n)) for n in range(50)), TERMS, processes=1)
    next(results)
    results.close()
    assert [judge.closed for judge in made] == [True]


@pytest.mark.parametrize(
    ("processes", "own"), [(0, [3, 5]), (2, [3, 5]), (1, [None]), (3, [None] * 3)]
)
def test_each_judge_keeps_to_a_processor_where_there_is_one_for_each(
    processes, own, made, monkeypatch
):
    together = threading.Barrier(len(own), timeout=30)
    monkeypatch.setattr(local, "_processors", lambda: [3, 5])
    monkeypatch.setattr(Judges, "grade", lambda self, task: together.wait())
    list(local.grade((task(str(n)) for n in range(len(own))), TERMS, processes=processes))
    assert sorted((judge.processor for judge in made), key=str) == own


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system has no affinity")
def test_the_process_is_kept_to_its_processor():
    processor = max(os.sched_getaffinity(0))
    with JudgeApart(TERMS, processor) as judge:
        judge.grade(task(data=b"{"))
        assert os.sched_getaffinity(judge._process.pid) == {processor}


def test_nothing_to_do(made):
    assert list(local.grade([], TERMS)) == []
    assert made == []
