"""`bnlib grade` from a folder to a gradebook, through the real sandbox."""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("click")
from click.testing import CliRunner

from bnlib.commands import grade as command
from bnlib.commands.root import bnlib
from bnlib.grader.executors import local
from bnlib.grader.gradebook import Gradebook
from bnlib.grader.sandbox import calls, isolation
from bnlib.grader.sandbox.warm import Kind, Sandbox

ROOT = Path(__file__).resolve().parents[2]
POINTS = {"ada": 30, "bob": 0, "cem": 24}

pytestmark = pytest.mark.needs_system("bubblewrap")


def grade(*arguments):
    return CliRunner().invoke(bnlib, ["grade", *map(str, arguments)], env={"COLUMNS": "160"})


def changed(old: str, new: str) -> str:
    notebook = nbformat.read(ROOT / "solutions" / "04_algorithm.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    return nbformat.writes(notebook)


@pytest.fixture
def folder(tmp_path):
    """A right notebook, an untouched one, and one that divides by the variance in one exercise."""
    place = tmp_path / "in"
    place.mkdir()
    shutil.copy(ROOT / "solutions" / "04_algorithm.ipynb", place / "ada.ipynb")
    shutil.copy(ROOT / "exercises" / "04_algorithm.ipynb", place / "bob.ipynb")
    wrong = changed("return centred / np.sqrt(var + eps)", "return centred / (var + eps)")
    (place / "cem.ipynb").write_text(wrong)
    return place


def points(results) -> dict:
    with open(results / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: float(row["total"] or 0) for row in csv.DictReader(file)}


def test_a_folder_becomes_a_gradebook_and_pages(folder, tmp_path):
    out = tmp_path / "out"
    result = grade(folder, "--out", out)
    assert result.exit_code == 0, result.output
    assert points(out) == POINTS
    assert "24 of 30" in result.output
    page = (out / "feedback" / "cem.html").read_text()
    assert "You divide by the variance." in page
    assert "You divide by the variance." not in (out / "feedback" / "ada.html").read_text()
    report = (out / "class.html").read_text()
    assert "You divide by the variance." in report
    with Gradebook.open(out / "gradebook.sqlite", readonly=True) as book:
        (run,) = book.runs()
        assert run.finished
        assert run.isolation == "namespaces"
        assert {r.student: r.seed for r in book.current()} == dict.fromkeys(POINTS, run.seed)


def test_what_was_graded_is_not_graded_again(folder, tmp_path):
    out = tmp_path / "out"
    assert grade(folder, "--out", out).exit_code == 0
    (folder / "bob.ipynb").write_text(changed("", ""))
    assert grade(folder, "--out", out).exit_code == 0
    assert points(out) == {**POINTS, "bob": 30}

    def times():
        with Gradebook.open(out / "gradebook.sqlite", readonly=True) as book:
            return {name: len(book.history(name, "04_algorithm")) for name in POINTS}

    assert times() == {"ada": 1, "bob": 2, "cem": 1}
    assert grade(folder, "--out", out, "--regrade").exit_code == 0
    assert times() == {"ada": 2, "bob": 3, "cem": 2}


@pytest.fixture
def judges(monkeypatch) -> list:
    """Of each time that judges were made: the kind of their sandbox, and how many have a twin."""
    made = []

    class Judges(local.Judges):
        def __init__(self, processes, sandbox, early, meanwhile):
            super().__init__(processes, sandbox, early, meanwhile)
            made.append((sandbox and sandbox.kind, early))

    monkeypatch.setattr(local, "Judges", Judges)
    return made


def test_a_sandbox_is_started_early_only_where_all_is_to_be_graded(folder, tmp_path, judges):
    out = tmp_path / "out"
    for more in ((), (), ("--regrade",)):
        assert grade(folder, "--out", out, *more).exit_code == 0
    assert judges == [(Kind(), 3), (None, 3), (Kind(), 3)]


@pytest.mark.parametrize(
    "error", [OSError("no room"), calls.NoFilter("not yet"), isolation.NoSandbox("not yet")]
)
def test_without_a_sandbox_so_early_all_is_graded(folder, tmp_path, judges, monkeypatch, error):
    def none(kind):
        raise error

    monkeypatch.setattr(command, "Sandbox", none)
    assert grade(folder, "--out", tmp_path).exit_code == 0
    assert points(tmp_path) == POINTS
    assert judges == [(None, 3)]


def test_with_a_sandbox_that_is_lost_so_early_all_is_graded(folder, tmp_path, judges, monkeypatch):
    class Lost(Sandbox):
        def warm(self, torch, core):
            raise ConnectionError("it is gone")

    monkeypatch.setattr(command, "Sandbox", Lost)
    assert grade(folder, "--out", tmp_path).exit_code == 0
    assert points(tmp_path) == POINTS
    assert judges == [(None, 3)]


def test_an_address_of_the_book_that_is_none_is_said_before_anything_is_done(folder, tmp_path):
    for asked in ((folder,), ("--adjust", "ada", "standardize_batch", 1, "why")):
        out = tmp_path / "out"
        result = grade(*asked, "--out", out, "--book", "javascript:alert(1)")
        assert result.exit_code == 2
        said = "Invalid value for '--book': the book's address is 'javascript:alert(1)'"
        assert said in " ".join(result.output.split())
        assert not out.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Windows: use WSL")
def test_a_terminal_shows_how_far_it_is(folder, tmp_path):
    ours, theirs = os.openpty()
    line = [sys.executable, "-m", "bnlib.commands", "grade", folder, "--out", tmp_path / "out"]
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # that it is gone
            while part := terminal.read(1024):
                said += part
        assert process.wait() == 0
    assert b"grading" in said
    assert b"3/3" in said


@pytest.mark.parametrize("name", ["IPython", "jinja2", "rich", "threadpoolctl"])
def test_a_library_that_is_missing_is_said_before_anything_is_done(folder, tmp_path, name):
    code = (
        "import importlib.util, sys; find = importlib.util.find_spec; "
        f"importlib.util.find_spec = lambda n, *p: None if n == {name!r} else find(n, *p); "
        "from bnlib.commands import main; main()"
    )
    line = [sys.executable, "-c", code, "grade", str(folder), "--out", str(tmp_path / "out")]
    run = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert run.returncode == 1
    assert run.stderr == f"Error: {name} is missing: pip install 'batchnorm-course[grade]'\n"
    assert not (tmp_path / "out").exists()


def test_an_adjustment_is_shown_and_survives_a_regrade(folder, tmp_path):
    out = tmp_path / "out"
    grade(folder, "--out", out)
    result = grade("--adjust", "cem", "standardize_batch", "5", "told <me> in class", "--out", out)
    assert result.exit_code == 0, result.output
    assert points(out)["cem"] == 29
    assert "told &lt;me&gt; in class" in (out / "feedback" / "cem.html").read_text()
    grade(folder, "--out", out, "--regrade")
    assert points(out)["cem"] == 29
    assert "told &lt;me&gt; in class" in (out / "feedback" / "cem.html").read_text()
    nearest = grade("--adjust", "cem", "standardise_batch", "5", "x", "--out", out)
    assert nearest.exit_code == 1
    assert "standardize_batch" in nearest.output


def test_a_dispute_is_replayed_from_what_was_kept(folder, tmp_path):
    out = tmp_path / "out"
    grade(folder, "--out", out)
    shutil.rmtree(folder)
    result = grade("--replay", "cem", "--out", out)
    assert result.exit_code == 0, result.output
    assert "04_algorithm: 24 of 30 then, 24 now" in result.output
    assert "DIFFERENT" not in result.output


def test_a_replay_that_differs_says_so(folder, tmp_path, monkeypatch):
    out = tmp_path / "out"
    grade(folder, "--out", out)
    right = [(n, s) for n, s in _source(out, "ada")]
    monkeypatch.setattr(Gradebook, "source_of", lambda *_: right)
    result = grade("--replay", "cem", "--out", out)
    assert result.exit_code == 1
    assert "DIFFERENT standardize_batch: 0 points (wrong) then, 6 (passed) now" in result.output


def _source(out, student):
    with Gradebook.open(out / "gradebook.sqlite", readonly=True) as book:
        return book.source_of(student, "04_algorithm")


def test_a_roster_names_and_misses(folder, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\nada,Ada Lovelace\nbob,Bob\nzoe,Zoe\n")
    out = tmp_path / "out"
    result = grade(folder, "--out", out, "--roster", roster)
    assert "Ada Lovelace" in result.output
    assert "zoe: nothing was handed in" in result.output
    assert "cem.ipynb is of nobody on the roster" in result.output
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        assert {row["student"] for row in csv.DictReader(file)} == {"ada", "bob", "cem", "zoe"}


def test_killed_and_started_again_it_goes_on_with_the_same_seed(folder, tmp_path):
    for number in range(60):
        shutil.copy(folder / "ada.ipynb", folder / f"s{number:02}.ipynb")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "bnlib.commands", "grade", str(folder), "--out", str(out)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = 0
    while running.poll() is None and done < 10:
        time.sleep(0.05)
        done = _done(out)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    kept = _done(out)
    assert 10 <= kept < 63
    result = grade(folder, "--out", out)
    assert result.exit_code == 0, result.output
    assert sorted(points(out).values()) == [0, 24, *[30] * 61]
    with Gradebook.open(out / "gradebook.sqlite", readonly=True) as book:
        (run,) = book.runs()
        assert {r.seed for r in book.current()} == {run.seed}
        assert all(len(book.history(f"s{n:02}", "04_algorithm")) == 1 for n in range(60))


def _done(out) -> int:
    try:
        with Gradebook.open(out / "gradebook.sqlite", create=False, readonly=True) as book:
            return sum(1 for _ in book.current())
    except Exception:
        return 0  # not there yet


def test_without_a_sandbox_it_refuses_and_says_how_to_get_one(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(isolation.shutil, "which", lambda name: None)
    result = grade(folder, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "bubblewrap (bwrap) is not installed" in result.output
    assert "--unsafe-no-sandbox" in result.output
    assert not (tmp_path / "out").exists()


def test_an_unsafe_run_is_written_into_the_gradebook(folder, tmp_path):
    out = tmp_path / "out"
    result = grade(folder, "--out", out, "--unsafe-no-sandbox")
    assert result.exit_code == 0, result.output
    assert points(out) == POINTS
    with Gradebook.open(out / "gradebook.sqlite", readonly=True) as book:
        assert {r.isolation for r in book.current()} == {"none"}
        assert book.runs()[0].isolation == "none"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "expected one of SUBMISSIONS, --adjust, --replay and --demo"),
        (("--replay", "ada"), "gradebook.sqlite"),
        (("IN", "--notebook", "4"), "no notebook is named '4'"),
        (("IN", "--executor", "dask"), "--executor dask and --address belong together"),
        (("IN", "--roster", "IN/ada.ipynb"), "the roster has no column of ids"),
    ],
)
def test_what_cannot_be_done_is_said(folder, tmp_path, arguments, said):
    arguments = [a.replace("IN", str(folder)) for a in arguments]
    result = grade(*arguments, "--out", tmp_path / "out")
    assert result.exit_code != 0
    assert said in result.output
    assert not isinstance(result.exception, ValueError | TypeError | OSError)


def test_a_file_that_is_no_notebook_costs_nobody_else(folder, tmp_path):
    (folder / "mal.ipynb").write_text("{")
    os.symlink("/etc/hostname", folder / "sym.ipynb")
    (folder / "out.ipynb").write_text(json.dumps({"cells": 3}))
    out = tmp_path / "out"
    result = grade(folder, "--out", out, "--notebook", "04_algorithm")
    assert result.exit_code == 0, result.output
    assert points(out) == {**POINTS, "mal": 0, "out": 0}
    assert "sym.ipynb is a symbolic link" in result.output
    assert "unreadable" in result.output
