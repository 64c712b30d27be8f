"""What JupyterLite is put together from: wheels, the lock file, notebooks, links of the pages."""

import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.lite import assembling, fonts, program
from tools.lite.locking import EMPTY, canonical, entry, lock
from tools.lite.notebooks import KERNEL, SITE, for_browser, handed_out
from tools.lite.wheels import installed, library, pack
from tools.site import jupyterlite

ROOT = Path(__file__).resolve().parents[2]


def test_a_wheel_is_a_wheel_and_the_same_each_time():
    name, content = pack("some-name", "1.2", {"some_name/__init__.py": b"x = 1\n"})
    assert name == "some_name-1.2-py3-none-any.whl"
    assert pack("some-name", "1.2", {"some_name/__init__.py": b"x = 1\n"})[1] == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        record = archive.read("some_name-1.2.dist-info/RECORD").decode().splitlines()
        assert {line.split(",")[0] for line in record} == set(archive.namelist())
        assert archive.read("some_name/__init__.py") == b"x = 1\n"


def test_the_library_goes_without_the_grader():
    files = library(ROOT)
    assert "bnlib/checks/engine.py" in files
    assert "bnlib/data/digits.npz" in files
    assert not [name for name in files if "grader/" in name or "__pycache__" in name]


def test_of_a_compiled_package_the_sources_go():
    version, files = installed("psygnal")
    assert version[0].isdigit()
    assert "psygnal/_signal.py" in files
    assert not [name for name in files if not name.startswith("psygnal/") or name.endswith(".so")]


# ---------------------------------------------------------------- the lock file


def given(tmp_path, *absent):
    """A lock file of Pyodide with what the notebooks need, and the files but for some."""
    packages = {}
    for name in ("numpy", "matplotlib", "ipython", "jedi", "micropip", "sqlite3", "traitlets"):
        packages[name] = {"name": name, "file_name": f"{name}-1-py3.whl", "depends": []}
    packages["matplotlib"]["depends"] = ["numpy", "fonttools", "prompt_toolkit"]
    packages["prompt-toolkit"] = {
        "name": "prompt_toolkit",
        "file_name": "prompt_toolkit-3-py3.whl",
        "depends": [],
    }
    packages["scipy"] = {"name": "scipy", "file_name": "scipy-1-py3.whl", "depends": []}
    for name, package in packages.items():
        if name not in absent:
            (tmp_path / package["file_name"]).touch()
    return {"info": {"version": "0.27.7"}, "packages": packages}


def test_the_lock_has_what_is_needed_and_nothing_else(tmp_path):
    own = {"bnlib": entry("bnlib", "../../lite/wheels/bnlib-1-a.whl", b"b", ["numpy"], ["bnlib"])}
    empty = ("../../lite/wheels/empty-0-a.whl", b"e")
    packages = json.loads(lock(given(tmp_path), own, empty, tmp_path))["packages"]
    assert {"bnlib", "numpy", "prompt-toolkit", *map(canonical, EMPTY)} <= set(packages)
    assert "scipy" not in packages
    assert packages["fonttools"]["file_name"] == empty[0]
    assert packages["bnlib"]["imports"] == ["bnlib"]
    # The sha256 of b"b".
    assert packages["bnlib"]["sha256"].startswith("3e23e8160039594a")


def test_a_package_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="prompt-toolkit is needed"):
        lock(given(tmp_path, "prompt-toolkit"), {}, ("empty-0-a.whl", b""), tmp_path)


# ---------------------------------------------------------------- notebooks and pages


def test_a_notebook_gets_the_browsers_kernel_and_links_to_the_site():
    text = "See [it](../book/04_algorithm.md#what) and [code](https://example.org/a.md)."
    text += " [Its](../book/01_inputs.md#its) [all](../book/01_inputs.md)."
    known = {("book/01_inputs", "its"): "sec-units"}
    cell = {"cell_type": "markdown", "source": [text[:30], text[30:]]}
    code = {"cell_type": "code", "source": "x = '](../book/04_algorithm.md)'"}
    metadata = {"kernelspec": {"name": "python3"}, "language_info": {}}
    made = json.loads(for_browser(json.dumps({"metadata": metadata, "cells": [cell, code]}), known))
    assert made["metadata"]["kernelspec"] == KERNEL
    assert f"[it]({SITE}book/04_algorithm.html#what)" in made["cells"][0]["source"]
    assert "https://example.org/a.md" in made["cells"][0]["source"]
    # By the label, which is on both pages, where the anchor is not the site's.
    assert f"[Its]({SITE}book/01_inputs.html#sec-units)" in made["cells"][0]["source"]
    assert f"[all]({SITE}book/01_inputs.html)" in made["cells"][0]["source"]
    assert made["cells"][1] == code


