"""From folders and archives in every layout to one submission a student and notebook."""

import datetime
import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import repeatable

from bnlib.checks import registry
from bnlib.grader import intake
from bnlib.grader.intake import IntakeError, Roster, Student, Unavailable, find, layouts

KNOWN = tuple(dict.fromkeys(exercise.notebook for exercise in registry.exercises()))
EXERCISES = Path(__file__).parents[2] / "exercises"
FOUR = (EXERCISES / "04_algorithm.ipynb").read_bytes()
FIVE = (EXERCISES / "05_backward.ipynb").read_bytes()
OTHER = json.dumps({"cells": [{"cell_type": "code", "source": "def helper(): ..."}]}).encode()
MOODLE = "Jane Doe_1234567_assignsubmission_file_"


def write(root, entries):
    """Files below `root`: name -> bytes, or name -> entries for an archive."""
    for name, content in entries.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zipped(content) if isinstance(content, dict) else content)
    return root


def zipped(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, zipped(content) if isinstance(content, dict) else content)
    return buffer.getvalue()


def given_in(root, entries, notebook=None, roster=None):
    return find(write(root, entries), notebook, KNOWN, roster)


def pairs(found):
    return [(submission.student, submission.notebook) for submission in found.submissions]


def said(found):
    return [problem.sentence for problem in found.problems]


LAYOUTS = {
    "plain files": ({"doe.ipynb": FOUR, "roe.ipynb": FIVE}, "doe", "roe"),
    "files with the notebook's name": (
        {"doe_04_algorithm.ipynb": OTHER, "05_backward-roe.ipynb": OTHER},
        *("doe", "roe"),
    ),
    "folders": ({"doe/04_algorithm.ipynb": FOUR, "roe/a/b/05_backward.ipynb": OTHER}, "doe", "roe"),
    "told by content": ({"doe/answer.ipynb": FOUR, "roe/x/Untitled.ipynb": FIVE}, "doe", "roe"),
    "an archive a student": (
        {"doe.zip": {"work/x.ipynb": FOUR}, "roe.zip": {"05_Backward (1).ipynb": OTHER}},
        *("doe", "roe"),
    ),
    "nbgrader": (
        {
            "submitted/doe/ps1/04_algorithm.ipynb": FOUR,
            "submitted/doe/ps1/timestamp.txt": b"2026-02-01 10:00:00.5 UTC",
            "submitted/roe/ps1/problem.ipynb": FIVE,
            "source/ps1/04_algorithm.ipynb": FOUR,
            "release/ps1/04_algorithm.ipynb": FOUR,
            "autograded/doe/ps1/04_algorithm.ipynb": FOUR,
        },
        *("doe", "roe"),
    ),
    "nbgrader zip_collect": (
        {
            "ps1_doe_attempt_2026-01-30-15-00-00_problem1.ipynb": FOUR,
            "ps1_roe_attempt_2026-01-30-15-00-00_problem1.ipynb": FIVE,
        },
        *("doe", "roe"),
    ),
    "nbgrader exchange": (
        {
            "doe+ps1+2026-02-02 15:58:23.948203 UTC/x.ipynb": FOUR,
            "roe+ps1+2026-02-02 15:58:23 UTC+aB3/x.ipynb": FIVE,
        },
        *("doe", "roe"),
    ),
    "Moodle folders": (
        {f"{MOODLE}/x.ipynb": FOUR, "Rick_Roe_7_assignsubmission_file/a/y.ipynb": FIVE},
        *("1234567", "7"),
    ),
    "Moodle files": (
        {f"{MOODLE}04_algorithm.ipynb": OTHER, "Rick Roe_7_assignsubmission_file_y.ipynb": FIVE},
        *("1234567", "7"),
    ),
    "Moodle archives": (
        {
            f"{MOODLE}/x.zip": {"a/x.ipynb": FOUR},
            "R_7_assignsubmission_file_y.zip": {"y.ipynb": FIVE},
        },
        *("1234567", "7"),
    ),
    "Canvas": (
        {"doejane_12345_67890_x.ipynb": FOUR, "roerick_LATE_12346_67891_x-1.ipynb": FIVE},
        *("12345", "12346"),
    ),
    "Canvas, anonymous": (
        {"anon_Ab1_67890_x.ipynb": FOUR, "LATE_anon_Zz9_67891_05_backward.ipynb": OTHER},
        *("Ab1", "Zz9"),
    ),
    "Canvas archives": (
        {
            "doejane_12345_67890_work.zip": {"work/x.ipynb": FOUR},
            "roe_12346_67891_w.zip": {"w.ipynb": FIVE},
        },
        *("12345", "12346"),
    ),
    "a folder a notebook": (
        {"04_algorithm/doe.ipynb": OTHER, "05_backward/roe/x.ipynb": OTHER},
        *("doe", "roe"),
    ),
    "an archive a notebook": (
        {"04_algorithm.zip": {"doe.ipynb": OTHER}, "05_backward.zip": {"roe/x.ipynb": FIVE}},
        *("doe", "roe"),
    ),
    "a name in another script": ({"学生/x.ipynb": FOUR, "ü ö.ipynb": FIVE}, "学生", "ü ö"),
}


