"""What Gradescope is given: results.json by its specification, of whatever a submission said."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bnlib.checks import registry, run
from bnlib.checks.callee import OwnCallee
from bnlib.grader.exports import gradescope
from bnlib.grader.record import (
    BROKEN,
    GRADED,
    UNREADABLE,
    Line,
    Mark,
    Record,
    line_of,
    marks_without_answers,
)

# https://gradescope-autograders.readthedocs.io/en/latest/specs/, "Output format", and what it says
# of formats, visibility and status. Only plain text: submissions are quoted.
TEXT = {"type": "string", "maxLength": 25_000}
VISIBLE = {"const": "visible"}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [
        {"required": ["score"]},
        {"properties": {"tests": {"minItems": 1, "items": {"required": ["score"]}}}},
    ],
    "required": ["output", "output_format", "stdout_visibility", "tests"],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number", "minimum": 0},
        "output": TEXT,
        "output_format": {"const": "text"},
        "test_output_format": {"const": "text"},
        "test_name_format": {"const": "text"},
        "visibility": VISIBLE,
        "stdout_visibility": {"const": "hidden"},
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["score", "max_score", "status", "name", "number", "output"],
                "properties": {
                    "score": {"type": "number", "minimum": 0},
                    "max_score": {"type": "number", "minimum": 0},
                    "status": {"enum": ["passed", "failed"]},
                    "name": TEXT,
                    "name_format": {"const": "text"},
                    "number": {"type": "string", "pattern": r"^\d+\.\d+$"},
                    "output": TEXT,
                    "output_format": {"const": "text"},
                    "visibility": VISIBLE,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}


def valid(content, path):
    """What a reader of the file finds, which must be what the specification asks for."""
    gradescope.write(path, content)
    read = json.loads(path.read_bytes().decode("utf-8"))
    errors = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(read)]
    assert not errors
    assert read == content
    return read


def record(*marks, **what):
    given = {
        "student": "17",
        "notebook": "04_algorithm",
        "digest": "d" * 64,
        "library": "l" * 64,
        "seed": 5,
        "isolation": "user",
        "outcome": GRADED,
        "problem": "",
        "marks": marks,
    }
    return Record(**{**given, **what})


def mark_of(report):
    """The mark that judging a function leaves."""
    exercise = registry.lookup(report.exercise)
    lines = tuple(line_of(result) for result in report.results)
    return Mark(
        report.exercise, exercise.title, report.status, report.points, report.possible, lines
    )


@pytest.fixture(scope="module")
def judged():
    """Marks of a right answer and of a known mistake."""
    right, wrong = registry.lookup("standardize_batch"), registry.lookup("restoring_affine")
    mistake = wrong.mistakes[0]
    return (
        mark_of(run(right.name, OwnCallee(right.reference, right.adapter))),
        mark_of(run(wrong.name, OwnCallee(mistake.function, wrong.adapter))),
        mistake.advice,
    )


def test_a_test_case_for_each_check_grouped_by_exercise(judged, tmp_path):
    right, wrong, _ = judged
    content = valid(gradescope.results(record(right, wrong, seconds=1.23456789)), tmp_path / "r")
    expected = [("1", right)] * len(right.lines) + [("2", wrong)] * len(wrong.lines)
    assert len(content["tests"]) == len(expected) > 2
    for test, (number, mark) in zip(content["tests"], expected, strict=True):
        assert test["number"].split(".")[0] == number
        assert test["name"].startswith(f"{mark.exercise}: ")
    assert len({test["number"] for test in content["tests"]}) == len(expected)
    for test, line in zip(content["tests"], (*right.lines, *wrong.lines), strict=True):
        assert (test["score"], test["max_score"]) == (line.points, line.possible)
        assert test["status"] == ("passed" if line.passed else "failed")
    assert content["score"] == right.points + wrong.points
    assert content["score"] == sum(test["score"] for test in content["tests"])
    assert content["execution_time"] == 1.234568


def test_the_advice_comes_first_and_is_said_once(judged, tmp_path):
    _, wrong, advice = judged
    content = valid(gradescope.results(record(wrong)), tmp_path / "r")
    outputs = [t["output"] for t in content["tests"] if t["status"] == "failed"]
    assert outputs[0].startswith(advice)
    assert f"Book: {wrong.lines[0].where}." in outputs[0]
    assert sum(advice in output for output in outputs) == 1
    named = [line for line in wrong.lines if line.mistake == wrong.lines[0].mistake]
    assert outputs.count("The same, seen by this check too.") == len(named) - 1


def test_a_mark_that_an_instructor_set_is_in_the_total_and_says_why(judged, tmp_path):
    right, wrong, _ = judged
    final = {"restoring_affine": (4.5, "a good idea <b>in words</b>")}
    content = valid(gradescope.results(record(right, wrong), final), tmp_path / "r")
    assert content["score"] == right.points + 4.5
    said = "restoring_affine: 4.5 of 5 points, set by the instructor: a good idea <b>in words</b>"
    assert said in content["output"]
    assert sum(t["score"] for t in content["tests"]) == right.points + wrong.points


def test_two_notebooks_of_one_student_are_one_result(judged, tmp_path):
    right, wrong, _ = judged
    both = (record(right, seconds=1), record(wrong, notebook="05_backward", seconds=2))
    content = valid(gradescope.results(both), tmp_path / "r")
    assert [t["number"].split(".")[0] for t in content["tests"]][-1] == "2"
    assert content["execution_time"] == 3
    assert "04_algorithm: 6 of 6 points" in content["output"]
    assert "05_backward: " in content["output"]


@pytest.mark.parametrize(
    ("outcome", "problem", "said"),
    [
        (UNREADABLE, "line 3 is no JSON", "could not be read: line 3 is no JSON"),
        (BROKEN, "its process ended", "was not run to its end: its process ended"),
    ],
)
def test_a_notebook_that_was_not_graded_has_no_points_and_the_reason(
    outcome, problem, said, tmp_path
):
    marks = marks_without_answers("04_algorithm", "not judged", problem)
    content = valid(
        gradescope.results(record(*marks, outcome=outcome, problem=problem)), tmp_path / "r"
    )
    assert content["score"] == 0
    assert said in content["output"]
    assert {t["status"] for t in content["tests"]} == {"failed"}
    assert {t["output"] for t in content["tests"]} == {problem}


def test_cells_that_raised_are_listed_and_the_list_ends(judged, tmp_path):
    raised = tuple((number, f"ValueError: {'x' * 1000}") for number in range(1, 101))
    content = valid(gradescope.results(record(judged[0], raised=raised)), tmp_path / "r")
    assert "  cell 20: ValueError: xxx" in content["output"]
    assert "  cell 21:" not in content["output"]
    assert "  and 80 more" in content["output"]
    assert len(content["output"]) < 20 * 400


def test_what_is_for_the_instructor_is_in_nothing_that_a_student_sees(judged, tmp_path):
    secret = "imported scipy, which its code does not say"
    content = valid(gradescope.results(record(judged[0], flags=(secret,))), tmp_path / "r")
    held = content.pop("extra_data")["bnlib"][0]
    assert held["flags"] == [secret]
    assert held["isolation"] == "user"
    assert held["seed"] == 5
    assert secret not in json.dumps(content)
    assert "extra_data" not in json.dumps(content)


HOSTILE = st.one_of(
    st.text(st.characters(), max_size=50),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "![x](http://x.example/y.png)",
            "\x1b[2J\x1b]0;title\x07",
            "\x00",
            "\ud800 half",
            "\u202e reversed",
            '"}]}',
            "x" * 100_000,
        ]
    ),
)


@given(said=HOSTILE, other=HOSTILE, passed=st.sampled_from([True, False, None]))
def test_whatever_a_submission_says_the_file_is_valid_and_bounded(
    said, other, passed, tmp_path_factory
):
    line = Line("The check", passed, said, other or None, 0.0, 2.0, "book/x.html#y", "chapter 4")
    hostile = record(
        Mark("standardize_batch", "A title", "wrong", 0.0, 2.0, (line,) * 3),
        student=said,
        outcome=BROKEN,
        problem=other,
        raised=((1, said), (2, other)),
        flags=(said,),
    )
    content = valid(gradescope.results(hostile), tmp_path_factory.mktemp("hostile") / "r")
    text = json.dumps(content, ensure_ascii=False)
    assert len(text) < 100_000
    for unwanted in ("\\u0000", "\\u001b", "\x1b", "\u202e"):
        assert unwanted not in text
    text.encode("utf-8")  # no half characters


def test_failure_is_valid_and_gives_no_points(tmp_path):
    content = valid(gradescope.failure("Why \x00 not <b>"), tmp_path / "r")
    assert content["score"] == 0
    assert content["output"] == "Why \N{REPLACEMENT CHARACTER} not <b>"


def test_what_is_no_grade_is_an_error_and_what_was_written_stays(judged, tmp_path):
    right, wrong, _ = judged
    with pytest.raises(ValueError, match="one student, got records of 0"):
        gradescope.results(())
    with pytest.raises(ValueError, match="one student, got records of 2"):
        gradescope.results((record(right), record(wrong, student="18")))
    with pytest.raises(ValueError, match="points were set for nothing_such"):
        gradescope.results(record(right), {"nothing_such": (1, "")})
    with pytest.raises(ValueError, match="finite number, got nan"):
        gradescope.results(record(dataclasses.replace(right, points=float("nan"))))
    path = tmp_path / "results.json"
    gradescope.write(path, gradescope.failure("first"))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        gradescope.write(path, {"score": float("inf")})
    assert path.read_bytes() == before
