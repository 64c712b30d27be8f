"""States that a figure cannot show are refused, and the still pictures show what bnlib computes."""

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")

from bnlib.figures.interactive.batch import Batch  # noqa: E402
from bnlib.figures.interactive.running import Running  # noqa: E402
from bnlib.figures.interactive.sets import NORMS, Sets  # noqa: E402
from bnlib.figures.interactive.whitening import Whitening  # noqa: E402


@pytest.mark.parametrize(
    ("kind", "wrong", "message"),
    [
        (Batch, {"x": [1.0]}, r"x must be 2 to 8 values from 0 to 200, got \[1.0\]"),
        (Batch, {"x": [1.0, 300.0]}, "from 0 to 200"),
        (Batch, {"eps": 0.0}, "eps must be from 1e-5 to 1e4, got 0.0"),
        (Sets, {"norm": "weight"}, "norm must be one of .* got 'weight'"),
        (Sets, {"x": [[1.0]]}, r"x must have the shape \(N, C, H, W\), got \(1, 1\)"),
        (Sets, {"cell": [3, 0, 0, 0]}, r"cell must be \[n, c, h, w\] within \(3, 4, 2, 2\)"),
        (Sets, {"groups": 3}, "groups must divide C = 4, got 3"),
        (Whitening, {"across": 0.1}, "across must be from 1 to 20"),
        (Whitening, {"base": [1.0, 2.0]}, r"base must have the shape \(N, 2\), got \(2,\)"),
        (Running, {"momentum": 0}, "momentum must be above 0 and at most 1, got 0"),
        (Running, {"drift": 1.0}, "drift must be from 0 to 0.2, got 1.0"),
        (Running, {"at": 121}, "at must be from 1 to batches = 120, got 121"),
    ],
)
def test_a_state_that_cannot_be_shown_is_refused(kind, wrong, message):
    with pytest.raises(ValueError, match=message):
        kind(**wrong)


def test_arrays_are_taken():
    assert Batch(x=np.array([1.0, 2.0]), gamma=np.float64(2)).state["x"] == [1.0, 2.0]


def test_the_columns_of_the_batch_say_their_mean_and_deviation():
    picture = Batch(x=[90, 30, 170, 110], gamma=2.0, beta=0.5).picture()
    said = [ax.get_xlabel() for ax in picture.axes]
    assert said == ["mean 100.00\nstd 50.00", "mean 0.00\nstd 1.00", "mean 0.50\nstd 2.00"]


@pytest.mark.parametrize(
    ("norm", "expected"),
    list(zip(NORMS, [[1, 5, 9], [4, 5, 6, 7], [5], [4, 5], [4, 5, 6, 7]], strict=True)),
)
def test_the_set_of_a_cell(norm, expected):
    members = Sets(norm=norm, cell=[1, 1, 0, 0]).members()
    assert members.shape == (3, 4)
    assert list(np.flatnonzero(members)) == expected


def test_the_base_of_the_cloud_is_white():
    base = np.array(Whitening().state["base"])
    assert np.abs(base.mean(axis=0)).max() < 1e-3
    assert np.abs(base.T @ base / len(base) - np.eye(2)).max() < 2e-3


def test_the_cloud_has_the_axes_that_it_was_given():
    figure = Whitening(centre=[160.0, 60.0], axis=[6.0, 8.0], across=3.0)
    cloud = figure.cloud()
    values, vectors = np.linalg.eigh(np.cov(cloud.T, bias=True))
    assert np.allclose(np.sqrt(values), [3, 10], rtol=2e-3)
    assert abs(vectors[:, 1] @ [0.6, 0.8]) > 0.999
    assert np.allclose(cloud.mean(axis=0), [160, 60], atol=0.02)
