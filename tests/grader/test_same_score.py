"""The grader's score is what `bnlib check` shows the student, on everything that there is.

Solutions and stubs go the whole way: bytes in, a record out of the sandbox. Known mistakes and
honest alternatives are closures of the library, not text; they are judged over the pipe in a
process that has the library, and every check's trial must be the one that is had without a pipe.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import json
import linecache
import re
import shutil
import sys
import types
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from bnlib.checks import engine, registry
from bnlib.checks.callee import OwnCallee
from bnlib.checks.report import Report, Result
from bnlib.checks.scores import scores
from bnlib.grader import notebooks
from bnlib.grader.judging import Judge, Terms
from bnlib.grader.record import GRADED
from bnlib.grader.remote import RemoteCallee, Session
from bnlib.grader.sandbox import isolation, view
from bnlib.grader.sandbox.warm import Kind, WarmParent

ROOT = Path(__file__).resolve().parents[2]
TORCH = importlib.util.find_spec("torch") is not None
SEED = 11
NOTEBOOKS = sorted({e.notebook for e in registry.exercises()})


# ---------------------------------------------------------------- whole notebooks


@pytest.fixture(scope="module")
def judge():
    with Judge(Terms(SEED, "")) as judge:
        yield judge


def data(cells: list[str]) -> bytes:
    """A notebook of these code cells."""
    made = [{"cell_type": "code", "metadata": {}, "source": s, "outputs": []} for s in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def names_of(handed_in: bytes) -> dict:
    """What a notebook's cells define, run here as a kernel runs them."""
    module, before = types.ModuleType("__main__"), sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        for cell in notebooks.read(handed_in).cells:
            # What a check quotes of the line that raised, it finds here.
            name = f"<cell {cell.number}>"
            linecache.cache[name] = (len(cell.python), None, cell.python.splitlines(True), name)
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
                exec(compile(cell.python, name, "exec"), vars(module))
    finally:
        sys.modules["__main__"] = before
    return vars(module)


def as_shown(mark) -> str:
    """What the student would be shown, made of the record alone."""
    lines = (
        Result(w.check, w.passed, w.message, w.mistake, w.points, w.possible, w.where)
        for w in mark.lines
    )
    if mark.status == "missing":
        return mark.lines[0].message
    return str(Report(mark.exercise, mark.status, tuple(lines), SEED))


def compared(judge: Judge, notebook: str, handed_in: bytes):
    """The record, when it says of every exercise what the student is shown."""
    with matplotlib.rc_context({"backend": "Agg"}):
        names = names_of(handed_in)
    shown = {s.exercise: s for s in scores(names, SEED) if s.notebook == notebook}
    record = judge.grade("somebody", notebook, handed_in).record
    assert record.outcome == GRADED, record.problem
    assert not record.flags
    assert [m.exercise for m in record.marks] == list(shown)
    for mark in record.marks:
        score = shown[mark.exercise]
        assert (mark.status, mark.points) == (score.status, score.points)
        assert as_shown(mark) == score.report
    return record


@pytest.mark.needs_system("bubblewrap")
@pytest.mark.parametrize("kind", ["solutions", "exercises"])
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_solution_and_a_stub(judge, notebook, kind):
    handed_in = (ROOT / kind / f"{notebook}.ipynb").read_bytes()
    record = compared(judge, notebook, handed_in)
    if kind == "solutions":
        assert record.points == record.possible > 0


USED = sorted({(e.notebook, used) for e in registry.exercises() for used in e.uses})
SPOILED = {
    "stub": "raise NotImplementedError('your code goes here')",
    "crash": "return None + 1",
}


def spoiled(notebook: str, used: str, kind: str) -> bytes:
    """The solutions with an earlier answer defined anew; cells that only show are left out."""
    read = notebooks.read((ROOT / "solutions" / f"{notebook}.ipynb").read_bytes())
    cells = []
    for cell in read.cells:
        kinds = {type(node) for node in cell.tree.body}
        if kinds & {ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom}:
            cells.append(cell.python)
    cells.append(f"def {used}(*arguments, **options):\n    {SPOILED[kind]}")
    return data(cells)


@pytest.mark.needs_system("bubblewrap")
@pytest.mark.parametrize("kind", SPOILED)
@pytest.mark.parametrize(("notebook", "used"), USED)
def test_what_is_inherited_costs_the_same(judge, notebook, used, kind):
    """The other solutions lose nothing by it: the judge answers for it, over the pipe."""
    record = compared(judge, notebook, spoiled(notebook, used, kind))
    for mark in record.marks:
        assert mark.points == (0 if mark.exercise == used else mark.possible)


