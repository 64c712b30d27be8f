"""Many models trained at once are the same models trained one after the other."""

import itertools

import pytest
import torch
from torch import nn

from bnlib.lab import training
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import SGD, Adam, Data, batches, train

SEEDS = (3, 7)
WIDTHS = (6, 5, 4, 3)


@pytest.fixture
def data():
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(50, 6, generator=draw)
    y = torch.randint(3, (50,), generator=draw)
    return Data(x[:40], y[:40], x[40:], y[40:])


def alone(mlp, m, norm):
    """PyTorch's own network with the weights of model m."""
    layers = []
    for w, b in zip(mlp.weights, mlp.biases, strict=True):
        linear = nn.Linear(*w.shape[1:])
        linear.weight.data, linear.bias.data = w[m].detach().T.clone(), b[m, 0].detach().clone()
        layers += [linear, nn.BatchNorm1d(w.shape[2]) if norm else nn.Identity(), nn.ReLU()]
    return nn.Sequential(*layers[:-2])


@pytest.mark.parametrize("norm", [None, BatchNorm])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda r: SGD(r), lambda p, r: torch.optim.SGD(p, r)),
        (
            lambda r: SGD(r, momentum=0.9, decay=0.01),
            lambda p, r: torch.optim.SGD(p, r, momentum=0.9, weight_decay=0.01),
        ),
        (lambda r: Adam(r), lambda p, r: torch.optim.Adam(p, r)),
    ],
    ids=["sgd", "momentum and decay", "adam"],
)
def test_each_model_is_trained_as_torch_trains_it(data, norm, ours, theirs):
    rates = torch.tensor([0.02, 0.1])
    weights = [w.repeat_interleave(2, 0) for w in first_weights(SEEDS, WIDTHS)]
    mlp = MLP(weights, norm)
    singles = [alone(mlp, m, norm) for m in range(4)]
    order = batches(SEEDS, 40, 8, 7)
    got = torch.stack(list(train(mlp, data, order, ours(rates.repeat(2)), copies=2)))
    for m, net in enumerate(singles):
        optimizer = theirs(net.parameters(), rates[m % 2].item())
        for step, rows in enumerate(order[:, m // 2]):
            loss = nn.functional.cross_entropy(net(data.x_train[rows]), data.y_train[rows])
            assert got[step, m].item() == pytest.approx(loss.item(), rel=2e-3), (m, step)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            right = (net(data.x_test).argmax(1) == data.y_test).float().mean()
        assert training.accuracy(mlp, data.x_test, data.y_test)[m] == right


def test_a_model_that_diverges_leaves_the_others_alone(data):
    def final(rates):
        weights = [w.repeat_interleave(len(rates), 0) for w in first_weights((1,), WIDTHS)]
        mlp = MLP(weights, activation="linear")
        order = batches((1,), 40, 8, 30)
        *_, last = train(mlp, data, order, SGD(torch.tensor(rates)), copies=len(rates))
        return last

    alone, beside = final([0.05]), final([0.05, 1e8])
    assert not torch.isfinite(beside[1])
    torch.testing.assert_close(beside[0], alone[0])


def test_a_seed_has_its_draws_whatever_the_others_are():
    few, many = first_weights((5,), WIDTHS), first_weights((1, 5, 9), WIDTHS)
    for one, all_ in zip(few, many, strict=True):
        torch.testing.assert_close(one[0], all_[1], rtol=0, atol=0)
    assert torch.equal(batches((5,), 40, 8, 9)[:, 0], batches((1, 5), 40, 8, 9)[:, 1])
    assert not torch.equal(batches((5,), 40, 8, 9), batches((6,), 40, 8, 9))


def test_the_first_weights_have_the_variance_that_was_asked_for():
    one, two = first_weights(range(4), (200, 100, 50), gain=2.0)
    assert one.var() == pytest.approx(2 / 200, rel=0.02)
    assert two.var() == pytest.approx(1 / 100, rel=0.05)


def test_an_epoch_shows_each_row_once_and_leaves_out_what_fills_no_batch():
    order = batches((0,), 10, 4, 5)[:, 0]
    for first in (0, 2):
        seen = order[first : first + 2].flatten().tolist()
        assert len(set(seen)) == 8
    assert order.shape == (5, 4)
    with pytest.raises(ValueError, match="11 cannot be drawn from 10"):
        batches((0,), 10, 11, 1)


def test_a_wrong_number_of_models_is_refused(data):
    mlp = MLP(first_weights(SEEDS, WIDTHS))
    with pytest.raises(ValueError, match="2 models need batches for 1 seeds"):
        next(train(mlp, data, batches(SEEDS, 40, 8, 1), SGD(torch.ones(2)), copies=2))


def test_recomputed_statistics_are_those_of_all_rows():
    x = torch.randn(40, 6, generator=torch.Generator().manual_seed(4)) * 3 + 1
    mlp = MLP(first_weights(SEEDS, (6, 5, 3)), BatchNorm)
    training.recompute(mlp, x, mlp.norms, size=40)
    z = torch.baddbmm(mlp.biases[0], x.expand(2, -1, -1), mlp.weights[0]).detach()
    torch.testing.assert_close(mlp.norms[0].running_mean, z.mean(1, keepdim=True))
    torch.testing.assert_close(mlp.norms[0].running_var, z.var(1, keepdim=True))
    assert mlp.norms[0].momentum == 0.1
    # In parts: every part counts alike.
    training.recompute(mlp, x, mlp.norms, size=10)
    torch.testing.assert_close(mlp.norms[0].running_mean, z.mean(1, keepdim=True))


def test_steps_to_a_level():
    values = [torch.tensor(v) for v in ([0.1, 0.95, 0.2], [0.91, 0.5, 0.3], [0.95, 0.99, 0.4])]
    found = training.steps_to(0.9, values, every=5)
    assert found[:2].tolist() == [10.0, 5.0]
    assert torch.isnan(found[2])


def test_where_the_norm_stands(data):
    weights = first_weights((0,), WIDTHS)
    before, after = MLP(weights, BatchNorm), MLP(weights, BatchNorm, after=True)
    x = data.x_train[None]
    for h in before.hidden(x, True):
        assert (h >= 0).all()
    for h in after.hidden(x, True):
        torch.testing.assert_close(h.mean(1), torch.zeros(1, h.shape[2]), atol=1e-5, rtol=0)
    names = [[p.shape[-1] for p in net.parameters()] for net in (before, after)]
    assert names[0] == names[1] == list(itertools.chain(WIDTHS[1:], WIDTHS[1:], [5, 5, 4, 4]))
