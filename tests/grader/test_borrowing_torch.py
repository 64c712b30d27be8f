"""Exercises that forbid particular names: every path to one of them is known."""

import ast
import contextlib
import inspect
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from bnlib.checks import registry
from bnlib.checks.borrowed import borrowed_names
from bnlib.grader.borrowing import Names
from bnlib.grader.borrowing.spellings import SAME, forbidden_name, spellings

torch = pytest.importorskip("torch")
pytest.importorskip("torch.ao.nn.intrinsic.modules.fused")

FUNCTION = registry.lookup("BatchNormFunction")
LAYER = registry.lookup("BatchNorm1d")
WHITEN = registry.lookup("newton_whiten")
TRAIN = registry.lookup("train_mlp")
FORBIDDEN = sorted({name for e in registry.exercises() for name in e.forbidden if "." in name})


def verdicts(source, of):
    """The names by the trees, and by the live objects."""
    space = {"__name__": "a_notebook"}
    exec(source, space)
    live = borrowed_names(space[of.name], of.forbidden, of.allowed, of.uses)
    return Names([ast.parse(source)]).borrowed(of), live


def function(line, before=""):
    return (
        f"import torch\nfrom torch import nn\nimport torch.nn.functional as F\n{before}\n"
        "class BatchNormFunction(torch.autograd.Function):\n    @staticmethod\n"
        f"    def forward(ctx, x, g, b, eps):\n        return {line}\n"
    )


def layer(line, before="", base="nn.Module"):
    return (
        f"import torch\nfrom torch import nn\nimport torch.nn.functional as F\n{before}\n"
        f"class BatchNorm1d({base}):\n    def __init__(self, n):\n        super().__init__()\n"
        f"        self.g = nn.Parameter(torch.ones(n))\n"
        f"    def forward(self, x):\n        return {line}\n"
    )


@pytest.mark.parametrize(
    ("of", "source"),
    [
        (FUNCTION, function("F.batch_norm(x, None, None)")),
        (FUNCTION, function("torch.batch_norm(x)")),
        (FUNCTION, function("torch.native_batch_norm(x)")),
        (FUNCTION, function("nn.BatchNorm1d(3)(x)")),
        (FUNCTION, function("bn(x)", "bn = torch.nn.functional.batch_norm")),
        (FUNCTION, function("bn(x)", "bn = nn.BatchNorm1d(3)")),
        (FUNCTION, function("bn(x)", "from torch import batch_norm as bn")),
        (FUNCTION, function("torch.autograd.grad(x, g)")),
        (FUNCTION, function("grad(x, g)", "from torch.autograd import grad")),
        (FUNCTION, function("torch.autograd.backward(x)")),
        (FUNCTION, function("torch.func.vjp(x)")),
        (FUNCTION, function("grad(x)", "from torch.func import grad")),
        (FUNCTION, function("vjp(x)", "from torch.autograd.functional import vjp")),
        (FUNCTION, function("[x for _ in [torch.enable_grad()]]")),
        (FUNCTION, function("e()", "from torch import enable_grad as e")),
        (FUNCTION, "import torch\nclass BatchNormFunction(torch.nn.Module):\n    pass"),
        (FUNCTION, "from bnlib.modules import *\nimport bnlib\n" + function("bnlib.norms")),
        (LAYER, layer("F.batch_norm(x, None, None)")),
        (LAYER, layer("F.layer_norm(x, None, None)")),
        (LAYER, layer("torch.batch_norm(x)")),
        (LAYER, layer("torch.nn.functional.batch_norm(x)")),
        (LAYER, layer("bn(x)", "from torch.nn.functional import batch_norm as bn")),
        (LAYER, layer("bn(x)", "from torch.nn.modules.batchnorm import BatchNorm1d as bn")),
        (LAYER, layer("bn(x)", "from torch.nn.modules import BatchNorm1d as bn")),
        (LAYER, layer("bn(x)", "bn = nn.GroupNorm(1, 3)")),
        (LAYER, layer("nn.modules.batchnorm._BatchNorm")),
        (LAYER, layer("torch.ops.aten.native_batch_norm(x)")),
        (LAYER, layer("torch._C._nn(x)")),
        (LAYER, layer("x", base="nn.BatchNorm1d")),
        (LAYER, layer("x", base="Base", before="Base = nn.modules.batchnorm._NormBase")),
        (LAYER, layer("x", base="Base", before="class Base(nn.LazyBatchNorm2d):\n    pass")),
        (LAYER, layer("x", base="B", before="from torch.nn import BatchNorm3d as B")),
        (LAYER, "from torch.nn import BatchNorm1d"),
        (WHITEN, "import numpy as np\ndef newton_whiten(x):\n    return np.linalg.eigh(x)"),
        (WHITEN, "import numpy.linalg as la\ndef newton_whiten(x):\n    return la.inv(x)"),
        (WHITEN, "from numpy.linalg import svd\ndef newton_whiten(x):\n    return svd(x)"),
        (WHITEN, "from numpy import linalg\ndef newton_whiten(x):\n    return linalg.pinv(x)"),
        (WHITEN, "from numpy import *\ndef newton_whiten(x):\n    return linalg.solve(x)"),
        (TRAIN, "import bnlib\ndef train_mlp(x):\n    return bnlib.layer_norm(x)"),
        (TRAIN, "from bnlib.modules import *\nimport torch\ndef train_mlp(x):\n    return torch"),
    ],
)
def test_a_forbidden_name_is_found_as_live(of, source):
    tree, live = verdicts(source, of)
    assert tree
    assert live


