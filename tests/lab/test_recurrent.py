"""Recurrent networks: against PyTorch's own, and what the steps share and what they do not."""

import math

import pytest
import torch

from bnlib.lab import recurrent
from bnlib.lab.recurrent import NORMS, RNN, TASKS, WIDTH, Task, step_norms

PARTS, SIZE = 3, 4


def rows(count=64, seed=1):
    return torch.randn(1, count, PARTS * SIZE, generator=torch.Generator().manual_seed(seed))


def network(kind, seeds=(0,), copies=1, gamma=None):
    return RNN(seeds, copies, kind, PARTS * SIZE, PARTS, gamma)


def before_norm(net, x, states):
    """x_t W_x + h_{t-1} W_h of each step, from the states."""
    last = [torch.zeros_like(states[0]), *states[:-1]]
    return [p @ net.reads + h @ net.turns for p, h in zip(x.split(SIZE, 2), last, strict=True)]


def test_without_a_norm_it_is_the_network_of_pytorch():
    net = network("none")
    net.shift.data.normal_(generator=torch.Generator().manual_seed(2))
    other = torch.nn.RNN(SIZE, WIDTH, batch_first=True)
    with torch.no_grad():
        other.weight_ih_l0.copy_(net.reads[0].T)
        other.weight_hh_l0.copy_(net.turns[0].T)
        other.bias_ih_l0.copy_(net.shift[0, 0])
        other.bias_hh_l0.zero_()
    x = rows()
    out, _ = other(x[0].unflatten(1, (PARTS, SIZE)))
    torch.testing.assert_close(torch.stack(net.states(x, True), 2)[0], out)
    torch.testing.assert_close(net(x, False)[0], out[:, -1] @ net.head[0] + net.bias[0])


@pytest.mark.parametrize("kind", ["each step", "all steps"])
def test_in_training_each_step_is_normalized_by_its_own_batch(kind):
    net, x = network(kind), rows()
    states = net.states(x, True)
    for z, h in zip(before_norm(net, x, states), states, strict=True):
        z = (z - z.mean(1, keepdim=True)) / (z.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
        torch.testing.assert_close(h, torch.tanh(0.1 * z), rtol=1e-4, atol=1e-5)


def test_layer_norm_measures_on_the_row():
    net, x = network("layer"), rows()
    states = net.states(x, True)
    for z, h in zip(before_norm(net, x, states), states, strict=True):
        z = torch.nn.functional.layer_norm(z, (WIDTH,))
        torch.testing.assert_close(h, torch.tanh(z), rtol=1e-4, atol=1e-5)


def test_each_step_keeps_statistics_of_its_own_and_shares_gamma_and_beta():
    net, x = network("each step"), rows()
    states = net.states(x, True)
    for norm, z in zip(net.norms, before_norm(net, x, states), strict=True):
        torch.testing.assert_close(norm.running_mean, 0.1 * z.mean(1, keepdim=True))
        torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * z.var(1, keepdim=True))
        assert norm.gamma is net.norms[0].gamma
        assert norm.beta is net.norms[0].beta
    assert len(net.parameters()) == 7


def test_one_pair_for_all_steps_is_moved_by_each_of_them():
    net, x = network("all steps"), rows()
    states = net.states(x, True)
    mean, var = torch.zeros(1, 1, WIDTH), torch.ones(1, 1, WIDTH)
    for z in before_norm(net, x, states):
        mean = 0.9 * mean + 0.1 * z.mean(1, keepdim=True)
        var = 0.9 * var + 0.1 * z.var(1, keepdim=True)
    assert len({id(norm) for norm in net.norms}) == 1
    torch.testing.assert_close(net.norms[0].running_mean, mean)
    torch.testing.assert_close(net.norms[0].running_var, var)


@pytest.mark.parametrize("kind", NORMS)
def test_at_test_a_row_is_read_as_if_it_were_alone(kind):
    net = network(kind)
    net.states(rows(seed=2), True)  # so that the averages are not those of the start
    x = rows()
    torch.testing.assert_close(net(x[:, :1], False), net(x, False)[:, :1])


