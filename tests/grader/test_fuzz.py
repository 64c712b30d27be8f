"""Whatever comes out of a sandbox, the judge lives, is done in time and stays small.

`benchmarks/fuzz_protocol.py` is the same, guided by coverage, for as long as one likes.
"""

from __future__ import annotations

import contextlib
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnlib.checks import engine, registry
from bnlib.checks.calling import Outcome
from bnlib.checks.verdicts import Raised, TimedOut
from bnlib.grader import remote
from bnlib.grader.remote import RemoteCallee, Session
from bnlib.grader.verdicts import Verdicts
from bnlib.grader.wire.frames import ARRAYS, STRUCTURE
from tests.grader.puppets import CELLS, NAMES, Parent, asked, framed, ready, talk, valued

quick = settings(deadline=None, max_examples=150, database=None)
AT_MOST = 30.0  # seconds beyond a deadline, on a machine that is busy with other things

numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(), st.booleans())
leaves = st.one_of(st.none(), numbers, st.text(max_size=20), st.binary(max_size=20))
structures = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=25,
)

# Values as the wire has them, right in their form or nearly so.
dtypes = st.sampled_from(["<f8", ">f8", "<i8", "|b1", "<f4", "<c16", "|O", "<U9999", "f8", "<f16"])
shapes = st.lists(st.one_of(st.integers(-2, 6), st.sampled_from([2**20, 2**40, 2**63])), max_size=4)
offsets = st.one_of(st.integers(-1, 64), st.sampled_from([2**31, 2**63]))
plain = st.one_of(
    st.none(),
    numbers,
    st.text(max_size=5),
    st.tuples(st.sampled_from("am"), dtypes, shapes, offsets).map(list),
    st.tuples(st.just("o"), dtypes, shapes).map(list),
    st.tuples(st.just("s"), dtypes, st.binary(max_size=17)).map(list),
    st.tuples(st.just("i"), st.text("0123456789abcdefx-", max_size=20)).map(list),
    st.tuples(st.just("c"), numbers, numbers).map(list),
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("lt"), st.lists(inner, max_size=5)).map(list),
        st.tuples(st.just("d"), st.lists(st.tuples(inner, inner).map(list), max_size=4)).map(list),
        st.tuples(
            st.just("n"), st.sampled_from(["Cache", "Probe", "x"]), st.lists(inner, max_size=5)
        ).map(list),
        st.tuples(
            st.just("h"),
            st.integers(-2, 2**40),
            st.text(max_size=9),
            st.one_of(st.none(), st.tuples(st.booleans(), st.lists(inner, max_size=4)).map(list)),
        ).map(list),
    ),
    max_leaves=12,
)
calls = st.integers(0, 3)
messages = st.one_of(
    st.tuples(st.just("value"), calls, values, st.lists(st.integers(-3, 9), max_size=3)),
    st.tuples(st.just("raised"), calls, st.text(), st.text(), st.text()),
    st.tuples(st.sampled_from(["stub", "late", "unjudged", "no walls"]), calls, st.text()),
    st.tuples(
        st.just("ask"),
        st.sampled_from(["double", "Counter", "f"]),
        st.sampled_from(["call", "new", "step", "__init__"]),
        values,
    ),
    st.tuples(st.just("cell"), st.integers(-1, 6)),
    st.tuples(st.just("ready"), structures),
    st.tuples(st.text(max_size=8), structures),
    structures,
)
frames = st.tuples(messages, st.binary(max_size=64)).map(lambda both: framed(*both))


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """A silent child is given up at once."""
    monkeypatch.setattr(remote, "_GRACE", 0.02)


@quick
@given(st.binary(max_size=300))
def test_bytes(stream):
    talk(Parent(stream))


@quick
@given(st.binary(max_size=300))
def test_bytes_after_a_good_beginning(stream):
    facts, _ = talk(Parent(ready() + stream))
    assert facts.names == {"f", "g"}


