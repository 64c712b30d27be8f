"""Where feedback sends a reader must exist in the book, under the words that are given."""

import re
from pathlib import Path

import pytest

from bnlib.checks.registry import exercises
from bnlib.exercises import sections

BOOK = Path(__file__).resolve().parents[2] / "book"
ALL = [getattr(sections, name) for name in dir(sections) if name.isupper()]


@pytest.mark.parametrize("section", ALL, ids=lambda s: s.label)
def test_the_section_is_in_the_book_under_its_title(section):
    text = (BOOK / f"{section.chapter}.md").read_text(encoding="utf-8")
    found = re.search(rf"^\({re.escape(section.label)}\)=\n+#+ (.+)$", text, re.MULTILINE)
    assert found, f"{section.chapter}.md has no label {section.label}"
    assert found[1].strip() == section.title


def test_every_check_sends_to_a_section_of_the_list():
    for exercise in exercises():
        for check in exercise.checks:
            assert check.section in ALL
