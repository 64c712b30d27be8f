"""Mutation testing of the checks: every small change of a solution must lose points.

    python -m tools.mutants [--exercise NAME] [--seeds 3] [--same] [--toml]

The solutions of solutions/*.md are changed one place at a time (tools/mutate.py). A change that
every check lets pass is asked again on ordinary arguments, which the exercise draws: where it
changes no result beyond the tolerance of the checks, it is no mistake. What is left is a survivor,
a hole in the checks, unless tools/mutants_explained.toml says why it is none. Exit code 1 where a
survivor has no explanation, or an explanation no survivor.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bnlib.authoring import regions
from bnlib.checks import registry
from bnlib.checks.callee import LocalCallee
from bnlib.checks.compare import expect
from bnlib.checks.engine import passes
from bnlib.checks.verdicts import NotAttempted, Raised, TimedOut, Wrong
from tools import exercises, mutate

EXPLAINED = Path(__file__).with_name("mutants_explained.toml")
SECONDS_TO_WARM = 60.0
SECONDS_A_CALL = 1.0
EXAMPLES = 12


class Survivor(NamedTuple):
    """A change that no check sees: the exercise, the changed line as it was, and the change."""

    exercise: str
    line: str
    change: str


class Tally(NamedTuple):
    """What became of an exercise's mutants."""

    exercise: str
    mutants: int
    killed: int
    same: tuple[Survivor, ...]
    survivors: tuple[Survivor, ...]


class _Solution(NamedTuple):
    """An exercise's cell: its source without markers, the lines of its regions, what is beside."""

    source: str
    lines: set[int]
    beside: dict


def solution_of(name: str) -> _Solution:
    """Where an exercise's solution stands in its notebook.

    Raises:
        ValueError: the notebook defines no such function or class, or no region in it.
    """
    exercise = registry.lookup(name)
    path = exercises.ROOT / "solutions" / f"{exercise.notebook}.md"
    notebook = exercises.read(path, exercises.ROOT / "book")
    beside: dict = {"__name__": "solutions"}
    found = None
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        source = regions.without_markers(cell.source)
        tree = ast.parse(source)
        # What defines something: shown figures and calls of check are not needed here.
        kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign)
        tree.body = [s for s in tree.body if isinstance(s, kept)]
        exec(compile(tree, path.name, "exec"), beside)
        if any(getattr(s, "name", None) == name for s in tree.body):
            found = source, _region_lines(cell.source)
    if not found or not found[1]:
        raise ValueError(f"solutions/{path.name} has no solution of {name}")
    return _Solution(*found, beside)


def _region_lines(source: str) -> set[int]:
    """Numbers of the lines, counted without markers, that belong to the solution."""
    inside, handed_out, number, lines = False, False, 0, set()
    for line in source.splitlines():
        mark = line.strip()
        if mark in (regions.BEGIN, regions.INSTEAD, regions.END):
            inside, handed_out = mark == regions.BEGIN, mark == regions.INSTEAD
        elif not handed_out:
            number += 1
            if inside:
                lines.add(number)
    return lines


def judge(name: str, seeds: int) -> Tally:
    """All mutants of one exercise's solution, judged."""
    exercise = registry.lookup(name)
    source, lines, beside = solution_of(name)
    text = source.splitlines()
    # torch imports for a second when it is first asked for a gradient: no mutant is to pay for it.
    right = LocalCallee(beside[name], exercise.adapter, SECONDS_TO_WARM)
    assert passes(exercise, right, 0), f"the solution of {name} does not pass"
    count = killed = 0
    same, survivors = [], []
    for mutant in mutate.mutants(source, lines):
        count += 1
        names = dict(beside)
        try:
            exec(compile(mutant.tree, "mutant", "exec"), names)
            # Functions beside it must find the changed one, and it must find them.
            callee = LocalCallee(names[name], exercise.adapter, SECONDS_A_CALL)
            alive = all(passes(exercise, callee, seed) for seed in range(seeds))
        except Exception:
            alive = False
        if not alive:
            killed += 1
        else:
            left = same if _same(exercise, right, callee) else survivors
            left.append(Survivor(name, text[mutant.line - 1].strip(), mutant.change))
    return Tally(name, count, killed, tuple(same), tuple(survivors))


def _same(exercise, right, callee) -> bool:
    """Whether an answer gives the right one's results on ordinary arguments, to tolerance."""
    for seed in range(EXAMPLES):
        arguments = exercise.example(np.random.default_rng(seed))
        try:
            want, got = right.call(arguments).value, callee.call(arguments).value
            if len(exercise.returns) == 1:
                want, got = (want,), (got,)
            for name, w, g in zip(exercise.returns, want, got, strict=True):
                if name not in exercise.opaque:
                    _expect(name, g, w)
        except (Wrong, Raised, NotAttempted, TimedOut, ValueError, TypeError):
            return False
    return True


def _expect(name: str, got, want) -> None:
    """As `expect`, through lists and tuples; what is None, text or a flag must be equal."""
    if isinstance(want, str | bool | None):
        if got != want:
            raise Wrong(name)
    elif isinstance(want, list | tuple):
        for g, w in zip(got, want, strict=True):
            _expect(name, g, w)
    else:
        expect(name, got, np.asarray(want))


def explained() -> dict[Survivor, str]:
    """Why some survivors are none, from mutants_explained.toml."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("survivor", [])
    return {Survivor(e["exercise"], e["line"], e["change"]): e["why"] for e in entries}


def tallies(names: list[str], seeds: int) -> Iterator[Tally]:
    """One exercise after the other, on all processors."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(judge, names, [seeds] * len(names))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exercise", action="append", help="only this one (may be repeated)")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--same", action="store_true", help="list the changes that change nothing")
    parser.add_argument("--toml", action="store_true", help="survivors in the form of the file")
    arguments = parser.parse_args()
    names = arguments.exercise or [e.name for e in registry.exercises()]
    reasons, found, total = explained(), set(), [0, 0, 0]
    print(f"{'exercise':<28}{'mutants':>8}{'killed':>8}{'same':>6}{'survivors':>11}")
    for tally in tallies(names, arguments.seeds):
        counts = (tally.mutants, tally.killed, len(tally.same))
        total = [a + b for a, b in zip(total, counts, strict=True)]
        found.update(tally.survivors)
        print(f"{tally.exercise:<28}{tally.mutants:>8}{tally.killed:>8}{counts[2]:>6}", end="")
        print(f"{len(tally.survivors):>11}", flush=True)
        for equal in tally.same if arguments.same else ():
            print(f"    same: in `{equal.line}`: {equal.change}")
        for survivor in tally.survivors:
            if survivor in reasons:
                print(f"    explained: {survivor.change}: {reasons[survivor]}")
            elif arguments.toml:
                print(
                    f"[[survivor]]\nexercise = '{survivor.exercise}'\nline = '''{survivor.line}'''"
                )
                print(f"change = '''{survivor.change}'''\nwhy = \"\"\n")
            else:
                print(f"    SURVIVES in `{survivor.line}`: {survivor.change}")
    stale = [s for s in reasons if s not in found and s.exercise in names]
    for survivor in stale:
        print(f"explained, but no survivor: {survivor}")
    unexplained = found - reasons.keys()
    print(
        f"total exercises={len(names)} mutants={total[0]} killed={total[1]} same={total[2]} "
        f"survivors={len(found)} unexplained={len(unexplained)}"
    )
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
