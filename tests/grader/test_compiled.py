"""Code that the judge compiles runs as its source would; what it does not compile still runs."""

from __future__ import annotations

import json
import marshal
import warnings
from pathlib import Path

import pytest

from bnlib.grader import compiled
from bnlib.grader.judging import Judge, Terms
from bnlib.grader.remote import Session
from bnlib.grader.sandbox import isolation
from bnlib.grader.sandbox.warm import Kind, WarmParent

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def parent():
    one = WarmParent(Kind(isolation.NONE))
    yield one
    one.close()


def facts(parent, *sources: str):
    with Session(parent, list(enumerate(sources, 1)), ["f"]) as session:
        return session.facts()


def test_code_is_that_of_the_source():
    space: dict = {}
    exec(marshal.loads(compiled.code(3, "x = 2\ny = x ** 5")), space)
    assert space["y"] == 32
    with pytest.raises(ZeroDivisionError) as error:
        exec(marshal.loads(compiled.code(3, "x = 1\nx / 0")), {})
    assert error.traceback[-1].frame.code.raw.co_filename == "<cell 3>"


def test_the_language_of_this_file_is_not_that_of_a_cell():
    space: dict = {}
    exec(marshal.loads(compiled.code(1, "def f(x: 1 + 1): ...")), space)
    assert space["f"].__annotations__ == {"x": 2}  # this module has `annotations` from the future


@pytest.mark.parametrize(
    "source",
    [
        "return 3",
        "x =",
        "x = 1 # " + "long " * 5000,
        "try:\n    x = 1\nfinally:\n    y = 2",
        "x = '\0'",
        "x = " + "(" * 500 + ")" * 500,
        "def f():\n    nonlocal x",
        "x = 'a' * 4096",
        "x = y + 4096 * ('a' + b'c')",
        "x = 3 * (1, 2)",
        "x = ('a', 0)[0] * 4096",
        "x = 4096 * 'ab'[1]",
        "x = 'a' + f'{y}' * 3",
        "x = [" + "0.123," * 600 + "]\n" + "def f(): ...\n" * 30 + "y = f(" * 40 + ")" * 40,
    ],
    ids=[
        *("return", "half", "long", "finally", "null", "nested", "nonlocal"),
        *("text", "sum", "tuple", "part of a tuple", "letter", "formatted", "over 4 KiB"),
    ],
)
def test_what_is_left_to_the_sandbox(source):
    assert compiled.code(1, source) is None


def test_finally_in_finally_grows_without_bound():
    """Why it is left alone: each level of nesting is there twice in what it becomes."""
    sizes = []
    for depth in range(2, 8):
        body = "x = 1"
        for _ in range(depth):
            inner = body.replace("\n", "\n    ")
            body = f"try:\n    y = 2\nfinally:\n    {inner}"
        assert compiled.code(1, body) is None
        sizes.append(len(marshal.dumps(compile(body, "cell", "exec"))))
    assert sizes[-1] > 8 * sizes[0]


def test_what_is_constant_grows_without_bound():
    """Why it is left alone: the compiler would write out text that no line of it holds."""
    source = "x = " + " + ".join(["'a' * 4096"] * 40)
    assert compiled.code(1, source) is None
    assert len(marshal.dumps(compile(source, "cell", "exec"))) > 100 * len(source)


def test_what_is_computed_when_it_runs_is_no_reason():
    source = "y = x[:, None] * x * 3 + f('a') * 2\nprint('-' + 'x')\nz = [0] * 5"
    assert compiled.code(1, source)


def test_no_code_is_larger_than_what_is_kept(monkeypatch):
    source = "x = 'a rather long text'"
    assert compiled.code(7, source)
    compiled._compiled.cache_clear()
    monkeypatch.setattr(compiled, "_LARGEST", 20)
    assert compiled.code(7, source) is None
    compiled._compiled.cache_clear()


def test_a_warning_of_a_cell_is_not_ours():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert compiled.code(1, "x = 1\nx is 1000")
    assert said == []


def test_the_same_facts_with_and_without(parent, monkeypatch):
    sources = ("x = 1", "x / 0", "return 3", "y = x + 1\ndef f(): return y", "import wave\n1 +")
    with_code = facts(parent, *sources)
    monkeypatch.setattr(compiled, "code", lambda number, python: None)
    assert facts(parent, *sources) == with_code
    assert with_code.names == {"f"}
    assert [number for number, _ in with_code.raised] == [2, 3, 5]


def test_a_future_holds_for_the_cells_below(parent):
    below = "def f(x: undefined): ...\nassert f.__annotations__ == {'x': 'undefined'}"
    assert facts(parent, "from __future__ import annotations", below).raised == ()
    ((number, said),) = facts(parent, "x = 1", below).raised
    assert (number, said) == (2, "NameError: name 'undefined' is not defined")


def test_a_traceback_still_finds_the_line():
    source = "def standardize_batch(x, eps):\n    return x / nothing_of_the_name"
    notebook = (
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", '
        '"metadata": {}, "outputs": [], "execution_count": null, "source": %s}]}'
    )
    with Judge(Terms(1, "", isolation.NONE)) as judge:
        data = (notebook % json.dumps(source)).encode()
        record = judge.grade("ada", "04_algorithm", data).record
    (mark,) = [m for m in record.marks if m.exercise == "standardize_batch"]
    assert "at `return x / nothing_of_the_name`" in mark.lines[0].message


def test_a_class_is_graded_as_without(monkeypatch):
    data = (ROOT / "solutions" / "04_algorithm.ipynb").read_bytes()

    def marks():
        with Judge(Terms(1, "", isolation.NONE)) as judge:
            record = judge.grade("ada", "04_algorithm", data).record
        return record.marks, record.raised, record.flags

    with_code = marks()
    monkeypatch.setattr(compiled, "code", lambda number, python: None)
    assert marks() == with_code
