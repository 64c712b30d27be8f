"""The judgement on syntax trees agrees with the live one, on honest code and on borrowed code."""

import ast
import contextlib
import functools
import inspect
import json
import sys
import types
from pathlib import Path
from types import SimpleNamespace

import pytest

from bnlib.checks import registry
from bnlib.checks.borrowed import borrowed_names
from bnlib.grader.borrowing import Names, defined, hidden_imports, names

ROOT = Path(__file__).resolve().parents[2]
NUMPY = ("bnlib", "torch", "scipy", "sklearn")
ALLOWED = registry.lookup("batchnorm_forward").allowed


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch):
    """SciPy and scikit-learn are no part of the project: modules with what the sources use."""
    for path, source in {
        "scipy": "__path__ = []",
        "scipy.linalg": "def eigh(x):\n    return x",
        "scipy.stats": "def zscore(x):\n    return x",
        "sklearn": "__path__ = []",
        "sklearn.decomposition": "class PCA:\n    pass",
    }.items():
        module = types.ModuleType(path)
        exec(source, vars(module))
        monkeypatch.setitem(sys.modules, path, module)
        above, _, name = path.rpartition(".")
        if above:
            setattr(sys.modules[above], name, module)


def exercise(name="answer", forbidden=NUMPY, allowed=ALLOWED, uses=()):
    return SimpleNamespace(name=name, forbidden=forbidden, allowed=allowed, uses=uses)


def by_tree(source, of):
    """What the trees say; cells are parted by lines of dashes."""
    return Names([ast.parse(cell) for cell in source.split("\n----\n")]).borrowed(of)


def by_objects(source, of):
    """What the live check says when the cells have run."""
    space = {"__name__": "a_notebook"}
    for cell in source.split("\n----\n"):
        with contextlib.suppress(NotImplementedError):
            exec(cell, space)
    return borrowed_names(space[of.name], of.forbidden, of.allowed, of.uses)


