"""A Sphinx extension: the page at the site's address, and the one for addresses that lead nowhere.

index.html leads on to the first chapter. 404.html is what a host such as GitHub Pages sends for an
unknown address, of any depth: its links hold there because they are relative to SITE_URL, where
that is given at build.
"""

from __future__ import annotations

import html
from pathlib import Path
from urllib.parse import urlsplit

FRONT = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{title}: the course begins on its first page.">
<meta http-equiv="refresh" content="0; url={target}">
<link rel="icon" href="_static/icons/favicon.svg" type="image/svg+xml">
{canonical}</head>
<body>
<main><h1>{title}</h1><p><a href="{target}">To the first page</a></p></main>
</body>
</html>
"""

LOST = """\
<section>
<h1>There is no such page</h1>
<p>The address has a mistake, or the page has another one now.
<a href="{start}">Start at the first page</a>, or <a href="{search}">search the course</a>.</p>
</section>
"""


def write_front(app, exception) -> None:
    """Write index.html; without one sphinx-external-toc writes its own, which has no title."""
    if exception is not None or app.builder.name != "html":
        return
    target = f"{app.config.master_doc}.html"
    base = app.config.html_baseurl
    text = FRONT.format(
        language=app.config.language,
        title=html.escape(app.config.html_title),
        target=html.escape(target),
        canonical=f'<link rel="canonical" href="{html.escape(base + target)}">\n' if base else "",
    )
    Path(app.outdir, "index.html").write_text(text, encoding="utf-8")


def lost_page(app):
    """404.html, in the site's own look."""
    target = app.builder.get_relative_uri
    body = LOST.format(start=target("404", app.config.master_doc), search="search.html")
    base = app.config.html_baseurl
    tags = f'<base href="{html.escape(urlsplit(base).path)}" />\n' if base else ""
    yield "404", {"title": "There is no such page", "body": body, "metatags": tags}, "page.html"


def setup(app):
    # Before sphinx-external-toc's handler.
    app.connect("build-finished", write_front, priority=100)
    app.connect("html-collect-pages", lost_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
