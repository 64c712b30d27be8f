"""Answers that bnlib holds as functions, written as cells of a notebook.

A known mistake, an honest alternative and a reference are Python objects, most of them made by
factories. A submission is text. ``written`` makes the one of the other:

    python -m tools.written                              how many can be written, per notebook
    python -m tools.written standardize_batch            what an exercise's mistakes look like

The text uses no bnlib but ``bnlib.cache``, so it can be handed in.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator

from bnlib.checks.callee import LocalCallee, OwnCallee
from bnlib.checks.engine import run
from tools.written.objects import Writer
from tools.written.values import CannotWrite

__all__ = ["CannotWrite", "answers", "defined", "same_verdict", "written"]


def written(exercise, function) -> str:
    """The source of a cell that defines ``exercise.name`` as this answer.

    Args:
        exercise: a `bnlib.checks.exercise.Exercise`. function: its reference, one of its
            alternatives, or the function of one of its mistakes.

    Raises:
        CannotWrite: the message says why.
    """
    answer = _as_a_student(function)
    writer = Writer(exercise.name)
    name = exercise.name
    if isinstance(answer, types.FunctionType):
        writer.function(answer, writer.named(answer, name))
    elif isinstance(answer, type):
        writer.class_(answer, writer.named(answer, name))
    elif not callable(answer) and hasattr(answer, "apply"):
        applied = ast.unparse(writer.expression(answer, "function"))
        writer.statements += ast.parse(
            f"class {name}:\n"
            f"    @staticmethod\n"
            f"    def apply(*arguments):\n"
            f"        return {applied}.apply(*arguments)\n"
        ).body
    elif callable(answer):
        called = ast.unparse(writer.expression(answer, "answer"))
        given = ", ".join(exercise.parameters) if exercise.adapter is None else "*arguments"
        writer.statements += ast.parse(f"def {name}({given}):\n    return {called}({given})\n").body
    else:
        raise CannotWrite(f"a {type(answer).__name__} that stands for the answer cannot be called")
    return writer.text()


def _as_a_student(function):
    """What stands for a class of torch as the class itself."""
    if hasattr(function, "made"):
        return function.made()
    if hasattr(function, "make") and hasattr(function.make, "cache_parameters"):
        from bnlib.exercises.running.module_classes import module

        return function.make(module())
    apply = getattr(type(function), "apply", None)
    build = getattr(apply, "__closure__", None)
    return build[0].cell_contents() if build else function


def defined(source: str, name: str):
    """What a written cell defines under a name, run in a module of its own."""
    module = types.ModuleType("__main__")
    exec(compile(source, f"<{name}>", "exec"), vars(module))
    return getattr(module, name)


def same_verdict(exercise, function, source: str, seed: int = 0) -> bool:
    """Whether every check says of the written answer what it says of the original."""
    original = run(exercise.name, OwnCallee(function, exercise.adapter), seed)
    answer = LocalCallee(defined(source, exercise.name), exercise.adapter)
    return _said(original) == _said(run(exercise.name, answer, seed))


def _said(report) -> list[tuple]:
    return [(r.name, r.passed, r.points, r.mistake) for r in report.results]


def answers(exercise) -> Iterator[tuple[str, object]]:
    """Every answer of an exercise as (name, function).

    Names: "reference", "alternative 0", ..., and the id of each mistake.
    """
    yield "reference", exercise.reference
    for number, function in enumerate(exercise.alternatives):
        yield f"alternative {number}", function
    for mistake in exercise.mistakes:
        yield mistake.id, mistake.function
