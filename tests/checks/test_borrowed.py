"""What the course asks a student to write may not be borrowed; honest code is never accused."""

import numpy as np
import pytest

from bnlib.checks import run
from bnlib.checks.borrowed import borrowed_names

FORBIDDEN = ("bnlib", "torch")


def made(source, name="answer"):
    space = {"__name__": "a_notebook"}
    exec(source, space)
    return space[name]


@pytest.mark.parametrize(
    "source",
    [
        "import bnlib\ndef answer(x, g, b, e):\n    return bnlib.batch_norm(x, g, b, e)",
        "import bnlib as q\ndef answer(x, g, b, e):\n    return q.batch_norm(x, g, b, e)",
        "from bnlib import batch_norm as f\ndef answer(*a):\n    return f(*a)",
        "def answer(*a):\n    import bnlib\n    return bnlib.batch_norm(*a)",
        "def answer(*a):\n    from bnlib.norms import batch_norm\n    return batch_norm(*a)",
        "import bnlib\ndef helper(*a):\n    return bnlib.batch_norm(*a)\n"
        "def answer(*a):\n    return helper(*a)",
        "import bnlib\ndef answer(*a):\n    def inner():\n        return bnlib.batch_norm(*a)\n"
        "    return inner()",
    ],
)
def test_a_borrowed_answer_is_found(source):
    answer = made(source)
    assert borrowed_names(answer, FORBIDDEN)
    report = run("batchnorm_forward", answer)
    assert report.status == "borrowed"
    assert report.points == 0
    assert {r.mistake for r in report.results} == {"borrowed"}


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\ndef answer(x):\n    return np.sqrt(x)",
        "def batch_norm(x):\n    return x\ndef answer(x):\n    return batch_norm(x)",
        "torch = 3\ndef answer(x):\n    return torch * x",
        "from bnlib.cache import Cache\ndef answer(x):\n    return Cache(x, x, x, x, x)",
    ],
)
def test_honest_code_is_not_accused(source):
    assert borrowed_names(made(source), FORBIDDEN, ("bnlib.cache",)) == ()


def test_torch_by_other_names():
    pytest.importorskip("torch")
    forbidden = ("torch.nn", "torch.autograd.grad")
    by = "def answer(x):\n    return {}"
    assert borrowed_names(
        made("import torch.nn.functional as F\n" + by.format("F.batch_norm(x)")), forbidden
    )
    assert borrowed_names(
        made("import torch\n" + by.format("torch.nn.functional.batch_norm(x)")), forbidden
    )
    assert borrowed_names(
        made("from torch.autograd import grad\n" + by.format("grad(x)")), forbidden
    )
    honest = made(
        "import torch\nclass answer(torch.autograd.Function):\n    @staticmethod\n"
        "    def forward(ctx, x):\n        return torch.sqrt(x)"
    )
    assert borrowed_names(honest, forbidden) == ()
    assert np is not None
