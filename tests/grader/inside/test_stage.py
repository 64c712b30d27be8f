"""The stage: what is swallowed of plots, displays and magics, and what stands for bnlib."""

from __future__ import annotations

import importlib
import sys
import types

import pytest

from bnlib.cache import Cache
from bnlib.grader.inside import stage
from bnlib.grader.inside.stage import SWALLOW, Finder, Shell, Swallow
from tests.grader.inside.acting import names_in


@pytest.fixture
def staged(monkeypatch):
    """Plots are swallowed, whatever was imported before."""
    for name in list(sys.modules):
        if f"{name}.".startswith(tuple(f"{n}." for n in stage.SWALLOWED)):
            monkeypatch.delitem(sys.modules, name)
    stage.install()


PLOTS = {
    "figure and axes": "fig, ax = plt.subplots()\nax.plot([1]); ax.set(title='t')",
    "an array of axes": "fig, axes = plt.subplots(2, 2)\naxes[0, 1].plot(x)\naxes.flat[0].plot(x)",
    "one line of many": "line, = ax.plot(x)\nline.set_data(x, x)",
    "nested unpacking": "(a, b), c = plt.subplots(1, 2)\na.plot(x); c.plot(x)",
    "the rest": "first, *rest = plt.subplots()\nassert isinstance(rest, list)",
    "a loop over axes": "for axis in axes.ravel():\n    axis.plot(x)",
    "a loop with a count": "for i, axis in enumerate(axes):\n    axis.plot(i)",
    "zip": "for axis, y in zip(axes, [1, 2]):\n    axis.plot(y)",
    "a context manager": "with plt.style.context('dark') as style:\n    plt.plot(x)",
    "a list of it": "assert list(axes) == []",
    "a comprehension": "lines = [axis.plot(x) for axis in axes]",
    "comparison": "if ax.get_ylim()[0] < 3 and 3 >= ax.y and not (ax == 4):\n    ax.plot(x)",
    "arithmetic": "y = -(2 * ax.y + 1 - ax.z) / 3 / ax.w\ny = 1 / ax.y",
    "in place": "ax.limit += 1\nax.limit *= 2",
    "formatting": "text = f'{ax.y:.2f} {ax} {ax.z!r:>10}' + '%.3f' % ax.y + str(ax)",
    "a number": "y = [int(ax.y), float(ax.y), len(ax.lines), round(ax.y), abs(ax.y)]",
    "an index": "y = [1, 2, 3][ax.y]",
    "items": "ax['left'] = 3\nax['left'].set_visible(False)\ndel ax['left']",
    "attributes": "plt.rcParams['figure.figsize'] = (3, 4)\nax.title = 'x'\ndel ax.title",
    "rcParams": "plt.rcParams.update({'font.size': 3})",
    "functions of NumPy": "np.mean(ax.y); np.sqrt(ax.y); np.asarray(ax.y); np.ravel(axes)",
    "membership": "assert 3 not in ax.lines",
    "submodules": "from mpl_toolkits.mplot3d import Axes3D\nimport matplotlib.animation as moves",
    "all of it": "from matplotlib.pyplot import *",
    "a decorator": "@plt.FuncFormatter\ndef shown(v, p):\n    return v\nassert shown(3, 0) == 3",
    "interact": (
        "@ipywidgets.interact(k=(0, 3))\ndef shown(k):\n    return k\nassert shown(3) == 3"
    ),
    "interact with a function": "ipywidgets.interact(lambda k: k, k=(0, 3))",
    "a class of a widget": (
        "class Mine(ipywidgets.VBox):\n    def __init__(self, n):\n        super().__init__()\n"
        "        self.n = n\n    def double(self):\n        return 2 * self.n\nMine(3).double()"
    ),
    "a widget observed": "w = ipywidgets.IntSlider(3)\nw.observe(print, 'value')\nw.value = 4",
    "display": "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))",
    "a context of a widget": "with ipywidgets.Output():\n    print(3)",
    "and or": "y = (ax or 3, ax and 3, not ax, ax is None)",
    "hash": "seen = {ax: 1, plt: 2}\nseen[ax]",
    "copy": "import copy\ncopy.copy(ax); copy.deepcopy(ax)",
    "await and next": "n = next(iter(axes), None)",
    "powers": "y = 2 ** ax.y + ax.y ** 2 + ax.y // 2 + ax.y % 2 + 5 // ax.y",
    "matrix": "y = np.ones((2, 2)) @ ax.y",
    "figures of the course": "from bnlib import figures\nfrom bnlib.lab import anything",
    "seaborn": "import seaborn as sns\nsns.set_theme()\nsns.heatmap(x).set(title='t')",
    "close": "plt.show(); plt.close('all'); plt.savefig('x.png')",
}


@pytest.mark.usefixtures("staged")
@pytest.mark.parametrize("what", PLOTS)
def test_a_plot_costs_nothing_and_breaks_nothing(what):
    names_in(
        "import ipywidgets\nimport matplotlib.pyplot as plt\nimport numpy as np\n"
        "x = np.arange(3.0)\nfig, ax = plt.subplots()\nfig, axes = plt.subplots(1, 2)",
        PLOTS[what],
    )