# Sources of an answer to an exercise that forbids bnlib, torch, scipy and sklearn.
BORROWED = [
    "from torch import sqrt\ndef answer(x):\n    return sqrt(x)",
    "import torch\nanswer = torch.batch_norm",
    "import bnlib\nimport functools\n@functools.lru_cache\ndef answer(x):\n"
    "    return bnlib.batch_norm(x)",
    "import bnlib\nimport numpy as np\n@np.vectorize\ndef answer(x):\n"
    "    return bnlib.batch_norm(x)",
    "import bnlib\nclass answer:\n    @property\n    def f(self):\n        return bnlib.norms",
    "import bnlib\nclass answer:\n    f = bnlib.batch_norm",
    "import bnlib\nclass answer:\n    class Inner:\n        def f(self):\n"
    "            return bnlib.norms",
    "import bnlib\nclass Helper:\n    def f(self, x):\n        return bnlib.batch_norm(x)\n"
    "helper = Helper()\ndef answer(x):\n    return helper.f(x)",
    "import bnlib\nops = {'bn': bnlib.batch_norm}\ndef answer(x):\n    return ops['bn'](x)",
    "import bnlib\nops = {}\nops['bn'] = bnlib.batch_norm\ndef answer(x):\n    return ops['bn'](x)",
    "import bnlib\nops = [bnlib.batch_norm]\ndef answer(x):\n    return [f(x) for f in ops]",
    "import bnlib\nops = dict(bn=3)\nops = {**ops, 'bn': bnlib.batch_norm}\ndef answer(x):\n"
    "    return ops.get('bn')(x)",
    "import bnlib\nclass answer:\n    pass\nanswer.f = bnlib.batch_norm",
    "import os\ndef answer(x):\n    return os.sys.path\n----\n"
    "import bnlib\ndef answer(x, f=[bnlib.batch_norm]):\n    return f[0](x)",
    "import bnlib\ndef set_f():\n    globals()['f'] = bnlib.batch_norm\ndef answer(x):\n"
    "    return f(x)\nset_f()\ndel set_f\nf = f",
    # tests/checks/test_borrowed.py
    "import bnlib\ndef answer(x, g, b, e):\n    return bnlib.batch_norm(x, g, b, e)",
    "import bnlib as q\ndef answer(x, g, b, e):\n    return q.batch_norm(x, g, b, e)",
    "from bnlib import batch_norm as f\ndef answer(*a):\n    return f(*a)",
    "def answer(*a):\n    import bnlib\n    return bnlib.batch_norm(*a)",
    "def answer(*a):\n    from bnlib.norms import batch_norm\n    return batch_norm(*a)",
    "import bnlib\ndef helper(*a):\n    return bnlib.batch_norm(*a)\n"
    "def answer(*a):\n    return helper(*a)",
    "import bnlib\ndef answer(*a):\n    def inner():\n        return bnlib.batch_norm(*a)\n"
    "    return inner()",
    # imports
    "import scipy.linalg\ndef answer(x):\n    return scipy.linalg.eigh(x)",
    "import scipy.linalg as la\ndef answer(x):\n    return la.eigh(x)",
    "from scipy import linalg\ndef answer(x):\n    return linalg.eigh(x)",
    "from scipy.linalg import eigh as e\ndef answer(x):\n    return e(x)",
    "from scipy.linalg import *\ndef answer(x):\n    return eigh(x)",
    "import numpy as np, bnlib as b\ndef answer(x):\n    return b.batch_norm(np.asarray(x))",
    "try:\n    import bnlib\nexcept ImportError:\n    bnlib = None\n"
    "def answer(x):\n    return bnlib.batch_norm(x)",
    "if 1 < 2:\n    import bnlib as b\nelse:\n    b = None\ndef answer(x):\n    return b.norms(x)",
    "import contextlib\nwith contextlib.suppress(ImportError):\n    import bnlib as b\n"
    "def answer(x):\n    return b.norms(x)",
    "for _ in range(1):\n    import bnlib as b\ndef answer(x):\n    return b.norms(x)",
    "def answer(x):\n    return b.norms(x)\n----\nimport bnlib as b",
    "def answer(*a):\n    import scipy.linalg\n    return scipy.linalg.eigh(*a)",
    "def answer(*a):\n    from scipy import linalg as la\n    return la.eigh(*a)",
    "def answer(*a):\n    import bnlib",
    "def answer(*a):\n    if a:\n        try:\n            import bnlib as z\n"
    "        except ImportError:\n            pass",
    # aliases
    "import bnlib\nbn = bnlib.batch_norm\ndef answer(x):\n    return bn(x)",
    "import bnlib\nn = bnlib.norms\nbn = n.batch_norm\ndef answer(x):\n    return bn(x)",
    "import bnlib\na, bn = 3, bnlib.batch_norm\ndef answer(x):\n    return bn(x)",
    "import bnlib\n[a, (b, bn)] = 3, (4, bnlib.batch_norm)\ndef answer(x):\n    return bn(x)",
    "import bnlib\na = bn = bnlib.batch_norm\ndef answer(x):\n    return bn(x)",
    "import bnlib\nif (bn := bnlib.batch_norm):\n    pass\ndef answer(x):\n    return bn(x)",
    "import bnlib\nbn: object = bnlib.batch_norm\ndef answer(x):\n    return bn(x)",
    "import bnlib\nfor bn in (bnlib.batch_norm,):\n    pass\ndef answer(x):\n    return bn(x)",
    "import bnlib\nfs = [bnlib.batch_norm]\nfor bn in fs:\n    pass\ndef answer(x):\n"
    "    return bn(x)",
    "import bnlib\nbn = [lambda x: f(x) for f in (bnlib.batch_norm,)][0]\ndef answer(x):\n"
    "    return bn(x)",
    "import bnlib\nbn, *_ = [bnlib.batch_norm]\ndef answer(x):\n    return bn(x)",
    "import bnlib\nbn = [f for f in (bnlib.batch_norm, 3)][0]\ndef answer(x):\n    return bn(x)",
    "import bnlib\ndef get():\n    return bnlib.batch_norm\nbn = get()\ndef answer(x):\n"
    "    return bn(x)",
    "import bnlib\ndef same(f):\n    return f\nbn = same(bnlib.batch_norm)\ndef answer(x):\n"
    "    return bn(x)",
    "import bnlib\ndef answer(x):\n    f = None\n    def put():\n        nonlocal f\n"
    "        f = bnlib.batch_norm\n    put()\n    return f(x)",
    "import bnlib\nimport functools\ndef get():\n"
    "    return functools.partial(bnlib.batch_norm, eps=1)\nbn = get()\ndef answer(x):\n"
    "    return bn(x)",
    "import bnlib\nbn = bnlib.batch_norm if bnlib else None\ndef answer(x):\n    return bn(x)",
    "import bnlib\nbn = None or bnlib.batch_norm\ndef answer(x):\n    return bn(x)",
    "import bnlib\nbn = [bnlib.batch_norm, 3][0]\ndef answer(x):\n    return bn(x)",
    "import bnlib\nbn = {'a': bnlib.batch_norm}['a']\ndef answer(x):\n    return bn(x)",
    "import bnlib\nbn = bnlib.batch_norm\nbnlib = None\ndef answer(x):\n    return bn(x)",
    "import bnlib\na, b = bnlib.batch_norm, 3\na, b = b, a\ndef answer(x):\n    return b(x)",
    "def bn(x):\n    return x\n----\nfrom bnlib import batch_norm as bn\n"
    "def answer(x):\n    return bn(x)",
    "import bnlib\ndef use():\n    global bn\n    bn = bnlib.batch_norm\nuse()\n"
    "def answer(x):\n    return bn(x)",
    "import bnlib\ndef answer(x):\n    global bnlib\n    return bnlib.batch_norm(x)",
    # code of all kinds
    "import bnlib\nanswer = lambda x: bnlib.batch_norm(x)",
    "import bnlib\nhelper = lambda x: bnlib.batch_norm(x)\ndef answer(x):\n    return helper(x)",
    "import bnlib\ndef other(x):\n    return bnlib.batch_norm(x)\nanswer = other",
    "import bnlib\ndef answer(x, f=bnlib.batch_norm):\n    return f(x)",
    "import bnlib\ndef answer(x, *, f=bnlib.batch_norm):\n    return f(x)",
    "import bnlib\ndef answer(x, f=lambda x: bnlib.batch_norm(x)):\n    return f(x)",
    "import bnlib\ndef answer(x):\n    return [bnlib.batch_norm(r) for r in x]",
    "import bnlib\ndef answer(x):\n    return {k: bnlib.batch_norm(k) for k in x if k}",
    "import bnlib\ndef answer(x):\n    return sum(bnlib.batch_norm(r) for r in x)",
    "import bnlib\ndef answer(x):\n    f = lambda y: bnlib.batch_norm(y)\n    return f(x)",
    "import bnlib\ndef answer(x):\n    return f'{bnlib.batch_norm(x)}'",
    "import bnlib\ndef answer(x):\n    with open(x) as f:\n        while f:\n            try:\n"
    "                pass\n            finally:\n                bnlib.batch_norm(x)",
    "import bnlib\ndef answer(x):\n    match x:\n        case 1 if bnlib.norms:\n"
    "            return 1\n",
    "import bnlib\ndef answer(x):\n    assert x, bnlib.batch_norm",
    "import bnlib\nasync def answer(x):\n    async for y in bnlib.batch_norm(x):\n        await y",
    "import bnlib\ndef make(f):\n    def inner(x):\n        return f(x)\n    return inner\n"
    "answer = make(bnlib.batch_norm)",
    "import bnlib\ndef make():\n    f = bnlib.batch_norm\n    def inner(x):\n"
    "        return f(x)\n    return inner\nanswer = make()",
    "import bnlib\nimport functools\nbn = functools.partial(bnlib.batch_norm, eps=1)\n"
    "def answer(x):\n    return bn(x)",
    "import bnlib\nfrom functools import partial\ndef other(f, x):\n"
    "    return bnlib.batch_norm(x)\nanswer = partial(other, 3)",
    "import bnlib\nimport functools\ndef wrap(f):\n    @functools.wraps(f)\n    def g(x):\n"
    "        return f(x)\n    return g\n@wrap\ndef answer(x):\n    return bnlib.batch_norm(x)",
    "import bnlib\ndef a(x):\n    return b(x)\ndef b(x):\n    return c(x) + a(x)\n"
    "def c(x):\n    return bnlib.batch_norm(x)\ndef answer(x):\n    return a(x)",
    # classes
    "import bnlib\nclass answer:\n    def forward(self, x):\n        return bnlib.batch_norm(x)",
    "import bnlib\nclass answer:\n    @staticmethod\n    def f(x):\n"
    "        return bnlib.batch_norm(x)",
    "import bnlib\nclass answer:\n    @classmethod\n    def f(cls, x):\n"
    "        return bnlib.batch_norm(x)",
    "import bnlib\nclass Base:\n    def f(self, x):\n        return bnlib.batch_norm(x)\n"
    "class answer(Base):\n    pass",
    "import bnlib\nclass Base(bnlib.Stats):\n    pass\nclass answer(Base):\n    pass",
    "from bnlib import Stats\nclass answer(Stats):\n    pass",
    "import bnlib\nclass Helper:\n    def f(self, x):\n        return bnlib.batch_norm(x)\n"
    "def answer(x):\n    return Helper().f(x)",
    "import bnlib\nclass Helper:\n    def __call__(self, x):\n        return bnlib.batch_norm(x)\n"
    "helper = Helper()\ndef answer(x):\n    return helper(x)",
    "import bnlib\nclass Helper:\n    def __call__(self, x):\n        return bnlib.batch_norm(x)\n"
    "answer = Helper()",
    "import bnlib\nclass Helper:\n    def f(self, x):\n        return bnlib.batch_norm(x)\n"
    "answer = Helper().f",
    "import bnlib\nclass answer:\n    def __init__(self):\n        class Inner:\n"
    "            def f(self, x):\n                return bnlib.batch_norm(x)\n"
    "        self.inner = Inner()",
    "from sklearn.decomposition import PCA\npca = PCA()\ndef answer(x):\n    return pca.fit(x)",
    "from scipy import stats\nclass answer:\n    bn = 3\n    def f(self, bn):\n"
    "        return stats.zscore(bn)",
    "import bnlib\nclass answer:\n    bnlib = 3\n    def f(self, x):\n        return bnlib.norms",
    "import bnlib\nclass answer:\n    def f(self, x):\n        return super().f(bnlib.norms)",
    # literals that the live check finds because they have run
    "import importlib\nb = importlib.import_module('bnlib')\ndef answer(x):\n    return b.norms",
    "b = __import__('bnlib')\ndef answer(x):\n    return b.batch_norm(x)",
    "import bnlib, sys\nb = sys.modules['bn' + 'lib']\ndef answer(x):\n    return b.batch_norm(x)",
    "import bnlib\nbn = getattr(bnlib, 'batch' '_norm')\ndef answer(x):\n    return bn(x)",
    "import bnlib\nbn = vars(bnlib)[f'batch{\"_norm\"}']\ndef answer(x):\n    return bn(x)",
    "import bnlib\nbn = bnlib.__dict__['batch_norm']\ndef answer(x):\n    return bn(x)",
    "import bnlib\nglobals()['bn'] = bnlib.batch_norm\ndef answer(x):\n    return bn(x)",
    "exec('import bnlib as b')\ndef answer(x):\n    return b.batch_norm(x)",
    "import bnlib\nbn = eval('bnlib.batch_norm')\ndef answer(x):\n    return bn(x)",
]

