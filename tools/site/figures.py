"""A Sphinx extension: interactive figures move on the page.

A chapter's cell leaves a still picture and the figure's state (bnlib/figures/interactive/base.py).
Here the picture becomes a file beside the other pictures, the figures' modules are laid into
``_static/figures``, and a page that shows a figure loads the host and the style; others load
nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from bnlib.figures.interactive import esm

PLACE = '<div class="interactive" data-figure='
_PNG = re.compile(r'(<img class="bn-still"[^>]*src=")data:image/png;base64,([^"]+)"')


class PicturesAsFiles(SphinxPostTransform):
    """A page carries no pictures in its text: they are loaded beside it, when they are near."""

    default_priority = 900  # after MyST-NB has chosen what of an output is shown
    formats = ("html",)

    def run(self, **kwargs):
        for node in list(self.document.findall(nodes.raw)):
            if PLACE in node.astext():
                text = _PNG.sub(self.written, node.rawsource or node.astext())
                node.replace_self(nodes.raw("", text, format="html"))

    def written(self, found: re.Match) -> str:
        data = base64.b64decode(found[2])
        name = f"still-{hashlib.sha256(data).hexdigest()[:16]}.png"
        folder = Path(self.app.outdir) / "_images"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        up = self.app.builder.get_relative_uri(self.env.docname, "index")
        base = up.rpartition("/")[0]
        source = f"{base}/_images/{name}" if base else f"_images/{name}"
        return f'{found[1]}{source}" loading="lazy"'


def add_host(app, pagename, templatename, context, doctree):
    """The host and the style, on the pages that show a figure."""
    if doctree is None or PLACE not in "".join(n.astext() for n in doctree.findall(nodes.raw)):
        return
    app.add_css_file("figures/kit.css")
    app.add_js_file("figures/host.js", type="module")


def listed(names: Iterable[str]) -> str:
    """The module from which the host loads figures by name.

    Each import stands there with its address, which changes with the figure
    (tools/site/modules.py).
    """
    loads = "".join(f'  {name}: () => import("./{name}.js"),\n' for name in names)
    return f"export const modules = {{\n{loads}}};\n"


def write_modules(app, error):
    """The figures' modules, each the text that the widget of the same name runs."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for name in esm.names():
        (folder / f"{name}.js").write_text(esm.joined(name), encoding="utf-8")
    (folder / "modules.js").write_text(listed(esm.names()), encoding="utf-8")
    (folder / "kit.css").write_text(esm.CSS.read_text("utf-8"), encoding="utf-8")


def setup(app):
    app.add_post_transform(PicturesAsFiles)
    app.connect("html-page-context", add_host)
    app.connect("build-finished", write_modules)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
