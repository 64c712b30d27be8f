"""Answers as cells: the text is judged as the function was, and stands on nothing of bnlib."""

from __future__ import annotations

import ast
import importlib.util
import random
import sys
import types
import warnings

import numpy as np
import pytest

from bnlib.checks.callee import LocalCallee
from bnlib.checks.engine import run
from bnlib.checks.registry import exercises, lookup
from tools.written import CannotWrite, answers, defined, same_verdict, written
from tools.written.notebooks import definitions, handed_in
from tools.written.objects import Writer
from tools.written.scopes import replace_outer

# Of each exercise; `python -m tools.written` writes and judges all of them.
SAMPLE = 3
# A stand-in in NumPy, which has no class behind it: its solution is in the notebook.
UNWRITTEN = {("BatchNorm1d", "reference")}


@pytest.mark.parametrize("exercise", exercises(), ids=lambda e: e.name)
def test_written_answers_are_judged_as_their_originals(exercise):
    if "torch" in exercise.requires:
        pytest.importorskip("torch")
    every = list(answers(exercise))
    for name, function in random.Random(exercise.name).sample(every, SAMPLE):
        if (exercise.name, name) in UNWRITTEN:
            continue
        source = written(exercise, function)
        assert same_verdict(exercise, function, source), f"{name}:\n{source}"
        assert defined(source, exercise.name).__name__ == exercise.name
        assert imported(source) <= {"bnlib.cache"}, name


@pytest.mark.parametrize(("exercise", "name"), UNWRITTEN)
def test_a_stand_in_without_a_class_is_refused(exercise, name):
    with pytest.raises(CannotWrite, match="stands for the answer"):
        written(lookup(exercise), dict(answers(lookup(exercise)))[name])


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    return {name for name in found if name.split(".")[0] == "bnlib"}


def test_two_answers_in_one_notebook_do_not_meet():
    names = ("standardize_batch", "batchnorm_forward")
    pairs = [next(m for m in lookup(n).mistakes if m.id == "mean-over-all") for n in names]
    texts = {
        name: written(lookup(name), mistake.function)
        for name, mistake in zip(names, pairs, strict=True)
    }
    module = types.ModuleType("__main__")
    for text in texts.values():
        exec(text, vars(module))
    for name in names:
        assert run(name, LocalCallee(getattr(module, name))).mistakes == ("mean-over-all",)


def test_a_verdict_that_differs_is_noticed():
    exercise = lookup("standardize_batch")
    one, other = exercise.mistakes[:2]
    source = written(exercise, one.function)
    assert same_verdict(exercise, one.function, source)
    assert not same_verdict(exercise, other.function, source)
    assert not same_verdict(exercise, exercise.reference, source)


# ---------------------------------------------------------------- what an answer may lean on

SPECIMENS = """
import functools
import numpy as np
from typing import NamedTuple


def helper(x):
    return other(x) + 1


def other(x):
    return helper(x - 1) if x > 0 else 0


def make(step, table, missing=None):
    def answer(x, k=2, *, add=table["add"]):
        names = [x for x in range(k)]  # its own x, as the argument is
        if missing is not None:
            return missing(x)
        return step(x) * len(names) + add + table["more"][1]

    return answer


class Base:
    scale, shift = 2, 3

    def __init__(self, start):
        self.start = start

    @property
    def doubled(self):
        return self.scale * self.start

    @staticmethod
    def of(x):
        return other(x)


class Derived(Base):
    def __init__(self, start):
        super().__init__(start + 1)

    def value(self):
        return self.doubled + self.shift + self.of(2)


class Parts(NamedTuple):
    first: object
    second: object = np.sqrt


def through(parts):
    return lambda x: parts.first(x) + parts.second(4.0)


def registered(function):
    return function


@registered
def two(x): return (lambda y: y + 1, lambda y: y + 2)[1](x)


lambdas = lambda x: x + 1, lambda x: (x + 2) * 10
closure = make(helper, {"add": 7, "more": (1, 2)})
parts = through(Parts(lambda x: -x))
dynamic = type("Dynamic", (Derived,), {"value": lambda self: self.start})
cached = functools.cache(helper)
constants = make(abs, {"add": float("inf"), "more": [np.float32(1), np.arange(3.0)]})
generator = np.random.default_rng(0)
count = 0


def infinite(x):
    return np.maximum(x, generator.random())


def counts(x):
    global count
    count += 1
    return count


def state(start):
    def answer(x):
        nonlocal start
        start += x
        return start

    return answer


stateful = state(0)


def unknown(x):
    return nowhere(x)


def borrows(x):
    from bnlib.norms.batch import batch_norm

    return batch_norm(x, np.ones(1), np.zeros(1))[0]


def uses_cached(x):
    return cached(x)
"""


