"""The charts: the right numbers at the right places, seen or heard, in the page's own colours."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlib.grader.reports import plots
from bnlib.grader.reports.classroom import ClassReport
from bnlib.grader.reports.tally import Exercise

FOLDER = Path(plots.__file__).with_name("templates")
STYLE, CHARTS = (Path(FOLDER, name).read_text() for name in ("page.css", "plots.css"))
COUNTS = [0, 1, 0, 2, 3, 5, 8, 9, 4, 2]
MEDIAN = 20.5  # of 30 points
NAME = "$x$ & <y>"


def report(*exercises, scores=None):
    """A report of 34 students with these scores, by default two a tenth around the median."""
    made = ClassReport()
    tally = made.tally
    tally.scores = Counter({3 * i + 1: count for i, count in enumerate(COUNTS) if count})
    tally.scores = scores or tally.scores
    tally.students = sum(tally.scores.values())
    tally.exercises = {exercise.name: exercise for exercise in exercises}
    return made


def exercise(name, right, wrong, left, notebook="04_algorithm", possible=15.0, **mistakes):
    found = Exercise(notebook, name, f"{name} {NAME}", possible, right, wrong, left)
    found.mistakes = Counter(mistakes)
    found.sections = dict.fromkeys(mistakes, ("", ""))
    return found


FIRST = exercise("first", 17, 10, 3, eps=7, bessel=4)
SECOND = exercise("second", 0, 0, 34, **{"a<b": 1})


def figures(made):
    """The charts of a page, as elements: they are well-formed."""
    found = re.findall("<figure>.*?</figure>", made.render(), re.DOTALL)
    return [ElementTree.fromstring(figure) for figure in found]


def of_class(element, name):
    return [e for e in element.iter() if name in e.get("class", "").split()]


def said(element):
    """What a screen reader is given: all but what is hidden from it."""
    if element.get("aria-hidden") == "true":
        return ""
    return " ".join([element.text or ""] + [said(e) + (e.tail or "") for e in element])


def shown(element):
    """What is to be seen: all but what is there for a screen reader."""
    if "unseen" in element.get("class", ""):
        return ""
    return " ".join([element.text or ""] + [shown(e) + (e.tail or "") for e in element])


def words(text):
    return " ".join(text.split())


def place(element, of):
    """The number that the style sheet is given, in per cent."""
    return float(re.fullmatch(rf"--{of}: ([\d.]+)%", element.get("style"))[1])


def ticks_of(axis):
    return [(place(e, "at"), e.text) for e in axis]


# ---------------------------------------------------------------- the histogram


@pytest.fixture(scope="module")
def scores():
    return figures(report(FIRST, SECOND))[0]


def test_a_column_is_as_high_as_its_tenth_has_students(scores):
    columns = scores.findall(".//li")
    assert [place(c, "share") for c in columns] == pytest.approx(
        [100 * n / 9 for n in COUNTS], 1e-3
    )
    assert [words(shown(c)) for c in columns] == [str(n) if n else "" for n in COUNTS]
    assert [words(said(c)) for c in columns] == [
        f"{10 * i} to {10 * i + 10} %: {n}" for i, n in enumerate(COUNTS)
    ]


def test_the_histogram_has_axes_with_units(scores):
    assert [words(shown(e)) for e in of_class(scores, "up")] == ["students"]
    assert [words(shown(e)) for e in of_class(scores, "unit")] == ["score (% of 30 points)"]
    lines = [(place(e, "at"), words(shown(e))) for e in of_class(scores, "line")]
    assert lines == [(pytest.approx(100 * n / 9, 1e-3), str(n)) for n in (0, 2, 4, 6, 8)]
    assert ticks_of(of_class(scores, "axis")[0]) == [(n, str(n)) for n in range(0, 101, 20)]


def test_the_list_says_what_it_counts(scores):
    (columns,) = scores.iter("ol")
    assert columns.get("role") == "list"  # Safari's, which drops it with the bullets
    assert columns.get("aria-label") == "Students by share of the points"


@pytest.mark.parametrize(
    ("points", "at", "label", "side"),
    [
        (15, 50, "median 50 %", "median"),
        (18, 60, "median 60 %", "median past"),
        (0, 0, "median 0 %", "median"),
        (30, 100, "median 100 %", "median past"),
        # Points given by hand may lie outside: the line does not.
        (-6, 0, "median -20 %", "median"),
        (36, 100, "median 120 %", "median past"),
    ],
)
def test_the_median_is_marked_where_it_is(points, at, label, side):
    (line,) = of_class(figures(report(FIRST, SECOND, scores=Counter({points: 3})))[0], "median")
    assert (place(line, "at"), words(said(line)), line.get("class")) == (at, label, side)


def test_without_points_there_is_a_histogram_all_the_same():
    nothing = exercise("first", 1, 0, 0, possible=0.0)
    chart = figures(report(nothing, scores=Counter({0.0: 1})))[0]
    assert [place(c, "share") for c in chart.findall(".//li")] == [100] + [0] * 9


# ---------------------------------------------------------------- the bars


@pytest.fixture(scope="module")
def outcomes():
    return figures(report(FIRST, SECOND))[1]


@pytest.fixture(scope="module")
def mistakes():
    return figures(report(FIRST, SECOND))[2]


def rows(figure):
    return figure.findall(".//tbody/tr")


def bars(row):
    return [(e.get("class"), place(e, "share")) for e in of_class(row, "bar")[0].iter("i")]


def test_a_bar_has_the_shares_of_its_exercise(outcomes):
    first, second = rows(outcomes)
    shares = [100 * n / 34 for n in (17, 10, 3)]
    assert bars(first) == [
        (name, pytest.approx(share, 1e-3))
        for name, share in zip(("right", "wrong", "left"), shares, strict=True)
    ]
    assert bars(second) == [("left", 100)]  # what nobody is has no bar, not even its outline


def test_the_share_of_right_stands_at_the_bars_end(outcomes):
    assert [words(shown(row)) for row in rows(outcomes)] == [
        f"first {NAME} 50 %",
        f"second {NAME} 0 %",
    ]


def test_who_hears_the_bars_hears_all_three_shares(outcomes):
    assert [words(said(row)) for row in rows(outcomes)] == [
        f"first {NAME} 50 % right, 29 % wrong, 9 % not attempted",
        f"second {NAME} 0 % right, 0 % wrong, 100 % not attempted",
    ]


def test_the_legend_names_each_part(outcomes):
    (key,) = of_class(outcomes, "key")
    assert [(e.get("class"), e.tail.strip()) for e in key] == [
        ("right", "right"),
        ("wrong", "wrong"),
        ("left", "not attempted"),
    ]


def test_a_mistake_has_a_bar_as_long_as_it_is_common(mistakes):
    assert [bars(row) for row in rows(mistakes)] == [
        [("made", 100)],
        [("made", pytest.approx(400 / 7, 1e-3))],
        [("made", pytest.approx(100 / 7, 1e-3))],
    ]
    for heard in (shown, said):
        assert [words(heard(row)) for row in rows(mistakes)] == [
            "eps first 7",
            "bessel first 4",
            "a<b second 1",
        ]


def test_bars_have_an_axis_with_a_unit_and_rules_at_its_ticks(outcomes, mistakes):
    shares = [(n, str(n)) for n in (0, 25, 50, 75, 100)]
    counts = [(pytest.approx(100 * n / 7, 1e-3), str(n)) for n in (0, 2, 4, 6)]
    for figure, unit, ticks in (
        (outcomes, "students (%)", shares),
        (mistakes, "students", counts),
    ):
        assert [words(shown(e)) for e in of_class(figure, "unit")] == [unit]
        assert ticks_of(of_class(figure, "axis")[0]) == ticks
        for row in rows(figure):
            (rules,) = of_class(row, "rules")
            assert [place(e, "at") for e in rules] == [at for at, _ in ticks[1:]]


def test_bars_are_rows_of_a_table_with_headings(outcomes, mistakes):
    for figure, heads in (
        (outcomes, ["Exercise", "right wrong not attempted"]),
        (mistakes, ["Mistake and exercise", "Students"]),
    ):
        assert [words(said(e)) for e in figure.findall(".//thead/tr/th[@scope='col']")] == heads
        assert all(len(row.findall("th[@scope='row']")) == 1 for row in rows(figure))
        assert words(said(figure.find(".//tfoot"))) == ""  # the axis is for eyes alone


def test_many_exercises_are_told_by_notebook_first():
    many = [exercise(f"e{n}", n, 34 - n, 0, f"nb{n % 2}", 3.0) for n in range(10)]
    _, first, *each = figures(report(*many))
    assert [words(shown(row)) for row in rows(first)] == ["nb0 12 %", "nb1 15 %"]
    assert bars(rows(first)[0]) == [
        ("right", pytest.approx(400 / 34, 1e-3)),
        ("wrong", pytest.approx(3000 / 34, 1e-3)),
    ]
    assert [words(shown(figure.find("figcaption"))) for figure in each] == ["nb0", "nb1"]
    assert [len(rows(figure)) for figure in each] == [5, 5]
    assert "mean over their exercises" in shown(first.find("figcaption"))


def test_a_long_name_is_cut():
    long = exercise("w" * 500, 1, 0, 0, **{"m" * 500: 1})
    _, outcomes, mistakes = figures(report(long, scores=Counter({15.0: 1})))
    for figure in (outcomes, mistakes):
        assert "more characters were left out" in words(said(figure))
        assert len(words(said(figure))) < 500


# ---------------------------------------------------------------- ticks


@given(st.integers(0, 10**9))
def test_ticks_are_round_and_few_and_reach_far(most):
    found = plots.ticks(most)
    step = found[1]
    assert found == list(range(0, step * len(found), step))
    assert len(found) <= 6
    assert found[-1] <= max(most, 1) < found[-1] + step
    assert str(step).rstrip("0") in ("1", "2", "5")


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(0, [0, 1]), (5, [0, 1, 2, 3, 4, 5]), (6, [0, 2, 4, 6]), (11, [0, 5, 10]), (26, [0, 10, 20])],
)
def test_ticks_are_as_close_as_their_number_lets_them(most, ticks):
    assert plots.ticks(most) == ticks


# ---------------------------------------------------------------- what draws, and in which colours


def test_nothing_of_the_grader_loads_a_library_that_draws():
    code = """
import sys
sys.modules["matplotlib"] = None  # as where it is not installed
from bnlib.commands import grade
from bnlib.grader.reports.classroom import ClassReport
ClassReport().render()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_colour_is_the_pages():
    assert re.findall(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsl", CHARTS) == []
    known = set(re.findall(r"(--[a-z]+):", STYLE))
    given_by_the_page = {"--at", "--share", "--digits"}
    assert set(re.findall(r"var\((--[a-z]+)\)", CHARTS)) <= known | given_by_the_page


def test_every_class_of_a_chart_has_its_rule(scores, outcomes, mistakes):
    used = {
        name
        for figure in (scores, outcomes, mistakes)
        for element in figure.iter()
        for name in element.get("class", "").split()
    }
    assert {name for name in used if not re.search(rf"\.{name}\b", CHARTS)} == set()


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_contrasts(mode):
    blocks = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[mode]))
    for ground in ("paper", "card", "warning"):
        for ink in ("ink", "muted", "link", "good", "bad"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for part in ("first", "second", "faint"):
        assert contrast(colours[part], colours["paper"]) >= 3, part
    # Told apart in grey too.
    assert contrast(colours["first"], colours["second"]) >= 1.5
