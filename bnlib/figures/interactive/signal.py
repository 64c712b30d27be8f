"""A signal through fifty layers, with batch norm between them and without it (chapter 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlib.figures.interactive.base import Interactive
from bnlib.figures.style import LINES, panels, styled
from bnlib.lab.forward import ACTIVATIONS, through_layers

if TYPE_CHECKING:  # matplotlib takes a second to load in a browser: only what draws loads it
    from matplotlib.figure import Figure

NAMES = {"without": False, "with batch norm": True}
STUCK = {
    "linear": "stuck (%)",
    "tanh": "saturated (%)",
    "ReLU": "dead units (%)",
}


class Signal(Interactive):
    """The signal's standard deviation, and the share that is stuck, layer by layer.

    activation: "linear", "tanh" or "ReLU". gain: the weights' deviation times the root of the
    number of inputs, 0.71 to 1.58. seed: of the random rows and weights, a whole number from 1 on.
    """

    name = "signal"
    title = "A signal through fifty layers"
    alt = (
        "Two plots over fifty ReLU layers whose weights have deviation one over root n. Left, on a "
        "logarithmic axis, the standard deviation of the signal: without batch norm it falls along "
        "a straight line to below one hundred-millionth, with batch norm it stays near one. Right, "
        "the share of dead units: it rises to about half without batch norm and is zero with it."
    )
    defaults = {"activation": "ReLU", "gain": 1.0, "seed": 1}  # noqa: RUF012 (read, never changed)
    room = (735, 735, 595)

    def check(self):
        activation, gain, seed = (self.state[k] for k in ("activation", "gain", "seed"))
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(ACTIVATIONS)}; got {activation!r}"
            )
        if not 10**-0.151 <= gain <= 10**0.201:
            raise ValueError(f"gain must be from 0.71 to 1.58, got {gain}")
        if not 1 <= seed <= 1000 or seed != int(seed):
            raise ValueError(f"seed must be a whole number from 1 to 1000, got {seed}")

    @styled
    def picture(self) -> Figure:
        figure, grid = panels(1, 2, height=3.8)
        layers = np.arange(1, 51)
        for (name, normalized), line in zip(NAMES.items(), LINES, strict=False):
            found = through_layers(**self.state, normalized=normalized)
            shown = (found.std, 100 * found.stuck)
            for ax, values in zip(grid[0], shown, strict=True):
                ax.plot(layers, values, **line, markevery=10, label=name)
        large, stuck = grid[0]
        large.set(yscale="log", ylim=(1e-17, 1e11), xlabel="layer", ylabel="standard deviation")
        stuck.set(ylim=(-4, 104), xlabel="layer", ylabel=STUCK[self.state["activation"]])
        figure.legend(*large.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        return figure
