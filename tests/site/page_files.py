"""Which pages the book has: by its contents, and by what lies in the built site."""

from __future__ import annotations

from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"_static", "vendor", "lite"}  # of other projects, that lie in the site as a whole


def expected() -> list[str]:
    """The pages of the table of contents, and those that Sphinx makes; known before the build."""
    names = [*parse_toc_yaml(ROOT / "_toc.yml"), "search", "genindex"]
    return [f"{name.removesuffix('.md').removesuffix('.ipynb')}.html" for name in names]


def chapters() -> list[str]:
    """The numbered chapters among them."""
    return [page for page in expected() if page.startswith("book/") and page[5:7].isdigit()]


def built(site: Path) -> dict[str, Path]:
    """Every page of the book that the site holds, by its address below the site's."""
    found = {path.relative_to(site): path for path in sorted(site.rglob("*.html"))}
    pages = {n.as_posix(): path for n, path in found.items() if not PACKAGES & set(n.parts)}
    assert len(pages) > 30, f"{len(pages)} pages in {site}: the book is not built whole"
    return pages
