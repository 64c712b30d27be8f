"""What runs inside of the sandbox, run here: the child with a pipe that a test holds."""

from __future__ import annotations

import base64
import collections
import contextlib
import importlib
import linecache
import os
import signal
import socket
import sys
import threading
import time
import types

import numpy as np
import pytest

from bnlib.cache import Cache
from bnlib.grader.inside import child, given, parent, stage, walls
from bnlib.grader.inside.child import Child
from bnlib.grader.inside.stage import SWALLOW, Finder, Shell, Swallow
from bnlib.grader.sandbox import calls
from bnlib.grader.wire.encoding import Decoder, Encoder, make_handle
from bnlib.grader.wire.frames import Connection, Gone

LINUX = sys.platform == "linux"


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """A child takes the place of the main module, and swallows imports: here only for a while."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    before = set(linecache.cache)
    modules = dict(sys.modules)
    yield
    for name in set(linecache.cache) - before:
        del linecache.cache[name]
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]
    sys.modules.update(modules)


class Pipe:
    """The judge's place: frames for the child, and those that it sent."""

    def __init__(self, *frames):
        self._frames = collections.deque(frames)
        self.sent: list = []

    def receive(self, seconds=None):
        if not self._frames:
            raise Gone("it closed the connection")
        return self._frames.popleft()

    def send(self, message, arrays=b"", seconds=None):
        self.sent.append((message, arrays))


def run(*sources: str, names=("f",), seconds: float = 5.0, frames=(), warm=None):
    """A child that has run cells: its pipe, the child, and the facts that it sent."""
    pipe = Pipe(*frames)
    one = Child(pipe, frozenset(sys.modules) if warm is None else warm)
    cells = [[n, source] for n, source in enumerate(sources, 1)]
    one.start({"cells": cells, "names": list(names), "seconds": seconds})
    tag, facts = pipe.sent[-1][0]
    assert tag == "ready"
    assert [message for message, _ in pipe.sent[:-1]] == [["cell", n] for n, _ in cells]
    pipe.sent.clear()
    return pipe, one, facts


def names_in(*sources: str) -> dict:
    """What cells leave; none of them may raise."""
    _, one, facts = run(*sources)
    assert facts["raised"] == []
    return vars(one._module)


def call(one: Child, pipe: Pipe, *arguments, name="f", adapter=None, seconds=5.0, asked=()):
    encoder = Encoder()
    data = encoder.encode(arguments)
    one.answer(["call", 1, name, adapter, data, seconds, dict(asked)], encoder.arrays)
    message, arrays = pipe.sent[-1]
    tag, number, *rest = message
    assert number == 1
    if tag == "value":
        return tag, Decoder(arrays, make_handle).decode(rest[0]), tuple(rest[1])
    return tag, *rest


# ---------------------------------------------------------------- the child: cells


def test_cells_run_one_after_another_whatever_they_raise():
    _, one, facts = run("x = 1", "x / 0", "y = x + 1", "def f(x): return x", "g = 3")
    assert facts["raised"] == [[2, "ZeroDivisionError: division by zero"]]
    assert vars(one._module)["y"] == 2
    assert facts["callable"] == ["f"]


def test_only_what_is_asked_for_and_can_be_called_is_named():
    _, _, facts = run("def f(): ...\ng = 3\nclass H: ...", names=("f", "g", "H", "k"))
    assert facts["callable"] == ["f", "H"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("return 3", "SyntaxError: 'return' outside function (<cell 1>, line 1)"),
        ("raise ValueError('x' * 9000)", "ValueError: " + "x" * 300 + "..."),
        ("raise ValueError('\\ud800')", "ValueError: ?"),
        (
            "class M(type):\n    __name__ = '\\ud800'\n"
            "class E(Exception, metaclass=M): ...\nraise E('no')",
            "?: no",
        ),
    ],
)
def test_what_a_cell_raised_is_told(source, said):
    _, _, facts = run(source)
    assert facts["raised"] == [[1, said]]


def test_an_exception_without_a_message_that_works():
    source = "class E(Exception):\n    def __str__(self): raise ValueError\nraise E"
    assert run(source)[2]["raised"] == [[1, "E: (its message cannot be shown)"]]


def test_a_cell_without_end_is_left():
    begun = time.monotonic()
    _, one, facts = run("while True: pass", "x = 1", seconds=0.2)
    assert facts["raised"] == [[1, "TimedOut: no answer after 0.2 seconds"]]
    assert vars(one._module)["x"] == 1
    assert time.monotonic() - begun < 30


