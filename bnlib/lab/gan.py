"""Claim 26: batch norm in a generative adversarial network, on points in the plane.

Eight small Gaussians stand on a circle. A generator turns noise into points, a discriminator
tells them from real ones; both are networks of two hidden layers. A mode is covered if enough of
the generated points lie near it; a point is good if it lies within three deviations of a mode.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights, generator
from bnlib.lab.progress import progress
from bnlib.lab.training import Adam

MODES, RADIUS, SPREAD = 8, 2.0, 0.1
NOISE, WIDTH, BATCH = 8, 64, 128
RATES = (1e-3, 2e-3, 4e-3, 8e-3)
# Below the grid: with batch norm in the generator the best rate was the lowest.
LOWER = (2.5e-4, 5e-4)
# Where batch norm stands; "mixed" is in the discriminator, with real and made points in one batch.
PLACES = ("none", "generator", "discriminator", "mixed", "both")


def centres() -> Tensor:
    """The middles of the modes, (8, 2)."""
    angle = torch.arange(MODES) * (2 * math.pi / MODES)
    return RADIUS * torch.stack([angle.cos(), angle.sin()], dim=1)


def real(draw: torch.Generator, rows: int) -> Tensor:
    """Points of the mixture, (rows, 2)."""
    mode = torch.randint(MODES, (rows,), generator=draw)
    return centres()[mode] + SPREAD * torch.randn(rows, 2, generator=draw)


def scores(points: Tensor) -> tuple[Tensor, Tensor]:
    """Modes covered and share of good points, (M,) each. points: (M, N, 2).

    A mode is covered if it has a quarter of the good points that it would have if all were good
    and spread evenly.
    """
    distance, nearest = torch.cdist(points, centres().expand(len(points), -1, -1)).min(2)
    good = distance < 3 * SPREAD
    counts = torch.stack([(good & (nearest == mode)).sum(1) for mode in range(MODES)], dim=1)
    return (counts >= points.shape[1] / MODES / 4).sum(1), good.float().mean(1)


def networks(seeds: Sequence[int], copies: int, place: str) -> tuple[MLP, MLP]:
    """Generator and discriminator; batch norm never at the points themselves."""

    def build(widths: Sequence[int], offset: int, normed: bool) -> MLP:
        weights = first_weights([s + offset for s in seeds], widths)
        repeated = [w.repeat_interleave(copies, 0) for w in weights]
        return MLP(repeated, BatchNorm if normed else None)

    return (
        build((NOISE, WIDTH, WIDTH, 2), 0, place in ("generator", "both")),
        build((2, WIDTH, WIDTH, 1), 10_000, place in ("discriminator", "mixed", "both")),
    )


@experiment(
    "gan",
    seeds=range(8),
    keys=("place", "rate", "seed", "step"),
    small={"seeds": (0,), "places": ("both",), "steps": 250},
    # The first look alone: later, another rounding has become another network.
    tolerance=0.05,
)
def gan(seeds: Sequence[int], places: Sequence[str] = PLACES, steps: int = 3000) -> Rows:
    """Claim 26: modes covered and share of good points, with batch norm at four places."""
    rows = []
    for place in progress(places, "adversarial networks"):
        rows += _trained(seeds, place, steps)
    return rows


@experiment(
    "gan_lower",
    seeds=range(8),
    keys=("place", "rate", "seed", "step"),
    small={"seeds": (0,), "steps": 250},
    tolerance=0.05,
)
def gan_lower(seeds: Sequence[int], steps: int = 3000) -> Rows:
    """The same with batch norm in the generator, at rates below the grid."""
    return _trained(seeds, "generator", steps, grid=LOWER)


def _trained(
    seeds: Sequence[int],
    place: str,
    steps: int,
    every: int = 250,
    grid: tuple[float, ...] | None = None,
) -> Rows:
    grid = grid or RATES
    copies, rows = len(grid), []
    make, judge = networks(seeds, copies, place)
    rates = torch.tensor(grid * len(seeds))
    movers = [Adam(rates, betas=(0.5, 0.999)) for _ in (make, judge)]
    draws = [generator(seed, "points and noise") for seed in seeds]
    fixed = torch.stack([torch.randn(1000, NOISE, generator=generator(s, "looks")) for s in seeds])
    fixed = fixed.repeat_interleave(copies, 0)
    for step in range(1, steps + 1):
        drawn = [(real(d, BATCH), *torch.randn(2, BATCH, NOISE, generator=d)) for d in draws]
        points, first, second = (
            torch.stack(part).repeat_interleave(copies, 0) for part in zip(*drawn, strict=True)
        )
        with torch.no_grad():
            faked = make(first, True)
        _move(judge, _judged(judge, points, faked, place == "mixed"), movers[1])
        _move(make, _fooled(judge, points, make(second, True), place == "mixed"), movers[0])
        if step % every == 0:
            with torch.no_grad():
                covered, good = scores(make(fixed, False))
            for model in range(make.models):
                where = {"place": place, "rate": grid[model % copies]}
                where |= {"seed": seeds[model // copies], "step": step}
                rows.append(where | {"modes": covered[model].item(), "good": good[model].item()})
    return rows


def _judged(judge: MLP, points: Tensor, faked: Tensor, mixed: bool) -> Tensor:
    """The discriminator's loss, (M,): real and made points as two batches, or as one."""
    if mixed:
        real_logits, made_logits = judge(torch.cat([points, faked], 1), True).chunk(2, 1)
    else:
        real_logits, made_logits = judge(points, True), judge(faked, True)
    return softplus(-real_logits).mean((1, 2)) + softplus(made_logits).mean((1, 2))


def _fooled(judge: MLP, points: Tensor, faked: Tensor, mixed: bool) -> Tensor:
    """The generator's loss, (M,); it wants what it made to be taken for real."""
    logits = judge(torch.cat([points, faked], 1), True) if mixed else judge(faked, True)
    return softplus(-logits[:, -faked.shape[1] :]).mean((1, 2))


def _move(net: MLP, loss: Tensor, optimizer: Adam) -> None:
    parameters = net.parameters()
    gradients = torch.autograd.grad(loss.sum(), parameters)
    with torch.no_grad():
        optimizer.step(parameters, gradients)
