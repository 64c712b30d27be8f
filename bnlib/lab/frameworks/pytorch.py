"""PyTorch, asked: ``torch.nn`` and what stands around it."""

from __future__ import annotations

import functools
import os
import tempfile
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from bnlib.lab.frameworks import observing
from bnlib.lab.frameworks.observing import BATCH, column, digits, moved, raised, uses

VERSION = torch.__version__.split("+")[0]  # without the build: +cpu is the same library
STATISTICS = ("running_mean", "running_var")


class TorchLayer:
    def __init__(self, norm: nn.Module):
        self.norm = norm

    def train(self, x):
        return self.norm.train()(torch.from_numpy(x)).detach().numpy()

    def infer(self, x):
        return self.norm.eval()(torch.from_numpy(x)).detach().numpy()

    def numbers(self):
        state = self.norm.state_dict()
        return tuple(state[name].float().numpy().copy() for name in ("weight", "bias", *STATISTICS))


def make(features: int, **options) -> TorchLayer:
    return TorchLayer(nn.BatchNorm1d(features, **options))


def new_layer() -> str:
    """a new BatchNorm1d, called as it is"""
    x = column(1, 2, 3)
    return uses(nn.BatchNorm1d(1)(torch.from_numpy(x)).detach().numpy(), x, (0.0, 1.0))


def momentum_none() -> str:
    """two training batches of means 1 and 4: the running mean"""
    layer = make(1, momentum=None)
    layer.train(column(0, 2))
    layer.train(column(3, 5))
    return {2.5: "plain average over all batches"}[digits(layer.numbers()[2][0])]


def numbers_a_feature() -> str:
    """numbers in parameters() and in buffers() of BatchNorm1d(8), divided by 8"""
    norm = nn.BatchNorm1d(8)
    trained = sum(p.numel() for p in norm.parameters()) / 8
    running = sum(b.numel() for b in norm.buffers() if b.numel() == 8) / 8
    return f"{trained:g} and {running:g}"


def where_kept() -> str:
    """the keys of state_dict()"""
    return "state_dict: " + ", ".join(nn.BatchNorm1d(1).state_dict())


def running_variance_images() -> str:
    """BatchNorm2d, one training batch; the running variance, 1 before, solved for the new one"""
    layer, new = TorchLayer(nn.BatchNorm2d(1)), observing.share(make)
    return observing.new_variance(layer, new, observing.images(), 24, "N H W")


def axis() -> str:
    """which size BatchNorm2d takes without an error"""
    x = torch.randn(2, 3, 4, 5)
    fits = [a for a in range(4) if raised(lambda a=a: nn.BatchNorm2d(x.shape[a])(x)) == "no error"]
    return ", ".join(map(str, fits))


def wrong_layout() -> str:
    """BatchNorm2d(3) and a batch of shape (2, 4, 5, 3), channels last"""
    return raised(lambda: nn.BatchNorm2d(3)(torch.randn(2, 4, 5, 3)))


def mask() -> str:
    """calling a layer with mask="""
    error = raised(lambda: nn.BatchNorm1d(1)(torch.ones(3, 1), mask=torch.ones(3)))
    return f"not possible: {error}"


def without_step() -> str:
    """a call in training mode under torch.no_grad()"""
    layer = make(1)
    with torch.no_grad():
        return moved(layer, lambda: layer.train(column(1, 2, 3)))


def _frozen() -> TorchLayer:
    layer = make(1)
    for parameter in layer.norm.parameters():
        parameter.requires_grad = False
    return layer


def frozen_uses() -> str:
    """requires_grad = False for its parameters, then train() and a call"""
    x = column(1, 2, 3)
    return uses(_frozen().train(x), x, (0.0, 1.0))


def frozen_moves() -> str:
    """requires_grad = False for its parameters, then train() and a call"""
    layer = _frozen()
    return moved(layer, lambda: layer.train(column(1, 2, 3)))


def inference_then_train() -> str:
    """layer.eval(), then train() of the model that holds it, then a call"""
    model, x = nn.Sequential(nn.BatchNorm1d(1)), column(1, 2, 3)
    model[0].eval()
    return uses(model.train()(torch.from_numpy(x)).detach().numpy(), x, (0.0, 1.0))


def no_tracking() -> str:
    """track_running_stats=False, then eval() and a call"""
    x = column(1, 2, 3)
    return uses(make(1, track_running_stats=False).infer(x), x, (0.0, 1.0))


def checkpointing() -> int:
    """num_batches_tracked after a forward and a backward pass through checkpoint()"""
    norm = nn.BatchNorm1d(1)
    x = torch.tensor([[0.0], [2.0]], requires_grad=True)
    checkpoint(norm, x, use_reentrant=False).sum().backward()
    return int(norm.num_batches_tracked)


