"""Known mistakes and honest answers of PortedNorm."""

import numpy as np

from bnlib.exercises.clinic.ported_norm import PortedNorm, exercise
from bnlib.exercises.clinic.variants import Variants

variants = Variants(exercise, PortedNorm, "_follow")


def _mix(old, batch, new):
    return (1 - new) * old + new * batch


@variants.mistake(
    "other-convention",
    "The newest batch weighs what the old value should, and the other way round. "
    "What does momentum multiply in each framework's formula?",
    source="students' repositories",
)
def _other(self, mean, var, n):
    keep = self.momentum
    self.running_mean = _mix(self.running_mean, mean, 1 - keep)
    self.running_var = _mix(self.running_var, var, 1 - keep)


@variants.mistake(
    "mean-alone-mended",
    "running_mean follows as it should; running_var still takes momentum the other way round.",
)
def _mean_only(self, mean, var, n):
    self.running_mean = _mix(self.running_mean, mean, self.momentum)
    self.running_var = _mix(self.running_var, var, 1 - self.momentum)


@variants.mistake(
    "variance-alone-mended",
    "running_var follows as it should; running_mean still takes momentum the other way round.",
)
def _var_only(self, mean, var, n):
    self.running_mean = _mix(self.running_mean, mean, 1 - self.momentum)
    self.running_var = _mix(self.running_var, var, self.momentum)


@variants.mistake(
    "one-weight-mended",
    "The two weights of the average no longer add up to 1: only one of them was changed.",
)
def _one_weight(self, mean, var, n):
    weight = self.momentum
    self.running_mean = weight * self.running_mean + weight * mean
    self.running_var = weight * self.running_var + weight * var


@variants.mistake(
    "both-weights-large",
    "The two weights of the average do not add up to 1: the old value and the new one both "
    "weigh what the old one should.",
)
def _large_weights(self, mean, var, n):
    weight = 1 - self.momentum
    self.running_mean = weight * self.running_mean + weight * mean
    self.running_var = weight * self.running_var + weight * var


@variants.mistake(
    "momentum-of-pytorch",
    "The new batch weighs 0.1 whatever momentum came with the layer. "
    "That is PyTorch's default; this layer brings its own.",
)
def _default(self, mean, var, n):
    self.running_mean = _mix(self.running_mean, mean, 0.1)
    self.running_var = _mix(self.running_var, var, 0.1)


@variants.mistake(
    "momentum-of-keras",
    "The new batch weighs 0.01 whatever momentum came with the layer. "
    "That is Keras's default; this layer brings its own.",
)
def _keras_default(self, mean, var, n):
    self.running_mean = _mix(self.running_mean, mean, 0.01)
    self.running_var = _mix(self.running_var, var, 0.01)


@variants.mistake(
    "variance-bessel",
    "running_var follows the variance divided by N - 1, as in PyTorch. Keras divides by N.",
)
def _bessel(self, mean, var, n):
    self.running_mean = _mix(self.running_mean, mean, self.momentum)
    self.running_var = _mix(self.running_var, var * n / (n - 1), self.momentum)


@variants.mistake(
    "deviation-averaged",
    "running_var averages standard deviations. It is the variance that is averaged.",
    source="students' repositories",
)
def _deviation(self, mean, var, n):
    self.running_mean = _mix(self.running_mean, mean, self.momentum)
    self.running_var = _mix(self.running_var, np.sqrt(var), self.momentum)


@variants.mistake(
    "last-batch-overwrites",
    "The running statistics are those of the last batch alone.",
    source="students' repositories",
)
def _overwrites(self, mean, var, n):
    self.running_mean, self.running_var = mean, var


@variants.mistake(
    "never-updated",
    "The running statistics no longer jump because they no longer move.",
    source="students' repositories",
)
def _never(self, mean, var, n):
    return None


@variants.mistake(
    "plain-average",
    "Every batch weighs the same in your running statistics. "
    "In the layer that came, older batches fade at the pace of momentum.",
)
def _cumulative(self, mean, var, n):
    self.seen = getattr(self, "seen", 0) + 1
    self.running_mean = _mix(self.running_mean, mean, 1 / (self.seen + 1))
    self.running_var = _mix(self.running_var, var, 1 / (self.seen + 1))


class _StartsAnew(PortedNorm):
    def __init__(self, gamma, beta, moving_mean, moving_variance, momentum, epsilon):
        begun = np.zeros_like(moving_mean), np.ones_like(moving_variance)
        super().__init__(gamma, beta, *begun, momentum, epsilon)


exercise.mistake(
    "starts-anew",
    "The running statistics begin at 0 and 1. The layer came with statistics that it had learned.",
)(_StartsAnew)


class _BatchAlways(PortedNorm):
    def forward(self, x):
        mean, var = x.mean(axis=0), x.var(axis=0)
        if self.training:
            self._follow(mean, var, len(x))
        return self.gamma * (x - mean) / np.sqrt(var + self.eps) + self.beta


exercise.mistake(
    "batch-statistics-in-evaluation",
    "In evaluation the batch is normalized by its own statistics; "
    "the running ones are kept and not used.",
    source="students' repositories",
)(_BatchAlways)


class _KerasFormula(PortedNorm):
    """The other repair: momentum as it came, and Keras's formula."""

    def __init__(self, gamma, beta, moving_mean, moving_variance, momentum, epsilon):
        super().__init__(gamma, beta, moving_mean, moving_variance, momentum, epsilon)
        self.momentum = momentum

    def _follow(self, mean, var, n):
        self.running_mean = self.running_mean * self.momentum + mean * (1 - self.momentum)
        self.running_var = self.running_var * self.momentum + var * (1 - self.momentum)


exercise.alternative(_KerasFormula)


@variants.alternative
def in_place(self, mean, var, n):
    self.running_mean += self.momentum * (mean - self.running_mean)
    self.running_var += self.momentum * (var - self.running_var)


@variants.alternative
def loops(self, mean, var, n):
    for d in range(len(mean)):
        self.running_mean[d] = _mix(self.running_mean[d], mean[d], self.momentum)
        self.running_var[d] = _mix(self.running_var[d], var[d], self.momentum)


@variants.alternative
def single_precision(self, mean, var, n):
    self.running_mean = _mix(self.running_mean, mean, self.momentum).astype(np.float32)
    self.running_var = _mix(self.running_var, var, self.momentum).astype(np.float32)
