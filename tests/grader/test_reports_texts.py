"""Texts of strangers become fit for a page, and nothing of a fit text is changed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bnlib.grader.reports import pages, texts

ANYTHING = st.text(st.characters(codec=None), max_size=300)


@given(ANYTHING)
@example("\ud800\x00\u202e\x1b[31m")
def test_whatever_comes_can_be_encoded_and_holds_no_control(text):
    shown = texts.plain(text)
    shown.encode("utf-8")
    assert not [c for c in shown if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"]
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\ufeff"
    )


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=300))
def test_a_fit_text_is_left_as_it_is(text):
    assert texts.plain(text) == text


@given(ANYTHING)
def test_a_message_holds_no_markup_of_its_own(text):
    shown = str(texts.prose(text)).replace("<code>", "").replace("</code>", "")
    assert not set(shown) & set("<>\"'")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("a\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "alink"),
        ("cut \x1b[38;5", "cut "),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("NUL \x00 here", "NUL \ufffd here"),
        ("gnp.\u202eexe", "gnp.\ufffdexe"),
        ("Zoë, 王, محمد", "Zoë, 王, محمد"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * texts.MOST_MARKS),
    ],
)
def test_what_is_not_shown(text, shown):
    assert texts.plain(text) == shown


def test_what_is_left_out_is_said():
    shown = texts.plain("x" * 100_000)
    assert shown.endswith("… [99,000 more characters were left out]")
    assert len(shown) < texts.LONGEST + 60
    shown = texts.plain("\n".join("abc" * 10))
    assert shown.endswith("\n[… more lines were left out]")
    assert len(shown.splitlines()) == texts.MOST_LINES + 1
    assert texts.plain("x" * texts.LONGEST) == "x" * texts.LONGEST


def test_a_name_is_one_short_line():
    assert texts.name(" Ada\n\tLovelace ") == "Ada Lovelace"
    assert len(texts.name("A" * 5000)) < 140


def test_code_between_backticks():
    assert texts.prose("at `x < 1`, `") == "at <code>x &lt; 1</code>, `"


@pytest.mark.parametrize("book", [None, "", "https://example.org/bn/", "../book", "file:///a/b"])
def test_addresses_of_a_book(book):
    assert pages.checked_book(book) == ((book or "").rstrip("/") or None)


@pytest.mark.parametrize(
    "book",
    [
        "javascript:alert(1)//",
        "JavaScript:alert(1)",
        "java\nscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        'https://x" onclick="y',
    ],
)
def test_what_is_no_address_is_refused(book):
    with pytest.raises(ValueError, match="expected one that begins with https://"):
        pages.checked_book(book)


@pytest.mark.parametrize(
    "section", ["", "javascript:x.html", "//x/y.html", "../../a.html", 'a.html#"x', "a.html#b c"]
)
def test_what_is_no_section_is_not_linked(section):
    assert pages.link("https://example.org", section) is None


def test_a_section_is_linked():
    assert pages.link("b", "book/04.html#sec-x") == "b/book/04.html#sec-x"
    assert pages.link(None, "book/04.html#sec-x") is None
