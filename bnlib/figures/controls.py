"""A figure with controls: where one is moved, the figure is drawn again.

Used in the notebooks of the exercises, where what is drawn is the student's own function.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable

import ipywidgets
from matplotlib.figure import Figure

from bnlib.figures.style import styled

DPI = 100


class Redrawn:
    """A drawing and its controls; as a cell's value it is shown.

    Where a kernel is behind the page the controls work. Elsewhere (a stored notebook, the site)
    the picture of the controls' first values stands in for them.

    Attributes:
        controls: the widgets, by the name of the argument that each sets.
        figure: what was drawn last, or None where it could not be drawn; then ``said`` is why.
    """

    def __init__(self, draw: Callable[..., Figure], controls: dict):
        self._draw = styled(draw)
        self.controls = {name: _widget(name, control) for name, control in controls.items()}
        self.figure: Figure | None = None
        self.said = ""
        # An Image rather than an Output widget, whose content the tools that run notebooks
        # (nbval, nbclient) take for the cell's own.
        self._picture = ipywidgets.Image(format="png", layout=ipywidgets.Layout(max_width="100%"))
        self._text = ipywidgets.HTML()
        self.widget = ipywidgets.VBox([*self.controls.values(), self._picture, self._text])
        for control in self.controls.values():
            control.observe(self._redraw, names="value")
        self._redraw()

    def _redraw(self, change=None) -> None:
        values = {name: control.value for name, control in self.controls.items()}
        try:
            self.figure, self.said = self._draw(**values), ""
            if not isinstance(self.figure, Figure):
                raise TypeError(f"draw returned {type(self.figure).__name__}, expected a figure")
        except NotImplementedError as stub:
            self.figure = None
            self.said = f"not attempted yet: {stub}" if str(stub) else "not attempted yet"
        except Exception as error:  # the student's code: the notebook goes on
            self.figure, self.said = None, f"{type(error).__name__}: {error}"
        self._picture.value = self._png()
        self._picture.layout.display = "none" if self.figure is None else ""
        self._text.value = f"<pre>{html.escape(self.said)}</pre>" if self.said else ""

    def _png(self) -> bytes:
        if self.figure is None:
            return b""
        png = io.BytesIO()
        self.figure.savefig(png, format="png", dpi=DPI)
        return png.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = dict(self.widget._repr_mimebundle_())
        bundle["text/plain"] = (
            self.said or f"A figure with controls for {', '.join(self.controls)}."
        )
        if self.figure is not None:
            bundle["image/png"] = base64.b64encode(self._picture.value).decode()
        return bundle


def _widget(name: str, control) -> ipywidgets.ValueWidget:
    widget = ipywidgets.interactive.widget_from_abbrev(control)
    if widget is None:
        raise ValueError(f"{name}: no control can be made of {control!r}")
    widget.description = widget.description or name
    return widget


def redraw(draw: Callable[..., Figure], **controls) -> Redrawn:
    """Draw a figure, and draw it again whenever a control's value changes.

    Args:
        draw: takes the controls' values by name and returns a figure, drawn in the book's style.
            Where it calls a stub, "not attempted yet" is shown in the figure's place; where it
            raises, the error.
        controls: for each argument of ``draw`` a widget of ipywidgets, or what its ``interact``
            makes one of: (low, high, step) for a slider, a list for a menu, a bool for a box.

    Raises:
        ValueError: of a control that none can be made of.
    """
    return Redrawn(draw, controls)