@pytest.mark.parametrize(
    ("of", "source"),
    [
        (FUNCTION, function("(x - x.mean(0)) / torch.sqrt(x.var(0) + eps)")),
        (FUNCTION, function("ctx.backward(x.batch_norm)", "bn = F.batch_norm")),
        (FUNCTION, function("torch.rsqrt(x)", "with torch.enable_grad():\n    y = 3")),
        (LAYER, layer("F.linear(x, self.g)")),
        (LAYER, layer("nn.Linear(3, 3)(x)", "bn = nn.BatchNorm1d(3)")),
        (LAYER, layer("torch.nn.init.ones_(x)")),
        (LAYER, layer("x.batch_norm")),
        (LAYER, layer("F(x)", "from bnlib import batch_norm as F\nF = torch.sqrt")),
        (WHITEN, "import numpy as np\ndef newton_whiten(x):\n    return np.linalg.norm(x)"),
        (WHITEN, "import numpy as np\ndef newton_whiten(x, inv):\n    return inv(np.trace(x))"),
        (TRAIN, "import bnlib\ndef train_mlp(x):\n    return bnlib.batch_norm(x)"),
        (TRAIN, "from bnlib import batch_norm as f\ndef train_mlp(x):\n    return f(x)"),
        (TRAIN, "from bnlib.norms import batch_norm as f\ndef train_mlp(x):\n    return f(x)"),
        (TRAIN, "from bnlib import norms\ndef train_mlp(x):\n    return norms.batch_norm(x)"),
        (
            TRAIN,
            "from bnlib.statistics import update_running\ndef train_mlp(x):\n"
            "    return update_running(x)",
        ),
    ],
)
def test_what_is_not_forbidden_is_not_accused(of, source):
    assert verdicts(source, of) == ((), ())


def test_functions_judged_elsewhere_are_not_looked_into():
    source = (
        "from torch import nn\nclass BatchNormFunction:\n    def f(self):\n"
        "        return nn.BatchNorm1d\n" + layer("BatchNormFunction.apply(x)")
    )
    assert verdicts(source, LAYER) == ((), ())
    source = source.replace("BatchNormFunction", "Another")
    tree, live = verdicts(source, LAYER)
    assert tree == live == ("torch.nn.BatchNorm1d",)


# The live check misses these: a path that it does not compare, a builtin or a module that does
# not know its name, a local name for a library, an import inside of a function.
ONLY_BY_TREE = [
    (FUNCTION, function("torch.autograd.enable_grad()")),
    (FUNCTION, function("torch._VF.batch_norm(x)")),
    (LAYER, layer("torch.nn.modules.BatchNorm1d(x)")),
    (LAYER, layer("nn.modules.conv.F.batch_norm(x)")),
    (LAYER, layer("[f.batch_norm(x) for f in (F,)]")),
    (
        LAYER,
        layer("g(x)", "def g(x):\n    import torch.nn.functional as q\n    return q.batch_norm(x)"),
    ),
    (
        LAYER,
        layer(
            "g(x)", "def g(x):\n    import torch.nn\n    return torch.nn.functional.batch_norm(x)"
        ),
    ),
    (
        LAYER,
        layer(
            "g(x)", "def g(x):\n    t = torch\n    n = t.nn\n    return n.functional.batch_norm(x)"
        ),
    ),
    (
        LAYER,
        layer(
            "g(x)",
            "def g(x):\n    t = F\n    if x:\n        t = np\n    return t.batch_norm(x)",
        ),
    ),
    (LAYER, layer("getattr(F, 'batch_' + 'norm')(x)")),
    (WHITEN, "import numpy as np\ndef newton_whiten(x):\n    return np.linalg._linalg.eigh(x)"),
]