@pytest.mark.parametrize("form", ["folder", "archive", "folder in archive"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path, layout, form):
    entries, one, other = LAYOUTS[layout]
    if form == "folder":
        path = write(tmp_path, entries)
    else:
        inside = {f"class/{name}" if "in" in form else name: e for name, e in entries.items()}
        path = write(tmp_path, {"class.zip": inside}) / "class.zip"
    found = find(path, None, KNOWN, None)
    assert sorted(pairs(found)) == sorted([(one, "04_algorithm"), (other, "05_backward")])
    assert found.problems == ()
    assert found.duplicates == ()
    for submission in found.submissions:
        original = pickle.loads(pickle.dumps(submission))
        assert original.read() in (FOUR, FIVE, OTHER)
        assert len(pickle.dumps(submission)) < 1000


def test_all_layouts_in_one_folder(tmp_path):
    entries, students = {}, set()
    for layout in ("plain files", "folders", "nbgrader", "Moodle folders", "Canvas"):
        written, one, other = LAYOUTS[layout]
        entries |= written
        students |= {(one, "04_algorithm"), (other, "05_backward")}
    entries["moodle.zip"] = {"A B_99_assignsubmission_file_/x.ipynb": FOUR}
    listed = Roster((Student("doe"), Student("roe")))
    found = given_in(tmp_path, entries, roster=listed)
    assert set(pairs(found)) == students | {("99", "04_algorithm")}
    assert found.problems == ()


def test_names_of_an_lms():
    def owner(name):
        owned = layouts.owner(name)
        return owned and (owned.layout, owned.student, owned.name, owned.file, owned.number)

    assert owner("o_neil_1_2_3_x.ipynb") == ("Canvas", "1", "o_neil", "3_x.ipynb", 2)
    assert owner("a_11_22_b_33_44_x.ipynb") == ("Canvas", "11", "a", "b_33_44_x.ipynb", 22)
    assert owner("doe_LATE_1_2_x.ipynb") == ("Canvas", "1", "doe", "x.ipynb", 2)
    assert owner("A_1_assignsubmission_file_B_2_assignsubmission_file_x.ipynb")[1] == "1"
    assert owner("A_1_assignsubmission_file_d_2_3_x.ipynb")[:2] == ("Moodle", "1")
    for plain in ("doe.ipynb", "doe_1.ipynb", "1_2.ipynb", "A_1_assignsubmission_onlinetext_"):
        assert owner(plain) is None
    assert layouts.owner("x" * 200_000) is None
    assert layouts.owner("_1" * 100_000) is not None
    assert layouts.stamp("2026-02-30 00:00:00") is None
    assert layouts.stamp("2026-02-01 00:00:00.25 UTC") == pytest.approx(
        datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC).timestamp() + 0.25
    )


def test_the_name_that_an_lms_gives_is_kept(tmp_path):
    (submission,) = given_in(tmp_path, {f"{MOODLE}/x.ipynb": FOUR}).submissions
    assert submission.name == "Jane Doe"
    assert submission.where == f"{MOODLE}/x.ipynb"


# ---------------------------------------------------------------- which notebook


