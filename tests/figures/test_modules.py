"""No module of figures is forgotten."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

pytest.importorskip("matplotlib").use("Agg")

import bnlib.figures  # noqa: E402
from tests.figures.readable import functions  # noqa: E402


def test_every_module_with_figures_has_them_tried():
    tried = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        source = path.read_text(encoding="utf-8")
        if "(Readable)" in source:
            for names in re.findall(r"^from bnlib\.figures import (.*?)(?:  #|$)", source, re.M):
                tried |= {name.split(" as ")[0] for name in names.split(", ")}
    modules = [module.name for module in pkgutil.iter_modules(bnlib.figures.__path__)]
    drawing = {m for m in modules if functions(importlib.import_module(f"bnlib.figures.{m}"))}
    assert drawing - tried == set()
    assert len(drawing) > 10
