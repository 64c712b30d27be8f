"""A verdict that is known is the one that would be found, and one submission's is its own."""

from __future__ import annotations

import functools
import importlib.util
import itertools
import struct
from pathlib import Path

import msgpack
import numpy as np
import pytest

from bnlib.checks import calling, engine, registry
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut
from bnlib.grader import remote
from bnlib.grader.judging import Judge, Terms
from bnlib.grader.questions import Answer, Question
from bnlib.grader.references import References
from bnlib.grader.remote import RemoteCallee, Session
from bnlib.grader.sandbox import isolation
from bnlib.grader.verdicts import Verdicts
from bnlib.grader.wire.encoding import Decoder, Encoder, Handle
from tests.grader.puppets import CELLS, NAMES, Parent, framed, ready, valued

ROOT = Path(__file__).resolve().parents[2]
TORCH = importlib.util.find_spec("torch") is not None
SEED = 11
LONG = 30.0
NONE = References({})


class Here:
    """Stands for a `Session`, with answers of this process in place of a submission's.

    Args:
        functions: by their names, as a child would call them (``on_arrays`` taken apart).
    """

    def __init__(self, functions: dict):
        self._functions = functions
        self._kept: list = []
        self.asked: list[Question] = []
        self.lives, self.alive = 1, True

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        encoder = Encoder(self._keep)
        handed = Decoder(question.arrays, lambda n, kind, items: self._kept[n]).decode(
            question.data
        )
        function, adapter = self._functions[question.name]
        as_arrays = adapter(function) if adapter else function
        given = question.references._functions
        try:
            with np.errstate(all="ignore"):
                value, changed = calling.call(function, as_arrays, handed, 0, given)
        except NotAttempted as stub:
            return Answer("stub", [str(stub)], b"", 1)
        except Raised as error:
            return Answer("raised", [error.kind, error.text, error.line], b"", 1)
        except CannotJudge as error:
            return Answer("unjudged", [str(error)], b"", 1)
        return Answer("value", [encoder.encode(value), list(changed)], encoder.arrays, 1)

    def outcome(self, answer: Answer):
        return Session._outcome(self, answer)

    def call(self, question: Question):
        return self.outcome(self.ask(question))

    def _keep(self, value) -> int:
        self._kept.append(value)
        return len(self._kept) - 1


def here(exercise, function) -> Here:
    direct = getattr(function, "on_arrays", None)
    return Here({exercise.name: (direct or function, None if direct else exercise.adapter)})


def judged(exercise, asked):
    return engine.run(exercise.name, RemoteCallee(asked, exercise), SEED)


NOTEBOOKS = tuple(dict.fromkeys(e.notebook for e in registry.exercises()))


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_what_is_known_of_others_changes_no_report(notebook):
    """All forms of an answer, one after another, leave the ways of those before at any place."""
    known = Verdicts()
    for exercise in registry.exercises():
        if exercise.notebook != notebook or ("torch" in exercise.requires and not TORCH):
            continue
        functions = [m.function for m in exercise.mistakes[::3]]
        functions = [exercise.reference, *exercise.alternatives[:2], *functions, exercise.reference]
        for function in functions:
            want = judged(exercise, alone := here(exercise, function))
            judge = functools.partial(judged, exercise)
            assert known.report(exercise.name, one := here(exercise, function), judge) == want
            # And the submission has been asked the same, in the same order.
            assert len(one.asked) == len(alone.asked)
            assert all(map(Question.same, one.asked, alone.asked))
    assert known.known
    assert known.found


@pytest.fixture(scope="module")
def judge():
    with Judge(Terms(SEED, "", isolation.NONE)) as one:
        yield one


def test_a_class_is_judged_by_what_is_known(judge):
    def graded(where: str):
        data = (ROOT / where / "04_algorithm.ipynb").read_bytes()
        record = judge.grade("ada", "04_algorithm", data).record
        return [(mark.exercise, mark.status, mark.lines) for mark in record.marks]

    right, stub = graded("solutions"), graded("exercises")
    found, known = judge._verdicts.found, judge._verdicts.known
    assert found >= len(right)
    assert graded("solutions") == right
    assert graded("exercises") == stub
    assert judge._verdicts.found == found
    assert judge._verdicts.known == known + len(right) + len(stub)
    assert {status for _, status, _ in right} == {"passed"}
    assert {status for _, status, _ in stub} == {"not attempted"}


# ---------------------------------------------------------------- what happens on the way


def sums(asked) -> tuple:
    """A check's like: two questions, the second one with what the first one gave."""
    said = []
    handed = (np.arange(3.0),)
    for _ in range(2):
        try:
            value = asked.call(Question.of("f", None, handed, LONG, NONE)).value
        except (Raised, TimedOut) as error:
            said.append(str(error))
            handed = (np.zeros(1),)
        else:
            said.append(type(value).__name__ if isinstance(value, Handle) else repr(value))
            handed = (value,)
    return tuple(said)


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(remote, "_GRACE", 0.05)
    made = []

    def make(*streams) -> Session:
        made.append(Session(Parent(*streams), CELLS, NAMES, LONG, LONG))
        made[-1].facts()
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_what_a_dying_process_says_is_not_known_of_others(session):
    known = Verdicts()
    whole = [ready(), valued(1, 1.0), valued(2, 2.0)]
    dying = [ready(), valued(1, 1.0)]
    for _ in range(2):
        first, second = known.report("f", session(dying), sums)
        assert first == "1.0"
        assert second.startswith("ProcessEnded")
        assert known.report("f", session(whole), sums) == ("1.0", "2.0")
    assert (known.found, known.known) == (3, 1)


