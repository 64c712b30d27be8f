"""The glossary: in order, each term once, each entry with the section that shows it."""

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
GLOSSARY = (BOOK / "glossary.md").read_text(encoding="utf-8")
ENTRIES = GLOSSARY.split("```{glossary}\n")[1].split("```")[0].strip("\n").split("\n\n")
LINK = re.compile(r"\{ref\}`([^`<]+) <([\w-]+)>`")


def terms(entry: str) -> list[str]:
    return [line for line in entry.splitlines() if not line.startswith(" ")]


@pytest.fixture(scope="module")
def sections():
    """By the label of a section: how an entry names its chapter."""
    return {
        label: "Start here" if path.name.startswith("00") else f"Chapter {int(path.name[:2])}"
        for path in BOOK.glob("[0-9][0-9]_*.md")
        for label in re.findall(r"^\((sec-[\w-]+)\)=$", path.read_text("utf-8"), re.MULTILINE)
    }


def test_the_entries_stand_in_the_order_of_the_alphabet():
    first = [terms(entry)[0].casefold().replace("-", " ") for entry in ENTRIES]
    assert first == sorted(first)


def test_no_term_stands_twice():
    every = [term.casefold() for entry in ENTRIES for term in terms(entry)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: terms(entry)[0])
def test_an_entry_links_to_a_section_and_names_its_chapter(entry, sections):
    links = LINK.findall(entry)
    assert links
    for name, label in links:
        assert sections[label].casefold() == name.casefold()
