"""Exercise: a network with batch norm, forward and back."""

import functools
import itertools

import numpy as np

from bnlib.checks.adapters import numpy_network
from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.student import Student
from bnlib.checks.verdicts import Raised, Wrong
from bnlib.exercises import sections
from bnlib.exercises.backward.judging import OWN_FORWARD
from bnlib.exercises.inputs import signed
from bnlib.exercises.running.own_forward import slopes_agree
from bnlib.exercises.training.network import Network, is_telling
from bnlib.exercises.training.network_faults import FAULTS
from bnlib.exercises.training.network_forms import FORMS

PARAMETERS = ("w1", "gamma1", "beta1", "w2", "gamma2", "beta2", "w3", "bias")
GRADIENTS = tuple(f"d{name}" for name in PARAMETERS)
RUNNING = ("running_mean1", "running_mean2", "running_var1", "running_var2")
RETURNS = ("logits", *GRADIENTS, *RUNNING, *PARAMETERS, "training")

# What a student's own network may be built from: written in the notebooks before this one.
BUILDING = ("batch_norm", "batch_norm_backward", "batch_norm_inference", "update_running")

exercise = Exercise(
    name="MLP",
    notebook="07_training",
    title="A network with batch norm",
    difficulty=4,
    minutes=45,
    section=sections.MLP,
    parameters=("weights", "eps", "momentum", "steps"),
    returns=RETURNS,
    reference=Network,
    adapter=numpy_network,
    example=lambda rng: _example(rng),
)
exercise.allowed += (
    *(f"bnlib.{name}" for name in BUILDING),
    *(f"bnlib.norms.{name}" for name in BUILDING[:3]),
    *(f"bnlib.norms.batch.{name}" for name in BUILDING[:3]),
    "bnlib.statistics.update_running",
)

MOMENTUM = 0.7
SIZES = (3, 5, 4, 2)


def draw_weights(rng, sizes=SIZES):
    """First weights of a network of these widths."""
    shapes = itertools.pairwise(sizes)
    return [rng.standard_normal((m, n)) * np.sqrt(2 / m) for m, n in shapes]


def _settings(rng, size):
    """gamma, beta, bias and running statistics that tell their places apart."""
    steps = []
    for i, features in enumerate(SIZES[1:-1]):
        steps.append(("set", 3 * i + 1, signed(rng, 0.5, 2.0, features)))
        steps.append(("set", 3 * i + 2, signed(rng, 0.2, 1.0, features)))
        mean = signed(rng, 0.3, 0.9, features)
        var = rng.uniform(2.0, 6.0, features)
        steps.append(("set running", i, size * mean, size**2 * var))
    return [*steps, ("set", 7, signed(rng, 0.5, 2.0, SIZES[-1]))]


def _case(rng, eps=1e-10, mode="train", rows=7):
    return _drawn(int(rng.integers(2**62)), eps, mode, rows)


@functools.lru_cache(maxsize=64)
def _drawn(seed, eps, mode, rows):
    """(weights, eps, steps, x): a network and a batch that tells faults apart."""
    # Where eps is not the subject the signals are so large that a fault of it changes nothing.
    size = 1.0 if eps == 0.5 else 100.0
    rng = np.random.default_rng(seed)
    while True:
        weights, steps = draw_weights(rng), [*_settings(rng, size), (mode,)]
        weights[:-1] = [size * w for w in weights[:-1]]
        x = rng.standard_normal((rows, SIZES[0])) * 2 + 0.5
        network = Network(weights, eps, MOMENTUM)
        _lead(network, [*steps, ("forward", x)])
        if is_telling(network):
            return weights, eps, steps, x


def _lead(network, steps):
    return numpy_network(lambda *arguments: network)(None, None, None, steps)


def _call(student, *arguments):
    return dict(zip(RETURNS, student(*arguments), strict=True))


def _truth(*arguments):
    return dict(zip(RETURNS, numpy_network(Network)(*arguments), strict=True))


def _judge(student, arguments, names, given):
    got = _call(student, *arguments)
    want = _truth(*arguments)
    for name in names:
        expect(name, got[name], want[name], given)


def _example(rng):
    mode = ("train", "eval")[int(rng.integers(2))]
    weights, eps, steps, x = _case(rng, 0.5, mode)
    upstream = rng.standard_normal((len(x), SIZES[-1]))
    return weights, eps, MOMENTUM, [*steps, ("forward", x), ("backward", upstream)]


def _words(x, mode, more=""):
    return f"x of shape {x.shape} in {mode}, weights of {' x '.join(map(str, SIZES))}{more}"


@exercise.check("parameters come layer by layer: w, gamma 1, beta 0; last w and bias 0", 1)
def new(student, rng, others):
    names = (*PARAMETERS, *RUNNING, "training")
    _judge(student, (draw_weights(rng), 1e-5, MOMENTUM, []), names, "a new network")


@exercise.check("in training the logits are those of linear, batch norm, ReLU, ..., linear", 2)
def training_logits(student, rng, others):
    weights, eps, steps, x = _case(rng)
    arguments = (weights, eps, MOMENTUM, [*steps, ("forward", x)])
    _judge(student, arguments, ("logits",), _words(x, "training"))


@exercise.check(
    "in evaluation the logits are made with the running statistics", 2, sections.NO_BATCH
)
def evaluation_logits(student, rng, others):
    weights, eps, steps, x = _case(rng, mode="eval", rows=5)
    arguments = (weights, eps, MOMENTUM, [*steps, ("forward", x)])
    _judge(student, arguments, ("logits",), _words(x, "evaluation"))