HONEST = [
    # Names of others: an attribute's, and a local one of the function around.
    "import bnlib\ndef fit(x):\n    return bnlib.batch_norm(x)\nclass answer:\n"
    "    def fit(self, x):\n        return self.fit(x)",
    "import bnlib\ndef answer(x):\n    def inner(y):\n        return bnlib.batch_norm(y)\n"
    "    bnlib = x\n    return inner",
    # tests/checks/test_borrowed.py
    "import numpy as np\ndef answer(x):\n    return np.sqrt(x)",
    "def batch_norm(x):\n    return x\ndef answer(x):\n    return batch_norm(x)",
    "torch = 3\ndef answer(x):\n    return torch * x",
    "from bnlib.cache import Cache\ndef answer(x):\n    return Cache(x, x, x, x, x)",
    # what is there, but not used
    "import bnlib\ndef answer(x):\n    return x",
    "import bnlib\ny = bnlib.batch_norm\ndef answer(x):\n    return x",
    "import bnlib\ndef other(x):\n    return bnlib.batch_norm(x)\ndef answer(x):\n    return x",
    "import bnlib\ndef answer(x):\n    'as bnlib.batch_norm does'\n    return x",
    "import bnlib\ndef answer(x: bnlib.Stats) -> bnlib.Cache:\n    return x",
    "import bnlib\nclass answer:\n    kind: bnlib.Stats = 3",
    # what is allowed
    "import bnlib\ndef answer(x):\n    return bnlib.Cache(x, x, x, x, x)",
    "from bnlib import Cache as C\ndef answer(x):\n    return C(x, x, x, x, x)",
    "import bnlib.cache as c\ndef answer(x):\n    return c.Cache(x, x, x, x, x)",
    "def answer(x):\n    from bnlib.cache import Cache\n    return Cache(x, x, x, x, x)",
    "from bnlib import check\ndef answer(x):\n    check(answer)",
    "from bnlib.checks import if_attempted\ndef answer(x):\n    with if_attempted():\n"
    "        return x",
    "from bnlib.cache import *\nfrom numpy import *\ndef answer(x):\n    return Cache(sqrt(x))",
    # names that are the student's own
    "import bnlib\ndef answer(bnlib):\n    return bnlib.batch_norm(3)",
    "import bnlib\ndef answer(x):\n    bnlib = x\n    return bnlib.batch_norm(3)",
    "import bnlib\ndef answer(x):\n    for bnlib in x:\n        bnlib.batch_norm(3)",
    "import bnlib\ndef answer(x):\n    with open(x) as bnlib:\n        bnlib.batch_norm(3)",
    "import bnlib\ndef answer(x):\n    return lambda bnlib: bnlib.batch_norm(3)",
    "import bnlib\ndef answer(x):\n    return [bnlib.batch_norm for bnlib in x]",
    "import bnlib\ndef answer(x):\n    def inner(*bnlib, **torch):\n        return bnlib.f\n"
    "    return inner",
    "import bnlib\ndef answer(x):\n    try:\n        return x\n    except ValueError as bnlib:\n"
    "        return bnlib.args",
    "import bnlib\ndef answer(x):\n    match x:\n        case [bnlib, *_]:\n"
    "            return bnlib.args",
    "from bnlib import batch_norm\n----\ndef batch_norm(x):\n    return x\n----\n"
    "def answer(x):\n    return batch_norm(x)",
    "def answer(x):\n    return batch_norm(x)\n----\nfrom bnlib import batch_norm\n----\n"
    "def batch_norm(x):\n    return x",
    "import bnlib\ndef answer(x):\n    return bnlib.batch_norm(x)\n----\n"
    "def answer(x):\n    return x",
    "import bnlib\nbnlib = 3\ndef answer(x):\n    return bnlib + x",
    "import bnlib\ndel bnlib\ndef answer(x):\n    return bnlib + x",
    "if False:\n    import bnlib as f\nelse:\n    f = 3\ndef answer(x):\n    return f + x",
    "class answer:\n    def batch_norm(self, x):\n        return self.batch_norm(x)",
    "from bnlib.norms import batch_norm\nclass answer:\n    def batch_norm(self, x):\n"
    "        return x\n    def f(self, x):\n        return x",
    # data
    "import bnlib\nn = len(bnlib.__all__)\ndef answer(x):\n    return n + x",
    "from bnlib.figures.style import COLOURS\ndef answer(x):\n    return COLOURS[0]",
    "from bnlib.data import digits\ntrain, test = digits()[:2]\ndef answer(x):\n    return train",
    "import numpy as np\nfrom scipy import stats\nz = stats.zscore(np.ones(3) + [1, 2, 3])\n"
    "def answer(x):\n    return z",
    "import numpy as np\nimport torch\nt = torch.ones(3).numpy()\ndef answer(x):\n    return t",
    "import torch\nG = torch.cuda.is_available()\ndef answer(x):\n    return G",
    "import torch\ndef answer(x, eps=torch.finfo(torch.float32).eps):\n    return x + eps",
    "import bnlib\ndef load():\n    return len(bnlib.__all__)\nn = load()\n"
    "def answer(x):\n    return n",
    # stubs
    "def answer(x):\n    raise NotImplementedError('the mean first')",
    "import bnlib\nwith bnlib.checks.if_attempted():\n    y = bnlib.batch_norm\n"
    "def answer(x):\n    return x",
    "import functools\nimport numpy as np\n@functools.lru_cache(maxsize=None)\ndef answer(x):\n"
    "    return np.sqrt(x)",
    "import functools\nimport bnlib\ndef wrap(f):\n    @functools.wraps(f)\n    def g(x):\n"
    "        return f(x)\n    return g\n@wrap\ndef answer(x):\n    return x",
    "a = 3\nb = a\na = b\ndef answer(x):\n    return a(b)",
    "def answer(x):\n    return answer(x - 1)",
    "import math\nclass answer(list):\n    def f(self):\n        return super().sort(key=math.sin)",
]


