"""Exercise: a network whose answer depends on the rows beside it (evaluation mode forgotten)."""

import copy

import numpy as np

from bnlib.checks.adapters import by_steps
from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.clinic.given import Norm
from bnlib.exercises.clinic.observe import fits, net, requests, watch
from bnlib.exercises.clinic.variants import Variants


class PredictingNet:
    def __init__(self, w1, gamma, beta, w2):
        self.w1, self.w2 = w1.copy(), w2.copy()
        self.norm = Norm(gamma, beta)

    def hidden(self, x):
        return np.maximum(self.norm.forward(x @ self.w1), 0)

    def fit(self, x, t, lr):
        a = self.hidden(x)
        error = a @ self.w2 - t
        self.w2 -= lr * 2 * a.T @ error / len(x)
        return (error**2).mean()

    def predict(self, x):
        before = self.norm.training
        self.norm.training = False
        y = self.hidden(x) @ self.w2
        self.norm.training = before
        return y


def example(rng):
    start, batches = net(rng, 6)
    x = requests(batches[0][0])
    steps = [
        *fits(batches[:2], 0.05),
        ("alone", "predict", x[:1]),
        ("company", "predict", x),
        ("mode", "get", "norm.training"),
        *fits(batches[2:], 0.05),
        ("w2", "get", "w2"),
        ("mean", "get", "norm.running_mean"),
        ("var", "get", "norm.running_var"),
    ]
    return start, steps, exercise.returns


exercise = Exercise(
    name="PredictingNet",
    notebook="07_training",
    title="Patient 1: the answer depends on the company",
    difficulty=2,
    minutes=10,
    section=sections.TRAIN_MODES,
    parameters=("start", "steps", "names"),
    returns=("alone", "company", "mean", "var", "mean_before", "var_before", "w2", "loss", "mode"),
    reference=PredictingNet,
    adapter=by_steps,
    example=example,
    repair=True,
)


@exercise.check("a row gets the same answer alone and in company", points=2)
def company(student, rng, others):
    start, batches = net(rng, 7)
    x = requests(batches[0][0])
    steps = [*fits(batches), ("alone", "predict", x[:1]), ("company", "predict", x)]
    seen = watch(student, start, steps)
    seen.varied("company")
    seen.first_row("company").agree(
        "alone",
        "company",
        "Row 0 alone is answered {one}, in the company of 6 other rows {other}; expected the same.",
    )


@exercise.check("the answer is the one by the running statistics", points=3)
def running(student, rng, others):
    start, batches = net(rng, 7)
    steps = [*fits(batches), ("company", "predict", requests(batches[1][0]))]
    given = "predict(x) with 7 rows after three batches of training"
    watch(student, start, steps).expect("company", given)


@exercise.check("predicting leaves the running statistics as they were", points=1)
def untouched(student, rng, others):
    start, batches = net(rng, 6)
    steps = [
        *fits(batches),
        ("mean_before", "get", "norm.running_mean"),
        ("var_before", "get", "norm.running_var"),
        ("company", "predict", batches[0][0] + 5.0),
        ("mean", "get", "norm.running_mean"),
        ("var", "get", "norm.running_var"),
    ]
    seen = watch(student, start, steps)
    for name in ("mean", "var"):
        said = f"A running_{name} was {{other}} before predict and is {{one}} after it."
        seen.agree(name, f"{name}_before", said)


@exercise.check("training goes on after a prediction as if there had been none", points=1)
def goes_on(student, rng, others):
    start, batches = net(rng, 6)
    steps = [
        *fits(batches[:1]),
        ("company", "predict", batches[1][0]),
        *fits(batches[1:], 0.05),
        ("w2", "get", "w2"),
    ]
    seen = watch(student, start, steps)
    seen.expect("loss", "the last of three steps, with predict after the first")
    seen.expect("w2", "three steps, with predict after the first")


@exercise.check("predict leaves the mode as it found it", points=1)
def mode(student, rng, others):
    start, batches = net(rng, 6, batches=2)
    steps = [
        *fits(batches),
        ("", "set", "norm.training", False),
        ("company", "predict", batches[0][0]),
        ("mode", "get", "norm.training"),
    ]
    seen = watch(student, start, steps)
    seen.expect("mode", "norm.training, which was False (0) before predict")


