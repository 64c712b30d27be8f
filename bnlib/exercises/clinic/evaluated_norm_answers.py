"""Known mistakes and honest answers of EvaluatedNorm."""

import numpy as np

from bnlib.exercises.clinic.evaluated_norm import EvaluatedNorm, exercise
from bnlib.exercises.clinic.variants import Variants

variants = Variants(exercise, EvaluatedNorm, "forward")


@variants.mistake(
    "updated-in-evaluation",
    "The layer learns from what it is tested on: the running statistics move with every call. "
    "Which lines run whatever the mode is?",
)
def _updated(self, x):
    mean, var = x.mean(axis=0), x.var(axis=0)
    self._follow(mean, var)
    if not self.training:
        mean, var = self.running_mean, self.running_var
    return self._normalized(x, mean, var)


@variants.mistake(
    "updated-after-evaluation",
    "The first answer is right, but the batch that was tested still enters the running "
    "statistics afterwards.",
)
def _updated_late(self, x):
    mean, var = x.mean(axis=0), x.var(axis=0)
    y = self._normalized(
        x, *((mean, var) if self.training else (self.running_mean, self.running_var))
    )
    self._follow(mean, var)
    return y


@variants.mistake(
    "variance-still-updated",
    "The running mean rests in evaluation now; the running variance still moves.",
)
def _var_moves(self, x):
    rested = self.running_mean
    y = _updated_parts(self, x)
    if not self.training:
        self.running_mean = rested
        y = self._normalized(x, self.running_mean, self.running_var)
    return y


@variants.mistake(
    "mean-still-updated",
    "The running variance rests in evaluation now; the running mean still moves.",
)
def _mean_moves(self, x):
    rested = self.running_var
    y = _updated_parts(self, x)
    if not self.training:
        self.running_var = rested
        y = self._normalized(x, self.running_mean, self.running_var)
    return y


def _updated_parts(self, x):
    mean, var = x.mean(axis=0), x.var(axis=0)
    self._follow(mean, var)
    return self._normalized(x, mean, var)


@variants.mistake(
    "batch-statistics-in-evaluation",
    "Evaluating twice agrees now because the batch normalizes itself, in evaluation too. "
    "What are the running statistics kept for?",
    source="students' repositories",
)
def _batch_always(self, x):
    mean, var = x.mean(axis=0), x.var(axis=0)
    if self.training:
        self._follow(mean, var)
    return self._normalized(x, mean, var)


@variants.mistake(
    "never-updated",
    "The running statistics no longer move at all: they keep the 0 and the 1 they began with.",
    source="students' repositories",
)
def _never(self, x):
    if self.training:
        return self._normalized(x, x.mean(axis=0), x.var(axis=0))
    return self._normalized(x, self.running_mean, self.running_var)


@variants.mistake(
    "condition-inverted",
    "The statistics move in evaluation and rest in training: the condition is the wrong way round.",
)
def _inverted(self, x):
    mean, var = x.mean(axis=0), x.var(axis=0)
    if not self.training:
        self._follow(mean, var)
        mean, var = self.running_mean, self.running_var
    return self._normalized(x, mean, var)


@variants.mistake(
    "running-statistics-in-training",
    "In training the batch is normalized by the running statistics. "
    "It is its own mean and variance that belong there.",
    source="students' repositories",
)
def _running_always(self, x):
    if self.training:
        self._follow(x.mean(axis=0), x.var(axis=0))
    return self._normalized(x, self.running_mean, self.running_var)


@variants.mistake(
    "affine-lost",
    "In evaluation gamma and beta are missing.",
    source="students' repositories",
)
def _no_affine(self, x):
    if self.training:
        return EvaluatedNorm.forward(self, x)
    return (x - self.running_mean) / np.sqrt(self.running_var + self.eps)


@variants.mistake(
    "running-var-from-mean",
    "running_var moves towards the batch's mean: look at what enters each of the two averages.",
    source="students' repositories",
)
def _copied(self, x):
    if self.training:
        self._follow(x.mean(axis=0), x.mean(axis=0))
        return self._normalized(x, x.mean(axis=0), x.var(axis=0))
    return self._normalized(x, self.running_mean, self.running_var)


