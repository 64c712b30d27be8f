"""What the theme's pages lack for a screen reader, mended in their HTML.

Each is a rule of axe that a page of the theme breaks (tests/site/test_every_page.py).
"""

from __future__ import annotations

import re
from pathlib import Path

REPLACED = (
    # A button that shows a word is called by it, so that who says the word can press it.
    (
        re.compile(
            r'(<button class="btn search-button-field[^>]*?) title="Search" aria-label="Search"'
        ),
        r"\1",
    ),
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # A role that ARIA has given up since, in a list of its own items.
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
    # The head of the side bar lies in no landmark.
    (
        re.compile(r'(<div id="pst-primary-sidebar" class="[^"]*")>'),
        r'\1 role="region" aria-label="Side bar">',
    ),
)


def amend(html: str, path: Path) -> str:
    """The page with the roles and names that it lacked."""
    for pattern, replacement in REPLACED:
        html = pattern.sub(replacement, html)
    return html
