"""One process fetches, executes and writes the book."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import small_book
from tools import build

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def book(project, monkeypatch):
    """A book of a start page and a chapter that prints 21."""
    small_book.add(project, "book/one", "print(3 * 7)")
    monkeypatch.setattr(build, "_fetch", lambda: None)
    return project


def make(root):
    return build.build(root, root / "_toc.yml", root / "_build", 1)


def test_a_book_is_built_and_an_edit_of_text_executes_nothing(book, capsys):
    html = make(book)
    page = html / "book" / "one.html"
    assert "21" in page.read_text("utf-8")
    assert "1 chapters executed" in capsys.readouterr().out
    chapter = book / "book" / "one.md"
    chapter.write_text(chapter.read_text("utf-8") + "\nOne more sentence.\n")
    make(book)
    assert "One more sentence." in page.read_text("utf-8")
    said = capsys.readouterr().out
    assert "0 chapters executed" in said
    assert "0 added, 1 changed" in said, said


def test_a_warning_fails_the_build_again_and_again(book):
    chapter = book / "book" / "one.md"
    text = chapter.read_text("utf-8")
    chapter.write_text(text + "\n{nothing}`here`\n")
    for _ in range(2):
        with pytest.raises(SystemExit, match="without a warning"):
            make(book)
        # All that could be written was: an author sees the rest of the page.
        assert (book / "_build" / "html" / "book" / "one.html").is_file()
    chapter.write_text(text)
    make(book)


def test_a_chapter_that_fails_is_named_and_no_page_written(book, capsys):
    chapter = book / "book" / "one.md"
    chapter.write_text(chapter.read_text("utf-8").replace("3 * 7", "3 / 0"))
    with pytest.raises(SystemExit, match="failed: book/one"):
        make(book)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert not (book / "_build" / "html").exists()


def test_without_solutions_another_folder_is_built(monkeypatch, tmp_path):
    seen = {}

    def noted(root, toc, output, processes):
        seen.update(toc=toc.read_text("utf-8"), output=output)
        return output

    monkeypatch.setattr(build, "build", noted)
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["build", "--without-solutions"])
    build.main()
    assert seen["output"] == tmp_path / "_build" / "handout" / "_build"
    assert "exercises/04_algorithm" in seen["toc"]
    assert "solutions/" not in seen["toc"]


def test_the_makefile_calls_it():
    def commands(*variables):
        command = ["make", "--dry-run", "--assume-old=.venv/.installed", "book", *variables]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [line.split("python ")[1].strip() for line in done.stdout.splitlines()]

    assert commands() == ["-m tools.build"]
    assert commands("SOLUTIONS=0") == ["-m tools.build --without-solutions"]
