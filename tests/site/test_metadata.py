"""What search engines, browsers and those who share a link are told of the book's pages."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
OTHERS = {"_static", "vendor", "lite"}  # packages that lie in the site as a whole


class Head(HTMLParser):
    """Language, title, meta tags, links and headings of a page."""

    def __init__(self, path):
        super().__init__()
        self.language, self.title, self.metas, self.links, self.tag = None, "", [], [], None
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tag = tag
        if tag == "html":
            self.language = attributes.get("lang")
        elif tag == "meta":
            self.metas.append(attributes)
        elif tag == "link":
            self.links.append(attributes)

    def handle_data(self, data):
        if self.tag == "title":
            self.title += data

    def meta(self, name):
        return [m["content"] for m in self.metas if m.get("name") == name]

    def link(self, rel):
        return [link["href"] for link in self.links if link.get("rel") == rel]


@pytest.fixture(scope="module")
def heads(site):
    found = {
        path.relative_to(site).as_posix(): Head(path)
        for path in sorted(site.rglob("*.html"))
        if not OTHERS & set(path.relative_to(site).parts)
    }
    assert len(found) > 30
    return found


def test_every_page_has_a_language_a_title_and_one_description(heads):
    for name, head in heads.items():
        assert head.language == "en", name
        assert head.title.strip(), name
        (text,) = head.meta("description")
        assert 20 < len(text) < 161, (name, text)
        assert "\\" not in text, (name, text)
        assert "$" not in text, (name, text)


def test_a_description_is_the_page_s_own(heads):
    chapters = {name: h.meta("description")[0] for name, h in heads.items() if "book/" in name}
    assert len(set(chapters.values())) == len(chapters)
    assert "normalize a small batch by hand" in chapters["book/04_algorithm.html"]


def test_every_page_has_an_icon_that_is_there(heads, site):
    for name, head in heads.items():
        icons = head.link("icon")
        assert any(icon.endswith(".svg") for icon in icons), name
        for icon in icons:
            assert (site / name).parent.joinpath(icon).is_file(), (name, icon)


def test_the_icons_and_the_card_are_what_the_program_draws(tmp_path, monkeypatch):
    from tools import site_pictures

    monkeypatch.setattr(site_pictures, "STATIC", tmp_path / "book" / "_static")
    (tmp_path / "book" / "_static").mkdir(parents=True)
    site_pictures.main()
    kept = ROOT / "book" / "_static"
    names = ["card.png", *(f"icons/{n}" for n in ("favicon.svg", "favicon.ico", "touch.png"))]
    for name in names:
        new, old = tmp_path / "book" / "_static" / name, kept / name
        if name.endswith(".svg"):
            assert new.read_text() == old.read_text()
        else:
            one, two = (Image.open(p).convert("RGB") for p in (new, old))
            assert one.size == two.size, name
            # Pixels, as another version of a library may pack them another way.
            difference = sum(abs(a - b) for a, b in zip(one.tobytes(), two.tobytes(), strict=True))
            assert difference / len(one.tobytes()) < 1, name
    assert Image.open(kept / "card.png").size == (1200, 630)


def test_a_chapter_says_how_long_it_takes(site):
    chapters = sorted((site / "book").glob("[0-9][0-9]_*.html"))
    assert chapters
    for path in chapters:
        line = r"</h1>\s*<p class=\"reading-time\">About (\d+) minutes to read</p>"
        (found,) = re.findall(line, path.read_text("utf-8"))
        assert 5 <= int(found) <= 90, path.name
    assert "reading-time" not in (site / "book" / "glossary.html").read_text("utf-8")


def test_chapters_lead_to_the_one_before_and_the_next(heads):
    head = heads["book/04_algorithm.html"]
    assert head.link("prev") == ["03_signals.html"]
    assert head.link("next") == ["05_backward.html"]


# ---------------------------------------------------------------- without and with addresses


def built_without_addresses(site):
    """Whether this build was given none, as `make test` gives none."""
    return not (site / "sitemap.xml").exists()


def test_no_address_is_invented(site, heads):
    if not built_without_addresses(site):
        pytest.skip("the book was built with SITE_URL : make book, without it")
    for name, head in heads.items():
        assert not head.link("canonical"), name
        assert not [m for m in head.metas if str(m.get("property", "")).startswith("og:")], name
        page = (site / name).read_text("utf-8")
        for label in ("source-edit-button", "source-issues-button", "launch-buttons", "colab"):
            assert label not in page, (name, label)
        assert "mybinder.org" not in page, name


PROJECT = {
    "_config.yml": """\
