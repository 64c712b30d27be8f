"""Exercise: channels that leak into each other (axes of a convolutional batch norm)."""

import numpy as np

from bnlib.checks.adapters import by_steps
from bnlib.checks.compare import as_array
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.clinic.observe import watch
from bnlib.exercises.inputs import eps_batch, wide_batch


class ChannelNorm:
    """The right layer, in hooks for the mistakes: what the statistics are, where they apply."""

    def __init__(self, gamma, beta, momentum, eps):
        self.gamma, self.beta = gamma.copy(), beta.copy()
        self.momentum, self.eps, self.training = momentum, eps, True
        self.running_mean, self.running_var = np.zeros_like(gamma), np.ones_like(gamma)

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = self.statistics(x)
            m = self.momentum
            self.running_mean = (1 - m) * self.running_mean + m * self.kept(mean)
            self.running_var = (1 - m) * self.running_var + m * self.kept(var)
        xhat = (x - self.spread(mean, x)) / np.sqrt(self.spread(var, x) + self.eps)
        return self.spread(self.gamma, x) * xhat + self.spread(self.beta, x)

    def statistics(self, x):
        return x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))

    def kept(self, statistic):
        return statistic

    def spread(self, statistic, x):
        statistic = np.asarray(statistic)
        return statistic.reshape(1, -1, 1, 1) if statistic.ndim == 1 else statistic


def _start(batch, momentum=0.7):
    return batch.gamma, batch.beta, momentum, batch.eps


_STATE = [("running_mean", "get", "running_mean"), ("running_var", "get", "running_var")]


def example(rng):
    batch = eps_batch(rng, (4, 3, 2, 5))
    steps = [
        ("y", "forward", batch.x),
        ("", "forward", 2.0 * batch.x + 1.0),
        *_STATE,
        ("", "set", "training", False),
        ("evaluated", "forward", batch.x[:2, :, :, :3]),
    ]
    return _start(batch), steps, exercise.returns


exercise = Exercise(
    name="ChannelNorm",
    notebook="07_training",
    title="Patient 5: channels that hear each other",
    difficulty=3,
    minutes=15,
    section=sections.AXES,
    parameters=("start", "steps", "names"),
    returns=("y", "louder", "running_mean", "running_var", "evaluated"),
    reference=ChannelNorm,
    adapter=by_steps,
    example=example,
    repair=True,
)

_SHAPE = (4, 3, 2, 5)


@exercise.check("each channel leaves with mean beta and standard deviation gamma", points=2)
def per_channel(student, rng, others):
    batch = wide_batch(rng, _SHAPE)
    seen = watch(student, _start(batch), [("y", "forward", batch.x)])
    y = as_array("y", seen.got["y"])
    if y.shape == _SHAPE:
        for what, got, want in (
            ("mean", y.mean(axis=(0, 2, 3)), batch.beta),
            ("standard deviation", y.std(axis=(0, 2, 3)), np.abs(batch.gamma)),
        ):
            off = np.abs(got - want)
            if not (off <= 1e-3).all():
                c = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
                raise Wrong(
                    f"Over N, H and W the {what} of channel {c} is {got[c]:.3g}, "
                    f"expected {want[c]:.3g}.",
                    judged="y",
                )
    seen.expect("y", batch.given)


@exercise.check("no channel hears another", points=1)
def apart(student, rng, others):
    batch = wide_batch(rng, _SHAPE)
    loud = batch.x.copy()
    loud[:, 1] = 3.0 * loud[:, 1] + 500.0
    seen = watch(student, _start(batch), [("y", "forward", batch.x), ("louder", "forward", loud)])
    y, louder = (as_array(name, seen.got[name]) for name in ("y", "louder"))
    if y.shape == louder.shape == _SHAPE:
        seen = seen._replace(got={"y": y[:, [0, 2]], "louder": louder[:, [0, 2]]})
        said = "A value of another channel is {other}, and {one} once channel 1 is made brighter."
        seen.agree("louder", "y", said)
    else:
        seen.expect("louder", f"x of shape {_SHAPE}")


@exercise.check("the running statistics are one mean and one variance a channel", points=2)
def running(student, rng, others):
    batch = wide_batch(rng, _SHAPE)
    steps = [("y", "forward", x) for x in (batch.x, 1.4 * batch.x - 50.0, 0.6 * batch.x)]
    seen = watch(student, _start(batch), [*steps, *_STATE])
    given = f"three batches of shape {_SHAPE}, momentum=0.7"
    seen.expect("running_mean", given)
    seen.expect("running_var", given)


@exercise.check("in evaluation, images of another size meet the same statistics", points=2)
def other_size(student, rng, others):
    batch = wide_batch(rng, _SHAPE)
    steps = [
        ("y", "forward", batch.x),
        ("", "set", "training", False),
        ("evaluated", "forward", batch.x[:2, :, :, :3] - 30.0),
    ]
    seen = watch(student, _start(batch), steps)
    seen.expect("evaluated", f"x of shape (2, 3, 2, 3) after training on {_SHAPE}")


@exercise.check("eps is added under the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    batch = eps_batch(rng, _SHAPE)
    steps = [
        ("y", "forward", batch.x),
        ("", "set", "training", False),
        ("evaluated", "forward", batch.x[:1]),
    ]
    seen = watch(student, _start(batch), steps)
    seen.expect("y", "training, eps=0.5")
    seen.expect("evaluated", "evaluation, eps=0.5")


@exercise.check("the batch that was passed is left as it was", points=1)
def unchanged(student, rng, others):
    batch = wide_batch(rng, _SHAPE)
    steps = [("y", "forward", batch.x)]
    if student.changed_arguments(_start(batch), steps, exercise.returns):
        raise Wrong("After forward(x) the caller's x held other numbers.", "changed-argument")
