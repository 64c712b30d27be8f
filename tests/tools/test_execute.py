"""Chapters are executed several at a time, and the build then finds their outputs."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.tools.small_book import add
from tools import execute

ROOT = Path(__file__).resolve().parents[2]


def run(root, processes=2):
    return execute.run(root, root / "_toc.yml", processes)


def test_a_chapter_runs_once_where_it_can_do_no_harm_and_again_when_it_changes(project, capsys):
    add(
        project, "book/01_a", "import os\nassert not os.listdir()\nassert os.environ['BNLIB_QUIET']"
    )
    add(project, "book/02_b", "2")
    add(project, "other/03_c", "raise ValueError  # excluded in _config.yml")
    done = run(project)
    assert sorted(o.name for o in done) == ["book/01_a", "book/02_b"]
    assert not any(o.error for o in done)
    out = capsys.readouterr().out
    assert "book/01_a" in out
    assert "book/02_b" in out
    assert run(project) == []
    path = project / "book" / "02_b.md"
    path.write_text(path.read_text() + "\nAnd some text.\n")
    assert run(project) == []
    add(project, "book/02_b", "3")
    assert [o.name for o in run(project)] == ["book/02_b"]


def test_two_chapters_run_at_the_same_time(project):
    # Each waits for the file of the other.
    meet = "import pathlib, time\np = pathlib.Path({folder!r})\n(p / {me!r}).touch()\n"
    meet += "while not (p / {other!r}).exists():\n    time.sleep(0.05)"
    folder = str(project)
    add(project, "book/01_a", meet.format(folder=folder, me="a", other="b"))
    add(project, "book/02_b", meet.format(folder=folder, me="b", other="a"))
    assert not any(o.error for o in run(project))


def test_chapters_that_end_at_the_same_time_keep_both_their_outputs(project):
    # jupyter-cache looks up which notebooks to keep, then removes the others: all those that were
    # stored in between. Here the second is stored just then.
    first, looked, stored = (project / name for name in ("first", "looked", "stored"))

    def until(there):
        end = time.monotonic() + 30
        while not there.exists():
            assert time.monotonic() < end, f"{there.name} never came"
            time.sleep(0.01)

    def in_step(connection, cursor, statement, *_):
        if statement.startswith("INSERT INTO nbcache"):
            try:
                first.mkdir()
            except FileExistsError:
                until(looked)
        elif "nbcache.pk NOT IN" in statement:
            if looked.exists():
                stored.touch()
            else:
                looked.touch()
                until(stored)

    add(project, "book/01_a", "1")
    add(project, "book/02_b", "2")
    event.listen(Engine, "before_cursor_execute", in_step)
    try:
        assert not any(o.error for o in run(project))
    finally:
        event.remove(Engine, "before_cursor_execute", in_step)
    assert stored.exists()
    assert run(project) == []


def test_an_error_is_shown_with_its_traceback_and_its_chapter(project, capsys):
    add(project, "book/01_a", "1")
    add(project, "book/02_b", "def f():\n    return 1 / 0\nf()")
    errors = {o.name: o.error for o in run(project)}
    assert errors["book/01_a"] == ""
    assert "ZeroDivisionError" in errors["book/02_b"]
    said = capsys.readouterr().err
    assert "book/02_b failed" in said
    assert "return" in said
    # What failed is tried again, what went well is not.
    assert [o.name for o in run(project)] == ["book/02_b"]


def test_what_a_chapter_writes_to_stderr_is_an_error(project):
    add(project, "book/01_a", "import sys\nprint('hm', file=sys.stderr)")
    assert [o.error for o in run(project)] == ["hm\n"]


def test_the_longest_of_the_last_time_is_first_but_for_what_is_new(project):
    times = project / execute.FOLDER / execute.TIMES
    times.parent.mkdir(parents=True)
    times.write_text('{"01_a": 1.0, "02_b": 2.0}')
    for name in ("01_a", "02_b", "03_c"):
        add(project, f"book/{name}", "3")
    assert [o.name for o in run(project, processes=1)] == ["book/03_c", "book/02_b", "book/01_a"]


def test_the_command_fails_when_a_chapter_does(project, monkeypatch):
    add(project, "book/01_a", "1 / 0")
    monkeypatch.setattr(execute, "ROOT", project)
    monkeypatch.setattr(sys, "argv", ["execute", "--toc", str(project / "_toc.yml")])
    with pytest.raises(SystemExit) as stopped:
        execute.main()
    assert "book/01_a" in str(stopped.value)


def test_the_build_executes_nothing_again(project):
    shutil.copytree(ROOT / "tools", project / "tools", ignore=shutil.ignore_patterns("*.pyc"))
    log = project / "log.txt"
    for name in ("01_a", "02_b"):
        count = f"with open({str(log)!r}, 'a') as f:\n    print({name!r}, file=f)"
        add(project, f"book/{name}", count)
    run(project)
    command = Path(sys.executable).with_name("jupyter-book")
    build = [command, "build", str(project), "-W", "-n"]
    done = subprocess.run(build, capture_output=True, text=True, cwd=project)
    assert done.returncode == 0, done.stderr
    assert sorted(log.read_text().split()) == ["01_a", "02_b"]
    # A change that execute.py has not seen: Sphinx executes it, and that chapter alone.
    time.sleep(0.01)
    (project / "constraints.txt").write_text("numpy==0\n")
    done = subprocess.run(build, capture_output=True, text=True, cwd=project)
    assert done.returncode == 0, done.stderr
    assert sorted(log.read_text().split()) == ["01_a", "01_a", "02_b", "02_b"]
