"""What is handed out holds the exercises and the library, and no solution page."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from tools import exercises, handout

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The zip, and its name; built from a copy, so that nothing is left in the working tree."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-text", "constraints.txt"):
        shutil.copy(ROOT / name, source)
    for folder in ("bnlib", "exercises", "book", "solutions"):
        shutil.copytree(
            ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    target = tmp_path_factory.mktemp("dist") / "handout.zip"
    names = handout.write_zip(target, source)
    with zipfile.ZipFile(target) as opened:
        assert opened.testzip() is None
        yield opened, names


def test_every_exercise_and_no_solution_is_in_the_zip(archive):
    opened, names = archive
    held = {name.removeprefix("batchnorm-course/") for name in opened.namelist()}
    assert held == set(names)
    for source in exercises.sources():
        assert f"exercises/{source.stem}.ipynb" in held
        assert f"book/{source.stem}.md" in held or list((ROOT / "book").glob("*.md"))
    assert not [name for name in held if "solution" in name]
    for name in opened.namelist():
        if name.endswith((".ipynb", ".md", ".txt")):
            assert b"BEGIN SOLUTION" not in opened.read(name), name


def test_what_the_notebooks_link_to_is_in_the_zip(archive):
    opened, names = archive
    import re

    for name in opened.namelist():
        if name.endswith(".ipynb"):
            notebook = nbformat.reads(opened.read(name).decode(), as_version=4)
            text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
            for link in re.findall(r"\]\(\.\./([^)#]+)", text):
                assert link in names, f"{name} links to {link}"


def test_the_start_page_names_the_wheel_that_is_there(archive):
    opened, names = archive
    start = opened.read("batchnorm-course/START.txt").decode()
    (wheel,) = [name for name in names if name.endswith(".whl")]
    assert f'"{wheel}[torch,notebooks,check]"' in start


def test_the_contents_lose_the_solutions_and_nothing_else():
    before = yaml.safe_load((ROOT / "_toc.yml").read_text())
    after = yaml.safe_load(handout.contents_without_solutions(ROOT))
    listed = [c["file"] for part in before["parts"] for c in part["chapters"]]
    kept = [c["file"] for part in after["parts"] for c in part["chapters"]]
    assert kept == [file for file in listed if not file.startswith("solutions/")]
    assert len(kept) < len(listed)
    assert after["root"] == before["root"]


def test_contents_of_another_form_are_an_error(tmp_path):
    (tmp_path / "_toc.yml").write_text("parts:\n- chapters:\n  - file: book/index\n")
    with pytest.raises(ValueError, match="lists no page of solutions/"):
        handout.contents_without_solutions(tmp_path)


def test_the_site_without_solutions_builds_and_shows_none(site):
    run = subprocess.run(["make", "book", "SOLUTIONS=0"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    built = ROOT / "_build" / "handout" / "_build" / "html"
    pages = {p.relative_to(built).as_posix() for p in built.rglob("*.html")}
    assert "exercises/04_algorithm.html" in pages
    assert not [page for page in pages if page.startswith("solutions")]
    for path in built.rglob("*"):
        if path.suffix in (".html", ".ipynb", ".md", ".js") and "_static" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert "solutions/0" not in text, path
            assert "Why this is right" not in text, path
