"""The class report: right numbers, the class's mistakes, names in one place, flat memory."""

import dataclasses
import gc
import re
import statistics
import tracemalloc

import numpy as np
import pytest
from grader import pages_of
from grader.test_reports_feedback import HOSTILE, Texts, all_right, stub
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlib.checks import registry
from bnlib.grader.gradebook import FinalNotebook
from bnlib.grader.record import BROKEN, UNREADABLE, marks_without_answers
from bnlib.grader.reports.classroom import GENERAL, ClassReport
from bnlib.grader.reports.data import Attendance, Remark
from bnlib.grader.reports.tally import MOST_ROWS, Tally

BOOK = "https://example.org/bn"
EPS = pages_of.mark("batchnorm_forward", "eps-missing")
BESSEL = pages_of.mark("standardize_batch", "bessel")
STUB = pages_of.judged("restoring_affine", stub)


def unnamed_answer(x, *others):
    return np.sin(x), None


def failing(outcome, problem):
    marks = marks_without_answers("04_algorithm", "not judged", problem)
    given = {mark.exercise: mark for mark in marks}
    return pages_of.notebook("04_algorithm", given, outcome=outcome, problem=problem)


def slow():
    mark = dataclasses.replace(BESSEL, status="took too long")
    return pages_of.notebook("04_algorithm", {**all_right(), mark.exercise: mark})


def class_of(*notebooks):
    report = ClassReport("Week 4")
    for n, notebook in enumerate(notebooks):
        report.add(pages_of.student(f"id-{n}", notebook, name=f"Student {n}"))
    return report


@pytest.fixture(scope="module")
def report():
    """Eight students: three right, two with one mistake, one with another and a stub, two lost."""
    right = pages_of.notebook("04_algorithm", all_right())
    eps = pages_of.notebook("04_algorithm", {**all_right(), EPS.exercise: EPS})
    changed = {**all_right(), BESSEL.exercise: BESSEL, STUB.exercise: STUB}
    both = pages_of.notebook("04_algorithm", changed, flags=("imported scipy",))
    return class_of(
        right,
        right,
        pages_of.adjusted(right, "standardize_batch", 5, "Copied a comment."),
        eps,
        eps,
        both,
        failing(BROKEN, "Its process ended."),
        failing(UNREADABLE, "It ends too soon."),
    )


ATTENDANCE = Attendance(
    missing=(Remark("id-90", "Student 90"),),
    unknown=(Remark("id-91", ""),),
    duplicates=(Remark("id-3", "two files; the later one was graded"),),
)


@pytest.fixture(scope="module")
def page(report):
    return report.render(BOOK, ATTENDANCE)


@pytest.fixture(scope="module")
def parts(page):
    """What stands before the folded part and in it."""
    before, _, folded = page.partition('<details class="instructor"')
    return Texts(before).text, Texts("<details" + folded).text


def test_the_first_numbers(report, parts):
    points = [30, 30, 29, 28, 28, 25 - BESSEL.possible + BESSEL.points, 0, 0]
    assert report.tally.mean() == pytest.approx(statistics.mean(points))
    assert report.tally.median() == statistics.median(points)
    assert f"{statistics.median(points) / 30 * 100:.0f} %" in parts[0]


@settings(max_examples=50)
@given(st.lists(st.floats(0, 30), min_size=1, max_size=40))
def test_mean_median_and_histogram_of_any_scores(points):
    tally = Tally()
    base = pages_of.notebook("04_algorithm", all_right())
    for value in points:
        one = pages_of.adjusted(base, "standardize_batch", value - 24, "")
        tally.add(pages_of.student("x", one))
    assert tally.mean() == pytest.approx(statistics.mean(points), abs=1e-5)
    assert tally.median() == pytest.approx(statistics.median(points), abs=1e-5)
    assert sum(tally.histogram()) == len(points)


def test_histogram_bins():
    tally = Tally()
    base = pages_of.notebook("04_algorithm", all_right())
    for value in (0, 3, 2.99, 29.9, 30, 40, -5):
        tally.add(
            pages_of.student("x", pages_of.adjusted(base, "standardize_batch", value - 24, ""))
        )
    assert tally.histogram() == [3, 1, 0, 0, 0, 0, 0, 0, 0, 3]