def test_what_cannot_be_told_is_said(tmp_path):
    found = given_in(tmp_path, {"a.ipynb": OTHER, "b/x.ipynb": FOUR + FIVE[:0], "c.ipynb": b""})
    assert pairs(found) == [("b", "04_algorithm")]
    assert [problem.student for problem in found.problems] == ["a", "c"]
    assert "give --notebook" in said(found)[0]

    both = b"def standardize_batch(\n def affine_backward("
    found = given_in(tmp_path / "both", {"a.ipynb": both})
    assert said(found) == [
        "a.ipynb defines as many exercises of 04_algorithm and of 05_backward: "
        "say which with --notebook"
    ]


def test_utf16_is_told_by_content(tmp_path):
    assert pairs(given_in(tmp_path, {"a.ipynb": FOUR.decode().encode("utf-16")})) == [
        ("a", "04_algorithm")
    ]


def test_with_a_notebook_everything_not_named_otherwise_is_it(tmp_path):
    found = given_in(
        tmp_path,
        {
            "a.ipynb": OTHER,
            "b/05_backward.ipynb": FIVE,
            "c/anything.ipynb": b"",
            "d/04_algorithm.ipynb": OTHER,
            "d/scratch.ipynb": FOUR,
            "e/scratch.ipynb": OTHER,
            "e/answer.ipynb": FOUR,
        },
        "04_algorithm",
    )
    assert pairs(found) == [(student, "04_algorithm") for student in "acde"]
    assert [submission.where for submission in found.submissions[2:]] == [
        "d/04_algorithm.ipynb",
        "e/answer.ipynb",
    ]
    assert said(found) == [
        "d/scratch.ipynb is not taken for 04_algorithm: d/04_algorithm.ipynb is",
        "e/scratch.ipynb is not taken for 04_algorithm: e/answer.ipynb is",
    ]
    with pytest.raises(IntakeError, match="no notebook is named '4'; known: 01"):
        find(tmp_path, "4", KNOWN)


# ---------------------------------------------------------------- what counts


def test_canvas_numbers_tell_the_latest(tmp_path):
    entries = {
        "doe_1_300_final.ipynb": FOUR,
        "doe_1_299_x-2.ipynb": FOUR,
        "doe_LATE_1_1000_x-1.ipynb": FOUR,
        "roe_2_5000_x.ipynb": FOUR,
    }
    found = given_in(tmp_path, entries)
    assert pairs(found) == [("1", "04_algorithm"), ("2", "04_algorithm")]
    (duplicate,) = found.duplicates
    assert duplicate.counts is found.submissions[0]
    assert duplicate.counts.where == "doe_LATE_1_1000_x-1.ipynb"
    assert sorted(other.where for other in duplicate.others) == sorted(entries)[:2]
    assert duplicate.why == "Canvas gave it the highest number, 1000"


def test_time_stamps_tell_the_latest(tmp_path):
    found = given_in(
        tmp_path,
        {
            "p_doe_attempt_2026-01-30-15-00-00_x.ipynb": FOUR,
            "p_doe_attempt_2026-01-30-16-00-00_x.ipynb": FOUR,
            "submitted/roe/b/x.ipynb": FOUR,
            "submitted/roe/b/timestamp.txt": b"2026-01-30 10:00:00 UTC",
            "submitted/roe/a/x.ipynb": FOUR,
            "submitted/roe/a/timestamp.txt": b"2026-01-30 09:59:59 UTC",
        },
    )
    assert [duplicate.counts.where for duplicate in found.duplicates] == [
        "p_doe_attempt_2026-01-30-16-00-00_x.ipynb",
        "submitted/roe/b/x.ipynb",
    ]
    assert found.duplicates[1].why == "it bears the latest time stamp, 2026-01-30 10:00:00"


def test_modification_times_tell_where_nothing_else_does(tmp_path):
    write(tmp_path, {"doe/a.ipynb": FOUR, "doe/b/c.ipynb": FOUR, "doe/d.ipynb": FOUR})
    (tmp_path / "doe" / "timestamp.txt").mkdir()
    os.utime(tmp_path / "doe/a.ipynb", (10, 10))
    os.utime(tmp_path / "doe/b/c.ipynb", (20, 20))
    os.utime(tmp_path / "doe/d.ipynb", (10, 10))
    (duplicate,) = find(tmp_path, None, KNOWN).duplicates
    assert duplicate.counts.where == "doe/b/c.ipynb"
    assert duplicate.why == "it was modified last, 1970-01-01 00:00:20"
    os.utime(tmp_path / "doe/b/c.ipynb", (10, 10))
    (duplicate,) = find(tmp_path, None, KNOWN).duplicates
    assert duplicate.counts.where == "doe/a.ipynb"
    assert duplicate.why == "all bear the same time, and it is the first by name"


