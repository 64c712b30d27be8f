"""The gradebook keeps everything, and the newest counts."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import platform
import sqlite3

import pytest
from grader.book_records import LIBRARY, SEED, begin, record
from hypothesis import given, settings
from hypothesis import strategies as st

import bnlib
from bnlib.grader.gradebook import Gradebook, GradebookError, Student, running
from bnlib.grader.gradebook.adjusting import points_from

CELLS = [(1, "import numpy as np\n"), (3, "def f(x):\n    return 'é', '\ud800', '\0'\n")]


@pytest.fixture
def book(tmp_path):
    with Gradebook.open(tmp_path / "results" / "gradebook.sqlite") as book:
        yield book


def test_a_record_comes_back_as_it_went_in(book):
    run = begin(book)
    hostile = "half a pair \ud800, a zero \0, <script>, \u202e, 'quotes'\"; DROP TABLE records"
    given = record(
        problem=hostile,
        raised=((2, hostile), (5, "ValueError: x")),
        flags=("imported scipy",),
        seconds=1.25,
    )
    book.add(run, given, CELLS)
    assert list(book.current()) == [given]
    assert book.source_of("ada", "04_algorithm") == CELLS


def test_it_is_there_for_the_next_process(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    with Gradebook.open(path) as book:
        book.add(begin(book), record(), CELLS)
    with Gradebook.open(path, create=False) as book:
        assert list(book.current()) == [record()]
        assert book.source_of("ada", "04_algorithm") == CELLS


def test_the_newest_record_counts_and_the_others_stay(book):
    run = begin(book)
    first, second = record(wrong=["batchnorm_forward"]), record(digest="b" * 64)
    book.add(run, first, [(1, "old")])
    book.add(run, record("bob"), CELLS)
    book.add(run, second, [(1, "new")])
    book.add(run, record("ada", "05_backward"), CELLS)
    assert list(book.current("ada")) == [second, record("ada", "05_backward")]
    assert [r.student for r in book.current()] == ["ada", "ada", "bob"]
    assert book.history("ada", "04_algorithm") == [first, second]
    assert book.source_of("ada", "04_algorithm") == [(1, "new")]
    assert list(book.notebooks()) == ["04_algorithm", "05_backward"]


def test_graded_is_the_newest_record_of_the_same_file_and_library(book):
    run = begin(book)
    kept = record(digest="b" * 64)
    book.add(run, record(digest="a" * 64), CELLS)
    book.add(run, kept, CELLS)
    assert book.graded("ada", "04_algorithm", "b" * 64, LIBRARY) == kept
    assert book.graded("ada", "04_algorithm", "b" * 64, "2" * 64) is None
    assert book.graded("ada", "05_backward", "b" * 64, LIBRARY) is None
    assert book.graded("bob", "04_algorithm", "b" * 64, LIBRARY) is None
    # Handed in again as it was before: the older record is not the one that counts.
    assert book.graded("ada", "04_algorithm", "a" * 64, LIBRARY) is None


def test_an_interrupted_regrade_does_not_begin_anew(book):
    first = begin(book)
    book.add(first, record(), CELLS)
    book.finish(first)
    asked = ("ada", "04_algorithm", "a" * 64, LIBRARY)
    again = begin(book, regrade=True)
    assert again.id != first.id
    assert book.graded(*asked, run=again) is None
    book.add(again, record(), CELLS)
    assert begin(book, regrade=True) == again
    assert book.graded(*asked, run=again) == record()


def test_an_interrupted_run_is_continued_with_its_seed(book):
    first = book.begin_run(library=LIBRARY, isolation="namespaces", options={"out": book.path})
    assert 0 <= first.seed < 2**31
    assert first.options == {"out": repr(book.path)}
    assert set(first.versions) == {"bnlib", "python", "numpy", "torch"}
    assert book.begin_run(library=LIBRARY, isolation="namespaces") == first
    assert book.runs() == [first]
    # Behind other walls it is another run, but of the same inputs.
    other = book.begin_run(library=LIBRARY, isolation="user")
    assert (other.id, other.seed) == (first.id + 1, first.seed)
    book.finish(other)
    assert book.runs()[-1].finished is not None
    fresh = book.begin_run(library=LIBRARY, isolation="namespaces")
    assert fresh.seed != first.seed


def test_versions_name_what_is_not_installed(monkeypatch):
    def version(name):
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return "2.1"

    monkeypatch.setattr("importlib.metadata.version", version)
    assert running.versions() == {
        "bnlib": bnlib.__version__,
        "python": platform.python_version(),
        "numpy": "2.1",
        "torch": "",
    }


def test_another_library_or_seed_is_another_run(book):
    first = begin(book)
    assert begin(book, library="2" * 64, seed=None).seed != first.seed
    asked = begin(book, seed=SEED + 1)
    assert (asked.id, asked.seed) == (3, SEED + 1)
    # The last run of each library is the one that is continued.
    assert begin(book, seed=None) == asked


def test_fresh_seeds_differ(book):
    seeds = set()
    for _ in range(5):
        run = book.begin_run(library=LIBRARY, isolation="none")
        book.finish(run)
        seeds.add(run.seed)
    assert len(seeds) == 5


@pytest.mark.parametrize("changes", [{"seed": SEED + 1}, {"library": "2" * 64}])
def test_a_record_of_another_run_is_refused(book, changes):
    with pytest.raises(ValueError, match=f"{next(iter(changes))} .* came to run 1"):
        book.add(begin(book), record(**changes), CELLS)
    assert list(book.current()) == []


def test_points_that_are_no_numbers_are_refused(book):
    bad = record()
    bad = dataclasses.replace(bad, marks=(dataclasses.replace(bad.marks[0], points=float("nan")),))
    with pytest.raises(ValueError, match=r"nan of .* points are finite"):
        book.add(begin(book), bad, CELLS)
    assert list(book.current()) == []


def test_an_id_that_no_utf8_holds_is_refused_in_words(book):
    run = begin(book)
    with pytest.raises(GradebookError, match=r"'\\udcff.ipynb' is no Unicode text"):
        book.add(run, record("\udcff.ipynb"), CELLS)
    with pytest.raises(GradebookError, match="no Unicode text"):
        book.final("\udcff")
    book.add(run, record(), CELLS)
    assert [r.student for r in book.current()] == ["ada"]


def test_records_added_while_reading_do_not_disturb(book):
    run = begin(book)
    for name in ("ada", "bob"):
        book.add(run, record(name), CELLS)
    seen = []
    for each in book.current():
        seen.append(each.student)
        book.add(run, record(each.student + "2"), CELLS)
    assert seen == ["ada", "bob"]


class TestAdjustments:
    @pytest.fixture(autouse=True)
    def graded(self, book):
        self.run = begin(book)
        book.add(self.run, record(wrong=["batchnorm_forward"]), CELLS)
        book.add(self.run, record("ada", "05_backward"), CELLS)
        book.add(self.run, record("bob"), CELLS)

    def points(self, book, exercise="batchnorm_forward", student="ada"):
        for notebook in book.final(student):
            for final in notebook.marks:
                if final.mark.exercise == exercise:
                    return final
        return None

    def test_sets_the_points_of_one_exercise_of_one_student(self, book):
        before = {f.record.notebook: f.points for f in book.final("ada")}
        assert (
            book.adjust("ada", "batchnorm_forward", 3, "  right but for a sign ", by="prof") == []
        )
        final = self.points(book)
        assert (final.points, final.mark.points) == (3.0, 0.0)
        assert final.adjustment.reason == "right but for a sign"
        assert final.adjustment.by == "prof"
        after = {f.record.notebook: f.points for f in book.final("ada")}
        assert after["04_algorithm"] == before["04_algorithm"] + 3
        assert after["05_backward"] == before["05_backward"]
        assert self.points(book, student="bob").adjustment is None
        assert [f.adjusted for f in book.final("ada")] == [True, False]

    def test_survives_a_regrade(self, book):
        book.adjust("ada", "batchnorm_forward", 3, "partly right")
        book.add(self.run, record(digest="c" * 64), CELLS)
        final = self.points(book)
        assert final.points == 3.0
        assert final.mark.points == final.mark.possible

    def test_the_newest_counts_and_all_are_listed(self, book):
        for points in (1, 2.5, 0):
            book.adjust("ada", "batchnorm_forward", points, f"now {points}")
        assert self.points(book).points == 0.0
        assert [a.points for a in book.adjustments("ada")] == [1.0, 2.5, 0.0]
        assert book.adjustments("bob") == []

    def test_none_takes_it_back(self, book):
        book.adjust("bob", "batchnorm_forward", 1, "mistaken")
        book.adjust("bob", "batchnorm_forward", None, "it was right")
        final = self.points(book, student="bob")
        assert final.adjustment is None
        assert final.points == final.mark.points > 1
        assert [a.points for a in book.adjustments()] == [1.0, None]
        with pytest.raises(GradebookError, match="no adjustment to take back"):
            book.adjust("bob", "batchnorm_forward", None, "again")

    def test_beyond_the_possible_is_a_warning(self, book):
        possible = self.points(book).mark.possible
        assert book.adjust("ada", "batchnorm_forward", possible, "all") == []
        [warning] = book.adjust("ada", "batchnorm_forward", possible + 1, "a bonus")
        assert "worth" in warning
        assert self.points(book).points == possible + 1

    @pytest.mark.parametrize(
        ("student", "exercise", "points", "reason", "said"),
        [
            (
                "adda",
                "batchnorm_forward",
                1,
                "x",
                r"no student is named 'adda'; did you mean 'ada'\?",
            ),
            ("ada", "batchnorm_fowrard", 1, "x", "did you mean 'batchnorm_forward'"),
            (
                "bob",
                "batchnorm_backward_staged",
                1,
                "x",
                "no exercise of 'bob' is named 'batchnorm_backward_staged'",
            ),
            ("ada", "zzz", 1, "x", "there are: '"),
            ("cyd", "batchnorm_forward", 1, "x", "has handed nothing in"),
            ("ada", "batchnorm_forward", -0.5, "x", "0 or more; -0.5 came"),
            ("ada", "batchnorm_forward", float("nan"), "x", "finite"),
            ("ada", "batchnorm_forward", float("inf"), "x", "finite"),
            ("ada", "batchnorm_forward", 1, " \n", "needs a reason"),
        ],
    )
    def test_what_is_refused(self, book, student, exercise, points, reason, said):
        book.enrol([Student("cyd", "Cyd", True)])
        with pytest.raises(GradebookError, match=said):
            book.adjust(student, exercise, points, reason)
        assert book.adjustments() == []

    def test_a_user_without_a_name(self, book, monkeypatch):
        def nobody():
            raise OSError("No username set in the environment")

        monkeypatch.setattr("getpass.getuser", nobody)
        book.adjust("ada", "batchnorm_forward", 1, "x")
        assert book.adjustments()[0].by == ""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=6))
    def test_a_sequence_ends_as_its_last_says(self, tmp_path_factory, sequence):
        with Gradebook.open(tmp_path_factory.mktemp("book") / "b.sqlite") as book:
            book.add(begin(book), record(wrong=["batchnorm_forward"]), CELLS)
            done = []
            for points in sequence:
                if points is None and (not done or done[-1] is None):
                    with pytest.raises(GradebookError):
                        book.adjust("ada", "batchnorm_forward", points, "x")
                    continue
                book.adjust("ada", "batchnorm_forward", points, "x")
                done.append(points)
            [final] = book.final("ada")
            last = done[-1] if done else None
            assert self.points(book).points == (0.0 if last is None else last)
            assert final.points == pytest.approx(
                record(wrong=["batchnorm_forward"]).points + (last or 0)
            )
            assert [a.points for a in book.adjustments()] == done


@pytest.mark.parametrize(("word", "points"), [("none", None), (" None", None), ("2.5", 2.5)])
def test_points_as_typed(word, points):
    assert points_from(word) == points


def test_points_that_nobody_can_read():
    with pytest.raises(GradebookError, match="'two' is neither"):
        points_from("two")


def test_students_of_the_roster_and_others(book):
    run = begin(book)
    book.add(run, record("ada"), CELLS)
    book.add(run, record("zoe"), CELLS)
    book.enrol([Student("ada", "Ada L.", True), Student("bob", "Bob", True), Student("zoe")])
    assert book.students() == [
        Student("ada", "Ada L.", True),
        Student("bob", "Bob", True),
        Student("zoe", "", False),
    ]
    assert book.final("bob") == []
    # Without a roster the earlier one stays; names too.
    book.enrol([Student("ada"), Student("zoe")])
    assert book.students()[0] == Student("ada", "Ada L.", True)
    # A new roster replaces it, and loses nobody who handed something in.
    book.enrol([Student("cyd", "Cyd", True)])
    assert book.students() == [
        Student("ada", "Ada L.", False),
        Student("cyd", "Cyd", True),
        Student("zoe", "", False),
    ]
    with pytest.raises(GradebookError, match="no student is named 'bob'"):
        book.final("bob")


def test_the_problems_of_intake_are_those_of_the_last_run(book):
    first = begin(book)
    book.note_problems(first, ["ada handed in twice", "eve.txt is no notebook"])
    book.note_problems(first, ["ada handed in twice"])
    assert book.problems() == ["ada handed in twice"]
    book.finish(first)
    second = begin(book)
    assert book.problems() == []
    book.note_problems(second, ["b", "a"])
    assert book.problems() == ["b", "a"]


def test_anybody_with_sqlite_can_read_it(book):
    """The file is plain: a view with the marks that count, JSON, and a version."""
    run = begin(book)
    book.add(run, record(wrong=["batchnorm_forward"]), CELLS)
    book.add(run, record(), CELLS)
    db = sqlite3.connect(book.path)
    [(student, points, said)] = db.execute("SELECT student, points, record FROM current")
    assert (student, points) == ("ada", record().points)
    assert json.loads(said)["notebook"] == "04_algorithm"
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
