"""Changed inputs: what new statistics take out exactly, and what they cannot."""

import torch

from bnlib.lab.at_best_rate import error
from bnlib.lab.changed_data import (
    EVERY,
    NORMS,
    Stopped,
    adapted,
    changes,
    proportions,
    restore,
    tensors,
)
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import recompute

WIDTHS = (40, 32, 32, 10)


def network(norm="batch norm"):
    return MLP(first_weights([0, 1], WIDTHS), NORMS[norm])


def rows(n=1500):
    return torch.randn(n, 40, generator=torch.Generator().manual_seed(5))


def outputs(model, x):
    recompute(model, x, model.norms)
    return model(x[None], False)


def test_recomputed_statistics_take_out_offset_and_contrast():
    x, model = rows(), network()
    before = outputs(model, x)
    for kind in ("offset", "contrast"):
        changed = changes(x)[kind]
        assert not torch.allclose(model(changed[None], False), before, atol=0.1)
        torch.testing.assert_close(outputs(model, changed), before, rtol=1e-3, atol=1e-3)
        outputs(model, x)
    for kind in ("noise", "moved"):
        assert not torch.allclose(outputs(model, changes(x)[kind]), before, atol=0.1)


def test_images_move_by_a_pixel_and_sequences_by_a_place():
    x = torch.arange(64.0)[None].repeat(2, 1)
    image, sequence = changes(x, 8)["moved"][0].view(8, 8), changes(x)["moved"][0]
    assert image[0].tolist() == [7, 0, 1, 2, 3, 4, 5, 6]
    assert image[3].tolist() == [31, 24, 25, 26, 27, 28, 29, 30]
    assert sequence[:3].tolist() == [63, 0, 1]


def test_offset_and_noise_are_in_deviations():
    x = 3 * rows()
    new = changes(x)
    torch.testing.assert_close((new["offset"] - x).mean(), x.std())
    assert abs(float((new["noise"] - x).std() / x.std()) - 0.5) < 0.02


def test_nine_to_one():
    y = torch.arange(10).repeat(900)
    kept = y[proportions(y)["nine to one"]]
    assert abs(float((kept < 5).float().mean()) - 0.9) < 0.01
    assert set(y[proportions(y)["two classes"]].tolist()) == {0, 1}


def test_adapted_errors_are_those_with_statistics_of_the_new_rows():
    x, model = rows(500), network()
    y = outputs(model, x).argmax(2)[0]  # what the first network says
    higher = changes(x)["offset"]
    assert error(model, higher, y)[0] > 10
    assert adapted(model, higher, y)[0] < 1
    assert adapted(model, higher, y, rows=16)[0] > 5


def test_adapting_for_a_measurement_leaves_the_network_as_it_was():
    x, model = rows(), network()
    outputs(model, x)
    before = [t.detach().clone() for t in tensors(model)]
    adapted(model, x + 5, torch.zeros(len(x), dtype=torch.long), 64)
    for t, kept in zip(tensors(model), before, strict=True):
        assert torch.equal(t, kept)
    assert len(before) == 6 + 2 * 2 * 2


def test_a_network_is_kept_as_it_was_when_it_first_reached_the_level():
    x = rows(100)
    y = torch.zeros(100, dtype=torch.long)
    model = MLP([torch.zeros(2, 40, 10)])
    stopped = Stopped(x, y, level=5.0)
    for step in range(1, 4 * EVERY + 1):
        with torch.no_grad():
            # The first model says class 0 from the second look on, the other never does.
            model.biases[-1][0, 0, 0] = step if step >= 2 * EVERY else -1.0
            model.biases[-1][1, 0, 1] = step
        stopped(step, model)
    assert stopped.open.tolist() == [False, True]
    restore(model, stopped.kept)
    assert model.biases[-1][0, 0, 0].item() == 2 * EVERY
    assert model.biases[-1][1].isnan().all()


def test_a_state_holds_the_statistics_of_batch_norm_and_of_no_other():
    assert len(tensors(network("batch norm"))) == len(tensors(network("layer norm"))) + 4
    assert any(isinstance(norm, BatchNorm) for norm in network().norms)