def test_answers_are_told_apart_by_all_that_they_say():
    one = Answer("stub", ["x"], b"ab", 1)
    others = [
        one._replace(tag="late"),
        one._replace(rest=["y"]),
        one._replace(rest=[]),
        one._replace(blobs=b"ac"),
    ]
    assert len({one.digest(), *(other.digest() for other in others)}) == 5
    # Whose it is, and in which life, is no part of what it says.
    assert one.digest() == one._replace(life=2, blobs=bytearray(b"ab")).digest()


def test_what_is_nested_too_deeply_to_be_told_apart_is_not_known(session):
    """MessagePack unpacks somewhat more deeply than it packs; nothing of it is looked at."""
    said = msgpack.packb(["value", 1, 1.0, []])[:-1]
    deep = [said + b"\x93" + b"\x91" * 1022 + bytes([last, 2, 3]) for last in (7, 8)]
    known = Verdicts()

    def once(asked):
        return asked.call(Question.of("f", None, (1.0,), LONG, NONE))

    for structure in (*deep, *deep):
        frame = struct.pack(">II", len(structure), 0) + structure
        one = session([ready(), frame])
        assert known.report("f", one, once) == (1.0, (2, 3))
    assert (known.found, known.known) == (4, 0)
    assert known.report("f", session([ready(), valued(1, 1.0, [2, 3])]), once) == (1.0, (2, 3))
    # On a way that is known, too.
    frame = struct.pack(">II", len(deep[0]), 0) + deep[0]
    assert known.report("f", session([ready(), frame]), once) == (1.0, (2, 3))


def test_an_answer_against_the_rules_is_not_known_of_others(session):
    known = Verdicts()
    forged = [ready(), framed(["value", 1, ["a", "<f8", [5], 0], []])]  # five numbers in no bytes

    def once(asked):
        with pytest.raises(Raised, match="other than an answer"):
            asked.call(Question.of("f", None, (1.0,), LONG, NONE))
        return "forged"

    for _ in range(2):
        one = session(forged)
        assert known.report("f", one, once) == "forged"
        assert not one.alive
    assert (known.found, known.known) == (2, 0)


def test_a_handle_is_of_the_submission_that_made_it(session):
    class Own:
        pass

    known = Verdicts()
    stream = [ready(), valued(1, Own()), valued(2, 2.0)]
    assert known.report("f", session(stream), sums) == ("Own", "2.0")
    later = session([ready()], stream)
    later.end()
    later._begin()
    assert later.lives == 2
    assert known.report("f", later, sums) == ("Own", "2.0")
    assert known.known == 1


def test_a_handle_of_a_process_that_is_gone_is_not_handed_back_by_what_is_known(session):
    class Own:
        pass

    known = Verdicts()
    known.report("f", session([ready(), valued(1, Own()), valued(2, 2.0)]), sums)
    # It ends after its first answer; a new one would have another object under the number.
    ends = [ready(), valued(1, Own())]
    first, second = known.report("f", session(ends, [ready(), valued(2, 2.0)]), sums)
    assert first == "Own"
    assert second.startswith("ProcessEnded")


def test_what_an_exercise_depends_on_beside_is_part_of_its_name(session):
    known = Verdicts()
    stream = [ready(), valued(1, 1.0), valued(2, 2.0)]
    known.report(("f", "one"), session(stream), sums)
    known.report(("f", "other"), session(stream), sums)
    assert (known.found, known.known) == (2, 0)


def test_a_check_that_asks_something_else_than_before_is_run_again():
    known = Verdicts()
    inputs = iter([1.0, 2.0, 3.0])

    def at_random(asked):
        drawn = next(inputs)
        return drawn, asked.call(Question.of("f", None, (drawn,), LONG, NONE)).value

    one = Here({"f": (lambda x: 0 * x, None)})
    other = Here({"f": (lambda x: 2 * x, None)})
    assert known.report("f", one, at_random) == (1.0, 0.0)
    assert known.report("f", other, at_random) == (3.0, 6.0)


def test_a_verdict_that_was_not_come_to_is_not_known():
    known = Verdicts()

    def broken(asked):
        asked.call(Question.of("f", None, (1.0,), LONG, NONE))
        raise KeyError("a hole in a check")

    for _ in range(2):
        with pytest.raises(KeyError):
            known.report("f", Here({"f": (lambda x: x, None)}), broken)
    assert known.known == 0


# ---------------------------------------------------------------- memory


def kept(known: Verdicts) -> int:
    """Bytes of arrays in all questions that are kept, counted anew."""
    todo, found = list(known._first.values()), 0
    while todo:
        step = todo.pop()
        todo += step.after.values()
        found += len(step.question.arrays) if step.question else 0
    return found


def test_what_is_known_is_bounded():
    most = 1 << 20
    known = Verdicts(most)
    seen = []
    for number in range(100):
        function = functools.partial(np.full, 5000, float(number))
        one = Here({"f": (lambda x, made=function: made(), None)})
        known.report("f", one, sums)
        seen.append(kept(known))
        assert known._bytes <= most
    assert most / 2 < max(seen) <= most
    assert any(after < before for before, after in itertools.pairwise(seen))  # begun again


def test_a_way_that_is_large_alone_is_not_kept():
    known = Verdicts(1 << 20)
    for value in (np.zeros(20_000), list(range(5000))):
        one = Here({"f": (lambda x, value=value: value, None)})
        known.report("f", one, sums)
        assert not known._first
