"""The figures of chapter 5: labelled, readable, and drawn from what they are given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")

from bnlib.figures import backward as figures  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

X = np.geomspace(1e-8, 1e2, 11)
SERIES = {"a": X, "b": 1 / X}
STEPS = {"a": np.linspace(0, 1, 40), "b": np.zeros(40)}
DRAWN = {
    "computation_graph": figures.computation_graph(),
    "projection": figures.projection([0.5, 0.4, 0.8]),
    "kept": figures.kept(X, 0 * X, 1e-5 / (X + 1e-5), eps=1e-5),
    "gradient_against_spread": figures.gradient_against_spread(X, SERIES, root=1e-3),
    "scaled_weights": figures.scaled_weights(X, 1 / X, X / 1e3, bend=1e-3),
    "step_errors": figures.step_errors(X, SERIES),
    "cosines": figures.cosines(np.array([2, 4, 8]), {"a": X[:3], "b": X[1:4]}),
    "drift": figures.drift(STEPS, STEPS),
}


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


def test_every_arrow_of_the_graph_ends_at_two_of_its_nodes():
    assert {name for start, end, *_ in figures.EDGES for name in (start, end)} == set(figures.NODES)
    words = [text.get_text() for text in DRAWN["computation_graph"].axes[0].texts]
    for node in figures.NODES.values():
        assert any(node.name in word for word in words), node


def test_the_points_that_were_measured_lie_on_the_line_of_theory():
    line, xhat, one = DRAWN["kept"].axes[0].lines[:3]
    at = np.interp(np.log(X), np.log(line.get_xdata()), np.log(line.get_ydata()))
    np.testing.assert_allclose(np.log(xhat.get_ydata()), at, atol=0.01)
    # An exact zero has no place on a logarithmic axis, and is still shown.
    assert (one.get_ydata() > 0).all()
