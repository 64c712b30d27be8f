"""What a chapter can execute or read, found in its code."""

import ast
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.tools.small_book import write
from tools.dependencies import files_of
from tools.execution_cache import code_of

ROOT = Path(__file__).resolve().parents[2]

FILES = {
    "bnlib/__init__.py": (
        "from bnlib.core import f\n"
        "def __getattr__(name):\n    from bnlib.checks import check\n    return check\n"
    ),
    "bnlib/core.py": "def f():\n    import bnlib.late\n",
    "bnlib/late.py": "",
    "bnlib/other.py": "",
    "bnlib/checks/__init__.py": "",
    "bnlib/checks/registry.py": "import importlib\nimportlib.import_module('bnlib.exercises')\n",
    "bnlib/exercises/__init__.py": "",
    "bnlib/exercises/everything.py": "from . import one\n",
    "bnlib/exercises/one.py": "from ..other import g\n",
    "bnlib/lab/__init__.py": "",
    "bnlib/lab/experiments.py": "import pkgutil\n",
    "bnlib/lab/results/a.csv": "",
    "bnlib/lab/results/a.js": "",
    "bnlib/lab/first.py": "from bnlib.lab.experiments import Rows, experiment\n",
    "bnlib/lab/frameworks/__init__.py": "from importlib import util\n",
    "bnlib/lab/frameworks/asked.py": "import importlib\n",
    "bnlib/lab/second.py": "",
    "bnlib/lab/third.py": "import importlib\n",
    "bnlib/lab/fourth.py": "from importlib import metadata\n",
    "book/quizzes/04_x.json": "[]",
    "book/quizzes/05_y.json": "[]",
}
CORE = {"bnlib/__init__.py", "bnlib/core.py", "bnlib/late.py"}
LAB = {"bnlib/lab/__init__.py", "bnlib/lab/results/a.csv"}
FRAMEWORKS = {"bnlib/lab/frameworks/__init__.py", "bnlib/lab/frameworks/asked.py"}
CHECKS = {"bnlib/checks/__init__.py"}
BY_NAME = {
    *CHECKS,
    "bnlib/checks/registry.py",
    "bnlib/exercises/__init__.py",
    "bnlib/exercises/everything.py",
    "bnlib/exercises/one.py",
    "bnlib/other.py",
}
WHOLE = {n for n in FILES if n.startswith("bnlib") and not n.endswith(".js")}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write(tmp_path_factory.mktemp("project"), FILES)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1", set()),
        ("import numpy", set()),
        ("import bnlib", CORE),
        ("def f():\n    import bnlib", CORE),
        ("from bnlib import other", CORE | {"bnlib/other.py"}),
        ("import bnlib\nbnlib.check(f)", CORE | CHECKS),
        ("from bnlib import check", CORE | CHECKS),
        ("from bnlib.checks import registry", CORE | BY_NAME),
        ("from bnlib.checks.registry import exercises", CORE | BY_NAME),
        ("import bnlib.lab.second", CORE | LAB | {"bnlib/lab/second.py"}),
        (
            "from bnlib.lab import first",
            CORE | LAB | {"bnlib/lab/first.py", "bnlib/lab/experiments.py"},
        ),
        ("from bnlib.lab import fourth", CORE | LAB | {"bnlib/lab/fourth.py"}),
        ("import bnlib.lab.frameworks", CORE | LAB | FRAMEWORKS),
        # Modules imported by a name that is not in the code.
        ("from bnlib.lab import third", WHOLE),
        ("from bnlib.lab.experiments import every", WHOLE),
        ("import importlib", WHOLE),
        ("__import__('bnlib.' + name)", WHOLE),
        ("%run something", WHOLE),
        ("quiz('04_x')", {"book/quizzes/04_x.json"}),
        ("quiz(name)", {"book/quizzes/04_x.json", "book/quizzes/05_y.json"}),
    ],
)
def test_what_code_reaches(project, code, expected):
    found = {path.relative_to(project).as_posix() for path in files_of(code, project)}
    assert found == expected


# ---------------------------------------------------------------- the chapters as they are

CHAPTERS = {
    path.stem: code
    for path in sorted((ROOT / "book").glob("*.md"))
    if (code := code_of(path.read_text("utf-8")))
}


def loaded_by_imports(code):
    """The files of bnlib that are loaded once all imports of the code have run."""
    for name in [name for name in sys.modules if name.split(".")[0] == "bnlib"]:
        del sys.modules[name]  # this file has imported some
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            exec(compile(ast.Module([node], []), "<chapter>", "exec"), {})
    modules = [m for name, m in list(sys.modules.items()) if name.split(".")[0] == "bnlib"]
    return [m.__file__ for m in modules if getattr(m, "__file__", None)]


def test_every_module_that_a_chapter_loads_is_found():
    # A process for each chapter, forked where nothing of bnlib has been imported.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["numpy", "torch", "matplotlib.pyplot", "scipy", "tqdm"])
    missed = {}
    with ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1) as pool:
        for name, files in zip(
            CHAPTERS, pool.map(loaded_by_imports, CHAPTERS.values()), strict=True
        ):
            loaded = {Path(file).resolve() for file in files}
            assert loaded, name
            missed[name] = sorted(map(str, loaded - files_of(CHAPTERS[name], ROOT)))
    assert {name: files for name, files in missed.items() if files} == {}


def test_no_chapter_depends_on_the_grader_or_the_commands():
    apart = [ROOT / "bnlib" / name for name in ("grader", "commands", "authoring")]
    for name, code in CHAPTERS.items():
        wrong = [p for p in files_of(code, ROOT) if any(p.is_relative_to(a) for a in apart)]
        assert not wrong, name


def test_an_edit_for_one_chapter_leaves_the_others_alone():
    only = ROOT / "bnlib" / "figures" / "without.py"
    again = [name for name, code in CHAPTERS.items() if only in files_of(code, ROOT)]
    assert "11_without" in again
    assert len(again) < len(CHAPTERS) / 2
