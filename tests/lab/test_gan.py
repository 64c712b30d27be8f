"""The adversarial networks in the plane: their data, how they are scored, where batch norm is."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from bnlib.lab import gan
from bnlib.lab.gan import MODES, PLACES, RADIUS, SPREAD, centres, networks, real, scores
from bnlib.lab.nets import generator


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def points(rows=16, seed=0):
    return real(draw(seed), rows)[None]


def test_eight_modes_stand_evenly_on_a_circle():
    found = centres()
    assert found.shape == (MODES, 2)
    torch.testing.assert_close(found.norm(dim=1), torch.full((MODES,), RADIUS))
    gaps = (found - found.roll(1, 0)).norm(dim=1)
    torch.testing.assert_close(gaps, torch.full((MODES,), 2 * RADIUS * math.sin(math.pi / MODES)))


def test_real_points_lie_round_all_modes_equally():
    drawn = real(draw(), 80_000)
    away, nearest = torch.cdist(drawn, centres()).min(1)
    # Modes are 15 deviations apart, so the nearest one is the point's own.
    counts = nearest.bincount(minlength=MODES) / len(drawn)
    torch.testing.assert_close(counts, torch.full((MODES,), 1 / MODES), atol=0.006, rtol=0)
    assert away.square().mean().item() == pytest.approx(2 * SPREAD**2, rel=0.02)
    torch.testing.assert_close(drawn, real(draw(), 80_000))
    assert not torch.allclose(drawn, real(draw(1), 80_000))


def test_the_real_points_themselves_cover_all_modes():
    covered, good = scores(real(draw(), 2000)[None])
    assert covered.tolist() == [MODES]
    # Within three deviations in the plane: 1 - exp(-9/2).
    assert good.item() == pytest.approx(1 - math.exp(-4.5), abs=0.008)


def test_modes_are_counted_each_network_by_itself():
    one, other = centres()[[0, 3]].repeat(500, 1), centres()[[5]].repeat(1000, 1)
    covered, good = scores(torch.stack([one, other]))
    assert covered.tolist() == [2, 1]
    assert good.tolist() == [1.0, 1.0]


def test_a_point_is_good_within_three_deviations():
    outwards = centres()[2] / RADIUS
    inside, outside = (centres()[2] + reach * SPREAD * outwards for reach in (2.9, 3.1))
    assert scores(inside.expand(1, 100, 2))[1].item() == 1
    assert [part.item() for part in scores(outside.expand(1, 100, 2))] == [0, 0]


@pytest.mark.parametrize(("own", "covered"), [(31, 1), (32, 2)])
def test_a_mode_needs_a_quarter_of_its_share(own, covered):
    # Of 1,000 points an eighth is 125, and a quarter of that is 31.25.
    rows = torch.cat([centres()[[0]].expand(own, 2), centres()[[4]].expand(1000 - own, 2)])
    assert scores(rows[None])[0].item() == covered


def test_points_between_modes_cover_nothing():
    assert [p.item() for p in scores(torch.zeros(1, 1000, 2))] == [0, 0]


@pytest.mark.parametrize("place", PLACES)
def test_batch_norm_stands_where_it_is_said_to_and_nothing_else_differs(place):
    where = {"generator": (0,), "discriminator": (1,), "mixed": (1,), "both": (0, 1)}
    plain = networks([0, 1], 2, "none")
    for which, (net, other) in enumerate(zip(networks([0, 1], 2, place), plain, strict=True)):
        # Of the two hidden layers; behind the last weights there is none.
        assert [norm is not None for norm in net.norms] == [which in where.get(place, ())] * 2
        assert len(net.weights) == 3
        for own, same in zip(net.weights, other.weights, strict=True):
            torch.testing.assert_close(own, same)
            torch.testing.assert_close(own[0], own[1])
            assert not torch.allclose(own[0], own[2])
    made = plain[0](torch.randn(4, 5, gan.NOISE, generator=draw()), True)
    assert made.shape == (4, 5, 2)
    assert plain[1](made, True).shape == (4, 5, 1)


def judged(place, faked, mixed):
    judge = networks([0], 1, place)[1]
    return gan._judged(judge, points(), faked, mixed).item()


def test_without_batch_norm_it_does_not_matter_how_batches_are_put_together():
    faked = points(seed=1) + 0.3
    assert judged("none", faked, False) == pytest.approx(judged("none", faked, True), rel=1e-5)
    judge = networks([0], 1, "none")[1]
    fooled = [gan._fooled(judge, points(), faked, mixed) for mixed in (False, True)]
    torch.testing.assert_close(*fooled)


def test_the_losses_are_those_of_the_two_labels():
    judge = networks([0], 1, "none")[1]
    faked = points(seed=1) + 0.3
    said, of_faked = judge(points(), True), judge(faked, True)
    one, zero = torch.ones_like(said), torch.zeros_like(said)
    true = binary_cross_entropy_with_logits(said, one)
    true += binary_cross_entropy_with_logits(of_faked, zero)
    torch.testing.assert_close(gan._judged(judge, points(), faked, False)[0], true)
    want = binary_cross_entropy_with_logits(of_faked, one)
    torch.testing.assert_close(gan._fooled(judge, points(), faked, False)[0], want)


def test_in_batches_of_their_own_what_is_common_to_the_made_points_cannot_be_seen():
    near, far = points(seed=1), points(seed=1) + 5.0
    assert judged("discriminator", near, False) == pytest.approx(
        judged("discriminator", far, False), rel=1e-4
    )
    for place, mixed in (("mixed", True), ("none", False)):
        assert judged(place, near, mixed) != pytest.approx(judged(place, far, mixed), rel=0.05)


def test_in_a_mixed_batch_both_kinds_share_their_statistics():
    judge, faked = networks([0], 1, "mixed")[1], points(seed=1) + 0.5
    whole = judge(torch.cat([points(), faked], 1), True)[:, 16:]
    torch.testing.assert_close(
        gan._fooled(judge, points(), faked, True), torch.nn.functional.softplus(-whole).mean((1, 2))
    )
    assert not torch.allclose(whole, judge(faked, True), rtol=1e-3)


def test_a_step_of_the_generator_leaves_the_discriminator_as_it_was():
    make, judge = networks([0], 1, "none")
    before = [[p.detach().clone() for p in net.parameters()] for net in (make, judge)]
    noise = torch.randn(1, 16, gan.NOISE, generator=draw())
    loss = gan._fooled(judge, points(), make(noise, True), False)
    gan._move(make, loss, gan.Adam(torch.tensor([0.001])))
    for p, old in zip(judge.parameters(), before[1], strict=True):
        assert torch.equal(p, old)
    assert any(not torch.equal(p, old) for p, old in zip(make.parameters(), before[0], strict=True))
    # Downhill for the generator.
    assert gan._fooled(judge, points(), make(noise, True), False).item() < loss.item()


def test_every_place_sees_the_same_points_and_each_seed_its_own(monkeypatch):
    seen, judge = [], gan._judged
    monkeypatch.setattr(gan, "_judged", lambda *a: seen.append(a[1:3]) or judge(*a))
    monkeypatch.setattr(gan, "RATES", (0.001, 0.008))
    for place in ("none", "both"):
        gan._trained([0, 1], place, steps=2)
    (none, _), (later, _), (both, made), _ = seen
    torch.testing.assert_close(none, both)
    torch.testing.assert_close(none[0], none[1])
    assert not torch.allclose(none[0], none[2])
    assert not torch.allclose(none, later)
    assert not made.requires_grad


def test_looks_are_taken_with_the_running_statistics(monkeypatch):
    kept, shown, build, score = [], [], gan.networks, gan.scores
    monkeypatch.setattr(gan, "networks", lambda *a: kept.append(build(*a)) or kept[-1])
    monkeypatch.setattr(gan, "scores", lambda p: shown.append(p) or score(p))
    gan._trained([0], "generator", steps=6, every=3)
    noise = torch.randn(1000, gan.NOISE, generator=generator(0, "looks"))
    with torch.no_grad():
        make = kept[0][0]
        torch.testing.assert_close(shown[-1], make(noise[None], False))
        assert not torch.allclose(shown[-1], make(noise[None], True), rtol=1e-2)
    assert len(shown) == 2


def test_a_seed_gives_the_same_again_and_another_does_not():
    one, again, other = (gan._trained(s, "both", 12, every=4) for s in ([0], [0], [1]))
    assert one == again
    assert [r["good"] for r in one] != [r["good"] for r in other]
    assert [(r["rate"], r["step"]) for r in one] == [(q, s) for s in (4, 8, 12) for q in gan.RATES]
    assert {r["place"] for r in one} == {"both"}
    assert {r["seed"] for r in other} == {1}


def test_lower_rates_are_those_of_the_same_networks(monkeypatch):
    monkeypatch.setattr(gan, "LOWER", gan.RATES[:2])
    lower = gan.gan_lower(seeds=[0], steps=250)
    whole = gan.gan(seeds=[0], places=["generator"], steps=250)
    assert [r["rate"] for r in lower] == list(gan.RATES[:2])
    for one, other in zip(lower, whole, strict=False):
        assert one["place"] == other["place"] == "generator"
        assert one["good"] == pytest.approx(other["good"], abs=0.02)
