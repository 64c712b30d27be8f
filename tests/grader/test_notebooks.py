"""Notebooks as handed in: every form and every fault, read in bounded time, nothing executed."""

import ast
import contextlib
import json
import time
from pathlib import Path

import nbformat
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from strategies import repeatable

from bnlib.grader import cells
from bnlib.grader.notebooks import Limits, Unreadable, read

EXERCISES = sorted((Path(__file__).parents[2] / "exercises").glob("*.ipynb"))
MIB = 2**20


def code(*sources, **more):
    listed = [{"cell_type": "code", "source": source} for source in sources]
    return json.dumps({"cells": listed, "nbformat": 4, "nbformat_minor": 5, **more}).encode()


def only(source):
    (cell,) = read(code(source)).cells
    return cell


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_a_notebook_of_the_course_reads_as_nbformat_and_ipython_read_it(path):
    data = path.read_bytes()
    expected = [
        (number, cell.source)
        for number, cell in enumerate(nbformat.reads(data.decode(), 4).cells, start=1)
        if cell.cell_type == "code"
    ]
    notebook = read(data)
    assert [(cell.number, cell.source) for cell in notebook.cells] == expected
    assert notebook.metadata_kernel is None
    for cell in notebook.cells:
        transformed = TransformerManager().transform_cell(cell.source)
        assert cell.problem == ""
        assert ast.dump(ast.parse(cell.python)) == ast.dump(ast.parse(transformed))


def test_a_notebook_of_the_course_takes_few_milliseconds():
    data = (EXERCISES[3]).read_bytes()
    read(data)  # imports IPython
    taken = []
    for _ in range(5):
        cells._remembered.cache_clear()
        start = time.process_time()
        read(data)
        taken.append(time.process_time() - start)
    assert min(taken) < 0.01  # 1 ms where nothing else runs


def test_cells_count_from_one_among_all_cells():
    listed = [
        {"cell_type": "markdown", "source": "# text"},
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"]},
        "no cell",
        {"cell_type": "code"},
        {"cell_type": "strange", "source": "x"},
        {"cell_type": "code", "source": 5},
        {"cell_type": "code", "source": ["c = 3", None, 7]},
        {"cell_type": ["code"], "source": "d = 4"},
    ]
    notebook = read(json.dumps({"cells": listed, "metadata": [1], "nbformat": 4}).encode())
    assert [(cell.number, cell.source) for cell in notebook.cells] == [
        (2, "a = 1\nb = 2"),
        (4, ""),
        (7, "c = 3"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_unicode_in_any_form(encoding):
    text = code("é = 'ß中😀'").decode()
    text = json.dumps(json.loads(text), ensure_ascii=False)
    assert read(text.encode(encoding)).cells[0].source == "é = 'ß中😀'"


def test_json_that_python_tolerates():
    data = b'{"nbformat": 4, "a": NaN, "a": Infinity, "cells": [], "cells": []}\n\n'
    assert read(data).cells == ()
    assert read(b'{"cells": []}').cells == ()  # no version at all


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, None),
        ({"kernelspec": {"language": "python", "name": "python3"}}, None),
        ({"kernelspec": {"language": "R"}}, "R"),
        ({"language_info": {"name": "julia"}}, "julia"),
        ({"language_info": {"name": "ipython"}}, None),
        ({"kernelspec": 3, "language_info": [1]}, None),
        ({"kernelspec": {"language": {"a": 1}}}, None),
        ({"kernelspec": {"language": "\x1b[2J" * 100}}, "shown"),
    ],
)
def test_the_kernel_is_named_where_it_is_not_python(metadata, language):
    said = read(code("x", metadata=metadata)).metadata_kernel
    if language == "shown":
        assert said.isprintable()
        assert len(said) < 200
    else:
        assert said == language


