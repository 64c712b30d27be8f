"""A batch-norm layer whose steps are methods, so that a wrong layer differs in one of them."""

from __future__ import annotations

import numpy as np

from bnlib.cache import Cache
from bnlib.exercises.backward.faults import backward


class Layer:
    """The right one: (N, D), PyTorch's convention of momentum, the unbiased variance kept."""

    def __init__(self, num_features, eps, momentum):
        self.eps, self.momentum = eps, momentum
        self.training = True
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)

    def forward(self, x):
        if self.training:
            mean, var = self.statistics(x)
            self.update(x, mean, var)
            xhat = self.normalized(x, mean, var)
        else:
            mean, var = self.running_mean, self.running_var
            xhat = self.normalized_with_running(x, mean, var)
        self.keep(x, self.training)
        return self.scaled(x, xhat)

    def statistics(self, x):
        """Mean and biased variance of the batch."""
        mean = x.mean(axis=0)
        return mean, ((x - mean) ** 2).mean(axis=0)

    def update(self, x, mean, var):
        """Move the running statistics towards those of the batch."""
        n = len(x)
        self.move(mean, var * n / (n - 1))

    def move(self, mean, var):
        m = self.momentum
        self.running_mean = (1 - m) * self.running_mean + m * mean
        self.running_var = (1 - m) * self.running_var + m * var

    def normalized(self, x, mean, var):
        return (x - mean) / np.sqrt(var + self.eps)

    def normalized_with_running(self, x, mean, var):
        return self.normalized(x, mean, var)

    def scaled(self, x, xhat):
        return self.gamma * xhat + self.beta

    def keep(self, x, training):
        """What the way back needs; right whatever is wrong with y, as a slip in one line is."""
        if training:
            mean = x.mean(axis=0)
            var = ((x - mean) ** 2).mean(axis=0)
        else:
            mean, var = self.running_mean, self.running_var
        inv_std = 1 / np.sqrt(var + self.eps)
        self.cache = Cache(x, (x - mean) * inv_std, mean, inv_std, self.gamma)
        self.of_batch = training

    def backward(self, dy):
        dx, self.dgamma, self.dbeta = self.gradients(dy, self.cache)
        return dx

    def gradients(self, dy, cache):
        if self.of_batch:
            return self.through_batch(dy, cache)
        return self.through_constants(dy, cache)

    def through_batch(self, dy, cache):
        """The statistics are functions of the batch."""
        return backward(dy, cache)

    def through_constants(self, dy, cache):
        """The statistics are numbers that the batch does not change."""
        dgamma, dbeta = (dy * cache.xhat).sum(axis=0), dy.sum(axis=0)
        return dy * cache.gamma * cache.inv_std, dgamma, dbeta


def variant(**methods):
    """A layer that differs from the right one in these methods."""
    return type("BatchNorm", (Layer,), methods)
