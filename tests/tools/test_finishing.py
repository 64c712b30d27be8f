"""What is done to the pages once Sphinx has written them: scripts, pictures, sheets, formulas."""

from pathlib import Path

import pytest

from tools.site import accessible, deferred, finish, pictures, styles, tab_stops
from tools.site.icons import embed
from tools.site.purge import purge, relocated

ROOT = Path(__file__).resolve().parents[2]

PAGE = """<!DOCTYPE html>
<html lang="en" data-content_root="../" >
  <head>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>T</title>
    <script>document.documentElement.dataset.mode = localStorage.getItem("mode") || "";</script>
    <link rel="stylesheet" href="../_static/theme.css?v=1" />
    <link rel="stylesheet" href="../_static/course.css?v=2" />
    <link rel="preload" as="script" href="../_static/scripts/bootstrap.js" />
    <script src="../_static/documentation_options.js?v=3"></script>
    <script src="../_static/scripts/fontawesome.js"></script>
    <script src="../_static/searchtools.js"></script>
    <script src="../_static/doctools.js?v=4"></script>
    <script type="module" src="../_static/live/cells.js"></script>
    <script>const own = 1;</script>
  </head>
  <body><p class="used">text</p></body>
</html>
"""


@pytest.fixture
def built(tmp_path):
    """A site of one page; returns (site, path of the page)."""
    static = tmp_path / "_static"
    static.mkdir()
    (static / "documentation_options.js").write_text("const DOCUMENTATION_OPTIONS = {};")
    (static / "doctools.js").write_text("element.classList.add('added-by-script');")
    (static / "theme.css").write_text(
        '@import "basic.css";\n.used, .unused { color: red }\n.added-by-script { color: blue }\n'
        "@media (min-width: 9px) { .gone { top: 0 } .used:hover { top: 1px } }\n"
    )
    (static / "basic.css").write_text("p { margin: 0 }\n#nowhere { margin: 1px }\n")
    (static / "course.css").write_text(".made-by-python { color: green }\n")
    (static / "live").mkdir()
    (static / "live" / "cells.js").write_text("")
    page = tmp_path / "book" / "page.html"
    page.parent.mkdir()
    page.write_text(PAGE)
    return tmp_path, page


def test_scripts_wait_for_the_page_and_those_without_use_go(built):
    html = deferred.defer(PAGE, built[1])
    assert '<script defer src="../_static/doctools.js?v=4">' in html
    assert '<script type="module" src="../_static/live/cells.js">' in html
    assert "<script>const DOCUMENTATION_OPTIONS = {};</script>" in html
    assert "<script>const own = 1;</script>" in html
    for gone in ("fontawesome", "searchtools", "preload", "documentation_options.js"):
        assert gone not in html
    assert "prefers-color-scheme" in html


def test_the_search_page_keeps_its_index(built):
    html = deferred.defer(PAGE.replace("<body>", '<body><div id="search-results">'), built[1])
    assert '<script defer src="../_static/searchtools.js">' in html


def test_a_picture_gets_its_size_and_waits(tmp_path):
    from PIL import Image

    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    first, second = '<img alt="x" src="a.png">', '<img alt="y" src="a.png" />'
    html = pictures.settle(first + second + '<img alt="" src="none.png">', tmp_path / "page.html")
    assert html.count('width="30" height="20"') == 2
    assert html.count('loading="lazy"') == 2
    assert html.index("lazy") > html.index('alt="y"')
    assert html.count('decoding="async"') == 3


def test_a_button_is_called_by_the_word_on_it():
    button = '<button class="btn search-button-field x" title="Search" aria-label="Search" data-x>'
    assert "aria-label" not in accessible.amend(button, Path())


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".a, .b { x: y }", ".a{x: y}\n"),
        (".a.b { x: y }", ""),
        (".a:not(.b) { x: y }", ".a:not(.b){x: y}\n"),
        ("#i > .a { x: y }", "#i > .a{x: y}\n"),
        ("p.b, p { x: y }", "p{x: y}\n"),
        ("@media print { .b { x: y } }", ""),
        ("@media print { .a { x: y } }", "@media print{.a{x: y}\n}\n"),
        ("@keyframes k { from { x: y } }", "@keyframes k{from { x: y }}\n"),
        ("/* c */ .a { color: #b; }", ".a{color: #b;}\n"),
    ],
)
def test_a_rule_stays_while_something_can_match_it(css, kept):
    assert purge(css, {"a", "i"}) == kept


def test_a_sheet_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="line 1"):
        purge(".a { x: y } }", {"a"})


def test_addresses_move_with_the_sheet():
    css = 'a { b: url(../x/y.png) url("z.svg") url(data:1) url(#f) url("https://h/i") }'
    moved = relocated(css, Path("styles"))
    assert moved == (
        'a { b: url("x/y.png") url("styles/z.svg") url(data:1) url(#f) url("https://h/i") }'
    )


def test_all_sheets_become_one(built):
    site, page = built
    finish.finish(site, ROOT)
    html = page.read_text()
    css = (site / styles.NAME).read_text()
    assert html.count('rel="stylesheet"') == 1
    assert 'data-of="theme.css course.css"' in html
    for kept in ("margin: 0", ".used{color: red}", ".added-by-script", ".used:hover"):
        assert kept in css
    for gone in (".unused", "#nowhere", ".gone", "@import"):
        assert gone not in css
    assert css.index("margin: 0") < css.index(".used") < css.index("course.css")


def test_finishing_twice_changes_nothing_and_a_changed_sheet_is_linked_anew(built):
    site, page = built
    finish.finish(site, ROOT)
    once = page.read_text()
    finish.finish(site, ROOT)
    assert page.read_text() == once
    (site / "_static/theme.css").write_text(".used { color: black }")
    finish.finish(site, ROOT)
    twice = page.read_text()
    assert twice != once
    assert twice.count('rel="stylesheet"') == 1
    assert "black" in (site / styles.NAME).read_text()


