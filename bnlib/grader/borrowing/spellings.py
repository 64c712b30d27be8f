"""The paths under which the forbidden functions of the libraries are known.

The live check asks the objects themselves; here a table says which paths lead to one object.
It holds what the forbidden names of the exercises need, and a test holds it against the
libraries as they are installed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

# What stands under the first path is, name by name, what stands under the second.
SAME = {
    "functorch": "torch.func",  # its older name: functions of the same names around the same
    "numpy.lib._polynomial_impl": "numpy.linalg",
    "numpy.linalg._linalg": "numpy.linalg",
    "numpy.linalg.linalg": "numpy.linalg",
    "torch._C._VariableFunctions": "torch",
    "torch._VF": "torch",
    "torch._functorch.apis": "torch.func",
    "torch._functorch.eager_transforms": "torch.func",
    "torch._functorch.functional_call": "torch.func",
    "torch._ops.ops": "torch.ops",
    "torch.ao.nn.intrinsic.modules.fused": "torch.nn",
    "torch.autograd.enable_grad": "torch.enable_grad",
    "torch.autograd.grad_mode.enable_grad": "torch.enable_grad",
    "torch.nn.modules": "torch.nn",
    "torch.nn.modules.batchnorm": "torch.nn",
    "torch.nn.modules.instancenorm": "torch.nn",
    "torch.nn.modules.normalization": "torch.nn",
    "torch.nn.modules.transformer": "torch.nn",
}

# Modules that other modules of torch hold under these names: `torch.nn.modules.conv.F`.
WITHIN_TORCH = {"F": "torch.nn.functional", "torch": "torch", "_C": "torch._C", "_VF": "torch"}

_SAME = {tuple(path.split(".")): tuple(other.split(".")) for path, other in SAME.items()}
_LONGEST = max(map(len, _SAME))


def spellings(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A dotted path, taken apart, and the other paths to the same object."""
    yield path
    if path[0] == "torch":
        for i in range(len(path) - 1, 1, -1):
            if path[i] in WITHIN_TORCH:
                path = (*WITHIN_TORCH[path[i]].split("."), *path[i + 1 :])
                yield path
                break
    for length in range(min(_LONGEST, len(path)), 0, -1):
        other = _SAME.get(path[:length])
        if other:
            yield (*other, *path[length:])


def forbidden_name(
    path: tuple[str, ...], forbidden: frozenset[str], allowed: frozenset[str]
) -> str | None:
    """The dotted name by which the object is forbidden and not excepted, or None."""
    for spelling in spellings(path):
        if _within(spelling, forbidden) and not _within(spelling, allowed):
            # A literal in the code may hold anything; what is shown is a name.
            return ".".join(itertools.takewhile(str.isidentifier, spelling))
    return None


def _within(path: tuple[str, ...], dotted: frozenset[str]) -> bool:
    prefix = path[0]
    if prefix in dotted:
        return True
    for part in path[1:]:
        prefix = f"{prefix}.{part}"
        if prefix in dotted:
            return True
    return False
