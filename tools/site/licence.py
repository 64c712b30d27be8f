"""A Sphinx extension: each page's foot says under which licences text and code are.

Both licences lie in the site, as they lie in the repository.
"""

from __future__ import annotations

import shutil
from pathlib import Path

# In the repository: in the site, what is under it, and its name.
LICENCES = {
    "LICENSE-text": ("licence-text.txt", "Text and figures", "CC BY 4.0"),
    "LICENSE": ("licence-code.txt", "Code", "MIT"),
}


def line() -> str:
    """The same as text, for print."""
    return " ".join(f"{what}: {name}." for _, what, name in LICENCES.values())


def say(app, pagename, templatename, context, doctree) -> None:
    """The line, in the theme's own place for it."""
    parts = [
        f'{what}: <a rel="license" href="{context["pathto"](file, 1)}">{name}</a>.'
        for file, what, name in LICENCES.values()
    ]
    context["theme_extra_footer"] = f'<p class="licence">{" ".join(parts)}</p>'


def lay(app, exception) -> None:
    if exception is None and app.builder.format == "html":
        for source, (target, *_) in LICENCES.items():
            shutil.copyfile(Path(app.srcdir, source), Path(app.outdir, target))


def setup(app):
    # After the theme, which makes its own options into the page's.
    app.connect("html-page-context", say, priority=900)
    app.connect("build-finished", lay)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
