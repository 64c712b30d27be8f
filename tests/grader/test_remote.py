"""A submission that is spoken to: what becomes of its lives, of its cells and of each answer."""

from __future__ import annotations

import numpy as np
import pytest

from bnlib.checks import registry
from bnlib.checks.calling import Outcome
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut
from bnlib.grader import remote
from bnlib.grader.questions import Question
from bnlib.grader.references import References
from bnlib.grader.remote import ENDED, FORGED, RemoteCallee, Session
from bnlib.grader.sandbox.warm import SandboxFailed
from bnlib.grader.wire.encoding import Encoder
from tests.grader.puppets import CELLS, NAMES, Parent, asked, double, framed, ready, told, valued

NONE = References({})
LONG = 20.0  # seconds: never waited for


@pytest.fixture
def session(monkeypatch):
    """Makes sessions with children that say, each, the next of the streams."""
    monkeypatch.setattr(remote, "_GRACE", 0.05)
    made = []

    def make(*streams, cells=CELLS, seconds=LONG, **how) -> Session:
        made.append(Session(Parent(*streams, **how), cells, NAMES, LONG, seconds))
        return made[-1]

    yield make
    for one in made:
        one.end()


def call(session: Session, name="f", *arguments, seconds=LONG, references=NONE) -> Outcome:
    return session.call(Question.of(name, None, arguments, seconds, references))


def forks(session: Session) -> int:
    return session._parent.forks


class Thing:
    """Cannot cross."""


# ---------------------------------------------------------------- cells


def test_the_cells_are_run_once():
    with Session(Parent([ready(raised=[[2, "no"]])]), CELLS, NAMES) as session:
        facts = session.facts()
        assert facts is session.facts()
    assert (facts.raised, facts.names, facts.packages, facts.lost) == (
        ((2, "no"),),
        {"f", "g"},
        {"math"},
        "",
    )
    assert forks(session) == session.lives == 1


def test_a_cell_that_ends_the_process_is_left_out(session):
    """In a second life it is told of every cell, so that one knows which; in a third it is well."""
    died = framed(["cell", 1]) + framed(["cell", 2])
    one = session(b"", died, told(2))
    facts = one.facts()
    assert one.lives == 3
    assert facts.raised == ((2, str(ENDED)),)
    assert facts.names == {"f", "g"}
    assert not facts.lost


def test_a_cell_that_says_nothing_took_too_long(session):
    one = session(b"", framed(["cell", 1]), told(1), stays=True)
    one._seconds_a_cell = 0.05
    one.facts()
    assert one._lost_cells == {1: "TimedOut: it took too long"}


def test_what_it_takes_to_see_that_a_process_is_lost_is_not_the_submissions_time(session):
    one = session(b"", [told()], stays=True, seconds=0.3)
    one._seconds_a_cell = 0.25  # and 0.05 of grace
    assert not one.facts().lost
    assert one.lives == 2


def test_too_many_lost_cells_are_the_end(session):
    cells = [(n, "") for n in range(1, 20)]
    deaths = [b"".join(framed(["cell", m]) for m in range(n, n + 1)) for n in range(1, 20)]
    one = session(b"", *deaths, cells=cells)
    facts = one.facts()
    assert facts.lost == str(ENDED)
    assert facts.names == set()
    assert facts.raised == tuple((n, str(ENDED)) for n in range(1, 7))
    assert forks(one) == remote._MOST_LOST_CELLS + 2


def test_the_time_of_a_submission_is_bounded(session):
    one = session([ready()], seconds=0.0)
    assert "more than 0 seconds in all" in one.facts().lost
    assert forks(one) == 0


def ran(one: Session) -> list[bool]:
    """Has the session run its cells: of each life, whether it got through."""
    lives = []
    one._ran_cells = lambda run=one._ran_cells: lives.append(run()) or lives[-1]
    one.facts()
    return lives


@pytest.mark.parametrize(
    "said",
    [
        framed(["value", 1, None, []]),
        ready().replace(b"callable", b"cullable"),
        ready(raised=[[1, "x", "y"]]),
        ready(raised=3),
        ready(ran=[]),
        ready(ran=None),
        ready(1),
        framed(3),
    ],
)
def test_a_forged_end_of_the_cells_is_no_end(session, said):
    """Whether or not it is to tell of each before it runs."""
    cells = told().removesuffix(ready())
    assert ran(session(said, cells + said, [told(CELLS[-1][0])])) == [False, False, True]