title: Trial
author: nobody
only_build_toc_files: true
execute: {execute_notebooks: "off"}
sphinx:
  local_extensions:
    tools.site.addresses: "."
    tools.site.head: "."
    tools.site.front: "."
  # As in the book, these replace what Jupyter Book makes of other settings.
  config: {html_static_path: [STATIC], html_theme_options: {use_download_button: true}}
""",
    "_toc.yml": """\
format: jb-book
root: book/one
chapters: [{file: book/two}, {file: exercises/04}]
""",
    "book/one.md": "# One\n\nThe first paragraph is the description of the page.\n",
    "book/two.md": """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# Two

Another paragraph, about something else.

```{code-cell} ipython3
1 + 1
```
""",
    "exercises/04.ipynb": """\
{"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Exercises"]},
           {"cell_type": "code", "execution_count": null, "id": "b", "metadata": {},
            "outputs": [], "source": ["1 + 1"]}],
 "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
 "nbformat": 4, "nbformat_minor": 5}
""",
}


BUILD = """\
import sys
from pathlib import Path
from tools.build import write_pages

root = Path(sys.argv[1])
write_pages(root, root / "_toc.yml", root / "_build")
"""
ADDRESSES = {
    "SITE_URL": "https://someone.example/course",
    "REPOSITORY_URL": "https://github.com/someone/course",
}


def build(root, **addresses):
    """What is said while a small book is built with these addresses in the environment.

    In a process of its own: two builds in one process are not alike, as extensions leave traces.
    """
    for name, text in PROJECT.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text.replace("STATIC", str(ROOT / "book" / "_static")))
    names = ("SITE_URL", "REPOSITORY_URL", "REPOSITORY_BRANCH")
    environment = {key: value for key, value in os.environ.items() if key not in names}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(root)],
        cwd=ROOT,
        env=environment | addresses,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def addressed(tmp_path_factory):
    root = tmp_path_factory.mktemp("addressed")
    build(root, **ADDRESSES)
    return root / "_build" / "html"


def properties(head):
    return {m["property"]: m["content"] for m in head.metas if "property" in m}


def listed(html):
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    return {e.text for e in ElementTree.parse(html / "sitemap.xml").iter(f"{space}loc")}


def test_with_the_site_s_address_pages_are_listed_and_shown(addressed):
    base = "https://someone.example/course/"
    pages = {f"{base}book/one.html", f"{base}book/two.html", f"{base}exercises/04.html"}
    assert listed(addressed) == pages
    head = Head(addressed / "book" / "two.html")
    said = properties(head)
    assert said["og:url"] == f"{base}book/two.html"
    assert said["og:image"] == f"{base}_static/card.png"
    assert (addressed / "_static" / "card.png").is_file()
    assert said["og:description"] == head.meta("description")[0]
    assert head.link("canonical") == [f"{base}book/two.html"]
    assert '<base href="/course/" />' in (addressed / "404.html").read_text("utf-8")


def test_the_sitemap_is_whole_after_a_build_that_wrote_one_page(addressed):
    before, root = listed(addressed), addressed.parents[1]
    page = root / "book" / "two.md"
    page.write_text(page.read_text() + "\nEdited.\n")
    said = build(root, **ADDRESSES)
    assert "0 added, 1 changed" in said
    assert "exercises/04" not in said
    assert "Edited." in (addressed / "book" / "two.html").read_text("utf-8")
    assert listed(addressed) == before


def test_with_the_repository_s_address_pages_can_be_edited_and_exercises_launched(addressed):
    repository = "https://github.com/someone/course"
    chapter = (addressed / "book" / "two.html").read_text("utf-8")
    exercise = (addressed / "exercises" / "04.html").read_text("utf-8")
    assert f"{repository}/edit/main/book/two.md" in chapter
    assert f"{repository}/issues/new" in chapter
    # Made from its solution, and edited there.
    assert f"{repository}/edit/main/solutions/04.md" in exercise
    assert (
        "colab.research.google.com/github/someone/course/blob/main/exercises/04.ipynb" in exercise
    )
    assert "mybinder.org/v2/gh/someone/course/main?urlpath=lab/tree/exercises/04" in exercise
    assert f"%pip install git+{repository}" in exercise
    # Markdown, which Colab does not open; Binder does, and cells that need torch lead there.
    assert "colab" not in chapter
    assert "mybinder" not in chapter


def test_colab_is_for_github_alone(tmp_path):
    build(tmp_path, REPOSITORY_URL="https://gitlab.com/someone/course")
    html = tmp_path / "_build" / "html"
    exercise = (html / "exercises" / "04.html").read_text("utf-8")
    assert "colab" not in exercise
    assert "mybinder.org/v2/gl/" in exercise
    assert not (html / "sitemap.xml").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_URL", "someone.example/course"),
        ("SITE_URL", "ftp://someone.example/"),
        ("REPOSITORY_URL", "https://git.example/someone/course"),
        ("REPOSITORY_URL", "https://github.com/someone"),
    ],
)
def test_what_is_no_address_is_refused(monkeypatch, name, value):
    from types import SimpleNamespace

    from tools.site import addresses

    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"{name} is .*{value}.*expected"):
        addresses.configure(None, SimpleNamespace(html_theme_options={}, html_title="Trial"))


# ---------------------------------------------------------------- the texts themselves


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Short.", "Short."),
        ("A sentence that ends here. " + "And another one " * 12, "A sentence that ends here. And"),
        ("word " * 60, "word word"),
    ],
)
def test_a_long_description_is_cut_between_words(text, expected):
    from tools.site.head import LENGTH, shorten

    short = shorten(text.strip())
    assert short.startswith(expected)
    assert len(short) <= LENGTH
    assert short[-1] in ".…"
    assert " …" not in short


def test_whole_sentences_are_kept_where_they_fill_half():
    from tools.site.head import shorten

    first = "This sentence is long enough to stand alone, as it fills more than half of the room."
    assert shorten(f"{first} {'More words ' * 20}") == first


def doctree(source):
    from docutils.core import publish_doctree

    return publish_doctree(source, settings_overrides={"report_level": 5})


def test_a_description_joins_a_list_and_reads_greek():
    from tools.site.head import description

    page = doctree("Title\n=====\n\nAfter this you can\n\n- scale by :math:`\\gamma`;\n- sum up.\n")
    assert description(page) == "After this you can scale by γ; sum up."
    page = doctree("Title\n=====\n\nThe value of :math:`\\frac{1}{2}` is of no use here.\n")
    assert description(page) == "The value of … is of no use here."


def test_reading_time_counts_words_and_cells_but_not_code():
    from docutils import nodes

    from tools.site import reading_time

    page = doctree("Title\n=====\n\n" + "word " * 999 + "\n")
    assert reading_time.words(page) == 1000
    assert reading_time.minutes(page) == 5
    cell = nodes.container("", nodes.paragraph(text="output " * 500), classes=["cell"])
    page += cell
    assert reading_time.words(page) == 1000
    assert reading_time.cells(page) == 1
    assert reading_time.minutes(page) == 10


# ---------------------------------------------------------------- as a reader uses it


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from tools.browser import opened

    with opened(tmp_path_factory.mktemp("profile"), offline=True) as driver:
        yield driver


@pytest.mark.needs_system("chromium", "chromedriver")
def test_a_search_for_momentum_finds_its_chapter(site, browser):
    from selenium.webdriver.support.ui import WebDriverWait

    from tools.browser import served

    with served(site) as address:
        browser.get(f"{address}/search.html?q=momentum")
        found = WebDriverWait(browser, 30).until(
            lambda b: b.find_elements("css selector", "#search-results ul.search li a")
        )
        WebDriverWait(browser, 30).until(
            lambda b: "found" in b.find_element("css selector", "#search-results").text
        )
        targets = [link.get_attribute("href") for link in found]
        assert any("book/06_running.html" in target for target in targets), targets
        browser.get(next(target for target in targets if "book/06_running.html" in target))
        assert "momentum" in browser.find_element("css selector", "article").text


@pytest.mark.needs_system("chromium", "chromedriver")
def test_an_unknown_page_leads_back(site, browser):
    from tools.browser import served

    with served(site) as address:
        browser.get(f"{address}/404.html")
        assert "no such page" in browser.find_element("css selector", "article h1").text
        link = browser.find_element("css selector", "article a[href*='00_start']")
        browser.get(link.get_attribute("href"))
        assert "Start here" in browser.title
