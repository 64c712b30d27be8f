"""Sphinx extension: what is done to the pages once Sphinx has written them.

The theme writes for every book; these steps keep of it what this one needs. A step takes a page's
HTML and gives it back changed, and is applied once to each page: what an earlier build has done
is known by a mark in the page's head. At last the scripts that are modules get addresses that
change with them, and the style sheets of all pages become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

from tools.site import accessible, deferred, modules, pictures, styles, tab_stops, together
from tools.site.formulas import formulas

LOG = logging.getLogger(__name__)

MARK = '<meta name="finished" content="1" />\n'

# Each takes the HTML of a page and its path.
STEPS: tuple[Callable[[str, Path], str], ...] = (
    deferred.defer,
    accessible.amend,
    pictures.settle,
    together.keep,
)


def pages(site: Path) -> Iterator[tuple[Path, str]]:
    """Path and HTML of each page that the theme has made; not those of JupyterLite and others."""
    for path in sorted(site.rglob("*.html")):
        if path.relative_to(site).parts[0] in ("_static", "vendor", "lite"):
            continue
        html = path.read_text("utf-8")
        if "data-content_root=" in html[:400]:
            yield path, html


def finish(site: Path, root: Path) -> None:
    """Apply all steps to the pages of a built site. ``root``: the course's own folder."""
    typeset = formulas(site, LOG.info)
    finished = {}
    changed = set()
    for path, html in pages(site):
        if MARK not in html:
            for step in (typeset, *STEPS):
                html = step(html, path)
            html = html.replace("<head>\n", "<head>\n" + MARK, 1)
            changed.add(path)
        finished[path] = html
    typeset.keep()
    if finished and not tab_stops.take_out(site):
        LOG.warning("the theme's script is not the one that tools/site/tab_stops.py knows")
    scripts = modules.address(site)
    for path, html in finished.items():
        linked = scripts.linked(html)
        if linked != html:
            finished[path] = linked
            changed.add(path)
    for path, html in styles.merge(finished, site, root).items():
        finished[path] = html
        changed.add(path)
    for path in changed:
        path.write_text(finished[path], "utf-8")


def _at_the_end(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.name == "html":
        finish(Path(app.outdir), Path(app.srcdir))


def setup(app: Sphinx) -> dict:
    # Late, when others have added what they add to the pages.
    app.connect("build-finished", _at_the_end, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
