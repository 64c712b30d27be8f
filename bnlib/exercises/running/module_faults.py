"""Wrong modules for BatchNorm1d."""

from __future__ import annotations

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.running.layer_faults import STUDENTS, WILD
from bnlib.exercises.running.module_classes import begins, variant


def _sqrt(value):
    return value**0.5


def _parameter(name):
    """Make a buffer of that name a parameter that needs no gradient."""

    def make_buffers(self, c):
        from torch import nn

        _buffers(self, c)
        if c is not None:
            value = self._buffers.pop(name)
            self.register_parameter(name, nn.Parameter(value, requires_grad=False))

    def move(self, mean, var, share):
        self.running_mean.data = (1 - share) * self.running_mean.data + share * mean
        self.running_var.data = (1 - share) * self.running_var.data + share * var

    return variant(make_buffers=make_buffers, move=move)


def _buffers(self, c):
    import torch

    self.register_buffer("running_mean", None if c is None else torch.zeros(c))
    self.register_buffer("running_var", None if c is None else torch.ones(c))
    self.register_buffer("num_batches_tracked", None if c is None else torch.tensor(0))


def _plain_buffers(self, c):
    import torch

    self.running_mean = None if c is None else torch.zeros(c)
    self.running_var = None if c is None else torch.ones(c)
    self.num_batches_tracked = None if c is None else torch.tensor(0)


def _plain_count(self, c):
    _buffers(self, c)
    if c is not None:
        del self._buffers["num_batches_tracked"]
        self.num_batches_tracked = 0


def _float_count(self, c):
    import torch

    _buffers(self, c)
    if c is not None:
        self.register_buffer("num_batches_tracked", torch.tensor(0.0))


def _rows_of_buffers(self, c):
    _buffers(self, c)
    if c is not None:
        self.running_mean, self.running_var = self.running_mean[None], self.running_var[None]


def _var_from_zero(self, c):
    _buffers(self, c)
    if c is not None:
        self.running_var = 0 * self.running_var


def _always_buffers(self, c):
    _buffers(self, self.num_features)


def _always_parameters(self, c):
    import torch
    from torch import nn

    self.weight = nn.Parameter(torch.ones(self.num_features))
    self.bias = nn.Parameter(torch.zeros(self.num_features))


def _plain_parameters(self, c):
    import torch

    self.weight = None if c is None else torch.ones(c, requires_grad=True)
    self.bias = None if c is None else torch.zeros(c, requires_grad=True)


def _buffer_parameters(self, c):
    import torch

    self.register_buffer("weight", None if c is None else torch.ones(c))
    self.register_buffer("bias", None if c is None else torch.zeros(c))


