"""Flax, asked: ``flax.linen``, its modules whose state goes in and comes out.

Only where linen differs from NNX, or where the answer is spelled differently.
"""

from __future__ import annotations

import flax
import jax
import numpy as np
from flax import linen

from bnlib.lab.frameworks import alike, flax_nnx, observing
from bnlib.lab.frameworks.observing import column, raised, uses

VERSION = flax.__version__
STATISTICS = "batch_stats"


class LinenLayer:
    def __init__(self, norm: linen.BatchNorm, shape: tuple[int, ...]):
        self.norm = norm
        x = np.zeros(shape, np.float32)
        self.variables = norm.init(jax.random.key(0), x, use_running_average=False)

    def train(self, x):
        y, state = self.norm.apply(
            self.variables, x, use_running_average=False, mutable=[STATISTICS]
        )
        self.variables = {**self.variables, **state}
        return np.array(y)

    def infer(self, x):
        return np.array(self.norm.apply(self.variables, x, use_running_average=True))

    def numbers(self):
        own, kept = self.variables["params"], self.variables[STATISTICS]
        return tuple(map(np.array, (own["scale"], own["bias"], kept["mean"], kept["var"])))


def make(features: int, **options) -> LinenLayer:
    return LinenLayer(linen.BatchNorm(**options), (2, features))


def new_layer() -> str:
    """a new BatchNorm, called without use_running_average"""
    norm = linen.BatchNorm()
    return raised(lambda: norm.init(jax.random.key(0), column(1, 2, 3)))


def momentum_none() -> str:
    """a call in training mode"""
    return raised(lambda: make(1, momentum=None).train(column(0, 2)))


def numbers_a_feature() -> str:
    """numbers in the collections params and batch_stats for 8 features, divided by 8"""
    variables = make(8).variables
    sizes = [sum(v.size for v in variables[name].values()) / 8 for name in ("params", STATISTICS)]
    return " and ".join(f"{size:g}" for size in sizes)


def where_kept() -> str:
    """the names in the collections that init() returns"""
    variables = make(1).variables
    return "; ".join(f"{name}: {', '.join(sorted(own))}" for name, own in variables.items())


def running_variance_images() -> str:
    """channels last, one training batch; the running variance, 1 before, solved for the new one"""
    x = observing.images().transpose(0, 2, 3, 1)
    layer = LinenLayer(linen.BatchNorm(), x.shape)
    return observing.new_variance(layer, observing.share(make), x, 24, "N H W")


def axis() -> str:
    """the axis whose size the layer's scale has"""
    layer = LinenLayer(linen.BatchNorm(), (2, 3, 4, 5))
    return str((2, 3, 4, 5).index(layer.numbers()[0].shape[0]))


def wrong_layout() -> str:
    """a batch of shape (2, 3, 4, 5), channels first"""
    size = LinenLayer(linen.BatchNorm(), (2, 3, 4, 5)).numbers()[0].shape[0]
    return f"no error: statistics of the last axis, {size} of them"


def large_mean() -> str:
    """standard deviation of the output for 1000 rows in training: within 1 % of 1 or not"""
    slow = alike.large_mean(make, use_fast_variance=False)
    return f"{alike.large_mean(make)}; with use_fast_variance=False: {slow}"


def without_step() -> str:
    """a call in training mode whose new state is thrown away, and one without mutable="""
    layer, x = make(1), column(1, 2, 3)

    def call(**options):
        layer.norm.apply(layer.variables, x, use_running_average=False, **options)

    kept = observing.moved(layer, lambda: call(mutable=[STATISTICS]))
    return f"{kept}: the new ones are returned; without mutable= {raised(call)}"


def frozen_uses() -> str:
    """params held constant; a call with use_running_average=False"""
    x = column(1, 2, 3)
    return uses(make(1).train(x), x, (0.0, 1.0))


def frozen_moves() -> str:
    """params held constant; a call with use_running_average=False and mutable="""
    layer = make(1)
    return observing.moved(layer, lambda: layer.train(column(1, 2, 3)))


def inference_then_train() -> str:
    """use_running_average=True in the layer, False in the call"""
    norm, x = linen.BatchNorm(use_running_average=True), column(1, 2, 3)
    error = raised(lambda: norm.init(jax.random.key(0), x, use_running_average=False))
    if error != "no error":
        return error
    variables = norm.init(jax.random.key(0), x)
    y, _ = norm.apply(variables, x, use_running_average=False, mutable=[STATISTICS])
    return uses(np.array(y), x, (0.0, 1.0))


def devices_compiled() -> str:
    """jax.jit of a call on an array that a NamedSharding splits over two devices"""
    layer = make(1)

    @jax.jit
    def call(variables, x):
        return layer.norm.apply(variables, x, use_running_average=False, mutable=[STATISTICS])[0]

    y = call(layer.variables, flax_nnx.split())
    return flax_nnx.whose(np.array(y).reshape(2, 3, 1))


def _mapped(**options) -> str:
    layer = make(1, **options)

    def call(x):
        return layer.norm.apply(
            layer.variables, x, use_running_average=False, mutable=[STATISTICS]
        )[0]

    return flax_nnx.whose(np.array(jax.pmap(call, axis_name="devices")(flax_nnx.HALVES)))


def devices() -> str:
    """jax.pmap over two devices, rows around 2 and around 12"""
    return _mapped()


def devices_together() -> str:
    """the same jax.pmap, with axis_name="devices" for the map and for the layer"""
    return f"axis_name: then {_mapped(axis_name='devices')}"
