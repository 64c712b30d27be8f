"""A chapter as its tests see it: its text, its cells, and what these define when they run."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "book"
_CELL = re.compile(r"^(`{3,})\{code-cell\} ipython3\n(.*?)\n\1$", re.S | re.M)
# A block of YAML, or lines of the form ":tags: [remove-cell]".
_OPTIONS = re.compile(r"\A(---\n.*?\n---\n|(:[\w-]+:[^\n]*\n)+\n?)", re.S)


@dataclass(frozen=True)
class Cell:
    """A code cell: the options above its code, and the code."""

    options: str
    code: str

    @property
    def hidden(self) -> bool:
        return "remove-cell" in self.options or "remove-input" in self.options


@dataclass(frozen=True)
class Run:
    """What the cells of a chapter left behind.

    names: those that they define. numbers: those kept for the prose. claims: number -> findings.
    """

    names: types.SimpleNamespace
    numbers: dict[str, float]
    claims: dict[int, list[dict]]


@dataclass(frozen=True)
class Page:
    """A chapter by the name of its file, without its ending."""

    name: str

    @cached_property
    def text(self) -> str:
        return (BOOK / f"{self.name}.md").read_text(encoding="utf-8")

    @cached_property
    def cells(self) -> list[Cell]:
        found = []
        for _, source in _CELL.findall(self.text):
            options = _OPTIONS.match(source)
            end = options.end() if options else 0
            found.append(Cell(source[:end], source[end:]))
        return found

    @contextlib.contextmanager
    def ran(self, *stubs: tuple[object, str, object]) -> Iterator[Run]:
        """The chapter after all its cells have run but that of its quiz.

        stubs: (object, attribute, value), set while they run: for what takes long.
        """
        np = pytest.importorskip("numpy")
        pytest.importorskip("torch")
        pytest.importorskip("matplotlib").use("Agg")
        glued = {}
        stub = types.ModuleType("myst_nb")
        stub.glue = lambda name, value, display=True: glued.update({name: value})
        # A NamedTuple looks its module up by name.
        module = types.ModuleType(f"chapter_{self.name}")
        options = np.get_printoptions()
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, "myst_nb", stub)
            patch.setitem(sys.modules, module.__name__, module)
            for place in stubs:
                patch.setattr(*place)
            try:
                for number, cell in enumerate(self.cells, start=1):
                    if "import quiz" not in cell.code:
                        code = compile(cell.code, f"{self.name}, cell {number}", "exec")
                        exec(code, module.__dict__)
            finally:
                np.set_printoptions(**options)
            claims = {
                int(name.removeprefix("claim-")): json.loads(value)["findings"]
                for name, value in glued.items()
                if name.startswith("claim-")
            }
            numbers = {k: v for k, v in glued.items() if not k.startswith("claim-")}
            yield Run(types.SimpleNamespace(**module.__dict__), numbers, claims)