@pytest.mark.parametrize(("of", "source"), ONLY_BY_TREE)
def test_what_only_the_trees_show(of, source):
    tree, live = verdicts(source, of)
    assert tree
    assert live == ()


def test_a_key_says_which_element_is_used():
    source = layer("OPS['relu'](x)", "OPS = {'bn': F.batch_norm, 'relu': F.relu}")
    assert verdicts(source, LAYER) == ((), ())


# Internal modules that pass others on under short names: nobody gets there by an honest way.
INNER = ("torch._", "torch.ao.", "torch.cuda.", "torch.distributed", "torch.fx.", "torch.utils.")


def test_every_path_to_a_forbidden_object_is_known():
    """The table against the libraries: each path of a loaded module to a forbidden object."""
    objects = {}
    for name in FORBIDDEN:
        module, *rest = name.split(".")
        value = sys.modules[module]
        with contextlib.suppress(AttributeError):
            for part in rest:
                value = getattr(value, part)
            objects[id(value)] = name, value
    paths = {}
    for module in [m for m in sys.modules if m.split(".")[0] in ("torch", "numpy")]:
        for attribute, value in list(vars(sys.modules[module]).items()):
            name, known = objects.get(id(value), (None, None))
            hidden = inspect.ismodule(known) and module.startswith(INNER)
            if known is value and name is not None and not hidden:
                paths[f"{module}.{attribute}"] = name
    assert len(paths) > len(objects)
    forbidden = frozenset(FORBIDDEN)
    missed = [p for p in paths if not forbidden_name(tuple(p.split(".")), forbidden, frozenset())]
    assert [p for p in missed if p.rpartition(".")[2] != "ops"] == []


@pytest.mark.parametrize("path", sorted(SAME))
def test_a_row_of_the_table_leads_to_the_same_object(path):
    def found(dotted):
        module, *rest = dotted.split(".")
        with contextlib.suppress(ImportError):
            __import__(dotted)
        value = sys.modules.get(module)
        for part in rest:
            value = getattr(value, part, None)
        return value

    one, other = found(path), found(SAME[path])
    if path == "functorch":
        return  # functions of its own around those of torch.func
    if one is None:
        assert path == "numpy.linalg.linalg"  # of other versions
        return
    last = [name.rpartition(".")[2] for name in FORBIDDEN]
    last += ["grad", "vjp", "vmap", "functional_call"]
    shared = [n for n in last if hasattr(one, n) and hasattr(other, n)]
    assert one is other or shared
    assert all(getattr(one, name) is getattr(other, name) for name in shared)


def test_no_method_of_a_tensor_does_a_forbidden_function_s_work():
    """So `x.batch_norm` needs no judgement; `x.backward()` and `x.grad` are ordinary use."""
    names = {n.rpartition(".")[2] for n in FORBIDDEN if n.startswith("torch")}
    assert {n for n in names if hasattr(torch.Tensor, n)} == {"backward", "grad"}


def test_spellings_begin_with_the_path_itself():
    assert list(spellings(("numpy", "sqrt"))) == [("numpy", "sqrt")]
    assert np.__name__ == "numpy"


@pytest.mark.parametrize("name", sorted({f for e in registry.exercises() for f in e.forbidden}))
def test_every_forbidden_name_of_every_exercise_is_found(name):
    """As an attribute, as an import of its own, and as getattr; unless the exercise allows it."""
    module, _, last = name.rpartition(".")
    root = name.split(".")[0]
    sources = [
        f"import {module or name}\ndef answer(x):\n    return {name}.thing(x)",
        f"def answer(x):\n    import {name} as t\n    return t",
    ]
    if module:
        sources += [
            f"from {module} import {last} as t\ndef answer(x):\n    return t(x)",
            f"from {module} import *\ndef answer(x):\n    return {last}(x)",
            f"import {module} as m\ndef answer(x):\n    return getattr(m, {last!r})(x)",
            f"import {root} as r\nt = r{name.removeprefix(root)}\nanswer = t",
        ]
    for of in [e for e in registry.exercises() if name in e.forbidden]:
        judged = SimpleNamespace(
            name="answer", forbidden=of.forbidden, allowed=of.allowed, uses=of.uses
        )
        for source in sources:
            assert Names([ast.parse(source)]).borrowed(judged), source
