"""A Sphinx extension: each exercise page leads to its notebook in JupyterLite, inside the site.

JupyterLite runs on the site's copy of Pyodide (tools/site/vendor.py). Where that could not be had,
the page says so in the link's place, and the site has no folder lite/.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.util import logging

from tools.lite import assemble
from tools.site.vendor import FOLDER, vendored

LOG = logging.getLogger(__name__)
LITE = "lite"
EXERCISES = "exercises/"
TOOLS = '<div class="practice-tools">'
LINK = (
    '<p class="lite-link"><a href="../{lite}/notebooks/index.html?path={name}.ipynb">'
    "Open in JupyterLite</a>: the whole notebook, in this browser, with nothing to install.</p>"
)
NOTE = (
    '<p class="lite-link">This copy of the site was built without JupyterLite. '
    "The notebook runs in JupyterLab on your machine.</p>"
)


def with_link(body: str, name: str, there: bool) -> str:
    """The HTML of an exercise page with the link to its notebook, or a note that there is none.

    It stands among the page's tools, or below its title where it has no tools.
    """
    link = LINK.format(lite=LITE, name=name) if there else NOTE
    for place in (TOOLS, "</h1>"):
        if place in body:
            return body.replace(place, f"{place}\n{link}", 1)
    return f"{link}\n{body}"


def add_link(app, pagename, templatename, context, doctree) -> None:
    name = pagename.removeprefix(EXERCISES)
    if name != pagename and Path(app.srcdir, f"{pagename}.ipynb").is_file():
        context["body"] = with_link(context["body"], name, "pyodide" in vendored(app))


def build(app, exception) -> None:
    """After the pages: bring lite/ up to date, or take it away."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    if "pyodide" not in vendored(app):
        LOG.info("JupyterLite is left out of the site: Pyodide could not be had")
        shutil.rmtree(site / LITE, ignore_errors=True)
    elif assemble(site / LITE, Path(app.srcdir), site / FOLDER / "pyodide"):
        size = sum(p.stat().st_size for p in (site / LITE).rglob("*") if p.is_file())
        LOG.info("JupyterLite: %s/, %.1f MB", LITE, size / 1e6)


def setup(app):
    app.connect("html-page-context", add_link)
    app.connect("build-finished", build)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
