"""What is shown of the miniature is what enters the sigmoid."""

import numpy as np
import pytest
import torch

from bnlib.lab.datasets import digits
from bnlib.lab.miniature import Watched, last_inputs, travel, watch
from bnlib.lab.sweeps import Net


@pytest.mark.parametrize("norm", ["none", "before"])
def test_the_sigmoid_of_the_inputs_is_what_leaves_the_layer(norm):
    model = Net("sigmoid", gain=1, norm=norm).build((0, 1), 1, digits())
    model(digits().x_train[None, :100], True)  # running statistics that are not those of the start
    x = digits().x_test[:50]
    left = model.hidden(x[None], False)[-1].detach().numpy()
    np.testing.assert_allclose(1 / (1 + np.exp(-last_inputs(model, x))), left, rtol=1e-4)


def test_percentiles_are_of_each_unit_over_the_images():
    seen = watch("before", 1.0, seeds=(0, 1), steps=20, every=10)
    assert seen.steps.tolist() == [10, 20]
    assert seen.accuracies.shape == (2, 2)
    assert seen.inputs.shape == (2, 3, 2, 100)
    assert (np.diff(seen.inputs, axis=1) >= 0).all()
    again = watch("before", 1.0, seeds=(1,), steps=10, every=10)
    np.testing.assert_allclose(again.inputs[0, :, 0], seen.inputs[0, :, 1], atol=1e-3)


def test_travel_is_counted_in_widths():
    # Three looks, one seed, two units: one stays, one goes from 1 to 7 and back to 3.
    stays, goes = [(-1, 0, 1)] * 3, [(0, 1, 2), (5, 7, 9), (2, 3, 5)]
    inputs = np.stack([stays, goes], axis=-1)[:, :, None, :].astype(float)
    found = travel(Watched(np.array([1, 2, 3]), np.zeros((3, 1)), inputs))
    np.testing.assert_allclose(found, [(0 + 6 / 3) / 2])


def test_it_does_not_depend_on_the_global_generator():
    torch.manual_seed(1)
    one = watch("none", 1.0, seeds=(0,), steps=10, every=10)
    torch.manual_seed(2)
    two = watch("none", 1.0, seeds=(0,), steps=10, every=10)
    np.testing.assert_array_equal(one.inputs, two.inputs)
