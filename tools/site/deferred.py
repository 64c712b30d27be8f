"""A page is drawn before its scripts are fetched, and what no page uses is not fetched at all.

- Every script waits for the page (``defer``): all of them start at DOMContentLoaded anyway.
- The options of the page, 300 bytes that inline scripts need, stand in the page itself.
- Left out: Font Awesome's script (540 kB gzipped), because the style sheet draws the same icons
  with a font; the index of the search, which only the search page asks; and Thebe, which is off.
"""

from __future__ import annotations

import re
from pathlib import Path

SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>[ \t]*\n?", re.DOTALL)
SOURCE = re.compile(r'\bsrc="([^"?]*)[^"]*"')
PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
OPTIONS = "_static/documentation_options.js"
SEARCH = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
UNUSED = ("_static/scripts/fontawesome.js", "_static/sphinx-thebe.js")
THEBE = re.compile(r"THEBE_JS_URL|text/x-thebe-config|^\s*kernelName =")


def defer(html: str, path: Path) -> str:
    """The page with its scripts deferred, or left out."""
    searches = 'id="search-results"' in html
    root = re.search(r'data-content_root="([^"]*)"', html)[1]
    site = (path.parent / root).resolve()

    def settled(match: re.Match) -> str:
        whole, attributes, body = match[0], match[1], match[2]
        source = SOURCE.search(attributes)
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
