"""Wrong networks for MLP."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.training.network import Network, variant

STUDENTS = "students' repositories"
WILD = "in the wild"


def _relu_first(self, i, z, gamma, beta):
    self.signals.append(z)
    return self.normalized(i, np.maximum(z, 0), gamma, beta)


def _relu_first_back(self, dlogits):
    gradients = [self.dw(self.inputs[-1], dlogits), self.dbias(dlogits)]
    d = dlogits @ self.parameters[-2].T
    for i in reversed(range(len(self.running_mean))):
        d, dgamma, dbeta = self.through(*self.caches[i], d)
        d = self.masked(d, i)
        gradients = [self.dw(self.inputs[i], d), dgamma, dbeta, *gradients]
        d = d @ self.layer(i)[0].T
    return gradients


def _always(training):
    def forward(self, x):
        was, self.training = self.training, training
        logits = Network.forward(self, x)
        self.training = was
        return logits

    return variant(forward=forward)


def _batch_in_evaluation(self, i, z, gamma, beta):
    if self.training:
        return Network.normalized(self, i, z, gamma, beta)
    before = self.running_mean[i], self.running_var[i]
    self.running_mean[i], self.running_var[i] = z.mean(axis=0), z.var(axis=0)
    y = Network.normalized(self, i, z, gamma, beta)
    self.running_mean[i], self.running_var[i] = before
    return y


def _updates_in_evaluation(self, i, z, gamma, beta):
    if not self.training:
        self.update(i, z.mean(axis=0), z.var(axis=0), len(z))
    return Network.normalized(self, i, z, gamma, beta)


def _first_only(self, i, mean, var, n):
    if i == 0:
        Network.update(self, i, mean, var, n)


def _exchanged(self, i, mean, var, n):
    m = self.momentum
    self.running_mean[i] = m * self.running_mean[i] + (1 - m) * mean
    self.running_var[i] = m * self.running_var[i] + (1 - m) * var * n / (n - 1)


def _biased(self, i, mean, var, n):
    Network.update(self, i, mean, var, 1e300)


def _another_eps(eps):
    def normalized(self, i, z, gamma, beta):
        asked, self.eps = self.eps, eps
        y = Network.normalized(self, i, z, gamma, beta)
        self.eps = asked
        return y

    return variant(normalized=normalized)


def _constants(self, cache, training, dy):
    return Network.through(self, cache, False, dy)


def _of_batch(self, cache, training, dy):
    return Network.through(self, cache, True, dy)


def _parameters_scaled(factor):
    def through(self, cache, training, dy):
        dx, dgamma, dbeta = Network.through(self, cache, training, dy)
        return dx, dgamma * factor(len(dy)), dbeta * factor(len(dy))

    return variant(through=through)


def _gamma_exchanged(self, cache, training, dy):
    dx, dgamma, dbeta = Network.through(self, cache, training, dy)
    return dx, dbeta, dgamma


def _without_xhat(self, cache, training, dy):
    dx, _, dbeta = Network.through(self, cache, training, dy)
    return dx, dbeta.copy(), dbeta


def _without_gamma(self, cache, training, dy):
    dx, dgamma, dbeta = Network.through(self, cache, training, dy)
    return dx / cache.gamma, dgamma, dbeta


def _affine_missing(self, i, z, gamma, beta):
    Network.normalized(self, i, z, gamma, beta)
    return self.caches[-1][0].xhat


def _not_normalized(self, i, z, gamma, beta):
    Network.normalized(self, i, z, gamma, beta)
    return gamma * z + beta


def _grouped(self, dlogits):
    gradients = Network.backward(self, dlogits)
    order = (0, 3, 6, 1, 4, 2, 5, 7)
    return [gradients[i] for i in order]


def _reversed(self, dlogits):
    return Network.backward(self, dlogits)[::-1]


def _bias_first(self, dlogits):
    gradients = Network.backward(self, dlogits)
    return [*gradients[:-2], gradients[-1], gradients[-2]]


def _nothing(self, dlogits):
    Network.backward(self, dlogits)


FAULTS = (
    Fault(
        "relu-missing",
        "Your hidden layers lack their ReLU: the network is a linear map for each batch.",
        variant(activated=lambda s, h: h, masked=lambda s, d, i: d),
    ),
    Fault(
        "relu-before-norm",
        "Your ReLU stands before the batch norm. Here it stands after it.",
        variant(hidden=_relu_first, backward=_relu_first_back),
    ),
    Fault(
        "relu-on-logits",
        "Your last layer ends with a ReLU. Logits may be negative.",
        variant(output=lambda s, x: np.maximum(Network.output(s, x), 0)),
    ),
    Fault(
        "bias-missing",
        "The bias of the last layer has no effect on your logits.",
        variant(output=lambda s, x: x @ s.parameters[-2]),
    ),
    Fault(
        "affine-missing",
        "gamma and beta have no effect on your logits. They scale and shift "
        "the normalized input, in each hidden layer.",
        variant(normalized=_affine_missing),
        source=STUDENTS,
    ),
    Fault(
        "not-normalized",
        "Your hidden layers scale and shift x @ w itself. It is normalized first.",
        variant(normalized=_not_normalized),
    ),
    Fault(
        "eps-hard-coded",
        "Your logits do not follow the eps that was passed: they are those of eps = 1e-5.",
        _another_eps(1e-5),
        source=STUDENTS,
    ),
    Fault("eps-missing", "eps has no effect on your logits.", _another_eps(0.0), source=STUDENTS),
    Fault(
        "always-training",
        "Your forward pass does the same in evaluation as in training, and "
        "moves the running statistics there too. What does it do with training?",
        _always(True),
        source=WILD,
    ),
    Fault(
        "always-evaluating",
        "Your forward pass normalizes with the running statistics in training too.",
        _always(False),
    ),
    Fault(
        "batch-statistics-in-evaluation",
        "In evaluation you normalize with the batch's statistics. Use the running ones.",
        variant(normalized=_batch_in_evaluation),
        source=WILD,
    ),
    Fault(
        "updated-in-evaluation",
        "A forward pass in evaluation changes your running statistics.",
        variant(normalized=_updates_in_evaluation),
        source=WILD,
    ),
    Fault(
        "never-updated",
        "A forward pass in training leaves your running statistics as they were.",
        variant(update=lambda s, *a: None),
        source=STUDENTS,
    ),
    Fault(
        "first-layer-updated",
        "Only the first hidden layer's running statistics move. Every layer has its own.",
        variant(update=_first_only),
    ),
    Fault(
        "momentum-exchanged",
        "momentum weighs the old value in your update, as in Keras. Here "
        "it is the weight of the new one.",
        variant(update=_exchanged),
        source=STUDENTS,
    ),
    Fault(
        "running-var-biased",
        "running_var takes the variance that divides by N. Here it takes "
        "the unbiased one, as in PyTorch.",
        variant(update=_biased),
        source=STUDENTS,
    ),
    Fault(
        "weights-not-copied",
        "Your network works on the caller's own arrays: training it "
        "changes them, and a second network made of them begins trained. Copy them.",
        variant(own=lambda s, w: w),
    ),
    Fault(
        "mask-missing",
        "Your backward pass leaves out the ReLU: where it let nothing through, "
        "no gradient comes back.",
        variant(masked=lambda s, d, i: d),
    ),
    Fault(
        "mask-of-the-gradient",
        "Your backward pass keeps the positive gradients. What counts is "
        "where the input of the ReLU was positive.",
        variant(masked=lambda s, d, i: np.maximum(d, 0)),
    ),
    Fault(
        "mask-of-xhat",
        "Your backward pass masks where xhat was positive. The ReLU saw it scaled and shifted.",
        variant(masked=lambda s, d, i: d * (s.caches[i][0].xhat > 0)),
    ),
    Fault(
        "statistics-constant",
        "Your backward pass treats the batch's mean and variance as "
        "constants. In training they are functions of every row.",
        variant(through=_constants),
        source=STUDENTS,
    ),
    Fault(
        "statistics-not-constant",
        "In evaluation your backward pass goes through the batch's "
        "mean and variance. There the running ones are constants.",
        variant(through=_of_batch),
    ),
    Fault(
        "gamma-lost",
        "gamma is lost on the way back through the batch norm.",
        variant(through=_without_gamma),
        source=STUDENTS,
    ),
    Fault(
        "dgamma-without-xhat",
        "Your gradient of gamma is the sum of dy. gamma multiplies xhat.",
        variant(through=_without_xhat),
        source=STUDENTS,
    ),
    Fault(
        "dgamma-dbeta-averaged",
        "Your gradients of gamma and beta are means over the batch. They are sums.",
        _parameters_scaled(lambda n: 1 / n),
    ),
    Fault(
        "dgamma-dbeta-exchanged",
        "The gradients of gamma and beta are exchanged: they come in "
        "the order of parameters, gamma first.",
        variant(through=_gamma_exchanged),
    ),
    Fault(
        "dw-averaged",
        "Your gradients of the weights are divided by N. The loss that dlogits "
        "comes from has done that.",
        variant(dw=lambda s, x, dz: x.T @ dz / len(dz)),
    ),
    Fault(
        "dw-transposed",
        "Your gradients of the weights are transposed: each has the shape of its matrix.",
        variant(dw=lambda s, x, dz: dz.T @ x),
    ),
    Fault(
        "dbias-averaged",
        "Your gradient of the bias is a mean over the batch. It is a sum.",
        variant(dbias=lambda s, d: d.mean(axis=0)),
    ),
    Fault(
        "gradients-reversed",
        "Your gradients come in the order of the way back. Return them in that of parameters.",
        variant(backward=_reversed),
    ),
    Fault(
        "gradients-grouped",
        "Your gradients come sorted by kind. Return them in the order of "
        "parameters, layer by layer.",
        variant(backward=_grouped),
    ),
    Fault(
        "bias-before-weights",
        "The last two gradients are exchanged: the matrix comes before the bias.",
        variant(backward=_bias_first),
    ),
    Fault(
        "backward-returns-nothing",
        "Your backward ends without a return.",
        variant(backward=_nothing),
    ),
)