# ---------------------------------------------------------------- the roster


def test_the_roster_says_who_is_missing_and_unknown(tmp_path):
    listed = Roster(
        (
            Student("s1", "Jane Doe", ("1234567", "12345")),
            Student("s2", "Rick Roe"),
            Student("s3", "Nobody"),
            Student("s4", "Broken", ("77",)),
        )
    )
    found = given_in(
        tmp_path,
        {
            f"{MOODLE}/x.ipynb": FOUR,
            "doejane_12345_67890_y.ipynb": FIVE,
            "S2.ipynb": FOUR,
            "s2.zip": {"x.ipynb": FIVE},
            "stranger.ipynb": FOUR,
            "broken_77_1_w.zip": b"no archive",
        },
        roster=listed,
    )
    assert pairs(found) == [
        *(("s1", "04_algorithm"), ("s1", "05_backward")),
        *(("s2", "04_algorithm"), ("s2", "05_backward")),
        ("stranger", "04_algorithm"),
    ]
    assert [submission.name for submission in found.submissions[::2]] == [
        "Jane Doe",
        "Rick Roe",
        "",
    ]
    assert found.missing == (listed.students[2],)
    assert [submission.student for submission in found.unknown] == ["stranger"]
    assert [(problem.student, problem.sentence[:17]) for problem in found.problems] == [
        ("s4", "broken_77_1_w.zip")
    ]


def test_the_same_student_under_two_names_is_graded_once(tmp_path):
    listed = Roster((Student("s1", "Jane", ("1234567", "12345")),))
    found = given_in(
        tmp_path,
        {f"{MOODLE}/x.ipynb": FOUR, "doejane_12345_67890_y.ipynb": FOUR},
        roster=listed,
    )
    assert pairs(found) == [("s1", "04_algorithm")]
    assert len(found.duplicates[0].others) == 1


def test_ids_that_look_alike_are_two_students_and_said(tmp_path):
    found = given_in(tmp_path, {"b/é.ipynb": FOUR, "Doe/x.ipynb": FOUR, "doe/x.ipynb": FOUR})
    assert pairs(found) == [(name, "04_algorithm") for name in ("Doe", "b", "doe")]
    assert said(found) == [
        "'Doe' and 'doe' differ only in capitals or in the form of a letter: "
        "they are taken for two students"
    ]


# ---------------------------------------------------------------- hostile


FORGED = {"Victim_7_assignsubmission_file_/04_algorithm.ipynb": FOUR}


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_nobody_hands_in_for_another(tmp_path, form):
    """A folder or archive of a student that looks like a download with others' work."""
    entries = {"victim.ipynb": FOUR}
    if form == "archive":
        entries["mallory.zip"] = FORGED
    else:
        entries |= {f"mallory/{name}": content for name, content in FORGED.items()}
    top = "mallory.zip" if form == "archive" else "mallory"

    found = given_in(tmp_path, entries)
    assert pairs(found) == [("victim", "04_algorithm")]
    assert said(found)[0].startswith(f"{top} looks like a download of many students' work")

    listed = Roster((Student("victim", aliases=("7",)), Student("mallory")))
    found = find(tmp_path, None, KNOWN, listed)
    assert pairs(found) == [("mallory", "04_algorithm"), ("victim", "04_algorithm")]
    assert found.duplicates == ()

    # The roster does not know her: still not a download, as it does not know all the others.
    write(tmp_path, {"other.ipynb": FOUR})
    found = find(tmp_path, None, KNOWN, Roster((Student("victim", aliases=("7",)),)))
    assert ("victim", "04_algorithm") in pairs(found)
    assert found.duplicates == ()


def test_what_lies_below_a_students_name_is_that_students(tmp_path):
    found = given_in(
        tmp_path,
        {
            f"{MOODLE}/B_7_assignsubmission_file_/x.ipynb": FOUR,
            "doe_1_2_3_4_5_x.ipynb": FIVE,
            "roe_6_7_x.zip": {"submitted/victim/05_backward.ipynb": FIVE},
        },
    )
    assert pairs(found) == [
        *(("1", "05_backward"), ("1234567", "04_algorithm"), ("6", "05_backward")),
    ]


