"""Honest ways to write BatchNorm: all of them get every point."""

import numpy as np


class OneCache:
    """Straight lines, a tuple for a cache, the closed form on the way back."""

    def __init__(self, num_features, eps, momentum):
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)
        self.eps, self.momentum, self.training = eps, momentum, True

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            unbiased = x.var(axis=0, ddof=1)
            self.running_mean = self.running_mean + self.momentum * (mean - self.running_mean)
            self.running_var = self.running_var + self.momentum * (unbiased - self.running_var)
        else:
            mean, var = self.running_mean, self.running_var
        inv_std = (var + self.eps) ** -0.5
        xhat = (x - mean) * inv_std
        self.cache = (xhat, inv_std, self.training)
        return xhat * self.gamma + self.beta

    def backward(self, dy):
        xhat, inv_std, training = self.cache
        n = len(dy)
        self.dbeta, self.dgamma = np.ones(n) @ dy, np.einsum("nd,nd->d", dy, xhat)
        dxhat = dy * self.gamma
        if not training:
            return dxhat * inv_std
        inner = n * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)
        return inv_std / n * inner


class InPlace:
    """Running statistics that are changed in place, as PyTorch changes its buffers."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.dgamma, self.dbeta = np.zeros(num_features), np.zeros(num_features)
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)
        self.training = True

    def forward(self, x):
        return self._train(x) if self.training else self._evaluate(x)

    def _train(self, x):
        n = x.shape[0]
        mean = x.mean(0)
        centred = x - mean
        var = np.mean(centred * centred, axis=0)
        self.running_mean *= 1 - self.momentum
        self.running_mean += self.momentum * mean
        self.running_var *= 1 - self.momentum
        self.running_var += self.momentum * var * n / (n - 1)
        self.centred, self.std, self.batch = centred, np.sqrt(var + self.eps), True
        return self.gamma * centred / self.std + self.beta

    def _evaluate(self, x):
        self.centred = x - self.running_mean
        self.std, self.batch = np.sqrt(self.running_var + self.eps), False
        return self.gamma * self.centred / self.std + self.beta

    def backward(self, dy):
        n = len(dy)
        self.dgamma[...] = (dy * self.centred / self.std).sum(axis=0)
        self.dbeta[...] = dy.sum(axis=0)
        dcentred = dy * self.gamma / self.std
        if not self.batch:
            return dcentred
        dvar = (dy * self.gamma * self.centred).sum(axis=0) * -0.5 / self.std**3
        dcentred = dcentred + 2 / n * self.centred * dvar
        return dcentred - dcentred.mean(axis=0)


class Loops:
    """One feature at a time, one number at a time."""

    def __init__(self, num_features, eps, momentum):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = np.array([1.0] * num_features), np.array([0.0] * num_features)
        self.running_mean, self.running_var = self.beta.copy(), self.gamma.copy()

    def forward(self, x):
        n, d = x.shape
        self.xhat, self.inv_std = np.zeros((n, d)), np.zeros(d)
        running_mean, running_var = list(self.running_mean), list(self.running_var)
        for j in range(d):
            mean, var = running_mean[j], running_var[j]
            if self.training:
                mean = sum(x[:, j]) / n
                squares = sum((v - mean) ** 2 for v in x[:, j])
                var = squares / n
                for kept, new in ((running_mean, mean), (running_var, squares / (n - 1))):
                    kept[j] = (1 - self.momentum) * kept[j] + self.momentum * new
            self.inv_std[j] = 1 / (var + self.eps) ** 0.5
            for i in range(n):
                self.xhat[i, j] = (x[i, j] - mean) * self.inv_std[j]
        self.running_mean, self.running_var = np.array(running_mean), np.array(running_var)
        self.mode = self.training
        return self.xhat * self.gamma + self.beta

    def backward(self, dy):
        n, d = dy.shape
        self.dgamma = np.array([sum(dy[:, j] * self.xhat[:, j]) for j in range(d)])
        self.dbeta = np.array([sum(dy[:, j]) for j in range(d)])
        dx = np.empty((n, d))
        for j in range(d):
            h = self.xhat[:, j]
            jacobian = np.eye(n)
            if self.mode:
                jacobian = jacobian - 1 / n - np.outer(h, h) / n
            dx[:, j] = self.gamma[j] * self.inv_std[j] * jacobian @ dy[:, j]
        return dx


class SinglePrecision(OneCache):
    """Float32 from the first line to the last."""

    def forward(self, x):
        for name in ("gamma", "beta", "running_mean", "running_var"):
            setattr(self, name, getattr(self, name).astype(np.float32))
        self.eps, self.momentum = np.float32(self.eps), np.float32(self.momentum)
        return OneCache.forward(self, x.astype(np.float32))

    def backward(self, dy):
        return OneCache.backward(self, dy.astype(np.float32))


FORMS = (OneCache, InPlace, Loops, SinglePrecision)
