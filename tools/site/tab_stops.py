"""The theme's script without the part that asks every block of a page for its size.

It does so to let the keyboard reach blocks that scroll, and makes the browser lay out the whole
page for it: a third of a second on a telephone. book/_static/scrollable.js does the same for less.
"""

from __future__ import annotations

from pathlib import Path

SCRIPT = "_static/scripts/pydata-sphinx-theme.js"
# The blocks that it asks, as its packed script names them.
ASKED = (
    '["pre",".nboutput > .output_area",".cell_output > .output",".jp-RenderedHTMLCommon",'
    '".pst-scrollable-table-container"].join(", ")'
)
NONE = '["none-of-these"].join(", ")'


def take_out(site: Path) -> bool:
    """Change the script of a built site; whether it is now as it should be."""
    path = site / SCRIPT
    script = path.read_text("utf-8") if path.is_file() else ""
    if ASKED in script:
        script = script.replace(ASKED, NONE)
        path.write_text(script, "utf-8")
    return NONE in script
