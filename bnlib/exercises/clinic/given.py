"""The layer that the notebook hands to the clinic's networks: right, and not to be changed."""

import numpy as np


class Norm:
    """Batch norm of (N, D). ``running_var`` keeps the batch's variance as it is, divided by N."""

    def __init__(self, gamma, beta, momentum=0.1, eps=1e-5):
        self.gamma, self.beta = gamma.copy(), beta.copy()
        self.momentum, self.eps, self.training = momentum, eps, True
        self.running_mean, self.running_var = np.zeros_like(gamma), np.ones_like(gamma)

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_var += self.momentum * (var - self.running_var)
        return self.gamma * (x - mean) / np.sqrt(var + self.eps) + self.beta
