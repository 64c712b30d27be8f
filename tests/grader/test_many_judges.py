"""Many judges of this machine: all is graded, few are held, and one sandbox serves them."""

from __future__ import annotations

import threading

import pytest

from bnlib.grader.executors import local
from bnlib.grader.judging import Graded
from bnlib.grader.sandbox.warm import SandboxFailed
from tests.grader.test_executors import TERMS, task


class Judges:
    """Stand for `JudgeApart`; ``made`` are those that there were."""

    made: list

    def __init__(self, terms=None, processor=None):
        self.terms, self.processor, self.closed, self.forked = terms, processor, False, False
        self.sandbox = None
        self.made.append(self)

    def start(self, fork=False, sandbox=None):
        self.forked, self.sandbox = fork, sandbox

    def grade(self, task):
        assert self.terms == TERMS
        if task.student == "mal":
            raise SandboxFailed("no sandbox")
        return Graded(task.student, [])

    def dismiss(self):
        assert not self.closed

    def close(self):
        self.closed = True


def grade(tasks, processes: int = 0):
    with local.Judges(processes) as judges:
        yield from judges.grade(tasks, TERMS)


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
    for graded in grade(tasks(), processes=2):
        done.append(graded.record)
        assert read - len(done) <= 2 * local._AHEAD
    assert sorted(done, key=int) == [str(n) for n in range(50)]
    assert len(made) == 2
    assert all(judge.closed for judge in made)


@pytest.mark.parametrize(("tasks", "times"), [(1, 0), (2, 1), (9, 1)])
def test_once_all_have_work_there_is_time_for_something_else(made, tasks, times):
    given, seen = [], []

    def some():
        for number in range(tasks):
            given.append(number)
            yield task(str(number))

    with local.Judges(1, meanwhile=lambda: seen.append(len(given))) as judges:
        assert len(list(judges.grade(some(), TERMS))) == tasks
    assert seen == [local._AHEAD] * times


def test_no_sandbox_ends_the_run_and_every_judge(made):
    with pytest.raises(SandboxFailed, match="no sandbox"):
        list(grade((task(s) for s in ("ada", "mal", "bob")), processes=1))
    assert [judge.closed for judge in made] == [True]


def test_who_stops_listening_leaves_nothing(made):
    results = grade((task(str(n)) for n in range(50)), processes=1)
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
    list(grade((task(str(n)) for n in range(len(own))), processes=processes))
    assert sorted((judge.processor for judge in made), key=str) == own


@pytest.mark.parametrize("early", [0, 2])
def test_no_more_twins_are_made_early_than_there_are_notebooks(made, monkeypatch, early):
    monkeypatch.setattr(local.threading, "active_count", lambda: 1)
    one = object()
    with local.Judges(3, one, early=early):
        assert [judge.forked for judge in made] == [True] * 3
        assert [judge.sandbox for judge in made] == [*[one] * early, *[None] * (3 - early)]


def test_nothing_to_do(made):
    assert list(grade([])) == []
    assert all(judge.closed for judge in made)


@pytest.mark.parametrize("threads", [1, 2])
def test_processes_are_copies_only_where_no_other_thread_runs(made, monkeypatch, threads):
    monkeypatch.setattr(local.threading, "active_count", lambda: threads)
    sandbox = object()
    with local.Judges(2, sandbox):
        assert [judge.forked for judge in made] == [threads == 1] * 2
        # One for all of them.
        one = sandbox if threads == 1 else None
        assert [judge.sandbox for judge in made] == [one] * 2
