"""A quiz becomes HTML that is the same on every run and asks nothing of any other machine."""

import json
import random
from html.parser import HTMLParser

import pytest

from bnlib.lab import quizzes
from bnlib.lab.notebook import quiz

QUESTIONS = [
    {
        "question": "What is $x < y$ in `a & b`?",
        "type": "multiple_choice",
        "answers": [
            {"answer": "<b>one</b>", "correct": False, "feedback": "Not *one*."},
            {"answer": "two", "correct": True, "feedback": "Since $2$."},
            {"answer": "three", "correct": False, "feedback": "Too many."},
        ],
    },
    {
        "question": "Which?",
        "type": "many_choice",
        "answers": [
            {"answer": "these", "correct": True, "feedback": "Yes, these."},
            {"answer": "those", "correct": True, "feedback": "Yes, those."},
            {"answer": "none", "correct": False, "feedback": "Some are."},
        ],
    },
]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    folder = tmp_path / "book" / "quizzes"
    folder.mkdir(parents=True)
    (folder / "99_trial.json").write_text(json.dumps(QUESTIONS))
    (tmp_path / "book" / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "book" / "deeper")
    return tmp_path


class Tags(HTMLParser):
    """Checks that every tag is closed, and collects (tag, attributes)."""

    def __init__(self, page):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_each_answer_opens_its_own_feedback(checkout):
    page = quiz("99_trial")._repr_html_()
    for answer, feedback in (("two", "Since"), ("three", "Too many."), ("those", "Yes, those.")):
        part = page.partition(f"<summary>{answer}</summary>")[2].partition("</details>")[0]
        assert feedback in part
    tags = Tags(page).seen
    kinds = [attributes["class"] for tag, attributes in tags if tag == "details"]
    assert kinds == ["wrong", "right", "wrong", "right", "right", "wrong"]
    assert not any("open" in attributes for _, attributes in tags)
    assert [tag for tag, _ in tags].count("fieldset") == 2
    assert page.count("More than one answer may be right.") == 1


def test_texts_are_markdown_and_cannot_break_the_page(checkout):
    page = quiz("99_trial")._repr_html_()
    assert '<span class="math notranslate nohighlight">\\(x &lt; y\\)</span>' in page
    assert "<code>a &amp; b</code>" in page
    assert "&lt;b&gt;one&lt;/b&gt;" in page
    assert "<em>one</em>" in page


def test_it_is_the_same_on_every_run_and_leaves_random_numbers_alone(checkout):
    random.seed(3)
    state = random.getstate()
    first = quiz("99_trial")._repr_html_()
    assert random.getstate() == state
    random.seed(4)
    assert quiz("99_trial")._repr_html_() == first


def test_it_asks_nothing_of_another_machine(checkout):
    page = quiz("99_trial")._repr_html_()
    assert "//" not in page
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in Tags(page).seen}


def test_without_a_browser_the_questions_are_printed_without_their_solution(checkout):
    text = repr(quiz("99_trial"))
    assert "1. What is" in text
    assert "two" in text
    assert "Since" not in text


def test_it_is_found_from_anywhere_beside_the_source_of_bnlib(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(quizzes.bnlib, "__file__", str(tmp_path / "else" / "bnlib" / "__init__.py"))
    folder = tmp_path / "else" / "book" / "quizzes"
    folder.mkdir(parents=True)
    (folder / "99_other.json").write_text(json.dumps(QUESTIONS))
    assert len(quiz("99_other").questions) == 2


def test_a_missing_quiz_is_named_with_its_place(checkout):
    with pytest.raises(FileNotFoundError, match=r"98_none.*book/quizzes/98_none\.json"):
        quiz("98_none")


def test_a_question_of_another_type_is_an_error(checkout):
    path = checkout / "book" / "quizzes" / "99_trial.json"
    path.write_text(json.dumps([{**QUESTIONS[0], "type": "string"}]))
    with pytest.raises(ValueError, match="string"):
        quiz("99_trial")


def test_the_numbers_of_a_numeric_question_become_choices(checkout):
    path = checkout / "book" / "quizzes" / "99_trial.json"
    answers = [
        {"type": "value", "value": 2, "correct": True, "feedback": "Two."},
        {"type": "value", "value": 0.5, "correct": False, "feedback": "Half."},
        {"type": "default", "feedback": "Think."},
    ]
    entry = {"question": "How many?", "type": "numeric", "answers": answers}
    path.write_text(json.dumps([entry]))
    assert quiz("99_trial").questions[0].answers == (
        ("0.5", False, "Half."),
        ("2", True, "Two."),
        ("another number", False, "Think."),
    )
    answers[0] = {"type": "range", "range": [1, 2], "correct": True, "feedback": "Two."}
    path.write_text(json.dumps([entry]))
    with pytest.raises(ValueError, match="only values"):
        quiz("99_trial")
