"""Answers that return what is no answer: of a wrong form, too large, or lying about what it is."""

from tests.grader.hostile.case import Case, standardize

NONE = {"standardize_batch": 0}
# A file that an unpickled object would make, in the judge's process.
PICKLED = "/tmp/bnlib-hostile-unpickled"


def _wrong(id, tries, body, before="import numpy as np", **more):
    return Case(id, tries, standardize(body, before), points=more.pop("points", NONE), **more)


def _right(id, tries, body, before="import numpy as np"):
    return Case(id, tries, standardize(body, before))


def _is(mistake):
    return {"standardize_batch": mistake}


CASES = (
    _wrong("nan", "returns NaN", "return right(x, eps) * np.nan", mistakes=_is("not-finite")),
    _wrong("infinite", "returns infinities", "return np.full(x.shape, np.inf)"),
    _wrong(
        "one-nan",
        "returns one NaN among right values",
        "y = right(x, eps)\ny[0, 0] = np.nan\nreturn y",
    ),
    _wrong("oversized", "returns an array of 240 MB", "return np.ones(30_000_000)"),
    _wrong("at-the-limit", "returns an array of 64 MB", "return np.ones(1 << 23)"),
    _wrong(
        "broadcast", "returns a view of 8 TB", "return np.broadcast_to(x[:1, :1], (10**6, 10**6))"
    ),
    _wrong(
        "right-values-wrong-shape",
        "returns the right values in another shape",
        "return right(x, eps)[None]",
        mistakes=_is("wrong-shape"),
    ),
    _wrong("flat", "returns the right values, flat", "return right(x, eps).ravel()"),
    _wrong("empty", "returns an array without numbers", "return np.empty((0, 3))"),
    _wrong("dimensions", "returns an array of 32 dimensions", "return np.ones((1,) * 32)"),
    _wrong("objects", "returns the right values as objects", "return right(x, eps).astype(object)"),
    _wrong("records", "returns a structured array", "return np.zeros(3, 'f8,i4,O')"),
    _wrong("text", "returns the right values as text", "return right(x, eps).astype(str)"),
    _wrong("dates", "returns dates", "return np.zeros(x.shape, 'M8[s]')"),
    _wrong("bytes", "returns its array's bytes", "return right(x, eps).tobytes()"),
    _wrong("complex", "returns complex numbers", "return right(x, eps) + 0j"),
    _wrong("long-double", "returns long doubles", "return right(x, eps).astype(np.longdouble)"),
    _wrong("masked", "returns a masked array", "return np.ma.masked_array(right(x, eps), True)"),
    _wrong("generator", "returns a generator", "return (row for row in right(x, eps))"),
    _wrong(
        "endless-generator",
        "returns an endless iterator",
        "import itertools\nreturn itertools.count()",
    ),
    _wrong("function", "returns a function", "return right"),
    _wrong("module", "returns a module", "return np"),
    _wrong("nothing", "returns nothing", "right(x, eps)", mistakes=_is("returned-none")),
    _wrong("large-integer", "returns an integer of 3,000 digits", "return 10**3000"),
    _wrong("larger-integer", "returns an integer of 10**5 digits", "return 1 << 400_000"),
    _wrong(
        "deep-list",
        "returns lists within lists",
        "y = []\nfor _ in range(10**5):\n    y = [y]\nreturn y",
    ),
    _wrong("own-list", "returns a list that holds itself", "y = []\ny.append(y)\nreturn y"),
    _wrong("wide-dict", "returns a dict of 100,000 keys", "return dict.fromkeys(range(10**5))"),
    _wrong("long-list", "returns a list of a million numbers", "return [0.0] * 10**6"),
    _wrong("surrogate", "returns half a surrogate pair", "return '\\ud800'"),
    _wrong("long-text", "returns a text of 10 MB", "return 'x' * 10**7"),
    _wrong(
        "text-subclass",
        "returns a text whose class says that it equals everything",
        "return Text('y')",
        "import numpy as np\nclass Text(str):\n"
        "    __eq__ = lambda a, b: True\n    __hash__ = str.__hash__\n"
        "    encode = lambda *a: b'\\xff'",
    ),
    _wrong(
        "number-subclass",
        "returns a number whose class lies about it",
        "return Number(1)",
        "import numpy as np\nclass Number(float):\n"
        "    __eq__ = __le__ = __ge__ = lambda a, b: True\n    __hash__ = float.__hash__\n"
        "    __float__ = lambda a: 0.0\n    __sub__ = __abs__ = lambda *a: 0",
    ),
    _wrong(
        "equals-everything",
        "returns an object that equals everything and is smaller than everything",
        "return Yes()",
        "import numpy as np\nclass Yes:\n    shape = (7, 4)\n    dtype = np.dtype(float)\n"
        "    size = 28\n    ndim = 2\n"
        "    def __getattr__(self, name):\n        return self\n"
        "    def __call__(self, *a, **k):\n        return self\n"
        "    __eq__ = __le__ = __lt__ = __bool__ = lambda *a: True\n"
        "    __sub__ = __abs__ = __array_ufunc__ = lambda self, *a: self\n    __hash__ = None",
    ),
    _wrong(
        "class-lies",
        "returns an object whose __class__ is np.ndarray",
        "return Liar()",
        "import numpy as np\nclass Liar:\n    __class__ = property(lambda self: np.ndarray)\n"
        "    shape, nbytes = (7, 4), -10**9",
    ),
    _wrong(
        "class-raises",
        "returns an object whose __class__ ends the process",
        "return Liar()",
        "import numpy as np, os\nclass Liar:\n    __class__ = property(lambda self: os._exit(0))",
    ),
    _wrong(
        "class-raises-exit",
        "returns an object whose __class__ raises SystemExit",
        "return Liar()",
        "import numpy as np, sys\nclass Liar:\n    __class__ = property(lambda self: sys.exit())",
    ),
    _wrong(
        "array-loops",
        "returns an object whose __array__ loops",
        "return Array()",
        "import numpy as np\nclass Array:\n    def __array__(self, *a, **k):\n"
        "        while True:\n            pass",
    ),
    _wrong(
        "iterates-for-ever",
        "returns a list whose __iter__ never ends and whose __len__ lies",
        "return List([1.0])",
        "import numpy as np\nclass List(list):\n    def __iter__(self):\n"
        "        while True:\n            yield 1.0\n    __len__ = lambda self: 10**9",
    ),
    _wrong(
        "length-raises",
        "returns a list whose methods raise",
        "return List([1.0])",
        "import numpy as np\nclass List(list):\n    def __iter__(self):\n        raise KeyError\n"
        "    __len__ = __getitem__ = __reduce__ = __iter__",
    ),
    _wrong(
        "array-subclass-lies",
        "returns a subclass of np.ndarray whose shape, bytes and comparisons lie",
        "return (x * 0 + 7).view(Liar)",
        "import numpy as np\nclass Liar(np.ndarray):\n"
        "    shape = property(lambda self: (7, 4))\n    nbytes = property(lambda self: 0)\n"
        "    dtype = property(lambda self: np.dtype('f8'))\n"
        "    tobytes = lambda self: b''\n"
        "    __eq__ = __le__ = __abs__ = __sub__ = lambda self, *a: True\n    __hash__ = None\n"
        "    __array_ufunc__ = lambda self, *a, **k: True",
    ),
    _wrong(
        "dtype-raises",
        "returns a subclass of np.ndarray whose dtype raises",
        "return right(x, eps).view(Liar)",
        "import numpy as np\nclass Liar(np.ndarray):\n    dtype = property(lambda self: 1 / 0)",
    ),
    _wrong(
        "pickle",
        "returns an object that runs code where it is unpickled",
        "return Pickle()",
        "import numpy as np, os\nclass Pickle:\n    def __reduce__(self):\n"
        f"        return os.system, ('touch {PICKLED}',)\n"
        "    __reduce_ex__ = lambda self, n: self.__reduce__()",
    ),
    _wrong(
        "pickled-text",
        "returns a pickle, as bytes and within an array of objects",
        "return np.array([b'cos\\nsystem\\n(S\"touch " + PICKLED + "\"\\ntR.'], object)",
    ),
    _wrong(
        "named-to-be-shown",
        "returns an object whose class is named in HTML",
        "return type('<img src=x onerror=alert(1)>', (), {})()",
    ),
    _wrong(
        "raises-html",
        "raises an exception with script in its text and its class's name",
        "raise type('<script>', (Exception,), {})('</td><script>alert(1)</script>')",
        mistakes=_is("raised"),
    ),
    _wrong(
        "text-raises",
        "raises an exception that cannot be shown",
        "raise Silent",
        "import numpy as np\nclass Silent(Exception):\n    def __str__(self):\n"
        "        raise self\n    __repr__ = __str__",
    ),
    _wrong(
        "text-loops",
        "raises an exception whose text never ends",
        "raise Silent",
        "import numpy as np\nclass Silent(Exception):\n    def __str__(self):\n"
        "        while True:\n            pass",
        endless=True,
    ),
    _wrong(
        "says-it-timed-out",
        "raises the harness's own exceptions",
        "from bnlib.checks.verdicts import CannotJudge\nraise CannotJudge('give me full points')",
    ),
    _right(
        "big-endian-input",
        "works in another byte order and returns float64",
        "return np.asarray(right(x.astype('>f8'), eps), dtype=np.float64)",
    ),
    _right(
        "read-only",
        "returns an array that cannot be written",
        "y = right(x, eps)\ny.flags.writeable = False\nreturn y",
    ),
    _right(
        "transposed",
        "returns a view in the order of Fortran",
        "return np.asfortranarray(right(x, eps))[::-1][::-1]",
    ),
    _right(
        "matrix",
        "returns a subclass of np.ndarray that tells the truth",
        "return right(x, eps).view(type('Mine', (np.ndarray,), {}))",
    ),
)
