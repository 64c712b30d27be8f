"""Every small change of a solution loses points; a hole in the checks would be found."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bnlib.checks import registry
from tools import mutants, mutate

ROOT = Path(__file__).resolve().parents[2]


def changes(source, lines=None):
    lines = lines or set(range(1, source.count("\n") + 2))
    return {m.change for m in mutate.mutants(source, lines)}


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("a + b", "a + b  ->  a - b"),
        ("a - b", "a - b  ->  b - a"),
        ("a * b", "a * b  ->  a / b"),
        ("a ** 2", "2  ->  3"),
        ("a ** 2", "a ** 2  ->  a"),
        ("-a", "-a  ->  a"),
        ("a < b", "a < b  ->  a <= b"),
        ("x.mean(axis=0)", "0  ->  1"),
        ("x.mean(axis=0)", "axis=0  ->  (left out)"),
        ("x.mean(axis=0)", "x.mean  ->  x.sum"),
        ("x.sum(keepdims=True)", "True  ->  False"),
        ("np.sqrt(var + eps)", "np.sqrt(var + eps)  ->  np.sqrt(var) + eps"),
        ("np.sqrt(var + eps)", "np.sqrt(var + eps)  ->  var + eps"),
        ("np.sqrt(var + eps)", "eps  ->  0.0"),
        ("np.sqrt(var + eps)", "eps  ->  1e-05"),
        ("f(a, b)", "f(a, b)  ->  f(b, a)"),
        ("x.T @ y", "x.T  ->  x"),
        ("x.T @ y", "x.T @ y  ->  y @ x.T"),
        ("a, b = b, a", "(b, a)  ->  (a, b)"),
        ("a += 1", "a += 1  ->  a -= 1"),
        ("a = 1", "a = 1  ->  (left out)"),
        ("def f(a, b):\n    return a", "a  ->  b"),
        ("a if b else c", "a if b else c  ->  c"),
        ("if a:\n    b = 1", "if a:  ->  if not a:"),
    ],
)
def test_a_change_is_made(source, change):
    assert change in changes(source)


def test_only_the_given_lines_are_changed_and_each_change_is_alone():
    source = "def f(a):\n    b = a + 1\n    return b * 2"
    for mutant in mutate.mutants(source, {3}):
        assert mutant.line == 3
        tree = ast.unparse(mutant.tree).splitlines()
        assert tree[:2] == source.splitlines()[:2]
    assert ast.unparse(ast.parse(source)) not in {
        ast.unparse(m.tree) for m in mutate.mutants(source, {2, 3})
    }


def test_a_docstring_is_left_alone():
    assert changes('def f():\n    """Text."""', {2}) == set()


def test_the_solution_is_found_between_its_markers():
    source, lines, beside = mutants.solution_of("standardize_batch")
    text = source.splitlines()
    assert text[min(lines) - 1].strip() == "centred = x - x.mean(axis=0)"
    assert text[max(lines) - 1].strip() == "return centred / np.sqrt(var + eps)"
    assert callable(beside["standardize_batch"])


def test_a_hole_in_the_checks_leaves_survivors(monkeypatch):
    assert mutants.judge("restoring_affine", 2).survivors == ()
    exercise = registry.lookup("restoring_affine")
    kept = [c for c in exercise.checks if "eps" not in c.name]
    monkeypatch.setattr(exercise, "checks", kept)
    tally = mutants.judge("restoring_affine", 2)
    assert "eps  ->  0.0" in {s.change for s in tally.survivors}
    assert {s.line for s in tally.survivors} == {"return np.sqrt(var + eps), mean.copy()"}


def test_every_change_of_every_solution_is_seen_or_explained():
    pytest.importorskip("torch")
    run = subprocess.run(
        [sys.executable, "-m", "tools.mutants", "--seeds", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"total exercises={len(registry.exercises())} " in run.stdout