def _by(self, x, mean, var):
    norm = self.norm
    z = norm.gamma * (x @ self.w1 - mean) / np.sqrt(var + norm.eps) + norm.beta
    return np.maximum(z, 0) @ self.w2


variants = Variants(exercise, PredictingNet, "predict")


@variants.mistake(
    "eval-forgotten",
    "A request is normalized by its own rows, as a training batch is. "
    "In which mode is the layer when predict calls it?",
    source="students' repositories",
)
def _in_training_mode(self, x):
    return self.hidden(x) @ self.w2


@variants.mistake(
    "left-in-eval",
    "After a prediction the layer stays in evaluation mode: "
    "the next training step no longer looks at its batch.",
)
def _left(self, x):
    self.norm.training = False
    return self.hidden(x) @ self.w2


@variants.mistake(
    "mode-forced-to-training",
    "predict switches the layer to training, whatever the mode was before the call.",
)
def _forced(self, x):
    self.norm.training = False
    y = self.hidden(x) @ self.w2
    self.norm.training = True
    return y


@variants.mistake(
    "statistics-of-the-request",
    "The running statistics are safe now, but a request is still normalized by its own rows.",
)
def _request(self, x):
    z = x @ self.w1
    return _by(self, x, z.mean(axis=0), z.var(axis=0))


@variants.mistake(
    "one-row-at-a-time",
    "Each row is now a batch of its own, equal to its own mean: every row gets the same answer.",
)
def _one_by_one(self, x):
    return np.concatenate([_in_training_mode(self, x[i : i + 1]) for i in range(len(x))])


@variants.mistake(
    "batch-norm-removed",
    "The answer no longer depends on the company because predict leaves batch norm out. "
    "The weights were trained with it.",
)
def _removed(self, x):
    return np.maximum(x @ self.w1, 0) @ self.w2


@variants.mistake(
    "affine-lost",
    "predict normalizes by the running statistics, but gamma and beta are missing.",
    source="students' repositories",
)
def _plain(self, x):
    norm = self.norm
    z = (x @ self.w1 - norm.running_mean) / np.sqrt(norm.running_var + norm.eps)
    return np.maximum(z, 0) @ self.w2


@variants.mistake(
    "divided-by-variance",
    "predict divides by the running variance instead of its root.",
)
def _variance(self, x):
    norm = self.norm
    return _by(self, x, norm.running_mean, (norm.running_var + norm.eps) ** 2)


@variants.mistake(
    "mean-not-subtracted",
    "predict divides by the running deviation, but the running mean is not subtracted.",
)
def _no_mean(self, x):
    return _by(self, x, 0.0, self.norm.running_var)


class _LastBatch(PredictingNet):
    def fit(self, x, t, lr):
        z = x @ self.w1
        self.last = z.mean(axis=0), z.var(axis=0)
        return super().fit(x, t, lr)

    def predict(self, x):
        return _by(self, x, *self.last)


exercise.mistake(
    "statistics-of-the-last-batch",
    "You normalize requests by the last training batch. One batch is a noisy sample; "
    "the layer keeps an average over many.",
)(_LastBatch)


class _NeverTraining(PredictingNet):
    def __init__(self, *start):
        super().__init__(*start)
        self.norm.training = False

    predict = _in_training_mode


exercise.mistake(
    "evaluation-from-the-start",
    "The layer is in evaluation mode during training too: "
    "its running statistics never leave their first values.",
)(_NeverTraining)


@variants.alternative
def by_formula(self, x):
    return _by(self, x, self.norm.running_mean, self.norm.running_var)


@variants.alternative
def guarded(self, x):
    before, self.norm.training = self.norm.training, False
    try:
        return np.array([self.hidden(row[None])[0] @ self.w2 for row in x])
    finally:
        self.norm.training = before


@variants.alternative
def with_a_copy(self, x):
    norm = copy.deepcopy(self.norm)
    norm.training = False
    return np.einsum("nh,h->n", np.maximum(norm.forward(x @ self.w1), 0), self.w2)


@variants.alternative
def folded(self, x):
    norm = self.norm
    scale = norm.gamma / np.sqrt(norm.running_var + norm.eps)
    bias = norm.beta - norm.running_mean * scale
    return np.maximum(x @ (self.w1 * scale) + bias, 0) @ self.w2


@variants.alternative
def single_precision(self, x):
    return folded(self, x).astype(np.float32)
