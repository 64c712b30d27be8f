"""Wrong layers whose fault is in the modes, in the running statistics or in what is kept where."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.running.layer import Layer, variant
from bnlib.exercises.running.layer_faults import STUDENTS, WILD


def _moved(id, advice, move, source=""):
    return Fault(id, advice, variant(move=move), source=source)


def _to(mean_share, var_share=None):
    """Running statistics that move by another share than momentum."""

    def move(self, mean, var):
        for name, new, share in (
            ("running_mean", mean, mean_share),
            ("running_var", var, var_share or mean_share),
        ):
            old, new_share = share(self.momentum)
            setattr(self, name, old * getattr(self, name) + new_share * new)

    return move


def _right(m):
    return 1 - m, m


def _var_follows_mean(self, mean, var):
    m = self.momentum
    self.running_mean = (1 - m) * self.running_mean + m * mean
    self.running_var = (1 - m) * self.running_mean + m * var


def _mean_into_both(self, mean, var):
    Layer.move(self, mean, mean)


def _exchanged(self, mean, var):
    Layer.move(self, var, mean)


def _biased(self, x, mean, var):
    self.move(mean, var)


def _eps_stored(self, x, mean, var):
    n = len(x)
    self.move(mean, (var + self.eps) * n / (n - 1))


def _std_stored(self, x, mean, var):
    n = len(x)
    self.move(mean, np.sqrt(var * n / (n - 1)))


def _of_xhat(self, x, mean, var):
    xhat = self.normalized(x, mean, var)
    Layer.update(self, x, xhat.mean(axis=0), xhat.var(axis=0))


RUNNING = (
    _moved(
        "momentum-exchanged",
        "momentum weighs the old value in your update, as in Keras. Here, as in PyTorch, it is the "
        "weight of the new one.",
        _to(lambda m: (m, 1 - m)),
        STUDENTS,
    ),
    _moved(
        "momentum-exchanged-for-the-mean",
        "running_var follows PyTorch's convention, running_mean the other: there momentum weighs "
        "the old value.",
        _to(lambda m: (m, 1 - m), _right),
    ),
    _moved(
        "momentum-hard-coded",
        "Your running statistics move by 0.1 of the way, whatever momentum was passed.",
        _to(lambda m: (0.9, 0.1)),
        STUDENTS,
    ),
    _moved(
        "momentum-hard-coded-0.9",
        "Your running statistics move by 0.9 of the way, whatever momentum was passed.",
        _to(lambda m: (0.1, 0.9)),
    ),
    _moved(
        "last-batch-overwrites",
        "Your running statistics are those of the last batch. They move towards it by the share "
        "momentum, and keep the rest of what they were.",
        _to(lambda m: (0, 1)),
        STUDENTS,
    ),
    _moved(
        "old-value-not-weighed",
        "Your running statistics add momentum times the new value to the whole of the old one, and "
        "grow without end. The two weights sum to 1.",
        _to(lambda m: (1, m)),
    ),
    _moved(
        "running-mean-as-sum",
        "Your running statistics add up the batches' values. They are averages.",
        _to(lambda m: (1, 1)),
    ),
    _moved(
        "never-updated",
        "A forward pass in training leaves your running statistics as they were. They move towards "
        "the batch's by the share momentum.",
        lambda s, mean, var: None,
        STUDENTS,
    ),
    _moved(
        "running-var-never-updated",
        "A forward pass in training moves running_mean and leaves running_var as it was.",
        _to(_right, lambda m: (1, 0)),
    ),
    _moved(
        "running-var-from-running-mean",
        "Your running_var is computed from running_mean: a line copied, and one name in it not "
        "changed.",
        _var_follows_mean,
        STUDENTS,
    ),
    _moved(
        "running-var-from-means",
        "running_var moves towards the batch's mean. It belongs to the variance.",
        _mean_into_both,
        STUDENTS,
    ),
    _moved(
        "running-statistics-exchanged",
        "running_mean moves towards the variance and running_var towards the mean.",
        _exchanged,
    ),
    Fault(
        "running-var-biased",
        "running_var takes the variance that divides by N, as in Keras. PyTorch keeps the "
        "unbiased one there, which divides by N - 1.",
        variant(update=_biased),
        source=STUDENTS,
    ),
    Fault(
        "eps-in-running-var",
        "eps gets into your running_var. Store the variance; eps is added each time that it is "
        "used.",
        variant(update=_eps_stored),
        source=STUDENTS,
    ),
    Fault(
        "running-std",
        "running_var holds standard deviations. Store the variance and take the root when it is "
        "used.",
        variant(update=_std_stored),
        source=STUDENTS,
    ),
    Fault(
        "running-std-divides",
        "running_var holds standard deviations, and in evaluation you divide by it as it is. "
        "What is loaded there, and what others read there, is a variance.",
        variant(
            update=_std_stored, normalized_with_running=lambda s, x, m, v: (x - m) / (v + s.eps)
        ),
        source=STUDENTS,
    ),
    Fault(
        "running-std-squared",
        "running_var holds standard deviations, and in evaluation you square it. What is loaded "
        "there, and what others read there, is a variance.",
        variant(
            update=_std_stored,
            normalized_with_running=lambda s, x, m, v: (x - m) / np.sqrt(v**2 + s.eps),
        ),
        source=STUDENTS,
    ),
    Fault(
        "running-statistics-of-xhat",
        "Your running statistics follow the normalized batch, whose mean is 0 and variance 1 "
        "always. They follow x.",
        variant(update=_of_xhat),
    ),
)


def _evaluating(id, advice, normalized, source=""):
    return Fault(id, advice, variant(normalized_with_running=normalized), source=source)


def _scaled_in_evaluation(id, advice, scaled, source=""):
    def both(self, x, xhat):
        return Layer.scaled(self, x, xhat) if self.training else scaled(self, x, xhat)

    return Fault(id, advice, variant(scaled=both), source=source)


def _forward_then(after):
    def forward(self, x):
        return after(self, x, Layer.forward(self, x))

    return variant(forward=forward)


def _updates_too(self, x):
    if not self.training:
        self.update(x, *self.statistics(x))
    return Layer.forward(self, x)


def _always(training):
    def forward(self, x):
        was, self.training = self.training, training
        y = Layer.forward(self, x)
        self.training = was
        return y

    return variant(forward=forward)


def _modes_exchanged(self, x):
    self.training = not self.training
    y = Layer.forward(self, x)
    self.training = not self.training
    return y


def _with_running_in_training(self, x, mean, var):
    return (x - self.running_mean) / np.sqrt(self.running_var + self.eps)


def _of_batch(self, x, mean, var):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + self.eps)


def _before_update(self, x):
    before = self.running_mean, self.running_var
    y = Layer.forward(self, x)
    if self.training:
        xhat = (x - before[0]) / np.sqrt(before[1] + self.eps)
        y = self.gamma * xhat + self.beta
    return y


MODES = (
    Fault(
        "training-with-running-statistics",
        "In training you normalize with the running statistics. They are for evaluation; in "
        "training the batch is normalized with its own.",
        variant(normalized=_with_running_in_training),
        source=STUDENTS,
    ),
    Fault(
        "training-with-old-running-statistics",
        "In training you normalize with the running statistics of before the update. In training "
        "the batch is normalized with its own.",
        variant(forward=_before_update),
    ),
    _evaluating(
        "batch-statistics-in-evaluation",
        "In evaluation you normalize with the batch's statistics: the output for one example then "
        "depends on the others in its batch. Use the running ones.",
        _of_batch,
        WILD,
    ),
    Fault(
        "always-training",
        "Your forward pass does the same in evaluation as in training, running statistics "
        "included. What does it do with the attribute training?",
        _always(True),
        source=WILD,
    ),
    Fault(
        "always-evaluating",
        "Your forward pass does the same in training as in evaluation. What does it do with the "
        "attribute training?",
        _always(False),
    ),
    Fault(
        "modes-exchanged",
        "Training and evaluation are exchanged: with training True you use the running "
        "statistics, with False the batch's.",
        variant(forward=_modes_exchanged),
    ),
    Fault(
        "updated-in-evaluation",
        "A forward pass in evaluation changes your running statistics. What is measured would "
        "depend on what was measured before.",
        variant(forward=_updates_too),
        source=WILD,
    ),
    _evaluating(
        "evaluation-eps-outside-root",
        "In evaluation you add eps to the root of running_var. It belongs under the root, as in "
        "training.",
        lambda s, x, m, v: (x - m) / (np.sqrt(v) + s.eps),
        STUDENTS,
    ),
    _evaluating(
        "evaluation-eps-missing",
        "In evaluation eps has no effect on your output. It is added to running_var, as it is to "
        "the batch's variance in training.",
        lambda s, x, m, v: (x - m) / np.sqrt(v),
        STUDENTS,
    ),
    _evaluating(
        "evaluation-eps-hard-coded",
        "In evaluation your output is that of eps = 1e-5, whatever eps was passed.",
        lambda s, x, m, v: (x - m) / np.sqrt(v + 1e-5),
    ),
    _evaluating(
        "evaluation-variance-not-root",
        "In evaluation you divide by running_var. Its square root is what brings a feature to "
        "variance 1.",
        lambda s, x, m, v: (x - m) / (v + s.eps),
    ),
    _evaluating(
        "evaluation-std-squared",
        "In evaluation you square running_var before you use it. It holds a variance already.",
        lambda s, x, m, v: (x - m) / np.sqrt(v**2 + s.eps),
    ),
    _evaluating(
        "evaluation-precedence",
        "In evaluation your output is x - running_mean / sqrt(...): without a bracket only the "
        "mean is divided.",
        lambda s, x, m, v: x - m / np.sqrt(v + s.eps),
        STUDENTS,
    ),
    _evaluating(
        "evaluation-not-centred",
        "In evaluation you do not take running_mean away.",
        lambda s, x, m, v: x / np.sqrt(v + s.eps),
    ),
    _evaluating(
        "evaluation-not-normalized",
        "In evaluation you scale and shift x itself. It is normalized there too, with the running "
        "statistics.",
        lambda s, x, m, v: x,
    ),
    _evaluating(
        "evaluation-mean-of-the-batch",
        "In evaluation you take away the batch's mean and divide by the running deviation. Both "
        "are the running ones.",
        lambda s, x, m, v: (x - x.mean(axis=0)) / np.sqrt(v + s.eps),
    ),
    _evaluating(
        "evaluation-variance-of-the-batch",
        "In evaluation you take away running_mean and divide by the batch's deviation. Both are "
        "the running ones.",
        lambda s, x, m, v: (x - m) / np.sqrt(x.var(axis=0) + s.eps),
    ),
    _scaled_in_evaluation(
        "evaluation-affine-missing",
        "In evaluation gamma and beta are forgotten. They act in both modes.",
        lambda s, x, xhat: xhat,
        STUDENTS,
    ),
    _scaled_in_evaluation(
        "evaluation-gamma-missing",
        "In evaluation gamma has no effect on your output.",
        lambda s, x, xhat: xhat + s.beta,
    ),
    _scaled_in_evaluation(
        "evaluation-beta-missing",
        "In evaluation beta has no effect on your output.",
        lambda s, x, xhat: s.gamma * xhat,
    ),
    Fault(
        "evaluation-returns-nothing",
        "In evaluation your forward pass ends without a return.",
        _forward_then(lambda s, x, y: y if s.training else None),
        source=STUDENTS,
    ),
    Fault(
        "training-returns-nothing",
        "In training your forward pass ends without a return.",
        _forward_then(lambda s, x, y: None if s.training else y),
    ),
)


def _started(id, advice, **attributes):
    def init(self, num_features, eps, momentum):
        Layer.__init__(self, num_features, eps, momentum)
        for name, make in attributes.items():
            setattr(self, name, make(num_features))

    return Fault(id, advice, variant(__init__=init))


class _OnClass(Layer):
    """The running statistics stand on the class: the last layer made has them."""

    def __init__(self, num_features, eps, momentum):
        Layer.__init__(self, num_features, eps, momentum)
        for name in ("running_mean", "running_var"):
            setattr(type(self), name, self.__dict__.pop(name))

    def move(self, mean, var):
        m, kept = self.momentum, type(self)
        for name, new in (("running_mean", mean), ("running_var", var)):
            if name in self.__dict__:
                setattr(self, name, (1 - m) * getattr(self, name) + m * new)
            else:
                setattr(kept, name, (1 - m) * getattr(kept, name) + m * new)


class _CacheOnClass(Layer):
    def keep(self, x, training):
        Layer.keep(self, x, training)
        type(self).shared = self.cache

    def backward(self, dy):
        self.cache = type(self).shared
        return Layer.backward(self, dy)


STATE = (
    _started(
        "begins-with-gamma-0",
        "A new layer begins with gamma 0: it lets nothing through.",
        gamma=np.zeros,
    ),
    _started(
        "begins-with-beta-1", "A new layer begins with beta 1. It begins with 0.", beta=np.ones
    ),
    _started(
        "begins-with-running-var-0",
        "A new layer begins with running_var 0. It begins with 1, so that an untrained layer "
        "leaves x about as it is.",
        running_var=np.zeros,
    ),
    _started(
        "begins-with-running-mean-1",
        "A new layer begins with running_mean 1. It begins with 0.",
        running_mean=np.ones,
    ),
    _started(
        "begins-in-evaluation",
        "A new layer begins in evaluation. It begins with training True.",
        training=lambda d: False,
    ),
    _started(
        "running-statistics-as-rows",
        "Your running statistics have shape (1, D). They have one number a feature, (D,).",
        running_mean=lambda d: np.zeros((1, d)),
        running_var=lambda d: np.ones((1, d)),
    ),
    _started(
        "parameters-as-rows",
        "Your gamma and beta have shape (1, D). They have one number a feature, (D,).",
        gamma=lambda d: np.ones((1, d)),
        beta=lambda d: np.zeros((1, d)),
    ),
    _started(
        "begins-with-numbers",
        "A new layer holds single numbers where arrays of shape (D,) belong.",
        gamma=lambda d: 1.0,
        beta=lambda d: 0.0,
        running_mean=lambda d: 0.0,
        running_var=lambda d: 1.0,
    ),
    Fault(
        "running-update-keepdims",
        "A pass in training gives your running statistics a row too many: their shape is (D,).",
        variant(move=lambda s, mean, var: Layer.move(s, mean[None], var[None])),
        source=STUDENTS,
    ),
    Fault(
        "statistics-on-the-class",
        "Two of your layers share their running statistics. What belongs to one layer is set on "
        "self, in __init__; what stands on the class is common to all.",
        _OnClass,
    ),
    Fault(
        "cache-on-the-class",
        "Two of your layers share what the forward pass keeps: the backward pass of one uses that "
        "of the other. Keep it on self.",
        _CacheOnClass,
    ),
)

FAULTS = (*RUNNING, *MODES, *STATE)
