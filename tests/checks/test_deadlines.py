"""A deadline ends what it holds, also where the process has given its alarm to deadlines."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from bnlib.checks import deadlines
from bnlib.checks.deadlines import deadline
from bnlib.checks.verdicts import TimedOut

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="there are no alarms here : run on Linux or macOS"
)


@pytest.fixture(params=[False, True], ids=["borrowed", "given"])
def alarm(request, monkeypatch):
    """The alarm as in a notebook, and as in the grader's child."""
    before = signal.getsignal(signal.SIGALRM)
    monkeypatch.setattr(deadlines, "_given", False)
    if request.param:
        deadlines.take_the_alarm()
        assert deadlines._given
    yield request.param
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def forever():
    while True:
        pass


def deaf():
    while True:
        try:  # noqa: SIM105 - what a student may write
            time.sleep(0.01)
        except:  # noqa: E722
            pass


def under(seconds, function):
    with deadline(seconds, under.__code__):
        return function()


@pytest.mark.parametrize("function", [forever, deaf])
def test_it_passes(alarm, function):
    begun = time.monotonic()
    with pytest.raises(TimedOut, match=r"no answer after 0\.05 seconds"):
        under(0.05, function)
    assert time.monotonic() - begun < 30
    assert under(5, lambda: 3) == 3
    assert sys.gettrace() is None or "coverage" in repr(sys.gettrace())


def test_one_that_was_swallowed_is_raised_at_the_end(alarm):
    def swallows():
        try:
            forever()
        except TimedOut:
            return 3

    with pytest.raises(TimedOut):
        under(0.05, swallows)


def test_an_exception_of_the_block_comes_out(alarm):
    with pytest.raises(ZeroDivisionError):
        under(5, lambda: 1 / 0)
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_after_the_block_no_alarm_rings(alarm):
    under(0.05, lambda: None)
    time.sleep(0.15)


def test_an_alarm_that_is_for_no_block_does_nothing():
    deadlines._ring(signal.SIGALRM, None)


def test_a_handler_is_as_it_was_only_where_the_alarm_is_borrowed(alarm):
    def own(*rest): ...

    if not alarm:
        signal.signal(signal.SIGALRM, own)
        under(5, lambda: None)
        assert signal.getsignal(signal.SIGALRM) is own
    else:
        under(5, lambda: None)
        assert signal.getsignal(signal.SIGALRM) is deadlines._ring


def test_in_a_thread_there_is_none(monkeypatch):
    monkeypatch.setattr(deadlines, "_given", False)
    said = []

    def here():
        deadlines.take_the_alarm()
        said.append(under(0.01, lambda: time.sleep(0.05) or "slept"))

    thread = threading.Thread(target=here)
    thread.start()
    thread.join()
    assert said == ["slept"]
    assert not deadlines._given


def test_a_child_whose_cell_took_the_alarm_has_deadlines_again():
    """As the grader's child does: taken before the cells, and again after them."""
    script = """
        import signal
        from bnlib.checks import deadlines, verdicts
        deadlines.take_the_alarm()
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        deadlines.take_the_alarm()
        def here():
            with deadlines.deadline(.05, here.__code__):
                while True: pass
        try:
            here()
        except verdicts.TimedOut:
            print("in time")
    """
    line = [sys.executable, "-c", textwrap.dedent(script)]
    assert subprocess.run(line, capture_output=True, text=True, timeout=60).stdout == "in time\n"
