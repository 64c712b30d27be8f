"""A small book built with addresses of its own: sitemap, card, buttons that edit and launch."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.site.heads import Head
from tests.tools.small_book import cell, chapter, write
from tools.site import addresses

ROOT = Path(__file__).resolve().parents[2]

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
    "book/two.md": chapter("Two", "Another paragraph, about something else.\n", cell("1 + 1")),
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
    static = str(ROOT / "book" / "_static")
    new = {n: text for n, text in PROJECT.items() if not (root / n).exists()}
    write(root, {name: text.replace("STATIC", static) for name, text in new.items()})
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


def listed(html):
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    return {e.text for e in ElementTree.parse(html / "sitemap.xml").iter(f"{space}loc")}


def test_with_the_site_s_address_pages_are_listed_and_shown(addressed):
    base = "https://someone.example/course/"
    pages = {f"{base}book/one.html", f"{base}book/two.html", f"{base}exercises/04.html"}
    assert listed(addressed) == pages
    head = Head(addressed / "book" / "two.html")
    said = head.properties()
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


def test_with_the_repository_s_address_pages_can_be_edited_and_notebooks_launched(addressed):
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
    # Markdown, which Colab does not open; Binder does.
    assert "colab" not in chapter
    assert "mybinder.org/v2/gh/someone/course/main?urlpath=lab/tree/book/two.md" in chapter
    # No notebook, but a page of text.
    assert "mybinder" not in (addressed / "book" / "one.html").read_text("utf-8")


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
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"{name} is .*{value}.*expected"):
        addresses.configure(None, SimpleNamespace(html_theme_options={}, html_title="Trial"))
