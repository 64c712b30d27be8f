"""One process fetches, executes and writes the book."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import build

ROOT = Path(__file__).resolve().parents[2]

FRONT = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter

"""
CONFIG = """\
title: Trial
author: nobody
only_build_toc_files: true
execute:
  execute_notebooks: cache
  exclude_patterns: ["other/*"]
  timeout: 60
  run_in_temp: true
  raise_on_error: true
  stderr_output: error
sphinx:
  local_extensions:
    tools.execution_cache: "."
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A book of a start page and a chapter that prints 21."""
    root = tmp_path / "project"
    (root / "book").mkdir(parents=True)
    (root / "book" / "index.md").write_text("# Start\n\nA page.\n")
    (root / "book" / "one.md").write_text(
        FRONT + "```{code-cell} ipython3\nprint(3 * 7)\n```\n\nText.\n"
    )
    (root / "_config.yml").write_text(CONFIG)
    (root / "constraints.txt").write_text("")
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n  - file: book/one\n"
    )
    for name in ("BNLIB_QUIET", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "IPYTHONDIR"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(build, "_fetch", lambda: None)
    return root


def make(root):
    return build.build(root, root / "_toc.yml", root / "_build", 1)


def test_a_book_is_built_and_an_edit_of_text_executes_nothing(project, capsys):
    html = make(project)
    page = html / "book" / "one.html"
    assert "21" in page.read_text("utf-8")
    assert "1 chapters executed" in capsys.readouterr().out
    chapter = project / "book" / "one.md"
    chapter.write_text(chapter.read_text("utf-8") + "\nOne more sentence.\n")
    make(project)
    assert "One more sentence." in page.read_text("utf-8")
    said = capsys.readouterr().out
    assert "0 chapters executed" in said
    assert "0 added, 1 changed" in said, said


def test_a_warning_fails_the_build_again_and_again(project):
    chapter = project / "book" / "one.md"
    text = chapter.read_text("utf-8")
    chapter.write_text(text + "\n{nothing}`here`\n")
    for _ in range(2):
        with pytest.raises(SystemExit, match="without a warning"):
            make(project)
        # All that could be written was: an author sees the rest of the page.
        assert (project / "_build" / "html" / "book" / "one.html").is_file()
    chapter.write_text(text)
    make(project)


def test_a_chapter_that_fails_is_named_and_no_page_written(project, capsys):
    chapter = project / "book" / "one.md"
    chapter.write_text(chapter.read_text("utf-8").replace("3 * 7", "3 / 0"))
    with pytest.raises(SystemExit, match="failed: book/one"):
        make(project)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert not (project / "_build" / "html").exists()


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
