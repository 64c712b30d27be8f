"""The class on one page: scores, exercises, the most common mistakes, what needs a look.

Students are counted as they come and not kept, so a class may be of any size.
"""

from __future__ import annotations

from typing import NamedTuple

from bnlib.checks import registry
from bnlib.grader.record import BROKEN, UNREADABLE
from bnlib.grader.reports import pages, plots
from bnlib.grader.reports.data import Attendance, StudentPage
from bnlib.grader.reports.tally import MOST_ROWS, Exercise, Tally

MOST_MISTAKES = 10
MOST_UNNAMED = 5
MOST_BARS = 8  # exercises that the first screen has room for

# What the engine itself names, of any exercise.
GENERAL = {
    "raised": "The code raised an exception.",
    "timed-out": "A call did not come back in time. Does a loop never end?",
    "borrowed": "The answer calls what already does the exercise's work.",
    "returned-none": "None came back. Is a return missing?",
    "wrong-form": "What came back is not what the exercise says, in number or kind.",
    "wrong-type": "What came back is no plain array.",
    "wrong-shape": "An array came back in another shape.",
    "wrong-dtype": "An array came back with another dtype than float64.",
    "not-finite": "The result holds nan or inf.",
    "changed-argument": "An argument was changed in place.",
    "no-error": "Arguments that make no sense raised no error.",
    "wrong-error": "Arguments that make no sense raised another error than the exercise says.",
}
ISOLATION = {
    "namespaces": "in a sandbox: own namespaces, no network, nothing of the machine to write to",
    "user": "as another user of the machine, without namespaces",
    "none": "without a sandbox (--unsafe-no-sandbox)",
}


class Common(NamedTuple):
    """One mistake of the class: how many of those who attempted the exercise made it."""

    id: str
    exercise: Exercise
    students: int
    advice: str
    where: str
    href: str | None


class ClassReport:
    """The page of a class: ``add`` every student, then ``render``.

    Memory does not grow with the class, but for the first rows of the instructor's lists.
    """

    def __init__(self, title: str = "Class report"):
        self.title = title
        self.tally = Tally()

    def add(self, page: StudentPage) -> None:
        """Count a student; the page itself is not kept."""
        self.tally.add(page)

    def render(self, book: str | None = None, attendance: Attendance | None = None) -> str:
        """The page, as HTML that needs nothing else; the same for the same students in order.

        Args:
            book: address of the built book's root, for links. attendance: who is missing,
                unknown or twice there; None where it was not looked for.

        Raises:
            ValueError: ``book`` is no address.
        """
        tally, book = self.tally, pages.checked_book(book)
        notebooks = tally.notebooks()
        exercises = [exercise for own in notebooks.values() for exercise in own]
        mistakes = _mistakes(exercises, book)
        mean, median = (plots.percent(v, tally.possible) for v in (tally.mean(), tally.median()))
        scores = tally.histogram()
        few = len(exercises) <= MOST_BARS
        return pages.filled(
            "class.html",
            title=self.title,
            tally=tally,
            mean=mean,
            median=median,
            notebooks=notebooks,
            few=few,
            scores=scores,
            score_ticks=plots.ticks(max(scores)),
            overview=plots.outcomes(exercises, tally.students)
            if few
            else plots.averages(notebooks, tally.students),
            bars={name: plots.outcomes(own, tally.students) for name, own in notebooks.items()},
            mistakes=mistakes,
            mistake_ticks=plots.ticks(mistakes[0].students if mistakes else 0),
            unnamed=_unnamed(exercises),
            stopped=[
                (tally.outcomes[UNREADABLE], "could not be read"),
                (tally.outcomes[BROKEN], "ended, blocked or overran their process"),
                (tally.late, "had an exercise that took too long"),
            ],
            isolation=[
                (count, ISOLATION.get(name, name))
                for name, count in sorted(tally.isolation.items())
            ],
            lists=_lists(attendance),
            known=attendance is not None,
            most=MOST_ROWS,
        )


def _mistakes(exercises: list[Exercise], book: str | None) -> list[Common]:
    """The mistakes that most students made; among equals the order of the notebooks decides."""
    counted = [(n, id, exercise) for exercise in exercises for id, n in exercise.mistakes.items()]
    counted.sort(key=lambda entry: (-entry[0], entry[2].notebook, entry[1]))
    found = []
    for students, id, exercise in counted[:MOST_MISTAKES]:
        section, where = exercise.sections[id]
        link = pages.link(book, section)
        found.append(Common(id, exercise, students, _advice(exercise.name, id), where, link))
    return found


def _advice(name: str, id: str) -> str:
    try:
        known = registry.lookup(name).mistakes
    except ValueError:  # an exercise that is no more, of an older gradebook
        known = []
    return next((m.advice for m in known if m.id == id), GENERAL.get(id, ""))


def _unnamed(exercises: list[Exercise]) -> list[Exercise]:
    some = [exercise for exercise in exercises if exercise.unnamed]
    return sorted(some, key=lambda exercise: -exercise.unnamed)[:MOST_UNNAMED]


def _lists(attendance: Attendance | None) -> list[tuple[str, tuple, int]]:
    """Each list of the attendance: its title, the rows that are shown, how many there are."""
    if attendance is None:
        return []
    lists = (
        ("Handed in nothing", attendance.missing),
        ("Not on the roster", attendance.unknown),
        ("Handed in more than once", attendance.duplicates),
    )
    return [(title, rows[:MOST_ROWS], len(rows)) for title, rows in lists]
