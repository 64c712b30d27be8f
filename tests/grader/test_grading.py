"""From what was handed in to the gradebook, and out again: what is kept, told and replayed."""

from __future__ import annotations

import dataclasses
import json
from importlib import metadata

import pytest

from bnlib.grader import grading, intake, library, publishing, replaying
from bnlib.grader.gradebook import Gradebook
from bnlib.grader.grading import Needs
from bnlib.grader.intake import Duplicate, Intake, Problem, Roster, Submission
from bnlib.grader.intake.roster import Student
from bnlib.grader.judging import Graded, Terms
from bnlib.grader.record import UNREADABLE
from bnlib.grader.sandbox import isolation
from bnlib.grader.sandbox.warm import SandboxFailed
from tests.grader.book_records import record

NOTEBOOK = "04_algorithm"


class Bytes:
    """A source of these bytes, or of none."""

    def __init__(self, data: bytes | None):
        self.data = data

    def read(self, most):
        if self.data is None:
            raise intake.files.Refused("cannot be read (it is gone)")
        return self.data


def submission(student: str, data: bytes | None = b"x", where: str = "") -> Submission:
    return Submission(student, "", NOTEBOOK, where or f"{student}.ipynb", Bytes(data))


@pytest.fixture
def book(tmp_path):
    with Gradebook.open(tmp_path / "gradebook.sqlite") as book:
        yield book


class Executor:
    """Gives a record for each task, whose digest is that of the bytes."""

    def __init__(self, fails_at: str = ""):
        self.tasks: list = []
        self.fails_at = fails_at

    def __call__(self, tasks, terms):
        for task in tasks:
            if task.student == self.fails_at:
                raise SandboxFailed("no sandbox")
            self.tasks.append(task.student)
            digest = grading.hashlib.sha256(task.data).hexdigest()
            made = record(
                task.student,
                task.notebook,
                digest=digest,
                library=terms.library,
                seed=terms.seed,
                isolation="none",
            )
            yield Graded(made, [(1, task.data.decode())])


def grade(book, *submissions, execute=None, **options):
    execute = execute or Executor()
    told: list = []
    run = grading.grade(
        Intake(submissions),
        book,
        lambda seed, digest: Terms(seed, digest, isolation.NONE),
        execute,
        isolation="none",
        tell=told.append,
        **options,
    )
    return run, execute.tasks, told


def test_what_is_kept_is_not_graded_again(book):
    assert grade(book, submission("ada"), submission("bob"))[1] == ["ada", "bob"]
    _, tasks, told = grade(book, submission("ada"), submission("bob", b"y"), submission("cem"))
    assert tasks == ["bob", "cem"]
    assert [(p.done, p.kept, p.total, p.student) for p in told] == [
        (1, 1, 3, "ada"),
        (2, 1, 3, "bob"),
        (3, 1, 3, "cem"),
    ]
    assert grade(book, submission("ada"), regrade=True)[1] == ["ada"]


def test_another_library_is_another_grade(book, monkeypatch):
    grade(book, submission("ada"))
    monkeypatch.setattr(library, "digest", lambda: "2" * 64)
    assert grade(book, submission("ada"))[1] == ["ada"]


def test_the_seed_of_a_run_is_stored(book):
    run, _, _ = grade(book, submission("ada"), seed=77)
    assert run.seed == 77
    assert [r.seed for r in book.current()] == [77]


def test_what_cannot_be_read_is_a_record_too(book):
    _, tasks, told = grade(book, submission("ada", None, "folder/ada.ipynb"), submission("bob"))
    assert tasks == ["bob"]
    found = {r.student: r for r in book.current()}
    assert found["ada"].outcome == UNREADABLE
    assert found["ada"].problem == "folder/ada.ipynb cannot be read (it is gone)"
    assert (found["ada"].digest, found["ada"].points) == ("", 0)
    assert found["ada"].possible > 0
    assert [p.done for p in told] == [1, 2]


def test_what_was_graded_before_a_failure_is_kept(book):
    with pytest.raises(SandboxFailed):
        grade(book, *map(submission, ("ada", "bob", "cem")), execute=Executor(fails_at="cem"))
    assert [r.student for r in book.current()] == ["ada", "bob"]
    assert not book.runs()[-1].finished
    assert grade(book, *map(submission, ("ada", "bob", "cem")))[1] == ["cem"]


def test_who_is_on_the_roster_is_in_the_gradebook(book):
    roster = Roster((Student("zoe", "Zoe Z"),))
    grade(book, submission("ada"), roster=roster)
    assert {s.id: s.name for s in book.students()} == {"ada": "", "zoe": "Zoe Z"}


@pytest.mark.parametrize("said", [b'"import torch\\n"', b'["x\\nfrom  torch.nn import Linear"]'])
def test_torch_is_likely_where_the_first_imports_it(said):
    likely = grading.likely_needs(Intake((submission("ada", said),)))
    assert likely == Needs(torch=True, core=False)