@pytest.mark.parametrize("source", BORROWED)
def test_a_borrowed_answer_is_found_as_live(source):
    assert by_objects(source, exercise())
    assert by_tree(source, exercise())


@pytest.mark.parametrize("source", HONEST)
def test_honest_code_is_not_accused_as_live(source):
    assert by_objects(source, exercise()) == ()
    assert by_tree(source, exercise()) == ()


# Shortcuts that the live check does not see: attributes of an object, and names that the code puts
# together while it runs.
ONLY_BY_TREE = [
    "import types, bnlib\nh = types.SimpleNamespace()\nh.bn = bnlib.batch_norm\ndef answer(x):\n"
    "    return h.bn(x)",
    "def answer(x):\n    return __import__('bnlib').batch_norm(x)",
    "import importlib\ndef answer(x):\n    return importlib.import_module('bnlib.norms').x",
    "from importlib import import_module as load\ndef answer(x):\n    return load('bnlib').x",
    "import sys\ndef answer(x):\n    return sys.modules['bn' + 'lib'].batch_norm(x)",
    "import sys\ndef answer(x):\n    return sys.modules.get(''.join(['bn', 'lib'])).norms",
    "def answer(x):\n    return eval('__import__(\"bnlib\").batch_norm(x)')",
    "def answer(x):\n    exec('import bnlib\\nbnlib.batch_norm(x)')",
    "import bnlib as b\ndef answer(x):\n    return globals()['b'].batch_norm(x)",
    "import bnlib as b\ndef answer(x):\n    return globals().get('b').batch_norm(x)",
    "import builtins\ndef answer(x):\n    return builtins.__import__('bnlib').batch_norm(x)",
]