class Seen(NamedTuple):
    """What one of two processes saw under DistributedDataParallel."""

    output: torch.Tensor  # of its first forward pass
    first_mean: torch.Tensor  # the running mean behind it
    second_mean: torch.Tensor  # the running mean behind the next forward pass
    synchronized: torch.Tensor | str  # the output of SyncBatchNorm, or its error


def _worker(rank: int, folder: str) -> None:
    """One of two processes: a shard around 2 or around 12, two forward passes."""
    store = f"file://{folder}/store"
    torch.distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    model = nn.parallel.DistributedDataParallel(nn.Sequential(nn.BatchNorm1d(1)))
    mean = model.module[0].running_mean
    x = torch.from_numpy(column(1, 2, 3) + 10 * rank)
    y, first = model(x).detach(), mean.clone()
    model(x)
    together = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm1d(1)))
    error = raised(lambda: together(x))
    output = together(x).detach() if error == "no error" else error
    torch.save(tuple(Seen(y, first, mean.clone(), output)), f"{folder}/{rank}")
    torch.distributed.destroy_process_group()


@functools.cache
def _on_two_devices() -> list[Seen]:
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(_worker, (folder,), nprocs=2)
        return [Seen(*torch.load(os.path.join(folder, str(rank)))) for rank in range(2)]


def devices() -> str:
    """DistributedDataParallel with gloo on two processes, rows around 2 and around 12"""
    shards = [seen.output.numpy() for seen in _on_two_devices()]
    alone = [uses(y, column(1, 2, 3), (0.0, 1.0)) == BATCH for y in shards]
    return "its own half" if all(alone) else "the whole batch"


def devices_running() -> str:
    """the same two processes: the second one's running mean after its next forward pass"""
    one, two = _on_two_devices()
    # Before its own batch of mean 12 moved it again, the second device had what DDP handed out.
    before = (two.second_mean - 0.1 * 12) / 0.9
    names = {"overwritten by the first one's": one.first_mean, "its own": two.first_mean}
    names["the average of both"] = (one.first_mean + two.first_mean) / 2
    return next(name for name, mean in names.items() if torch.allclose(before, mean))


def devices_together() -> str:
    """a model that convert_sync_batchnorm has changed, called in the same two processes"""
    seen = _on_two_devices()[0].synchronized
    found = seen if isinstance(seen, str) else "no error"
    return f"SyncBatchNorm.convert_sync_batchnorm(model); on CPU: {found}"


def half_input() -> str:
    """4096 rows around 8; the running mean against the one in float64, and the types"""
    x = torch.from_numpy(observing.rounded_rows()).bfloat16()
    norm = nn.BatchNorm1d(1, momentum=1.0)
    y = norm(x)
    kept = observing.precision(norm.running_mean.item(), str(norm.running_mean.dtype)[6:])
    return f"{kept}, {str(y.dtype)[6:]}"


def half_layer() -> str:
    """the type of running_mean after layer.bfloat16()"""
    return str(nn.BatchNorm1d(1).bfloat16().running_mean.dtype)[6:]


def half_layer_stuck() -> float:
    """layer.bfloat16(), 2000 training batches of 0 and 2"""
    norm, x = nn.BatchNorm1d(1).bfloat16(), torch.tensor([[0.0], [2.0]], dtype=torch.bfloat16)
    for _ in range(2000):
        norm(x)
    return digits(norm.running_mean.item())


def layer_norm_eps() -> float:
    """solved from the output for a row of -0.001 and 0.001"""
    return observing.epsilon_of_row(
        lambda x: nn.LayerNorm(64)(torch.from_numpy(x)).detach().numpy()
    )


def group_norm_eps() -> float:
    """the same, with one group"""
    norm = nn.GroupNorm(1, 64)
    return observing.epsilon_of_row(lambda x: norm(torch.from_numpy(x)).detach().numpy())


def rms_norm_eps() -> float:
    """the same"""
    return observing.epsilon_of_row(lambda x: nn.RMSNorm(64)(torch.from_numpy(x)).detach().numpy())


def group_norm_groups() -> str:
    """GroupNorm(num_channels=64), without a number of groups"""
    return f"none: {raised(lambda: nn.GroupNorm(num_channels=64))}"


def adamw_gamma() -> float:
    """torch.optim.AdamW over parameters(), lr 1"""
    norm = nn.BatchNorm1d(1)
    optimizer = torch.optim.AdamW(norm.parameters(), lr=1.0)
    norm.weight.grad, norm.bias.grad = torch.zeros(1), torch.zeros(1)
    optimizer.step()
    return digits(norm.weight.item())
