"""A value as an output of a page: a picture, HTML or text."""

from __future__ import annotations

import base64
import io
import sys
from typing import Any

from bnlib.browser.streams import bounded

_MARKUP = (("_repr_html_", "html"), ("_repr_svg_", "svg"))


def shown(value: Any, markup: bool = True) -> dict[str, Any]:
    """The output of a value: its picture, else its HTML, else its text.

    {type: "png", data: base64, width, height} with sizes in pixels as on the page; {type: "svg",
    svg}; {type: "html", html}; {type: "text", text}, which is cut where it is long. markup: whether
    its HTML or SVG is taken.
    """
    figure = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    if figure is not None and isinstance(value, figure):
        return picture(value)
    for name, kind in _MARKUP if markup else ():
        method = getattr(value, name, None)
        text = method() if callable(method) and not isinstance(value, type) else None
        if text is not None:
            return {"type": kind, kind: text}
    return {"type": "text", "text": bounded(repr(value))}


def picture(figure) -> dict[str, Any]:
    """A matplotlib figure as the book shows it: cut to what is drawn, in the figure's own dpi."""
    buffer = io.BytesIO()
    figure.savefig(
        buffer, format="png", dpi=figure.dpi, facecolor=figure.get_facecolor(), bbox_inches="tight"
    )
    data = buffer.getvalue()
    # Width and height stand behind the signature, the length and the name of the first chunk.
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    return {
        "type": "png",
        "data": base64.b64encode(data).decode("ascii"),
        "width": width,
        "height": height,
    }


def open_figures(draw: bool = True) -> list[dict[str, Any]]:
    """The figures that pyplot holds open, which are closed by this; not ``draw``: none of them.

    Raises:
        Exception: of matplotlib, where one cannot be drawn; they are closed all the same.
    """
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
    pyplot.close("all")
    return [picture(figure) for figure in figures] if draw else []
