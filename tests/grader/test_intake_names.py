"""Names of files that are made of students' ids: one each, and safe on every system."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import repeatable

from bnlib.grader.intake.names import printable, safe_filename, shown

IDS = (
    *("", " ", ".", "..", "../../x", "/etc/passwd", "con", "CON", "con.txt", "nul", "com1.x", "a."),
    *("alice", "Alice", "ALICE", "alicE", "alice ", " alice", "alice\0", "alice\n", "\u202ealice"),
    *("é", "e\u0301", "É", "ﬁ", "fi", "x" * 64, "x" * 65, "x" * 5000, "x" * 5001, "\ud800", "a/b"),
    *(
        "a-b",
        "a b",
        "a+b",
        "student",
        "Alice+1",
        "alice+1",
        "-rf",
        "~",
        "%2e",
        "a\\b",
        "C:",
        "学生",
    ),
)


def check(name):
    assert 0 < len(name.encode("ascii")) <= 100
    assert not name.startswith(".")
    assert name[-1] not in ". "
    assert not set(name) & set('/\\:*?"<>|\0\n ')
    assert name.split(".")[0].lower() not in ("con", "prn", "aux", "nul", "com1", "lpt9")


def test_no_two_ids_share_a_name_where_capitals_do_not_count():
    for student in IDS:
        check(safe_filename(student))
    assert len({safe_filename(student).casefold() for student in IDS}) == len(IDS)


@pytest.mark.parametrize("student", ["alice", "12345", "a.b_c-d", "-x", "_x", "x" * 64, "a..b"])
def test_ordinary_ids_stay(student):
    assert safe_filename(student) == student


def test_other_ids_are_readable():
    assert safe_filename("S1234567") == "S1234567+1"
    assert safe_filename("aLICE") == "aLICE+1e"
    assert safe_filename("../../José Núñez").startswith("Jose-Nunez+")
    assert safe_filename("con").startswith("con+")
    assert safe_filename("学生").startswith("student+")


@repeatable
@given(st.text() | st.text("aA.+-1"), st.text() | st.text("aA.+-1"))
def test_any_two_ids(one, other):
    for student in (one, other):
        check(safe_filename(student))
    if one != other:
        assert safe_filename(one).casefold() != safe_filename(other).casefold()


@repeatable
@given(st.text(st.characters(exclude_categories=())))
def test_what_is_shown_is_one_short_printable_line(text):
    said = shown(text, 40)
    said.encode()
    assert said.isprintable()
    assert len(said) <= 40 * 10
    if text.isprintable() and len(text) <= 40:
        assert said == text


def test_shown_names_what_it_hides():
    assert shown("a\u202eb\x1b[2J\n") == "a\\u202eb\\x1b[2J\\n"
    assert shown("x" * 500, 20) == "x" * 10 + "…" + "x" * 9


def test_names_that_are_not_utf8_can_be_stored():
    assert printable(b"ren\xe9".decode("utf-8", "surrogateescape")) == "ren\\udce9"
    assert printable(unicodedata.normalize("NFD", "é")) == "e\u0301"
