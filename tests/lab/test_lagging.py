"""Chapter 6, lagging statistics: what is followed is what PyTorch would keep."""

import numpy as np
import pytest
import torch

from bnlib.lab import lagging
from bnlib.lab.datasets import digits
from bnlib.lab.layers import BatchNorm


def test_each_average_is_that_of_a_layer_with_its_momentum():
    z = torch.randn(3, 2, 9, 4, generator=torch.Generator().manual_seed(1))
    followed = lagging.FollowedBatchNorm(2, 4, (0.01, 0.7))
    layers = {m: BatchNorm(2, 4, momentum=m) for m in (0.01, 0.7)}
    for batch in z:
        y = followed(batch, True)
        for layer in layers.values():
            torch.testing.assert_close(layer(batch, True), y)
    for momentum, layer in layers.items():
        followed.use(momentum)
        torch.testing.assert_close(followed.running_mean, layer.running_mean)
        torch.testing.assert_close(followed.running_var, layer.running_var)
        torch.testing.assert_close(followed(z[0], False), layer(z[0], False))
    # What is used is a copy: recomputing statistics later leaves the average as it is.
    followed.running_mean += 1
    torch.testing.assert_close(followed.averages[0.7][0], layers[0.7].running_mean)


@pytest.fixture(scope="module")
def found():
    return lagging.lag(range(2), 1.0, digits(), (20, 60), (0.01, 0.5), "sigmoid")


def test_a_slow_average_lags_and_a_fast_one_does_not(found):
    assert found.accuracies[0.01].shape == (2, 2)
    assert (found.at(60, "recomputed") > found.at(60, 0.01) + 20).all()
    assert np.abs(found.at(60, "recomputed") - found.at(60, 0.5)).max() < 5
    assert (found.at(60, "recomputed") > found.at(20, "recomputed")).all()


def test_looking_at_the_network_does_not_change_it(found):
    again = lagging.lag(range(2), 1.0, digits(), (60,), (0.01, 0.5), "sigmoid")
    for which in found.accuracies:
        np.testing.assert_array_equal(again.at(60, which), found.at(60, which))


def test_some_rows_change_class_with_their_batch(found):
    assert found.other_class.shape == (2,)
    assert (found.other_class > 0.5).all()
    assert (found.other_class < 30).all()


def test_a_best_rate_at_the_edge_is_refused():
    options = {"steps": 20, "seeds": (0,)}
    with pytest.raises(ValueError, match="edge"):
        lagging.best_rate([1e-4, 1e-3], digits(), **options)
    assert lagging.best_rate([1e-4, 0.3, 1e4], digits(), **options) == 0.3
