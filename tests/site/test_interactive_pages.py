"""The pages with interactive figures: what they load, and what they do not."""

import re

import pytest

from bnlib.figures.interactive import esm
from tests.site.links import Page
from tests.site.page_files import chapters as pages_of_chapters

PLACE = re.compile(r'<div class="interactive" data-figure="(\w+)"')


@pytest.fixture(scope="module")
def chapters(site):
    return {site / name: (site / name).read_text("utf-8") for name in pages_of_chapters()}


def test_every_figure_stands_on_a_page(chapters):
    shown = {name for text in chapters.values() for name in PLACE.findall(text)}
    assert shown == set(esm.names())


def test_a_page_loads_the_host_if_it_shows_a_figure(chapters):
    for path, text in chapters.items():
        moves = bool(PLACE.search(text))
        assert ("_static/figures/host.js" in text) == moves, path.name
        if moves:  # by itself, or named as a part of the site's one sheet
            assert "figures/kit.css" in text, path.name


def test_no_page_has_a_widget_manager_or_the_state_of_a_widget(chapters):
    words = ("require.js", "html-manager", "jupyter.widget-state", "jupyter.widget-view")
    for path, text in chapters.items():
        assert [word for word in words if word in text] == [], path.name


def test_the_modules_beside_the_pages_are_the_widgets(site):
    folder = site / "_static" / "figures"
    for name in esm.names():
        assert (folder / f"{name}.js").read_text("utf-8") == esm.joined(name)
    assert (folder / "kit.css").read_text("utf-8") == esm.CSS.read_text("utf-8")
    assert (folder / "host.js").is_file()


def test_the_still_pictures_are_files_with_words(chapters):
    for path, text in chapters.items():
        assert 'class="bn-still" src="data:' not in text
        stills = [p for p in Page(path).pictures if p.get("class") == "bn-still"]
        assert len(stills) == len(PLACE.findall(text))
        for picture in stills:
            assert (path.parent / picture["src"]).read_bytes().startswith(b"\x89PNG")
            assert len(picture["alt"].split()) >= 20
