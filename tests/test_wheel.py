"""The wheel is pure Python and needs NumPy alone."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pip(*arguments, python=sys.executable):
    command = [sys.executable, "-m", "pip", "--python", python, "--quiet", *arguments]
    subprocess.run([str(part) for part in command], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of what the project is made of, built outside of the working tree."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-text"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "bnlib", source / "bnlib", ignore=shutil.ignore_patterns("*.pyc"))
    target = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", target, source)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of an environment that holds the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    interpreter = folder / "bin" / "python"
    pip("install", "-c", ROOT / "constraints.txt", wheel, python=interpreter)
    return interpreter


def say(python, code):
    run = subprocess.run(
        [str(python), "-I", "-c", code], capture_output=True, text=True, cwd=python.parent
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_it_is_pure_python(wheel):
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [n for n in names if n.endswith((".so", ".pyd", ".c"))]


def test_it_holds_the_library_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0].split("-")[0] for n in names} == {"bnlib", "batchnorm_course"}
    files = {p.relative_to(ROOT).as_posix() for p in (ROOT / "bnlib").rglob("*") if p.is_file()}
    assert {name for name in files if "__pycache__" not in name} <= set(names)
    licences = {n.rsplit("/")[-1] for n in names if "/licenses/" in n}
    assert licences == {"LICENSE", "LICENSE-text"}


def test_it_brings_numpy_alone(python):
    code = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"
    assert sorted(say(python, code)) == ["batchnorm-course", "numpy"]


def test_it_runs_with_numpy_alone(python):
    code = (
        "import sys, numpy as np, bnlib;"
        "y, cache = bnlib.batch_norm(np.arange(6.0).reshape(3, 2), np.ones(2), np.zeros(2));"
        "print(y.shape == (3, 2), *{'torch', 'matplotlib', 'IPython'} & set(sys.modules))"
    )
    assert say(python, code) == ["True"]


def test_it_brings_its_data(python):
    code = "from bnlib.data import digits; print(*(len(part) for part in digits()))"
    assert say(python, code) == ["1348", "1348", "449", "449"]


def test_its_checks_run_with_numpy_alone(python):
    code = (
        "import bnlib.checks.registry as r;"
        "print(*(e.name for e in r.exercises() if not e.points > 0), len(r.exercises()) > 0)"
    )
    assert say(python, code) == ["True"]
