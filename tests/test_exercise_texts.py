"""What each exercise's text holds: a question, three hints, a check, the solution explained."""

import ast
import re

import nbformat
import pytest

from bnlib.authoring import headers
from bnlib.checks import registry
from tools import exercises

SOURCES = exercises.sources()
HINT = re.compile(r"<details><summary>Hint (\d)</summary>(.*?)</details>", re.S)


def sections(source):
    """The text of each exercise, by its name: from its heading to the next exercise's."""
    text = source.read_text(encoding="utf-8")
    starts = [(m.start(), m[1]) for m in headers.PLACE.finditer(text)]
    headings = [m.start() for m in re.finditer(r"^## ", text, re.M)]
    begins = [(max(h for h in headings if h < at), name) for at, name in starts]
    ends = [at for at, _ in begins[1:]] + [len(text)]
    return {name: text[a:b] for (a, name), b in zip(begins, ends, strict=True)}


TEXTS = {name: text for source in SOURCES for name, text in sections(source).items()}
each = pytest.mark.parametrize("name", TEXTS)


def test_every_exercise_has_a_text():
    assert list(TEXTS) == [
        name
        for source in SOURCES
        for name in (e.name for e in registry.exercises() if e.notebook == source.stem)
    ]


@each
def test_three_hints_unfold_one_at_a_time(name):
    hints = HINT.findall(TEXTS[name])
    assert [number for number, _ in hints] == ["1", "2", "3"]
    for _, hint in hints:
        assert len(hint.split()) >= 5
        assert "def " not in hint
        assert "return " not in hint
    assert TEXTS[name].count("<details>") == 3


@each
def test_the_solution_is_explained(name):
    start = TEXTS[name].index('+++ {"tags": ["solution"]}')
    for part in ("**Why this is right.**", "**A second way.**", "**What usually goes wrong.**"):
        assert TEXTS[name].index(part) > start


@each
def test_the_stub_says_what_goes_in_and_comes_out(name):
    (tree,) = (
        tree
        for tree in map(ast.parse, _cells(name))
        if any(getattr(s, "name", None) == name for s in tree.body)
    )
    (node,) = (s for s in tree.body if getattr(s, "name", None) == name)
    said = ast.get_docstring(node) or ""
    exercise = registry.lookup(name)
    if isinstance(node, ast.FunctionDef) and not exercise.adapter:
        assert tuple(a.arg for a in node.args.args) == exercise.parameters
        for parameter in exercise.parameters:
            assert re.search(rf"\b{re.escape(parameter)}\b", said), f"{parameter} is not described"
        assert "Return" in said
    else:
        assert len(said.split()) > 15


def _cells(name):
    exercise = registry.lookup(name)
    path = exercises.ROOT / "exercises" / f"{exercise.notebook}.ipynb"
    return [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_control_redraws_what_the_students_function_gives(source):
    names = {e.name for e in registry.exercises() if e.notebook == source.stem}
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)\n```", source.read_text(), re.S)
    drawn = [cell for cell in cells if re.search(r"^redraw\(", cell, re.M)]
    assert drawn
    for cell in drawn:
        assert any(re.search(rf"\b{name}\b", cell) for name in names)
        assert "alt: >-" in cell
