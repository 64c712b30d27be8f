"""Submissions that take memory, disk, processes or threads, or say a great deal."""

from tests.grader.hostile.case import Case, first, has, standardize, telling

NONE = {"standardize_batch": 0}


def _short(record):
    assert all(len(text) <= 400 for _, text in record.raised)
    assert len(record.to_json()) < 200_000


CASES = (
    Case(
        "one-array",
        "asks for an array of 80 GB, and writes to it",
        standardize("return np.ones(10**10)"),
        points=NONE,
    ),
    Case(
        "one-array-in-a-cell",
        "asks for an array of 80 GB in its first cell",
        first("import numpy as np\nhog = np.ones(10**10)"),
        raised="MemoryError",
    ),
    Case(
        "a-little-more",
        "asks for a little more than it may have, without touching it",
        first(
            telling(
                "import numpy as np\n"
                "tried('within', lambda: np.empty(200 << 20, np.uint8).size)\n"
                "tried('beyond', lambda: np.empty(500 << 20, np.uint8).size)"
            )
        ),
        probe=has("within=", "beyond!"),
    ),
    Case(
        "many-arrays",
        "keeps arrays of 10 MB until there are no more",
        standardize("kept = []\nwhile True:\n    kept.append(np.ones(1_250_000))"),
        points=NONE,
    ),
    Case(
        "many-small",
        "doubles a list until there is no memory",
        standardize("kept = [x]\nwhile True:\n    kept += kept"),
        points=NONE,
    ),
    Case(
        "kept-memory",
        "keeps all memory that it can get, and goes on",
        first(
            "import numpy as np\nhog, size = [], 1 << 27\nwhile size > 1 << 16:\n"
            "    try:\n        hog.append(np.ones(size // 8))\n"
            "    except MemoryError:\n        size //= 2"
        ),
        points=None,
    ),
    Case(
        "recursion",
        "calls itself for ever",
        standardize("return standardize_batch(x, eps)"),
        points=NONE,
    ),
    Case(
        "recursion-without-limit",
        "calls itself for ever, with the limit on it taken away",
        standardize("import sys\nsys.setrecursionlimit(10**9)\nreturn standardize_batch(x, eps)"),
        points=NONE,
        endless=True,
    ),
    Case(
        "stack-overflow",
        "overflows the stack of C",
        standardize(
            "import sys\nsys.setrecursionlimit(10**9)\n"
            "class Deep:\n    def __repr__(self):\n        return repr([self])\nrepr(Deep())"
        ),
        points=NONE,
    ),
    Case(
        "memory-without-a-file",
        "makes files in memory and shared memory, which no limit counts",
        first(
            telling(
                "tried('memfd', lambda: os.memfd_create('x'))\n"
                "libc = ctypes.CDLL(None)\n"
                "tried('shmget', lambda: libc.shmget(0, 1 << 30, 0o1600))\n"
                "tried('shm', lambda: open('/dev/shm/x', 'w'))\n"
                "import mmap\ntried('mmap', lambda: mmap.mmap(-1, 1 << 34))\n"
            )
        ),
        probe=has("memfd!PermissionError", "shmget=-1", "shm!", "mmap!"),
    ),
    Case(
        "disk",
        "fills its disk with files of 1 MB",
        first(
            telling(
                "def fill():\n    n = 0\n    try:\n        while n < 10_000:\n"
                "            with open(f'/tmp/{n}', 'wb') as file:\n"
                "                file.write(bytes(1 << 20))\n            n += 1\n"
                "    except OSError:\n        return n < 65\ntried('bounded', fill)"
            )
        ),
        probe=has("bounded=True"),
    ),
    Case(
        "many-files",
        "makes empty files until there are no more",
        first(
            telling(
                "def fill():\n    n = 0\n    try:\n        while n < 100_000:\n"
                "            open(f'/tmp/{n}', 'wb').close()\n            n += 1\n"
                "    except OSError:\n        return n < 5000\ntried('bounded', fill)"
            )
        ),
        probe=has("bounded=True"),
    ),
    Case(
        "one-file",
        "writes one file of a gigabyte, with and without holes",
        first(
            telling(
                "tried('written', lambda: open('/tmp/a', 'wb').write(bytes(1 << 27)))\n"
                "tried('holes', lambda: os.truncate('/tmp/a', 1 << 40))\n"
                "tried('reserved', lambda: os.posix_fallocate(os.open('/tmp/b', 66), 0, 1 << 30))"
            )
        ),
        probe=has("written!OSError", "holes!OSError", "reserved!OSError"),
    ),
    Case(
        "open-files",
        "opens files until there are no more, and keeps them",
        first("kept = []\nwhile True:\n    kept.append(open('/dev/null'))"),
        raised="OSError",
    ),
    Case(
        "fork-bomb",
        "forks for ever",
        first("import os\nwhile True:\n    os.fork()"),
        raised="PermissionError",
    ),
    Case(
        "fork-bomb-by-hand",
        "forks by the kernel's own calls, also the ones of another interface",
        first(
            telling(
                "libc = ctypes.CDLL(None, use_errno=True)\n"
                "tried('fork', lambda: libc.syscall(57))\n"
                "tried('vfork', lambda: libc.syscall(58))\n"
                "tried('clone', lambda: libc.syscall(56, 17, 0, 0, 0, 0))\n"
                "tried('clone3', lambda: libc.syscall(435, bytes(88), 88))\n"
                "import subprocess, multiprocessing\n"
                "tried('program', lambda: subprocess.run(['/bin/true']))\n"
                "tried('spawn', lambda: os.posix_spawn('/bin/true', ['true'], {}))\n"
                "tried('exec', lambda: os.execv('/bin/true', ['true']))\n"
                "tried('system', lambda: os.system('true') != 0)\n"
            )
        ),
        probe=has(
            "fork=-1",
            "vfork=-1",
            "clone=-1",
            "clone3=-1",
            "program!PermissionError",
            "spawn!",
            "exec!PermissionError",
            "system=True",
        ),
    ),
    Case(
        "thread-bomb",
        "starts threads with small stacks until there are no more, and keeps them",
        first(
            "import threading\nthreading.stack_size(32768)\nwait = threading.Event().wait\n"
            "while True:\n    threading.Thread(target=wait, daemon=True).start()"
        ),
        endless=True,
    ),
    Case(
        "output",
        "prints 200 MB",
        first("for _ in range(200):\n    print('x' * (1 << 20))"),
    ),
    Case(
        "output-by-hand",
        "writes 200 MB to its standard output and errors",
        first(
            "import os\nfor number in (1, 2):\n    for _ in range(100):\n"
            "        os.write(number, bytes(1 << 20))"
        ),
    ),
    Case(
        "long-exception",
        "raises an exception of 100 MB",
        first("raise ValueError('x' * 10**8)"),
        raised="ValueError: xxx",
        probe=_short,
    ),
    Case(
        "long-class",
        "raises an exception whose class has a name of 10 MB",
        standardize("raise type('E' * 10**7, (Exception,), {})('x' * 10**7)"),
        points=NONE,
        probe=_short,
    ),
    Case(
        "many-modules",
        "claims to have imported 100,000 modules",
        first("import sys, types\nfor n in range(100_000):\n    sys.modules[f'm{n}' * 9] = types"),
        probe=_short,
    ),
)
