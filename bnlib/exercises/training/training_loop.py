"""Training by gradient descent, its steps as functions, so that a wrong loop differs in one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bnlib.exercises.training.network import Network

EPS = 1e-5


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(logits, labels):
    """The mean loss of a batch and its gradient with respect to the logits."""
    n, rows = len(logits), np.arange(len(logits))
    log_p = log_softmax(logits)
    dlogits = np.exp(log_p)
    dlogits[rows, labels] -= 1
    return -log_p[rows, labels].mean(), dlogits / n


def descend(network, gradients, lr):
    for value, gradient in zip(network.parameters, gradients, strict=True):
        value -= lr * gradient


def evaluate(network, x_test):
    network.training = False
    return network.forward(x_test)


def step(network, x, labels, lr, loss_of, move):
    loss, dlogits = loss_of(network.forward(x), labels)
    move(network, network.backward(dlogits), lr)
    return loss


class Loop(NamedTuple):
    """train_mlp made of its parts; the right ones unless told."""

    loss_of: object = cross_entropy
    move: object = descend
    evaluate: object = evaluate
    step: object = step
    make: object = Network
    pick: object = lambda batches: batches

    def __call__(self, weights, x, labels, batches, lr, momentum, x_test):
        network = self.make(weights, EPS, momentum)
        losses = []
        for rows in self.pick(batches):
            xb, yb = x[rows], labels[rows]
            losses.append(self.step(network, xb, yb, lr, self.loss_of, self.move))
        return np.array(losses), self.evaluate(network, x_test)
