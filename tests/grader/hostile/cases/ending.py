"""Submissions that end their process, or signal others."""

from tests.grader.hostile.case import Case, first, has, standardize, telling

NONE = {"standardize_batch": 0}


CASES = (
    Case(
        "exit-in-a-cell",
        "ends its process in a cell",
        first("import os\nos._exit(0)"),
        raised="ProcessEnded",
    ),
    Case(
        "exit-in-a-function",
        "ends its process in a function",
        standardize("import os\nos._exit(0)"),
        points=NONE,
        mistakes={"standardize_batch": "raised"},
    ),
    Case(
        "sys-exit-in-a-cell",
        "calls sys.exit in a cell",
        first("import sys\nsys.exit('all right')"),
        raised="SystemExit",
    ),
    Case(
        "sys-exit-in-a-function",
        "calls sys.exit in a function",
        standardize("import sys\nsys.exit(0)"),
        points=NONE,
    ),
    Case(
        "abort",
        "aborts its process in a cell",
        first("import os\nos.abort()"),
        raised="ProcessEnded",
    ),
    Case(
        "segfault",
        "reads address 0 in a function",
        standardize("import ctypes\nctypes.string_at(0)"),
        points=NONE,
    ),
    Case(
        "segfault-in-a-thread",
        "reads address 0 in a thread that a cell leaves",
        first(
            "import ctypes, threading\n"
            "threading.Timer(.05, ctypes.string_at, (0,)).start()\nimport time\ntime.sleep(.2)"
        ),
        raised="ProcessEnded",
    ),
    Case(
        "kill-itself",
        "sends itself SIGKILL, which the first process of a namespace does not take from inside",
        first("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    ),
    Case(
        "kill-everybody",
        "sends SIGKILL to all processes, its group, its parent, and the first thousand",
        first(
            telling(
                "import signal\n"
                "for pid in (-1, 0, os.getppid() or 10**6):\n"
                "    tried(pid, lambda: os.kill(pid, signal.SIGKILL))\n"
                "hit = 0\n"
                "for pid in range(2, 1000):\n"
                "    try:\n        os.kill(pid, signal.SIGKILL)\n        hit += 1\n"
                "    except ProcessLookupError:\n        pass\n"
                "tried('hit', lambda: hit)"
            )
        ),
        probe=has("hit=0"),
    ),
    Case(
        "interrupts-itself",
        "leaves a thread that interrupts the main one again and again",
        first(
            "import _thread, threading, time\n"
            "def nag():\n    while True:\n        time.sleep(.002)\n"
            "        _thread.interrupt_main()\n"
            "threading.Thread(target=nag, daemon=True).start()\ntime.sleep(.1)"
        ),
        points=None,
    ),
)
