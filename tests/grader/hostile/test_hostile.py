"""Every hostile or broken submission gets its score in its time, and harms nobody else.

Each is graded by one judge between two honest submissions, whose records must be those of a run
without it; nothing of it may be left behind (`harness.Classroom`).
"""

import pytest

from tests.grader.hostile.cases import CASES, GROUPS

pytestmark = pytest.mark.needs_system("bubblewrap")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_hostile_submission_gets_its_score_and_harms_nobody(case, classroom):
    record, seconds = classroom.grade(case)
    if case.points is not None:
        assert record.outcome == case.outcome, record.problem
        got = {mark.exercise: mark.points for mark in record.marks}
        expected = {name: p for name, p in case.expected.items() if p is not None}
        assert {name: got[name] for name in expected} == expected, _why(record)
    statuses = {mark.exercise: mark.status for mark in record.marks}
    assert {name: statuses[name] for name in case.status} == dict(case.status), _why(record)
    for exercise, mistake in case.mistakes.items():
        named = [line.mistake for m in record.marks if m.exercise == exercise for line in m.lines]
        assert mistake in named
    assert case.raised in "\n".join(text for _, text in record.raised)
    assert not any("failed" in flag for flag in record.flags), record.flags
    # What is kept of it is bounded, and a gradebook can store it.
    assert len(record.to_json().encode()) < 300_000
    assert seconds < case.seconds
    if case.probe:
        case.probe(record)


def test_the_cases_are_many_and_each_has_a_name_of_its_own():
    assert len({case.id for case in CASES}) == len(CASES) >= 200
    assert all(len(group) >= 6 for group in GROUPS.values())


def _why(record) -> list[str]:
    return [line.message for mark in record.marks for line in mark.lines if not line.passed][:3]
