"""The backward pass as a projection: three examples of one feature, in space (chapter 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlib.figures.interactive.base import Interactive

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure


class Projection(Interactive):
    """dy of three examples, the two parts that batch norm takes out of it, and what is left: dx.

    x: three values that are not all equal. dy1, dy2, dy3: -1.6 to 1.6. eps: 1e-5, 1 or 5.
    turn: of the view, -90 to 90 degrees.
    """

    name = "projection"
    title = "The backward pass as a projection"
    alt = (
        "An arrow dy rises out of a grey plane that is spanned by the directions 1 and x hat. In "
        "the plane, a dashed arrow along 1 is followed by a dash-dotted arrow along x hat; they "
        "lead to the point below the tip of dy. The upright arrow from there to the tip is what is "
        "left and is labelled dx."
    )
    defaults = {  # noqa: RUF012 (read, never changed: each figure copies them)
        "x": [1.0, 2.0, 6.0],
        "dy1": 1.1,
        "dy2": -0.4,
        "dy3": 1.5,
        "eps": 1e-5,
        "turn": 20,
    }
    room = (795, 715, 755)

    def check(self):
        x, eps = self.state["x"], self.state["eps"]
        if len(x) != 3 or max(x) == min(x):
            raise ValueError(f"x must be three values that are not all equal, got {x}")
        if eps not in (1e-5, 1, 5):
            raise ValueError(f"eps must be 1e-5, 1 or 5, got {eps}")
        for name, most in {"dy1": 1.6, "dy2": 1.6, "dy3": 1.6, "turn": 90}.items():
            if not abs(self.state[name]) <= most:
                raise ValueError(f"{name} must be from -{most} to {most}, got {self.state[name]}")

    def picture(self) -> Figure:
        from bnlib.figures.backward import projection

        x = np.array(self.state["x"])
        dy = np.array([self.state[f"dy{n}"] for n in (1, 2, 3)])
        along_one = np.ones(3) / np.sqrt(3)
        along_xhat = (x - x.mean()) / np.linalg.norm(x - x.mean())
        rest = np.cross(along_one, along_xhat)
        return projection([dy @ along_one, dy @ along_xhat, dy @ rest])