@quick
@given(st.lists(frames, max_size=5))
def test_frames_before_the_cells_have_run(said):
    talk(Parent(b"".join(said)))


KNOWN = Verdicts()  # of all that is drawn


@settings(quick, max_examples=300)
@given(st.lists(frames, min_size=1, max_size=5))
def test_frames_for_answers(said):
    talk(Parent([ready(), *said]))


@quick
@given(values, st.binary(max_size=64), st.lists(st.integers(), max_size=3))
def test_values(value, arrays, changed):
    changed = [n % 2**60 for n in changed]
    talk(Parent(ready() + framed(["value", 1, value, changed], arrays)))


GOOD = [
    ready(raised=[[2, "ValueError: no"]]),
    valued(1, (np.arange(6.0).reshape(2, 3), [1, 2.5, "text"], {"key": np.float32(1)}), [0]),
    asked("double", "call", (np.arange(3.0),)),
    valued(2, np.ones((2, 2), order="F")),
    framed(["raised", 3, "ValueError", "no", "f(x)"]),
]


def test_the_conversation_that_is_mutated_is_a_good_one():
    parent = Parent(GOOD)
    facts, outcomes = talk(parent)
    assert facts.raised == ((2, "ValueError: no"),)
    assert [isinstance(outcome, Outcome) for outcome in outcomes] == [True, True, False]
    assert outcomes[2] is Raised
    assert outcomes[0].changed == (0,)
    assert parent.forks == 1


