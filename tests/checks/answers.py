"""Right answers, as a student writes them, for tests to use and to spoil."""

import numpy as np

from bnlib.cache import Cache


def standardize(x, eps):
    centred = x - x.mean(axis=0)
    return centred / np.sqrt((centred**2).mean(axis=0) + eps)


def forward(x, gamma, beta, eps):
    mean = x.mean(axis=0)
    inv_std = 1 / np.sqrt(x.var(axis=0) + eps)
    xhat = (x - mean) * inv_std
    return gamma * xhat + beta, Cache(x, xhat, mean, inv_std, gamma)


def backward(dy, cache):
    _, xhat, _, inv_std, gamma = cache
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    return gamma * inv_std * (dy - dbeta / len(dy) - xhat * dgamma / len(dy)), dgamma, dbeta
