"""The quiz at a chapter's end: book/quizzes/NAME.json as HTML that needs no kernel and no script.

An answer is a disclosure (``<details>``): a click or the Enter key opens what there is to say of
it. So it works on a static page, in Jupyter, by keyboard and with a screen reader, and its HTML is
the same on every run. The site adds colours (course.css), reads the opened text aloud and counts
the questions that were answered at the first try (quiz.js).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

import bnlib

FOLDER = Path("book", "quizzes")
TYPES = ("multiple_choice", "many_choice", "numeric")


class Answer(NamedTuple):
    """What can be chosen, whether it is right, and why or why not."""

    text: str
    right: bool
    feedback: str


class Question(NamedTuple):
    """A question; ``many`` if more than one answer may be right."""

    text: str
    many: bool
    answers: tuple[Answer, ...]


class Quiz(NamedTuple):
    """The questions of a chapter. Texts are Markdown of one line, with ``$...$`` for formulas."""

    name: str
    questions: tuple[Question, ...]

    def __repr__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, 1):
            lines += [f"{number}. {question.text}", *(f"   - {a.text}" for a in question.answers)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f'<div class="quiz" id="quiz-{escape(self.name)}">']
        for number, question in enumerate(self.questions, 1):
            many = " <small>More than one answer may be right.</small>" if question.many else ""
            parts.append(
                f"<fieldset><legend>{number}. {_markdown(question.text)}{many}</legend>"
                f"{''.join(map(_html, question.answers))}</fieldset>"
            )
        return "\n".join([*parts, "</div>"])


def quiz(name: str) -> Quiz:
    """The quiz of a chapter: ``quiz("04_algorithm")`` as the last line of a cell shows it."""
    path = find(name)
    return Quiz(name, tuple(map(_question, json.loads(path.read_text("utf-8")))))


def _question(entry: dict) -> Question:
    """A question as jupyterquiz writes it. The numbers of a numeric one become choices, ordered."""
    if entry["type"] not in TYPES:
        raise ValueError(f"{entry['question']!r} has type {entry['type']!r}, known are {TYPES}")
    answers = entry["answers"]
    if entry["type"] == "numeric":
        values = sorted((a for a in answers if a["type"] == "value"), key=lambda a: a["value"])
        rest = [a for a in answers if a["type"] == "default"]
        if len(values) + len(rest) < len(answers):
            raise ValueError(f"{entry['question']!r}: of numbers, only values and a default")
        answers = [
            *({**a, "answer": f"{a['value']:g}"} for a in values),
            *({**a, "answer": "another number", "correct": False} for a in rest),
        ]
    return Question(
        entry["question"],
        entry["type"] == "many_choice",
        tuple(Answer(a["answer"], a["correct"], a["feedback"]) for a in answers),
    )


def find(name: str) -> Path:
    """The file of a quiz: of the checkout that we are in, else of the one that holds bnlib.

    Raises:
        FileNotFoundError: there is none; the message says where it was expected.
    """
    places = [root / FOLDER / f"{name}.json" for root in _roots()]
    for path in places:
        if path.is_file():
            return path
    there = next((path for path in places if path.parent.is_dir()), FOLDER / f"{name}.json")
    raise FileNotFoundError(f"no quiz {name!r}: {there} is not there")


def _roots() -> Iterator[Path]:
    # A chapter is executed in an empty folder somewhere, with bnlib installed from a checkout.
    here = Path.cwd()
    yield from (here, *here.parents)
    yield from Path(bnlib.__file__).absolute().parents


def _html(answer: Answer) -> str:
    kind, word = ("right", "Right.") if answer.right else ("wrong", "Not this one.")
    return (
        f'<details class="{kind}"><summary>{_markdown(answer.text)}</summary>'
        f"<p><strong>{word}</strong> {_markdown(answer.feedback)}</p></details>"
    )


def _markdown(text: str) -> str:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    # The class is the one by which Sphinx hands formulas to MathJax; Jupyter knows \( and \).
    parser = MarkdownIt("commonmark", {"html": False}).use(dollarmath_plugin)
    parser.add_render_rule("math_inline", _formula)
    return parser.renderInline(text)


def _formula(self, tokens, index, options, env) -> str:
    return (
        f'<span class="math notranslate nohighlight">\\({escape(tokens[index].content)}\\)</span>'
    )
