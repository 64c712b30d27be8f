"""A figure with controls: where one is moved, the figure is drawn again.

Used in the notebooks of the exercises, where what is drawn is the student's own function.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import ipywidgets
from IPython.display import display
from matplotlib.figure import Figure

from bnlib.figures.style import styled


class Redrawn:
    """A drawing and its controls; as a cell's value it is shown.

    Where a kernel is behind the page the controls work. Elsewhere (a stored notebook, the site)
    the picture of the controls' first values stands in for them.
    """

    def __init__(self, draw: Callable[..., Figure], controls: dict):
        self._draw = styled(draw)
        self.widget = ipywidgets.interactive(self._show, **controls)

    def _show(self, **values) -> Figure | None:
        try:
            figure = self._draw(**values)
        except NotImplementedError as stub:
            said = f": {stub}" if str(stub) else ""
            print(f"not attempted yet{said}")
            return None
        display(figure)
        return figure

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = dict(self.widget._repr_mimebundle_())
        names = ", ".join(c._kwarg for c in self.widget.kwargs_widgets)
        bundle["text/plain"] = f"A figure with controls for {names}."
        if self.widget.result is not None:
            png = io.BytesIO()
            self.widget.result.savefig(png, format="png", dpi=100)
            bundle["image/png"] = base64.b64encode(png.getvalue()).decode()
        return bundle


def redraw(draw: Callable[..., Figure], **controls) -> Redrawn:
    """Draw a figure, and draw it again whenever a control's value changes.

    Args:
        draw: takes the controls' values by name and returns a figure, drawn in the book's style.
            Where it calls a stub, "not attempted yet" is shown in the figure's place.
        controls: for each argument of ``draw`` a widget of ipywidgets, or what its ``interact``
            makes one of: (low, high, step) for a slider, a list for a menu, a bool for a box.
    """
    return Redrawn(draw, controls)
