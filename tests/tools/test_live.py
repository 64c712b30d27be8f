"""Which cells can run in a browser, and what the site lays down for them."""

import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

from tests.tools.small_book import cell, chapter, write
from tools.site import bundle, live
from tools.site.reach import Library
from tools.site.runnable import obstacles

ROOT = Path(__file__).resolve().parents[2]

FILES = {
    "bnlib/__init__.py": "",
    "bnlib/lab/__init__.py": "",
    "bnlib/lab/both.py": (
        "from __future__ import annotations\n"
        "import numpy as np\nimport torch\nfrom torch import Tensor\n"
        "from bnlib.lab import far\n"
        "SIZE = 3\n"
        "def reads(x: Tensor) -> Tensor:\n    return np.ones(SIZE)\n"
        "def trains():\n    return torch.zeros(SIZE)\n"
        "def calls():\n    return trains()\n"
        "def late():\n    import torch.nn as nn\n    return nn\n"
        "def guarded():\n    try:\n        import torch as t\n    except ImportError:\n"
        "        return None\n    return t\n"
        "def away():\n    return far.deep()\n"
        "class Net:\n    def step(self):\n        return torch.ones(2)\n"
    ),
    "bnlib/lab/far.py": "from bnlib.lab.both import trains as run\ndef deep():\n    return run\n",
    "bnlib/lab/notebook.py": "def quiz(name):\n    return name\n",
}


@pytest.fixture
def library(tmp_path):
    return Library(write(tmp_path, FILES))


@pytest.mark.parametrize(
    ("code", "lacks"),
    [
        ("both.reads(1)", ""),
        ("both.SIZE", ""),
        ("both.guarded()", ""),
        ("both.trains()", "torch"),
        ("both.calls()", "torch"),
        ("both.late()", "torch"),
        ("both.away()", "torch"),
        ("both.Net()", "torch"),
        ("far.deep()", "torch"),
        ("f = both.trains", "torch"),
        ("torch.zeros(2)", "torch"),
        ("torch.set_num_threads(1)", ""),
        ("import scipy.stats", "scipy"),
        ("import statistics, matplotlib.pyplot", ""),
        ("from bnlib.lab.notebook import quiz\nquiz('x')", "page"),
        ("x = (", "page"),
    ],
)
def test_a_function_counts_and_not_its_file(library, code, lacks):
    first = "import torch\nfrom bnlib.lab import both, far"
    assert obstacles([first, code], library) == ["", lacks]


def test_a_cell_that_rests_on_another_lacks_the_same(library):
    cells = [
        "from bnlib.lab import both",
        "net = both.trains()",
        "print(net)",
        "def f():\n    return both.trains()",
        "f()",
        "net = 3",
        "print(net)",
    ]
    assert obstacles(cells, library) == ["", "torch", "torch", "torch", "torch", "", ""]


def test_the_archive_is_the_library_without_the_grader_and_always_the_same():
    content = bundle.archive(ROOT)
    assert content == bundle.archive(ROOT)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    for needed in (
        "__init__.py",
        "browser/worker.py",
        "checks/engine.py",
        "lab/results/affine.csv",
    ):
        assert f"bnlib/{needed}" in names
    assert not [name for name in names if name.startswith(("bnlib/grader", "bnlib/commands"))]
    assert not [name for name in names if name.endswith(".pyc")]


@pytest.fixture
def pyodide(tmp_path):
    """A folder that looks like Pyodide's, of small files."""
    folder = tmp_path / "pyodide"
    folder.mkdir()
    packages = {
        name: {"file_name": f"{name}.whl"} for group in bundle.PACKAGES.values() for name in group
    }
    lock = {"info": {"version": "0"}, "packages": packages}
    (folder / "pyodide-lock.json").write_text(json.dumps(lock))
    for name in (*bundle.CORE, *(f"{package}.whl" for package in packages)):
        (folder / name).write_text(name)
    return folder


def test_the_list_names_each_part_with_its_size_and_another_address_for_another_text(
    pyodide, tmp_path
):
    def listed():
        bundle.write(ROOT, pyodide, tmp_path / "site")
        text = (tmp_path / "site" / bundle.SCRIPTS / bundle.MANIFEST).read_text()
        return json.loads(text.removeprefix("export const manifest = ").removesuffix(";\n"))

    one = listed()
    rows = [*one["core"], *(row for group in one["packages"].values() for row in group)]
    for address, size, _ in rows:
        path = (tmp_path / "site" / address) if "live" in address else tmp_path / address[7:]
        assert path.stat().st_size == size
    (pyodide / "python_stdlib.zip").write_text("other")
    two = listed()
    changed = [a for a, b in zip(one["core"], two["core"], strict=True) if a != b]
    assert [address for address, *_ in changed] == ["vendor/pyodide/python_stdlib.zip"]


