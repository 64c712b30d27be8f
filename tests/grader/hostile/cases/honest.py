"""Honest work of another form, which costs nothing; and wrong work that honest people hand in."""

from tests.grader.hostile.case import (
    FULL,
    RIGHT,
    Case,
    answer,
    code,
    first,
    last,
    notebook,
    solved,
    standardize,
)

NONE = {"standardize_batch": 0}


def _quiet(record):
    assert not record.raised


def _not_all(record):
    assert record.points < sum(FULL.values())


def _flagged(record):
    assert any("answers differently" in flag for flag in record.flags)


CASES = (
    Case(
        "warning",
        "warns on its standard errors, in a cell and in every call",
        standardize(
            "import warnings, sys\nwarnings.warn('careful')\nprint('careful', file=sys.stderr)\n"
            "np.log(np.zeros(3)) / np.zeros(3)\nreturn right(x, eps)"
        ),
        probe=_quiet,
    ),
    Case(
        "warnings-are-errors",
        "lets warnings and floating-point errors be exceptions",
        first(
            "import warnings, numpy as np\nwarnings.simplefilter('error')\nnp.seterr(all='raise')"
        ),
        probe=_quiet,
    ),
    Case(
        "chdir",
        "changes its working directory, removes it, and writes files there",
        first(
            "import os, shutil\nos.makedirs('/tmp/a/b')\nos.chdir('/tmp/a/b')\n"
            "open('notes.txt', 'w').write('x')\nshutil.rmtree('/tmp/a')"
        ),
        probe=_quiet,
    ),
    Case(
        "float32",
        "computes in float32",
        standardize("return right(x.astype(np.float32), np.float32(eps))"),
    ),
    Case("lists", "returns lists", standardize("return right(x, eps).tolist()")),
    Case("tuples", "returns tuples", standardize("return tuple(map(tuple, right(x, eps)))")),
    Case(
        "changes-its-argument",
        "is right, and changes x in place",
        standardize("y = right(x, eps)\nx[:] = 0\nreturn y"),
        points={"standardize_batch": 5},
        status={"standardize_batch": "wrong"},
        mistakes={"standardize_batch": "changes-x"},
    ),
    Case(
        "slow",
        "is right, and takes a twentieth of a second a call",
        standardize("import time\ntime.sleep(.05)\nreturn right(x, eps)"),
    ),
    Case(
        "a-lambda",
        "is a lambda around a function",
        last("good = standardize_batch\nstandardize_batch = lambda x, eps: good(x, eps)"),
    ),
    Case(
        "a-partial",
        "is a partial of a method of an object",
        last(
            "import functools\nclass Norm:\n    def of(self, kind, x, eps):\n"
            "        return right(x, eps)\n"
            + RIGHT
            + "standardize_batch = functools.partial(Norm().of, 'batch')"
        ),
    ),
    Case(
        "decorated",
        "is decorated, and cached",
        last(
            "import functools\ndef twice(f):\n    @functools.wraps(f)\n"
            "    def g(*a):\n        f(*a)\n        return f(*a)\n    return g\n"
            "standardize_batch = twice(standardize_batch)"
        ),
    ),
    Case(
        "no-function",
        "gives the name of an answer to a number",
        last("standardize_batch = 6"),
        points=NONE,
        status={"standardize_batch": "missing"},
    ),
    Case(
        "deleted-function",
        "deletes an answer",
        last("del standardize_batch"),
        points=NONE,
        status={"standardize_batch": "missing"},
    ),
    Case(
        "stub",
        "has not begun",
        standardize("raise NotImplementedError('your code')"),
        points=NONE,
        status={"standardize_batch": "not attempted"},
    ),
    Case(
        "no-tests",
        "has deleted the cells that check",
        lambda: notebook([c for c in solved() if not "".join(c["source"]).startswith("check(")]),
    ),
    Case(
        "no-metadata",
        "has lost the metadata and the ids of all cells, and the notebook's",
        lambda: notebook([{k: c[k] for k in ("cell_type", "source")} for c in solved()]).replace(
            b'"metadata"', b'"other"'
        ),
    ),
    Case(
        "duplicated", "has every cell twice", lambda: notebook([c for c in solved() for _ in "12"])
    ),
    Case(
        "last-counts",
        "defines an answer wrong, then right",
        first(answer("return x")),
    ),
    Case(
        "first-does-not-count",
        "defines an answer right, then wrong",
        last(answer("return x")),
        points=NONE,
    ),
    Case(
        "broken-cells",
        "raises in ten cells, in one with script in the text",
        lambda: notebook(
            [code(f"1 / 0  # {n}") for n in range(9)]
            + [code("raise ValueError('<script>alert(1)</script>')"), *solved()]
        ),
        raised="ValueError: <script>",
    ),
    Case(
        "no-python",
        "has a cell that is no Python",
        first("def broken(:\n    pass"),
        raised="SyntaxError",
    ),
    Case(
        "future",
        "imports from __future__, after other cells",
        last("from __future__ import annotations\ndef f(x: nonsense): pass"),
        probe=_quiet,
    ),
    Case(
        "plots",
        "plots, shows, and asks for widgets",
        first(
            "import matplotlib.pyplot as plt\nfigure, (a, b) = plt.subplots(1, 2)\na.plot([1, 2])\n"
            "plt.show()\nfrom IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'))"
        ),
        probe=_quiet,
    ),
    Case(
        "random-state",
        "seeds NumPy's and Python's generators",
        first("import random, numpy as np\nrandom.seed(0)\nnp.random.seed(0)"),
        probe=_quiet,
    ),
    Case(
        "input",
        "asks its reader something",
        first("name = input('your name? ')"),
        raised="EOFError",
    ),
    Case(
        "right-by-chance",
        "is right half of the time: a check that met a wrong answer is lost, whoever is lucky",
        standardize("import random\nreturn right(x, eps) if random.random() < .7 else x"),
        points={"standardize_batch": None},
        probe=_flagged,
    ),
    Case(
        "right-by-chance-of-numpy",
        "is right as a generator without a seed will have it: never from first to last",
        standardize("return right(x, eps) if np.random.default_rng().random() < .5 else x"),
        points={"standardize_batch": None},
        probe=_not_all,
    ),
    Case(
        "right-at-first",
        "is right in its first two calls, as in the notebook, and wrong after them",
        standardize(
            "global calls\ncalls = globals().get('calls', 0) + 1\n"
            "return right(x, eps) if calls < 3 else x"
        ),
        points={"standardize_batch": 0},
        probe=_flagged,
    ),
    Case(
        "knows-its-reader",
        "is right where it is called from a notebook, and wrong in the grader",
        standardize("return right(x, eps) if 'ipykernel' in __import__('sys').modules else x"),
        points=NONE,
    ),
)
