"""Cells of a page that show something: what runs before them, and figures with controls."""

import base64
import sys
from types import ModuleType

import ipywidgets
import pytest
from browser import pages

from bnlib.browser import showing, widgets
from bnlib.browser.cells import Cell, before, sort
from bnlib.checks import registry

NOTEBOOKS = list(dict.fromkeys(e.notebook for e in registry.exercises()))


@pytest.fixture
def no_ipywidgets(monkeypatch):
    """ipywidgets as a browser has it: not at all, so that the stand-in takes its place."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "ipywidgets" or name == "bnlib.figures.controls":
            monkeypatch.delitem(sys.modules, name)
    found = widgets.importlib.util.find_spec
    monkeypatch.setattr(
        widgets.importlib.util, "find_spec", lambda n: None if n == "ipywidgets" else found(n)
    )
    yield
    for name in ("ipywidgets", "bnlib.figures.controls"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_demonstration_of_a_solved_page_is_shown(no_ipywidgets, notebook):
    solved = pages.cells(notebook, pages.solutions(notebook))
    for id, kind, *_ in solved:
        if kind != "demo":
            continue
        shown = showing.show(id, solved)
        assert shown["above"] == []
        kinds = [output["type"] for output in shown["outputs"]]
        assert kinds, id
        assert "error" not in kinds, shown
        for output in shown["outputs"]:
            if output["type"] == "controls":
                assert base64.b64decode(output["png"]).startswith(b"\x89PNG")
                assert output["controls"]
                assert not output["said"]


def test_a_control_that_moves_draws_again(no_ipywidgets):
    solved = pages.cells("04_algorithm", pages.solutions("04_algorithm"))
    (output,) = showing.show("6ce07857", solved)["outputs"]
    assert [c["name"] for c in output["controls"]] == ["gamma", "beta", "eps"]
    moved = showing.move(output["box"], 0, 2.0)
    assert moved["png"]
    assert moved["png"] != output["png"]
    assert showing.move(output["box"], 0, 1.0)["png"] == output["png"]
    with pytest.raises(ValueError, match="no control 7 of figure 0"):
        showing.move(0, 7, 1.0)


def test_a_figure_of_a_stub_says_why_it_is_none(no_ipywidgets):
    (output,) = showing.show("6ce07857", pages.cells("04_algorithm"))["outputs"]
    assert output["png"] == ""
    assert output["said"].startswith("not attempted yet")


def test_what_a_figure_says_is_text():
    said = widgets.HTML("<pre>a &lt; b</pre>")
    assert widgets.VBox([widgets.Image(None), said]).content() == {"png": "", "said": "a < b"}


@pytest.mark.parametrize(
    "given",
    [
        (0.0, 2.0, 0.25),
        (-3.0, 3.0, 0.5),
        (1, 8, 1),
        (1, 8),
        (0, 9, 4),
        True,
        ["a", "b"],
        (0.5, 2.0),
    ],
)
def test_an_abbreviation_means_what_it_means_to_ipywidgets(given):
    ours = widgets.widget_from_abbrev(given)
    theirs = ipywidgets.interactive.widget_from_abbrev(given)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.value == theirs.value
    if isinstance(given, tuple):
        assert (ours.low, ours.high) == (theirs.min, theirs.max)


def test_what_is_no_control_makes_none():
    assert widgets.widget_from_abbrev(object()) is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("FloatSlider", {"value": 3.0, "min": 0.2, "max": 6.0, "step": 0.2}),
        ("IntSlider", {"value": 5, "min": 3, "max": 10}),
        ("FloatLogSlider", {"value": 1e-5, "min": -5, "max": 4}),
        ("SelectionSlider", {"options": [1, 2, 3, 6], "value": 2}),
    ],
)
def test_a_position_leads_back_to_the_value(name, arguments):
    ours = getattr(widgets, name)(**arguments)
    assert ours.value == getattr(ipywidgets, name)(**arguments).value
    assert ours.at(ours.position()) == pytest.approx(ours.value)
    assert ours.low <= ours.position() <= ours.high


def test_the_stand_in_has_what_the_notebooks_use():
    module = ModuleType("stand-in")
    module.__dict__.update(vars(widgets))
    for notebook in NOTEBOOKS:
        for _, _, source, _ in pages.cells(notebook):
            for part in source.split("ipywidgets.")[1:]:
                assert hasattr(module, part.split("(")[0]), part


# ---------------------------------------------------------------- order and kinds


def cell(id, kind, source):
    return Cell(id, kind, source)


def test_of_demonstrations_only_what_is_needed_runs_before():
    page = [
        cell("a", "given", "import numpy as np"),
        cell("b", "demo", "with if_attempted():\n    data = 1"),
        cell("c", "demo", "with if_attempted():\n    other = data"),
        cell("d", "answer", "def f(): return data"),
        cell("e", "check", "check(f)"),
        cell("g", "demo", "with if_attempted():\n    print(other)"),
        cell("h", "demo", "print(1)"),
    ]
    assert [c.id for c in before("g", page)] == ["a", "b", "c", "d"]
    assert [c.id for c in before("h", page)] == ["a", "d"]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("def f(x):\n    return x", ("answer", "f")),
        ("import torch\n\n\nclass f(torch.nn.Module):\n    pass", ("answer", "f")),
        ("check(f)", ("check", "f")),
        ("with if_attempted():\n    f(1)", ("demo", "")),
        ("def draw(a):\n    return f(a)\n\n\nredraw(draw, a=(1, 2))", ("demo", "")),
        ("def helper(x):\n    return x", ("given", "")),
    ],
)
def test_a_cell_is_known_by_what_it_does(source, kind):
    assert sort(source, ["f"]) == kind


def test_markup_of_a_value_is_shown_as_text(no_ipywidgets):
    page = [
        [
            "a",
            "demo",
            "class A:\n    def _repr_html_(self): return '<b>x</b>'\n"
            "    def __repr__(self): return '<i>'\nA()",
            "",
        ]
    ]
    assert showing.show("a", page)["outputs"] == [{"type": "text", "text": "<i>"}]


def test_what_a_cell_shows_has_the_form_of_a_chapters_cell(no_ipywidgets):
    page = [
        ["a", "answer", "def f(x): return 1 / x", "f"],
        ["b", "given", "import matplotlib.pyplot as plt\nplt.subplots()\nprint('above')", ""],
        ["c", "demo", "print(1)\nplt.subplots(figsize=(2, 1), dpi=50)\nf(0)", ""],
    ]
    printed, picture, error = showing.show("c", page)["outputs"]
    assert printed == {"type": "stream", "name": "stdout", "text": "1\n"}
    assert (picture["type"], 60 < picture["width"] < 140) == ("png", True)
    assert (error["type"], error["line"]) == ("error", 3)
    assert [frame["where"] for frame in error["frames"]] == ["this cell", "the cell of f"]


def test_what_raised_above_is_named(no_ipywidgets):
    page = [["a", "answer", "def f(:", "f"], ["b", "demo", "print(f)", ""]]
    shown = showing.show("b", page)
    assert shown["above"] == ["The cell of f raised an error: SyntaxError: invalid syntax"]
    error = shown["outputs"][-1]
    assert (error["name"], error["message"]) == ("NameError", "name 'f' is not defined")
    with pytest.raises(ValueError, match="no cell 'z'"):
        showing.show("z", page)
