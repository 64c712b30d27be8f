"""Chapters are executed again when the library has changed."""

import shutil
from pathlib import Path

import pytest

from tools.execution_cache import cache_path

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path):
    shutil.copytree(ROOT / "bnlib", tmp_path / "bnlib", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "constraints.txt", tmp_path)
    return tmp_path


def some_module(project):
    return max((project / "bnlib").rglob("*.py"))


def test_the_same_library_has_the_same_cache(project):
    before = cache_path(project)
    (project / "bnlib" / "__pycache__").mkdir(exist_ok=True)
    (project / "bnlib" / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    (project / "README.md").write_text("no part of the library")
    assert cache_path(project) == before
    assert cache_path(project).name == cache_path(ROOT).name


def edit(project):
    path = some_module(project)
    path.write_text(path.read_text() + "# edited\n")


def edit_in_place(project):
    path = some_module(project)
    path.write_text(path.read_text().swapcase())


def add(project):
    (project / "bnlib" / "new.py").write_text("")


def remove(project):
    some_module(project).unlink()


def rename(project):
    some_module(project).rename(project / "bnlib" / "renamed.py")


def repin(project):
    (project / "constraints.txt").write_text("numpy==2.0.2\n")


@pytest.mark.parametrize("change", [edit, edit_in_place, add, remove, rename, repin])
def test_a_change_of_the_library_has_a_new_cache(project, change):
    before = cache_path(project)
    change(project)
    assert cache_path(project) != before


def test_the_book_uses_it():
    assert "execution_cache: tools" in (ROOT / "_config.yml").read_text()
