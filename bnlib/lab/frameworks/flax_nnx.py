"""Flax, asked: ``flax.nnx``, its modules that hold their own state."""

from __future__ import annotations

import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from bnlib.lab.frameworks import alike, observing
from bnlib.lab.frameworks.observing import BATCH, column, digits, moved, raised, uses

VERSION = flax.__version__


class NnxLayer:
    def __init__(self, norm: nnx.BatchNorm):
        self.norm = norm

    def train(self, x):
        self.norm.train()
        return np.array(self.norm(x))

    def infer(self, x):
        self.norm.eval()
        return np.array(self.norm(x))

    def numbers(self):
        norm = self.norm
        return tuple(np.array(v[...]) for v in (norm.scale, norm.bias, norm.mean, norm.var))


def new(features: int, **options) -> nnx.BatchNorm:
    return nnx.BatchNorm(features, rngs=nnx.Rngs(0), **options)


def make(features: int, **options) -> NnxLayer:
    return NnxLayer(new(features, **options))


def new_layer() -> str:
    """a new BatchNorm, called as it is"""
    x = column(1, 2, 3)
    return uses(np.array(new(1)(x)), x, (0.0, 1.0))


def momentum_none() -> str:
    """a call in training mode"""
    return raised(lambda: make(1, momentum=None).train(column(0, 2)))


def numbers_a_feature() -> str:
    """numbers in its Param and in its BatchStat variables for 8 features, divided by 8"""
    counts = []
    for kind in (nnx.Param, nnx.BatchStat):
        leaves = jax.tree.leaves(nnx.state(new(8), kind))
        counts.append(sum(leaf.size for leaf in leaves) / 8)
    return " and ".join(f"{count:g}" for count in counts)


def where_kept() -> str:
    """the names in its state, by kind of variable"""
    kinds = {"Param": nnx.Param, "BatchStat": nnx.BatchStat}
    names = {k: sorted(nnx.to_pure_dict(nnx.state(new(1), v))) for k, v in kinds.items()}
    return "; ".join(f"{kind}: {', '.join(own)}" for kind, own in names.items())


def running_variance_images() -> str:
    """channels last, one training batch; the running variance, 1 before, solved for the new one"""
    x = observing.images().transpose(0, 2, 3, 1)
    return observing.new_variance(make(1), observing.share(make), x, 24, "N H W")


def axis() -> str:
    """which size of num_features is taken without an error"""
    x = np.ones((2, 3, 4, 5), np.float32)
    fits = [a for a in range(4) if raised(lambda a=a: new(x.shape[a])(x)) == "no error"]
    return ", ".join(map(str, fits))


def wrong_layout() -> str:
    """BatchNorm(3) and a batch of shape (2, 3, 4, 5), channels first"""
    return raised(lambda: new(3)(np.ones((2, 3, 4, 5), np.float32)))


def large_mean() -> str:
    """standard deviation of the output for 1000 rows in training: within 1 % of 1 or not"""
    slow = alike.large_mean(make, use_fast_variance=False)
    return f"{alike.large_mean(make)}; with use_fast_variance=False: {slow}"


def mask() -> str:
    """rows 1 and 3 and a masked row 20, mask of shape (3, 1), momentum 0"""
    layer = make(1, momentum=0.0)
    y = layer.norm(column(1, 3, 20), mask=np.array([[True], [True], [False]]))
    return observing.masked(np.array(y).ravel(), layer.numbers()[2][0])


def without_step() -> str:
    """a call in training mode"""
    layer = make(1)
    return moved(layer, lambda: layer.train(column(1, 2, 3)))


def _step(layer: NnxLayer, x: np.ndarray) -> np.ndarray:
    """A training step whose gradient and optimizer leave out scale and bias; the layer's output."""
    model = nnx.Sequential(layer.norm, nnx.Linear(1, 1, rngs=nnx.Rngs(0)))
    trained = nnx.All(nnx.Param, nnx.PathContains("kernel"))
    optimizer = nnx.Optimizer(model, optax.sgd(0.1), wrt=trained)
    model.train()

    def loss(model, x):
        h = model.layers[0](x)
        return model.layers[1](h).sum(), h

    gradient, h = nnx.grad(loss, argnums=nnx.DiffState(0, trained), has_aux=True)(model, x)
    optimizer.update(model, gradient)
    return np.array(h)


def frozen_uses() -> str:
    """one training step whose gradient and optimizer leave out scale and bias"""
    x = column(1, 2, 3)
    return uses(_step(make(1), x), x, (0.0, 1.0))


