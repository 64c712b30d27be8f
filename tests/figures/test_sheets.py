"""Tables of a page: what stands where, in HTML and in text."""

from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from bnlib.figures.sheets import Sheet, side_by_side
from bnlib.lab.tables import Table

ROWS = [
    {"framework": "One", "version": "1.0", "key": "eps", "question": "default?", "answer": 1e-5},
    {"framework": "One", "version": "1.0", "key": "axis", "question": "which?", "answer": "a < b"},
    {"framework": "Two", "version": "0.3", "key": "eps", "question": "default?", "answer": 0.001},
]


def test_frameworks_are_columns_and_questions_rows():
    sheet = side_by_side(Table(ROWS), ["axis", "eps"])
    assert sheet.heads == ["question", "One 1.0", "Two 0.3"]
    assert sheet.rows == [["which?", "a < b", "–"], ["default?", "1e-05", "0.001"]]


def test_an_unknown_question_is_named():
    with pytest.raises(KeyError, match="nonsense"):
        side_by_side(Table(ROWS), ["nonsense"])


def test_the_html_has_heads_is_escaped_and_scrolls():
    html = side_by_side(Table(ROWS), ["axis", "eps"])._repr_html_()
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 2
    assert "<td>a &lt; b</td>" in html
    assert "overflow-x: auto" in html
    assert "<caption>" in html


def test_the_style_sheet_knows_the_class_of_the_html():
    style = Path(__file__).parents[2] / "book" / "_static" / "course.css"
    assert '<table class="sheet">' in Sheet(["a"], [["1"]], "what")._repr_html_()
    assert "table.sheet" in style.read_text(encoding="utf-8")


def test_the_text_says_the_same():
    assert repr(Sheet(["a", "b"], [["1", "2"]], "what")) == "what\na | b\n1 | 2"
