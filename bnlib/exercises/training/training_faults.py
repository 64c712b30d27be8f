"""Wrong training loops for train_mlp."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.training.network import Network, variant
from bnlib.exercises.training.training_loop import (
    Loop,
    cross_entropy,
    descend,
    evaluate,
    log_softmax,
)

STUDENTS = "students' repositories"
WILD = "in the wild"


def _gradient(change):
    """A loss whose gradient is changed: change(dlogits, labels)."""

    def loss_of(logits, labels):
        loss, dlogits = cross_entropy(logits, labels)
        return loss, change(dlogits, labels)

    return Loop(loss_of=loss_of)


def _loss(value):
    """A loss that is reported wrongly: value(log_p of the labels)."""

    def loss_of(logits, labels):
        rows = np.arange(len(logits))
        return value(log_softmax(logits)[rows, labels]), cross_entropy(logits, labels)[1]

    return Loop(loss_of=loss_of)


def _labels_not_subtracted(logits, labels):
    loss, _ = cross_entropy(logits, labels)
    return loss, np.exp(log_softmax(logits)) / len(logits)


def _labels_added(logits, labels):
    loss, dlogits = cross_entropy(logits, labels)
    dlogits = dlogits.copy()
    dlogits[np.arange(len(labels)), labels] += 2 / len(labels)
    return loss, dlogits


def _over_examples(logits, labels):
    e = np.exp(logits - logits.max(axis=0))
    p = e / e.sum(axis=0)
    rows = np.arange(len(logits))
    loss = -np.log(p[rows, labels]).mean()
    p[rows, labels] -= 1
    return loss, p / len(logits)


def _overflows(logits, labels):
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    rows = np.arange(len(logits))
    loss = -np.log(p[rows, labels]).mean()
    p[rows, labels] -= 1
    return loss, p / len(logits)


def _moved(chosen, factor=lambda lr: lr):
    """Only some of the parameters move, or by another rate."""

    def move(network, gradients, lr):
        for value, gradient in zip(network.parameters, gradients, strict=True):
            if chosen(value):
                value -= factor(lr) * gradient

    return Loop(move=move)


def _rebinds(network, gradients, lr):
    for value, gradient in zip(network.parameters, gradients, strict=True):
        value = value - lr * gradient


def _adds_up(network, gradients, lr):
    kept = getattr(network, "kept", None)
    network.kept = (
        gradients if kept is None else [a + b for a, b in zip(kept, gradients, strict=True)]
    )
    descend(network, network.kept, lr)


def _loss_after(network, x, labels, lr, loss_of, move):
    _, dlogits = loss_of(network.forward(x), labels)
    move(network, network.backward(dlogits), lr)
    running = [a.copy() for a in network.running_mean], [a.copy() for a in network.running_var]
    loss, _ = loss_of(network.forward(x), labels)
    network.running_mean, network.running_var = running
    return loss


def _loss_in_evaluation(network, x, labels, lr, loss_of, move):
    _, dlogits = loss_of(network.forward(x), labels)
    move(network, network.backward(dlogits), lr)
    network.training = False
    loss, _ = loss_of(network.forward(x), labels)
    network.training = True
    return loss


def _two_passes(network, x, labels, lr, loss_of, move):
    network.forward(x)
    loss, dlogits = loss_of(network.forward(x), labels)
    move(network, network.backward(dlogits), lr)
    return loss


def _trained_in_evaluation(network, x, labels, lr, loss_of, move):
    network.training = False
    loss, dlogits = loss_of(network.forward(x), labels)
    move(network, network.backward(dlogits), lr)
    return loss


def _in_training(network, x_test):
    return network.forward(x_test)


def _test_in_statistics(network, x_test):
    network.forward(x_test)
    return evaluate(network, x_test)


def _one_by_one_updating(self, i, z, gamma, beta):
    """In evaluation too the running statistics follow what comes."""
    if not self.training:
        self.update(i, z.mean(axis=0), z.var(axis=0), len(z))
    return Network.normalized(self, i, z, gamma, beta)


def _probabilities(network, x_test):
    return np.exp(log_softmax(evaluate(network, x_test)))


def _labels_out(network, x_test):
    return evaluate(network, x_test).argmax(axis=1).astype(float)


def _made(**changed):
    def make(weights, eps, momentum):
        arguments = {"eps": eps, "momentum": momentum}
        given = {name: change(arguments[name]) for name, change in changed.items()}
        return Network(weights, **{**arguments, **given})

    return Loop(make=make)


class _NoCopy(Network):
    def own(self, w):
        return w


def _changes_weights(weights, x, labels, batches, lr, momentum, x_test):
    return Loop(make=_NoCopy)(weights, x, labels, batches, lr, momentum, x_test)


def _scales_pixels(weights, x, labels, batches, lr, momentum, x_test):
    out = Loop()(weights, x, labels, batches, lr, momentum, x_test)
    x -= x.mean(axis=0)
    return out


def _last_loss(weights, x, labels, batches, lr, momentum, x_test):
    losses, logits = Loop()(weights, x, labels, batches, lr, momentum, x_test)
    return losses[-1:], logits


def _own_normalized_test(weights, x, labels, batches, lr, momentum, x_test):
    x_test = (x_test - x_test.mean(axis=0)) / (x_test.std(axis=0) + 1e-5)
    return Loop()(weights, x, labels, batches, lr, momentum, x_test)


FAULTS = (
    Fault(
        "evaluation-forgotten",
        "Your logits of x_test are made in training mode: each test "
        "image is normalized with the others that happen to be there.",
        Loop(evaluate=_in_training),
        source=WILD,
    ),
    Fault(
        "test-data-in-statistics",
        "x_test goes through the network in training mode before you "
        "evaluate: the running statistics follow it.",
        Loop(evaluate=_test_in_statistics),
        source=WILD,
    ),
    Fault(
        "updated-while-predicting",
        "While you predict, the running statistics move. A prediction changes nothing.",
        Loop(make=variant(normalized=_one_by_one_updating)),
        source=WILD,
    ),
    Fault(
        "test-data-normalized-alone",
        "You standardize x_test with its own mean and deviation. "
        "The network was trained on other inputs: x is left as it is.",
        _own_normalized_test,
    ),
    Fault(
        "trained-in-evaluation",
        "The network is in evaluation mode while it trains: it "
        "normalizes with running statistics that never move.",
        Loop(step=_trained_in_evaluation),
    ),
    Fault(
        "running-statistics-never-updated",
        "The running statistics of your network are those of "
        "an untrained one when it is evaluated.",
        Loop(make=variant(update=lambda s, *a: None)),
        source=STUDENTS,
    ),
    Fault(
        "momentum-exchanged",
        "The network was given 1 - momentum: momentum weighs the new value here.",
        _made(momentum=lambda m: 1 - m),
        source=STUDENTS,
    ),
    Fault(
        "momentum-ignored",
        "The network was given momentum 0.1, whatever was passed.",
        _made(momentum=lambda m: 0.1),
    ),
    Fault(
        "constructor-eps", "The network was given another eps than 1e-5.", _made(eps=lambda e: 0.1)
    ),
    Fault(
        "two-forward-passes",
        "Each step leads its batch forward twice, and the running statistics take it in twice.",
        Loop(step=_two_passes),
    ),
    Fault(
        "gradient-not-averaged",
        "Your gradient is that of the sum of the losses. The loss is "
        "their mean: divide by the number of rows.",
        _gradient(lambda d, y: d * len(d)),
    ),
    Fault(
        "gradient-averaged-twice",
        "Your gradient is divided by the number of rows twice.",
        _gradient(lambda d, y: d / len(d)),
    ),
    Fault(
        "gradient-by-classes",
        "Your gradient is divided by the number of classes, not by the number of rows.",
        _gradient(lambda d, y: d * len(d) / d.shape[1]),
    ),
    Fault(
        "labels-not-subtracted",
        "Your gradient of the logits is the probabilities. What is "
        "missing is the 1 that is subtracted at each row's label.",
        Loop(loss_of=_labels_not_subtracted),
    ),
    Fault(
        "labels-added",
        "In your gradient of the logits 1 is added at the label. It is subtracted.",
        Loop(loss_of=_labels_added),
    ),
    Fault(
        "softmax-over-examples",
        "Your softmax runs over the examples. The probabilities of one "
        "example sum to 1 over its classes.",
        Loop(loss_of=_over_examples),
    ),
    Fault(
        "softmax-overflows",
        "Your softmax overflows where logits are large. Take each row's "
        "largest logit away before the exponential: the result is the same.",
        Loop(loss_of=_overflows),
    ),
    Fault(
        "climbs",
        "Your parameters go up the gradient, and the loss rises.",
        _moved(lambda v: True, lambda lr: -lr),
    ),
    Fault(
        "learning-rate-missing",
        "Your parameters move by the whole gradient. lr has no effect.",
        _moved(lambda v: True, lambda lr: 1.0),
    ),
    Fault(
        "nothing-moves",
        "Your parameters stay where they were: a new array under a name of "
        "your loop is not the network's.",
        Loop(move=_rebinds),
    ),
    Fault(
        "only-matrices-move",
        "gamma, beta and the bias stay where they were. They are parameters too.",
        _moved(lambda v: v.ndim == 2),
    ),
    Fault(
        "only-vectors-move",
        "The weight matrices stay where they were.",
        _moved(lambda v: v.ndim == 1),
    ),
    Fault(
        "gradients-add-up",
        "Your steps use the sum of all gradients so far. Each step has its own.",
        Loop(move=_adds_up),
    ),
    Fault(
        "first-batch-only",
        "Every step uses the first row of batches.",
        Loop(pick=lambda b: np.repeat(b[:1], len(b), axis=0)),
    ),
    Fault(
        "rows-in-order",
        "You do not use the numbers in batches: your steps take the rows of x one after the other.",
        Loop(pick=lambda b: np.arange(b.size).reshape(b.shape) % (b.max() + 1)),
    ),
    Fault(
        "loss-summed",
        "Your losses are sums over the batch. They are means.",
        _loss(lambda log_p: -log_p.sum()),
    ),
    Fault(
        "loss-sign",
        "Your losses are negative: the logarithm of a probability is.",
        _loss(lambda log_p: log_p.mean()),
    ),
    Fault(
        "loss-base-2",
        "Your losses are in bits. Take the natural logarithm.",
        _loss(lambda log_p: -log_p.mean() / np.log(2)),
    ),
    Fault(
        "loss-after-the-step",
        "Your losses are those of after the step. Take each before the parameters move.",
        Loop(step=_loss_after),
    ),
    Fault(
        "loss-in-evaluation",
        "Your losses are taken in evaluation mode after the step. Take "
        "each from the pass that the gradient comes from.",
        Loop(step=_loss_in_evaluation),
    ),
    Fault("last-loss-only", "You return the last loss. Return one for each step.", _last_loss),
    Fault(
        "probabilities-returned",
        "You return probabilities of x_test. The logits are asked for.",
        Loop(evaluate=_probabilities),
    ),
    Fault(
        "labels-returned",
        "You return labels of x_test. The logits are asked for.",
        Loop(evaluate=_labels_out),
    ),
    Fault(
        "changes-weights",
        "Training changes the caller's weights: a second run begins where the first one ended.",
        _changes_weights,
    ),
    Fault(
        "changes-x",
        "You work on x in place, and the caller's data are changed.",
        _scales_pixels,
        source=STUDENTS,
    ),
)
