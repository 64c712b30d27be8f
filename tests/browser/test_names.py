"""The names that a cell takes and gives."""

import pytest

from bnlib.browser.names import NONE, names_of


@pytest.mark.parametrize(
    ("source", "takes", "gives"),
    [
        ("x = 1", "", "x"),
        ("y = x + z", "x z", "y"),
        ("x = 1\ny = x", "", "x y"),
        ("x = x + 1", "x", "x"),
        ("x += 1", "x", "x"),
        ("x[0] = y", "x y", "x"),
        ("x.a.b = 1", "x", "x"),
        ("del x", "x", "x"),
        ("a, (b, *c) = x", "x", "a b c"),
        ("import numpy as np\nfrom a import b as c", "", "np c"),
        ("import a.b", "", "a"),
        ("losses.append(1)", "losses", "losses"),
        ("f(x, out=y[0])", "f x y", "y"),
        ("for i in x:\n    t = i", "x", "i t"),
        ("with a as b:\n    c = b", "a", "b c"),
        ("if (n := f(x)):\n    y = n", "f x", "n y"),
        ("try:\n    a = x\nexcept E:\n    b = 1", "x", "a b"),
        ("def f(x, eps=e):\n    y = x + z\n    return y", "e z", "f"),
        ("g = lambda x: x + z", "z", "g"),
        ("y = [x * k for x in xs]", "k xs", "y"),
        ("class A(B):\n    def f(self):\n        return c", "B c", "A"),
        ("def f():\n    global n\n    n = 1", "n", "f"),
        ("x: int = y", "y", "x"),
        ("def f(x): return f(x - 1)", "", "f"),
    ],
)
def test_names(source, takes, gives):
    names = names_of(source)
    assert (names.takes - {"int", "range"}, names.gives) == (
        frozenset(takes.split()),
        frozenset(gives.split()),
    )


def test_a_generator_is_another_one_after_each_use():
    first = names_of("rng = default_rng(0)")
    assert "rng" in names_of("x = rng.normal()", first).gives
    assert "rng" not in names_of("x = rng.normal()").gives
    # Given anew, it is what it is then.
    assert "rng" not in names_of("rng = 3\nx = rng", first).stateful


def test_a_module_is_changed_by_its_settings_alone():
    first = names_of("import numpy as np, drawing")
    assert "np" in names_of("np.set_printoptions(3)", first).gives
    assert "drawing" not in names_of("drawing.curve(x)", first).gives


def test_a_wrong_syntax_has_no_names():
    assert names_of("x = (") == NONE


def test_what_a_function_looks_up_is_known():
    assert names_of("def f(x):\n    return x + z").inside == {"f": frozenset({"z"})}