# Code that the live check takes for another, by an annotation.
ONLY_LIVE = [
    "import bnlib\ndef answer(x):\n    def inner(y: bnlib.Stats):\n        return y\n"
    "    return inner",
]


@pytest.mark.parametrize("source", ONLY_BY_TREE)
def test_what_only_the_trees_show(source):
    assert by_tree(source, exercise())


@pytest.mark.parametrize("source", ONLY_LIVE)
def test_what_the_live_check_takes_for_another(source):
    assert by_objects(source, exercise())
    assert by_tree(source, exercise()) == ()


def test_names_are_those_of_the_live_check():
    for source in BORROWED[:7]:
        assert by_tree(source, exercise())[0].endswith("batch_norm") or "import" in source
    source = "import bnlib as q\ndef answer(x):\n    return q.norms.batch_norm(q.fold_conv(x))"
    assert set(by_tree(source, exercise())) == set(by_objects(source, exercise()))


def test_functions_of_other_exercises_are_left_out():
    source = (
        "import bnlib\ndef earlier(x):\n    return bnlib.batch_norm(x)\n"
        "def answer(x):\n    return earlier(x)"
    )
    assert by_tree(source, exercise()) == by_objects(source, exercise()) != ()
    assert by_tree(source, exercise(uses=("earlier",))) == ()
    # A library function under an earlier exercise's name is no function of the student.
    source = "from bnlib import batch_norm as earlier\ndef answer(x):\n    return earlier(x)"
    assert by_objects(source, exercise(uses=("earlier",)))
    assert by_tree(source, exercise(uses=("earlier",)))


