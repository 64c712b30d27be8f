"""What a cell of an exercise's page shows, and its figures with controls."""

from __future__ import annotations

import os
import sys
from typing import Any

from bnlib.browser import display, errors, widgets
from bnlib.browser.cells import Cell, before
from bnlib.browser.judging import label, missing, read
from bnlib.browser.session import Session


def packages(target: str, cells: list[list]) -> list[str]:
    """What a run of this cell imports and is not here yet."""
    return missing(_order(target, read(cells)))


def show(target: str, cells: list[list]) -> dict[str, Any]:
    """Run a cell, and before it what the page defines above it, all from nothing.

    Args:
        target: the cell's id. cells: those of the page, each [id, kind, source, exercise].

    Returns:
        ``outputs``, in order, as `Session.run` gives them, and {type: "controls", box, controls,
        png, said} of a figure with controls; ``above``, what raised before the cell was reached, a
        sentence each.
    """
    widgets.install()
    if sys.platform == "emscripten":
        # A worker has no screen. Elsewhere it would reach the processes that this one starts.
        os.environ.setdefault("MPLBACKEND", "agg")
    widgets.VBox.shown.clear()
    session, above = Session(_shown), []
    *earlier, own = _order(target, read(cells))
    for cell in earlier:
        outputs = []
        if not session.run(cell.source, cell.id, outputs.append, label(cell), quiet=True):
            what = f"The cell of {cell.exercise}" if cell.exercise else "A cell above"
            above.append(f"{what} raised an error: {errors.summary(outputs[-1])}")
    outputs = []
    session.run(own.source, own.id, outputs.append, label(own))
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
    return found.content()


def _order(target: str, cells: list[Cell]) -> list[Cell]:
    if all(cell.id != target for cell in cells):
        raise ValueError(f"the page has no cell {target!r}")
    own = next(cell for cell in cells if cell.id == target)
    return [*before(target, cells), own]


def _shown(value: Any) -> dict[str, Any]:
    """A value's output; markup of its own is not taken, as an imported file may have written it."""
    bundle = getattr(type(value), "_repr_mimebundle_", None)
    if bundle is not None and widgets.MIME in (found := bundle(value)):
        return {"type": "controls", **found[widgets.MIME]}
    return display.shown(value, markup=False)
