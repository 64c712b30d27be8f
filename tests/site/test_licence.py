"""Each page names the licences of text and code, and leads to them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OTHERS = {"_static", "vendor", "lite"}
LINE = re.compile(
    r'<p class="licence">Text and figures: <a rel="license" href="([^"]*)">CC BY 4.0</a>\. '
    r'Code: <a rel="license" href="([^"]*)">MIT</a>\.</p>'
)


def test_every_page_leads_to_both_licences(site):
    pages = [p for p in site.rglob("*.html") if p.relative_to(site).parts[0] not in OTHERS]
    assert len(pages) > 30
    for page in pages:
        text = page.read_text("utf-8")
        if "data-content_root=" not in text[:400]:
            continue  # leads on to the first page
        ((of_text, of_code),) = LINE.findall(text)
        for link, file in ((of_text, "LICENSE-text"), (of_code, "LICENSE")):
            assert (page.parent / link).read_text("utf-8") == (ROOT / file).read_text("utf-8"), page
