"""Chapter 4, gamma and beta trained or not: the switches switch, and straightness is an R^2."""

import numpy as np
import pytest
import torch

from bnlib.lab import affine as lab
from bnlib.lab import algorithm
from bnlib.lab.datasets import digits
from bnlib.lab.tables import Table
from bnlib.lab.training import SGD, batches, train


@pytest.mark.parametrize("learned", lab.LEARNED)
def test_only_what_is_named_moves(learned):
    data = digits()
    model = lab.network("sigmoid", learned, (0,), 1, data)
    order = batches((0,), len(data.x_train), 50, 3)
    list(train(model, data, order, SGD(torch.tensor([1.0]))))
    for norm in model.norms:
        moved = {"gamma": (norm.gamma != 1).any(), "beta": (norm.beta != 0).any()}
        assert {name for name, did in moved.items() if did} == set(lab.LEARNED[learned])


def test_the_conditions_begin_alike():
    data = digits()
    nets = [lab.network("relu", learned, (1,), 2, data) for learned in lab.LEARNED]
    for net in nets:
        torch.testing.assert_close(net.weights[0][0], nets[0].weights[0][1])
        torch.testing.assert_close(net(data.x_test[None], True), nets[0](data.x_test[None], True))


def test_straightness_is_that_of_the_line_fitted_to_normal_inputs():
    data = digits()
    x = torch.randn(4000, 64, generator=torch.Generator().manual_seed(0))
    model = lab.network("sigmoid", "none", (0,), 1, data)
    found = lab.straightness(model, x).item()
    assert found == pytest.approx(algorithm.line_fit(algorithm.sigmoid).r2, abs=0.005)
    for norm in model.norms:
        norm.gamma = 4 * torch.ones_like(norm.gamma)
    wide = algorithm.line_fit(algorithm.sigmoid, 4.0).r2
    assert lab.straightness(model, x).item() == pytest.approx(wide, abs=0.02)
    linear = lab.network("linear", "none", (0,), 1, data)
    assert lab.straightness(linear, x).item() == pytest.approx(1, abs=1e-5)


def test_the_chosen_rate_has_the_lowest_loss_and_lies_inside():
    def table(losses):
        keys = {"activation": "relu", "learned": "none"}
        return Table(
            keys | {"rate": r, "loss": v} for r, v in zip((0.1, 1, 10), losses, strict=True)
        )

    assert lab.chosen(table([2.0, 1.0, np.nan]), "relu", "none") == 1
    with pytest.raises(ValueError, match="edge"):
        lab.chosen(table([0.5, 1.0, np.nan]), "relu", "none")