def test_counts_of_each_exercise(report):
    counts = {
        e.name: (e.right, e.wrong, e.left, e.attempted) for e in report.tally.exercises.values()
    }
    assert counts["standardize_batch"] == (5, 1, 0, 6)
    assert counts["batchnorm_forward"] == (4, 2, 0, 6)
    assert counts["restoring_affine"] == (5, 0, 1, 5)


def test_the_most_common_mistakes(parts):
    text = parts[0]
    assert "Most common mistake: eps-missing in “Batch norm, forward”, made by 2 of the 6" in text
    advice = next(
        m.advice for m in registry.lookup("batchnorm_forward").mistakes if m.id == "eps-missing"
    )
    assert f"eps-missing Batch norm, forward 2 33 % {advice} Read chapter 4" in text
    assert "bessel Standardize a batch 1 17 %" in text


def test_a_mistake_counts_once_a_student(report):
    assert sum(line.mistake == "eps-missing" for line in EPS.lines) > 1
    assert report.tally.exercises["batchnorm_forward"].mistakes == {"eps-missing": 2}


def test_mistakes_lead_into_the_book(page):
    assert f"{BOOK}/book/04_algorithm.html#sec-eps" in Texts(page).links


def test_no_more_than_ten_mistakes_are_listed():
    forward = registry.lookup("batchnorm_forward")
    wrong = [pages_of.mark(forward.name, m.id) for m in forward.mistakes[:14]]
    notebooks = [pages_of.notebook("04_algorithm", {forward.name: mark}) for mark in wrong]
    page = class_of(*notebooks).render()
    table = page[page.index('<table class="stack"') :].split("</table>")[0]
    assert table.count("<tr>") == 11


def test_what_has_no_name_is_listed_apart():
    mark = pages_of.judged("batchnorm_forward", unnamed_answer)
    assert {line.mistake for line in mark.lines if line.passed is False} == {None}
    notebook = pages_of.notebook("04_algorithm", {**all_right(), mark.exercise: mark})
    text = Texts(class_of(notebook).render()).text
    assert "No mistake was named in any submission." in text
    assert "Batch norm, forward 1 100 %" in text


def test_what_the_engine_names_has_words():
    mark = pages_of.judged("batchnorm_forward", lambda *arguments: 1)
    notebook = pages_of.notebook("04_algorithm", {**all_right(), mark.exercise: mark})
    assert GENERAL["wrong-form"] in class_of(notebook).render()


def test_an_exercise_that_is_no_more_does_no_harm():
    mark = dataclasses.replace(EPS, exercise="gone")
    base = pages_of.notebook("04_algorithm", all_right())
    changed = dataclasses.replace(base.marks[0], mark=mark)
    page = class_of(FinalNotebook(base.record, (changed,))).render()
    assert "eps-missing" in page


def test_names_stand_in_the_folded_part_alone(page, parts):
    assert page.count('<details class="instructor">') == 1  # folded until it is opened
    first, folded = parts
    for word in ("Student 0", "Student 6", "id-6", "id-9", "Copied a comment", "imported scipy"):
        assert word not in first
    assert "id-6 Student 6 04_algorithm broken: Its process ended." in folded
    assert "id-7 Student 7 04_algorithm unreadable: It ends too soon." in folded
    assert "id-5 Student 5 04_algorithm imported scipy" in folded
    assert "id-2 Student 2 Standardize a batch 5 instead of 6 points Copied a comment." in folded
    assert "names stand only in the folded part" in first


def test_who_is_missing(parts):
    folded = parts[1]
    assert "Handed in nothing (1) id-90 : Student 90" in folded
    assert "Not on the roster (1) id-91" in folded
    assert "Handed in more than once (1) id-3 : two files; the later one was graded" in folded


def test_without_a_roster_it_says_so(report):
    assert "Without a roster nobody can be missing" in report.render()


def test_what_stopped_is_counted():
    text = Texts(class_of(slow(), failing(BROKEN, "It ended.")).render()).text
    assert (
        "1 ended, blocked or overran their process; 1 had an exercise that took too long." in text
    )
    assert "id-0 Student 0 04_algorithm took too long: Standardize a batch" in text
    text = Texts(class_of(pages_of.notebook("04_algorithm", all_right())).render()).text
    assert "to their end None of 1." in text


