"""A small book, for the tests of what reads, executes and builds one."""

from __future__ import annotations

from pathlib import Path

# Of a chapter, and of a solution: Markdown that is read as a notebook.
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
  allow_errors: false
  raise_on_error: true
  stderr_output: error
sphinx:
  local_extensions:
    tools.execution_cache: "."
"""


def write(root: Path, files: dict[str, str]) -> Path:
    """Lay files, by their paths below ``root``; returns ``root``."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def cell(code: str, tags: str = "") -> str:
    options = f":tags: [{tags}]\n\n" if tags else ""
    return f"```{{code-cell}} ipython3\n{options}{code}\n```\n"


def chapter(title: str, *cells: str) -> str:
    return f"{FRONT}\n# {title}\n\n" + "\n".join(cells)


def begin(root: Path) -> Path:
    """A book of a start page, to which chapters are added by ``add``."""
    toc = "format: jb-book\nroot: book/index\nchapters:\n"
    files = {"book/index.md": "# Start\n\nA page.\n", "_config.yml": CONFIG, "constraints.txt": ""}
    return write(root, {**files, "_toc.yml": toc})


def add(root: Path, name: str, code: str) -> Path:
    """Write a chapter of one cell, anew if it is there; returns its path."""
    path = root / f"{name}.md"
    if not path.exists():
        with (root / "_toc.yml").open("a") as toc:
            toc.write(f"  - file: {name}\n")
    write(root, {f"{name}.md": chapter(name, cell(code))})
    return path