def test_not_every_cell_that_raised_is_told():
    assert len(run(*["1 / 0"] * 60)[2]["raised"]) == child._MOST_RAISED


def test_imports_are_told_by_their_package():
    _, _, facts = run("import wave, xml.dom.minidom", warm=frozenset(sys.modules) - {"wave"})
    assert "wave" in facts["modules"]
    assert not any("." in name for name in facts["modules"])


def test_what_stands_among_the_modules_may_be_anything():
    source = "import sys\nsys.modules[3] = sys.modules['\\ud800'] = 'x'\nsys.modules['a.b'] = sys"
    assert run(source)[2]["modules"] == ["?", "a"]


def test_the_future_holds_for_the_cells_below():
    names = names_in("from __future__ import annotations", "def f(x: undefined): ...")
    assert names["f"].__annotations__ == {"x": "undefined"}


def test_the_submission_is_the_main_module():
    names = names_in(
        "import sys, pickle, inspect\nclass A: pass\ndef f(x):\n    return x\n",
        "B = pickle.loads(pickle.dumps(A))\nhere = sys.modules['__main__'].A is A\n"
        "text = inspect.getsource(f)\nname = __name__",
    )
    assert names["B"] is names["A"]
    assert names["here"]
    assert names["name"] == "__main__"
    assert names["text"] == "def f(x):\n    return x\n"


# ---------------------------------------------------------------- the child: calls


def test_a_call_gives_a_value_and_what_it_changed():
    pipe, one, _ = run("def f(x, y):\n    x += 1\n    return x + y, None, [1]")
    tag, value, changed = call(one, pipe, np.zeros(2), np.ones(2))
    assert tag == "value"
    assert np.array_equal(value[0], [2.0, 2.0])
    assert value[1:] == (None, [1])
    assert changed == (0,)


def test_what_cannot_cross_is_kept_and_found_again():
    pipe, one, _ = run(
        "class Kept:\n    x = 7\ndef f(kept=None):\n    return Kept() if kept is None else kept.x",
    )
    _, kept, _ = call(one, pipe, None)
    assert type(kept).__name__ == "Kept"
    assert call(one, pipe, kept)[1] == 7


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        ("raise NotImplementedError('your code')", ("stub", "your code")),
        ("raise ValueError('no')", ("raised", "ValueError", "no", "raise ValueError('no')")),
        (
            "raise ValueError('\\ud800')",
            ("raised", "ValueError", "?", "raise ValueError('\\ud800')"),
        ),
        ("while True: pass", ("late", "no answer after 0.2 seconds")),
        ("import signal; signal.raise_signal(2)", ("raised", "KeyboardInterrupt", "", "")),
        ("return [0] * 60_000", ("raised", "TooLarge", "a value of more than 50000 parts", "")),
        ("import sys; sys.exit(3)", ("raised", "SystemExit", "3", "import sys; sys.exit(3)")),
        (
            "from bnlib.checks.verdicts import CannotJudge; raise CannotJudge('no torch')",
            ("unjudged", "no torch"),
        ),
    ],
)
def test_what_becomes_of_a_call(body, reply):
    pipe, one, _ = run(f"def f():\n    {body}")
    assert call(one, pipe, seconds=0.2) == reply
    assert call(one, pipe, seconds=0.2) == reply


def test_what_holds_itself_is_sent_as_far_as_it_goes():
    pipe, one, _ = run("def f():\n    a = []\n    a.append(a)\n    return a")
    assert call(one, pipe)[0] == "value"


def test_a_class_is_called_through_its_adapter():
    source = (
        "import numpy as np\nclass f:\n"
        "    def __init__(self, n, eps, momentum):\n        self.gamma = np.ones(n)\n"
        "    def forward(self, x):\n        return x * self.gamma\n"
    )
    pipe, one, _ = run(source)
    steps = [("set", "gamma", np.full(2, 3.0)), ("forward", np.ones((1, 2)))]
    tag, value, _ = call(one, pipe, 2, 0.1, 0.9, steps, adapter="numpy_layer")
    assert tag == "value"
    assert np.array_equal(value[0], [[3.0, 3.0]])


def test_a_whole_life_over_a_socket():
    ours, theirs = socket.socketpair()
    ended = []

    def live():
        with theirs, contextlib.suppress(Gone):
            child.live(Connection(theirs), frozenset(sys.modules))
        ended.append(True)

    thread = threading.Thread(target=live)
    thread.start()
    judge = Connection(ours)
    cells = [[1, "def f(x):\n    return 2 * x"]]
    judge.send(["start", {"cells": cells, "names": ["f"], "seconds": 0}])
    assert judge.receive(5)[0] == ["cell", 1]
    assert judge.receive(5)[0][0] == "ready"
    judge.send(["call", 1, "f", None, ["t", [21]], 0, {}])
    assert judge.receive(5)[0] == ["value", 1, 42, []]
    judge.close()
    thread.join(5)
    assert ended