@pytest.mark.parametrize("said", [b"x", b"torch", b"import torches", b"import numpy # torch"])
def test_torch_is_not_likely_where_the_first_does_not_import_it(said):
    several = Intake((submission("ada", said), submission("bob", b"import torch")))
    assert grading.likely_needs(several) == Needs(torch=False, core=False)


def test_the_norms_are_likely_where_answers_may_build_on_them():
    first = dataclasses.replace(submission("ada"), notebook="07_training")
    assert grading.likely_needs(Intake((first,))).core


def test_nothing_is_likely_where_there_is_nothing_to_read():
    assert grading.likely_needs(Intake(())) is None
    assert grading.likely_needs(Intake((submission("ada", None),))) is None


@pytest.fixture
def early(book, tmp_path):
    """Grades with pages that are written meanwhile; gives those that were, in their order."""

    def run(*submissions, site=None, execute=None):
        handed_in = Intake(submissions)
        pages = publishing.EarlyPages(book, tmp_path, handed_in, site)
        there: list = []

        def tell(progress):
            pages.after(progress.student, progress.kept)
            there.append({p.name for p in tmp_path.glob("feedback/*.html")})

        grading.grade(
            handed_in,
            book,
            lambda seed, digest: Terms(seed, digest, isolation.NONE),
            execute or Executor(),
            isolation="none",
            tell=tell,
        )
        return pages, there

    return run


def test_a_page_is_written_when_the_last_of_a_student_is_graded(early, book, tmp_path):
    other = dataclasses.replace(submission("ada"), notebook="05_backward")
    pages, there = early(submission("ada"), submission("bob"), other)
    # Records come from one after another; that of the second notebook makes ada's page.
    assert there == [set(), {"bob.html"}, {"ada.html", "bob.html"}]
    assert pages.written == {"ada", "bob"}
    written = {p.name: p.read_text() for p in tmp_path.glob("feedback/*.html")}
    publishing.publish(book, tmp_path)
    assert {p.name: p.read_text() for p in tmp_path.glob("feedback/*.html")} == written


def test_pages_that_there_are_are_not_written_again(early, book, tmp_path):
    early(submission("ada"), submission("bob"))
    for name in ("ada", "bob"):
        (tmp_path / "feedback" / f"{name}.html").unlink()
    told = publishing.publish(book, tmp_path, written={"ada"})
    assert [p.name for p in tmp_path.glob("feedback/*")] == ["bob.html"]
    assert told.graded == 2
    assert "ada" in (tmp_path / "grades.csv").read_text()


def test_what_is_kept_has_its_page_at_the_end(early, book, tmp_path):
    early(submission("ada"))
    other = dataclasses.replace(submission("ada"), notebook="05_backward")
    pages, _ = early(submission("bob"), submission("ada"))
    assert pages.written == {"bob"}
    pages, _ = early(other, submission("ada"))
    assert pages.written == set()
    publishing.publish(book, tmp_path, written=pages.written)
    assert "05_backward" in (tmp_path / "feedback" / "ada.html").read_text()


def test_a_page_that_cannot_be_written_ends_no_grading(early, book, tmp_path):
    (tmp_path / "feedback").write_text("in its way")
    pages, _ = early(submission("ada"), submission("bob"))
    assert pages.written == set()
    assert [r.student for r in book.current()] == ["ada", "bob"]
    with pytest.raises(FileExistsError):
        publishing.publish(book, tmp_path)


def test_what_an_instructor_has_to_know():
    one, other = submission("ada", where="a.ipynb"), submission("ada", where="b.ipynb")
    said = grading.remarks(
        Intake(
            (one,),
            problems=(Problem("x.txt was left out"),),
            missing=(Student("zoe", "Zoe"),),
            unknown=(submission("mal"),),
            duplicates=(Duplicate("ada", NOTEBOOK, one, (other,), "it is newer"),),
        )
    )
    assert said == [
        "x.txt was left out",
        "ada: 04_algorithm was handed in 2 times; a.ipynb counts (it is newer)",
        "mal: mal.ipynb is of nobody on the roster",
        "zoe: nothing was handed in",
    ]


# ---------------------------------------------------------------- what is handed out


