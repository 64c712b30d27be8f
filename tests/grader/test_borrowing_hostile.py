"""Code that is deep, wide or made to be followed for ever: bounded work, and no exception."""

import ast
import inspect
import random
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import repeatable

from bnlib.checks import registry
from bnlib.checks.borrowed import borrowed_names
from bnlib.grader.borrowing import Names

FORWARD = registry.lookup("batchnorm_forward")
ANSWER = "\ndef batchnorm_forward(x):\n    return {}(x)\n"
N = 3_000


def judged(*sources):
    """What the trees say, the flags, and the seconds it took without parsing."""
    trees = [ast.parse(source) for source in sources]
    start = time.process_time()
    names = Names(trees)
    found = names.borrowed(FORWARD)
    return found, names.flags, time.process_time() - start


def chain_of_aliases(n):
    return (
        "import bnlib\na0 = bnlib.batch_norm\n"
        + "".join(f"a{i + 1} = a{i}\n" for i in range(n))
        + ANSWER.format(f"a{n}")
    )


def chain_of_helpers(n):
    return (
        "import bnlib\n"
        + "".join(f"def f{i}(x):\n f{i + 1}(x)\n" for i in range(n))
        + f"def f{n}(x):\n bnlib.norms\n"
        + ANSWER.format("f0")
    )