@variants.mistake(
    "variance-not-rooted",
    "In evaluation you divide by the running variance instead of its root.",
    source="students' repositories",
)
def _no_root(self, x):
    if self.training:
        return EvaluatedNorm.forward(self, x)
    return self._normalized(x, self.running_mean, (self.running_var + self.eps) ** 2 - self.eps)


@variants.mistake(
    "deviation-averaged",
    "running_var averages standard deviations. It is the variance that is averaged.",
    source="students' repositories",
)
def _deviation(self, x):
    if self.training:
        self._follow(x.mean(axis=0), x.std(axis=0))
        return self._normalized(x, x.mean(axis=0), x.var(axis=0))
    return self._normalized(x, self.running_mean, self.running_var)


@variants.mistake(
    "eps-missing-in-evaluation",
    "In evaluation eps is missing.",
    source="students' repositories",
)
def _no_eps(self, x):
    if self.training:
        return EvaluatedNorm.forward(self, x)
    return self._normalized(x, self.running_mean, self.running_var - self.eps)


@variants.mistake(
    "eps-outside-root-in-evaluation",
    "In evaluation eps is added after the root.",
    source="students' repositories",
)
def _eps_outside(self, x):
    if self.training:
        return EvaluatedNorm.forward(self, x)
    std = np.sqrt(self.running_var) + self.eps
    return self.gamma * (x - self.running_mean) / std + self.beta


@variants.mistake(
    "eps-in-running-var",
    "running_var holds eps already, and in evaluation eps is added once more.",
    source="students' repositories",
)
def _eps_stored(self, x):
    if not self.training:
        return self._normalized(x, self.running_mean, self.running_var)
    mean, var = x.mean(axis=0), x.var(axis=0)
    self._follow(mean, var + self.eps)
    return self._normalized(x, mean, var)


class _Exchanged(EvaluatedNorm):
    def __init__(self, gamma, beta, momentum, eps):
        super().__init__(gamma, beta, 1 - momentum, eps)


exercise.mistake(
    "momentum-exchanged",
    "momentum and 1 - momentum have changed places in the averages.",
    source="students' repositories",
)(_Exchanged)


class _Overwrites(EvaluatedNorm):
    def _follow(self, mean, var):
        self.running_mean, self.running_var = mean, var


exercise.mistake(
    "last-batch-overwrites",
    "The running statistics are those of the last batch alone: nothing of the earlier ones "
    "is kept.",
    source="students' repositories",
)(_Overwrites)


@variants.alternative
def two_branches(self, x):
    if not self.training:
        scale = self.gamma / np.sqrt(self.running_var + self.eps)
        return x * scale + (self.beta - self.running_mean * scale)
    centred = x - x.mean(axis=0)
    var = np.einsum("nd,nd->d", centred, centred) / len(x)
    self.running_mean += self.momentum * (x.mean(axis=0) - self.running_mean)
    self.running_var += self.momentum * (var - self.running_var)
    return self.gamma * centred / np.sqrt(var + self.eps) + self.beta


@variants.alternative
def put_back(self, x):
    kept = self.running_mean.copy(), self.running_var.copy()
    mean, var = x.mean(axis=0), x.var(axis=0)
    self._follow(mean, var)
    if not self.training:
        self.running_mean, self.running_var = mean, var = kept
    return self._normalized(x, mean, var)


@variants.alternative
def loops(self, x):
    if self.training:
        mean = np.array([sum(c) / len(c) for c in x.T])
        var = np.array(
            [sum((v - m) ** 2 for v in c) / len(c) for c, m in zip(x.T, mean, strict=True)]
        )
        self._follow(mean, var)
    else:
        mean, var = self.running_mean, self.running_var
    return np.stack([self._normalized(row, mean, var) for row in x])


@variants.alternative
def no_momentum_in_evaluation(self, x):
    m = self.momentum if self.training else 0.0
    mean, var = x.mean(axis=0), x.var(axis=0)
    self.running_mean = (1 - m) * self.running_mean + m * mean
    self.running_var = (1 - m) * self.running_var + m * var
    if not self.training:
        mean, var = self.running_mean, self.running_var
    return self._normalized(x, mean, var)


@variants.alternative
def single_precision(self, x):
    return EvaluatedNorm.forward(self, x.astype(np.float32)).astype(np.float32)
