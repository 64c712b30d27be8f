"""What every interactive figure is in Python: parameters, a still picture, a widget where one runs.

The logic is in the figure's JavaScript alone. On a page of the site the picture is shown first and
replaced once the figure is near (book/_static/figures/host.js); with a kernel and a notebook's
front-end the same module runs as a widget of anywidget. Where neither is, the picture stays.
"""

from __future__ import annotations

import base64
import copy
import functools
import html
import io
import json
import os
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bnlib.figures.interactive import STILL, esm

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure

DPI = 110  # of a picture that most readers see for a moment


class Interactive:
    """A figure and the state in which it starts; as a cell's value it is shown.

    Attributes of a class, each of which a figure sets:
        name: of its JavaScript file.
        title: what it is, in a few words: its accessible name.
        alt: what the still picture shows.
        defaults: the parameters and their values, plain data that JSON can say.
        room: height in pixels of the running figure in a narrow place (up to 480 pixels wide), in a
            middle one and in a wide one (from 640 pixels); tests compare it with the real height.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    alt: ClassVar[str]
    defaults: ClassVar[dict[str, Any]]
    room: ClassVar[tuple[int, int, int]]

    def __init__(self, **parameters):
        unknown = sorted(set(parameters) - set(self.defaults))
        if unknown:
            raise ValueError(
                f"{type(self).__name__} has no parameter {', '.join(map(repr, unknown))}; "
                f"it has {', '.join(self.defaults)}"
            )
        self.state = {
            **copy.deepcopy(self.defaults),
            **{k: plain(v) for k, v in parameters.items()},
        }
        self.check()

    def check(self) -> None:
        """Raise ValueError where the state is none that the figure can show."""

    def picture(self) -> Figure:
        """The still picture of the state."""
        raise NotImplementedError

    @functools.cached_property
    def widget(self):
        """The figure as a widget of anywidget; its parameters are traits: ``widget.gamma = 2``."""
        import anywidget
        import traitlets

        traits = {
            key: traitlets.Any(value).tag(sync=True)
            for key, value in {"title": self.title, **self.state}.items()
        }
        body = {"_esm": esm.joined(self.name), "_css": esm.CSS.read_text("utf-8"), **traits}
        return type(type(self).__name__, (anywidget.AnyWidget,), body)()

    def to_html(self) -> str:
        """The place on a page: the picture, and what the host needs to start the figure."""
        png = io.BytesIO()
        figure = self.picture()
        figure.savefig(png, format="png", dpi=DPI)
        width, height = (round(v * DPI) for v in figure.get_size_inches())
        state = json.dumps({"title": self.title, **self.state}, allow_nan=False)
        rooms = zip(("narrow", "middle", "wide"), self.room, strict=True)
        style = ";".join(f"--room-{size}:{pixels}px" for size, pixels in rooms)
        source = base64.b64encode(png.getvalue()).decode()
        return (
            f'<div class="interactive" data-figure="{self.name}" '
            f'data-state="{html.escape(state)}" style="{style}"><div class="bn-room">'
            f'<img class="bn-still" alt="{html.escape(self.alt)}" width="{width}" '
            f'height="{height}" src="data:image/png;base64,{source}"></div></div>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": f"{self.title}: {self.alt}", "text/html": self.to_html()}
        # A widget's state in a chapter would make MyST-NB load a widget manager on its page.
        if not os.environ.get(STILL) and _can_run_widgets():
            bundle.update(self.widget._repr_mimebundle_()[0])
            bundle["text/plain"] = f"{self.title}: {self.alt}"
        return bundle


def plain(value):
    """Arrays and NumPy's numbers as lists and numbers of Python."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _can_run_widgets() -> bool:
    """Whether anywidget is installed and a kernel is behind the cell (not plain Python)."""
    try:
        import anywidget  # noqa: F401
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return getattr(shell, "kernel", None) is not None
