"""What a grader that was killed leaves is removed by the next; what one uses is not."""

import os
import subprocess
import sys
import tempfile
import time

import pytest

pytest.importorskip("fcntl")
from bnlib.grader.sandbox import folders

HOLDS = """
import sys, time
from bnlib.grader.sandbox import folders
with folders.temporary() as folder:
    (folder / "course").mkdir()
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def names(place) -> list[str]:
    """What is there, all of it made to look old."""
    for folder in place.iterdir():
        os.utime(folder, (time.time() - 3600,) * 2)
    return sorted(folder.name for folder in place.iterdir())


def test_a_folder_is_gone_afterwards(place):
    with folders.temporary() as folder:
        assert folder.parent == place
    assert names(place) == []


def test_what_a_killed_process_left_is_removed_by_the_next_and_nothing_else(place):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(place)},
    )
    left = os.path.basename(other.stdout.readline().decode().strip())
    (place / "somebody-elses").mkdir()
    (place / "bnlib-grader-file").write_text("")
    others = ["bnlib-grader-file", "somebody-elses"]
    assert names(place) == sorted([left, *others])
    with folders.temporary():
        assert left in names(place)  # it is in use
    other.kill()
    other.wait()
    with folders.temporary() as folder:
        assert names(place) == sorted([folder.name, *others])
    assert names(place) == others


def test_a_young_folder_without_a_lock_is_left_to_who_makes_it(place):
    (place / "bnlib-grader-young").mkdir()
    with folders.temporary():
        assert (place / "bnlib-grader-young").exists()


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """A folder that stands for the one in memory, where nobody chose a place."""
    shared = tmp_path / "shm"
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    monkeypatch.setattr(folders, "_IN_MEMORY", str(shared))
    return shared


def test_a_folder_is_in_memory_where_there_is_such_a_place(memory):
    left = memory / "bnlib-grader-left"
    left.mkdir()
    os.utime(left, (time.time() - 3600,) * 2)
    with folders.temporary() as folder:
        assert folder.parent == memory
        assert not left.exists()
    assert list(memory.iterdir()) == []


def test_who_chose_a_place_gets_it(memory, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with folders.temporary() as folder:
        assert folder.parent == tmp_path


@pytest.mark.parametrize("fault", ["there is none", "not sticky", "a link", "little room"])
def test_else_it_is_where_temporary_files_are(memory, monkeypatch, fault):
    if fault == "there is none":
        memory.rmdir()
    elif fault == "not sticky":
        memory.chmod(0o777)
    elif fault == "a link":
        memory.rename(memory.with_name("elsewhere"))
        memory.symlink_to("elsewhere")
    else:
        room = os.statvfs(memory)
        monkeypatch.setattr(folders, "_ROOM", room.f_blocks * room.f_frsize + 1)
    assert folders._place() == "/tmp"
