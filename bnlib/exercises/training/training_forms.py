"""Honest ways to write train_mlp: all of them get every point."""

import numpy as np

from bnlib.exercises.training.network import Network
from bnlib.exercises.training.network_forms import OfLayers, SinglePrecision
from bnlib.exercises.training.training_loop import EPS


def one_hot(weights, x, labels, batches, lr, momentum, x_test):
    """One-hot labels, a list of losses."""
    mlp = Network(weights, EPS, momentum)
    targets = np.eye(weights[-1].shape[1])[labels]
    losses = []
    for rows in batches:
        logits = mlp.forward(x[rows])
        e = np.exp(logits - logits.max(axis=1)[:, None])
        p = e / e.sum(axis=1)[:, None]
        losses.append(-(targets[rows] * np.log(p + 1e-300)).sum() / len(rows))
        for i, g in enumerate(mlp.backward((p - targets[rows]) / len(rows))):
            mlp.parameters[i] = mlp.parameters[i] - lr * g
    mlp.training = False
    return losses, mlp.forward(x_test)


def one_hot_of_logits(weights, x, labels, batches, lr, momentum, x_test):
    """The loss as log-sum-exp less the label's logit, layers as objects."""
    mlp = OfLayers(weights, EPS, momentum)
    losses = np.zeros(len(batches))
    for s in range(len(batches)):
        xb, yb = np.take(x, batches[s], axis=0), np.take(labels, batches[s])
        z = mlp.forward(xb)
        top = z.max(axis=1)
        total = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
        losses[s] = np.mean(total - z[np.arange(len(yb)), yb])
        d = np.exp(z - total[:, None])
        np.subtract.at(d, (np.arange(len(yb)), yb), 1.0)
        d *= 1 / len(yb)
        for value, gradient in zip(mlp.parameters, mlp.backward(d), strict=True):
            np.subtract(value, lr * gradient, out=value)
    mlp.training = False
    return losses, mlp.forward(x_test)


def row_by_row(weights, x, labels, batches, lr, momentum, x_test):
    """Test rows one at a time: the answer for each is its own."""
    mlp = Network(weights, EPS, momentum)
    losses = []
    for rows in batches:
        mlp.training = True
        z = mlp.forward(x[rows])
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        hit = labels[rows][:, None] == np.arange(z.shape[1])
        losses.append(-log_p[hit].mean())
        d = (np.exp(log_p) - hit) / len(rows)
        for value, gradient in zip(mlp.parameters, mlp.backward(d), strict=True):
            value += -lr * gradient
    mlp.training = False
    return losses, [mlp.forward(row[None])[0] for row in x_test]


def single_precision(weights, x, labels, batches, lr, momentum, x_test):
    """Float32 from the first line to the last."""
    mlp = SinglePrecision(weights, EPS, momentum)
    losses = []
    for rows in batches:
        z = mlp.forward(x[rows].astype(np.float32))
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        hit = np.arange(len(rows)), labels[rows]
        losses.append(-log_p[hit].mean())
        d = np.exp(log_p)
        d[hit] -= 1
        for value, gradient in zip(mlp.parameters, mlp.backward(d / len(rows)), strict=True):
            value -= np.float32(lr) * gradient
    mlp.training = False
    return np.array(losses, dtype=np.float32), mlp.forward(x_test.astype(np.float32))


FORMS = (one_hot, one_hot_of_logits, row_by_row, single_precision)