STATE = (
    Fault(
        "statistics-not-buffers",
        "Your running statistics are plain attributes: state_dict leaves them out, and .to() and "
        ".double() pass them by. Register them as buffers.",
        variant(make_buffers=_plain_buffers),
        source=WILD,
    ),
    Fault(
        "count-not-a-buffer",
        "num_batches_tracked is a plain number: state_dict leaves it out, and a layer that is "
        "loaded begins to count anew.",
        variant(make_buffers=_plain_count),
    ),
    Fault(
        "count-of-floats",
        "num_batches_tracked is a tensor of floats. It counts: PyTorch keeps whole numbers there.",
        variant(make_buffers=_float_count),
    ),
    Fault(
        "running-mean-a-parameter",
        "running_mean is a parameter: an optimizer would be handed it. What is not trained by "
        "gradients and belongs to the state is a buffer.",
        _parameter("running_mean"),
    ),
    Fault(
        "statistics-as-rows",
        "Your running statistics have shape (1, C). PyTorch's have shape (C,), and a state_dict "
        "with another shape is refused.",
        variant(
            make_buffers=_rows_of_buffers,
            update=lambda s, mean, var, x: _update_rows(s, mean, var, x),
        ),
        source=STUDENTS,
    ),
    Fault(
        "begins-with-running-var-0",
        "A new layer begins with running_var 0. It begins with 1.",
        variant(make_buffers=_var_from_zero),
    ),
    Fault(
        "parameters-plain",
        "weight and bias are plain tensors: module.parameters() does not know them, so no "
        "optimizer moves them.",
        variant(make_parameters=_plain_parameters),
    ),
    Fault(
        "parameters-as-buffers",
        "weight and bias are buffers: they are saved, and no gradient reaches them.",
        variant(make_parameters=_buffer_parameters),
    ),
    Fault(
        "affine-always",
        "With affine=False your layer has a weight and a bias all the same. There they are None.",
        variant(make_parameters=_always_parameters),
    ),
    Fault(
        "statistics-always-kept",
        "With track_running_stats=False your layer keeps running statistics all the same. There "
        "they are None.",
        variant(
            make_buffers=_always_buffers,
            uses_batch=lambda s: s.training or not s.track_running_stats,
            tracks=lambda s: s.training and s.track_running_stats,
        ),
    ),
    Fault(
        "track-running-stats-ignored",
        "With track_running_stats=False your layer keeps running statistics and evaluates with "
        "them. There it uses the batch's in both modes.",
        variant(make_buffers=_always_buffers),
    ),
    Fault(
        "graph-kept",
        "Your running statistics hold on to the graph of the batches that went into them: memory "
        "grows with every step. Update them without gradients.",
        variant(update=lambda s, mean, var, x: _update(s, mean, var, x, detach=False)),
        source=WILD,
    ),
)


def _update(self, mean, var, x, detach=True):
    n = x.numel() // self.num_features
    self.count()
    if detach:
        mean, var = mean.detach(), var.detach()
    self.move(mean, var * n / (n - 1), self.share())


def _update_rows(self, mean, var, x):
    n = x.numel() // self.num_features
    self.count()
    self.move(mean.detach()[None], var.detach()[None] * n / (n - 1), self.share())


def _with_n(count, biased=False):
    def update(self, mean, var, x):
        n = count(x)
        self.count()
        self.move(mean.detach(), var.detach() * (1 if biased else n / (n - 1)), self.share())

    return variant(update=update)


def _eps_stored(self, mean, var, x):
    _update(self, mean, var + self.eps, x)


def _std_stored(self, mean, var, x):
    n = x.numel() // self.num_features
    self.count()
    self.move(mean.detach(), (var.detach() * n / (n - 1)) ** 0.5, self.share())


def _moved(old, new):
    """Running statistics that move by other weights: functions of the share."""

    def move(self, mean, var, share):
        self.running_mean = old(share) * self.running_mean + new(share) * mean
        self.running_var = old(share) * self.running_var + new(share) * var

    return variant(move=move)


def _copied(self, mean, var, share):
    self.running_mean = (1 - share) * self.running_mean + share * mean
    self.running_var = (1 - share) * self.running_mean + share * var


def _count_in_evaluation(self, x):
    if not self.training and self.running_mean is not None:
        self.count()
    return type(self).__mro__[1].forward(self, x)


def _updates_in_evaluation(self, x):
    if not self.training and self.running_mean is not None:
        self.update(*self.statistics(x), x)
    return type(self).__mro__[1].forward(self, x)


