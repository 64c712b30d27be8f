"""Files that are no notebook, or one that is cut, huge, deep or old."""

import gzip
import json

from tests.grader.hostile.case import FULL, SOLVED, Case, code, first, notebook, solved

UNREADABLE = "unreadable"


def _unreadable(id, tries, data, **more):
    return Case(id, tries, data if callable(data) else (lambda: data), outcome=UNREADABLE, **more)


def _whole():
    return notebook(solved())


def _old():
    import nbformat

    whole = nbformat.reads(json.dumps(SOLVED), 4)
    return nbformat.writes(nbformat.convert(whole, 3), 3).encode()


def _with_output(output):
    cells = solved()
    at = next(i for i, cell in enumerate(cells) if cell["cell_type"] == "code")
    cells[at] = {**cells[at], "outputs": [output]}
    return notebook(cells)


def _text(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


CASES = (
    _unreadable("empty-file", "is empty", b""),
    _unreadable("blank-file", "is white space", b" \n\t" * 1000),
    _unreadable("zeros", "is a megabyte of zeros", bytes(1 << 20)),
    _unreadable("truncated", "breaks off", lambda: _whole()[:-2000]),
    _unreadable("not-utf-8", "is no UTF-8", lambda: _whole().replace(b"mean", b"m\xff\xfean", 3)),
    _unreadable("noise", "is noise", bytes(range(256)) * 500),
    _unreadable("a-program", "is a program", b"\x7fELF" + bytes(9000)),
    _unreadable("compressed", "is compressed", lambda: gzip.compress(_whole())),
    _unreadable("html", "is a page of HTML", b"<!DOCTYPE html><script>alert(1)</script>"),
    _unreadable("a-list", "is a list", b"[1, 2, 3]"),
    _unreadable("a-number", "is a number of 10**5 digits", b"9" * 10**5),
    _unreadable("no-cells", "has no cells", b'{"nbformat": 4, "metadata": {}}'),
    _unreadable(
        "cells-of-another-form", "has cells of another form", b'{"cells": {"a": 1}, "nbformat": 4}'
    ),
    _unreadable("version", "is of a version to come", b'{"cells": [], "nbformat": 10e99}'),
    _unreadable("deep-json", "nests lists 100,000 deep", b'{"cells": ' + b"[" * 10**5),
    Case(
        "no-code",
        "is a notebook without a cell",
        lambda: notebook([]),
        points=dict.fromkeys(FULL, 0),
        status={"standardize_batch": "missing"},
    ),
    Case(
        "cells-without-form",
        "has cells that are none, beside those that are",
        lambda: notebook(
            [
                None,
                7,
                [],
                {},
                {"cell_type": "code"},
                {"cell_type": "code", "source": 3},
                {"cell_type": ["code"], "source": ""},
                {"cell_type": "code", "source": [None, 1]},
                *solved(),
            ]
        ),
    ),
    Case("old-format", "is of version 3", _old),
    Case("byte-order-mark", "begins with a byte-order mark", lambda: b"\xef\xbb\xbf" + _whole()),
    Case("utf-16", "is UTF-16", lambda: _whole().decode().encode("utf-16")),
    Case(
        "fifty-megabytes",
        "has 50 MB of output",
        lambda: _with_output(_text("0.12345 " * (50 << 17))),
    ),
    Case(
        "ten-thousand-cells",
        "has 10,000 more cells",
        lambda: notebook([*(code(f"a{n} = {n}") for n in range(10_000)), *solved()]),
    ),
    Case(
        "long-code",
        "has 1.5 MB of code in one cell",
        first("a = 1\n" * 250_000),
    ),
    Case(
        "deep-code",
        "has an expression nested too deeply for Python's parser",
        first("x = " + "(" * 10_000 + ")" * 10_000),
        raised="Error",
    ),
    Case(
        "deep-sum",
        "has an expression of 50,000 terms, and 10,000 attributes in a row",
        lambda: notebook(
            [
                code("y = " + "+1" * 50_000),
                code("z = a" + ".a" * 10_000),
                code("-" * 50_000 + "1"),
                *solved(),
            ]
        ),
    ),
    Case(
        "script-in-outputs",
        "has HTML, script and SVG in its outputs, its metadata and its text",
        lambda: _with_output(
            {
                "output_type": "display_data",
                "metadata": {"<script>": "alert(1)"},
                "data": {
                    "text/html": "<script>alert(1)</script>",
                    "image/svg+xml": "<svg onload=a()>",
                },
            }
        ).replace(
            b'"metadata": {"k', b'"metadata": {"title": "</title><script>alert(1)</script>", "k'
        ),
    ),
    Case(
        "hostile-metadata",
        "names paths, kernels and programs in its metadata",
        lambda: json.dumps(
            {
                **SOLVED,
                "metadata": {
                    "kernelspec": {
                        "name": "../../bin/sh",
                        "argv": ["rm", "-rf", "/"],
                        "language": "python",
                    },
                    "path": "../../gradebook.sqlite",
                    "celltoolbar": ["x"] * 1000,
                },
            }
        ).encode(),
    ),
    Case(
        "surrogates",
        "has half a surrogate pair in its code and in what it raises",
        lambda: notebook([code("s = '\ud800'"), code("raise ValueError('\\ud800')"), *solved()]),
        raised="Error",
    ),
    Case("null-bytes", "has null bytes in its code", first("a = 1\0\nb = 2"), raised="Error"),
    Case(
        "repeated-keys",
        "has its cells twice, in one object",
        lambda: b'{"cells": [], "nbformat": 4, ' + _whole().lstrip()[1:],
    ),
)
