"""Exercise: a network that answers otherwise once it is frozen (the bias before batch norm)."""

import numpy as np

from bnlib.checks.adapters import by_steps
from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.clinic.observe import Seen, watch
from bnlib.exercises.clinic.variants import Variants
from bnlib.exercises.inputs import signed


class FreezableNet:
    def __init__(self, w, b, gamma, beta, running_mean, running_var, eps):
        self.w, self.b, self.gamma, self.beta = w.copy(), b.copy(), gamma.copy(), beta.copy()
        self.running_mean, self.running_var = running_mean.copy(), running_var.copy()
        self.eps, self.training = eps, True

    def forward(self, x):
        z = x @ self.w + self.b
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = z.mean(axis=0), z.var(axis=0)
        return self.gamma * (z - mean) / np.sqrt(var + self.eps) + self.beta

    def freeze(self):
        scale = self.gamma / np.sqrt(self.running_var + self.eps)
        return self.w * scale, (self.b - self.running_mean) * scale + self.beta


# Where eps is not the subject, no eps that somebody might write can be seen.
_VARIANCES = {True: (0.3, 30.0), False: (100.0, 900.0)}


def _start(rng, features, units, eps=1e-10):
    """A trained layer whose every part can be seen in its answer."""
    w = rng.standard_normal((features, units)) * 3.0
    b = signed(rng, 2.0, 6.0, units)
    gamma, beta = signed(rng, 0.5, 2.0, units), signed(rng, 0.5, 2.0, units)
    running_mean = signed(rng, 7.0, 12.0, units)
    running_var = rng.permutation(np.geomspace(*_VARIANCES[eps > 0.1], units))
    return w, b, gamma, beta, running_mean, running_var, eps


_FREEZE = [("frozen", "freeze"), ("w", "item", "@frozen", 0), ("b", "item", "@frozen", 1)]


def example(rng):
    x = rng.standard_normal((6, 4)) * 2.0 + 1.0
    steps = [
        ("trained", "forward", x),
        *_FREEZE,
        ("", "set", "training", False),
        ("y", "forward", x),
    ]
    return _start(rng, 4, 3, 0.5), steps, exercise.returns


exercise = Exercise(
    name="FreezableNet",
    notebook="07_training",
    title="Patient 3: frozen for delivery, it answers otherwise",
    difficulty=3,
    minutes=15,
    section=sections.TRAIN_BIAS,
    parameters=("start", "steps", "names"),
    returns=("w", "b", "y", "trained"),
    reference=FreezableNet,
    adapter=by_steps,
    example=example,
    repair=True,
)


def _frozen_and_not(student, rng, eps=1e-10) -> tuple[Seen, np.ndarray]:
    x = rng.standard_normal((5, 4)) * 2.0 + 1.0
    steps = [
        *_FREEZE,
        ("trained", "forward", x),
        ("", "set", "training", False),
        ("y", "forward", x),
    ]
    return watch(student, _start(rng, 4, 3, eps), steps), x


def _applied(seen: Seen, x) -> np.ndarray:
    w, b = as_array("w", seen.got["w"]), as_array("b", seen.got["b"])
    if w.shape != (4, 3) or b.shape != (3,):
        said = f"freeze returned shapes {w.shape} and {b.shape}, expected (4, 3) and (3,)."
        raise Wrong(said, "wrong-shape", "w")
    with np.errstate(all="ignore"):
        return x @ w + b


@exercise.check("frozen and unfrozen, the network gives the same answers", points=3)
def agree(student, rng, others):
    seen, x = _frozen_and_not(student, rng)
    frozen = _applied(seen, x)
    # What is compared is made of b and w; b is what the record shows first where both are off.
    try:
        expect("w", seen.got["w"], seen.want["w"])
    except Wrong:
        judged = "w"
    else:
        judged = "b"
    said = "The same value is {other} from the network and {one} once frozen; expected the same."
    try:
        Seen({"frozen": frozen, "y": seen.got["y"]}, {}).agree("frozen", "y", said)
    except Wrong as wrong:
        wrong.judged = judged
        raise


@exercise.check("freezing takes each column of w by its own factor", points=1)
def columns(student, rng, others):
    seen, _ = _frozen_and_not(student, rng)
    seen.expect("w", "a layer from 4 features to 3 units")


@exercise.check("the network itself answers as before, in training and in evaluation", points=1)
def as_before(student, rng, others):
    x = rng.standard_normal((6, 4)) * 2.0 + 1.0
    steps = [
        ("", "freeze"),
        ("trained", "forward", x),
        ("", "set", "training", False),
        ("y", "forward", x),
    ]
    seen = watch(student, _start(rng, 4, 3), steps)
    seen.expect("trained", "forward(x) in training, after freeze()")
    seen.expect("y", "forward(x) in evaluation, after freeze()")


@exercise.check("eps is in the frozen layer too", 1, sections.EPS)
def eps_inside(student, rng, others):
    seen, _ = _frozen_and_not(student, rng, 0.5)
    seen.expect("w", "eps=0.5")
    seen.expect("b", "eps=0.5")
    seen.expect("trained", "forward(x) in training, eps=0.5")
    seen.expect("y", "forward(x) in evaluation, eps=0.5")


