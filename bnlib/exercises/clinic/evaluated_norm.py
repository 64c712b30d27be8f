"""Exercise: a layer that learns from what it is tested on (statistics updated in evaluation)."""

import numpy as np

from bnlib.checks.adapters import by_steps
from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.clinic.observe import watch
from bnlib.exercises.inputs import eps_batch, wide_batch


class EvaluatedNorm:
    def __init__(self, gamma, beta, momentum, eps):
        self.gamma, self.beta = gamma.copy(), beta.copy()
        self.momentum, self.eps, self.training = momentum, eps, True
        self.running_mean, self.running_var = np.zeros_like(gamma), np.ones_like(gamma)

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self._follow(mean, var)
        return self._normalized(x, mean, var)

    def _follow(self, mean, var):
        m = self.momentum
        self.running_mean = (1 - m) * self.running_mean + m * mean
        self.running_var = (1 - m) * self.running_var + m * var

    def _normalized(self, x, mean, var):
        return self.gamma * (x - mean) / np.sqrt(var + self.eps) + self.beta


def _start(batch, momentum=0.7):
    return batch.gamma, batch.beta, momentum, batch.eps


_STATE = [("running_mean", "get", "running_mean"), ("running_var", "get", "running_var")]
_BEFORE = [("mean_before", "get", "running_mean"), ("var_before", "get", "running_var")]


def example(rng):
    batch = eps_batch(rng, (6, 4))
    x = batch.x
    steps = [
        ("", "forward", x),
        ("", "forward", 2.0 * x + 1.0),
        ("", "eval"),
        ("first", "forward", x[:3]),
        ("second", "forward", x[:3]),
        *_BEFORE,
        ("", "train"),
        ("y", "forward", x[1:]),
        *_STATE,
    ]
    return _start(batch), steps, exercise.returns


exercise = Exercise(
    name="EvaluatedNorm",
    notebook="07_training",
    title="Patient 2: evaluating twice gives two answers",
    difficulty=2,
    minutes=10,
    section=sections.TRAIN_MODES,
    parameters=("start", "steps", "names"),
    returns=("y", "first", "second", "running_mean", "running_var", "mean_before", "var_before"),
    reference=EvaluatedNorm,
    adapter=by_steps,
    example=example,
    repair=True,
)


def _trained(rng, rows=6, times=3):
    """A start, the steps of a short training, and rows that are unlike those it trained on."""
    batch = wide_batch(rng, (rows, 4))
    batches = [batch.x * (1 + 0.3 * k) + 40.0 * k for k in range(times)]
    return batch, [("", "forward", x) for x in batches], batch.x[::-1] * 1.5 - 70.0


@exercise.check("evaluating twice gives the same answer", points=2)
def twice(student, rng, others):
    batch, training, x = _trained(rng)
    steps = [*training, ("", "eval"), ("first", "forward", x), ("second", "forward", x)]
    seen = watch(student, _start(batch), steps)
    seen.varied("first")
    seen.agree(
        "second",
        "first",
        "The same value is answered {other} the first time and {one} the second; "
        "expected the same.",
    )


@exercise.check("evaluation leaves running_mean and running_var as they were", points=2)
def untouched(student, rng, others):
    batch, training, x = _trained(rng)
    steps = [*training, *_BEFORE, ("", "eval"), ("y", "forward", x), *_STATE]
    seen = watch(student, _start(batch), steps)
    for name in ("mean", "var"):
        said = f"A running_{name} was {{other}} before evaluation and is {{one}} after it."
        seen.agree(f"running_{name}", f"{name}_before", said)


@exercise.check("in evaluation the running statistics normalize", points=3)
def evaluation(student, rng, others):
    batch, training, x = _trained(rng)
    steps = [*training, ("", "eval"), ("first", "forward", x[:3])]
    watch(student, _start(batch), steps).expect("first", "forward(x) in evaluation, 3 rows")


@exercise.check("in training the batch's own statistics normalize", points=2)
def training_output(student, rng, others):
    batch, training, x = _trained(rng)
    steps = [*training, ("y", "forward", x)]
    watch(student, _start(batch), steps).expect("y", "forward(x) in training, 6 rows")


@exercise.check("training moves both running statistics, also after an evaluation", points=1)
def follows(student, rng, others):
    batch, training, x = _trained(rng)
    steps = [
        *training,
        ("", "eval"),
        ("", "train"),
        ("y", "forward", x),
        *_STATE,
    ]
    seen = watch(student, _start(batch), steps)
    for name in ("running_mean", "running_var"):
        seen.expect(name, "four batches, momentum=0.7")


@exercise.check("eps is added under the root, in training and in evaluation", 1, sections.EPS)
def eps_inside(student, rng, others):
    batch = eps_batch(rng, (6, 3))
    steps = [("y", "forward", batch.x), ("", "eval"), ("first", "forward", batch.x[:2])]
    seen = watch(student, _start(batch), steps)
    seen.expect("y", "training, eps=0.5")
    seen.expect("first", "evaluation, eps=0.5")
