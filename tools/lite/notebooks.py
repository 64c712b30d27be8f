"""The students' notebooks as JupyterLite shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path

KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
# A page of the book, as a notebook links to it: (../book/04_algorithm.md#eps).
PAGE = re.compile(r"\]\(\.\./(?P<page>[\w/]+)\.(?:md|ipynb)(?P<anchor>#[^)\s]*)?\)")
# What stands before such a link here. JupyterLab would take a relative one for a file beside the
# notebook; site_links.js puts the site's address, which nobody knows beforehand, in its place.
SITE = "/site-of-this-course/"


def for_browser(text: str) -> str:
    """A notebook of exercises/, for the browser's kernel, with links to the site's pages."""
    notebook = json.loads(text)
    notebook["metadata"]["kernelspec"] = KERNEL
    notebook["metadata"].pop("language_info", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            cell["source"] = PAGE.sub(rf"]({SITE}\g<page>.html\g<anchor>)", source)
    return json.dumps(notebook, indent=1, ensure_ascii=False)


def handed_out(root: Path) -> dict[str, str]:
    """The notebooks by file name, without solutions: those of exercises/ and no others."""
    return {
        path.name: for_browser(path.read_text("utf-8"))
        for path in sorted((root / "exercises").glob("*.ipynb"))
    }