def test_in_training_the_rows_of_a_group_know_of_each_other_and_of_no_others():
    x = rows()
    other = x.clone()
    other[:, 5] += 3.0
    for kind, touched in (("each step, groups of 4", [4, 5, 6, 7]), ("layer", [5])):
        net = network(kind)
        change = (net(x, True) - net(other, True)).abs().amax((0, 2))
        assert torch.nonzero(change > 1e-4).flatten().tolist() == touched


def test_a_state_has_read_the_parts_up_to_its_step():
    net, x = network("none"), rows()
    other = x.clone()
    other[:, :, SIZE] += 1.0  # the first number of the second part
    states = [net.states(v, False) for v in (x, other)]
    same = [torch.equal(a, b) for a, b in zip(*states, strict=True)]
    assert same == [True, False, False]


@pytest.mark.parametrize(("name", "size"), [("digits", 8), ("MNIST-1D", 4)])
def test_rows_divide_into_their_parts(name, size):
    task = TASKS[name]
    data = task.data()
    assert data.x_train.shape[1] == task.parts * size
    assert set(data.y_train.tolist()) == set(range(10))
    net = RNN([0], 1, "none", data.x_train.shape[1], task.parts)
    assert len(net.states(data.x_test[None, :2], False)) == task.parts


def test_networks_of_all_kinds_begin_alike_and_seeds_do_not():
    first = network("none", seeds=(0, 1), copies=2)
    for kind in NORMS:
        net = network(kind, seeds=(1,))
        for name in ("reads", "turns", "head"):
            own, other = getattr(net, name), getattr(first, name)
            torch.testing.assert_close(own[0], other[2])
            torch.testing.assert_close(own[0], other[3])
            assert not torch.allclose(own[0], other[0])
    eye = torch.eye(WIDTH).expand(4, -1, -1)
    torch.testing.assert_close(first.turns @ first.turns.mT, eye, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("kind", "gamma", "first"),
    [("each step", None, 0.1), ("layer", None, 1.0), ("all steps", 1.0, 1.0), ("layer", 0.1, 0.1)],
)
def test_gamma_begins_where_it_should(kind, gamma, first):
    for norm in step_norms(kind, 2, PARTS, gamma):
        assert (norm.gamma == first).all()
        assert norm.gamma.requires_grad


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(recurrent, "RATES", (1e-3, 16e-3))
    return Task(TASKS["digits"].data, 8, 40)


def test_what_is_kept_for_inference_changes_nothing_in_training(short):
    each, pooled = (recurrent._trained(short, k, [0, 1]) for k in ("each step", "all steps"))
    torch.testing.assert_close(each.loss, pooled.loss)
    assert not torch.allclose(each.accuracy, pooled.accuracy)
    assert each.mended.isfinite().all()
    assert not torch.allclose(each.mended, each.accuracy)
    assert pooled.mended.isnan().all()


def test_a_seed_gives_the_same_again_alone_too_and_another_does_not(short):
    both, again, alone = (recurrent._trained(short, "none", s) for s in ([0, 1], [0, 1], [1]))
    for one, other in zip(both, again, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
    torch.testing.assert_close(alone.loss, both.loss[2:], rtol=1e-3, atol=1e-4)
    assert not torch.allclose(both.loss[:2], both.loss[2:], rtol=1e-3)
    assert (both.loss < math.log(10)).all()


def test_rows_say_what_they_are_of(short, monkeypatch):
    monkeypatch.setattr(recurrent, "TASKS", {"digits": short})
    plain = recurrent.recurrent(seeds=[3, 4], tasks=["digits"], norms=["none"])
    other = recurrent.recurrent_gamma(seeds=[3], tasks=["digits"], starts=[("layer", 1.0)])
    assert [(r["seed"], r["rate"]) for r in plain] == [(3, 1e-3), (3, 16e-3), (4, 1e-3), (4, 16e-3)]
    loss, right, _ = recurrent._trained(short, "none", [3, 4])
    assert [r["choosing"] for r in plain] == loss.tolist()
    assert [r["accuracy"] for r in plain] == right.tolist()
    # Layer norm with gamma from 1 is what the first experiment has.
    same = recurrent.recurrent(seeds=[3], tasks=["digits"], norms=["layer"])
    assert [r["accuracy"] for r in other] == [r["accuracy"] for r in same]
