"""A deadline for a block of code, by an alarm of the operating system.

This runs where the student's code runs, too. It holds no answer.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import CodeType, FrameType

from bnlib.checks.verdicts import TimedOut

_REPEAT = 0.1  # seconds between alarms, from the first one on
# The block that the alarm is for, in a process that has given it to `deadline` for good.
_present: deadline | None = None
_given = False


class deadline:
    """Raise TimedOut in the block after that many seconds (0: never), where signals can do it.

    In a thread, on Windows and in a browser they cannot; there the reader interrupts the kernel.
    ``within`` is the code of the function that holds the block: what it calls is interrupted.
    """

    __slots__ = ("_before", "_expired", "_said", "_seconds", "_tracer", "_usable", "_within")

    def __init__(self, seconds: float, within: CodeType):
        self._seconds, self._within = seconds, within
        self._expired = 0

    def __enter__(self) -> None:
        global _present
        self._usable = (
            self._seconds
            and hasattr(signal, "setitimer")
            and threading.current_thread() is threading.main_thread()
        )
        if not self._usable:
            return
        self._tracer = sys.gettrace()
        if _given:
            self._before, _present = _present, self
        else:
            self._before = signal.signal(signal.SIGALRM, self._stop)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, _REPEAT)

    def __exit__(self, *error) -> None:
        global _present
        if not self._usable:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        if _given:
            _present = self._before
        else:
            signal.signal(signal.SIGALRM, self._before)
        if self._expired > 1:
            sys.settrace(self._tracer)
        if self._expired and error[0] is None:
            raise TimedOut(self._said)

    def _stop(self, signum, frame: FrameType | None) -> None:
        self._expired += 1
        # Made here: a tracer is taken off where it meets an exception in a function of ours.
        self._said = f"no answer after {self._seconds:g} seconds"
        if self._expired > 1:
            # A bare `except:` inside a loop took the first one; a tracer raises inside of it.
            sys.settrace(self._trace)
            while frame is not None and frame.f_code is not self._within:
                frame.f_trace = self._trace
                frame = frame.f_back
        raise TimedOut(self._said)

    def _trace(self, frame, event, argument):
        # The first line after the exception is that of the `except:` that took it.
        if event == "line":
            raise TimedOut(self._said)
        return self._trace


def _ring(signum, frame) -> None:
    if _present is not None:
        _present._stop(signum, frame)


def take_the_alarm() -> None:
    """Give the alarm of this process to deadlines for good.

    For the grader, which sets many: to set and restore a handler costs more than the rest of one.
    Code that takes the alarm away is ended by who waits for it.
    """
    global _given
    if hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGALRM, _ring)
        _given = True