@settings(quick, max_examples=300)
@given(st.data())
def test_a_conversation_with_faults(data):
    turns = list(map(bytearray, GOOD))
    for _ in range(data.draw(st.integers(1, 6))):
        stream = turns[data.draw(st.integers(0, len(turns) - 1))]
        if not stream:
            continue
        at = data.draw(st.integers(0, len(stream) - 1))
        kind = data.draw(st.sampled_from(["change", "cut", "insert", "repeat"]))
        if kind == "change":
            stream[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del stream[at : at + data.draw(st.integers(1, 9))]
        elif kind == "insert":
            stream[at:at] = data.draw(st.binary(min_size=1, max_size=9))
        else:
            stream[at:at] = stream[at : at + data.draw(st.integers(1, 99))]
    # Half a frame is waited for; what comes late, or not at all, must only do no harm.
    talk(Parent(list(map(bytes, turns))), seconds=0.02)


@settings(quick, max_examples=15)
@given(st.permutations([0, 1, 2, 3, 4]))
def test_answers_out_of_order(order):
    said = [valued(1, 1.0), valued(2, 2.0), asked("double", "call", (1,)), framed(["cell", 1])]
    said.append(framed(["ready", {"raised": [], "callable": ["f"], "modules": []}]))
    talk(Parent(ready() + b"".join(said[i] for i in order)))


@settings(quick, max_examples=40)
@given(st.lists(st.tuples(messages, st.binary(max_size=64)), max_size=6))
def test_an_exercise_is_judged_whatever_comes(said):
    """All the way: what comes goes into checks, and what comes out is a report."""
    exercise = registry.lookup("standardize_batch")

    def judged(session):
        return engine.run(exercise.name, RemoteCallee(session, exercise, seconds=AT_MOST), 3)

    def known(session):
        return KNOWN.report(exercise.name, session, judged)

    reports = []
    for judge in (judged, known, known):
        parent = Parent([ready(), *(framed(*both) for both in said)])
        # It hangs up, so nothing is waited for; on a busy machine nothing may be late either.
        with (
            Session(parent, CELLS, NAMES, AT_MOST, AT_MOST) as session,
            contextlib.suppress(remote.SandboxFailed),
        ):
            session.facts()
            reports.append(judge(session))
    assert all(0 <= report.points <= report.possible for report in reports)
    assert len({repr(report) for report in reports}) <= 1  # whatever was known before


# ---------------------------------------------------------------- time


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("stream", [b"", ready()[:-3], ready(), ready() + valued(1, 1.0)[:-3]])
def test_silence_is_not_waited_for(stream, stays):
    begun = time.monotonic()
    talk(Parent(stream, stays=stays), seconds=0.2)
    assert time.monotonic() - begun < 0.4 + AT_MOST


def test_a_drip_of_bytes_does_not_extend_a_deadline():
    begun = time.monotonic()
    value = valued(1, np.zeros(1000))
    facts, outcomes = talk(Parent(ready() + value, pause=0.01), seconds=0.5)
    assert time.monotonic() - begun < 1.0 + AT_MOST
    assert facts.lost or outcomes[0] is TimedOut


def test_cells_without_end_are_not_listened_to():
    begun = time.monotonic()
    facts, _ = talk(Parent(framed(["cell", 1]) * 200_000), seconds=0.5)
    assert facts.lost
    assert time.monotonic() - begun < 1.0 + AT_MOST


def test_questions_without_end_are_not_answered():
    begun = time.monotonic()
    _, outcomes = talk(Parent(ready() + asked("double", "call", (1.0,)) * 20_000), seconds=0.5)
    assert time.monotonic() - begun < 1.0 + AT_MOST
    assert set(outcomes) <= {Raised, TimedOut}


# ---------------------------------------------------------------- memory

MANY = 40_000


def within(depth: int):
    """A list in a list in a list."""
    value = None
    for _ in range(depth):
        value = ["l", [value]]
    return value


FLOODS = {
    "a frame that is announced and does not come": b"\x00\x0f\xff\xff\x00\xff\xff\xff",
    "more than may be announced": b"\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(1 << 20),
    "a structure of empty lists": framed(["value", 1, *[[[]] * 99_000] * 10]),
    "a structure of empty dicts": framed(["value", 1, *[[{}] * 99_000] * 10]),
    "one list of empty lists": framed(["value", 1, ["l", [[]] * (STRUCTURE - 100)], []]),
    "lists within lists": framed(["value", 1, within(200), []]),
    "one array many times": framed(
        ["value", 1, ["l", [["a", "<f8", [1 << 17], 0]] * MANY], []], bytes(8 << 17)
    ),
    "arrays of objects": framed(["value", 1, ["l", [["o", "<U9999", [1_000_000]]] * MANY], []]),
    "arrays of flags": framed(["value", 1, ["a", "|b1", [ARRAYS], 0], []], bytes(ARRAYS)),
    "the largest array": framed(["value", 1, ["a", "<f8", [ARRAYS // 8], 0], []], bytes(ARRAYS)),
    "a shape without end": framed(["value", 1, ["a", "<f8", [2**40] * 4, 0], []]),
    "nothing, in a large shape": framed(["value", 1, ["a", "<f8", [2**40, 2**40, 0], 0], []]),
    "a long text": framed(["raised", 1, "E" * 300_000, "t" * 300_000, "l" * 300_000]),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_takes_bounded_time_and_memory(flood):
    parent = Parent(ready() + FLOODS[flood])
    begun = time.monotonic()
    tracemalloc.start()
    try:
        # The thread that floods is not the judge: what it says was made before.
        talk(parent, seconds=10.0, calls=1)
        # A frame, its arrays, their copies; eight bytes for each flag in it; plain data.
        assert tracemalloc.get_traced_memory()[1] < 3 * ARRAYS + 100 * STRUCTURE
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < 20.0 + AT_MOST


def test_what_is_kept_for_the_checks_is_bounded(monkeypatch):
    monkeypatch.setattr(remote, "_MOST_RETURNED", 100_000)
    parent = Parent([ready(), *(valued(n, np.zeros(5000)) for n in range(1, 6))])
    _, outcomes = talk(parent, calls=6)
    assert [isinstance(o, Outcome) for o in outcomes] == [True, True, True, False, False, False]
