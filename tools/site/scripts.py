"""A Sphinx extension: no page loads a script or a style from another host.

MathJax comes from the site itself (tools/site/vendor.py), on pages that have formulas; where it is
missing they stay as written. Thebe, which Jupyter Book brings along and this site does not use,
is taken out. Anything else that names another host is a warning, so the build fails.
"""

from __future__ import annotations

from sphinx.builders.html._assets import _JavaScript
from sphinx.util import logging

from tools.site.vendor import FOLDER, vendored

LOG = logging.getLogger(__name__)
MATHJAX = f"{FOLDER}/mathjax/es5/tex-chtml.js"


def own_scripts(app, pagename, templatename, context, doctree) -> None:
    """Change the lists of scripts and styles of a page in place."""
    scripts, styles = context.get("script_files", []), context.get("css_files", [])
    kept = []
    for script in scripts:
        name = str(script.filename or "")
        if name == app.config.mathjax_path:
            if "mathjax" in vendored(app):
                kept.append(_JavaScript(MATHJAX, priority=script.priority, **script.attributes))
        elif not _is_thebe(name, script.attributes.get("body") or ""):
            kept.append(script)
    scripts[:] = kept
    styles[:] = [style for style in styles if not _is_thebe(str(style.filename), "")]
    for file in (*scripts, *styles):
        name = str(file.filename or "")
        if "://" in name or name.startswith("//"):
            LOG.warning("%s is of another host", name, location=pagename)


def _is_thebe(name: str, body: str) -> bool:
    return "sphinx-thebe" in name or "THEBE_JS_URL" in body


def setup(app):
    # After all that add scripts.
    app.connect("html-page-context", own_scripts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
