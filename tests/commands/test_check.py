"""`bnlib check NOTEBOOK` gives the scores that the notebook's own checks give."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("click")
from click.testing import CliRunner

from bnlib.checks import registry
from bnlib.commands.root import bnlib

ROOT = Path(__file__).resolve().parents[2]


def check(path, *options):
    return CliRunner().invoke(bnlib, ["check", str(path), *options])


@pytest.fixture
def own(tmp_path):
    """The solved notebook 4, its cells changed by a function of their source."""

    def write(change):
        notebook = nbformat.read(ROOT / "solutions" / "04_algorithm.ipynb", as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.source = change(cell.source)
        path = tmp_path / "mine.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


def rows(text):
    """(exercise, points, possible, status) of each row of the table."""
    found = {}
    for line in text.splitlines():
        parts = line.split()
        if len(parts) >= 5 and parts[2] == "of" and line.startswith("  "):
            found[parts[0]] = (float(parts[1]), float(parts[3]), " ".join(parts[4:]))
    return found


def test_a_solution_has_every_point(own):
    result = check(own(lambda source: source))
    assert result.exit_code == 0, result.output
    expected = {
        e.name: (e.points, e.points, "passed")
        for e in registry.exercises()
        if e.notebook == "04_algorithm"
    }
    assert rows(result.output) == expected
    assert result.output.splitlines()[-1].split() == ["sum", "30", "of", "30"]


def test_an_untouched_notebook_has_none():
    result = check(ROOT / "exercises" / "04_algorithm.ipynb")
    assert {row[2] for row in rows(result.output).values()} == {"not attempted"}
    assert result.output.splitlines()[-1].split() == ["sum", "0", "of", "30"]


def test_a_mistake_is_named_and_a_broken_cell_costs_its_own_exercise(own):
    def change(source):
        if "def standardize_batch" in source:
            return source.replace("np.sqrt(var + eps)", "(var + eps)")
        return "1 / 0" if "def restoring_affine" in source else source

    path = own(change)
    before = path.read_bytes()
    result = check(path)
    assert "You divide by the variance." in result.output
    assert "raised ZeroDivisionError: division by zero" in result.output
    found = rows(result.output)
    assert found["standardize_batch"] == (0, 6, "wrong")
    assert found["restoring_affine"] == (0, 5, "missing")
    assert found["batchnorm_forward"] == (7, 7, "passed")
    assert path.read_bytes() == before
    assert "You divide" not in check(path, "--table").output


def test_another_seed_draws_other_inputs(own):
    path = own(lambda source: source.replace("np.sqrt(var + eps)", "(var + eps)"))
    assert check(path).output != check(path, "--seed", "7").output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no json", "is no Jupyter notebook"),
        ("[]", "is no Jupyter notebook"),
        ('{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "is no Jupyter"),
        (json.dumps(nbformat.v4.new_notebook()), "defines no exercise"),
    ],
)
def test_what_is_no_notebook_of_the_course_is_an_error(tmp_path, content, said):
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    result = check(path)
    assert result.exit_code == 1
    assert said in result.output


def test_a_cell_that_does_not_end_is_an_error(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("while True: pass")])
    path = tmp_path / "x.ipynb"
    nbformat.write(notebook, path)
    result = check(path, "--timeout", "1")
    assert result.exit_code == 1
    assert "took more than 1 seconds" in result.output


def test_without_its_libraries_the_command_says_what_to_install():
    code = (
        "import sys; sys.modules['click'] = None; sys.argv = ['bnlib'];"
        "from bnlib.commands import main; main()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 1
    assert "pip install 'batchnorm-course[check]'" in run.stderr
