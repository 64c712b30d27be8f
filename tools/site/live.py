"""A Sphinx extension: a chapter's cells get what the live runtime needs to run them in the page.

A cell that can run in a browser is marked ``live``, one that cannot ``live-off``, each with its
place among the page's cells (``live-3``). The sources of all cells, of those that the page does not
show too, lie beside the scripts, one file a page, and are loaded at the first run.

Where the site has no Pyodide, a line below the title says so, and nothing is marked.
"""

from __future__ import annotations

import html
import json
import shutil
from pathlib import Path

from docutils import nodes
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook

from tools.site.addresses import on_binder
from tools.site.bundle import SCRIPTS, short_hash, write
from tools.site.reach import Library
from tools.site.runnable import obstacles

# Where a reader is told how to run the course on a machine.
HOW = ("book/00_start", "sec-use")
WITHOUT = (
    "The cells of this page cannot be run here: the site was built without Pyodide,"
    " the Python for browsers."
)


def mark(app, doctree: nodes.document, docname: str) -> None:
    """Put classes on the cells of a page and a line below its title."""
    if app.builder.format != "html":
        return
    cells = _cells(app, docname)
    shown = {n["cell_index"]: n for n in doctree.findall(_is_cell)} if cells else {}
    if not shown:
        return
    title = next(iter(doctree.findall(nodes.title)))
    if app.pyodide_folder is None:
        title.parent.insert(1, nodes.paragraph("", WITHOUT, classes=["live-absent"]))
        return
    lacking = obstacles([source for _, source in cells], Library(Path(app.srcdir)))
    listed = []
    for place, ((index, source), lacks) in enumerate(zip(cells, lacking, strict=True)):
        node = shown.get(index)
        has_input = node is not None and any(node.findall(_is_input))
        # A cell that lacks something else makes what moves by itself: a quiz, a figure.
        if has_input and lacks in ("", "torch"):
            node["classes"] += ["live-off" if lacks else "live", f"live-{place}"]
        listed.append({"source": source, "lacks": lacks, "shown": node is not None})
    content = json.dumps(listed, ensure_ascii=False).encode()
    if any("live" in node["classes"] or "live-off" in node["classes"] for node in shown.values()):
        title.parent.insert(1, _bar(app, docname, content))
    path = Path(app.outdir, SCRIPTS, "pages", f"{docname}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _cells(app, docname: str) -> list[tuple[int, str]]:
    """(place in the notebook, source) of the code cells of a page that is executed."""
    path = Path(app.env.doc2path(docname))
    text = path.read_text("utf-8") if path.suffix == ".md" else ""
    if not is_myst_markdown_notebook(text):
        return []
    cells = enumerate(read_myst_markdown_notebook(text).cells)
    return [(index, cell.source) for index, cell in cells if cell.cell_type == "code"]


def _is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _is_input(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_source"


def _bar(app, docname: str, content: bytes) -> nodes.raw:
    """An empty line, whose height is kept; scripts fill it. ``content``: the list of the cells."""
    page, label = HOW
    how = f"{app.builder.get_relative_uri(docname, page)}#{label}"
    source = Path(app.env.doc2path(docname, base=False)).as_posix()
    binder = html.escape(on_binder(app.config.html_theme_options, source))
    up = "../" * docname.count("/")
    # With a hash, as the scripts have it: cells of another build are not those of this page.
    cells = f"{up}{SCRIPTS}/pages/{docname}.json?v={short_hash(content)}"
    text = f'<div class="live-page" data-how="{how}" data-cells="{cells}"'
    text += f' data-binder="{binder}"></div>\n' if binder else "></div>\n"
    return nodes.raw("", text, format="html")


def add_scripts(app, pagename, templatename, context, doctree) -> None:
    """The small script and the style, on pages with cells alone."""
    if "live-page" in (context.get("body") or ""):
        app.add_css_file("live/live.css")
        app.add_js_file("live/cells.js", type="module")
    elif "live-absent" in (context.get("body") or ""):
        app.add_css_file("live/live.css")


def find_pyodide(app, config) -> None:
    """Pages are written anew where Pyodide comes or goes; tools/site/vendor.py has looked."""
    app.pyodide_folder = app.asset_folders.get("pyodide")
    config.live_cells = app.pyodide_folder is not None


def lay(app, exception) -> None:
    """The library's archive and the list of what is loaded."""
    if exception is None and app.builder.format == "html":
        site = Path(app.outdir)
        write(Path(app.srcdir), app.pyodide_folder, site)
        if app.pyodide_folder is None:
            shutil.rmtree(site / SCRIPTS / "pages", ignore_errors=True)


def setup(app):
    app.add_config_value("live_cells", False, "html")
    app.setup_extension("tools.site.vendor")
    app.connect("config-inited", find_pyodide, priority=900)
    app.connect("doctree-resolved", mark)
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", lay)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