# ---------------------------------------------------------------- given answers


def answer(value) -> tuple:
    encoder = Encoder()
    return ["answer", encoder.encode(value)], encoder.arrays


def test_a_given_function_is_asked_for_and_put_back():
    source = "def double(x): raise ValueError('mine')\ndef f(x): return double(x) + 1"
    pipe, one, _ = run(source, frames=[answer(np.full(2, 8.0))])
    tag, value, _ = call(one, pipe, np.full(2, 4.0), asked={"double": None})
    assert (tag, list(value)) == ("value", [9.0, 9.0])
    (asked, arrays), _ = pipe.sent
    assert asked[:3] == ["ask", "double", "call"]
    assert np.array_equal(Decoder(arrays, make_handle).decode(asked[3])[0], [4.0, 4.0])
    assert call(one, pipe, 1.0)[:3] == ("raised", "ValueError", "mine")


def test_what_the_judge_refuses_is_raised():
    source = "def double(x): ...\ndef f(x): return double(x)"
    pipe, one, _ = run(source, frames=[(["failed", "ValueError: shapes"], b"")])
    assert call(one, pipe, 1.0, asked={"double": None})[:3] == (
        "raised",
        "ValueError",
        "ValueError: shapes",
    )


class Judge:
    """Answers for a class with an array, a list of arrays and a number."""

    def __init__(self):
        self.asked: list = []

    def __call__(self, name, what, arguments):
        self.asked.append((name, what, arguments))
        if what == "new":
            return 0, {"weights": np.ones(2), "parts": [np.zeros(1)], "training": True}
        _, state, by = arguments
        return "value", {**state, "weights": state["weights"] + by, "parts": [np.ones(1)]}


def test_a_given_class_keeps_the_identity_of_its_arrays():
    judge = Judge()
    net = given.stand_in("Net", ["step"], judge)(3, 0.5)
    weights, part = net.weights, net.parts[0]
    weights[0] = 5
    net.training = False
    net._own = "not the judge's"
    assert net.step(1.0) == "value"
    assert net.weights is weights
    assert net.parts[0] is part
    assert list(weights) == [6.0, 2.0]
    assert list(part) == [1.0]
    assert not net.training
    assert judge.asked[0] == ("Net", "new", (3, 0.5))
    _, state, by = judge.asked[1][2]
    assert set(state) == {"weights", "parts", "training"}
    assert by == 1.0
    net.weights = np.zeros(3)
    with pytest.raises(ValueError, match="broadcast"):
        net.weights += np.ones(2)
    net.step(1.0)
    assert type(net).__name__ == "Net"
    assert type(net).step.__name__ == "step"


# ---------------------------------------------------------------- the stage


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


# ---------------------------------------------------------------- what stands for bnlib


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


# ---------------------------------------------------------------- the walls, in a fork