def test_old_formats_are_converted():
    v3 = nbformat.v3.new_notebook(
        worksheets=[
            nbformat.v3.new_worksheet(
                cells=[
                    nbformat.v3.new_text_cell("markdown", source="x"),
                    nbformat.v3.new_code_cell("a = 1"),
                ]
            )
        ]
    )
    assert [(c.number, c.source) for c in read(json.dumps(v3).encode()).cells] == [(2, "a = 1")]
    worksheets = [{"cells": [{"cell_type": "code", "input": "b = 2", "outputs": []}]}]
    for version in ({"nbformat": 2}, {"nbformat": 3, "nbformat_minor": 0}, {}):
        data = json.dumps({"worksheets": worksheets, "metadata": {}, **version}).encode()
        assert [c.source for c in read(data).cells] == ["b = 2"]
    v1 = {"nbformat": 1, "cells": [{"cell_type": "code", "code": "c = 3", "prompt_number": 1}]}
    assert [c.source for c in read(json.dumps(v1).encode()).cells] == ["c = 3"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\0" * 100, "empty"),
        (code("x = 1")[:-20], "breaks off"),
        (code("x = 1")[:25], "breaks off"),
        (b'{"cells": [', "breaks off"),
        (b"[1, 2]", "a list instead"),
        (b"17", "a number instead"),
        (b"null", "nothing instead"),
        (b'"text"', "a text instead"),
        (b'{"cells": {"a": 1}, "nbformat": 4}', "an object, not a list"),
        (b'{"nbformat": 4}', "nothing, not a list"),
        (b'{"a": 1}', "names no version"),
        (b'{"nbformat": 7, "cells": []}', "version 7"),
        (b'{"nbformat": "4", "cells": []}', "version '4'"),
        (b'{"nbformat": 3, "worksheets": 7}', "old format"),
        (b'{"nbformat": 2, "worksheets": [[]]}', "old format"),
        (b'{"cells": [}', "JSON is wrong in line 1"),
        (b'{"cells": [], }  }', "JSON is wrong in line 1"),
        (b'{"cells": "\xff\xfe", "x": 1}', "not UTF-8 text: byte 12"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"\xef\xbb\xbf  <html>", "HTML"),
        (b"PK\x03\x04\x14\0", "zip"),
        (b"%PDF-1.7", "PDF"),
        (b"import numpy as np\n", "Python script"),
        (b"# %%\nx = 1", "Python script"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"[" + b"1" * 5000 + b"]", "number"),
    ],
)
def test_what_is_no_notebook_is_refused_in_a_sentence(data, said):
    with pytest.raises(Unreadable, match=said) as raised:
        read(data)
    assert str(raised.value).endswith(".")
    assert str(raised.value).isprintable()


def test_limits_are_kept():
    for data, limits, said in (
        (code("x" * 100), Limits(size=50), "larger than"),
        (code("x" * 100, "y" * 100), Limits(code=150), "of code"),
        (code("x", "y", "z"), Limits(cells=2), "more than 2 cells"),
        (code("x", outputs=[[]] * 100), Limits(values=50), "more than 50 values"),
        (b'["a"' + b',"a"' * 100, Limits(values=50), "values"),
    ):
        with pytest.raises(Unreadable, match=said):
            read(data, limits)


def test_printed_brackets_are_one_value():
    read(code("x", outputs=['[[1, "2\\", 3], ' * 100]), Limits(values=50))


@pytest.mark.parametrize(
    "data",
    [
        code("x", outputs=["z" * 50 * MIB]),
        code("x", outputs=["[1.0, 2.0], " * 4 * MIB]),
        b'{"cells": [], "a": "' + b'\\"' * 25 * MIB,
        b'"a",' * 15 * MIB,
        b"[" + b"[]," * 20 * MIB,
        code(*(f"x = {i}" for i in range(10_000))),
    ],
    ids=["text", "numbers", "escapes", "strings", "lists", "cells"],
)
def test_large_notebooks_take_bounded_time(data):
    start = time.process_time()
    with contextlib.suppress(Unreadable):
        read(data)
    assert time.process_time() - start < 10


def test_magics_become_calls():
    assert only("%matplotlib inline").python == (
        "get_ipython().run_line_magic('matplotlib', 'inline')\n"
    )
    assert "run_cell_magic('bash', '', 'ls" in only("%%bash\nls").python
    assert "system('ls')" in only("x = 1\n!ls").python
    assert "run_line_magic('pinfo', 'len')" in only("len?").python
    assert only("    x = 1\n    y = 2").python == "x = 1\ny = 2\n"
    assert only(">>> x = 1\n... \n").python.strip() == "x = 1"
    assert only("In [1]: x = 1").python == "x = 1\n"
    assert "run_line_magic('pip', 'install numpy')" in only("pip install numpy\n").python
    assert only("%time x").source == "%time x"


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("%%time\nx = 1", "\nx = 1"),
        ("\n%%timeit -n 3\n\nx = 1", "\n\n\nx = 1"),
        ("%%capture --no-stderr\n%%time\nx = 1", "\n\nx = 1"),
        ("%%capture out\nx = 1", "out = get_ipython().captured\nx = 1"),
        ("%%capture class\nx = 1", "\nx = 1"),
        ("%%prun", ""),
    ],
)
def test_a_cell_that_is_only_timed_is_python(source, python):
    """What it defines can be an answer, so it is read for borrowed names as any other."""
    cell = only(source)
    assert (cell.python, cell.source) == (python, source)
    assert ast.dump(cell.tree) == ast.dump(ast.parse(python))


def test_a_magic_of_another_name_is_a_call():
    assert "run_cell_magic('timeline', '', 'x" in only("%%timeline\nx = 1").python
    assert "run_line_magic('pylab'" in only("%%time\nx = 1\n%pylab inline").python


def test_a_cell_that_is_no_python_leaves_the_others():
    wrong, right = read(code("def f(:\n  pass", "x = 1")).cells
    assert wrong.python is None
    assert wrong.tree is None
    assert wrong.problem == "SyntaxError: invalid syntax (line 1)"
    assert (right.python, right.problem) == ("x = 1", "")
    assert ast.dump(right.tree) == ast.dump(ast.parse("x = 1"))


