"""The loss along the gradient while two networks learn (chapter 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlib.figures.interactive.base import Interactive
from bnlib.figures.style import LINES, MUTED, panels, styled
from bnlib.lab import tables

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure

NAMES = {"without": "False", "batch norm": "True"}
NETS = {"ReLU": "relu", "sigmoid": "sigmoid"}


def stored() -> dict:
    """``parts``, ``moments`` and ``losses`` of the stored run (``python -m bnlib.lab walks``)."""
    table = tables.read("walks")
    columns = [name for name in table.rows[0] if name.startswith("loss ")]
    moments = table.values("step")

    def extent(net: str, normalized: str, step: int) -> list:
        """Lowest, median and highest of the seeds."""
        where = {"net": net, "normalized": normalized, "step": step}
        seeds = np.array([table.column(name, **where) for name in columns])
        found = np.stack([seeds.min(1), np.median(seeds, 1), seeds.max(1)])
        return [[float(f"{v:.4g}") for v in row] for row in found]

    return {
        "parts": [float(name.removeprefix("loss ")) for name in columns],
        "moments": moments,
        "losses": {
            title: {name: [extent(net, bn, step) for step in moments] for name, bn in NAMES.items()}
            for title, net in NETS.items()
        },
    }


class Landscape(Interactive):
    """The loss against the length of a step along the gradient, at several moments of a training.

    Without parts, moments and losses it shows the stored run.

    parts: (K + 1,) lengths of steps, rising from 0, evenly spaced. moments: (T,) training steps.
    losses: {activation: {"without": ..., "batch norm": ...}}, each of shape (T, 3, K + 1): the
    lowest, the median and the highest of the seeds. activation: which are shown. moment, upto: the
    index of the moment and of the step.
    """

    name = "landscape"
    title = "The loss along the gradient"
    alt = (
        "The loss on a logarithmic axis against the length of a step along the gradient, for two "
        "networks that have been trained for a few steps. With batch norm the loss falls at first "
        "and then rises little; without batch norm it rises steeply after a short step. A line for "
        "each is the median of the seeds, a band reaches from the lowest to the highest."
    )
    defaults = {  # noqa: RUF012 (read, never changed: each figure copies them)
        "parts": [],
        "moments": [],
        "losses": {},
        "activation": "ReLU",
        "moment": 2,
        "upto": 10,
    }
    room = (625, 595, 645)

    def __init__(self, **parameters):
        given = {"parts", "moments", "losses"} & set(parameters)
        super().__init__(**({} if given else stored()), **parameters)

    def check(self):
        parts, moments, losses = (self.state[k] for k in ("parts", "moments", "losses"))
        if len(parts) < 2 or parts[0] != 0 or not np.allclose(np.diff(parts), parts[1]):
            raise ValueError(f"parts must be evenly spaced steps from 0, got {parts}")
        if self.state["activation"] not in losses:
            given = ", ".join(losses) or "nothing"
            raise ValueError(f"losses has no {self.state['activation']!r}, it has {given}")
        shape = (len(moments), 3, len(parts))
        for activation, nets in losses.items():
            for name in NAMES:
                values = np.array(nets.get(name, []))
                if values.shape != shape:
                    raise ValueError(
                        f"losses[{activation!r}][{name!r}] must have shape {shape}, "
                        f"it has {values.shape}"
                    )
                if not (values > 0).all() or not np.isfinite(values).all():
                    raise ValueError(f"losses[{activation!r}][{name!r}] must be above 0 and finite")
        for name, most in {"moment": len(moments), "upto": len(parts)}.items():
            if self.state[name] not in range(most):
                raise ValueError(f"{name} must be from 0 to {most - 1}, got {self.state[name]}")

    @styled
    def picture(self) -> Figure:
        parts, upto = np.array(self.state["parts"]), self.state["upto"]
        figure, grid = panels(height=4.2)
        ax = grid[0, 0]
        ax.axvline(parts[upto], color=MUTED, linewidth=1.2)
        nets = self.state["losses"][self.state["activation"]]
        for name, line in zip(NAMES, LINES, strict=False):
            low, median, high = np.array(nets[name])[self.state["moment"]]
            ax.fill_between(parts, low, high, color=line["color"], alpha=0.15, linewidth=0)
            ax.plot(parts, median, **line, markevery=5, label=name)
        steps = self.state["moments"][self.state["moment"]]
        ax.set(
            title=f"{self.state['activation']}, trained for {steps} steps",
            yscale="log",
            xlabel="step (parts of the weights' length)",
            ylabel="loss (nats)",
        )
        ax.legend()
        return figure
