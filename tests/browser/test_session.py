"""Cells that run in one namespace, and what they show."""

import base64
import sys
import types

import pytest

from bnlib.browser.session import MOST_TEXT, Session


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    session = Session()

    def run(source, cell="1"):
        outputs = []
        ok = session.run(source, cell, outputs.append)
        assert ok is not any(output["type"] == "error" for output in outputs)
        return outputs

    return run


def test_names_stay_and_the_last_value_is_shown(run):
    assert run("x = 2") == []
    assert run("x + 1") == [{"type": "text", "text": "3"}]
    assert run("x + 1;") == []
    assert run("None") == []


def test_what_is_printed_comes_before_the_value(run):
    assert run("import sys\nprint('a')\nprint('b', file=sys.stderr)\n5") == [
        {"type": "stream", "name": "stdout", "text": "a\n"},
        {"type": "stream", "name": "stderr", "text": "b\n"},
        {"type": "text", "text": "5"},
    ]


def test_a_warning_is_shown_each_time(run):
    for _ in range(2):
        (output,) = run("import warnings\nwarnings.warn('mind')")
        assert output == {"type": "stream", "name": "stderr", "text": "line 2: UserWarning: mind\n"}


def test_html_is_shown_as_html(run):
    run("class A:\n    def _repr_html_(self): return '<b>x</b>'")
    assert run("A()") == [{"type": "html", "html": "<b>x</b>"}]
    # The class has no value to show.
    assert run("A")[0]["type"] == "text"
    assert [o["type"] for o in run("display(A(), 1)\n2")] == ["html", "text", "text"]


@pytest.mark.parametrize("source", ["figure", "0;", "plt.figure(figure); None"])
def test_a_figure_is_a_picture_once(run, source):
    import matplotlib

    matplotlib.use("agg")
    run("import matplotlib.pyplot as plt")
    outputs = run(f"figure, ax = plt.subplots(figsize=(2, 1), dpi=50)\nax.plot([1, 2])\n{source}")
    pictures = [output for output in outputs if output["type"] == "png"]
    assert len(pictures) == 1 + (source == "figure")
    picture = pictures[0]
    assert base64.b64decode(picture["data"]).startswith(b"\x89PNG")
    assert 60 < picture["width"] < 140
    assert 30 < picture["height"] < 80
    assert run("plt.get_fignums()") == [{"type": "text", "text": "[]"}]


def test_an_error_has_the_lines_of_the_cell_alone(run):
    run("def f(x):\n    return 1 / x", cell="3")
    (error,) = run("a = 1\n\nf(0)", cell="4")
    assert (error["name"], error["message"], error["line"]) == (
        "ZeroDivisionError",
        "division by zero",
        3,
    )
    assert [(f["file"], f["line"], f["source"]) for f in error["frames"]] == [
        ("<cell 4>", 3, "f(0)"),
        ("<cell 3>", 2, "return 1 / x"),
    ]


def test_a_wrong_syntax_has_its_line(run):
    (error,) = run("a = 1\nb = (")
    assert (error["name"], error["line"]) == ("SyntaxError", 2)


def test_a_deep_recursion_is_told_in_short(run):
    (error,) = run("def f(): f()\nf()")
    assert error["name"] == "RecursionError"
    assert len(error["frames"]) <= 8


@pytest.mark.parametrize("source", ["raise SystemExit", "exit()", "raise KeyboardInterrupt"])
def test_leaving_python_is_an_error_like_another(run, source):
    assert run(source)[-1]["type"] == "error"


def test_endless_text_is_cut(run):
    outputs = run("for i in range(30_000): print('0123456789')")
    text = "".join(output["text"] for output in outputs)
    assert MOST_TEXT <= len(text) < MOST_TEXT + 200
    assert "the rest is not shown" in text


def test_what_came_before_an_error_is_kept(run):
    assert [output["type"] for output in run("print(1)\n1 / 0")] == ["stream", "error"]
