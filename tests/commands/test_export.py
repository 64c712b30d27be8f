"""`bnlib export canvas` and `moodle`: a gradebook's points, in the columns of a course."""

import csv

import pytest

pytest.importorskip("click")
from click.testing import CliRunner

from bnlib.commands.root import bnlib
from bnlib.grader.gradebook import Gradebook, Student
from bnlib.grader.grading import GRADEBOOK
from tests.grader.pages_of import mark, notebook


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of a class of two: one right in one exercise, one with nothing."""
    folder = tmp_path_factory.mktemp("results")
    with Gradebook.open(folder / GRADEBOOK) as book:
        record = notebook("04_algorithm", {"batchnorm_forward": mark("batchnorm_forward")}).record
        run = book.begin_run(library=record.library, isolation=record.isolation, seed=record.seed)
        book.enrol([Student("ada", "Ada", rostered=True), Student("=cmd", "E", rostered=True)])
        book.add(run, record, [])
        book.finish(run)
    return folder


def export(*arguments):
    return CliRunner().invoke(bnlib, ["export", *map(str, arguments)])


def rows(path) -> list[list[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_canvas_gets_its_columns(results, tmp_path):
    out = tmp_path / "canvas.csv"
    column = "04_algorithm=Batch norm = hard (1234)"
    done = export(
        "canvas", results, "--out", out, "--column", column, "--identifier", "SIS User ID"
    )
    assert done.exit_code == 0, done.output
    assert str(out) in done.output
    assert "left out" in done.output
    assert "=cmd" in done.output
    assert rows(out) == [
        [*("Student", "ID", "SIS User ID", "SIS Login ID", "Section"), "Batch norm = hard (1234)"],
        ["    Points Possible", "", "", "", "", "30"],
        ["Ada", "", "ada", "", "", "7"],
    ]


def test_moodle_gets_its_columns(results, tmp_path):
    out = tmp_path / "moodle.csv"
    done = export("moodle", results, "--out", out)
    assert done.exit_code == 0, done.output
    assert rows(out) == [["Username", "04_algorithm"], ["ada", "7"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--column", "04_algorithm"], "expected NOTEBOOK=NAME"),
        (["--column", "04_algorithm=a", "--column", "04_algorithm=b"], "named twice"),
        (["--column", "4_algorithm=a"], "did you mean '04_algorithm'?"),
        (["--identifier", "user name"], "there is no 'user name'"),
    ],
)
@pytest.mark.parametrize("system", ["canvas", "moodle"])
def test_what_is_not_there_is_refused(system, arguments, said, results, tmp_path):
    out = tmp_path / "out.csv"
    done = export(system, results, "--out", out, *arguments)
    assert done.exit_code != 0
    assert said in done.output
    assert not out.exists()


def test_a_folder_without_a_gradebook_is_refused(tmp_path):
    done = export("canvas", tmp_path, "--out", tmp_path / "out.csv")
    assert done.exit_code == 1
    assert "no gradebook" in done.output