def test_pages_tables_and_lists_are_written(book, tmp_path, monkeypatch):
    one, other = submission("ada", where="a.ipynb"), submission("ada", where="<b>.ipynb")
    grade(book, one, submission("bob"), roster=Roster((Student("zoe", "Zoe"),)))
    handed_in = Intake(
        (one,),
        missing=(Student("zoe", "Zoe"),),
        unknown=(submission("mal"),),
        duplicates=(Duplicate("ada", NOTEBOOK, one, (other,), "it is newer"),),
    )
    told = publishing.publish(book, tmp_path, handed_in, "https://book.example")
    assert [(page.student, len(page.notebooks)) for page in told.pages] == [
        ("ada", 1),
        ("bob", 1),
        ("zoe", 0),
    ]
    assert sorted(p.name for p in (tmp_path / "feedback").iterdir()) == ["ada.html", "bob.html"]
    report = (tmp_path / "class.html").read_text()
    for said in (
        "nothing was handed in",
        "is of nobody on the roster",
        "a.ipynb counts (it is newer)",
    ):
        assert said in report
    without = publishing.publish(book, tmp_path)
    assert [page.student for page in without.pages] == ["ada", "bob", "zoe"]
    assert (without.students, without.graded, without.only) == (3, 2, None)
    # Of a large class a few are kept; the one that was asked for whoever is before.
    monkeypatch.setattr(publishing, "MOST_PAGES", 1)
    assert [page.student for page in publishing.publish(book, tmp_path).pages] == ["ada"]
    (asked,) = publishing.publish(book, tmp_path, whose="bob").pages
    assert asked.student == "bob"
    assert "nothing was handed in" not in (tmp_path / "class.html").read_text()
    assert (tmp_path / "grades.csv").read_text().count("\n") == 4


def test_gradescope_is_for_one(book, tmp_path):
    grade(book, submission("ada"), roster=Roster((Student("zoe", "Zoe"),)))
    book.adjust("ada", "standardize_batch", 1.0, "a talk")
    told = publishing.publish(book, tmp_path)
    publishing.for_gradescope(told, tmp_path / "results.json")
    results = json.loads((tmp_path / "results.json").read_text())
    page = told.only
    assert results["score"] == sum(final.points for n in page.notebooks for final in n.marks)
    assert "a talk" in (tmp_path / "results.json").read_text()
    grade(book, submission("bob"))
    with pytest.raises(publishing.NotOne, match="one student's submission, got those of 2"):
        publishing.for_gradescope(publishing.publish(book, tmp_path), tmp_path / "x.json")
    with pytest.raises(publishing.NotOne, match="got those of 0"):
        publishing.for_gradescope(publishing.Published((), 0, 0, None), tmp_path / "x.json")


# ---------------------------------------------------------------- replays

RIGHT = """
import numpy as np

def standardize_batch(x, eps):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
"""


def kept(book, source: list) -> None:
    """A grade that the gradebook holds: everything was right."""
    run = book.begin_run(library=library.digest(), isolation="none", seed=7)
    book.add(run, record("ada", library=library.digest(), isolation="none"), source)


def test_a_replay_names_what_differs(book):
    kept(book, [(2, RIGHT), (4, "1 / 0")])
    (replay,) = replaying.replay(book, "ada", isolation.NONE)
    assert replay.same_library
    assert replay.now.raised == ((4, "ZeroDivisionError: division by zero"),)
    assert replay.now.seed == replay.then.seed == 7
    said = {text.partition(":")[0]: text for text in replay.differences}
    assert "standardize_batch" not in said
    assert len(said) == len(replay.then.marks) - 1
    name = next(iter(said))
    assert said[name].endswith("points (passed) then, 0 (missing) now")


def test_a_replay_of_nothing_that_was_kept(book, monkeypatch):
    kept(book, [])
    monkeypatch.setattr(replaying, "Judge", None)
    (replay,) = replaying.replay(book, "ada", isolation.NONE)
    assert (replay.now, replay.differences, replay.same_library) == (replay.then, (), True)


def test_a_replay_by_another_library_says_so(book, monkeypatch):
    kept(book, [(1, RIGHT)])
    library.digest()
    monkeypatch.setattr(replaying.library, "digest", lambda: "9" * 64)
    (replay,) = replaying.replay(book, "ada", isolation.NONE)
    assert not replay.same_library


def test_cells_stand_where_they_stood():
    content = json.loads(replaying.notebook_of([(3, "x"), (1, "y")]))
    assert [(c["cell_type"], c["source"]) for c in content["cells"]] == [
        ("code", "y"),
        ("markdown", ""),
        ("code", "x"),
    ]


# ---------------------------------------------------------------- what a grade depends on


def test_the_digest_is_of_what_grades(monkeypatch, tmp_path):
    def digest(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return library.digest.__wrapped__()

    monkeypatch.setattr(library, "PACKAGE", tmp_path)
    first = digest(checks__engine="x = 1", grader__reports__pages="x = 1")
    assert digest(grader__reports__pages="x = 2", figures__a="x") == first
    assert digest(checks__engine="x = 2") != first
    second = digest(checks__engine="x = 1")
    assert second == first
    assert digest(grader__judging="") != first
    (tmp_path / "checks" / "engine.pyc").write_text("no source")
    assert digest() != first
    (tmp_path / "grader" / "judging.py").unlink()
    assert digest() == first
    assert len(first) == 64


def test_the_digest_is_of_the_versions_too(monkeypatch):
    first = library.digest.__wrapped__()
    monkeypatch.setattr(library.np, "__version__", "0.0")
    assert library.digest.__wrapped__() != first


def test_without_torch_there_is_no_version_of_it(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert library.versions()["torch"] == ""