def test_the_students_notebooks_are_handed_out():
    assert len(handed_out(ROOT)) == 9
    assert not [text for text in handed_out(ROOT).values() if "../book" in text]


@pytest.mark.parametrize("body", ["<h1>Title</h1><p>text</p>", "<p>text</p>"])
def test_a_page_leads_to_its_notebook_or_says_why_not(body):
    there = jupyterlite.with_link(body, "04_algorithm", there=True)
    assert 'href="../lite/notebooks/index.html?path=04_algorithm.ipynb"' in there
    absent = jupyterlite.with_link(body, "04_algorithm", there=False)
    assert "built without JupyterLite" in absent
    assert "href" not in absent
    assert there.index("lite-link") < there.index("text")


def test_the_link_stands_among_the_tools_of_a_page():
    body = f"<h1>Title</h1>{jupyterlite.TOOLS}<p>tools</p></div>"
    assert f"{jupyterlite.TOOLS}\n<p class=" in jupyterlite.with_link(body, "x", there=True)


def test_a_site_without_pyodide_has_no_jupyterlite(tmp_path):
    (tmp_path / "lite").mkdir()
    config = SimpleNamespace(vendored=["mathjax 3.2.2"])
    builder = SimpleNamespace(format="html")
    app = SimpleNamespace(outdir=tmp_path, srcdir=ROOT, config=config, builder=builder)
    jupyterlite.build(app, None)
    assert not (tmp_path / "lite").exists()
    context = {"body": "<h1>Exercises</h1>"}
    jupyterlite.add_link(app, "exercises/04_algorithm", "page.html", context, None)
    assert "built without JupyterLite" in context["body"]
    chapter = {"body": "<h1>Chapter</h1>"}
    jupyterlite.add_link(app, "book/04_algorithm", "page.html", chapter, None)
    assert chapter["body"] == "<h1>Chapter</h1>"


def test_it_is_put_together_again_only_where_something_changed(tmp_path, monkeypatch):
    installs = []
    monkeypatch.setattr(program, "install", lambda target, start: installs.append(start))
    for part in ("_write_packages", "_write_notebooks"):
        monkeypatch.setattr(assembling, part, lambda *arguments: None)
    pyodide, root, target = tmp_path / "pyodide", tmp_path / "root", tmp_path / "lite"
    for folder in (pyodide, root / "exercises", root / "bnlib", target):
        folder.mkdir(parents=True)
    (pyodide / "pyodide-lock.json").write_text("{}")
    module = root / "bnlib" / "norms.py"
    module.write_text("x = 1")
    assert assembling.assemble(target, root, pyodide)
    assert not assembling.assemble(target, root, pyodide)
    module.write_text("x = 2")
    assert assembling.assemble(target, root, pyodide)
    (root / "exercises" / "01.ipynb").write_text("{}")
    assert assembling.assemble(target, root, pyodide)
    assert not assembling.assemble(target, root, pyodide)
    # The program itself, which takes seconds, once.
    assert len(installs) == 1


def test_another_list_of_what_the_kernel_starts_with_installs_the_program_anew():
    assert program.stamp(("numpy",)) != program.stamp(("numpy", "matplotlib"))
    assert program.stamp(("numpy",)) == program.stamp(("numpy",))


# ---------------------------------------------------------------- the list of fonts


def wheel_of(**files):
    """A wheel with these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


LIST, CODE = fonts.LIST, fonts.CODE


def test_the_list_of_fonts_gets_the_version_that_its_code_takes():
    given = {
        CODE: '__version__ = "3"\nclass FontManager:\n    __version__ = 330\n',
        LIST: '{"_version": 390, "other": 390}',
    }
    found = fonts.mended(wheel_of(**given))
    assert found == {LIST: b'{"_version": 330, "other": 390}'}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({CODE: ""}, "not both"),
        ({CODE: "", LIST: '{"_version": 390}'}, "does not say"),
        ({CODE: "    __version__ = 330\n", LIST: "{}"}, "0 times"),
    ],
)
def test_another_wheel_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        fonts.mended(wheel_of(**given))