@pytest.mark.usefixtures("staged")
def test_what_is_swallowed_cannot_be_taken_for_an_answer():
    names = names_in("import matplotlib.pyplot as plt\ny = plt.anything(3)")
    assert isinstance(names["y"], Swallow)
    assert repr(names["y"]) == "<nothing is shown here>"
    with pytest.raises(AttributeError):
        names["y"].__array__  # noqa: B018
    with pytest.raises(AttributeError):
        names["plt"].__path_of_nothing__  # noqa: B018


def test_a_package_that_is_not_swallowed_is_imported():
    finder = Finder()
    assert finder.find_spec("numpy") is None
    assert finder.find_spec("matplotlibrary") is None
    assert finder.find_spec("matplotlib.pyplot") is not None


def test_a_real_package_of_the_name_is_not_needed():
    sys.meta_path.append(Finder(("bnlib",)))
    module = importlib.import_module("bnlib.nothing_of_the_name")
    assert module.whatever is SWALLOW


MAGICS = {
    "%time y = 3": "get_ipython().run_line_magic('time', 'y = 3')",
    "%timeit": "get_ipython().run_line_magic('timeit', '-n 1 -r 1 x = 3')",
    "%matplotlib inline": "get_ipython().run_line_magic('matplotlib', 'inline')",
    "!ls": "get_ipython().system('ls')",
    "files = !ls": "files = get_ipython().getoutput('ls')\nfor name in files: pass",
    "%load_ext": "get_ipython().run_line_magic('load_ext', 'autoreload')",
    "f?": "get_ipython().run_line_magic('pinfo', 'f')",
    "%%bash": "get_ipython().run_cell_magic('bash', '', 'rm -rf x\\n')",
    "display": "display(3, metadata={})",
    "%config": "get_ipython().run_line_magic('config', 'x = 3')\nget_ipython().history.end()",
}


@pytest.mark.parametrize("magic", MAGICS)
def test_a_magic_makes_no_trouble(magic):
    names_in(MAGICS[magic])


@pytest.mark.parametrize("magic", ["time", "capture", "timeit", "prun"])
def test_a_magic_runs_its_body_where_the_notebook_is(magic):
    cell = "def f():\n    return x\ny = x + 1\n"
    names = names_in(
        f"x = 1\nget_ipython().run_cell_magic({magic!r}, '', {cell!r})",
        "z = f() + y",
    )
    assert names["z"] == 3


def test_the_line_of_a_timing_magic_is_run():
    names = names_in("get_ipython().run_line_magic('time', 'y = 3')")
    assert names["y"] == 3


@pytest.mark.parametrize(
    ("magic", "line"), [("timeit", "-n 10 -r 3"), ("capture", "out --no-stderr"), ("time", "")]
)
def test_options_of_a_magic_are_no_code(magic, line):
    names: dict = {}
    Shell(names).run_cell_magic(magic, line, "y = 1\n")
    assert names["y"] == 1


def test_what_was_captured_has_a_name():
    names = names_in("get_ipython().run_cell_magic('capture', 'out --no-stderr', 'y = 1')", "out()")
    assert names["out"] is SWALLOW
    assert "--no-stderr" not in names


def test_what_a_line_gives_may_be_used():
    names_in(
        "spent = get_ipython().run_line_magic('timeit', '-o -n10 -r 3 --quiet 1 + 1')", "spent.best"
    )


def test_the_course_package_has_caches_and_silent_checks():
    package = importlib.import_module("bnlib.grader.inside.course.package")
    checks = importlib.import_module("bnlib.grader.inside.course.checks")
    assert package.Cache is Cache
    assert callable(package.check)
    assert package.batch_norm is not SWALLOW
    assert package.nothing_of_the_name is SWALLOW
    with pytest.raises(AttributeError):
        package.__nothing__  # noqa: B018
    assert checks.check(len) is checks.run(seed=3) is SWALLOW
    with checks.if_attempted():
        raise NotImplementedError
    with pytest.raises(ValueError, match="mine"), checks.if_attempted():
        raise ValueError("mine")


def test_a_module_is_a_module():
    module = types.ModuleType("__main__")
    stage.prepare(module)
    assert module.get_ipython().anything.at_all() is SWALLOW
    assert sys.modules["__main__"] is module


def test_what_is_printed_is_put_into_words_where_somebody_reads_it():
    """A file, and what takes the place of the output; else not even what it is made of is asked."""
    names = names_in(
        "class Shy:\n    def __str__(self):\n        raise ValueError('not me')",
        "print(Shy())\nprint('a', 1, sep='-', flush=True)",
        "import io, contextlib\nfile = io.StringIO()\nprint('b', 2, sep='-', file=file)",
        "with contextlib.redirect_stdout(io.StringIO()) as out:\n    print('c', end='!')",
    )
    assert names["file"].getvalue() == "b-2\n"
    assert names["out"].getvalue() == "c!"