@pytest.mark.parametrize(
    "said", [framed(["cell", 2]), framed(["cell", 1]) * 2, framed(["cell", 1]) + ready(), ready()]
)
def test_a_forged_course_of_the_cells_is_no_course(session, said):
    assert ran(session(b"", said, [told(1)])) == [False, False, True]


def test_nothing_is_told_of_cells_where_that_was_not_asked_for(session):
    assert ran(session([told()], [told()])) == [False, True]


def test_facts_are_of_what_there_is(session):
    said = ready(
        raised=[[n, "x" * 900] for n in (77, 5)],
        callable=["f", "os", 3, "f"],
        modules=["m" * 200, 4, *map(str, range(2000))],
    )
    facts = session([said]).facts()
    assert facts.raised == ((5, "x" * 400),)
    assert facts.names == {"f"}
    assert max(map(len, facts.packages)) == 80
    assert len(facts.packages) <= 1000


# ---------------------------------------------------------------- walls


def test_no_walls_are_no_fault_of_the_submission(session):
    one = session([framed(["no walls", "OSError: unshare"])])
    with pytest.raises(SandboxFailed, match=r"could not be walled in.*unshare"):
        one.facts()
    assert one.lives == 2  # the first time, it could be a submission that says so


def test_a_submission_cannot_say_that_it_has_no_walls(session):
    forged = [framed(["cell", 1]), framed(["no walls", "x"])]
    one = session(forged[1:], forged, [told(1)])
    one.facts()
    assert one._lost_cells == {1: str(ENDED)}


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("said", "error", "text"),
    [
        (["raised", 1, "ValueError", "no", "x"], Raised, "ValueError: no"),
        (["stub", 1, "your code"], NotAttempted, "your code"),
        (["late", 1, "no answer"], TimedOut, "no answer"),
        (["unjudged", 1, "no torch"], CannotJudge, "no torch"),
        (["value", 2, None, []], Raised, str(FORGED)),
        (["value", 1, None], Raised, str(FORGED)),
        (["raised", 1, "ValueError", "no", 3], Raised, str(FORGED)),
        (["cell", 1], Raised, str(FORGED)),
        (["something", 1, "x"], Raised, str(FORGED)),
        (["stub"], Raised, str(FORGED)),
        ([], Raised, str(FORGED)),
        ([3], Raised, str(FORGED)),
        ("value", Raised, str(FORGED)),
    ],
)
def test_an_answer_is_one_of_these_or_forged(session, said, error, text):
    one = session([ready(), framed(said)])
    one.facts()
    with pytest.raises(error) as caught:
        call(one)
    assert str(caught.value) == text


def test_an_end_is_told_from_a_forgery(session):
    assert str(ENDED) != str(FORGED)
    one = session([ready(), b""])
    with pytest.raises(Raised) as caught:
        call(one)
    assert str(caught.value) == str(ENDED)


def test_no_answer_is_late(session):
    one = session([ready()], stays=True)
    with pytest.raises(TimedOut, match=r"no answer after 0\.1 seconds"):
        call(one, seconds=0.1)


def test_texts_are_cut_short(session):
    long = "x" * 5000
    one = session([ready(), framed(["raised", 1, long, long, long])])
    with pytest.raises(Raised) as caught:
        call(one)
    error = caught.value
    assert (len(error.kind), len(error.text), len(error.line)) == (80, 400, 400)


def test_what_was_changed_is_named_by_number(session):
    one = session([ready(), framed(["value", 1, 2.5, [0, "x", True, 2]])])
    assert call(one, "f", 1.0) == Outcome(2.5, (0, 2))


def test_what_cannot_be_handed_back_is_said(session):
    one = session([ready(), valued(1, 3)])
    one.facts()
    with pytest.raises(Raised, match="cannot be handed back"):
        call(one, "f", Thing())
    # It was not sent, and the process lives.
    assert (forks(one), one._connection is None) == (1, False)


# ---------------------------------------------------------------- lives


def test_a_function_that_ends_its_process_is_not_called_for_ever(session):
    dying = [ready(), b""]
    one = session(dying, dying, dying, [ready(), valued(4, 7)])
    for _ in range(5):
        with pytest.raises(Raised, match="ended the process"):
            call(one, "f")
    assert forks(one) == remote._MOST_DEATHS
    assert call(one, "g").value == 7


