"""Every link of the built book leads to a file and a place that are there."""

import pytest

from tests.site.links import Page, broken_in_styles, broken_links
from tests.site.page_files import built


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in built(site).values()}


def test_no_link_is_broken(pages):
    assert broken_links(pages) == []
    assert broken_in_styles(pages) == []


def test_a_broken_link_would_be_seen(tmp_path):
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    one.write_text('<a id="here" href="two.html#there"></a><a href="two.html#gone"></a>')
    two.write_text('<a id="there" href="one.html#here"></a><img src="none.png">')
    assert broken_links({p: Page(p) for p in (one, two)}) == [
        ("one.html", "two.html#gone"),
        ("two.html", "none.png"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '<img src="there.png" srcset="there.png 1x, gone.png 2x">',
        '<script src="gone.png"></script>',
        '<link rel="stylesheet" href="gone.png">',
        '<p style="background: url(gone.png)"></p>',
        "<style>p { background: url('gone.png') }</style>",
        '<meta http-equiv="refresh" content="0; url=gone.png">',
    ],
)
def test_a_missing_file_would_be_seen_wherever_it_is_named(tmp_path, text):
    page = tmp_path / "page.html"
    page.write_text(f'<a href="https://host.example/gone.png"></a>{text}')
    (tmp_path / "there.png").write_bytes(b"")
    assert broken_links({page: Page(page)}) == [("page.html", "gone.png")]


def test_a_missing_file_of_a_style_would_be_seen(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<link rel="stylesheet" href="one.css">')
    (tmp_path / "one.css").write_text("@import url(two.css); p { cursor: url(data:,x) }")
    (tmp_path / "two.css").write_text('@font-face { src: url("gone.woff") }')
    assert broken_in_styles({page: Page(page)}) == [("two.css", "gone.woff")]


def test_every_picture_has_a_text(pages):
    bare = [
        (path.name, picture.get("src"))
        for path, page in pages.items()
        for picture in page.pictures
        if not (picture.get("alt") or "").strip()
    ]
    assert bare == []


def test_a_solution_is_one_page(site):
    assert (site / "solutions" / "04_algorithm.html").is_file()
    sources = {path.name for path in (site / "_sources" / "solutions").iterdir()}
    assert not [name for name in sources if name.endswith(".md")]