def test_downloads_lie_in_one_folder(tmp_path):
    found = given_in(
        tmp_path,
        {
            "Ex 4 04_algorithm-77.zip": {f"{MOODLE}/x.ipynb": OTHER},
            "five.zip": {f"{MOODLE}/x.ipynb": FIVE},
            "unpacked/Rick_7_assignsubmission_file_/x.ipynb": FOUR,
        },
    )
    assert pairs(found) == [
        *(("1234567", "04_algorithm"), ("1234567", "05_backward"), ("7", "04_algorithm")),
    ]
    assert found.problems == ()


def test_what_is_refused_is_said_with_its_student(tmp_path):
    write(tmp_path, {"ok.ipynb": FOUR, "a/x.ipynb": FOUR, "secret.txt": FOUR})
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "ok.ipynb")
    (tmp_path / "mallory").symlink_to(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.ipynb").symlink_to("/dev/zero")
    (tmp_path / "dir.ipynb").mkdir()
    os.mkfifo(tmp_path / "04_algorithm_fifo.ipynb")
    found = find(tmp_path, None, KNOWN)
    assert pairs(found) == [("a", "04_algorithm"), ("ok", "04_algorithm")]
    assert {(problem.student, problem.sentence) for problem in found.problems} == {
        ("fifo", "04_algorithm_fifo.ipynb is a FIFO"),
        ("b", "b/x.ipynb is a symbolic link"),
        ("dir", "dir.ipynb is a folder, not a file"),
        ("link", "link.ipynb is a symbolic link"),
        ("mallory", "mallory is a symbolic link"),
    }


def test_what_belongs_to_no_student_is_said(tmp_path):
    found = given_in(tmp_path, {"04_algorithm.ipynb": FOUR, "a.ipynb": FOUR, " .ipynb": FOUR})
    assert pairs(found) == [("a", "04_algorithm")]
    assert [sentence.split(" is ")[0] for sentence in said(found)] == [
        " .ipynb belongs to no student: ' '",
        "04_algorithm.ipynb belongs to no student: its name says only which notebook",
    ]


def test_hostile_names_in_an_archive(tmp_path):
    names = {
        "x" * 5000 + "/x.ipynb": FOUR,
        "con/x.ipynb": FOUR,
        "\u202egpj\n/x.ipynb": FOUR,
        "../../up/x.ipynb": FOUR,
        "a/../../b/x.ipynb": FOUR,
        "/abs/x.ipynb": FOUR,
        "ok/../ok.ipynb": FOUR,
    }
    path = write(tmp_path, {"class.zip": names}) / "class.zip"
    found = find(path, None, KNOWN)
    assert [student for student, _ in pairs(found)] == ["con", "\u202egpj\n"]
    assert all(sentence.isprintable() and len(sentence) < 500 for sentence in said(found))
    assert len(found.problems) == 5
    assert found.submissions[1].where == "class.zip/\\u202egpj\\n/x.ipynb"
    assert [entry.name for entry in tmp_path.iterdir()] == ["class.zip"]


def test_bytes_that_are_no_utf8_can_be_stored(tmp_path):
    (tmp_path / os.fsdecode(b"ren\xe9.ipynb")).write_bytes(FOUR)
    (submission,) = find(tmp_path, None, KNOWN).submissions
    assert submission.student == "ren\\udce9"
    assert submission.read() == FOUR


def test_archives_go_one_within_another_at_most(tmp_path):
    inner = {"x.ipynb": FOUR}
    found = given_in(tmp_path, {"a.zip": {"b.zip": inner}, "c.zip": {"d.zip": {"e.zip": inner}}})
    assert pairs(found) == [("a", "04_algorithm")]
    assert said(found) == ["c.zip/d.zip/e.zip is an archive in an archive in an archive"]


def test_one_student_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(intake.gathering, "MAX_NOTEBOOKS", 3)
    monkeypatch.setattr(intake.gathering, "MAX_SAID", 2)
    monkeypatch.setattr(intake.gathering, "MAX_UNPACKED", len(FOUR) + 10)
    found = given_in(
        tmp_path,
        {
            "many.zip": {f"{i}.ipynb": b"" for i in range(4)},
            "large.zip": {"a.ipynb": FOUR, "b.ipynb": FOUR},
            "bad.zip": {f"{i}.zip": b"no archive" for i in range(5)},
            "out.zip": {f"../{i}.ipynb": b"" for i in range(5)},
        },
    )
    assert pairs(found) == []
    assert "many.zip holds more than 3 notebooks" in said(found)
    assert "large.zip unpacks to more than 0 MiB" in said(found)
    assert "bad.zip holds 3 more that cannot be read" in said(found)
    assert len(found.problems) == 1 + 1 + 3 + 2


def test_a_submission_that_is_gone_says_so(tmp_path):
    (submission,) = given_in(tmp_path, {"doe.ipynb": FOUR}).submissions
    (tmp_path / "doe.ipynb").unlink()
    with pytest.raises(Unavailable, match=r"^doe[.]ipynb cannot be opened"):
        submission.read()


def test_what_is_gone_while_it_is_looked_at(tmp_path, monkeypatch):
    def refuse(self, limit):
        raise intake.Refused("cannot be opened (gone)")

    write(tmp_path, {"a/x.ipynb": FOUR, "a/y.ipynb": FOUR})
    write(tmp_path, {"a/timestamp.txt": b"2026-01-01 00:00:00"})
    monkeypatch.setattr(intake.gathering.File, "read", refuse)
    assert said(find(tmp_path, None, KNOWN))[0] == "a/x.ipynb cannot be opened (gone)"
    assert pairs(find(tmp_path, "04_algorithm", KNOWN)) == [("a", "04_algorithm")]


def test_one_notebook_and_paths_that_are_none(tmp_path):
    write(tmp_path, {"doe.ipynb": FOUR, "x.txt": b"", "bad.zip": b"no", "big.ipynb": b""})
    assert pairs(find(tmp_path / "doe.ipynb", None, KNOWN)) == [("doe", "04_algorithm")]
    os.mkfifo(tmp_path / "fifo.ipynb")
    for name, why in (
        ("x.txt", "is no folder"),
        ("none", "does not exist"),
        ("none.zip", "cannot be opened"),
        ("none.ipynb", "cannot be opened"),
        ("fifo.ipynb", "is a FIFO"),
        ("bad.zip", "cannot be unpacked"),
    ):
        with pytest.raises(IntakeError, match=why):
            find(tmp_path / name, None, KNOWN)


def test_the_instructor_may_name_a_link(tmp_path):
    write(tmp_path / "real", {"doe.ipynb": FOUR})
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "one.ipynb").symlink_to("real/doe.ipynb")
    assert len(find(tmp_path / "link", None, KNOWN).submissions) == 1
    assert pairs(find(tmp_path / "one.ipynb", None, KNOWN)) == [("doe", "04_algorithm")]


