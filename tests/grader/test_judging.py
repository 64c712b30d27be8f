"""One submission judged: whatever its bytes are, a record that says what became of it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

from bnlib.checks import engine, registry
from bnlib.grader import judging
from bnlib.grader.judging import Judge, Terms
from bnlib.grader.record import BROKEN, GRADED, UNREADABLE, Record
from bnlib.grader.remote import Session
from bnlib.grader.sandbox import isolation
from bnlib.grader.sandbox.warm import SandboxFailed
from bnlib.grader.verdicts import Verdicts

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = "04_algorithm"
RIGHT = (
    "import numpy as np\n"
    "def right(x, eps):\n"
    "    mean, var = x.mean(axis=0), x.var(axis=0)\n"
    "    return (x - mean) / np.sqrt(var + eps)\n"
)


@pytest.fixture(scope="module")
def judge():
    """Without walls, which this is not about: it runs anywhere."""
    with Judge(Terms(5, "the library", isolation.NONE, seconds_a_call=2.0)) as judge:
        yield judge


def notebook(*cells: str) -> bytes:
    made = [{"cell_type": "code", "metadata": {}, "source": s, "outputs": []} for s in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def graded(judge: Judge, *cells: str) -> Record:
    return judge.grade("ada", NOTEBOOK, notebook(*cells)).record


def mark_of(record: Record, name: str = "standardize_batch"):
    return next(mark for mark in record.marks if mark.exercise == name)


def test_the_exercise_is_what_the_tests_below_take_it_for(judge):
    mark = mark_of(graded(judge, RIGHT, "standardize_batch = right"))
    assert (mark.status, mark.points) == ("passed", mark.possible)
    assert len(mark.lines) > 1


def test_a_record_says_what_it_is_of(judge):
    data = notebook("x = 1", "1 / 0", "y = (")
    record, source = judge.grade("ada", NOTEBOOK, data)
    assert (record.student, record.notebook, record.outcome) == ("ada", NOTEBOOK, GRADED)
    assert record.digest == hashlib.sha256(data).hexdigest()
    assert (record.library, record.seed, record.isolation) == ("the library", 5, "none")
    assert record.seconds > 0
    assert source == [(1, "x = 1"), (2, "1 / 0"), (3, "y = (")]
    assert record.raised == (
        (2, "ZeroDivisionError: division by zero"),
        (3, "SyntaxError: '(' was never closed (line 1)"),
    )
    assert {mark.status for mark in record.marks} == {"missing"}
    assert [m.exercise for m in record.marks] == [
        e.name for e in registry.exercises() if e.notebook == NOTEBOOK
    ]


def test_the_digest_is_of_every_byte(judge):
    digests = {
        judge.grade("a", NOTEBOOK, notebook("x = 1") + end).record.digest for end in (b"", b" ")
    }
    assert len(digests) == 2


def test_a_record_is_kept_as_it_is(judge):
    record = graded(judge, RIGHT, "standardize_batch = right", "1 / 0")
    assert Record.from_json(record.to_json()) == record


def test_the_same_submission_has_the_same_grade(judge):
    data = (ROOT / "exercises" / f"{NOTEBOOK}.ipynb").read_bytes()
    one, other = (judge.grade("ada", NOTEBOOK, data).record for _ in range(2))
    assert dataclasses.replace(one, seconds=0) == dataclasses.replace(other, seconds=0)


def test_what_is_no_notebook_is_unreadable(judge):
    record, source = judge.grade("ada", NOTEBOOK, b"{")
    assert record.outcome == UNREADABLE
    assert (
        record.problem
        == mark_of(record).lines[0].message
        == "The notebook breaks off: the file was cut short."
    )
    assert record.points == 0 < record.possible
    assert source == []


def test_cells_that_end_their_process_again_and_again_are_broken(judge):
    record = graded(judge, *["import os; os._exit(3)"] * 8)
    assert record.outcome == BROKEN
    assert "could not be run to their end" in record.problem
    assert {mark.status for mark in record.marks} == {"not judged"}
    assert record.points == 0


def test_a_process_that_was_started_again_is_flagged(judge):
    record = graded(judge, "import os; os._exit(3)", RIGHT, "standardize_batch = right")
    assert mark_of(record).status == "passed"
    assert record.flags == ("its process had to be started 3 times",)
    assert record.raised[0][0] == 1


def test_an_import_that_the_code_does_not_say_is_flagged(judge):
    hidden = "import sys\nsys.modules['sci' + 'py'] = sys"
    record = graded(judge, hidden)
    assert record.flags == ("imported scipy, which its code does not say",)
    assert graded(judge, f"{hidden}\nimport scipy").flags == ()


def test_a_borrowed_answer_has_no_points(judge):
    source = (
        "from bnlib import norms\ndef standardize_batch(x, eps):\n    return norms.batch_norm(x)"
    )
    mark = mark_of(graded(judge, source))
    assert (mark.status, mark.points) == ("borrowed", 0)


# ---------------------------------------------------------------- chance


def test_right_by_chance_is_judged_twice_and_has_the_lower_points(judge):
    calls = f"{RIGHT}import itertools\ncount = itertools.count()\n"
    # Right until the first check has passed, and wrong from then on.
    lucky = "def standardize_batch(x, eps):\n    return right(x, eps) + 5 * (next(count) >= 2)\n"
    record = graded(judge, calls, lucky)
    mark = mark_of(record)
    assert mark.points == 0
    assert record.flags == ("standardize_batch answers differently when asked the same again",)
    assert all(line.points == 0 for line in mark.lines)


@pytest.mark.parametrize(
    ("wrong", "times"),
    [
        # A known mistake, wrong where that is wrong and right where it is right: no chance.
        ("(x - x.mean(axis=0)) / (x.std(axis=0) + eps)", 1),
        # It may be chance: judged twice, the same each time, and nothing comes of it.
        ("right(x, eps) + 3 * (x.std() > 100)", 2),
        ("right(x, eps) + 3 * (len(x) == 2)", 2),
    ],
)
def test_a_partly_right_answer_keeps_its_points(judge, wrong, times):
    verdicts = judge._verdicts
    before = verdicts.known + verdicts.found
    wrong = f"{RIGHT}def standardize_batch(x, eps):\n    return {wrong}\n"
    record = graded(judge, "import numpy as np", wrong)
    assert verdicts.known + verdicts.found - before == times
    report = engine.run("standardize_batch", _defined(wrong), 5)
    mark = mark_of(record)
    assert 0 < report.points < report.possible
    assert (mark.points, mark.status) == (report.points, report.status)
    assert [line.message for line in mark.lines] == [result.message for result in report.results]
    assert record.flags == ()


def _defined(source: str):
    names: dict = {}
    exec(source, names)
    return names["standardize_batch"]


# ---------------------------------------------------------------- faults of ours


def test_a_hole_in_a_check_costs_one_exercise(judge, monkeypatch):
    run = engine.run

    def broken(name, *rest):
        if name == "standardize_batch":
            raise KeyError("x" * 1000)
        return run(name, *rest)

    monkeypatch.setattr(judging.engine, "run", broken)
    monkeypatch.setattr(judge, "_verdicts", Verdicts())  # nothing is known from other tests
    record = judge.grade(
        "ada", NOTEBOOK, (ROOT / "solutions" / f"{NOTEBOOK}.ipynb").read_bytes()
    ).record
    mark = mark_of(record)
    assert (mark.status, mark.points) == ("not judged", 0)
    assert mark.lines[0].message == judging.NO_VERDICT
    (flag,) = record.flags
    assert flag.startswith("judging standardize_batch failed: KeyError: ")
    assert len(flag) == 400
    assert record.points == record.possible - mark.possible


def test_a_sandbox_that_was_harmed_is_made_anew(judge):
    graded(judge, "x = 1")
    (parent,) = judge._parents.values()
    parent.sandbox._process.kill()
    parent.sandbox._process.wait()
    assert mark_of(graded(judge, RIGHT, "standardize_batch = right")).status == "passed"
    assert parent not in judge._parents.values()


def test_a_sandbox_that_cannot_be_is_no_grade(monkeypatch):
    begun: list = []

    def none(kind, twin=None):
        begun.append(kind)
        raise SandboxFailed("no sandbox")

    monkeypatch.setattr(judging, "WarmParent", none)
    with Judge(Terms(5, "")) as judge, pytest.raises(SandboxFailed, match="no sandbox"):
        graded(judge, "x = 1")
    assert len(begun) == 2


def test_a_sandbox_that_is_lost_while_it_judges_is_no_fault_of_an_exercise(judge, monkeypatch):
    failing: list = []

    def lost(self, *rest):
        failing.append(1)
        raise SandboxFailed("lost")

    monkeypatch.setattr(Session, "ask", lost)
    with pytest.raises(SandboxFailed, match="lost"):
        graded(judge, RIGHT, "standardize_batch = right")
    assert len(failing) == 2


def test_torch_is_warm_for_who_imports_it(monkeypatch):
    kinds: list = []

    def none(kind, twin=None):
        kinds.append((kind.torch, kind.core))
        raise SandboxFailed("no sandbox")

    monkeypatch.setattr(judging, "WarmParent", none)
    with Judge(Terms(5, "")) as judge:
        for name, source in (
            (NOTEBOOK, "x = 1"),
            (NOTEBOOK, "%%time\nimport torch"),
            ("07_training", "x = 1"),
        ):
            with pytest.raises(SandboxFailed):
                judge.grade("ada", name, notebook(source))
    assert [torch for torch, _ in kinds[::2]] == [False, True, False]
    assert [core for _, core in kinds[::2]] == [
        judging.view.needs_core(n) for n in (NOTEBOOK, NOTEBOOK, "07_training")
    ]
