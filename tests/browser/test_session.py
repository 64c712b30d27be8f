"""Cells that run in one namespace, and what they show."""

import base64
import sys

import pytest

from bnlib.browser import errors
from bnlib.browser.session import Session
from bnlib.browser.streams import MOST_TEXT


@pytest.fixture
def run():
    session = Session()

    def run(source, cell="1", **more):
        outputs = []
        ok = session.run(source, cell, outputs.append, **more)
        assert ok is not any(output["type"] == "error" for output in outputs)
        return outputs

    return run


def test_names_stay_and_the_last_value_is_shown(run):
    assert run("x = 2") == []
    assert run("x + 1") == [{"type": "text", "text": "3"}]
    assert run("None") == []


@pytest.mark.parametrize(
    ("end", "hidden"),
    [(";", True), (" ; ", True), (";  # none", True), ("\n# a comment;\n", False)],
)
def test_a_last_line_that_ends_in_a_semicolon_shows_nothing(run, end, hidden):
    assert (run(f"('é;',\n 2){end}") == []) is hidden


def test_what_is_printed_comes_before_the_value(run):
    assert run("import sys\nprint('a')\nprint('b', file=sys.stderr)\n5") == [
        {"type": "stream", "name": "stdout", "text": "a\n"},
        {"type": "stream", "name": "stderr", "text": "b\n"},
        {"type": "text", "text": "5"},
    ]


def test_streams_keep_their_order(run):
    run("import sys")
    code = "for i in range(2):\n    print(i, end='')\n    sys.stderr.write('e')\ndisplay(5)"
    assert [(o.get("name"), o["text"]) for o in run(code)] == [
        ("stdout", "0"),
        ("stderr", "e"),
        ("stdout", "1"),
        ("stderr", "e"),
        (None, "5"),
    ]
    (error,) = run("sys.stdout.write(5)")
    assert error["message"] == "write() takes a text, got int"


def test_a_warning_is_shown_each_time_with_its_line(run):
    for _ in range(2):
        (output,) = run("import warnings\nwarnings.warn('mind')")
        text = "UserWarning in line 2: mind\n    warnings.warn('mind')\n"
        assert output == {"type": "stream", "name": "stderr", "text": text}
    run("def f():\n    warnings.warn('mind')", label="the cell of f")
    (output,) = run("f()", cell="2")
    assert output["text"].startswith("UserWarning in line 2 of the cell of f: mind\n")


def test_a_warning_of_a_library_has_no_line_and_no_path(run):
    code = "import sys, warnings\nwarnings.warn_explicit('old', UserWarning, '/lib/np/a.py', 3)"
    assert run(code)[0]["text"] == "UserWarning: old\n"


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


def test_the_value_stands_above_the_figures_that_are_open(run):
    outputs = run("import matplotlib.pyplot as plt\nplt.subplots(figsize=(2, 1))\n'value'")
    assert [output["type"] for output in outputs] == ["text", "png"]
    assert run("plt.subplots()\n1", quiet=True) == []
    assert run("plt.get_fignums()") == [{"type": "text", "text": "[]"}]


def test_a_figure_that_cannot_be_drawn_is_an_error_of_its_cell_alone(run):
    outputs = run("import matplotlib.pyplot as plt\nplt.figure().suptitle(r'$\\frac{$')\n3;")
    assert [output["type"] for output in outputs] == ["error"]
    assert outputs[0]["name"] == "ValueError"
    assert run("1") == [{"type": "text", "text": "1"}]
    assert run("plt.figure().suptitle(r'$\\frac{$')\n1 / 0")[-1]["name"] == "ZeroDivisionError"


def test_a_value_that_cannot_be_shown_is_an_error_with_its_line(run):
    (error,) = run("class A:\n    def __repr__(self):\n        return 1 / 0\nA()")
    assert (error["name"], error["line"]) == ("ZeroDivisionError", 3)


def test_an_error_has_the_lines_of_the_cells_alone(run):
    run("def f(x):\n    return 1 / x", cell="3", label="the cell of f")
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
    assert [(f["where"], f["function"]) for f in error["frames"]] == [
        ("this cell", ""),
        ("the cell of f", "f"),
    ]
    assert errors.text_of(error, errors.file_of("4")) == (
        "line 3:\n    f(0)\nline 2 of the cell of f, in f:\n    return 1 / x\n"
        "ZeroDivisionError: division by zero"
    )


def test_of_a_library_the_last_line_is_told_without_the_way_to_it(run):
    (error,) = run("import numpy as np\nnp.linalg.inv(np.zeros((2, 2)))")
    assert (error["name"], error["line"], error["message"]) == ("LinAlgError", 2, "Singular matrix")
    own, library = error["frames"]
    assert own["where"] == "this cell"
    assert library["where"].startswith("numpy/linalg/")
    assert library["source"].startswith("raise LinAlgError")


@pytest.mark.parametrize(
    ("source", "line", "text", "column"),
    [
        ("a = 1\nb = (", 2, "b = (", 4),
        ("def f(x)\n    return x", 1, "def f(x)", 8),
        ("if 1:\n    a = = 2", 2, "a = = 2", 4),
    ],
)
def test_a_wrong_syntax_has_its_line_and_its_place(run, source, line, text, column):
    (error,) = run(source)
    assert (error["name"], error["line"], error["hint"]) == ("SyntaxError", line, "")
    (frame,) = error["frames"]
    assert (frame["source"], frame["column"]) == (text, column)
    told = errors.text_of(error, frame["file"]).splitlines()
    assert told[:3] == [f"line {line}:", f"    {text}", f"    {' ' * column}^"]


@pytest.mark.parametrize("source", ["%timeit 1", "!ls", "?print", "x = 1\nx?"])
def test_what_works_in_jupyter_alone_is_said(run, source):
    (error,) = run(source)
    assert "works in Jupyter" in error["hint"]
    assert errors.text_of(error, "<cell 1>").endswith(error["hint"])


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
    assert text.endswith("\n... the rest is not shown: 310,000 characters more\n")
    for source in ("print('x' * 10**6, end='')", "'x' * 10**6"):
        text = "".join(output["text"] for output in run(source))
        assert MOST_TEXT <= len(text) < MOST_TEXT + 200
        assert "the rest is not shown: 980,00" in text


def test_a_flood_is_said_before_it_ends(run):
    outputs = run("for i in range(5000): print('0123456789')")
    said = ["the rest is not shown" in output["text"] for output in outputs]
    # The last one is how many more characters there were.
    assert said[-2:] == [True, False]


def test_what_came_before_an_error_is_kept(run):
    assert [output["type"] for output in run("print(1)\n1 / 0")] == ["stream", "error"]


def test_a_cell_is_compiled_by_its_own_rules(run):
    # session.py postpones the evaluation of annotations; a cell that does not say so does not.
    run("def f(x: int): return x")
    assert run("f.__annotations__['x'] is int") == [{"type": "text", "text": "True"}]


def test_a_class_finds_its_module_and_nothing_stays(run):
    before = sys.modules["__main__"]
    code = (
        "import dataclasses, pickle, sys\n"
        "@dataclasses.dataclass\nclass A:\n    x: 'int' = 1\n"
        "pickle.loads(pickle.dumps(A(2))), sys.modules['__main__'].A is A"
    )
    assert run(code) == [{"type": "text", "text": "(A(x=2), True)"}]
    assert sys.modules["__main__"] is before
