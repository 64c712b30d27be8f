"""Exercise: a network that is good until it is loaded (running statistics not saved)."""

import numpy as np

from bnlib.checks.adapters import by_steps
from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.clinic.given import Norm
from bnlib.exercises.clinic.observe import fits, net, requests, watch


class SavedNet:
    def __init__(self, w1, gamma, beta, w2):
        self.w1, self.w2 = w1.copy(), w2.copy()
        self.norm = Norm(gamma, beta)

    def hidden(self, x):
        return np.maximum(self.norm.forward(x @ self.w1), 0)

    def fit(self, x, t, lr):
        self.norm.training = True
        a = self.hidden(x)
        error = a @ self.w2 - t
        self.w2 -= lr * 2 * a.T @ error / len(x)
        return (error**2).mean()

    def predict(self, x):
        self.norm.training = False
        return self.hidden(x) @ self.w2

    def state(self):
        norm = self.norm
        return {
            "w1": self.w1.copy(),
            "w2": self.w2.copy(),
            "gamma": norm.gamma.copy(),
            "beta": norm.beta.copy(),
            "running_mean": norm.running_mean.copy(),
            "running_var": norm.running_var.copy(),
        }

    def load(self, state):
        norm = self.norm
        self.w1, self.w2 = state["w1"].copy(), state["w2"].copy()
        norm.gamma, norm.beta = state["gamma"].copy(), state["beta"].copy()
        norm.running_mean = state["running_mean"].copy()
        norm.running_var = state["running_var"].copy()


# A state in float32 is a fair one.
_SINGLE = 1e-4


def _another(start):
    """What a network of the same size begins with before it loads a state."""
    return tuple(np.ones_like(part) for part in start)


_LAST = [
    ("w2", "get", "w2"),
    ("running_mean", "get", "norm.running_mean"),
    ("running_var", "get", "norm.running_var"),
]


def example(rng):
    start, batches = net(rng, 6)
    x = requests(batches[0][0])
    steps = [
        *fits(batches[:2]),
        ("before", "predict", x),
        ("state", "state"),
        ("", "new", *_another(start)),
        ("", "load", "@state"),
        ("after", "predict", x),
        *fits(batches[2:]),
        *_LAST,
    ]
    return start, steps, exercise.returns


exercise = Exercise(
    name="SavedNet",
    notebook="07_training",
    title="Patient 6: good until it is loaded",
    difficulty=2,
    minutes=10,
    section=sections.TRAIN_STATE,
    parameters=("start", "steps", "names"),
    returns=("before", "after", "again", "w2", "running_mean", "running_var", "loss"),
    reference=SavedNet,
    adapter=by_steps,
    example=example,
    repair=True,
)


@exercise.check("a network loaded from the saved state gives the same answers", points=3)
def loaded(student, rng, others):
    start, batches = net(rng, 6)
    x = requests(batches[1][0])
    steps = [
        *fits(batches),
        ("before", "predict", x),
        ("state", "state"),
        ("", "new", *_another(start)),
        ("", "load", "@state"),
        ("after", "predict", x),
    ]
    seen = watch(student, start, steps)
    seen.varied("after")
    seen.agree(
        "after",
        "before",
        "A row is answered {other} before saving and {one} after loading; expected the same.",
        _SINGLE,
    )


@exercise.check("in evaluation it uses the statistics of its training", points=2)
def evaluation(student, rng, others):
    start, batches = net(rng, 6)
    steps = [*fits(batches), ("before", "predict", requests(batches[1][0]))]
    watch(student, start, steps).expect("before", "predict(x) after three batches, 7 rows")


@exercise.check("a loaded network goes on training as the saved one would have", points=2)
def goes_on(student, rng, others):
    start, batches = net(rng, 6)
    steps = [
        *fits(batches[:2]),
        ("before", "predict", batches[0][0]),
        ("state", "state"),
        ("", "new", *_another(start)),
        ("", "load", "@state"),
        ("after", "predict", batches[0][0]),
        *fits(batches[2:]),
        *_LAST,
    ]
    seen = watch(student, start, steps)
    for name in ("loss", "w2", "running_mean", "running_var"):
        seen.expect(name, "two batches, saved, loaded, one more batch", _SINGLE)


@exercise.check("what was saved stays as it was while training goes on", points=1)
def kept(student, rng, others):
    start, batches = net(rng, 6)
    x = requests(batches[1][0])
    steps = [
        *fits(batches[:1]),
        ("before", "predict", x),
        ("state", "state"),
        *fits(batches[1:], 0.05),
        ("", "load", "@state"),
        ("after", "predict", x),
        *fits(batches[1:], 0.05),
        ("", "load", "@state"),
        ("again", "predict", x),
    ]
    seen = watch(student, start, steps)
    said = "Saved, trained on, loaded: a row was answered {other} before saving, {one} now."
    seen.varied("again")
    said += " It was loaded a second time." if _once(seen) else ""
    seen.agree("again", "before", said, _SINGLE)


def _once(seen) -> bool:
    """Whether the state was still right when it was loaded the first time."""
    after, before = seen.got["after"], seen.got["before"]
    return np.shape(after) == np.shape(before) and np.allclose(after, before, rtol=1e-4)
