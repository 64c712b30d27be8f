"""Scales of the activations through the layers of a network, measured rightly and wrongly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

ACTIVATIONS = {"linear": lambda z: z, "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}


def activations(x, weights, activation):
    """The array after each layer."""
    h, layers = x, []
    for w in weights:
        h = ACTIVATIONS[activation](h @ w)
        layers.append(h)
    return layers


def reference(x, weights, activation):
    return np.array([h.std() for h in activations(x, weights, activation)])


FAULTS: list[tuple[str, str, Callable]] = []


def _fault(id, advice):
    def add(stds):
        FAULTS.append((id, advice, stds))
        return stds

    return add


def _mistake(id, advice, statistic):
    """The right activations, and another number of each."""

    def stds(x, weights, activation):
        return np.array([statistic(h) for h in activations(x, weights, activation)])

    FAULTS.append((id, advice, stds))


_mistake(
    "root-mean-square",
    "You take the root of the mean square. The standard deviation takes the mean away first; "
    "after ReLU the two differ.",
    lambda h: np.sqrt((h**2).mean()),
)
_mistake("variance", "You return variances. Asked is the standard deviation.", np.var)
_mistake("mean", "You return means. Asked is the standard deviation.", np.mean)
_mistake(
    "absolute-mean",
    "You return the mean of the absolute values. Asked is the standard deviation.",
    lambda h: np.abs(h).mean(),
)
_mistake(
    "bessel",
    "Your variance divides by one less than the number of activations. Asked is the mean of the "
    "squared deviations.",
    lambda h: h.std(ddof=1),
)
_mistake(
    "mean-of-units",
    "You take the deviation of each unit over the examples and average those. Asked is one "
    "deviation over all activations of the layer.",
    lambda h: h.std(axis=0).mean(),
)
_mistake(
    "mean-of-examples",
    "You take the deviation within each example and average those. Asked is one deviation over "
    "all activations of the layer.",
    lambda h: h.std(axis=1).mean(),
)
_mistake(
    "first-unit",
    "You look at one unit alone. Asked is the layer as a whole.",
    lambda h: h[:, 0].std(),
)
_mistake(
    "first-example",
    "You look at one example alone. Asked are all of them.",
    lambda h: h[0].std(),
)


@_fault(
    "before-the-activation",
    "You measure before the activation is applied. Asked is what the layer hands on.",
)
def before(x, weights, activation):
    inputs = [x, *activations(x, weights, activation)]
    return np.array([(h @ w).std() for h, w in zip(inputs, weights, strict=False)])


@_fault(
    "no-activation",
    "Your layers are linear whatever the activation. Apply it after each product.",
)
def no_activation(x, weights, activation):
    return reference(x, weights, "linear")


@_fault("always-tanh", "Your layers apply tanh whatever the activation that was asked for.")
def always_tanh(x, weights, activation):
    return reference(x, weights, "tanh")


@_fault("always-relu", "Your layers apply ReLU whatever the activation that was asked for.")
def always_relu(x, weights, activation):
    return reference(x, weights, "relu")


@_fault(
    "last-layer-linear",
    "You leave the activation out in the last layer. Here every layer has one.",
)
def last_linear(x, weights, activation):
    h = activations(x, weights[:-1], activation)
    last = (h[-1] if h else x) @ weights[-1]
    return np.array([a.std() for a in (*h, last)])


@_fault(
    "activation-first",
    "You apply the activation to what goes into the product. It comes after the product.",
)
def activation_first(x, weights, activation):
    h, stds = x, []
    for w in weights:
        h = ACTIVATIONS[activation](h) @ w
        stds.append(h.std())
    return np.array(stds)


@_fault(
    "relu-of-the-sign",
    "Your ReLU is 1 or 0. It lets a positive value through as it is.",
)
def relu_of_the_sign(x, weights, activation):
    h, stds = x, []
    for w in weights:
        h = (h @ w > 0) * 1.0 if activation == "relu" else ACTIVATIONS[activation](h @ w)
        stds.append(h.std())
    return np.array(stds)


@_fault("relu-absolute", "Your ReLU is the absolute value. Negative values become 0.")
def relu_absolute(x, weights, activation):
    h, stds = x, []
    for w in weights:
        h = np.abs(h @ w) if activation == "relu" else ACTIVATIONS[activation](h @ w)
        stds.append(h.std())
    return np.array(stds)


@_fault("relu-upside-down", "Your ReLU keeps the negative values. It keeps the positive ones.")
def relu_upside_down(x, weights, activation):
    h, stds = x, []
    for w in weights:
        h = np.minimum(h @ w, 0) if activation == "relu" else ACTIVATIONS[activation](h @ w)
        stds.append(h.std())
    return np.array(stds)


@_fault(
    "sigmoid-for-tanh",
    "Your tanh is the sigmoid, whose outputs lie between 0 and 1. Those of tanh lie between -1 "
    "and 1.",
)
def sigmoid_for_tanh(x, weights, activation):
    h, stds = x, []
    for w in weights:
        z = h @ w
        h = 1 / (1 + np.exp(-z)) if activation == "tanh" else ACTIVATIONS[activation](z)
        stds.append(h.std())
    return np.array(stds)


@_fault(
    "each-layer-from-x",
    "You hand x to every layer. A layer's input is the output of the one before.",
)
def each_from_x(x, weights, activation):
    return np.array([ACTIVATIONS[activation](x @ w).std() for w in weights])


@_fault("transposed", "Your weights are transposed. w has shape (D_in, D_out), so it is h @ w.")
def transposed(x, weights, activation):
    return reference(x, [w.T for w in weights], activation)


@_fault("backwards", "You go through the layers from the last to the first.")
def backwards(x, weights, activation):
    return reference(x, weights[::-1], activation)


@_fault(
    "normalized-between",
    "You bring each layer's output to deviation 1 before it goes on. Hand it on as it is.",
)
def normalized_between(x, weights, activation):
    h, stds = x, []
    for w in weights:
        h = ACTIVATIONS[activation](h @ w)
        stds.append(h.std())
        h = h / h.std()
    return np.array(stds)


@_fault(
    "as-part-of-x",
    "You divide by the deviation of x. Asked are the deviations themselves.",
)
def as_part_of_x(x, weights, activation):
    return reference(x, weights, activation) / x.std()


@_fault(
    "as-part-of-the-layer-before",
    "You divide by the deviation of the layer before. Asked are the deviations themselves.",
)
def as_part_of_the_layer_before(x, weights, activation):
    stds = np.array([x.std(), *reference(x, weights, activation)])
    return stds[1:] / stds[:-1]


@_fault("of-the-weights", "You return the deviations of the weights. Asked are the activations'.")
def of_the_weights(x, weights, activation):
    return np.array([w.std() for w in weights])


@_fault(
    "x-too",
    "Your first number is that of x. Asked is one number a layer, the first after the first layer.",
)
def x_too(x, weights, activation):
    return np.array([x.std(), *reference(x, weights, activation)])


@_fault(
    "one-late",
    "You measure what goes into each layer. Asked is what comes out.",
)
def one_late(x, weights, activation):
    return np.array([x.std(), *reference(x, weights, activation)[:-1]])


@_fault("last-alone", "You return one number. Asked is one for each layer, in their order.")
def last_alone(x, weights, activation):
    return reference(x, weights, activation)[-1]


@_fault(
    "one-a-unit",
    "You return a deviation for each unit. Asked is one number a layer.",
)
def one_a_unit(x, weights, activation):
    return [h.std(axis=0) for h in activations(x, weights, activation)]


@_fault("changes-x", "You write a layer's output into x, and the caller's data are changed.")
def changes_x(x, weights, activation):
    stds = reference(x, weights, activation)
    for w in weights:
        x[:, : w.shape[1]] = ACTIVATIONS[activation](x[:, : w.shape[0]] @ w[: x.shape[1]])[
            :, : x.shape[1]
        ]
    return stds


@_fault("nothing-returned", "The function ends without a return.")
def nothing_returned(x, weights, activation):
    reference(x, weights, activation)
