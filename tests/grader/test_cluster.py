"""A real Dask cluster of two processes grades; one is killed on the way, and nothing is lost."""

import os
import signal
from pathlib import Path

import pytest

pytest.importorskip("distributed")
from distributed import Client, LocalCluster

from bnlib.grader import library
from bnlib.grader.executors import cluster, local
from bnlib.grader.executors.apart import Task
from bnlib.grader.judging import Terms

ROOT = Path(__file__).resolve().parents[2]
SOLVED = (ROOT / "solutions" / "04_algorithm.ipynb").read_bytes()
STUB = (ROOT / "exercises" / "04_algorithm.ipynb").read_bytes()

pytestmark = pytest.mark.needs_system("bubblewrap")


@pytest.fixture
def address():
    """A scheduler's address, and the process ids of its workers."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(processes=True, host="127.0.0.1", **options) as running:
        yield running.scheduler_address


def tasks(count):
    for number in range(count):
        yield Task(f"s{number:02}", "04_algorithm", STUB if number % 5 == 4 else SOLVED)


def found(records):
    return {r.student: (r.points, r.outcome, r.marks) for r in records}


def test_a_killed_worker_loses_nothing(address):
    terms = Terms(seed=3, library=library.digest())
    with local.Judges() as judges:
        here = found(graded.record for graded in judges.grade(tasks(10), terms))
    records, killed = [], None
    for graded in cluster.grade(tasks(40), terms, address):
        records.append(graded.record)
        if len(records) == 3:
            with Client(address) as client:
                killed = min(client.run(os.getpid).values())
            os.kill(killed, signal.SIGKILL)
    assert killed is not None
    assert len(records) == 40
    there = found(records)
    assert len(there) == 40
    assert {name: there[name] for name in here} == here
    assert [there[f"s{n:02}"][0] for n in (4, 39, 0, 38)] == [0, 0, 30, 30]


def test_a_worker_with_another_library_does_not_grade(address):
    terms = Terms(seed=3, library="another")
    with pytest.raises(cluster.NoCluster, match="cannot grade"):
        list(cluster.grade(tasks(1), terms, address))


def without_programs():
    os.environ["PATH"] = ""


def test_a_worker_without_a_sandbox_does_not_grade(address):
    terms = Terms(seed=3, library=library.digest())
    with Client(address) as client:
        client.run(without_programs)
    with pytest.raises(cluster.NoCluster, match=r"bubblewrap .* is not installed"):
        list(cluster.grade(tasks(1), terms, address))


def test_no_scheduler_is_said():
    with pytest.raises(cluster.NoCluster, match="no Dask scheduler answers"):
        list(cluster.grade(tasks(1), Terms(seed=1, library=""), "tcp://127.0.0.1:1"))
