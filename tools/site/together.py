"""What is not parted at the end of a line: a formula and the comma behind it, a number and its %.

A browser may break a line on either side of a formula, so a full stop would stand alone on the
next line.
"""

from __future__ import annotations

import re
from pathlib import Path

# What a browser shows as it is written.
_AS_IT_IS = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.DOTALL)
_FORMULA = re.compile(
    r"([(\[\u201c\u2018]?)"
    r'(<span class="math notranslate nohighlight"[^>]*>'
    r"\s*<mjx-container.*?</mjx-container>\s*</span>)"
    r"([^\s<&]{0,12})",
    re.DOTALL,
)
# Outside of tags. The number may be emphasized.
_PER_CENT = re.compile(r"(\d(?:</(?:span|strong|em|b)>)*)\s%(?![^<>]*>)")


def keep(html: str, path: Path) -> str:
    """The page with lines that break elsewhere."""
    parts = _AS_IT_IS.split(html)
    # Of each three the first is text, the second a whole element, the third its name.
    for place in range(0, len(parts), 3):
        text = _FORMULA.sub(_joined, parts[place])
        parts[place] = _PER_CENT.sub("\\1\N{NO-BREAK SPACE}%", text)
    return "".join(part for place, part in enumerate(parts) if place % 3 != 2)


def _joined(match: re.Match) -> str:
    before, formula, after = match.groups()
    if not before and not after:
        return formula
    return f'<span class="together">{before}{formula}{after}</span>'