def test_the_tree_is_of_what_runs():
    assert ast.dump(only("%time x").tree) == ast.dump(ast.parse(only("%time x").python))
    long = "x = 1\n" * 2000
    assert len(only(long).tree.body) == 2000


HOSTILE = {
    "nul": "x = 1\0",
    "unary": "-" * 100_000 + "1",
    "sum": "+".join("1" * 60_000),
    "attributes": "a" + ".b" * 100_000,
    "brackets": "[" * 100_000,
    "nested ifs": "if a:\n pass\n" + "elif a:\n pass\n" * 15_000,
    "too long": "x = 1\n" * 50_000,
    "magics": "%a\n" * 20_000,
    "shells": "!\n" * 30_000,
    "helps": "a?\n" * 20_000,
    "help of a long name": "a" * 60_000 + " ?",
    "help of dots": "a." * 30_000 + " ?",
    "help of stars": ("*" * 900 + " ?\n") * 60,
    "open brackets": "(" * 100 + "%\n" * 1000,
    "open string": "'''\n" + "x\n" * 30_000 + "%",
    "carriage returns": "\r%a" * 10_000,
    "dollars": "$" * 60_000 + "%",
    "continued": "%a\\\n" * 15_000,
    "odd": "/\n",
    "digits": "9" * 5000 + " %",
    "unclosed indent": "  x = 1\n y = 2 %",
    "long last line": "if x:\n" + " " * 60_000 + "%y",
    "long first line": " " * 60_000 + "x ?",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_cells_take_bounded_time(name):
    start = time.process_time()
    cell = only(HOSTILE[name])
    assert time.process_time() - start < 2.5
    assert (cell.python is None) == bool(cell.problem)
    assert len(cell.problem) <= 300


def test_many_hostile_cells_take_bounded_time():
    """Each is within the limit of a cell; together they are beyond the notebook's."""
    sources = [f"{'%a' * 500}\n" + "!ls\n" * 60 + f"# {i}\n$" for i in range(300)]
    start = time.process_time()
    listed = read(code(*sources, "x = 1", "%time y")).cells
    assert time.process_time() - start < 8
    assert listed[-3].problem == listed[-1].problem == cells.OVERWORKED
    assert listed[-2].python == "x = 1"


def test_half_a_surrogate_pair_can_be_stored():
    cell = read(b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}').cells[0]
    assert cell.problem.startswith("UnicodeEncodeError")
    assert cell.source.encode() == b"x = '?'"


def test_warnings_of_the_students_code_are_not_ours(recwarn):
    assert only(r"x = '\d' is 'a'").problem == ""
    assert only("%time\nx = '\\d' is 'a'").problem == ""
    assert not recwarn


def test_nothing_is_executed(tmp_path):
    target = tmp_path / "made"
    read(code(f"open({str(target)!r}, 'w')", f"!touch {target}", f"%%bash\ntouch {target}"))
    assert not target.exists()


PIECES = (
    *("x = 1", "x", "%", "!", "?", "??", "# a?", "'?'", ";", "...", "y % x", "\\\n", "f'{x!r}'"),
    *("\n", "\n", "\n    ", "\t", "\r", "'''", '"""', "lambda: 0", ",", "/", "(", ")", "["),
    *("]", "{", "}", ":", "=", "if x:", "pass", "await x", "é", "℘", "def f():", "return", "a!=b"),
    *("x//y", "#", "0x1", "rb'\\\\'", "@", "->", ":=", "match x:", "*", "**", "_", "%time", "$"),
)


@repeatable
@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join))
def test_ipython_leaves_valid_python_alone(source):
    """What allows transforming only what does not parse; `cells` states the exceptions."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        assume(False)
    assume(not any(quotes in source for quotes in ("'''", '"""')) or " \n" not in source)
    assert ast.dump(ast.parse(TransformerManager().transform_cell(source))) == ast.dump(tree)


@repeatable
@given(st.text(st.sampled_from("x=1%!?,;/'\"()[]{}:#\\ \n\t\r\f\0.\ud800$>") | st.characters()))
def test_any_text_is_a_cell(source):
    cell = only(source)
    assert (cell.python is None) == bool(cell.problem) == (cell.tree is None)
    cell.source.encode()


@repeatable
@example(b"\x00\xa0")  # in UTF-16 a blank, and nothing else
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_notebook_or_unreadable(data):
    with contextlib.suppress(Unreadable):
        read(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "worksheets", "cell_type", "source", "input", "metadata", "outputs"]
            ),
            inner | st.just("code"),
            max_size=4,
        )
    ),
)


@repeatable
@given(VALUES, st.sampled_from([None, 1, 2, 3, 4, 5, True]))
def test_any_json_is_a_notebook_or_unreadable(value, version):
    content = {**value, "nbformat": version} if isinstance(value, dict) else value
    with contextlib.suppress(Unreadable):
        read(json.dumps(content).encode())
