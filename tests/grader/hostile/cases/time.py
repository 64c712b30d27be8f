"""Submissions that take time: in Python, in C, and with the deadline's own means taken away."""

from tests.grader.hostile.case import Case, first, instead, last, standardize, told

LATE = {"standardize_batch": "took too long"}
NONE = {"standardize_batch": 0}


def _late(id, tries, body, before="import numpy as np", **more):
    data = standardize(body, before)
    return Case(id, tries, data, points=NONE, status=LATE, endless=True, **more)


def _out_of_memory_or_time(record):
    assert any(end in told(record) for end in ("MemoryError", "TimedOut", "ProcessEnded"))


def _lost_cell(record):
    assert "TimedOut" in told(record) or "ProcessEnded" in told(record)


CASES = (
    _late("loop", "loops for ever in a function", "while True:\n    pass"),
    _late("sleep", "sleeps for a quarter of an hour", "import time\ntime.sleep(900)"),
    _late(
        "loop-without-sigint",
        "ignores SIGINT and SIGTERM, and loops",
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "while True:\n    pass",
    ),
    _late(
        "loop-without-sigalrm",
        "replaces the handler of SIGALRM, stops the timer, and loops",
        "import signal\n"
        "signal.signal(signal.SIGALRM, lambda *a: None)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "while True:\n    pass",
    ),
    _late(
        "loop-with-signals-blocked",
        "blocks every signal, and loops",
        "import signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "while True:\n    pass",
    ),
    _late(
        "loop-swallowing-exceptions",
        "takes every exception that would end its loop",
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
    ),
    _late(
        "loop-in-finally",
        "loops again in the `finally` of its loop, without a tracer",
        "import sys\ntry:\n    while True:\n        pass\nfinally:\n"
        "    sys.settrace = lambda *a: None\n    while True:\n        x = 1",
    ),
    _late(
        "regular-expression",
        "has a regular expression that backtracks for ever, in C",
        "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
    ),
    _late("sum-in-c", "sums 10**12 numbers in C", "return sum(range(10**12))"),
    _late(
        "linear-algebra",
        "takes the singular values of a matrix of 2,000 rows, in LAPACK",
        "return np.linalg.svd(np.ones((2000, 2000)) + np.eye(2000))[0]",
    ),
    Case(
        "second-call",
        "is right once, and loops from its second call on",
        standardize(
            "global calls\ncalls = globals().get('calls', 0) + 1\n"
            "while calls > 1:\n    pass\nreturn right(x, eps)"
        ),
        points={"standardize_batch": 2},
        status=LATE,
        endless=True,
    ),
    Case(
        "loop-in-a-cell",
        "loops for ever in its first cell",
        first("while True:\n    pass"),
        raised="TimedOut",
        endless=True,
    ),
    Case(
        "constants",
        "has a cell of constants that take the compiler gigabytes",
        last("x = " + "+".join(["'a' * 4096"] * 2000)),
        # Which of its limits it meets first, that of memory or of time, depends on the machine.
        probe=_out_of_memory_or_time,
    ),
    Case(
        "loop-in-the-last-cell",
        "swallows exceptions in a loop in its last cell",
        last(
            "while True:\n    try:\n        while True:\n            pass\n"
            "    except:\n        pass"
        ),
        raised="TimedOut",
        endless=True,
    ),
    Case(
        "power-in-a-cell",
        "computes a number of 10**8 digits, in C",
        first("n = 10\nn ** n ** 8 % 7"),
        probe=_lost_cell,
        endless=True,
    ),
    Case(
        "signals-blocked-in-a-cell",
        "blocks every signal in its first cell, and loops there",
        first(
            "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
            "while True:\n    pass"
        ),
        raised="TimedOut",
        endless=True,
    ),
    Case(
        "spinning-thread",
        "leaves a thread that keeps the interpreter busy",
        first(
            "import threading\ndef spin():\n    while True:\n        pass\n"
            "threading.Thread(target=spin, daemon=True).start()"
        ),
    ),
    Case(
        "loop-at-exit",
        "registers a loop for the end of its process",
        first(
            "import atexit, threading\n"
            "@atexit.register\ndef spin():\n    while True:\n        pass\n"
            "threading._register_atexit(spin)"
        ),
    ),
    Case(
        "stopping-itself",
        "stops its own process, so that it never answers",
        first("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"),
    ),
    Case(
        "helper-that-loops",
        "has an answer that loops, and that a later answer calls",
        instead(
            batchnorm_forward=(
                "def batchnorm_forward(x, gamma, beta, eps):\n    while True:\n        pass\n"
            )
        ),
        points={"batchnorm_forward": 0, "batchnorm_forward_spatial": 0},
        status={"batchnorm_forward": "took too long"},
        endless=True,
    ),
)
