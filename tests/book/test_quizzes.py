"""Every chapter ends with a quiz, and no quiz can be answered without reading the questions."""

import json
import re
from pathlib import Path

import pytest

from bnlib.lab.quizzes import TYPES, _question
from tools.execution_cache import code_of
from tools.prose import blocks

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(path.stem for path in BOOK.glob("[0-9][0-9]_*.md"))
QUIZZES = sorted(path.stem for path in (BOOK / "quizzes").glob("*.json"))


def faults(entries) -> list[str]:
    """What is wrong with a quiz, in words; empty if nothing is."""
    found = []
    if len(entries) != 5:
        found.append(f"{len(entries)} questions, not five")
    for number, entry in enumerate(entries, 1):
        found += [f"question {number}: {fault}" for fault in faults_of_question(entry)]
    if not found and len({place_of_right(e) for e in entries}) == 1:
        found.append("the right answer always stands at the same place")
    if not found and all(is_right_longest(e) for e in entries):
        found.append("the right answer is always the longest")
    return found


def faults_of_question(entry) -> list[str]:
    expected = {"question": str, "type": str, "answers": list}
    wrong = [k for k, kind in expected.items() if not isinstance(entry.get(k), kind)]
    if wrong or set(entry) != set(expected):
        return [f"needs {sorted(expected)} and nothing else, has {sorted(entry)}"]
    found = []
    if entry["type"] not in TYPES:
        found.append(f"type {entry['type']!r}")
    answers = answers_of(entry)
    if not 3 <= len(answers) <= 5:
        found.append(f"{len(answers)} answers, not 3 to 5")
    for answer in answers:
        if set(answer) != {"answer", "correct", "feedback"}:
            found.append(f"an answer with {sorted(answer)}")
        elif not isinstance(answer["correct"], bool):
            found.append(f"{answer['answer']!r}: correct must be true or false")
        elif not answer["answer"].strip():
            found.append("an empty answer")
        elif len(answer["feedback"].strip()) < 10:
            found.append(f"{answer['answer']!r}: no feedback")
    if found:
        return found
    texts = [" ".join(a["answer"].lower().split()) for a in answers]
    if len(set(texts)) < len(texts):
        found.append("two answers are the same")
    right = sum(a["correct"] for a in answers)
    if right != 1 and entry["type"] != "many_choice":
        found.append(f"{right} right answers, not one")
    if right < 1:
        found.append("no right answer")
    if right == len(answers):
        found.append("every answer is right")
    return found


def answers_of(entry) -> list[dict]:
    """The answers of a question; those of a numeric one in the form of the others, as shown."""
    if entry["type"] != "numeric":
        return entry["answers"]
    return [
        {"answer": a.text, "correct": a.right, "feedback": a.feedback}
        for a in _question(entry).answers
    ]


def place_of_right(entry) -> int:
    return [a["correct"] for a in answers_of(entry)].index(True)


def is_right_longest(entry) -> bool:
    lengths = {kind: [] for kind in (True, False)}
    for answer in answers_of(entry):
        lengths[answer["correct"]].append(len(answer["answer"]))
    return max(lengths[True]) > max(lengths[False])


# ---------------------------------------------------------------- the quizzes


def test_there_are_chapters_0_to_13():
    assert [int(name[:2]) for name in CHAPTERS] == list(range(14))


def test_every_chapter_has_a_quiz_and_every_quiz_a_chapter():
    assert QUIZZES == CHAPTERS


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_shows_its_quiz(name):
    code = code_of((BOOK / f"{name}.md").read_text("utf-8")) or ""
    assert re.findall(r"^quiz\((.*)\)$", code, re.MULTILINE) == [f'"{name}"']


@pytest.mark.parametrize("name", QUIZZES)
def test_a_quiz_has_no_fault(name):
    assert faults(json.loads((BOOK / "quizzes" / f"{name}.json").read_text("utf-8"))) == []


@pytest.mark.parametrize("name", QUIZZES)
def test_a_quiz_with_formulas_stands_on_a_page_with_formulas(name):
    # Sphinx loads MathJax where the text has one; it does not look into the outputs of cells.
    if "$" in (BOOK / "quizzes" / f"{name}.json").read_text("utf-8"):
        kinds = {p.kind for b in blocks((BOOK / f"{name}.md").read_text("utf-8")) for p in b.pieces}
        assert "math_inline" in kinds


# ---------------------------------------------------------------- the faults would be seen


def good():
    def question(place):
        answers = [
            {"answer": "x" * (10 - i), "correct": i == place, "feedback": "because it is so"}
            for i in range(3)
        ]
        return {"question": "What?", "type": "multiple_choice", "answers": answers}

    return [question(i % 3) for i in range(5)]


def spoil(change):
    quiz = good()
    change(quiz)
    return faults(quiz)


def reorder(quiz):
    for entry in quiz:
        entry["answers"].sort(key=lambda a: -a["correct"])


def lengthen(quiz):
    for entry in quiz:
        entry["answers"][place_of_right(entry)]["answer"] += " by far" * 3


def test_a_good_quiz_has_no_fault():
    assert faults(good()) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda q: q.pop(), "4 questions"),
        (lambda q: q[0]["answers"].pop(), "2 answers"),
        (lambda q: q[0]["answers"][2].update(correct=True), "2 right answers"),
        (lambda q: q[0]["answers"][0].update(correct=False), "0 right answers"),
        (lambda q: q[0]["answers"][0].update(correct="true"), "must be true or false"),
        (lambda q: q[0]["answers"][0].update(feedback=""), "no feedback"),
        (lambda q: q[0]["answers"][0].pop("feedback"), "an answer with"),
        (lambda q: q[0]["answers"][0].update(answer=" X" + "x" * 8), "are the same"),
        (lambda q: q[0].update(type="string"), "type 'string'"),
        (lambda q: q[0].update(hint="?"), "nothing else"),
        (reorder, "same place"),
        (lengthen, "always the longest"),
    ],
)
def test_a_fault_is_seen(change, fault):
    assert any(fault in found for found in spoil(change))


def test_a_question_of_many_right_answers_needs_one_wrong():
    quiz = good()
    quiz[0]["type"] = "many_choice"
    quiz[0]["answers"][1]["correct"] = True
    assert faults(quiz) == []
    quiz[0]["answers"][2]["correct"] = True
    assert any("every answer is right" in fault for fault in faults(quiz))
