"""Submissions that change the code at their end of the pipe, or NumPy and Python under it."""

from tests.grader.hostile.case import FULL, Case, answer, first, has, last, telling

NONE = {"standardize_batch": 0}
NOTHING = dict.fromkeys(FULL, 0)

CASES = (
    Case(
        "patched-child",
        "replaces the functions that call it, copy its arguments and see what it changed",
        first(
            "import bnlib.checks.calling as calling\n"
            "import bnlib.grader.inside.child as child\n"
            "calling._same = lambda a, b: True\n"
            "calling.call = lambda *a: calling.Outcome(True, ())\n"
            "child.Child.start = lambda *a: None\n"
            "child._plain = None\ncalling.text_of = lambda e: e\n",
        ),
        points=NOTHING,
    ),
    Case(
        "patched-encoder",
        "lets every value that leaves it be 1.0",
        first(
            "import bnlib.grader.wire.encoding as encoding\n"
            "encoding.Encoder.encode = lambda self, value, depth=0: 1.0"
        ),
        points=NOTHING,
    ),
    Case(
        "patched-connection",
        "lets every message that leaves it be a full score",
        first(
            "from bnlib.grader.wire.frames import Connection\n"
            "send = Connection.send\n"
            "def forged(self, message, *rest):\n"
            "    if message[0] == 'value':\n        message = ['passed', message[1], 30]\n"
            "    send(self, message, *rest)\nConnection.send = forged"
        ),
        points=NOTHING,
    ),
    Case(
        "patched-check",
        "replaces the check, the registry and the report in the modules that it can import",
        first(
            "import sys, types, bnlib\n"
            "fake = types.ModuleType('fake')\nfake.run = fake.check = lambda *a, **k: 30\n"
            "for name in ('bnlib.checks', 'bnlib.checks.engine', 'bnlib.checks.compare'):\n"
            "    sys.modules[name] = fake\nbnlib.check = fake.check",
            standardize_batch=answer("return x"),
        ),
        points=NONE,
    ),
    Case(
        "patched-numpy",
        "replaces what compares in NumPy, and is wrong",
        first(
            "import numpy as np\nimport numpy.testing\n"
            "np.allclose = np.isclose = np.array_equal = np.array_equiv = lambda *a, **k: True\n"
            "for name in dir(np.testing):\n    if name.startswith('assert'):\n"
            "        setattr(np.testing, name, lambda *a, **k: None)\n"
            "np.abs = np.absolute = lambda x: 0 * x",
            standardize_batch=answer("return x"),
        ),
        points=NONE,
    ),
    Case(
        "patched-builtins",
        "replaces functions of Python in its first cell",
        first(
            "import builtins\n"
            "builtins.isinstance = lambda a, b: True\n"
            "builtins.abs = lambda x: 0\nbuiltins.all = lambda x: True",
            standardize_batch=answer("return x"),
        ),
        points=NOTHING,
    ),
    Case(
        "rewrites-tests",
        "overwrites every file of the course that it finds, and is wrong",
        first(
            telling(
                "import pathlib\n"
                "def rewrite():\n    seen = done = 0\n"
                "    for path in pathlib.Path('/course').rglob('*.py'):\n        seen += 1\n"
                "        try:\n            path.write_text('def check(*a): return 30')\n"
                "            done += 1\n        except OSError:\n            pass\n"
                "    return done, seen > 9\n"
                "tried('rewritten', rewrite)"
            ),
            standardize_batch=answer("return x"),
        ),
        points=NONE,
        probe=has("rewritten=(0, True)"),
    ),
    Case(
        "score-file",
        "leaves the score that it wants wherever a grader may look for one, and prints it",
        first(
            "import json, os\n"
            "score = json.dumps({'score': 6000, 'standardize_batch': 6, 'tests': []})\n"
            "for folder in ('.', '/tmp', '/autograder/results', '/course', '/results'):\n"
            "    for name in ('results.json', 'scores.json', 'grades.csv', 'gradebook.db'):\n"
            "        try:\n            open(os.path.join(folder, name), 'w').write(score)\n"
            "        except OSError:\n            pass\n"
            "print(score)\nos.write(1, score.encode())\nos.write(2, score.encode())",
            standardize_batch=answer("print(score)\nreturn x"),
        ),
        points=NONE,
    ),
    Case(
        "cleared-modules",
        "clears sys.modules, sys.path and the import hooks",
        last("import sys\nsys.modules.clear()\nsys.path.clear()\nsys.meta_path.clear()"),
    ),
    Case(
        "traced",
        "sets tracers that raise in all code but its own",
        first(
            "import sys\ndef trace(frame, event, argument):\n"
            "    if 'bnlib' in frame.f_code.co_filename:\n        raise SystemExit\n"
            "    return trace\nsys.settrace(trace)\nsys.setprofile(trace)"
        ),
    ),
    Case(
        "collected",
        "finds its child by the collector of garbage, and changes it",
        first(
            "import gc\n"
            "for thing in gc.get_objects():\n"
            "    if type(thing).__name__ == 'Child':\n"
            "        thing._kept = thing._module = thing._connection = None"
        ),
    ),
)