variants = Variants(exercise, FreezableNet, "freeze")


def _scale(self):
    return self.gamma / np.sqrt(self.running_var + self.eps)


@variants.mistake(
    "bias-dropped",
    "The frozen layer has no part of the bias b. In training the batch's mean takes b out again; "
    "which mean is subtracted in evaluation, and did it move with b?",
)
def _dropped(self):
    scale = _scale(self)
    return self.w * scale, self.beta - self.running_mean * scale


@variants.mistake(
    "bias-after-the-norm",
    "The bias b comes in after the scaling, as it is. In the network it goes through the "
    "normalization.",
)
def _after(self):
    scale = _scale(self)
    return self.w * scale, self.beta - self.running_mean * scale + self.b


@variants.mistake(
    "bias-sign",
    "b has the sign of the running mean: one of the two is added in the network, "
    "the other subtracted.",
)
def _sign(self):
    scale = _scale(self)
    return self.w * scale, self.beta - (self.running_mean + self.b) * scale


@variants.mistake(
    "mean-dropped",
    "b is in, but the running mean is out: in evaluation it is still subtracted.",
)
def _no_mean(self):
    scale = _scale(self)
    return self.w * scale, self.b * scale + self.beta


@variants.mistake("beta-lost", "beta is not in the frozen layer.")
def _no_beta(self):
    scale = _scale(self)
    return self.w * scale, (self.b - self.running_mean) * scale


@variants.mistake(
    "beta-scaled",
    "beta is multiplied by the scale; in the network it is added after the scaling.",
)
def _beta_scaled(self):
    scale = _scale(self)
    return self.w * scale, (self.b - self.running_mean + self.beta) * scale


@variants.mistake("gamma-lost", "gamma is not in the frozen layer.")
def _no_gamma(self):
    scale = _scale(self) / self.gamma
    return self.w * scale, (self.b - self.running_mean) * scale + self.beta


@variants.mistake(
    "divided-by-variance",
    "The frozen layer divides by the running variance instead of its root.",
)
def _variance(self):
    scale = self.gamma / (self.running_var + self.eps)
    return self.w * scale, (self.b - self.running_mean) * scale + self.beta


@variants.mistake(
    "weights-not-scaled",
    "The frozen bias is right, but the weights are those of the layer before the norm.",
)
def _weights(self):
    return self.w.copy(), FreezableNet.freeze(self)[1]


@variants.mistake(
    "shift-not-scaled",
    "The weights are scaled; what is left of b and the running mean is not.",
)
def _shift(self):
    return self.w * _scale(self), self.b - self.running_mean + self.beta


@variants.mistake(
    "network-changed",
    "The frozen layer is right, but freeze has written into the network's own weights: "
    "the network no longer answers as before.",
)
def _spoilt(self):
    frozen = FreezableNet.freeze(self)
    self.w *= _scale(self)
    return frozen


@variants.mistake("eps-missing", "The frozen layer leaves eps out.")
def _no_eps(self):
    scale = self.gamma / np.sqrt(self.running_var)
    return self.w * scale, (self.b - self.running_mean) * scale + self.beta


@variants.mistake("eps-outside-root", "The frozen layer adds eps after the root.")
def _eps_outside(self):
    scale = self.gamma / (np.sqrt(self.running_var) + self.eps)
    return self.w * scale, (self.b - self.running_mean) * scale + self.beta


@variants.mistake("eps-hard-coded", "The frozen layer uses an eps of 1e-5, not the network's.")
def _eps_fixed(self):
    scale = self.gamma / np.sqrt(self.running_var + 1e-5)
    return self.w * scale, (self.b - self.running_mean) * scale + self.beta


class _NoBias(FreezableNet):
    def __init__(self, w, b, *rest):
        super().__init__(w, 0 * b, *rest)


exercise.mistake(
    "bias-dropped-everywhere",
    "Frozen and unfrozen agree now, on a wrong answer: the network has lost its bias, but the "
    "running mean was taken with it.",
)(_NoBias)


@variants.alternative
def by_probing(self):
    before, self.training = self.training, False
    b = self.forward(np.zeros((1, len(self.w))))[0]
    w = self.forward(np.eye(len(self.w))) - b
    self.training = before
    return w, b


@variants.alternative
def loops(self):
    w, b = np.zeros(self.w.shape), []
    for h in range(len(self.b)):
        factor = self.gamma[h] / (self.running_var[h] + self.eps) ** 0.5
        b.append(self.beta[h] + factor * (self.b[h] - self.running_mean[h]))
        for d in range(len(w)):
            w[d, h] = factor * self.w[d, h]
    return w, b


@variants.alternative
def as_a_matrix(self):
    scale = np.diag(_scale(self))
    return [self.w @ scale, self.b @ scale + self.beta - self.running_mean @ scale]


@variants.alternative
def single_precision(self):
    return tuple(a.astype(np.float32) for a in FreezableNet.freeze(self))


class _MeanShifted(FreezableNet):
    """The bias given to the running mean, where it does the same in evaluation."""

    def __init__(self, w, b, gamma, beta, running_mean, running_var, eps):
        super().__init__(w, 0 * b, gamma, beta, running_mean - b, running_var, eps)

    freeze = _dropped


exercise.alternative(_MeanShifted)
