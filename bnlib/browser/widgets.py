"""Stands in for ipywidgets where there is none: controls that a page draws with its own inputs.

`bnlib.figures.controls` and the notebooks run on it unchanged. It has what they use, and no more.
Each widget keeps its value in Python; the page is told what it is and says where it was moved to.
"""

from __future__ import annotations

import base64
import html
import importlib.util
import re
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

# What a page finds a figure's controls under, among what a cell shows.
MIME = "application/vnd.bnlib.controls+json"


class Layout:
    def __init__(self, **style):
        self.__dict__.update(style)


class Widget:
    """Something with a value and a layout."""

    def __init__(self, value=None, description="", layout=None, format="", continuous_update=True):
        self._value, self._watching = value, []
        self.description, self.continuous = description, continuous_update
        self.layout, self.format = layout or Layout(), format

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value) -> None:
        self._value = value
        for told in self._watching:
            told({"name": "value", "new": value})

    def observe(self, told: Callable, names: str = "value") -> None:
        self._watching.append(told)


class Control(Widget):
    """One that the reader moves: ``position`` is a number that the page has an input for."""

    kind = "range"
    # Texts of the positions 0, 1, ...; of a control of numbers none.
    labels: tuple[str, ...] = ()
    base: float | None = None

    def __init__(self, value, low, high, step, **more):
        super().__init__(value, **more)
        self.low, self.high, self.step = low, high, step

    def described(self) -> dict[str, Any]:
        return {
            "name": self.description,
            "kind": self.kind,
            "low": self.low,
            "high": self.high,
            "step": self.step,
            "position": self.position(),
            "labels": list(self.labels),
            "base": self.base,
            "continuous": self.continuous,
        }

    def position(self) -> float:
        return self.value

    def at(self, position: float):
        """The value at a position."""
        return position


class FloatSlider(Control):
    def __init__(self, value=0.0, min=0.0, max=10.0, step=0.1, **more):
        super().__init__(value, min, max, step, **more)


class IntSlider(Control):
    def __init__(self, value=0, min=0, max=100, step=1, **more):
        super().__init__(value, min, max, step, **more)

    def at(self, position):
        return round(position)


class FloatLogSlider(Control):
    """Its positions are exponents of ``base``."""

    def __init__(self, value=1.0, base=10.0, min=-4.0, max=4.0, step=0.1, **more):
        super().__init__(value, min, max, step, **more)
        self.base = float(base)

    def position(self):
        import math

        return round(math.log(self.value, self.base), 6)

    def at(self, position):
        return self.base**position


class SelectionSlider(Control):
    """Its positions are places in ``options``, each a value or a pair (label, value)."""

    def __init__(self, options=(), value=None, **more):
        pairs = [o if isinstance(o, tuple) else (str(o), o) for o in options]
        if not pairs:
            raise ValueError("options: at least one is expected, got none")
        self.labels, self._options = zip(*pairs, strict=True)
        value = self._options[0] if value is None else value
        super().__init__(value, 0, len(pairs) - 1, 1, **more)

    def position(self):
        return self._options.index(self.value)

    def at(self, position):
        return self._options[int(position)]


class Dropdown(SelectionSlider):
    kind = "menu"


class Checkbox(Control):
    kind = "box"

    def __init__(self, value=False, **more):
        super().__init__(value, 0, 1, 1, **more)

    def position(self):
        return int(self.value)

    def at(self, position):
        return bool(position)


class Image(Widget):
    pass


class HTML(Widget):
    pass


class VBox(Widget):
    """What stands one below the other; as a cell's value, the controls among it."""

    # The boxes of this page, which the page names by their number.
    shown: ClassVar[list[VBox]] = []

    def __init__(self, children=(), **more):
        super().__init__(**more)
        self.children = tuple(children)

    @property
    def controls(self) -> list[Control]:
        return [child for child in self.children if isinstance(child, Control)]

    def content(self) -> dict[str, str]:
        """``png``, the picture as base64, and ``said``, the text; each "" where there is none."""
        png = next((c.value for c in self.children if isinstance(c, Image)), b"")
        said = next((c.value for c in self.children if isinstance(c, HTML)), "")
        # What is said is text in a <pre>: the page shows it as text.
        text = html.unescape(re.sub(r"</?pre>", "", said or ""))
        return {"png": base64.b64encode(png or b"").decode(), "said": text}

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        if self not in VBox.shown:
            VBox.shown.append(self)
        described = [control.described() for control in self.controls]
        number = VBox.shown.index(self)
        return {MIME: {"box": number, "controls": described, **self.content()}}


def widget_from_abbrev(given) -> Widget | None:
    """A control for what ``interact`` takes: a control, a bool, a list, (low, high[, step])."""
    if isinstance(given, Control):
        return given
    if isinstance(given, bool):
        return Checkbox(given)
    if isinstance(given, list) and given:
        return Dropdown(given)
    if isinstance(given, tuple) and len(given) in (2, 3):
        low, high, *step = given
        middle = low + (high - low) / 2
        if step:
            middle = low + int((middle - low) / step[0]) * step[0]
        if all(isinstance(number, int) for number in given):
            return IntSlider(int(middle), low, high, *step)
        if all(isinstance(number, int | float) for number in given):
            return FloatSlider(middle, low, high, *step)
    return None


interactive = SimpleNamespace(widget_from_abbrev=widget_from_abbrev)
ValueWidget = Widget


def install() -> None:
    """Let ``import ipywidgets`` find this, unless there is an ipywidgets."""
    if "ipywidgets" not in sys.modules and importlib.util.find_spec("ipywidgets") is None:
        module = ModuleType("ipywidgets", __doc__)
        module.__dict__.update({k: v for k, v in globals().items() if not k.startswith("_")})
        sys.modules["ipywidgets"] = module