@pytest.fixture(scope="module")
def specimens(tmp_path_factory):
    """A module of bnlib, so that what it defines is written and not imported."""
    name = "bnlib.specimens"
    path = tmp_path_factory.mktemp("specimens") / "specimens.py"
    path.write_text(SPECIMENS)
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


def again(value):
    """What the written text of a function or class defines; it is run where no bnlib is."""
    writer = Writer("test")
    write = writer.class_ if isinstance(value, type) else writer.function
    write(value, writer.named(value, "answer"))
    source = writer.text()
    assert not imported(source)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a literal that is called, say
        return defined(source, "answer")


@pytest.mark.parametrize("name", ["helper", "other", "closure", "parts", "two", "uses_cached"])
def test_a_function_does_what_it_did(specimens, name):
    function = getattr(specimens, name)
    for x in (0, 1, 3):
        assert again(function)(x) == function(x)


def test_of_two_lambdas_in_a_line_the_right_one_is_written(specimens):
    assert [again(f)(3) for f in specimens.lambdas] == [4, 50]


def test_a_closure_keeps_its_defaults_and_values_without_a_literal(specimens):
    written_, original = again(specimens.constants), specimens.constants
    assert np.array_equal(written_(-3, add=0), original(-3, add=0))
    assert written_(1)[0] == np.inf


def test_classes_keep_bases_properties_and_super(specimens):
    assert again(specimens.Derived)(4).value() == specimens.Derived(4).value()
    assert again(specimens.dynamic)(4).value() == 5


def test_what_bnlib_lends_is_written_out(specimens):
    x = np.random.default_rng(0).standard_normal((5, 1))
    assert np.allclose(again(specimens.borrows)(x), specimens.borrows(x))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("infinite", "generator is a numpy.random"),
        ("counts", "count global"),
        ("stateful", "assigns to start"),
        ("unknown", "reads nowhere"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_reason(specimens, name, reason):
    with pytest.raises(CannotWrite, match=reason):
        again(getattr(specimens, name))


# ---------------------------------------------------------------- notebooks


@pytest.mark.parametrize("notebook", sorted({e.notebook for e in exercises()}))
@pytest.mark.parametrize("kind", ["solutions", "exercises"])
def test_every_exercise_is_found_in_its_notebook(notebook, kind):
    made = definitions(handed_in(notebook, kind=kind))
    assert set(made) == {e.name for e in exercises() if e.notebook == notebook}
    assert kind == "solutions" or all(
        "NotImplementedError" in source for name, source in made.items() if not lookup(name).repair
    )


def test_an_answer_takes_the_place_of_the_definition_alone():
    exercise = lookup("batchnorm_forward_spatial")
    source = written(exercise, exercise.mistakes[0].function)
    plain = handed_in("04_algorithm")
    changed = handed_in("04_algorithm", {exercise.name: source})
    differing = [
        (a.source, b.source)
        for a, b in zip(plain.cells, changed.cells, strict=True)
        if a.source != b.source
    ]
    assert [after for _, after in differing] == [source.rstrip("\n")]


def test_an_answer_that_the_notebook_does_not_ask_for_is_an_error():
    with pytest.raises(ValueError, match="04_algorithm does not define layer_norm"):
        handed_in("04_algorithm", {"layer_norm": "def layer_norm(x): pass"})


def test_a_name_of_a_nested_scope_is_not_one_of_the_outside():
    tree = ast.parse(
        "def f(a, b=c):\n"
        "    class K(base):\n"
        "        own = 1\n"
        "        def m(self): return own, [d for d in d_s if (w := d)], w\n"
        "    def g(): return a, K, h, e\n"
        "    try: import h.i\n"
        "    except x as e: pass\n"
        "    return {k: v for k, v in pairs}, (lambda q: q + r)\n"
    )
    asked = []

    def seen(chain, no_literal):
        asked.append(chain[0])
        return ast.Name(chain[0], ast.Load()), 1

    replace_outer(tree.body[0], seen)
    assert asked == ["c", "base", "own", "d_s", "x", "pairs", "r"]