RUNNING = (
    Fault(
        "momentum-exchanged",
        "momentum weighs the old value in your update, as in Keras. In PyTorch it is the weight of "
        "the new one.",
        variant(
            move=lambda s, mean, var, share: _exchanged(s, mean, var, share),
        ),
        source=STUDENTS,
    ),
    Fault(
        "momentum-hard-coded",
        "Your running statistics move by 0.1 of the way, whatever momentum was passed.",
        variant(share=lambda s: 0.1 if s.momentum is not None else _share(s)),
        source=STUDENTS,
    ),
    Fault(
        "momentum-none-as-0.1",
        "With momentum=None your running statistics move by 0.1 of the way. There every batch "
        "weighs the same: the average of all so far.",
        variant(share=lambda s: 0.1 if s.momentum is None else s.momentum),
    ),
    Fault(
        "momentum-none-off-by-one",
        "With momentum=None your average counts one batch too many: after the first, what a new "
        "layer begins with should be forgotten.",
        variant(
            share=lambda s: (
                1 / (s.num_batches_tracked.item() + 1) if s.momentum is None else s.momentum
            )
        ),
    ),
    Fault(
        "momentum-none-overwrites",
        "With momentum=None your running statistics are those of the last batch. There every batch "
        "weighs the same: the average of all so far.",
        variant(share=lambda s: 1.0 if s.momentum is None else s.momentum),
    ),
    Fault(
        "last-batch-overwrites",
        "Your running statistics are those of the last batch.",
        _moved(lambda share: 0, lambda share: 1),
        source=STUDENTS,
    ),
    Fault(
        "never-updated",
        "A forward pass in training leaves your running statistics as they were.",
        _moved(lambda share: 1, lambda share: 0),
        source=STUDENTS,
    ),
    Fault(
        "running-var-from-running-mean",
        "Your running_var is computed from running_mean: a line copied, and one name in it not "
        "changed.",
        variant(move=_copied),
        source=STUDENTS,
    ),
    Fault(
        "running-var-biased",
        "running_var takes the variance that divides by the number of values. PyTorch keeps the "
        "unbiased one there, which divides by one less.",
        _with_n(lambda x: 1, biased=True),
        source=STUDENTS,
    ),
    Fault(
        "rows-counted",
        "For (N, C, L) Bessel's correction in your running_var counts the N examples. A channel "
        "has N * L values.",
        _with_n(len),
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
        "running_var holds standard deviations.",
        variant(update=_std_stored),
        source=STUDENTS,
    ),
    Fault(
        "count-never-moves",
        "num_batches_tracked stays 0. It grows by 1 with every batch of training.",
        variant(
            count=lambda s: None,
            share=lambda s: _share_counted(s),
        ),
    ),
    Fault(
        "count-in-evaluation",
        "num_batches_tracked grows in evaluation too. It counts the batches of training.",
        variant(forward=_count_in_evaluation),
    ),
    Fault(
        "updated-in-evaluation",
        "A forward pass in evaluation changes your running statistics.",
        variant(forward=_updates_in_evaluation),
        source=WILD,
    ),
)


def _share(self):
    return 1 / self.num_batches_tracked.item()


def _share_counted(self):
    if self.momentum is not None:
        return self.momentum
    self.batches = getattr(self, "batches", 0) + 1
    return 1 / self.batches


def _exchanged(self, mean, var, share):
    if self.momentum is not None:
        share = 1 - share
    self.running_mean = (1 - share) * self.running_mean + share * mean
    self.running_var = (1 - share) * self.running_var + share * var


def _with_grad_for_mode(self):
    import torch

    return torch.is_grad_enabled() or self.running_mean is None


def _tracks_with_grad(self):
    import torch

    return torch.is_grad_enabled() and self.running_mean is not None


def _over_examples(self, x):
    dims = (0,)
    mean = x.mean(dims, keepdim=True)
    var = ((x - mean) ** 2).mean(dims, keepdim=True)
    return mean, var


def _per_position(self, x):
    """(N, C, L) with statistics over N alone: every position its own."""
    if x.ndim == 2 or not self.uses_batch():
        return type(self).__mro__[1].forward(self, x)
    if self.tracks():
        self.update(*self.statistics(x), x)
    mean, var = _over_examples(self, x)
    return self.scaled((x - mean) / _sqrt(var + self.eps), (1, -1, 1))


def _per_example(self, x):
    """(N, C, L) with statistics over L alone: instance norm."""
    if x.ndim == 2 or not self.uses_batch():
        return type(self).__mro__[1].forward(self, x)
    if self.tracks():
        self.update(*self.statistics(x), x)
    mean = x.mean(2, keepdim=True)
    var = ((x - mean) ** 2).mean(2, keepdim=True)
    return self.scaled((x - mean) / _sqrt(var + self.eps), (1, -1, 1))


