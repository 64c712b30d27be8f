"""How a page's description is cut from its text, and how long it is said to take."""

import re

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from tests.site.page_files import chapters
from tools.site import reading_time
from tools.site.head import LENGTH, description, shorten


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Short.", "Short."),
        ("A sentence that ends here. " + "And another one " * 12, "A sentence that ends here. And"),
        ("word " * 60, "word word"),
    ],
)
def test_a_long_description_is_cut_between_words(text, expected):
    short = shorten(text.strip())
    assert short.startswith(expected)
    assert len(short) <= LENGTH
    assert short[-1] in ".…"
    assert " …" not in short


def test_whole_sentences_are_kept_where_they_fill_half():
    first = "This sentence is long enough to stand alone, as it fills more than half of the room."
    assert shorten(f"{first} {'More words ' * 20}") == first


def doctree(source):
    return publish_doctree(source, settings_overrides={"report_level": 5})


def test_a_description_joins_a_list_and_reads_greek():
    page = doctree("Title\n=====\n\nAfter this you can\n\n- scale by :math:`\\gamma`;\n- sum up.\n")
    assert description(page) == "After this you can scale by γ; sum up."
    page = doctree("Title\n=====\n\nThe value of :math:`\\frac{1}{2}` is of no use here.\n")
    assert description(page) == "The value of … is of no use here."


def test_reading_time_counts_words_and_cells_but_not_code():
    page = doctree("Title\n=====\n\n" + "word " * 999 + "\n")
    assert reading_time.words(page) == 1000
    assert reading_time.minutes(page) == 5
    cell = nodes.container("", nodes.paragraph(text="output " * 500), classes=["cell"])
    page += cell
    assert reading_time.words(page) == 1000
    assert reading_time.cells(page) == 1
    assert reading_time.minutes(page) == 10


def test_a_chapter_says_how_long_it_takes(site):
    for name in chapters():
        line = r"</h1>\s*<p class=\"reading-time\">About (\d+) minutes to read</p>"
        (found,) = re.findall(line, (site / name).read_text("utf-8"))
        assert 5 <= int(found) <= 90, name
    assert "reading-time" not in (site / "book" / "glossary.html").read_text("utf-8")
