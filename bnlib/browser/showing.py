"""What a cell of a page shows: text, errors, pictures, and figures with controls."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import sys
from typing import Any

from bnlib.browser import widgets
from bnlib.browser.cells import Cell, before
from bnlib.browser.execution import Namespace
from bnlib.browser.judging import missing, read

PNG = "image/png"
DPI = 100


def packages(target: str, cells: list[list]) -> list[str]:
    """What a run of this cell imports and is not here yet."""
    return missing(_order(target, read(cells)))


def show(target: str, cells: list[list]) -> dict[str, Any]:
    """Run a cell, and before it what the page defines above it, all from nothing.

    Args:
        target: the cell's id. cells: those of the page, each [id, kind, source, exercise].

    Returns:
        ``outputs``, in order, each {type: "text" | "png" | "controls" | "error", ...}; ``above``,
        what raised before the cell was reached, a sentence each.
    """
    widgets.install()
    if sys.platform == "emscripten":
        # A worker has no screen. Elsewhere it would reach the processes that this one starts.
        os.environ.setdefault("MPLBACKEND", "agg")
    widgets.VBox.shown.clear()
    space, above = Namespace(), []
    *earlier, own = _order(target, read(cells))
    for cell in earlier:
        ran = space.execute(cell)
        if ran.error:
            what = f"The cell of {cell.exercise}" if cell.exercise else "A cell above"
            above.append(f"{what} raised an error: {ran.error.splitlines()[-1]}")
    _figures_left_open()
    ran = space.execute(own)
    outputs = [{"type": "text", "text": ran.printed}] if ran.printed else []
    outputs += _shown(ran.value)
    outputs += [{"type": "png", "data": picture} for picture in _figures_left_open()]
    if ran.error:
        outputs.append({"type": "error", "text": ran.error})
    return {"outputs": outputs, "above": above}


def move(box: int, control: int, position: float) -> dict[str, Any]:
    """Move a control of a figure that was shown, and draw the figure again.

    Returns:
        ``png``, base64, or "" where nothing could be drawn; then ``said`` is why.

    Raises:
        ValueError: there is no such figure or control.
    """
    try:
        found = widgets.VBox.shown[box]
        moved = found.controls[control]
    except IndexError:
        raise ValueError(f"no control {control} of figure {box} is on the page") from None
    moved.value = moved.at(position)
    return _content(found)


def _order(target: str, cells: list[Cell]) -> list[Cell]:
    if all(cell.id != target for cell in cells):
        raise ValueError(f"the page has no cell {target!r}")
    own = next(cell for cell in cells if cell.id == target)
    return [*before(target, cells), own]


def _content(box: widgets.VBox) -> dict[str, str]:
    png, said = box.content()
    # What is said is text in a <pre>: the page shows it as text.
    text = html.unescape(re.sub(r"</?pre>", "", said))
    return {"png": base64.b64encode(png).decode(), "said": text}


def _shown(value) -> list[dict[str, Any]]:
    """A cell's value as it is shown; markup of its own is not taken, its text is."""
    if value is None:
        return []
    bundle = getattr(type(value), "_repr_mimebundle_", None)
    if bundle is not None and widgets.MIME in (found := bundle(value)):
        controls = found[widgets.MIME]
        return [{"type": "controls", **controls, **_content(widgets.VBox.shown[controls["box"]])}]
    if "matplotlib" in sys.modules:
        from matplotlib.figure import Figure

        if isinstance(value, Figure):
            return [{"type": "png", "data": _png(value)}]
    return [{"type": "text", "text": _repr(value)}]


def _repr(value) -> str:
    try:
        return repr(value)
    except Exception as error:  # the reader's own class
        return f"({type(error).__name__} in its repr)"


def _png(figure) -> str:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DPI)
    return base64.b64encode(data.getvalue()).decode()


def _figures_left_open() -> list[str]:
    """Pictures of the figures that pyplot holds, which are closed."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    import matplotlib.pyplot as plt

    pictures = [_png(plt.figure(number)) for number in plt.get_fignums()]
    plt.close("all")
    return pictures
