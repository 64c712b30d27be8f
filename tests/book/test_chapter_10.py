"""Chapter 10: what the text states, its own cells, and the figure that its notebook draws."""

import math
import re

import numpy as np
import pytest

import bnlib

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib.patches import Rectangle  # noqa: E402

from bnlib.figures import style  # noqa: E402
from bnlib.figures.alternatives import means_in_frames  # noqa: E402
from bnlib.lab import alternatives  # noqa: E402
from tests.book.page import Page  # noqa: E402

PAGE = Page("10_alternatives")

IMAGES = np.random.default_rng(0).normal(size=(3, 6, 4, 5)) + np.arange(18).reshape(3, 6, 1, 1)


def vectors(seed=0):
    return np.random.default_rng(seed).normal(2, 3, (5, 8))


@pytest.fixture(scope="module")
def run():
    deep = alternatives.deep_plain
    # Two seeds are enough to see that the cell runs; the book trains them all.
    with PAGE.ran((alternatives, "deep_plain", lambda seeds, norms: deep(seeds[:2], norms))) as run:
        yield run


def test_what_the_prose_says_of_its_numbers(run):
    glued = run.numbers
    assert all(math.isfinite(value) for value in glued.values())
    assert glued["p_group"] < 1e-5
    assert 0.1 < glued["p_half"] < glued["p_eight"] < glued["p_two"]
    assert glued["w_small"] > 3 * glued["v_small"] > 3  # whitening needs more rows
    assert glued["w_large"] < glued["w_small"] / 5


def test_rms_norm_is_held_against_layer_norm_and_nothing_else(run):
    assert set(run.claims) == {20}
    assert {f["quantity"].split(", ")[1] for f in run.claims[20]} == {"RMS / layer norm"}


def test_layer_norm_is_rms_norm_of_the_centred_vector():
    x, gamma = vectors(), np.linspace(0.5, 2, 8)
    centred = x - x.mean(axis=1, keepdims=True)
    layer, _ = bnlib.layer_norm(x, gamma, np.zeros(8), 0.5)
    assert np.allclose(layer, bnlib.rms_norm(centred, gamma, 0.5)[0])


def test_the_deviation_of_rms_norm_follows_the_ratio():
    x = vectors()
    ratio = x.mean(axis=1) / x.std(axis=1)
    y, _ = bnlib.rms_norm(x, np.ones(8), 1e-12)
    assert np.allclose(y.std(axis=1), 1 / np.sqrt(1 + ratio**2))


def test_batch_norm_of_one_image_is_instance_norm():
    gamma, beta = np.linspace(0.5, 2, 6), np.linspace(-1, 1, 6)
    one = IMAGES[:1]
    assert np.allclose(
        bnlib.spatial_batch_norm(one, gamma, beta, 0.1)[0],
        bnlib.instance_norm(one, gamma, beta, 0.1)[0],
    )


def test_gamma_may_stand_before_the_bracket_where_a_set_shares_it():
    x, dy = IMAGES, np.random.default_rng(1).normal(size=IMAGES.shape)
    gamma = np.linspace(0.5, 2, 6)
    pairs = {
        "instance": (bnlib.instance_norm, bnlib.instance_norm_backward, (2, 3), True),
        "layer": (lambda *a: bnlib.group_norm(*a[:3], 1, a[3]), bnlib.group_norm_backward,
                  (1, 2, 3), False),
    }  # fmt: skip
    for forward, backward, axes, legal in pairs.values():
        dx = backward(dy, forward(x, gamma, np.zeros(6), 0.1)[1])[0]
        xhat, kept = bnlib.normalize(x, axes, 0.1)
        along = xhat * (dy * xhat).mean(axes, keepdims=True)
        bracket = dy - dy.mean(axes, keepdims=True) - along
        outside = gamma[:, None, None] * kept.inv_std * bracket
        assert np.allclose(dx, outside) == legal


def test_wide_random_vectors_bring_the_two_norms_together():
    apart = []
    for width in (64, 1024):
        x = np.random.default_rng(2).normal(size=(2000, width))
        one = np.ones(width)
        layer = bnlib.layer_norm(x, one, 0 * one, 1e-5)[0]
        rms = bnlib.rms_norm(x, one, 1e-5)[0]
        apart.append(np.linalg.norm(layer - rms, axis=1).mean() / np.sqrt(width))
    # The mean of |mu| / sigma is sqrt(2 / (pi D)), and next to it all else is small.
    np.testing.assert_allclose(apart, np.sqrt(2 / np.pi / np.array([64, 1024])), rtol=0.05)


@pytest.mark.parametrize(
    ("axes", "channels", "frames"), [((0, 2, 3), 1, 6), ((1, 2, 3), 1, 3), ((2, 3), 1, 18)]
)
def test_every_set_has_a_frame_and_the_largest_mean_is_said(axes, channels, frames):
    xhat, _ = bnlib.normalize(IMAGES, axes, 1e-5)
    figure = means_in_frames(xhat, axes, "title", channels)
    (ax,) = figure.axes
    drawn = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert len(drawn) == frames
    assert ax.get_title(loc="left") == "title\nLargest mean of a frame: 0.00"
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert figure.get_figwidth() == style.WIDTH
    texts = [float(t.get_text()) for t in ax.texts]
    assert np.allclose(texts, xhat.mean(axis=(2, 3)).ravel(), atol=0.006)
    assert not any(re.fullmatch(r"-0\.00", t.get_text()) for t in ax.texts)


def test_a_wrong_output_is_not_said_to_have_mean_0():
    figure = means_in_frames(np.ones((3, 6, 4, 5)), (2, 3), "title", channels=2)
    (ax,) = figure.axes
    assert len(ax.patches) == 9
    assert "1.00" in ax.get_title(loc="left")
