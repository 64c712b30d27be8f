"""The printed book, on a small one: what is on paper, where links and bookmarks lead."""

import io
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from tools.assets import fetch
from tools.pdf.assembling import Assembled
from tools.pdf.contents import pages
from tools.pdf.finishing import finish
from tools.pdf.printing import printed
from tools.site.printed import NAME, link

ROOT = Path(__file__).resolve().parents[2]
SAID = {"title": "A small book", "author": "Some authors", "licence": "Text: CC BY 4.0."}
TOC = """
format: jb-book
root: book/start
parts:
  - caption: Chapters
    chapters:
      - file: book/one
        title: 1. One
      - file: book/absent
  - caption: Exercises
    chapters:
      - file: exercises/one
"""
PAGE = """<!DOCTYPE html><html><head><link rel="stylesheet" href="../_static/print.css"></head>
<body><nav>SIDEBAR</nav><article class="bd-article">{}</article>
<div class="bd-footer-content__inner container"></div></body></html>"""
START = """<section id="start"><h1>Start<a class="headerlink" href="#start">#</a></h1>
<p>See <a href="one.html#eps">about eps</a>, <a href="../lite/index.html">a program</a>,
<a href="absent.html">a page that is not there</a>, <a href="one.html#gone">a lost place</a> and
<a href="https://example.org/paper">a paper</a>.</p><button>BUTTON</button></section>"""
ONE = (
    r"""<section id="one"><h1>One</h1><p>A formula:
<span class="math notranslate">\(\sigma^2\)</span>, and one with a number.
<span class="eqno">(17)</span></p>
<img alt="red" src="../_images/red.png" loading="lazy" width="900" height="300">
<pre>"""
    + "long_name = "
    + "abcdefgh" * 40
    + " # END-OF-LINE"
    + """</pre></section>
<section id="eps"><h2>About eps</h2><details><summary>A proof</summary>UNFOLDED</details>
<div class="quiz"><fieldset><legend>1. Which?</legend>
<details class="wrong"><summary>this</summary><p><strong>Not this one.</strong> ADVICE</p></details>
<details class="right"><summary>that</summary><p><strong>Right.</strong> YES</p></details>
</fieldset></div></section>"""
    + "".join(f"<p>Paragraph {n}. {'word ' * 60}</p>" for n in range(30))
)
EXERCISE = """<section id="one"><h1>Exercises: one</h1><h2>Centre a batch</h2>
<p>Back to <a href="../book/one.html">one</a>.</p>
<details><summary>Hint 1</summary>Which axis?</details><p>AFTER-THE-HINT</p></section>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of three pages, with the course's own style and formulas."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("site")
    (folder / "_toc.yml").write_text(TOC)
    for name, text in (("book/start", START), ("book/one", ONE), ("exercises/one", EXERCISE)):
        path = folder / f"{name}.html"
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGE.format(text))
    for sub in ("_static", "_images", "vendor"):
        (folder / sub).mkdir()
    shutil.copy(ROOT / "book" / "_static" / "print.css", folder / "_static")
    Image.new("RGB", (900, 300), "red").save(folder / "_images" / "red.png")
    return folder


@pytest.fixture(scope="module")
def book(site):
    return Assembled(site, pages(site / "_toc.yml", site), **SAID)


def text_of(html, selector):
    return " ".join(e.get_text(" ") for e in BeautifulSoup(html, "html.parser").select(selector))


def test_the_pages_come_in_the_order_of_the_contents(book):
    assert [(level, title) for level, title, _ in book.outline] == [
        (0, "Start"),
        (0, "Chapters"),
        (1, "1. One"),
        (2, "About eps"),
        (2, "Answers to the quiz"),
        (0, "Exercises"),
        (1, "Exercises: one"),
        (2, "Centre a batch"),
        (2, "Hints"),
    ]


def test_a_site_without_the_pages_is_told(site, tmp_path):
    with pytest.raises(FileNotFoundError, match="build the book first"):
        pages(site / "_toc.yml", tmp_path)


def test_what_belongs_to_a_screen_is_left_out(book):
    assert "BUTTON" not in book.html
    assert "SIDEBAR" not in book.html
    assert not BeautifulSoup(book.html, "html.parser").select("details, button, .headerlink")


def test_a_quiz_is_read_before_its_answers(book):
    assert text_of(book.html, ".choices li").split() == ["this", "that"]
    assert "ADVICE" not in text_of(book.html, ".quiz")
    answers = " ".join(text_of(book.html, ".answers li").split())
    assert answers == "1a. Not this one. ADVICE 1b. Right. YES"


def test_a_hint_stands_after_its_exercise(book):
    assert book.html.index("AFTER-THE-HINT") < book.html.index("Which axis?")
    assert "Centre a batch" in text_of(book.html, ".hints h3")


def test_links_lead_into_the_document_or_out_of_it_or_are_text(book):
    soup = BeautifulSoup(book.html, "html.parser")
    links = {a.get_text(): a.get("href") for a in soup.select("article a")}
    assert links["about eps"] == "#book-one--eps"
    assert links["one"] == "#book-one"
    assert links["a paper"] == "https://example.org/paper"
    assert links["a program"] is links["a page that is not there"] is None
    assert links["a lost place"] is None
    there = {e["id"] for e in soup.find_all(id=True)}
    assert {a["href"][1:] for a in soup.select('a[href^="#"]')} <= there


# ---------------------------------------------------------------- printed


@pytest.fixture(scope="module")
def pdf(site, book):
    mathjax = fetch("mathjax")
    if mathjax is None:
        pytest.skip("MathJax could not be had : a connection")
    (site / "vendor" / "mathjax").symlink_to(mathjax)
    count = finish(printed(book, site, say=lambda text: None), site / NAME, book.outline, **SAID)
    reader = PdfReader(io.BytesIO((site / NAME).read_bytes()))
    assert len(reader.pages) == count
    return reader


needs_chromium = pytest.mark.needs_system("chromium", "chromedriver")


@needs_chromium
def test_the_text_is_on_its_pages_and_nothing_is_cut(pdf):
    texts = [page.extract_text() for page in pdf.pages]
    whole = "\n".join(texts)
    assert "A small book" in texts[0]
    assert "(17)" in whole
    assert "UNFOLDED" in whole
    # The end of a line that is far wider than the sheet.
    assert "END-OF-LINE" in "".join(whole.split())
    assert all(f"Paragraph {n}." in whole for n in range(30))
    left, right = float(pdf.pages[0].mediabox.left), float(pdf.pages[0].mediabox.right)
    assert (left, round(right)) == (0, 595)  # A4
    for page in pdf.pages:
        places = []
        page.extract_text(
            visitor_text=lambda text, cm, tm, *rest, places=places: places.append(
                (text, cm[0] * tm[4] + cm[4])
            )
        )
        assert all(-1 <= x <= right for text, x in places if text.strip())


@needs_chromium
def test_a_formula_is_set_and_a_picture_is_there(pdf, book):
    whole = "".join(page.extract_text() for page in pdf.pages)
    assert r"\sigma" not in whole
    assert any(page.images for page in pdf.pages)


@needs_chromium
def test_the_contents_tell_the_pages_and_the_feet_too(pdf, book):
    numbers = {
        title: pdf.get_destination_page_number(mark) + 1 for title, mark in marks(pdf.outline)
    }
    assert list(numbers) == [title for _, title, _ in book.outline]
    contents = " ".join(pdf.pages[1].extract_text().split())
    for title, number in numbers.items():
        assert f"{title} {number}" in contents
        page = pdf.pages[number - 1].extract_text()
        assert page.split()[0] == str(number)  # the foot comes first
        assert title.removeprefix("1. ") in page
    assert numbers["Start"] < numbers["Chapters"] < numbers["Exercises"]


def marks(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from marks(entry)
        else:
            yield entry.title, entry


@needs_chromium
def test_links_lead_to_places_inside(pdf):
    places, found = pdf.named_destinations, 0
    for page in pdf.pages:
        for annotation in page.get("/Annots", []):
            annotation = annotation.get_object()
            target = annotation.get("/Dest") or annotation.get("/A", {}).get("/D")
            if target is None:
                assert annotation["/A"]["/URI"] == "https://example.org/paper"
                continue
            assert str(target) in places
            found += 1
    assert found >= 10


@needs_chromium
def test_the_metadata_say_whose_it_is(pdf):
    assert pdf.metadata.title == "A small book"
    assert pdf.metadata.author == "Some authors"
    assert pdf.trailer["/Root"]["/Lang"] == "en"


@needs_chromium
def test_a_formula_without_mathjax_is_not_printed_as_it_is_written(site, book, tmp_path):
    for name in ("_static", "_images"):
        (tmp_path / name).symlink_to(site / name)
    with pytest.raises(RuntimeError, match="formula not set"):
        printed(book, tmp_path)


# ---------------------------------------------------------------- linked


def test_the_pages_link_a_pdf_that_is_there_and_no_other(tmp_path):
    page = tmp_path / "book" / "one.html"
    page.parent.mkdir()
    page.write_text(PAGE.format("<h1>One</h1>"))
    foreign = tmp_path / "lite" / "index.html"
    foreign.parent.mkdir()
    foreign.write_text(PAGE.format(""))
    before = page.read_text()
    assert link(tmp_path) == 0
    (tmp_path / NAME).write_bytes(b"0" * 2_000_000)
    assert link(tmp_path) == 1
    assert link(tmp_path) == 0
    assert f'href="../{NAME}">The whole book as one PDF</a> (2 MB)' in page.read_text()
    assert foreign.read_text() == PAGE.format("")
    (tmp_path / NAME).unlink()
    assert link(tmp_path) == 1
    assert page.read_text() == before


def test_the_title_page_says_what_the_project_says_of_itself():
    from tools.pdf.__main__ import said

    assert said() == {
        "title": "Batch normalization",
        "author": said()["author"],
        "licence": "Text and figures: CC BY 4.0. Code: MIT.",
    }
    assert said()["author"]