def test_lives_are_bounded(session, monkeypatch):
    monkeypatch.setattr(remote, "_MOST_LIVES", 2)
    one = session([ready(), b""])
    for name in ("f", "g", "f"):
        with pytest.raises(Raised, match="ended the process"):
            call(one, name)
    assert forks(one) == 2


def test_what_nobody_asked_for_is_the_doing_of_an_earlier_call(session):
    unasked = [ready(), valued(1, 1) + valued(2, "forged")]
    one = session(unasked, [ready(), valued(2, 2)])
    assert call(one, "f").value == 1
    assert call(one, "g").value == 2
    assert one.lives == 2
    assert one._deaths["g"] == 0


def test_an_end_after_an_answer_is_the_doing_of_an_earlier_call(session):
    one = session([ready(), valued(1, 1)], [ready(), valued(2, 2)])
    assert [call(one, "f").value, call(one, "g").value] == [1, 2]
    assert (one.lives, one._deaths.total()) == (2, 0)


@pytest.mark.parametrize(
    "holding",
    [lambda h: h, lambda h: (1, [h]), lambda h: {"key": (h,)}],
    ids=["it", "list", "dict"],
)
def test_a_handle_does_not_outlive_its_process(session, holding):
    one = session([ready(), valued(1, Thing())], [ready(), valued(2, 5)])
    handle = call(one).value
    with pytest.raises(Raised, match="ended the process"):
        call(one, "f", holding(handle))
    assert call(one, "f", 3).value == 5


def test_a_handle_of_this_life_is_handed_back(session):
    one = session([ready(), valued(1, Thing()), valued(2, 5)])
    assert call(one, "f", {"key": call(one).value}).value == 5
    assert one.lives == 1


def test_errors_are_new_ones_each_time(session):
    one = session([ready(), b""])
    caught = []
    for _ in range(2):
        with pytest.raises(Raised) as error:
            call(one)
        caught.append(error.value)
    assert caught[0] is not caught[1]
    assert ENDED.__traceback__ is None


# ---------------------------------------------------------------- questions


def test_questions_are_answered_on_the_way(session):
    asks = asked("double", "call", (np.arange(3.0),))
    refused = asked("triple", "call", (1,))
    one = session([ready(), asks, refused, asked("double", "call", ({},)), valued(1, 9)])
    assert call(one, references=References({"double": double})).value == 9


def test_a_question_that_is_none_is_a_forgery(session):
    one = session([ready(), framed(["ask", "double", 3, None])])
    with pytest.raises(Raised, match="other than an answer"):
        call(one)


def test_questions_are_bounded(session, monkeypatch):
    monkeypatch.setattr(remote, "_MOST_QUESTIONS", 2)
    asks = asked("double", "call", (1,))
    one = session([ready(), asks, asks, valued(1, 9)], [ready(), asks, asks, asks, valued(2, 9)])
    assert call(one, references=References({"double": double})).value == 9
    with pytest.raises(Raised, match="other than an answer"):
        call(one, references=References({"double": double}))


def test_a_reference_is_one_that_can_be_sent(session):
    """What ours gives, and cannot cross, is refused; the submission is told and goes on."""
    one = session([ready(), asked("thing", "call", ()), valued(1, 9)])
    assert call(one, references=References({"thing": Thing})).value == 9


# ---------------------------------------------------------------- the callee


def test_a_callee_calls_by_its_exercise(monkeypatch):
    exercise = registry.lookup("BatchNormFunction")
    said = []

    class Listens:
        def call(self, question):
            said.append(question)
            return Outcome(1, ())

    callee = RemoteCallee(Listens(), exercise, ("torch.x",), 3.0)
    other = callee.given({"double": double})
    assert callee.borrowed(exercise) == other.borrowed(exercise) == ("torch.x",)
    assert callee.call((1,)) == other.call((2,)) == Outcome(1, ())
    assert [q[:5] for q in said] == [
        ("BatchNormFunction", exercise.adapter.__name__, ["t", [n]], b"", 3.0) for n in (1, 2)
    ]
    assert [q.references.methods() for q in said] == [{}, {"double": None}]


def test_a_process_costs_what_its_parent_says(session):
    one = session([ready()])
    one._parent.end = lambda: (0, 1.5, 0)
    one.facts()
    one.end()
    one.end()
    assert one.cpu_seconds == 1.5


def test_arguments_of_ours_always_cross():
    Encoder().encode((np.zeros(3), [1, None], {"a": 2.0}, "text"))
