"""A test that could not be run is said so in the last line, and is a failure under STRICT=1."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"

NEEDS = """
import pytest

@pytest.mark.needs_system("chromium", "chromedriver")
def test_in_a_browser():
    pass

def test_elsewhere():
    pass
"""
SKIPS = """
import pytest

def test_with_a_library():
    pytest.importorskip("no_such_library")
"""
MODULE_SKIPS = """
import pytest

pytest.skip("not on this machine", allow_module_level=True)
"""
FAILS = """
import pytest

@pytest.mark.needs_system("bubblewrap")
def test_in_a_sandbox():
    pass

def test_wrong():
    assert False
"""
UNKNOWN = """
import pytest

@pytest.mark.needs_system("crhomium")
def test_in_a_browser():
    pass
"""
PAGES = """
def test_a_page(site):
    pass
"""


@pytest.fixture(params=[(), ("-p", "xdist", "-n", "1")], ids=["alone", "with xdist"])
def run(request, tmp_path):
    """Run a test file in a project of its own, without any program of the system."""

    def run(text, **environment):
        tests = tmp_path / "tests"
        tests.mkdir()
        (tests / "conftest.py").write_text(CONFTEST.read_text())
        (tests / "test_one.py").write_text(text)
        (tmp_path / "pytest.ini").write_text(
            "[pytest]\nmarkers =\n    needs_system(*commands): a program of the system\n"
        )
        kept = {k: v for k, v in os.environ.items() if k != "STRICT" and "PYTEST" not in k}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *request.param, "tests"],
            cwd=tmp_path,
            env={
                **kept,
                "PATH": str(tmp_path),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                **environment,
            },
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout.strip().splitlines()

    return run


def test_a_missing_program_is_named_in_the_last_line(run):
    code, lines = run(NEEDS)
    assert code == 0
    assert lines[-1] == (
        "NOT RUN: tests/test_one.py without chromium and chromedriver, 1 test : make system"
    )
    assert re.search("1 passed, 1 skipped", lines[-2])


def test_strict_makes_it_a_failure(run):
    code, lines = run(NEEDS, STRICT="1")
    assert code == 1
    assert lines[-1].startswith("NOT RUN: tests/test_one.py without chromium")
    assert "a failure: STRICT=1" in lines[-1]


def test_strict_zero_is_not_strict(run):
    assert run(NEEDS, STRICT="0")[0] == 0


@pytest.mark.parametrize(
    ("text", "what"),
    [(SKIPS, "no_such_library"), (MODULE_SKIPS, "not on this machine")],
    ids=["a test", "a module"],
)
@pytest.mark.parametrize("strict", ["", "1"], ids=["lenient", "strict"])
def test_any_skip_counts(run, text, what, strict):
    code, lines = run(text, STRICT=strict)
    assert (code == 1) if strict else (code in (0, 5))
    assert lines[-1].startswith("NOT RUN: ")
    assert what in lines[-1]


def test_a_failure_stays_a_failure(run):
    code, lines = run(FAILS)
    assert code == 1
    assert lines[-1].startswith("NOT RUN: tests/test_one.py without bubblewrap")


def test_pages_without_the_book(run):
    code, lines = run(PAGES, STRICT="1")
    assert code == 1
    assert lines[-1].endswith(": make book")


def test_a_misspelt_program_is_an_error(run):
    code, lines = run(UNKNOWN)
    assert code == 1
    assert any("crhomium" in line for line in lines)