def test_an_answer_that_is_not_there_is_not_borrowed():
    assert Names([]).borrowed(exercise()) == ()
    assert Names([None, ast.parse("x = 3"), None]).borrowed(exercise()) == ()


def cells(path):
    notebook = json.loads(path.read_text())
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


@pytest.mark.parametrize("folder", ["solutions", "exercises"])
@pytest.mark.parametrize("notebook", sorted({e.notebook for e in registry.exercises()}))
def test_no_solution_and_no_stub_is_borrowed(folder, notebook):
    names = Names([ast.parse(cell) for cell in cells(ROOT / folder / f"{notebook}.ipynb")])
    judged = [e for e in registry.exercises() if e.notebook == notebook]
    assert judged
    assert {e.name: names.borrowed(e) for e in judged} == {e.name: () for e in judged}
    assert {e.name for e in judged} <= set(names.defined())
    assert names.flags == ()


def as_handed_in(functions):
    """Functions of one module as a student would write them: below an import, with helpers."""
    module = ast.parse(inspect.getsource(sys.modules[functions[0].__module__]))
    written = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    for node in written:
        node.decorator_list = []
    # The module's own imports are of the library; a notebook has NumPy and the caches.
    first = ast.parse("import numpy as np\nfrom bnlib.cache import Cache")
    return Names([first, ast.Module(written, [])])