def helpers_that_call_all(n):
    draw = random.Random(3)
    return (
        "import bnlib\n"
        + "".join(
            f"def f{i}(x):\n" + "".join(f" f{draw.randrange(n)}\n" for _ in range(20))
            for i in range(n // 20)
        )
        + ANSWER.format("f0")
        + f"def f{n - 1}(x):\n bnlib.norms\n"
    )


WIDE = {
    "aliases": (chain_of_aliases(N), True),
    "aliases in a ring": (
        "".join(f"a{i} = a{(i + 1) % N}\n" for i in range(N)) + ANSWER.format("a0"),
        False,
    ),
    "helpers": (chain_of_helpers(N), True),
    "helpers in a ring": (
        "".join(f"def f{i}(x):\n f{(i + 1) % N}(x)\n" for i in range(N)) + ANSWER.format("f0"),
        False,
    ),
    "helpers that call many": (helpers_that_call_all(N), None),
    "one name bound often": (
        "import bnlib\n" + "if x:\n f = bnlib.norms\n" * N + ANSWER.format("f"),
        True,
    ),
    "one name, many values": (
        "import bnlib\n"
        + "".join(f"if x:\n f = bnlib.f{i}\n" for i in range(N))
        + ANSWER.format("f"),
        True,
    ),
    "a list in itself": (
        "import bnlib\na = [bnlib.norms]\n" + "a = [a, a]\n" * N + ANSWER.format("a[0]"),
        True,
    ),
    "a call of a call": (
        "import bnlib\na = bnlib.norms\n" + "a = a(a, a)\n" * N + ANSWER.format("a"),
        None,
    ),
    "an attribute of itself": (
        "import bnlib\na = bnlib\n" + "a = a.x\n" * N + ANSWER.format("a"),
        True,
    ),
    "swaps": (
        "import bnlib\na, b = bnlib.norms, 3\n" + "a, b = b, a\n" * N + ANSWER.format("a"),
        True,
    ),
    "parts put into one object": (
        "import bnlib\nclass A:\n pass\n" + "A.f = bnlib.norms\n" * N + ANSWER.format("A.f"),
        True,
    ),
    "star imports": (
        "".join(f"from a{i} import *\n" for i in range(N)) + ANSWER.format("f"),
        False,
    ),
    "literals": ("exec('import bnlib')\n" * N + ANSWER.format("bnlib.norms"), True),
    "locals": (
        "import bnlib\ndef batchnorm_forward(x):\n a0 = bnlib\n"
        + "".join(f" a{i + 1} = a{i}.x\n" for i in range(N))
        + f" return a{N}\n",
        True,
    ),
    "a local list in itself": (
        "import bnlib\ndef batchnorm_forward(x):\n a = bnlib\n"
        + " a = [a, a]\n" * N
        + " return a\n",
        True,
    ),
    "locals that may be each other": (
        "import bnlib\ndef batchnorm_forward(x):\n if x:\n"
        "  a = bnlib\n" + "  b = a\n  a = b, x\n" * N,
        True,
    ),
    "names": (
        "import bnlib\ndef batchnorm_forward(x):\n" + "".join(f" bnlib.f{i}\n" for i in range(N)),
        True,
    ),
}


@pytest.mark.parametrize("case", WIDE)
def test_wide_code_takes_time_in_proportion(case):
    source, borrowed = WIDE[case]
    found, _, seconds = judged(source)
    if borrowed is not None:
        assert bool(found) is borrowed
    assert seconds < 4


def test_calls_of_its_own_functions_are_bounded():
    twice = "".join(f"def f{i}():\n return f{i + 1}() or f{i + 1}('a')\n" for i in range(60))
    endless = "def g():\n return g()\nx = g()\n"
    found, flags, seconds = judged(twice + endless + "y = f0()" + ANSWER.format("y"))
    assert (found, flags) == ((), ())
    assert seconds < 1
    many = "import bnlib\ndef f():\n return bnlib.norms\n" + "y = f()\n"
    assert judged(many + ANSWER.format("y"))[0]
    found, flags, seconds = judged(many + "y = f()\n" * 30_000 + ANSWER.format("y"))
    assert found == ()
    assert flags == ("too many calls of its own functions to follow them for forbidden names",)
    assert seconds < 6
    calls = "import bnlib\ny = bnlib" + "(bnlib)" * 900 + ANSWER.format("y or bnlib.norms")
    tree = ast.parse(calls)

    def below(depth):
        return below(depth - 1) if depth else Names([tree])

    assert below(200).borrowed(FORWARD)


def test_possibilities_that_are_dropped_are_flagged():
    again = "if x:\n f = bnlib.norms\n" + "if x:\n f = np.sqrt\n" * 50
    found, flags, _ = judged("import bnlib, numpy as np\n" + again + ANSWER.format("f"))
    assert found
    assert flags == ()
    others = "".join(f"if x:\n f = np.f{i}\n" for i in range(50))
    found, flags, _ = judged("import bnlib, numpy as np\n" + again + others + ANSWER.format("f"))
    assert found == ()
    assert flags == ("a name that stands for more things than are followed for forbidden names",)


def nested(before, after, n):
    return before * n + "bnlib.norms" + after * n


FUNCTION = "import bnlib\ndef batchnorm_forward(x):\n    return "
DEEP = {
    "attributes": FUNCTION + "bnlib" + ".a" * 900,
    "calls": FUNCTION + "bnlib.norms" + "()" * 900,
    "subscripts": FUNCTION + "bnlib.norms" + "[0]" * 900,
    "calls of methods": FUNCTION + "bnlib" + ".a(x)" * 450,
    "sums": FUNCTION + "x + " * 900 + "bnlib.norms",
    "powers": FUNCTION + nested("x ** ", "", 400),
    "brackets": FUNCTION + nested("[", "]", 90),
    "dictionaries": FUNCTION + nested("{1: ", "}", 90),
    "calls in calls": FUNCTION + nested("x(", ")", 90),
    "lambdas": FUNCTION + nested("lambda y: ", "", 400),
    "choices": FUNCTION + nested("x if x else ", "", 400),
    "comprehensions": FUNCTION + nested("[", " for y in x]", 90),
    "nots": FUNCTION + nested("not ", "", 900),
    "elifs": FUNCTION.removesuffix("return ")
    + "if x:\n        pass\n"
    + "    elif x:\n        pass\n" * 900
    + "    else:\n        bnlib.norms\n",
    "blocks": FUNCTION.removesuffix("    return ")
    + "".join(" " * (4 + i) + "if x:\n" for i in range(90))
    + " " * 94
    + "bnlib.norms",
    "functions": FUNCTION.removesuffix("    return ")
    + "".join(" " * (4 + i) + "def f(x):\n" for i in range(90))
    + " " * 94
    + "bnlib.norms",
    "classes": FUNCTION.removesuffix("    return ")
    + "".join(" " * (4 + i) + "class A:\n" for i in range(90))
    + " " * 94
    + "bnlib.norms",
    "joined literals": "import bnlib\nf = getattr(bnlib, "
    + "'a' + " * 900
    + "'b')"
    + ANSWER.format("f"),
    "literals of literals": "import bnlib\nf = eval('eval(\"bnlib.norms\")')"
    + ANSWER.format("f or bnlib.norms"),
    "f-strings": "import bnlib\nf = getattr(bnlib, f'{f\"{1}\"}a')" + ANSWER.format("bnlib.f"),
}


@pytest.mark.parametrize("case", DEEP)
def test_deep_code_is_followed_or_skimmed(case):
    found, _, seconds = judged(DEEP[case])
    assert found
    assert seconds < 1


def test_deep_code_is_flagged():
    for case in ("lambdas", "blocks", "literals of literals"):
        _, flags, _ = judged("x = 3", DEEP[case])
        assert flags == ("code nested too deeply to be followed for forbidden names: cell 2",)
    _, flags, _ = judged(*[DEEP["lambdas"]] * 7)
    assert flags[0].endswith("cell 1, 2, 3, 4, 5 and others")
    for case in ("attributes", "sums", "elifs", "joined literals"):
        assert judged(DEEP[case])[1] == ()


def test_a_deep_stack_of_the_caller_is_no_danger():
    tree = ast.parse(DEEP["functions"])

    def below(depth):
        return below(depth - 1) if depth else Names([tree])

    own = len(inspect.stack(0))
    for depth in range(0, sys.getrecursionlimit() - own - 60, 25):
        names = below(depth)
        assert names.borrowed(FORWARD)
        assert names.flags


def test_ten_thousand_cells():
    tree = ast.parse("x = np.ones(3)\ndef f(x):\n    return np.sqrt(x)")
    last = ast.parse("import bnlib" + ANSWER.format("bnlib.norms"))
    start = time.process_time()
    assert Names([*[tree] * 10_000, last]).borrowed(FORWARD)
    assert time.process_time() - start < 6


def test_what_is_no_code_of_a_notebook():
    for source in [
        "from . import bnlib\nfrom .. import *",
        "return 3\nyield 4\nawait x",
        "import get\nx = get('a')\nimport __dict__\ny = __dict__['a'].get('b')",
        "getattr()\ngetattr(x, '')\nvars()['']\nglobals().get('')\nf = getattr(globals(), '(x')",
        "exec('def')\neval('')\nexec('\\0')\nexec()\neval('1 +')",
        "import sys\nx = sys.modules['']\ny = sys.modules['...']\nz = x.y['']()['(']('[')",
        "del x, y[0], z.w\nglobal a\nnonlocal b\n*c, d = e\n(f, *g), h = i",
        "x: int\nx.y: int = 3\nx[0] += 1\nx += 1\nx.y += 1",
        "type('A', (), {})\nclass A(A): A = A\nA = A.A[A](A)",
        "@x\n@x()\n@(lambda f: f)\ndef x(x=x, *x1, y=x, **z): nonlocal x; global x; x = x",
        "from os import *\nfrom numpy import *\nfrom math import *\ny = sqrt\nz = undefined",
        "import importlib\nx = importlib.import_module('.a', 'b')\n__import__('a', x, y, ['b'])",
    ]:
        names = Names([ast.parse(source + ANSWER.format("x.y[z]") + "    global y\n")])
        assert names.borrowed(FORWARD) == ()


# Random programs from imports, aliases and functions: live and by tree, the verdict is one.

NAMES = st.sampled_from("abcdef")
EXPRESSIONS = st.deferred(
    lambda: st.one_of(
        NAMES,
        st.sampled_from(["bnlib", "np", "3", "bnlib.batch_norm", "np.sqrt", "bnlib.Cache"]),
    )
)


@st.composite
def statements(draw):
    name, value, other = draw(NAMES), draw(EXPRESSIONS), draw(EXPRESSIONS)
    bound = draw(NAMES)
    return draw(
        st.sampled_from(
            [
                f"import bnlib as {name}",
                f"import numpy as {name}",
                f"from bnlib import batch_norm as {name}",
                f"from bnlib.cache import Cache as {name}",
                f"from numpy import sqrt as {name}",
                f"{name} = {value}",
                f"{name}, {bound} = {value}, {other}",
                f"if True:\n    {name} = {value}",
                f"try:\n    {name} = {value}\nexcept ValueError:\n    pass",
                f"with nothing():\n    {name} = {value}",
                f"def {name}(x):\n    return {value}",
                f"def {name}(x, y={value}):\n    return y",
                f"def {name}(x):\n    y = {value}\n    return [y for {bound} in x if {other}]",
                f"def {name}(x):\n    def inner({bound}):\n        return {value}\n"
                f"    return inner",
                f"def {name}(x):\n    import bnlib\n    return {value}",
                f"{name} = lambda {bound}: {value}",
                f"class {name}:\n    def method(self, {bound}):\n        return {value}",
                f"{name} = partial({value}, 3)",
            ]
        )
    )


@repeatable
@given(st.lists(statements(), max_size=12), EXPRESSIONS)
def test_random_programs_are_judged_as_live(lines, value):
    start = (
        "import bnlib\nimport numpy as np\nfrom functools import partial\n"
        "from contextlib import nullcontext as nothing\n"
        "a = b = c = d = e = f = 0"
    )
    end = f"def batchnorm_forward(x):\n    return {value}"
    space = {"__name__": "a_notebook"}
    ran = []
    for source in [start, *lines, end]:
        try:
            exec(source, space)
        except TypeError:  # partial of a number
            continue
        ran.append(source)
    live = borrowed_names(
        space["batchnorm_forward"], FORWARD.forbidden, FORWARD.allowed, FORWARD.uses
    )
    assert bool(Names([ast.parse(cell) for cell in ran]).borrowed(FORWARD)) is bool(live), ran