PARTS = st.sampled_from(
    [
        *("doe", "roe.zip", "submitted", "04_algorithm", "x.ipynb", "a.ipynb", "..", ".", "", "C:"),
        *("source", "timestamp.txt", "x_1_2_y.ipynb", "A_1_assignsubmission_file_", " ", "é"),
        *("doe+p+2026-01-01 00:00:00 UTC", "05_backward.zip", "__MACOSX", ".x.ipynb", "\u202e"),
    ]
)


@repeatable
@given(st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join).filter(len), unique=True))
def test_any_archive_gives_each_student_a_notebook_once(tmp_path_factory, names):
    content = b"def standardize_batch("
    root = tmp_path_factory.mktemp("any")
    write(root, {"any.zip": dict.fromkeys(names, content)})
    for path in (root, root / "any.zip"):
        found = find(path, None, KNOWN, None)
        assert len(set(pairs(found))) == len(found.submissions)
        for submission in found.submissions:
            assert submission.read() == content
            assert submission.where.isprintable()
            assert submission.student.strip()
        assert all(sentence.isprintable() for sentence in said(found))
    assert [entry.name for entry in root.iterdir()] == ["any.zip"]


def test_ten_thousand_submissions_in_an_archive(tmp_path):
    path = write(tmp_path, {"class.zip": {f"s{i}.ipynb": b"x" for i in range(10_000)}})
    found = find(path / "class.zip", "04_algorithm", KNOWN)
    assert len(found.submissions) == 10_000
    assert all(submission.read() == b"x" for submission in found.submissions[::100])
