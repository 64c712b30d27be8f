"""A network with batch norm whose steps are methods, so that a wrong one differs in one of them."""

from __future__ import annotations

import numpy as np

from bnlib.cache import Cache
from bnlib.exercises.backward.faults import backward


class Network:
    """The right one: linear, batch norm and ReLU in each hidden layer, a linear one at the end."""

    def __init__(self, weights, eps, momentum):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.parameters, self.running_mean, self.running_var = [], [], []
        for w in weights[:-1]:
            ones = np.ones(w.shape[1])
            self.parameters += [self.own(w), ones, 0 * ones]
            self.running_mean.append(0 * ones)
            self.running_var.append(ones.copy())
        self.parameters += [self.own(weights[-1]), np.zeros(weights[-1].shape[1])]

    def own(self, w):
        return w.copy()

    def layer(self, i):
        return self.parameters[3 * i : 3 * i + 3]

    def forward(self, x):
        self.inputs, self.caches, self.signals = [], [], []
        for i in range(len(self.running_mean)):
            w, gamma, beta = self.layer(i)
            self.inputs.append(x)
            x = self.hidden(i, x @ w, gamma, beta)
        self.inputs.append(x)
        return self.output(x)

    def hidden(self, i, z, gamma, beta):
        h = self.normalized(i, z, gamma, beta)
        self.signals.append(h)
        return self.activated(h)

    def normalized(self, i, z, gamma, beta):
        if self.training:
            mean, var = z.mean(axis=0), z.var(axis=0)
            self.update(i, mean, var, len(z))
        else:
            mean, var = self.running_mean[i], self.running_var[i]
        inv_std = 1 / np.sqrt(var + self.eps)
        xhat = (z - mean) * inv_std
        self.caches.append((Cache(z, xhat, mean, inv_std, gamma), self.training))
        return gamma * xhat + beta

    def update(self, i, mean, var, n):
        m = self.momentum
        self.running_mean[i] = (1 - m) * self.running_mean[i] + m * mean
        self.running_var[i] = (1 - m) * self.running_var[i] + m * var * n / (n - 1)

    def activated(self, h):
        return np.maximum(h, 0)

    def output(self, x):
        w, bias = self.parameters[-2:]
        return x @ w + bias

    def backward(self, dlogits):
        gradients = [self.dw(self.inputs[-1], dlogits), self.dbias(dlogits)]
        d = dlogits @ self.parameters[-2].T
        for i in reversed(range(len(self.running_mean))):
            d, dgamma, dbeta = self.through(*self.caches[i], self.masked(d, i))
            gradients = [self.dw(self.inputs[i], d), dgamma, dbeta, *gradients]
            d = d @ self.layer(i)[0].T
        return gradients

    def dw(self, x, dz):
        return x.T @ dz

    def dbias(self, dlogits):
        return dlogits.sum(axis=0)

    def masked(self, d, i):
        return d * (self.signals[i] > 0)

    def through(self, cache, training, dy):
        if training:
            return backward(dy, cache)
        dgamma, dbeta = (dy * cache.xhat).sum(axis=0), dy.sum(axis=0)
        return dy * cache.gamma * cache.inv_std, dgamma, dbeta


def variant(**methods):
    """A network that differs from the right one in these methods."""
    return type("MLP", (Network,), methods)


def is_telling(network) -> bool:
    """Whether the last forward pass shows what was done: a draw for which it does not is no case.

    No feature is nearly constant, no signal near the bend of ReLU, where a rounding error turns a
    gradient on or off; and in every layer every row has units that are on, and some are off.
    """
    return all(
        cache.x.std(axis=0).min() > 0.3
        and np.abs(h).min() > 1e-3
        and (h > 0).any(axis=1).all()
        and 0.25 < (h > 0).mean() < 0.85
        for (cache, _), h in zip(network.caches, network.signals, strict=True)
    )
