"""Signal, projection, landscape and batch noise: bad states are named, still pictures are right."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from bnlib.figures.interactive.batch_noise import BatchNoise  # noqa: E402
from bnlib.figures.interactive.landscape import Landscape  # noqa: E402
from bnlib.figures.interactive.projection import Projection  # noqa: E402
from bnlib.figures.interactive.signal import Signal  # noqa: E402
from bnlib.lab import tables  # noqa: E402
from bnlib.lab.forward import through_layers  # noqa: E402


def walked(**changes):
    """Two moments, three steps."""
    rising = [[[1.0, 2.0, 4.0], [2.0, 3.0, 5.0], [3.0, 4.0, 6.0]]] * 2
    nets = {"without": rising, "batch norm": rising}
    state = {"parts": [0, 0.1, 0.2], "moments": [0, 10], "losses": {"ReLU": nets}}
    return {**state, "moment": 0, "upto": 1, **changes}


BAD = [
    (Signal, {"activation": "sigmoid"}, "activation must be one of linear, tanh, ReLU"),
    (Signal, {"gain": 2.0}, "gain must be from 0.71 to 1.58, got 2.0"),
    (Signal, {"seed": 0}, "seed must be a whole number from 1 to 1000, got 0"),
    (Projection, {"x": [1, 2]}, "x must be three values"),
    (Projection, {"x": [2, 2, 2]}, "not all equal"),
    (Projection, {"eps": 0.5}, "eps must be 1e-5, 1 or 5, got 0.5"),
    (Projection, {"dy2": float("nan")}, "dy2 must be from -1.6 to 1.6, got nan"),
    (BatchNoise, {"size": 9}, "size must be from 0 to 8, got 9"),
    (BatchNoise, {"eps": 0}, "eps must be 1e-5, 0.1 or 1, got 0"),
    (BatchNoise, {"seed": 1001}, "seed must be a whole number from 1 to 1000, got 1001"),
    (Landscape, {"losses": {}}, r"parts must be evenly spaced steps from 0, got \[\]"),
    (Landscape, walked(parts=[0, 0.1, 0.3]), "evenly spaced"),
    (Landscape, walked(activation="tanh"), "losses has no 'tanh', it has ReLU"),
    (Landscape, walked(losses={"ReLU": {"without": []}}), r"must have shape \(2, 3, 3\)"),
    (Landscape, walked(moment=2), "moment must be from 0 to 1, got 2"),
    (Landscape, walked(upto=3), "upto must be from 0 to 2, got 3"),
]


@pytest.mark.parametrize(("figure", "state", "message"), BAD)
def test_a_state_that_cannot_be_shown_is_named(figure, state, message):
    with pytest.raises(ValueError, match=message):
        figure(**state)


def test_a_loss_that_has_no_logarithm_is_named():
    state = walked()
    nets = dict(state["losses"]["ReLU"])
    nets["without"] = [[[0.0, 1.0, 1.0]] * 3] * 2
    with pytest.raises(ValueError, match=r"losses\['ReLU'\]\['without'\] must be above 0"):
        Landscape(**{**state, "losses": {"ReLU": nets}})


def test_the_still_signal_is_the_run():
    large, stuck = Signal(activation="tanh", gain=1.4).picture().axes
    for line, normalized in zip(large.lines, (False, True), strict=True):
        found = through_layers("tanh", 1.4, 1, normalized)
        np.testing.assert_allclose(line.get_ydata(), found.std)
    assert stuck.get_ylabel() == "saturated (%)"


def test_the_still_projection_names_its_parts():
    (ax,) = Projection().picture().axes
    said = " ".join(t.get_text() for t in ax.texts)
    assert all(word in said for word in ("dy", "dx", "mean part", "x̂ part"))


def test_without_data_the_walk_is_the_stored_one():
    table, figure = tables.read("walks"), Landscape()
    met = [table.column("loss 0.1", net="relu", normalized=bn, step=10) for bn in ("False", "True")]
    nets, at = figure.state["losses"]["ReLU"], figure.state["parts"].index(0.1)
    for name, seeds in zip(("without", "batch norm"), met, strict=True):
        extent = np.array(nets[name])[figure.state["moments"].index(10), :, at]
        assert len(seeds) == 5
        np.testing.assert_allclose(extent, [min(seeds), np.median(seeds), max(seeds)], rtol=1e-3)


def test_the_still_walk_is_the_moment_and_marks_the_step():
    (ax,) = Landscape(**walked(moment=1)).picture().axes
    marked, without, _ = ax.lines
    assert set(marked.get_xdata()) == {0.1}
    np.testing.assert_allclose(without.get_ydata(), [2, 3, 5])
    assert ax.get_title(loc="left") == "ReLU, trained for 10 steps"


def test_the_still_batches_of_two_come_out_as_plus_and_minus_one():
    cloud, values = BatchNoise().picture().axes
    assert len(cloud.lines[-1].get_xdata()) == 400
    tall = sorted(bar.get_x() for bar in values.patches if bar.get_height() > 1)
    np.testing.assert_allclose(tall, [-1, 0.875])