def forked(function) -> str:
    """What the function returns in a process of its own, or the exception that it raised."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            said = repr(function())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        with contextlib.suppress(BaseException):
            os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        said = file.read()
    os.waitpid(pid, 0)
    return said


linux_only = pytest.mark.skipif(not LINUX, reason="the kernel's calls are Linux's : run on Linux")


def status(field: str) -> str:
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith(f"{field}:"))


@linux_only
def test_limits_hold():
    def inside():
        import resource

        walls.limit(walls.Limits(memory=1 << 28, files=20))
        kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_CPU)
        got = [resource.getrlimit(kind) for kind in kinds]
        try:
            bytearray(1 << 29)
        except MemoryError:
            got.append("MemoryError")
        walls.limit(walls.Limits(cpu=10_000))
        return [*got, resource.getrlimit(resource.RLIMIT_CPU)]

    assert forked(inside) == "[(20, 20), (0, 0), (120, 120), 'MemoryError', (120, 120)]"


@linux_only
def test_privileges_and_calls_are_given_up():
    def inside():
        walls.drop_privileges()
        walls.filter_system_calls(calls.program())
        refused = []
        for call_it in (
            os.fork,
            lambda: os.execv("/bin/true", ["true"]),
            lambda: socket.socket(socket.AF_INET),
            lambda: walls.unshare(walls.NEWUSER),
        ):
            try:
                call_it()
                refused.append("done")
            except PermissionError:
                refused.append("refused")
        threading.Thread(target=refused.append, args=("thread",)).start()
        time.sleep(0.1)
        return [status(f) for f in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")][::2], refused

    said = forked(inside)
    assert (
        said
        == "(['0000000000000000', '1'], ['refused', 'refused', 'refused', 'refused', 'thread'])"
    )


@linux_only
@pytest.mark.needs_system("bubblewrap")
def test_new_namespaces_have_an_own_tmp_and_proc():
    """As the sandbox has it: privileged in an own user namespace, process 1 of a new one."""
    uid, gid = os.getuid(), os.getgid()

    def inside():
        walls.unshare(walls.NEWUSER | walls.NEWPID)
        walls._map(uid, gid)
        return forked(within)

    def within():
        before = {name: os.readlink(f"/proc/self/ns/{name}") for name in ("mnt", "net", "user")}
        walls.unshare(walls.NEWNS)
        walls._mount(None, "/", None, walls._REC_PRIVATE)
        walls._mount("tmpfs", "/dev", "tmpfs", 0)
        open("/dev/one", "w").close()
        walls._mount("/dev/one", "/dev/one", None, 0x1000)
        walls.into_new_namespaces(walls.Limits())
        after = {name: os.readlink(f"/proc/self/ns/{name}") for name in before}
        try:
            walls._mount("tmpfs", "/", "tmpfs", 0)
        except OSError as error:
            remounted = error.strerror
        return (
            os.listdir("/tmp"),
            sorted(n for n in os.listdir("/proc") if n.isdigit()),
            [after[name] != before[name] for name in before],
            os.getuid(),
            remounted,
        )

    said = forked(inside)
    assert "[], ['1'], [True, True, True], 65534, " in said


@linux_only
def test_a_call_of_the_kernel_that_fails_says_which():
    with pytest.raises(OSError, match="setns: Bad file descriptor"):
        walls.enter(-1, walls.NEWPID)
    assert walls.on_linux()


@linux_only
@pytest.mark.skipif(LINUX and os.geteuid() != 0, reason="only root can : run as root")
def test_another_user_is_become_for_good():
    def inside():
        walls.become(54321, 54322, walls.Limits())
        with contextlib.suppress(PermissionError):
            os.setuid(0)
        return os.getresuid(), os.getresgid(), os.getgroups()

    assert forked(inside) == "((54321, 54321, 54321), (54322, 54322, 54322), [])"


# ---------------------------------------------------------------- the warm parent, in a fork


@pytest.fixture
def warm_parent():
    """A warm parent without walls, forked off this process; its socket."""
    ours, theirs = socket.socketpair()
    program = base64.b64encode(calls.program()).decode() if LINUX else ""
    config = {
        "isolation": "none",
        "limits": walls.Limits()._asdict(),
        "filter": program,
        "uid": -1,
        "gid": -1,
        "warm": ["json"],
    }
    pid = os.fork()
    if not pid:
        code = 1
        try:
            ours.close()
            parent.main(theirs.detach(), config)
            code = 0
        finally:
            os._exit(code)
    theirs.close()
    yield ours, pid
    ours.close()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def test_a_warm_parent_forks_ends_and_ends_itself(warm_parent):
    ours, pid = warm_parent
    control = Connection(ours)
    (tag, packages), _ = control.receive(60)
    assert tag == "warm"
    assert {"numpy", "json"} <= set(packages)
    ours.settimeout(10)
    ours.sendall(b"K")
    assert control.receive(10)[0] == ["ended", 0, 0.0, 0]
    for _ in range(2):
        mine, theirs = socket.socketpair()
        socket.send_fds(ours, [b"F"], [theirs.fileno()])
        theirs.close()
        assert control.receive(10)[0] == ["forked"]
        judge = Connection(mine)
        judge.send(["start", {"cells": [[1, "x = 1"]], "names": [], "seconds": 5}])
        assert judge.receive(10)[0] == ["cell", 1]
        assert judge.receive(10)[0][0] == "ready"
        judge.close()
        time.sleep(0.3)
        ours.sendall(b"K")
        (tag, _, seconds, peak), _ = control.receive(10)
        assert tag == "ended"
        assert seconds >= 0
        assert peak > 1000
        ours.sendall(b"K")
        assert control.receive(10)[0] == ["ended", 0, 0.0, 0]
    ours.close()
    assert os.waitpid(pid, 0)[1] == 0


def test_where_walls_fail_nothing_runs(monkeypatch):
    """No process: what the fork does is done here, but for its end."""
    monkeypatch.setattr(parent.os, "fork", lambda: 0)
    monkeypatch.setattr(parent, "_close_all_but", lambda pipe: None)
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(parent, "PIPE", theirs.detach())

    class Ended(Exception):
        pass

    def end(code):
        raise Ended(code)

    monkeypatch.setattr(parent.os, "_exit", end)
    monkeypatch.setattr(parent.os, "setsid", lambda: None)
    monkeypatch.setattr(walls, "limit", lambda limits: None)
    monkeypatch.setattr(walls, "into_new_namespaces", lambda limits: 1 / 0)
    config = {"isolation": "namespaces", "limits": walls.Limits()._asdict()}
    with pytest.raises(Ended, match="1"):
        parent._fork(config, -1, 0, frozenset())
    message, _ = Connection(ours).receive(5)
    ours.close()
    assert message == ["no walls", "ZeroDivisionError: division by zero"]


def test_a_user_is_become_only_where_that_was_asked_for(monkeypatch):
    done: list = []
    monkeypatch.setattr(parent.os, "setsid", lambda: done.append("setsid"))
    for name in ("limit", "become", "drop_privileges", "filter_system_calls"):
        monkeypatch.setattr(walls, name, lambda *a, name=name: done.append(name))
    config = {"limits": walls.Limits()._asdict(), "filter": "", "uid": 1, "gid": 2}
    parent._behind_walls({**config, "isolation": "user"})
    last = ["drop_privileges", "filter_system_calls"] if LINUX else []
    assert done == ["setsid", "limit", "become", *last]
    done.clear()
    parent._behind_walls({**config, "isolation": "none"})
    assert done == ["setsid", "limit", *last]


def test_a_child_that_is_gone_is_no_trouble_to_end():
    pid = os.fork()
    if not pid:
        signal.pause()
    status, seconds, _ = parent._end(pid)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert seconds >= 0


def test_a_module_is_a_module():
    module = types.ModuleType("__main__")
    stage.prepare(module)
    assert module.get_ipython().anything.at_all() is SWALLOW
    assert sys.modules["__main__"] is module


def test_a_proc_that_shows_the_machine_is_none(monkeypatch):
    done: list = []

    def mount(source, target, kind, flags, data=""):
        if data == "subset=pid":
            raise OSError
        done.append((kind, target))

    monkeypatch.setattr(walls, "_mount", mount)
    monkeypatch.setattr(walls, "_limit_processes", lambda most: None)
    monkeypatch.setattr(walls, "unshare", lambda flags: done.append(flags))
    monkeypatch.setattr(walls, "_map", lambda *ids: done.append("nobody"))
    walls.into_new_namespaces(walls.Limits())
    # In a namespace that belongs to nobody: from inside it cannot be taken away.
    assert done[-4:] == [walls.NEWUSER, "nobody", walls.NEWNS, ("tmpfs", "/proc")]


def test_in_a_user_namespace_one_is_nobody(monkeypatch, tmp_path):
    def kept(path, mode):
        return open(tmp_path / path.rpartition("/")[2], mode)

    monkeypatch.setattr(walls, "open", kept, raising=False)
    walls._map(1000, 1001)
    said = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert said == {"setgroups": "deny", "uid_map": "65534 1000 1", "gid_map": "65534 1001 1"}


def test_each_child_is_the_first_process_of_a_namespace(monkeypatch):
    done: list = []
    monkeypatch.setattr(walls, "unshare", lambda kind: done.append(("unshare", kind)))
    monkeypatch.setattr(walls, "enter", lambda home, kind: done.append(("enter", home, kind)))
    monkeypatch.setattr(parent.os, "fork", lambda: done.append("fork") or 5)
    config = {"isolation": "namespaces"}
    assert parent._own_processes(config)
    assert parent._fork(config, 9, 0, frozenset()) == 5
    # And the parent is at home again before the next one.
    assert done == [("unshare", walls.NEWPID), "fork", ("enter", 9, walls.NEWPID)]


def test_torch_has_one_thread_and_is_warm_as_far_as_it_is_known(monkeypatch):
    threads: list = []
    torch = types.SimpleNamespace(set_num_threads=threads.append)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(parent, "_LATE", ("torch.nothing_of_the_name", "wave"))
    monkeypatch.setattr(parent, "gc", types.SimpleNamespace(collect=int, freeze=int))
    ours, theirs = socket.socketpair()
    ours.shutdown(socket.SHUT_WR)
    parent.main(theirs.detach(), {"isolation": "none", "warm": []})
    (tag, packages), _ = Connection(ours).receive(5)
    ours.close()
    assert (tag, threads) == ("warm", [1])
    assert "wave" in packages
