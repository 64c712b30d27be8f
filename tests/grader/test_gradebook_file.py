"""The gradebook's file: one writer, any death, and every way in which a file can be bad."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import tracemalloc
from contextlib import contextmanager
from pathlib import Path

import pytest
from grader.book_records import LIBRARY, SEED, begin, record

from bnlib.grader.gradebook import Gradebook, GradebookError
from bnlib.grader.gradebook.lock import Lock

TESTS = Path(__file__).resolve().parents[1]
CELLS = [(1, "x = 1\n")]

# Grades students as the coordinator does, in a fork for each line of stdin: imported once, so that
# many can be killed.
GRADING = """
import os, sys
from bnlib.grader.gradebook import Gradebook
from grader.book_records import LIBRARY, record

def grade():
    book = Gradebook.open(sys.argv[1])
    run = book.begin_run(library=LIBRARY, isolation="namespaces")
    for i in range(100_000):
        given = record(f"s{i:05}", seed=run.seed)
        if book.graded(given.student, given.notebook, given.digest, LIBRARY) is None:
            book.add(run, given, [(1, f"x = {i}")])
            os.write(1, b"added %d\\n" % i)  # at once: not torn by a kill

record()
for line in sys.stdin:
    worker = os.fork()
    if worker == 0:
        print(os.getpid(), flush=True)
        grade()
    os.waitpid(worker, 0)
    print("dead", flush=True)
"""

HOLDING = """
import os, sys, time
from bnlib.grader.gradebook import Gradebook

book = Gradebook.open(sys.argv[1])
worker = os.fork()
if worker == 0:  # a worker forked while the lock is held, which outlives its parent
    time.sleep(60)
    os._exit(0)
