"""Keras 3, asked on its PyTorch backend (or on that which KERAS_BACKEND names)."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from bnlib.lab.frameworks import observing
from bnlib.lab.frameworks.observing import column, digits, moved, raised, uses

VERSION = keras.__version__


def array(x) -> np.ndarray:
    # A copy: on the PyTorch backend the array would change with the variable.
    return np.array(ops.convert_to_numpy(x))


class KerasLayer:
    def __init__(self, norm: layers.Layer, shape: tuple[int, ...]):
        self.norm = norm
        norm.build(shape)

    def train(self, x):
        return array(self.norm(x, training=True))

    def infer(self, x):
        return array(self.norm(x, training=False))

    def numbers(self):
        norm = self.norm
        return tuple(map(array, (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)))


def make(features: int, **options) -> KerasLayer:
    return KerasLayer(layers.BatchNormalization(**options), (None, features))


def new_layer() -> str:
    """a new BatchNormalization, called without training="""
    x = column(1, 2, 3)
    return uses(array(layers.BatchNormalization()(x)), x, (0.0, 1.0))


def momentum_none() -> str:
    """making a layer with it"""
    return raised(lambda: layers.BatchNormalization(momentum=None))


def numbers_a_feature() -> str:
    """numbers in trainable_weights and in non_trainable_weights for 8 features, divided by 8"""
    norm = make(8).norm
    kinds = (norm.trainable_weights, norm.non_trainable_weights)
    return " and ".join(f"{sum(w.shape[0] for w in kind) / 8:g}" for kind in kinds)


def where_kept() -> str:
    """the names of its weights, in their order"""
    return "weights: " + ", ".join(w.name for w in make(1).norm.weights)


def running_variance_images() -> str:
    """channels last, one training batch; the running variance, 1 before, solved for the new one"""
    layer = KerasLayer(layers.BatchNormalization(), (None, 2, 3, 1))
    x = observing.images().transpose(0, 2, 3, 1)
    return observing.new_variance(layer, observing.share(make), x, 24, "N H W")


def axis() -> str:
    """the axis whose size the layer's gamma has"""
    norm = KerasLayer(layers.BatchNormalization(), (2, 3, 4, 5)).norm
    return str((2, 3, 4, 5).index(norm.gamma.shape[0]))


def wrong_layout() -> str:
    """a batch of shape (2, 3, 4, 5), channels first"""
    norm = layers.BatchNormalization()
    error = raised(lambda: norm(np.ones((2, 3, 4, 5), np.float32)))
    return f"{error}: statistics of the last axis, {norm.gamma.shape[0]} of them"


def mask() -> str:
    """rows 1 and 3 and a masked row 20 in one sequence, two features, momentum 0"""
    # Two: with a single feature Keras 3.15 ends in an error of its own here.
    layer = KerasLayer(layers.BatchNormalization(momentum=0.0), (None, 3, 2))
    rows = np.repeat(column(1, 3, 20), 2, axis=1)[None]
    y = layer.norm(rows, training=True, mask=np.array([[True, True, False]]))
    return observing.masked(array(y)[0, :, 0], layer.numbers()[2][0])


def without_step() -> str:
    """a call with training=True"""
    layer = make(1)
    return moved(layer, lambda: layer.train(column(1, 2, 3)))


def _frozen() -> KerasLayer:
    layer = make(1)
    layer.norm.trainable = False
    return layer


def frozen_uses() -> str:
    """layer.trainable = False, then a call with training=True"""
    x = column(1, 2, 3)
    return uses(_frozen().train(x), x, (0.0, 1.0))


def frozen_moves() -> str:
    """layer.trainable = False, then a call with training=True"""
    layer = _frozen()
    return moved(layer, lambda: layer.train(column(1, 2, 3)))


def frozen_after_compile() -> str:
    """compile(), one batch, layer.trainable = False, one batch more through train_on_batch"""
    model = keras.Sequential([keras.Input((1,)), layers.BatchNormalization(), layers.Dense(1)])
    model.compile("sgd", "mse")
    x, norm = column(1, 2, 3), model.layers[0]
    model.train_on_batch(x, x)
    norm.trainable = False
    before = array(norm.moving_mean)
    error = raised(lambda: model.train_on_batch(x, x))
    if error != "no error":
        return error
    return "no" if np.array_equal(before, array(norm.moving_mean)) else "yes"


def inference_then_train() -> str:
    """layer.trainable = False, then a call of the model that holds it with training=True"""
    model = keras.Sequential([keras.Input((1,)), layers.BatchNormalization()])
    model.layers[0].trainable = False
    x = column(1, 2, 3)
    return uses(array(model(x, training=True)), x, (0.0, 1.0))


def devices_together() -> str:
    """making a layer with synchronized=True"""
    error = raised(lambda: layers.BatchNormalization(synchronized=True))
    return f"synchronized=True; on the {keras.backend.backend()} backend: {error}"


def half_input() -> str:
    """4096 rows around 8; the running mean against the one in float64, and the types"""
    layer = make(1, momentum=0.0)
    y = layer.norm(ops.cast(observing.rounded_rows(), "bfloat16"), training=True)
    kept = observing.precision(layer.numbers()[2][0], layer.norm.moving_mean.dtype)
    return f"{kept}, {keras.backend.standardize_dtype(y.dtype)}"


def half_layer() -> str:
    """the type of moving_mean of BatchNormalization(dtype="bfloat16")"""
    return make(1, dtype="bfloat16").norm.moving_mean.dtype


def half_layer_stuck() -> float:
    """dtype="bfloat16", 2000 training batches of 0 and 2"""
    norm, x = make(1, dtype="bfloat16").norm, ops.cast(column(0, 2), "bfloat16")
    for _ in range(2000):
        norm(x, training=True)
    return digits(float(array(ops.cast(norm.moving_mean, "float32"))[0]))


def layer_norm_eps() -> float:
    """solved from the output for a row of -0.001 and 0.001"""
    return observing.epsilon_of_row(lambda x: array(layers.LayerNormalization()(x)))


def group_norm_eps() -> float:
    """the same, with one group"""
    return observing.epsilon_of_row(lambda x: array(layers.GroupNormalization(groups=1)(x)))


def rms_norm_eps() -> float:
    """the same"""
    return observing.epsilon_of_row(lambda x: array(layers.RMSNormalization()(x)))


def group_norm_groups() -> int:
    """64 channels, one of them changed: 64 divided by how many outputs move"""
    return observing.groups_of(lambda x: array(layers.GroupNormalization()(x)))


def adamw_gamma() -> float:
    """keras.optimizers.AdamW, learning_rate 1"""
    norm = make(1).norm
    optimizer = keras.optimizers.AdamW(learning_rate=1.0)
    weights = norm.trainable_variables
    optimizer.build(weights)
    optimizer.apply([ops.zeros(w.shape) for w in weights], weights)
    return digits(array(norm.gamma)[0])