def test_known_mistakes_and_alternatives_are_honest():
    plain = {}
    for of in registry.exercises():
        for function in [m.function for m in of.mistakes] + of.alternatives:
            if inspect.isfunction(function) and function.__qualname__.isidentifier():
                plain.setdefault(function.__module__, []).append((of, function))
    judged = 0
    for pairs in plain.values():
        names = as_handed_in([function for _, function in pairs])
        for of, function in pairs:
            answer = exercise(function.__name__, of.forbidden, of.allowed, of.uses)
            judged += function.__name__ in names.defined()
            assert names.borrowed(answer) == (), function
    assert judged > 300


def test_imports_are_noted_wherever_they_stand():
    source = (
        "import numpy as np, os.path\nfrom scipy.stats import zscore\nif False:\n"
        "    import torch\ndef f():\n    import json\n    class A:\n        from re import sub\n"
        "from . import x\nfrom .a import y\nimport importlib\n"
        "importlib.import_module('abc' + '.x')\n__import__('xml')\nexec('import csv')\n"
        "try:\n    pass\nexcept ValueError:\n    import heapq"
    )
    assert Names([ast.parse(source)]).imported() == {
        *("numpy", "os", "scipy", "torch", "json", "re", "importlib", "abc", "xml", "csv"),
        "heapq",
    }


def test_what_was_loaded_and_not_said():
    hidden = functools.partial(hidden_imports, notebook="04_algorithm")
    assert hidden(frozenset({"numpy"}), ["numpy", "json"]) == ()
    assert hidden(frozenset({"numpy"}), ["scipy.stats", "torch"]) == ("scipy", "torch")
    assert hidden(frozenset({"scipy"}), ["scipy.stats"]) == ()
    # seaborn loads SciPy for itself, not torch.
    assert hidden(frozenset({"seaborn"}), ["scipy", "torch"]) == ("torch",)
    assert hidden(frozenset(), ["numpy.linalg", None, 3]) == ()


def test_what_the_cells_define():
    trees = [
        ast.parse("import numpy as np\nfrom torch import nn\ndef a():\n    b = 3"),
        None,
        ast.parse("class C:\n    d = 3\nx, (y, *z) = 1, (2, 3)\nif x:\n    w = (v := 3)"),
        ast.parse("a = 4\nfor i in x:\n    j: int = i\nk: int\ndel y\nglobals()['m'] = 3"),
    ]
    assert defined(trees) == {
        **{"a": 4, "C": 3, "x": 3, "z": 3, "w": 3, "v": 3},
        **{"i": 4, "j": 4, "m": 4},
    }


def test_names_hold_no_more_than_names():
    source = "import bnlib\ndef answer(x):\n    return vars(bnlib)['<script>'] + bnlib.%s"
    found = by_tree(source % ("a" * 10_000), exercise())
    assert all(name.replace(".", "").isidentifier() and len(name) <= 200 for name in found)
    many = "".join(f"    bnlib.f{i}\n" for i in range(1000))
    assert len(by_tree(f"import bnlib\ndef answer(x):\n{many}", exercise())) == 50


def test_a_cell_that_many_hand_in_is_read_once(monkeypatch):
    """Its facts stay with its tree; what is done with them for one student stays with that one."""
    read = []
    real = names.facts_of
    monkeypatch.setattr(names, "facts_of", lambda tree: read.append(tree) or real(tree))
    shared = ast.parse("def answer(x, g=op):\n    return g(x)")
    borrows, honest = ast.parse("import bnlib\nop = bnlib.batch_norm"), ast.parse("op = len")
    for _ in range(2):
        assert Names([borrows, shared]).borrowed(exercise())
        assert Names([honest, shared]).borrowed(exercise()) == ()
    assert read == [borrows, shared, honest]
