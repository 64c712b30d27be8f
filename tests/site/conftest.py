"""What the tests of all pages share: the list of pages, and one browser that visits them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[2]


def all_pages() -> list[str]:
    """The pages of the table of contents, and those that Sphinx makes; known before the build."""
    names = [*parse_toc_yaml(ROOT / "_toc.yml"), "search", "genindex"]
    return [f"{name.removesuffix('.md').removesuffix('.ipynb')}.html" for name in names]


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames and metafunc.definition.get_closest_marker("every_page"):
        metafunc.parametrize("page", all_pages(), scope="module")
    if "chapter_page" in metafunc.fixturenames:
        chapters = [p for p in all_pages() if p.startswith("book/") and p[5:7].isdigit()]
        metafunc.parametrize("chapter_page", chapters, scope="module")


@pytest.fixture(scope="module")
def host(site):
    """The address of the site on a static host that compresses."""
    from tools.static_host import hosted

    with hosted(site) as address:
        yield address