def test_weak_isolation_is_said_at_the_top():
    notebooks = [
        pages_of.notebook("04_algorithm", all_right(), isolation=isolation)
        for isolation in ("none", "user", "namespaces")
    ]
    page = class_of(*notebooks).render()
    first, _, folded = page.partition('<details class="instructor"')
    assert "Warning: unsafe. 1 of 3 notebooks" in Texts(first).text
    assert "1 of 3 notebooks were run as another user" in Texts(first).text
    assert "1 notebook without a sandbox" in Texts(folded).text


def test_a_sandbox_needs_no_warning(page):
    assert 'class="box' not in page
    assert "8 notebooks in a sandbox" in Texts(page).text


def test_a_class_of_nobody():
    assert "No submission was graded." in ClassReport().render()


def test_notebooks_come_in_their_order():
    report = ClassReport()
    report.add(pages_of.student("a", pages_of.notebook("05_backward", {})))
    report.add(pages_of.student("b", pages_of.notebook("04_algorithm", all_right())))
    assert list(report.tally.notebooks()) == ["04_algorithm", "05_backward"]
    text = Texts(report.render()).text
    assert text.index("Standardize a batch") < text.index("Back through the scale and shift")
    assert report.tally.possible == 65


def test_it_is_the_same_each_time(report, page):
    assert report.render(BOOK, ATTENDANCE) == page


def test_it_needs_nothing(page):
    shown = Texts(page)
    assert not {tag for tag, _ in shown.tags} & {"script", "img", "iframe", "object", "form"}
    assert not re.search(r"url\((?!#)|@import", page)
    assert all(link.startswith(("#", BOOK)) for link in shown.links)
    assert [a["href"] for tag, a in shown.tags if tag == "link"] == ["data:,"]
    assert shown.count("h1") == 1
    assert all("scope" in a for tag, a in shown.tags if tag == "th")
    assert len(shown.ids) == len(set(shown.ids))
    assert "<metadata" not in page


def test_hostile_texts_stay_texts():
    report = ClassReport(" ".join(HOSTILE))
    for text in HOSTILE:
        report.add(pages_of.hostile(text))
    shown = Texts(report.render(BOOK, Attendance(tuple(Remark(t, t) for t in HOSTILE))))
    assert not {tag for tag, _ in shown.tags} & {"script", "img", "b"}
    for _, attributes in shown.tags:
        assert not [name for name in attributes if name.startswith("on")]
    assert all(link.startswith(BOOK) for link in shown.links)
    assert "\x00" not in shown.text


def test_memory_does_not_grow_with_the_class():
    def students(n):
        for i in range(n):
            given = {**all_right(), EPS.exercise: EPS} if i % 3 else {}
            flags = (f"flag {i}",)
            one = pages_of.notebook("04_algorithm", given, f"id-{i}", flags=flags)
            yield pages_of.student(f"id-{i}", one)

    def kept(n):
        tracemalloc.start()
        report = ClassReport()
        for one in students(n):
            report.add(one)
        gc.collect()
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return size, report

    small, _ = kept(2 * MOST_ROWS)
    large, report = kept(10 * MOST_ROWS)
    assert large < 2 * small  # of five times as many; what Python keeps for itself comes and goes
    text = Texts(report.render()).text
    assert f"and {9 * MOST_ROWS} more: the gradebook holds them all." in text


def test_an_exception_is_no_mistake_of_the_catalogue():
    def raises(mean, var, eps):
        raise ValueError("no")

    report = ClassReport()
    for i in range(3):
        given = {**all_right(), "restoring_affine": pages_of.judged("restoring_affine", raises)}
        report.add(pages_of.student(f"id-{i}", pages_of.notebook("04_algorithm", given, f"id-{i}")))
    exercise = report.tally.exercises["restoring_affine"]
    assert (exercise.wrong, exercise.unnamed, exercise.mistakes) == (3, 3, {})
    assert "Most common mistake" not in Texts(report.render()).text