# ---------------------------------------------------------------- every known answer


class AnswerOfOurs(RemoteCallee):
    """An answer of the library, over the pipe, under a name of its own."""

    def __init__(self, session: Session, exercise, number: int, direct: bool):
        super().__init__(session, exercise)
        self._name = named(exercise, number)
        # As `OwnCallee`: it brings what the adapter would make of it.
        self._adapter = None if direct else self._adapter


def answers(exercise) -> list:
    return [exercise.reference, *exercise.alternatives, *(m.function for m in exercise.mistakes)]


def named(exercise, number: int) -> str:
    return f"{exercise.name}_{number}"


def cell(exercise) -> str:
    """Source that names every answer of an exercise; it runs where the library is."""
    return (
        f"from bnlib.checks import registry\n"
        f"exercise = registry.lookup({exercise.name!r})\n"
        f"functions = [exercise.reference, *exercise.alternatives]\n"
        f"functions += [mistake.function for mistake in exercise.mistakes]\n"
        f"for number, function in enumerate(functions):\n"
        f"    function = getattr(function, 'on_arrays', None) or function\n"
        f"    globals()[f'{exercise.name}_{{number}}'] = function\n"
    )


def whole_library(folder: Path) -> None:
    shutil.copytree(view.PACKAGE, folder / "bnlib", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="module")
def with_library():
    """A warm parent, without walls, whose course is the library itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "make", whole_library)
        parent = WarmParent(Kind(isolation.NONE, torch=TORCH))
    yield parent
    parent.close()


def equal(a, b) -> bool:
    """Whether two records are one, up to rounding.

    Not to the last bit: an array that came through the pipe lies elsewhere in memory than one that
    was made here, and some processors then sum in another order.
    """
    if isinstance(a, np.ndarray):
        same = isinstance(b, np.ndarray) and (a.dtype, a.shape) == (b.dtype, b.shape)
        if not same or a.dtype.kind not in "fc":
            return same and np.array_equal(a, b)
        size = np.max(np.abs(a), where=np.isfinite(a), initial=0.0)
        rounding = 1e-10 if a.dtype == np.float64 else 1e-5
        return np.allclose(a, b, rtol=0, atol=rounding * size, equal_nan=True)
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    return a == b


def kinds(record):
    """A record with the dtype and the shape of each array in its place."""
    if isinstance(record, np.ndarray):
        return record.dtype, record.shape
    if isinstance(record, dict):
        return {key: kinds(value) for key, value in record.items()}
    if isinstance(record, tuple | list):
        return type(record)(map(kinds, record)) if type(record) in (tuple, list) else len(record)
    return type(record)


def without_numbers(trial):
    """A trial without its record, and its message with # for each number."""
    words = re.sub(r"-?\d+(\.\d+)?(e[-+]?\d+)?", "#", trial.message)
    return trial._replace(record=[], message=words)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_known_answer(with_library, notebook):
    """Trials decide on points, messages and names: where they are equal, so are those."""
    exercises = [e for e in registry.exercises() if e.notebook == notebook]
    exercises = [e for e in exercises if TORCH or "torch" not in e.requires]
    known = [named(e, i) for e in exercises for i, _ in enumerate(answers(e))]
    # An object with an `apply` stands for a class of torch, and cannot be called.
    uncalled = {
        named(e, i)
        for e in exercises
        for i, function in enumerate(answers(e))
        if not callable(getattr(function, "on_arrays", function))
    }
    cells = [(i, cell(e)) for i, e in enumerate(exercises, 1)]
    same = []
    with Session(with_library, cells, known, 60.0, 600.0) as session:
        facts = session.facts()
        assert not facts.raised
        assert facts.names == set(known) - uncalled
        for exercise in exercises:
            for number, function in enumerate(answers(exercise)):
                direct = hasattr(function, "on_arrays")
                there = AnswerOfOurs(session, exercise, number, direct)
                here = OwnCallee(function, exercise.adapter)
                for check in exercise.checks:
                    came = engine.run_check(exercise, check, there, {}, SEED)
                    want = engine.run_check(exercise, check, here, {}, SEED)
                    what = named(exercise, number), check.name
                    assert without_numbers(came) == without_numbers(want), what
                    # Not shown: to write records out takes longer than to judge.
                    assert kinds(came.record) == kinds(want.record), what
                    same.append(equal(came.record, want.record))
        assert session.lives == 1
        # Few answers make much of rounding: an eigenvalue that should be 0, a whole training.
        assert np.mean(same) > 0.9
