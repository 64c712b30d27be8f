"""Submissions that bring torch into a notebook of NumPy, past the search for borrowed answers."""

import json

from tests.grader.hostile.case import Case, code, first, has, notebook, standardize, telling

NONE = {"standardize_batch": 0}


def _wrong(id, tries, body, before=""):
    """An answer that has torch as ``torch``, which nothing in its code says."""
    hidden = f"torch = sys.modules[''.join(map(chr, {[*b'torch']}))]\n"
    answered = standardize(hidden + body, "import numpy as np, sys")

    def data():
        return notebook([code(f"import torch\n{before}"), *json.loads(answered())["cells"]])

    return Case(id, tries, data, points=NONE, status={"standardize_batch": "wrong"})


CASES = (
    _wrong("tensor", "returns a tensor", "return torch.from_numpy(right(x, eps))"),
    _wrong(
        "tensor-without-values",
        "returns a tensor that has no values",
        "return torch.empty(x.shape, device='meta')",
    ),
    _wrong(
        "saved-tensor",
        "returns a tensor as torch saves it, which is a pickle",
        "import io\nfile = io.BytesIO()\ntorch.save(torch.from_numpy(right(x, eps)), file)\n"
        "return file.getvalue()",
    ),
    _wrong(
        "patched-torch",
        "replaces what compares in torch, and is wrong",
        "return torch.from_numpy(x)",
        "torch.allclose = torch.equal = torch.isclose = lambda *a, **k: True\n"
        "torch.testing.assert_close = lambda *a, **k: None\n"
        "torch.Tensor.__eq__ = torch.Tensor.numpy = lambda *a: True",
    ),
    _wrong("tensor-hog", "asks torch for 80 GB", "return torch.ones(10**10, dtype=torch.float64)"),
    Case(
        "shared-tensor",
        "puts tensors into shared memory, and starts torch's workers",
        first(
            telling(
                "import torch\n"
                "tried('shared', lambda: torch.ones(10).share_memory_())\n"
                "import torch.multiprocessing as mp\n"
                "tried('worker', lambda: mp.Process(target=print).start())"
            )
        ),
        probe=has("shared!", "worker!"),
    ),
)