def _reshaped(self, x):
    """(N, C, L) as rows without moving the channels last."""
    if x.ndim == 2 or not self.uses_batch():
        return type(self).__mro__[1].forward(self, x)
    if self.tracks():
        self.update(*self.statistics(x), x)
    rows = x.reshape(-1, x.shape[1])
    mean = rows.mean(0)
    var = ((rows - mean) ** 2).mean(0)
    return self.scaled((rows - mean) / _sqrt(var + self.eps), (1, -1)).reshape(x.shape)


def _bessel(self, x, mean, var):
    if self.uses_batch():
        n = x.numel() // self.num_features
        var = var * n / (n - 1)
    return (x - mean) / _sqrt(var + self.eps)


def _in_evaluation(normalized):
    """A formula that is wrong where the running statistics are used."""

    def both(self, x, mean, var):
        if self.uses_batch():
            return (x - mean) / _sqrt(var + self.eps)
        return normalized(self, x, mean, var)

    return variant(normalized=both)


def _without_gradients(self, x):
    import torch

    with torch.no_grad():
        return type(self).__mro__[1].forward(self, x)


def _batch_in_evaluation(self, x):
    was, track = self.training, self.tracks
    self.training = True
    if not was:
        self.tracks = lambda: False
    try:
        return type(self).__mro__[1].forward(self, x)
    finally:
        self.training, self.tracks = was, track


def _always_trains(self, x):
    was, self.training = self.training, True
    try:
        return type(self).__mro__[1].forward(self, x)
    finally:
        self.training = was