def test_without_pyodide_the_list_is_null(tmp_path):
    bundle.write(ROOT, None, tmp_path)
    text = (tmp_path / bundle.SCRIPTS / bundle.MANIFEST).read_text()
    assert text == "export const manifest = null;\n"


def test_a_part_that_is_missing_is_named(pyodide, tmp_path):
    (pyodide / "pyodide.asm.wasm").unlink()
    with pytest.raises(FileNotFoundError, match=r"pyodide\.asm\.wasm"):
        bundle.write(ROOT, pyodide, tmp_path / "site")


# ---------------------------------------------------------------- the pages


CHAPTER = chapter(
    "A chapter",
    cell("x = 1"),
    cell("import torch\n\ny = torch.zeros(x)"),
    cell("z = x", "remove-cell"),
)


@pytest.fixture
def page(tmp_path):
    """A page as Sphinx has it when it is written, and what the extension makes of it."""

    def page(pyodide, options=None):
        path = tmp_path / "chapter.md"
        path.write_text(CHAPTER)
        builder = SimpleNamespace(format="html", get_relative_uri=lambda _, to: f"../{to}.html")
        app = SimpleNamespace(
            builder=builder,
            env=SimpleNamespace(doc2path=lambda name, base=True: str(path) if base else path.name),
            srcdir=str(ROOT),
            outdir=str(tmp_path / "out"),
            pyodide_folder=pyodide,
            config=SimpleNamespace(html_theme_options=options or {}),
        )
        document = new_document("chapter")
        section = nodes.section("", nodes.title("", "A chapter"))
        document += section
        for index in (1, 2):  # the Markdown cell is the first; the third code cell is not shown
            source = nodes.container("", nb_element="cell_code_source")
            section += nodes.container(
                "", source, nb_element="cell_code", cell_index=index, classes=["cell"]
            )
        live.mark(app, document, "chapter")
        return document

    return page


def test_cells_are_marked_with_their_places_and_hidden_ones_are_listed(page, tmp_path):
    document = page(tmp_path)
    cells = [n["classes"] for n in document.findall(nodes.container) if "cell" in n["classes"]]
    assert cells == [["cell", "live", "live-0"], ["cell", "live-off", "live-1"]]
    (bar,) = document.findall(nodes.raw)
    assert 'data-how="../book/00_start.html#sec-use"' in bar.astext()
    assert "data-binder" not in bar.astext()
    content = (tmp_path / "out" / bundle.SCRIPTS / "pages" / "chapter.json").read_bytes()
    address = f"_static/live/pages/chapter.json?v={bundle.short_hash(content)}"
    assert f'data-cells="{address}"' in bar.astext()
    listed = json.loads(content)
    assert [(cell["lacks"], cell["shown"]) for cell in listed] == [
        ("", True),
        ("torch", True),
        ("", False),
    ]
    assert listed[2]["source"] == "z = x"


@pytest.mark.parametrize(
    ("repository", "place"),
    [
        ("https://github.com/someone/course", "gh/someone/course"),
        ("https://gitlab.com/some/group/course", "gl/some%2Fgroup%2Fcourse"),
        ("https://bitbucket.org/some/course", "git/https%3A%2F%2Fbitbucket.org%2Fsome%2Fcourse"),
    ],
)
def test_where_the_repository_is_known_the_page_knows_itself_on_binder(
    page, tmp_path, repository, place
):
    options = {"repository_url": repository, "repository_branch": "a/b"}
    (bar,) = page(tmp_path, options).findall(nodes.raw)
    launch = f"https://mybinder.org/v2/{place}/a%2Fb?urlpath=lab/tree/chapter.md"
    assert f' data-binder="{launch}"' in bar.astext()


def test_without_pyodide_a_page_says_why_nothing_runs_and_has_no_buttons(page, tmp_path):
    document = page(None)
    (line,) = (n for n in document.findall(nodes.paragraph) if "live-absent" in n["classes"])
    assert "without Pyodide" in line.astext()
    assert not [n for n in document.findall(nodes.container) if "live" in str(n["classes"])]
    assert not list(document.findall(nodes.raw))
    assert not (tmp_path / "out").exists()


def test_the_first_module_of_a_page_is_small():
    """What is loaded before a reader uses a cell: below 10 kB, and that unpacked."""
    scripts = ROOT / "book" / "_static" / "live"
    assert sum((scripts / name).stat().st_size for name in ("cells.js", "store.js")) < 10_000
