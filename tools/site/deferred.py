"""A page is drawn before its scripts are fetched, and what no page uses is not fetched at all.

- Every script waits for the page (``defer``): all of them start at DOMContentLoaded anyway.
- The options of the page, 300 bytes that inline scripts need, stand in the page itself.
- The colours, light or dark, are settled before anything is drawn; the theme's own line leaves them
  open until its script has come, and complains of it.
- Left out: Font Awesome's script (540 kB gzipped), because the style sheet draws the same icons
  with a font; the index of the search, which only the search page asks; and what is left of
  Thebe, which is off.
"""

from __future__ import annotations

import re
from pathlib import Path

SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>[ \t]*\n?", re.DOTALL)
SOURCE = re.compile(r'\bsrc="([^"?]*)[^"]*"')
PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
OPTIONS = "_static/documentation_options.js"
SEARCH = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
UNUSED = "_static/scripts/fontawesome.js"
THEBE = re.compile(r"text/x-thebe-config|^\s*kernelName =")
COLOURS = """<script>
    {
      // A browser may refuse the storage, even to be asked.
      let mode = "auto";
      try { mode = localStorage.getItem("mode") || mode; } catch {}
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      const theme = mode === "auto" ? system : mode;
      Object.assign(document.documentElement.dataset, { mode, theme });
    }
  </script>
"""


def defer(html: str, path: Path) -> str:
    """The page with its scripts deferred, or left out."""
    searches = 'id="search-results"' in html
    root = re.search(r'data-content_root="([^"]*)"', html)[1]
    site = (path.parent / root).resolve()

    def settled(match: re.Match) -> str:
        whole, attributes, body = match[0], match[1], match[2]
        source = SOURCE.search(attributes)
        if source is None and "document.documentElement.dataset.mode =" in body:
            return f"  {COLOURS}"
        if source is None:
            return "" if THEBE.search(attributes + body) else whole
        name = source[1].removeprefix(root)
        if name.endswith(UNUSED) or (name in SEARCH and not searches):
            return ""
        if name == OPTIONS:
            return f"<script>{(site / OPTIONS).read_text('utf-8').strip()}</script>\n"
        if re.search(r"\b(defer|async)\b|type=\"module\"", attributes):
            return whole
        return whole.replace("<script", "<script defer", 1)

    html = PRELOAD.sub("", SCRIPT.sub(settled, html))
    # The theme names the width of the screen three times.
    viewport = re.compile(r'[ \t]*<meta name="viewport"[^>]*>\n?')
    first = viewport.search(html)
    if first is None:
        return html
    return html[: first.end()] + viewport.sub("", html[first.end() :])
