"""`bnlib grade --demo`: the class is what it says, and a difference is not passed over."""

import csv
import dataclasses
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("click")
from click.testing import CliRunner

from bnlib.commands.root import bnlib
from bnlib.grader import demo
from bnlib.grader.demo import comparing, students, writing

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.needs_system("bubblewrap")


def shown(out, *arguments):
    arguments = ["grade", "--demo", "--out", str(out), *arguments]
    return CliRunner().invoke(bnlib, arguments, env={"COLUMNS": "160"})


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def result(out):
    return shown(out)


def test_the_class_is_given_the_points_that_it_is_worth(result):
    assert result.exit_code == 0, result.output
    assert "DIFFERENT" not in result.output
    for student in demo.CLASS:
        (row,) = (line for line in result.output.splitlines() if f"│ {student.id} " in line)
        expected = str(sum(student.expected.values()))
        assert [cell.strip() for cell in row.split("│")][2:4] == [expected, expected]


def test_the_chapter_shows_what_is_printed(result):
    told = (ROOT / "book" / "images" / "demo.txt").read_text(encoding="utf-8").splitlines()
    here = result.stdout.splitlines()
    # The line about the folder is another on every machine.
    assert [line for line in here if "gradebook.sqlite" not in line] == [
        line for line in told if "gradebook.sqlite" not in line
    ], "python -m tools.grading_pictures"


def test_everything_that_a_run_leaves_is_there_to_look_at(result, out):
    pages = {path.stem for path in (out / "feedback").iterdir()}
    assert pages == {student.id for student in demo.CLASS}
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        points = {row["student"]: row["total"] for row in csv.DictReader(file)}
    assert points == {
        "uma": "",
        **{s.id: str(sum(s.expected.values())) for s in demo.CLASS},
    }
    report = (out / "class.html").read_text(encoding="utf-8")
    assert "uma" in report
    assert "<script>alert" not in report


def test_the_class_has_twenty_of_every_kind():
    assert len({student.id for student in demo.CLASS}) == len(demo.CLASS) == 20
    groups = (students.RIGHT, students.MISTAKEN, students.BROKEN, students.HOSTILE)
    assert all(len(group) >= 3 for group in groups)
    for student in students.RIGHT:
        assert student.expected == students.FULL
    assert 0 < sum(sum(s.expected.values()) for s in students.MISTAKEN) < 8 * 30


def test_what_is_handed_in_is_a_notebook_and_always_the_same():
    for student in demo.CLASS:
        data = writing.notebook(student)
        assert data == writing.notebook(student)
        if student.cut is None:
            nbformat.validate(nbformat.reads(data.decode(), as_version=4))


def test_another_grade_than_expected_is_named_and_the_exit_status_is_1(tmp_path, monkeypatch):
    right, wrong = demo.CLASS[0], demo.CLASS[4]
    two = (right, dataclasses.replace(wrong, points={"restoring_affine": 4}))
    for module in (comparing, writing, demo):
        monkeypatch.setattr(module, "CLASS", two)
    result = shown(tmp_path)
    assert result.exit_code == 1, result.output
    assert "DIFFERENT emil, standardize_batch: expected 6, got 5" in result.output
    assert "DIFFERENT emil, restoring_affine: expected 4, got 5" in result.output
    assert "DIFFERENT ada" not in result.output
    assert "Every exercise" not in result.output


def test_who_was_not_graded_is_a_difference():
    found = demo.differences([])
    assert len(found) == 20 * len(students.FULL)
    assert {each.given for each in found} == {None}


@pytest.mark.parametrize(
    "extra",
    [
        ["--unsafe-no-sandbox"],
        ["--isolation", "user"],
        ["--executor", "dask", "--address", "tcp://127.0.0.1:1"],
    ],
)
def test_attacks_are_not_run_without_the_sandbox_of_this_machine(extra, tmp_path, monkeypatch):
    # Were they run after all, this test would not be what deletes the machine.
    monkeypatch.setattr(demo, "write", lambda folder: pytest.fail("it went on"))
    result = shown(tmp_path, *extra)
    assert result.exit_code == 2
    assert "attacks" in result.output


@pytest.mark.parametrize("extra", [["--notebook", "05_backward"], ["--replay", "ada"]])
def test_the_demonstration_takes_no_other_work(extra, tmp_path):
    result = shown(tmp_path, *extra)
    assert result.exit_code == 2
    assert "--demo" in result.output
