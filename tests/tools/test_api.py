"""Docstrings become pages: formulas stay formulas, and every public name is there."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import bnlib
from tools.api import as_rst

PAGES = Path(__file__).resolve().parents[2] / "book" / "api"


def test_code_formulas_and_signs():
    docstring = """\
Normalize `x`, a * b and |c|, with ``eps`` added.

    y = gamma * `x`

    z = 2
With more * after.

Raises:
    ValueError: N * D is 0."""
    assert as_rst(docstring.splitlines()) == [
        "Normalize ``x``, a \\* b and \\|c\\|, with ``eps`` added.",
        "",
        "::",
        "",
        "    y = gamma * `x`",
        "",
        "    z = 2",
        "With more \\* after.",
        "",
        "Raises:",
        "    ValueError: N \\* D is 0.",
    ]


def test_a_paragraph_of_a_section_is_no_formula():
    lines = ["Attributes:", "    a: one.", "", "    b: two."]
    assert as_rst(lines) == lines


# ---------------------------------------------------------------- nothing public is missing


def listed(page):
    """The names that a page documents, and the modules that it documents whole."""
    text = (PAGES / page).read_text("utf-8")
    names = set(
        re.findall(r"^\.\. auto(?:function|class):: (?:bnlib\.)?(\S+)$", text, re.MULTILINE)
    )
    return names, set(re.findall(r"automodule:: (\S+)\n   :members:$", text, re.MULTILINE))


def test_the_whole_library_is_documented():
    names, _ = listed("library.md")
    assert set(bnlib.__all__) - {"__version__"} <= names


CORE = ["paired", "claims", "layers", "nets", "training", "datasets", "experiments", "tables"]


@pytest.mark.parametrize("module", CORE)
def test_the_core_of_the_lab_is_documented(module):
    _, modules = listed("lab.md")
    assert f"bnlib.lab.{module}" in modules


@pytest.mark.parametrize("module", ["bnlib.norms", "bnlib.modules", "bnlib.lab.notebook"])
def test_every_public_name_has_a_docstring(module):
    # Where there is none, autodoc leaves the name out and says nothing.
    module = importlib.import_module(module)
    assert [n for n in module.__all__ if not inspect.getdoc(getattr(module, n))] == []


def test_the_built_page_has_every_name(site):
    page = (site / "book" / "api" / "library.html").read_text("utf-8")
    missing = [n for n in bnlib.__all__ if f'id="bnlib.{n}"' not in page]
    assert missing == ["__version__"]
