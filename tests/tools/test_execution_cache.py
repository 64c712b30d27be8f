"""A chapter is executed again when what it depends on has changed, and only then."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tools import execution_cache
from tools.execution_cache import cache_path, code_of

ROOT = Path(__file__).resolve().parents[2]
CODE = "from bnlib.figures import without"


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    root = tmp_path_factory.mktemp("copied")
    shutil.copytree(ROOT / "bnlib", root / "bnlib", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "constraints.txt", root)
    return root


@pytest.fixture
def project(copied, tmp_path):
    # Hard links: a change must replace a file, not write into it.
    return shutil.copytree(copied, tmp_path / "project", copy_function=os.link)


def replace(path, text):
    path.unlink(missing_ok=True)
    path.write_text(text)


def test_the_same_library_has_the_same_cache(project):
    before = cache_path("a", CODE, project)
    (project / "bnlib" / "__pycache__").mkdir(exist_ok=True)
    (project / "bnlib" / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    (project / "README.md").write_text("no part of the library")
    assert cache_path("a", CODE, project) == before
    assert before.is_relative_to(project / "_build")


def test_no_two_chapters_share_a_cache(project):
    assert cache_path("book/a", CODE, project) != cache_path("book/b", CODE, project)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bnlib/figures/without.py", "edited = 1\n"),
        ("bnlib/figures/style.py", None),
        ("bnlib/norms/batch.py", "# the core\n"),
        ("bnlib/figures/new.csv", "data beside the code\n"),
        ("constraints.txt", "numpy==2.0.2\n"),
    ],
)
def test_a_change_of_what_a_chapter_uses_has_a_new_cache(project, name, text):
    before = cache_path("a", CODE, project)
    if text is None:
        (project / name).unlink()
    else:
        replace(project / name, text)
    assert cache_path("a", CODE, project) != before


def test_a_renamed_module_has_a_new_cache(project):
    before = cache_path("a", "from bnlib.figures import *", project)
    (project / "bnlib/figures/without.py").rename(project / "bnlib/figures/renamed.py")
    assert cache_path("a", "from bnlib.figures import *", project) != before


@pytest.mark.parametrize(
    "name",
    ["bnlib/grader/cells.py", "bnlib/commands/root.py", "bnlib/checks/report.py", "bnlib/new.py"],
)
def test_a_change_elsewhere_in_the_library_keeps_the_cache(project, name):
    before = cache_path("a", CODE, project)
    replace(project / name, "edited = 1\n")
    assert cache_path("a", CODE, project) == before


def test_only_a_notebook_has_code():
    assert code_of("# A page\n\n```{code-cell}\nx = 1\n```\n") is None
    front = "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n"
    assert code_of(f"{front}# A\n\n```{{code-cell}}\n:tags: [a]\nx = 1\n```\n") == "x = 1"


def test_kernels_are_quiet_and_have_one_thread_and_no_users_profile(tmp_path, monkeypatch):
    names = ("BNLIB_QUIET", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "IPYTHONDIR")
    for name in names:
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    execution_cache.set_environment(tmp_path)
    assert [os.environ[name] for name in names[:3]] == ["1", "2", "1"]
    assert Path(os.environ["IPYTHONDIR"]).is_relative_to(tmp_path)


def test_a_chapter_is_outdated_when_its_hash_is_and_others_are_told(project):
    front = "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n"
    for name in ("old", "new", "page"):
        text = f"```{{code-cell}}\n{CODE}\n```\n"
        (project / f"{name}.md").write_text((front if name != "page" else "") + text)
    key = cache_path("a", CODE, project).name
    env = SimpleNamespace(
        found_docs={"old", "new", "page"},
        metadata={"old": {execution_cache.KEY: "0"}, "new": {execution_cache.KEY: key}, "page": {}},
        doc2path=lambda name: str(project / f"{name}.md"),
    )
    changed = set()
    app = SimpleNamespace(srcdir=str(project))
    assert execution_cache.outdated(app, env, set(), changed, set()) == ["old"]
    assert changed == {"old"}


def test_the_book_uses_it():
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert config["sphinx"]["local_extensions"]["tools.execution_cache"] == "."
