"""Honest ways to write MLP: all of them get every point."""

import numpy as np

from bnlib.exercises.running.layer import Layer
from bnlib.exercises.running.layer_forms import InPlace
from bnlib.exercises.training.network import Network


class OfLayers:
    """Batch-norm layers as objects; the lists are views of theirs."""

    layer = Layer

    def __init__(self, weights, eps, momentum):
        self.weights = [w.copy() for w in weights]
        self.bias = np.zeros(weights[-1].shape[1])
        self.norms = [self.layer(w.shape[1], eps, momentum) for w in weights[:-1]]
        self.training = True

    @property
    def parameters(self):
        found = []
        for w, norm in zip(self.weights, self.norms, strict=False):
            found += [w, norm.gamma, norm.beta]
        return [*found, self.weights[-1], self.bias]

    @property
    def running_mean(self):
        return [norm.running_mean for norm in self.norms]

    @property
    def running_var(self):
        return [norm.running_var for norm in self.norms]

    def forward(self, x):
        self.kept = []
        for w, norm in zip(self.weights, self.norms, strict=False):
            norm.training = self.training
            h = norm.forward(x @ w)
            self.kept.append((x, h))
            x = np.where(h > 0, h, 0.0)
        self.last = x
        return self.last @ self.weights[-1] + self.bias

    def backward(self, dlogits):
        found = [np.einsum("nd,nk->dk", self.last, dlogits), dlogits.sum(axis=0)]
        d = dlogits @ self.weights[-1].T
        layers = zip(self.weights, self.norms, self.kept, strict=False)
        for w, norm, (x, h) in reversed(list(layers)):
            dz = norm.backward(np.where(h > 0, d, 0.0))
            found = [x.T @ dz, norm.dgamma, norm.dbeta, *found]
            d = dz @ w.T
        return found


class OfLayersInPlace(OfLayers):
    """The same with running statistics that are changed in place; gradients as a tuple."""

    layer = InPlace

    def backward(self, dlogits):
        return tuple(OfLayers.backward(self, dlogits))


class Straight(Network):
    """Everything in two functions, a tuple a layer."""

    def forward(self, x):
        self.kept = []
        for i in range(0, len(self.parameters) - 2, 3):
            w, gamma, beta = self.parameters[i : i + 3]
            z = x @ w
            mean, var = self.running_mean[i // 3], self.running_var[i // 3]
            if self.training:
                n, new = len(z), (z.mean(axis=0), z.var(axis=0))
                mean[...] = mean + self.momentum * (new[0] - mean)
                var[...] = var + self.momentum * (new[1] * n / (n - 1) - var)
                mean, var = new
            s = np.sqrt(var + self.eps)
            xhat = (z - mean) / s
            a = gamma * xhat + beta
            self.kept.append((x, xhat, s.copy(), a > 0, self.training))
            x = a * (a > 0)
        self.last = x
        return x @ self.parameters[-2] + self.parameters[-1]

    def backward(self, dlogits):
        out = [None] * len(self.parameters)
        out[-2], out[-1] = self.last.T @ dlogits, np.sum(dlogits, 0)
        d = dlogits @ self.parameters[-2].T
        for j in range(len(self.kept) - 1, -1, -1):
            x, xhat, s, on, training = self.kept[j]
            d = d * on
            out[3 * j + 1], out[3 * j + 2] = (d * xhat).sum(0), d.sum(0)
            if training:
                n = len(d)
                d = d - out[3 * j + 2] / n - xhat * out[3 * j + 1] / n
            d = d * self.parameters[3 * j + 1] / s
            out[3 * j] = x.T @ d
            d = d @ self.parameters[3 * j].T
        return out


class SinglePrecision(Network):
    """Float32 from the first line to the last."""

    def __init__(self, weights, eps, momentum):
        Network.__init__(self, [w.astype(np.float32) for w in weights], eps, momentum)
        self.eps, self.momentum = np.float32(eps), np.float32(momentum)
        for kept in (self.parameters, self.running_mean, self.running_var):
            kept[:] = [a.astype(np.float32) for a in kept]

    def update(self, i, mean, var, n):
        Network.update(self, i, mean, var, np.float32(n))

    def forward(self, x):
        return Network.forward(self, x.astype(np.float32))

    def backward(self, dlogits):
        return Network.backward(self, dlogits.astype(np.float32))


FORMS = (OfLayers, OfLayersInPlace, Straight, SinglePrecision)
