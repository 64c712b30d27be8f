"""What a submission's process loaded although its code does not say so."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from bnlib.checks import registry

# Packages that load a forbidden one for their own use.
BRINGS = {
    "scipy": frozenset(
        ["jax", "lightgbm", "networkx", "seaborn", "skimage", "sklearn", "statsmodels", "xgboost"]
    ),
    "sklearn": frozenset(["imblearn", "lightgbm", "umap", "xgboost"]),
    "torch": frozenset(
        [
            "accelerate",
            "diffusers",
            "fastai",
            "functorch",
            "lightning",
            "pytorch_lightning",
            "timm",
            "torchaudio",
            "torchvision",
            "transformers",
        ]
    ),
}


def hidden_imports(said: frozenset[str], loaded: Iterable[str], notebook: str) -> tuple[str, ...]:
    """Forbidden packages that were loaded although no import of them stands in the code.

    Args:
        said: `Names.imported()`. loaded: names of modules that the child says it loaded, over
            and above those that were there before its first cell. It is not trusted: what comes
            back is a matter for the instructor's eye and costs no points. notebook: whose exercises
            forbid.

    Returns:
        Top-level packages, sorted. One that an imported package brings along is not among them.
    """
    tops = {name.partition(".")[0] for name in loaded if isinstance(name, str)}
    hidden = (tops & _forbidden_packages(notebook)) - said
    return tuple(sorted(p for p in hidden if not BRINGS.get(p, frozenset()) & said))


@functools.cache
def _forbidden_packages(notebook: str) -> frozenset[str]:
    """Packages that some exercise of a notebook forbids as a whole."""
    forbidden = (name for e in registry.of(notebook) for name in e.forbidden)
    return frozenset(name for name in forbidden if "." not in name)
