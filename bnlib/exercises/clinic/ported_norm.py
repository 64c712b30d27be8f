"""Exercise: a moving average that jumps (momentum in the other framework's convention)."""

import numpy as np

from bnlib.checks.adapters import by_steps
from bnlib.checks.compare import as_array, expect, tolerance
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.clinic.observe import differing, watch
from bnlib.exercises.inputs import eps_batch, signed, wide_batch


class PortedNorm:
    def __init__(self, gamma, beta, moving_mean, moving_variance, momentum, epsilon):
        self.gamma, self.beta, self.eps = gamma.copy(), beta.copy(), epsilon
        self.running_mean, self.running_var = moving_mean.copy(), moving_variance.copy()
        self.momentum, self.training = 1 - momentum, True

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self._follow(mean, var, len(x))
        return self.gamma * (x - mean) / np.sqrt(var + self.eps) + self.beta

    def _follow(self, mean, var, n):
        new = self.momentum  # PyTorch's convention: what the new batch weighs
        self.running_mean = (1 - new) * self.running_mean + new * mean
        self.running_var = (1 - new) * self.running_var + new * var


_STATE = [("running_mean", "get", "running_mean"), ("running_var", "get", "running_var")]


def _start(rng, batch, momentum):
    """A trained layer: moving statistics far from those of the batch and from 0 and 1."""
    features = len(batch.gamma)
    spread = np.maximum(batch.x.std(axis=0), 1e-3)
    moving_mean = batch.x.mean(axis=0) + signed(rng, 3.0, 6.0, features) * spread
    moving_variance = spread**2 * rng.uniform(3.0, 9.0, features)
    return batch.gamma, batch.beta, moving_mean, moving_variance, momentum, batch.eps


def example(rng):
    batch = eps_batch(rng, (6, 4))
    steps = [
        ("y", "forward", batch.x),
        ("", "forward", 2.0 * batch.x + 1.0),
        *_STATE,
        ("", "set", "training", False),
        ("evaluated", "forward", batch.x[:3]),
    ]
    return _start(rng, batch, 0.7), steps, exercise.returns


exercise = Exercise(
    name="PortedNorm",
    notebook="07_training",
    title="Patient 4: a moving average that jumps",
    difficulty=2,
    minutes=10,
    section=sections.TRAIN_MOMENTUM,
    parameters=("start", "steps", "names"),
    returns=("y", "evaluated", "running_mean", "running_var"),
    reference=PortedNorm,
    adapter=by_steps,
    example=example,
    repair=True,
)


def _share(student, rng, name: str, momentum: float, times: int):
    """Of the way from its first value to the batch's, how much has a running statistic gone?"""
    batch = wide_batch(rng, (7, 4))
    start = _start(rng, batch, momentum)
    seen = watch(student, start, [*[("y", "forward", batch.x)] * times, *_STATE])
    begun = start[2 if name == "running_mean" else 3]
    goal = batch.x.mean(axis=0) if name == "running_mean" else batch.x.var(axis=0)
    came = as_array(name, seen.got[name])
    if came.shape != begun.shape:
        expect(name, came, begun)
    want = 1 - momentum**times
    with np.errstate(all="ignore"):
        gone = (came - begun) / (goal - begun)
        off = np.abs(gone - want)
    # A float32 statistic is rounded before its distance is taken.
    if not (off <= 20 * tolerance(came.dtype)).all():
        worst = gone[int(np.argmax(np.where(np.isnan(off), np.inf, off)))]
        a, b = differing(100 * worst, 100 * want)
        raise Wrong(
            f"After {times} times the same batch, {name} has gone {a} % of the way to the batch's; "
            f"with Keras's momentum={momentum:g} it goes {b} %.",
            judged=name,
        )


@exercise.check("batch by batch, running_mean goes the share of the way that Keras's would", 2)
def mean_share(student, rng, others):
    _share(student, rng, "running_mean", 0.9, 4)
    _share(student, rng, "running_mean", 0.7, 2)


@exercise.check("so does running_var", 2)
def var_share(student, rng, others):
    _share(student, rng, "running_var", 0.9, 4)
    _share(student, rng, "running_var", 0.7, 2)


@exercise.check("after three batches, evaluation answers as the Keras layer does", points=2)
def evaluation(student, rng, others):
    batch = wide_batch(rng, (7, 4))
    x = batch.x
    steps = [
        *[("y", "forward", z) for z in (x, 1.4 * x - 50.0, 0.6 * x + 90.0)],
        ("", "set", "training", False),
        ("evaluated", "forward", x[:3] + 20.0),
    ]
    seen = watch(student, _start(rng, batch, 0.7), steps)
    seen.expect("evaluated", "forward(x) in evaluation, momentum=0.7")


@exercise.check("before any training, evaluation uses the statistics that came with it", points=1)
def as_delivered(student, rng, others):
    batch = wide_batch(rng, (7, 4))
    steps = [("", "set", "training", False), ("evaluated", "forward", batch.x[:3])]
    seen = watch(student, _start(rng, batch, 0.9), steps)
    seen.expect("evaluated", "forward(x) in evaluation, no training before")


@exercise.check("a training batch is normalized by its own statistics, with Keras's eps", points=1)
def training_output(student, rng, others):
    batch = eps_batch(rng, (6, 3))
    seen = watch(student, _start(rng, batch, 0.9), [("y", "forward", batch.x)])
    seen.expect("y", "forward(x) in training, epsilon=0.5")