@exercise.check("eps is that of the constructor, in both modes", 1, sections.EPS)
def eps_passed(student, rng, others):
    for mode, word in (("train", "training"), ("eval", "evaluation")):
        weights, eps, steps, x = _case(rng, eps=0.5, mode=mode)
        arguments = (weights, eps, MOMENTUM, [*steps, ("forward", x)])
        _judge(student, arguments, ("logits",), _words(x, word, ", eps=0.5"))


@exercise.check("each hidden layer's running statistics move in training", 1, sections.NO_BATCH)
def running(student, rng, others):
    weights, eps, steps, x = _case(rng)
    batches = [("forward", x), ("forward", x[:4] * 1.5 - 1), ("forward", x[2:] + 1)]
    arguments = (weights, eps, MOMENTUM, [*steps, *batches])
    _judge(student, arguments, RUNNING, f"three batches, momentum={MOMENTUM}")


@exercise.check("evaluation leaves the running statistics as they were", 1, sections.NO_BATCH)
def evaluation_leaves(student, rng, others):
    weights, eps, steps, x = _case(rng)
    life = [*steps, ("forward", x)]
    trained = _call(student, weights, eps, MOMENTUM, life)
    start = _call(student, weights, eps, MOMENTUM, steps)
    evaluated = _call(student, weights, eps, MOMENTUM, [*life, ("eval",), ("forward", x[:5])])
    for name in RUNNING:
        kept = as_array(name, trained[name])
        if name == RUNNING[0] and np.array_equal(kept, as_array(name, start[name])):
            message = f"{name} stays what it was in training too, so there is nothing to keep."
            raise Wrong(message, judged=name)
        expect(name, evaluated[name], kept, "a batch in training, then one in evaluation")


def _gradients(sentence, points, names, mode="train", section=None):
    @exercise.check(sentence, points, section)
    def test(student, rng, others):
        weights, eps, steps, x = _case(rng, mode=mode)
        dlogits = rng.standard_normal((len(x), SIZES[-1]))
        life = [*steps, ("forward", x), ("backward", dlogits)]
        got = _call(student, weights, eps, MOMENTUM, life)
        want = _truth(weights, eps, MOMENTUM, life)
        given = _words(x, "training" if mode == "train" else "evaluation")
        try:
            for name in names:
                expect(name, got[name], want[name], given)
        except Wrong:
            # The exact gradient of one's own wrong forward pass is no second mistake.
            if not _own_gradient(student, (weights, eps, steps, x), dlogits, names, got, want):
                raise
            return OWN_FORWARD
        return None


def _own_gradient(student, case, dlogits, names, got, want):
    """Whether the named gradients are those of the student's own logits, which are wrong."""
    weights, eps, steps, x = case
    own = Student(exercise, student.callee)

    def forward(x=x, **changed):
        moved = [("set", PARAMETERS.index(name), value) for name, value in changed.items()]
        before = [step for step in steps if len(step) > 1]
        modes = [step for step in steps if len(step) == 1]
        return own(weights, eps, MOMENTUM, [*before, *moved, *modes, ("forward", x)])[0]

    try:
        logits = as_array("logits", got["logits"])
        if logits.shape != want["logits"].shape or _near(logits, want["logits"]):
            return False
        values = {name[1:]: as_array(name[1:], want[name[1:]]) for name in names}
        met = as_array("logits", forward(x=np.concatenate([x[:1] + 1, x[1:]])))
        moved = [as_array("logits", forward(**{n: v + 1})) for n, v in values.items()]
    except (Wrong, Raised):
        return False
    if steps[-1] == ("train",) and np.array_equal(met[1:], logits[1:]):
        return False
    if any(np.array_equal(after, logits) for after in moved):
        return False
    return slopes_agree(forward, values, dlogits, {n[1:]: got[n] for n in names})


def _near(got, want):
    try:
        expect("logits", got, want)
    except Wrong:
        return False
    return True


_gradients("the gradients of the last layer", 1, ("dw3", "dbias"))
_gradients(
    "the gradients of gamma and beta, of both hidden layers",
    2,
    ("dgamma2", "dbeta2", "dgamma1", "dbeta1"),
    section=sections.STAGED,
)
_gradients(
    "the gradients of the hidden weights, through ReLU and batch norm",
    2,
    ("dw2", "dw1"),
    section=sections.CLOSED,
)
_gradients(
    "in evaluation the statistics are constants on the way back", 1, ("dw2", "dw1"), mode="eval"
)


@exercise.check("the caller's arrays are left as they were", 1)
def unchanged(student, rng, others):
    weights, eps, steps, x = _case(rng)
    moved = [("set", i, w + 1) for i, w in zip((0, 3, 6), weights, strict=True)]
    if "weights" in student.changed_arguments(weights, eps, MOMENTUM, moved):
        message = "Moving the network's parameters moved the weights that it was made of."
        raise Wrong(message, "changed-argument")
    dlogits = rng.standard_normal((len(x), SIZES[-1]))
    life = [*steps, ("forward", x), ("backward", dlogits)]
    if student.changed_arguments(weights, eps, MOMENTUM, life):
        raise Wrong(
            "After a pass forward and back its input held other numbers.", "changed-argument"
        )


for fault in FAULTS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)
for form in FORMS:
    exercise.alternative(form)