def frozen_moves() -> str:
    """one training step whose gradient and optimizer leave out scale and bias"""
    layer = make(1)
    return moved(layer, lambda: _step(layer, column(1, 2, 3)))


def inference_then_train() -> str:
    """layer.eval(), then train() of the model that holds it, then a call"""
    model, x = nnx.Sequential(new(1)), column(1, 2, 3)
    model.layers[0].eval()
    model.train()
    return uses(np.array(model(x)), x, (0.0, 1.0))


def checkpointing() -> int:
    """how many shares of the new mean arrive in one step through nnx.remat"""
    norm = new(1)
    nnx.grad(lambda m, x: nnx.remat(lambda m, x: m(x))(m, x).sum())(norm, column(0, 2))
    means = [1 - 0.99**k for k in range(4)]
    return int(np.argmin(np.abs(np.array(means) - float(norm.mean[...][0]))))


HALVES = np.stack([column(1, 2, 3), column(11, 12, 13)])


def whose(y: np.ndarray) -> str:
    """By which rows the two halves were normalized, from their outputs (2, 3, 1)."""
    own = uses(y[0], HALVES[0], (0.0, 1.0)) == BATCH
    whole = uses(y.reshape(-1, 1), HALVES.reshape(-1, 1), (0.0, 1.0)) == BATCH
    return {(True, False): "its own half", (False, True): "the whole batch"}[own, whole]


def split() -> jax.Array:
    """Both halves as one array of six rows, three on each device."""
    mesh = Mesh(np.array(jax.devices()), ("batch",))
    return jax.device_put(HALVES.reshape(-1, 1), NamedSharding(mesh, PartitionSpec("batch")))


def _mapped(norm: nnx.BatchNorm) -> str:
    call = nnx.pmap(lambda norm, x: norm(x), in_axes=(None, 0), axis_name="devices")
    return whose(np.array(call(norm, HALVES)))


def devices() -> str:
    """nnx.pmap over two devices, rows around 2 and around 12"""
    return _mapped(new(1))


def devices_compiled() -> str:
    """nnx.jit of a call on an array that a NamedSharding splits over two devices"""
    y = nnx.jit(lambda norm, x: norm(x))(new(1), split())
    return whose(np.array(y).reshape(2, 3, 1))


def devices_together() -> str:
    """the same nnx.pmap, with axis_name="devices" for the map and for the layer"""
    return f"axis_name: then {_mapped(new(1, axis_name='devices'))}"


def half_input() -> str:
    """4096 rows around 8; the running mean against the one in float64, and the types"""
    layer = make(1, momentum=0.0)
    y = layer.norm(jnp.asarray(observing.rounded_rows(), jnp.bfloat16))
    return f"{observing.precision(layer.numbers()[2][0], str(layer.norm.mean.dtype))}, {y.dtype}"


def half_layer() -> str:
    """the type of mean of BatchNorm(dtype=bfloat16, param_dtype=bfloat16)"""
    return str(new(1, dtype=jnp.bfloat16, param_dtype=jnp.bfloat16).mean.dtype)


def half_layer_stuck() -> float:
    """the same layer, 2000 training batches of 0 and 2"""
    norm, x = new(1, dtype=jnp.bfloat16, param_dtype=jnp.bfloat16), jnp.asarray(column(0, 2))
    call = nnx.jit(lambda norm, x: norm(x))
    for _ in range(2000):
        call(norm, x)
    return digits(float(norm.mean[...][0]))


def layer_norm_eps() -> float:
    """solved from the output for a row of -0.001 and 0.001"""
    return observing.epsilon_of_row(nnx.LayerNorm(64, rngs=nnx.Rngs(0)))


def group_norm_eps() -> float:
    """the same, with one group"""
    return observing.epsilon_of_row(nnx.GroupNorm(64, num_groups=1, rngs=nnx.Rngs(0)))


def rms_norm_eps() -> float:
    """the same"""
    return observing.epsilon_of_row(nnx.RMSNorm(64, rngs=nnx.Rngs(0)))


def group_norm_groups() -> int:
    """64 channels, one of them changed: 64 divided by how many outputs move"""
    return observing.groups_of(lambda x: np.array(nnx.GroupNorm(64, rngs=nnx.Rngs(0))(x)))


def adamw_gamma() -> float:
    """optax.adamw, learning_rate 1"""
    scale = {"scale": jnp.ones(1)}
    optimizer = optax.adamw(1.0)
    gradient = {"scale": jnp.zeros(1)}
    updates, _ = optimizer.update(gradient, optimizer.init(scale), scale)
    return digits(float(optax.apply_updates(scale, updates)["scale"][0]), 6)
