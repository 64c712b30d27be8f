"""The two orders of the convolutional example: what stands where, and what is shared."""

import pytest
import torch
from torch import nn

from bnlib.lab import conv_placement as lab
from bnlib.lab.datasets import digits


def kinds(order):
    return [type(part).__name__ for part in lab.network(order, 0)]


def test_each_order_has_its_norms_where_its_name_says():
    norms, relu = ("BatchNorm2d", "BatchNorm1d"), "ReLU"
    for order, step in (("before", -1), ("after", 1)):
        parts = kinds(order)
        at = [i for i, part in enumerate(parts) if part == relu]
        assert len(at) == 3
        assert all(parts[i + step] in norms for i in at)
        assert all(parts[i - step] not in norms for i in at)
    assert not set(norms) & set(kinds("none"))


def test_the_orders_begin_with_the_same_weights_and_seeds_differ():
    def weights(order, seed):
        model = lab.network(order, seed)
        return torch.cat(
            [p.weight.flatten() for p in model if isinstance(p, (nn.Conv2d, nn.Linear))]
        )

    assert torch.equal(weights("before", 1), weights("after", 1))
    assert torch.equal(weights("before", 1), weights("none", 1))
    assert not torch.equal(weights("before", 1), weights("before", 2))


@pytest.mark.parametrize("order", ["before", "after"])
def test_accuracy_is_asked_in_evaluation_mode_and_leaves_the_model_in_training(order):
    model = lab.network(order, 0)
    before = model[2 if order == "before" else 3].running_mean.clone()
    lab.accuracy(model, digits().x_test, digits().y_test)
    assert torch.equal(before, model[2 if order == "before" else 3].running_mean)
    assert model.training


def test_a_rate_of_zero_learns_nothing_and_never_arrives():
    run = lab.run("before", 0, 0.0, steps=4)
    assert run["steps"] == float("inf")
    assert run["accuracy"] < 0.5