def _no_super(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
    import torch
    from torch import nn

    self.weight = nn.Parameter(torch.ones(num_features))


FORWARD = (
    Fault(
        "eps-outside-root",
        "You add eps to the standard deviation. It belongs to the variance, under the root.",
        variant(normalized=lambda s, x, m, v: (x - m) / (_sqrt(v) + s.eps)),
        source=STUDENTS,
    ),
    Fault(
        "eps-missing",
        "eps has no effect on your output. It is added to the variance before the root.",
        variant(normalized=lambda s, x, m, v: (x - m) / _sqrt(v)),
        source=STUDENTS,
    ),
    Fault(
        "eps-hard-coded",
        "Your output does not follow the eps that was passed: it is that of eps = 1e-5.",
        variant(normalized=lambda s, x, m, v: (x - m) / _sqrt(v + 1e-5)),
        source=STUDENTS,
    ),
    Fault(
        "evaluation-eps-outside-root",
        "In evaluation you add eps to the root of running_var. It belongs under the root.",
        _in_evaluation(lambda s, x, m, v: (x - m) / (_sqrt(v) + s.eps)),
        source=STUDENTS,
    ),
    Fault(
        "evaluation-eps-missing",
        "In evaluation eps has no effect on your output.",
        _in_evaluation(lambda s, x, m, v: (x - m) / _sqrt(v)),
        source=STUDENTS,
    ),
    Fault(
        "eps-default-1e-3",
        "Without arguments your eps is 1e-3, Keras's. PyTorch's is 1e-5.",
        begins(eps=1e-3),
    ),
    Fault(
        "momentum-default-0.9",
        "Without arguments your momentum is 0.9. PyTorch's is 0.1, the weight of the new value.",
        begins(momentum=0.9),
    ),
    Fault(
        "variance-not-root",
        "You divide by the variance. What brings a channel to variance 1 is its square root.",
        variant(normalized=lambda s, x, m, v: (x - m) / (v + s.eps)),
        source="articles",
    ),
    Fault(
        "precedence",
        "Your output is x - mean / sqrt(var + eps): without a bracket around "
        "x - mean only the mean is divided.",
        variant(normalized=lambda s, x, m, v: x - m / _sqrt(v + s.eps)),
        source=STUDENTS,
    ),
    Fault(
        "evaluation-precedence",
        "In evaluation your output is x - running_mean / sqrt(...): "
        "without a bracket only the mean is divided.",
        _in_evaluation(lambda s, x, m, v: x - m / _sqrt(v + s.eps)),
        source=STUDENTS,
    ),
    Fault(
        "bessel",
        "You normalize with the variance that divides by one less than the number of "
        "values, which is what var of a tensor gives unless told. That one is for running_var.",
        variant(normalized=_bessel),
        source=WILD,
    ),
    Fault(
        "statistics-per-position",
        "For (N, C, L) you take statistics over N alone: each "
        "position of a channel has its own. All of them share one mean and one variance.",
        variant(forward=_per_position),
        source=STUDENTS,
    ),
    Fault(
        "statistics-per-example",
        "For (N, C, L) you take statistics over L alone: that is "
        "instance norm. A channel's are taken over N and L.",
        variant(forward=_per_example),
        source=STUDENTS,
    ),
    Fault(
        "reshaped-without-moving",
        "For (N, C, L) you reshape to rows without moving the "
        "channels last: each column is a mixture of channels.",
        variant(forward=_reshaped),
        source=STUDENTS,
    ),
    Fault(
        "affine-missing",
        "Your y is the normalized input. weight and bias are still to be applied.",
        variant(scaled=lambda s, xhat, view: xhat),
        source=STUDENTS,
    ),
    Fault(
        "bias-before-weight",
        "You add bias before you multiply by weight. Scale first.",
        variant(
            scaled=lambda s, xhat, view: (
                s.weight.view(view) * (xhat + s.bias.view(view)) if s.affine else xhat
            )
        ),
        source=STUDENTS,
    ),
    Fault(
        "evaluation-affine-missing",
        "In evaluation weight and bias are forgotten. They act in both modes.",
        variant(
            scaled=lambda s, xhat, view: (
                s.weight.view(view) * xhat + s.bias.view(view)
                if s.affine and s.uses_batch()
                else xhat
            )
        ),
        source=STUDENTS,
    ),
    Fault(
        "training-with-running-statistics",
        "In training you normalize with the running "
        "statistics. They are for evaluation; in training the batch is normalized with its own.",
        variant(
            chosen=lambda s, m, v: (
                (m, v) if s.running_mean is None else (s.running_mean, s.running_var)
            )
        ),
        source=STUDENTS,
    ),
    Fault(
        "batch-statistics-in-evaluation",
        "In evaluation you normalize with the batch's statistics. Use the running ones.",
        variant(forward=_batch_in_evaluation),
        source=WILD,
    ),
    Fault(
        "always-training",
        "Your forward pass does the same in evaluation as in training. What "
        "does it do with self.training?",
        variant(forward=_always_trains),
        source=WILD,
    ),
    Fault(
        "mode-from-gradients",
        "Your layer takes its mode from whether gradients are enabled. "
        "train() and eval() set self.training; no_grad is another thing.",
        variant(uses_batch=_with_grad_for_mode, tracks=_tracks_with_grad),
        source=WILD,
    ),
    Fault(
        "statistics-detached",
        "The mean and the variance of the batch are detached from the "
        "graph: dx lacks the two ways that lead through them.",
        variant(chosen=lambda s, m, v: (m.detach(), v.detach())),
        source=WILD,
    ),
    Fault(
        "mean-detached",
        "The mean of the batch is detached from the graph: dx lacks the way that leads through it.",
        variant(chosen=lambda s, m, v: (m.detach(), v)),
    ),
    Fault(
        "variance-detached",
        "The variance of the batch is detached from the graph: dx lacks the "
        "way that leads through it.",
        variant(chosen=lambda s, m, v: (m, v.detach())),
    ),
    Fault(
        "no-gradient-at-all",
        "Your forward pass runs without gradients, so nothing comes back "
        "through it. Only the running statistics are updated without.",
        variant(forward=_without_gradients),
    ),
    Fault(
        "super-init-missing",
        "Your __init__ does not call that of nn.Module first; it is what "
        "makes room for parameters and buffers.",
        variant(__init__=_no_super),
    ),
)

FAULTS = (*STATE, *RUNNING, *FORWARD)