print(worker, flush=True)
time.sleep(60)
"""


def start(code: str, *arguments) -> subprocess.Popen:
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


class Grading:
    """A process that grades into a file, started and killed as often as one likes."""

    def __init__(self, path: Path):
        self.server = start(GRADING, path)
        self.worker = None

    def line(self) -> str:
        return self.server.stdout.readline().strip()

    def begin(self) -> int:
        self.server.stdin.write("begin\n")
        self.server.stdin.flush()
        self.worker, self.added = int(self.line()), 0
        return self.worker

    def wait(self, count: int) -> None:
        """Until it has added that many."""
        for _ in range(count):
            self.read()

    def read(self) -> bool:
        line = self.line()
        if line != "dead":
            self.added = int(line.removeprefix("added ")) + 1
        return line != "dead"

    def kill(self) -> int:
        """Kill it; how many students it said were in the book."""
        os.kill(self.worker, signal.SIGKILL)
        self.worker = None
        while self.read():
            pass
        return self.added

    def __enter__(self) -> Grading:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.worker is not None:
            os.kill(self.worker, signal.SIGKILL)
        kill(self.server)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@needs_fork
def test_killed_at_any_moment_it_loses_nothing_and_continues(tmp_path):
    """Many times, at another moment each: some while the tables are being made."""
    path, moments, seen = tmp_path / "gradebook.sqlite", random.Random(5), 0
    with Grading(path) as grading:
        for turn in range(24):
            grading.begin()
            if turn >= 8:
                grading.wait(moments.randint(1, 4))
            time.sleep(moments.uniform(0, 0.01))
            added = grading.kill()
            if not path.exists():
                continue
            if added:  # what was written ahead and not yet moved into place is read too
                with Gradebook.open(path, readonly=True) as book:
                    assert len(list(book.current())) >= added
            with Gradebook.open(path) as book:
                db = sqlite3.connect(path)
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert db.execute("PRAGMA foreign_key_check").fetchall() == []
                twice = "SELECT student FROM records GROUP BY student HAVING COUNT(*) > 1"
                assert db.execute(twice).fetchall() == []
                db.close()
                runs, found = book.runs(), list(book.current())
                assert len(runs) <= 1
                assert len(found) >= max(seen, added)
                seen = len(found)
                assert found == [record(f"s{i:05}", seed=runs[0].seed) for i in range(seen)]
                for i in (0, seen - 1)[: 2 * bool(seen)]:
                    assert book.source_of(f"s{i:05}", "04_algorithm") == [(1, f"x = {i}")]
    assert seen >= 16


@needs_fork
def test_a_second_writer_is_refused_while_the_first_lives(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    with Grading(path) as grading:
        worker = grading.begin()
        grading.wait(3)
        with pytest.raises(GradebookError, match=f"process {worker} is writing"):
            Gradebook.open(path)
        # A reader is welcome.
        with Gradebook.open(path, readonly=True) as book:
            assert len(list(book.current())) >= 3
        grading.kill()
        with Gradebook.open(path) as book:
            assert next(book.current()).student == "s00000"


@needs_fork
def test_the_lock_ends_with_its_process_though_a_worker_lives(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    process = start(HOLDING, path)
    worker = int(process.stdout.readline())
    try:
        with pytest.raises(GradebookError, match="is writing"):
            Gradebook.open(path)
        process.kill()
        process.wait()
        os.kill(worker, 0)
        Gradebook.open(path).close()
    finally:
        os.kill(worker, signal.SIGKILL)
        kill(process)


def test_a_drive_without_locks(tmp_path, monkeypatch):
    def refuse(file):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("bnlib.grader.gradebook.lock._lock", refuse)
    with pytest.raises(GradebookError, match="cannot be locked: No locks available"):
        Gradebook.open(tmp_path / "gradebook.sqlite")


def test_one_process_opens_it_once(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    with Gradebook.open(path) as book:
        (tmp_path / "link").symlink_to(tmp_path)
        with pytest.raises(GradebookError, match="open already"):
            Gradebook.open(tmp_path / "link" / "gradebook.sqlite")
        book.close()
        Gradebook.open(path).close()


def test_a_reader_changes_nothing(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    with Gradebook.open(path) as book:
        book.add(begin(book), record(), CELLS)
    with Gradebook.open(path, readonly=True) as book:
        assert list(book.current()) == [record()]
        with pytest.raises(GradebookError, match="reading only"):
            book.adjust("ada", "batchnorm_forward", 1, "x")
    with pytest.raises(GradebookError, match="no gradebook at"):
        Gradebook.open(tmp_path / "none.sqlite", readonly=True)
    with pytest.raises(GradebookError, match="no gradebook at"):
        Gradebook.open(tmp_path / "none.sqlite", create=False)
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize(
    "content", [b"this is a letter, not a database\n" * 50, b"SQLite format 3\0"]
)
def test_a_file_that_is_none_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "gradebook.sqlite"
    path.write_bytes(content)
    with pytest.raises(GradebookError, match=r"damaged or no gradebook .* left as it is"):
        Gradebook.open(path)
    assert path.read_bytes() == content
    # The lock is free again.
    path.unlink()
    Gradebook.open(path).close()


def test_another_programs_database_is_left_as_it_is(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE recipes (name)")
    db.close()
    content = path.read_bytes()
    with pytest.raises(GradebookError, match="of another program"):
        Gradebook.open(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(("version", "said"), [(2, "newer bnlib"), (0, "its version is 0")])
def test_other_versions(tmp_path, version, said):
    path = tmp_path / "gradebook.sqlite"
    Gradebook.open(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    for readonly in (True, False):
        with pytest.raises(GradebookError, match=said):
            Gradebook.open(path, readonly=readonly)


def test_an_empty_file_is_a_new_book_but_not_to_read(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    path.touch()
    with pytest.raises(GradebookError, match="it is empty"):
        Gradebook.open(path, readonly=True)
    with Gradebook.open(path) as book:
        assert book.students() == []


def test_a_damaged_page_is_said_and_left(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    with Gradebook.open(path) as book:
        run = begin(book)
        for i in range(50):
            book.add(run, record(f"s{i}"), CELLS)
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(content)
    with (
        pytest.raises(GradebookError, match=r"damaged or no gradebook .*\.recover"),
        Gradebook.open(path) as book,
    ):
        list(book.current())
    assert path.read_bytes() == bytes(content)


@pytest.mark.parametrize("said", ["{", "[]", '"text"', '{"marks": 3}', "[" * 100_000])
def test_one_row_that_cannot_be_read(tmp_path, said):
    path = tmp_path / "gradebook.sqlite"
    with Gradebook.open(path) as book:
        run = begin(book)
        for name in ("ada", "bob"):
            book.add(run, record(name), CELLS)
        book._db.execute("UPDATE records SET record = ?, source = x'00' WHERE id = 1", (said,))
        with pytest.raises(GradebookError, match="the record of 'ada' for '04_algorithm'"):
            list(book.current())
        with pytest.raises(GradebookError, match="the code of 'ada'"):
            book.source_of("ada", "04_algorithm")
        with pytest.raises(GradebookError, match="'eve' has no record"):
            book.source_of("eve", "04_algorithm")
        # The others are well, and grading again heals it.
        assert len(book.final("bob")) == 1
        assert book.graded("ada", "04_algorithm", "a" * 64, LIBRARY) is None
        book.add(run, record("ada"), CELLS)
        assert len(list(book.current())) == 2


def test_a_run_that_cannot_be_read(tmp_path):
    with Gradebook.open(tmp_path / "gradebook.sqlite") as book:
        begin(book)
        book._db.execute("UPDATE runs SET options = '{'")
        with pytest.raises(GradebookError, match="run 1: Expecting"):
            book.runs()


def test_a_full_disk_is_said_and_what_was_graded_stays(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    with Gradebook.open(path) as book:
        run = begin(book)
        book.add(run, record("ada"), CELLS)
        [pages] = book._db.execute("PRAGMA page_count").fetchone()
        book._db.execute(f"PRAGMA max_page_count = {pages}")

        def fill() -> None:
            for i in range(100):
                book.add(run, record(f"s{i}"), CELLS)

        with pytest.raises(GradebookError, match="disk is full"):
            fill()
        kept = len(list(book.current()))
        assert kept >= 1
        # Room was made: the same process goes on.
        book._db.execute("PRAGMA max_page_count = 100000")
        book.add(run, record("zoe"), CELLS)
        assert len(list(book.current())) == kept + 1


@contextmanager
def nobody():
    """Without root's right to write everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def archive():
    """A folder that may be read and not written, with a gradebook in it."""
    folder = Path(tempfile.mkdtemp())
    with Gradebook.open(folder / "gradebook.sqlite") as book:
        book.add(begin(book), record(), CELLS)
    (folder / "gradebook.sqlite").chmod(0o444)
    (folder / "gradebook.sqlite.lock").unlink()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_folder_that_cannot_be_written(archive):
    with nobody():
        with pytest.raises(GradebookError, match=r"cannot write beside .*: Permission denied"):
            Gradebook.open(archive / "gradebook.sqlite")
        with pytest.raises(GradebookError, match=r"cannot make .*: Permission denied"):
            Gradebook.open(archive / "new" / "gradebook.sqlite")
        with Gradebook.open(archive / "gradebook.sqlite", readonly=True) as book:
            assert list(book.current()) == [record()]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_file_that_cannot_be_written(tmp_path):
    folder = Path(tempfile.mkdtemp())
    try:
        Gradebook.open(folder / "gradebook.sqlite").close()
        (folder / "gradebook.sqlite").chmod(0o444)
        (folder / "gradebook.sqlite.lock").chmod(0o666)
        folder.chmod(0o777)
        with (
            nobody(),
            pytest.raises(GradebookError, match="cannot be opened or written"),
            Gradebook.open(folder / "gradebook.sqlite") as book,
        ):
            begin(book)
    finally:
        shutil.rmtree(folder)


