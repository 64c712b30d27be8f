"""Rosters as Moodle and Canvas export them, and as people type them."""

import pytest

from bnlib.grader.intake import roster
from bnlib.grader.intake.roster import Roster, RosterError, Student


@pytest.fixture
def read(tmp_path):
    def reads(text, encoding="utf-8"):
        path = tmp_path / "roster.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return roster.read(path)

    return reads


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Homework (5)
,,,,,Manual Posting
    Points Possible,,,,,10.0
"Doe, Jane",12345,S77,jdoe,A,
"Roe, Rick",12346,S78,rroe,A,
"Student, Test",99999,,abcdef,A,
"""
MOODLE = """\ufeffIdentifier,"Full name","ID number","Email address",Status,Grade
"Participant 1234567","Jane Doe",,jane@example.org,Submitted,-
"Participant 1234568","Rick Roe",,rick@example.org,Submitted,-
"""


def test_canvas(read):
    found = read(CANVAS)
    assert found.problems == ()
    assert [(s.id, s.name) for s in found.students] == [
        ("12345", "Doe, Jane"),
        ("12346", "Roe, Rick"),
    ]
    for key in ("12345", "S77", "jdoe", "JDOE"):
        assert found.find(key).id == "12345"
    assert found.find("A") is None


def test_moodle_worksheet_with_empty_id_numbers(read):
    found = read(MOODLE)
    assert [(s.id, s.name) for s in found.students] == [
        ("1234567", "Jane Doe"),
        ("1234568", "Rick Roe"),
    ]
    assert found.find("jane@example.org").id == "1234567"


def test_moodle_participants(read):
    found = read(
        "First name;Last name;ID number;Email address\n"
        "Jürgen;Groß;m-1;jg@example.org\n;Solo;m-2;s@example.org\n",
        "latin-1",
    )
    assert [(s.id, s.name) for s in found.students] == [("m-1", "Jürgen Groß"), ("m-2", "Solo")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(read, encoding, separator):
    text = f"Name{separator}Student ID\r\n Zoë {separator} z1 \r\n\r\n"
    data = text.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    assert read(data).students == (Student("z1", "Zoë"),)


def test_bad_rows_are_named_and_the_others_kept(read):
    found = read('id,name\na,"Two\nlines"\n,Nobody\n,,\nb\n' + "x" * 300 + ",Long\n")
    assert [s.id for s in found.students] == ["a", "b"]
    assert len(found.problems) == 2
    assert found.problems[0].startswith("line 4 of the roster has no id in column 'id': , Nobody")
    assert found.problems[1].startswith("line 7 of the roster has no usable id")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name\na,x\nb,y\na,z\n", "'a' twice: lines 2 and 4"),
        ("name,grade\nx,1\n", "no column of ids: its columns are name, grade; .* expected"),
        ("", "is empty"),
        ("\n , \n", "is empty"),
        (b'id\n"' + b"x" * 200_000 + b'"\n', "field larger"),
    ],
)
def test_what_cannot_be_used_is_an_error(read, text, said):
    with pytest.raises(RosterError, match=said):
        read(text)


def test_a_roster_that_is_not_there(tmp_path):
    with pytest.raises(RosterError, match="cannot be opened"):
        roster.read(tmp_path / "none.csv")


def test_a_name_of_two_students_names_neither():
    found = Roster(
        (
            Student("Ann", aliases=("1", "shared", "ann@x")),
            Student("ann", aliases=("2", "shared", "Ann")),
            Student("bob", aliases=("2", "ANN@X", "carl")),
            Student("carl", aliases=("b\u00f6b",)),
        )
    )
    assert found.find("Ann").id == "Ann"
    assert found.find("ann").id == "ann"
    assert found.find("ANN") is None
    assert found.find("shared") is None
    assert found.find("ann@x") is None
    assert found.find("2") is None
    assert found.find("1").id == "Ann"
    assert found.find("carl").id == "carl"
    assert found.find("bo\u0308b").id == "carl"