def test_sheets_keep_the_order_that_each_page_has():
    assert styles.in_order([["a", "c"], ["a", "b", "c"], ["c", "d"]]) == ["a", "b", "c", "d"]


def test_an_icon_font_has_the_signs_that_are_drawn_and_no_more(tmp_path):
    import base64
    import io
    import re

    import pydata_sphinx_theme
    from fontTools.ttLib import TTFont

    (fonts,) = Path(pydata_sphinx_theme.__file__).parent.rglob("vendor/fontawesome/webfonts")
    name = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
    face = f'@font-face{{font-family:F;src:url({name}) format("truetype")}}\n'
    css = embed(
        face + r'.a::before{content:"\f0c9"} .b{content:"' + "\uf062" + '"}', fonts.parents[2]
    )
    data = re.search(r"base64,([^\"]*)", css)[1]
    assert set(TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()) == {0xF0C9, 0xF062}
    assert embed(face + "p{}", fonts.parents[2]) == "p{}"


# ---------------------------------------------------------------- formulas


@pytest.fixture(scope="module")
def mathjax():
    from conftest import not_run

    from tools.assets import fetch

    folder = fetch("typesetter")
    if folder is None:
        not_run("formulas at build (MathJax cannot be fetched)", "a connection to the web")
    return folder


INLINE = r'<span class="math notranslate nohighlight">\(a &lt; b\)</span>'
BLOCK = (
    '<div class="math notranslate nohighlight" id="e"><span class="eqno">(1)<a>#</a></span>'
    r"\[\begin{split}x &amp;= 1 \\[2pt] y &amp;= 2\end{split}\]</div>"
)
SCRIPT = (
    '    <script>window.MathJax = {"options": {}}</script>\n'
    '    <script defer="defer" src="../vendor/mathjax/es5/tex-chtml.js?v=1"></script>\n'
)


def formulas(site, folder):
    from tools.site.formulas import Formulas

    return Formulas(site, folder)


def test_formulas_come_with_the_page_and_are_typeset_once(tmp_path, mathjax, monkeypatch):
    site = tmp_path / "html"
    page = site / "book" / "page.html"
    (site / "_static").mkdir(parents=True)
    text = f"<title>T</title>\n{SCRIPT}{INLINE}{BLOCK}"
    typeset = formulas(site, mathjax)
    html = typeset(text, page)
    typeset.keep()
    assert html.count("<mjx-container") == 2
    assert html.count("<math ") == 2  # what a screen reader reads
    assert html.count('display="block"') >= 1
    assert '<span class="eqno">(1)' in html
    assert "MathJax =" not in html
    assert "tex-chtml" not in html
    assert "mjx-container" in (site / "_static/formulas.css").read_text()

    def again(*arguments):
        raise AssertionError("typeset twice")

    monkeypatch.setattr("tools.site.formulas.Typesetter", again)
    assert formulas(site, mathjax)(text, page) == html


def test_a_formula_that_comes_later_takes_no_letter_from_the_others(tmp_path, mathjax):
    """A page has the letters of all formulas, whichever build has typeset them."""
    site = tmp_path / "html"
    (site / "_static").mkdir(parents=True)
    page = site / "page.html"
    for text in (INLINE, INLINE.replace("a &lt; b", r"\mathbf{x} \int \{")):
        typeset = formulas(site, mathjax)
        html = typeset(f"<title>T</title>{text}", page)
        typeset.keep()
    sheet = (site / "_static/formulas.css").read_text()
    for letter in ("1D44E.TEX-I", "3C", "1D44F.TEX-I", "1D431.TEX-B", "222B.TEX-S1"):
        assert f".mjx-c{letter}::before" in sheet, letter
    assert 'content: "{"' in sheet
    assert ".mjx-c78::before" not in sheet
    assert "mjx-mfrac" in sheet
    # A sheet of an earlier way to make it is made again, though nothing is to be typeset.
    kept = tmp_path / "formulas.json"
    kept.write_text(kept.read_text().replace('"sheet": ', '"sheet": 1'))
    (tmp_path / "formulas.css").write_text("old")
    typeset = formulas(site, mathjax)
    assert typeset(f"<title>T</title>{INLINE}", page)
    typeset.keep()
    assert (site / "_static/formulas.css").read_text() == sheet
    assert "mjx-c222B" in html


def test_without_mathjax_the_page_keeps_the_script(tmp_path):
    text = f"<title>T</title>{SCRIPT}{INLINE}"
    assert formulas(tmp_path / "html", None)(text, tmp_path / "html" / "p.html") == text


def test_what_is_no_tex_is_an_error_that_shows_it(tmp_path, mathjax):
    wrong = INLINE.replace("a &lt; b", r"\frac{a")
    with pytest.raises(ValueError, match=r"Missing.*frac"):
        formulas(tmp_path / "html", mathjax)(f"<title>T</title>{wrong}", tmp_path / "html" / "p")


def test_the_themes_script_asks_no_block_for_its_size_or_it_is_said(tmp_path):
    script = tmp_path / tab_stops.SCRIPT
    script.parent.mkdir(parents=True)
    script.write_text(f"f({tab_stops.ASKED}).forEach(g)")
    assert tab_stops.take_out(tmp_path)
    assert script.read_text() == f"f({tab_stops.NONE}).forEach(g)"
    # The next build finds what this one has done.
    assert tab_stops.take_out(tmp_path)
    script.write_text("another version")
    assert not tab_stops.take_out(tmp_path)