def test_a_folder_where_the_file_should_be(tmp_path):
    (tmp_path / "gradebook.sqlite").mkdir()
    with pytest.raises(GradebookError, match="cannot be opened"):
        Gradebook.open(tmp_path / "gradebook.sqlite")


def test_another_program_in_the_middle_of_a_change(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    with Gradebook.open(path) as book:
        book._db.execute("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(GradebookError, match="another program holds"):
            begin(book)
        other.execute("ROLLBACK")
        other.close()
        assert begin(book).seed == SEED


def test_a_disk_that_fails(tmp_path):
    from bnlib.grader.gradebook.errors import explained

    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    with pytest.raises(GradebookError, match=r"reading or writing .* failed"), explained(tmp_path):
        raise error


def test_a_released_lock_is_released_once(tmp_path):
    lock = Lock(tmp_path / "book")
    lock.release()
    other = Lock(tmp_path / "book")
    lock.release()
    with pytest.raises(GradebookError, match="open already"):
        Lock(tmp_path / "book")
    other.release()


def test_memory_does_not_grow_with_the_class(tmp_path):
    """250 records are some 2.5 MB of JSON, and more as objects; not so in the coordinator."""

    def peak(count: int) -> int:
        with Gradebook.open(tmp_path / f"{count}.sqlite") as book:
            run, given = begin(book), [record(f"s{i}") for i in range(count)]
            tracemalloc.start()
            try:
                for each in given:
                    book.add(run, each, CELLS)
                assert sum(1 for _ in book.current()) == count
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    assert peak(250) < peak(50) + 1_000_000
