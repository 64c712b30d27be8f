"""Exercise: batch norm as a layer that has two modes and remembers."""

import numpy as np

from bnlib.checks.adapters import numpy_layer
from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.student import Student
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.backward.judging import OWN_FORWARD
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import OFFSET_SINGLE, eps_batch, offset_batch, signed, wide_batch
from bnlib.exercises.running import layer_faults, mode_faults
from bnlib.exercises.running.layer import Layer
from bnlib.exercises.running.layer_forms import FORMS
from bnlib.exercises.running.own_forward import acts, slopes_agree

RETURNS = (
    "y",
    "dx",
    "dgamma",
    "dbeta",
    "running_mean",
    "running_var",
    "gamma",
    "beta",
    "training",
)

exercise = Exercise(
    name="BatchNorm",
    notebook="06_running",
    title="A layer that remembers",
    difficulty=4,
    minutes=45,
    section=sections.MODULE,
    parameters=("num_features", "eps", "momentum", "steps"),
    returns=RETURNS,
    reference=Layer,
    uses=("batchnorm_forward", "batchnorm_backward", "update_running", "batchnorm_inference"),
    adapter=numpy_layer,
    example=lambda rng: _example(rng),
)

MOMENTUM = 0.7
LETTERS = {"dx": "x", "dgamma": "gamma", "dbeta": "beta"}


def _truth(num_features, eps, momentum, steps):
    return dict(zip(RETURNS, numpy_layer(Layer)(num_features, eps, momentum, steps), strict=True))


def _call(student, *arguments):
    """What the layer leaves, by name."""
    return dict(zip(RETURNS, student(*arguments), strict=True))


def _expect(name, got, want, given, part=None):
    if got[name] is None and name not in ("y", "dx"):
        raise Wrong(f"The layer has no {name} that is set, for {given}.", "no-attribute", name)
    expect(name, got[name], want, given, part=part)


def _judge(student, arguments, names, given):
    got, want = _call(student, *arguments), _truth(*arguments)
    for name in names:
        _expect(name, got, want[name], given)


def _set(**attributes):
    return [("set", name, value) for name, value in attributes.items()]


def _statistics(rng, features, scale):
    """Running statistics unlike those of any batch of that scale."""
    mean = signed(rng, 0.5 * scale, 1.5 * scale, features)
    spread = rng.permutation(np.geomspace(0.4, 2.5, features)) * scale
    return {"running_mean": mean, "running_var": spread**2}


def _affine(batch):
    return _set(gamma=batch.gamma, beta=batch.beta)


def _example(rng):
    """A life of a layer that ends in training or, as often, in evaluation."""
    batches = [eps_batch(rng, (rows, 3)) for rows in (5, 7)]
    steps = _affine(batches[0]) + _set(**_statistics(rng, 3, 1.0))
    steps += [("forward", batch.x) for batch in batches]
    if rng.random() < 0.5:
        steps += [("eval",), ("forward", batches[0].x + 1)]
    steps += [("backward", rng.standard_normal(np.shape(steps[-1][1])))]
    return 3, 0.5, MOMENTUM, steps


def _given(batch, more=""):
    return f"{batch.given}{more}"


@exercise.check("a new layer: training, gamma 1, beta 0, running_mean 0, running_var 1", 1)
def new(student, rng, others):
    features = int(rng.integers(3, 6))
    names = ("training", "gamma", "beta", "running_mean", "running_var")
    _judge(student, (features, 1e-5, MOMENTUM, []), names, f"a new layer of {features} features")


@exercise.check("in training y is the batch, normalized with its own statistics", 2)
def training_output(student, rng, others):
    batch = wide_batch(rng, (7, 4))
    steps = _affine(batch) + _set(**_statistics(rng, 4, 60.0)) + [("forward", batch.x)]
    _judge(student, (4, batch.eps, MOMENTUM, steps), ("y",), _given(batch, ", in training"))


@exercise.check("in training eps is added to the variance, inside the root", 1, sections.EPS)
def training_eps(student, rng, others):
    batch = eps_batch(rng, (2, 3))
    steps = _affine(batch) + _set(**_statistics(rng, 3, 1.0)) + [("forward", batch.x)]
    _judge(student, (3, batch.eps, MOMENTUM, steps), ("y",), _given(batch, ", in training"))


def _three_batches(rng, shapes, draw=wide_batch):
    batches = [draw(rng, shape) for shape in shapes]
    steps = _set(**_statistics(rng, shapes[0][1], 60.0 if draw is wide_batch else 1.0))
    return batches[0].eps, steps + [("forward", batch.x) for batch in batches]


@exercise.check(
    "running_mean moves towards each batch's mean by the share momentum", 1, sections.NO_BATCH
)
def running_mean(student, rng, others):
    eps, steps = _three_batches(rng, [(7, 3), (5, 3), (2, 3)])
    given = f"three batches of 7, 5 and 2 rows, momentum={MOMENTUM}"
    _judge(student, (3, eps, MOMENTUM, steps), ("running_mean",), given)


@exercise.check("running_var moves towards each batch's unbiased variance", 2, sections.NO_BATCH)
def running_var(student, rng, others):
    eps, steps = _three_batches(rng, [(2, 3), (7, 3), (5, 3)])
    given = f"three batches of 2, 7 and 5 rows, momentum={MOMENTUM}"
    _judge(student, (3, eps, MOMENTUM, steps), ("running_var",), given)


@exercise.check("eps stays out of running_var", 1, sections.NO_BATCH)
def running_eps(student, rng, others):
    eps, steps = _three_batches(rng, [(4, 3), (6, 3), (5, 3)], eps_batch)
    given = f"three batches of variances near 1, eps=0.5, momentum={MOMENTUM}"
    _judge(student, (3, eps, MOMENTUM, steps), ("running_var",), given)


@exercise.check("in evaluation y is made with the running statistics", 2, sections.NO_BATCH)
def evaluation_output(student, rng, others):
    batch = wide_batch(rng, (5, 3))
    steps = _affine(batch) + _set(**_statistics(rng, 3, 60.0))
    steps += [("eval",), ("forward", batch.x)]
    given = _given(batch, ", in evaluation")
    _judge(student, (3, batch.eps, MOMENTUM, steps), ("y",), given)


@exercise.check("in evaluation eps is added to running_var, inside the root", 1, sections.EPS)
def evaluation_eps(student, rng, others):
    batch = eps_batch(rng, (5, 3))
    steps = _affine(batch) + _set(**_statistics(rng, 3, 1.0)) + [("eval",), ("forward", batch.x)]
    given = _given(batch, ", in evaluation")
    _judge(student, (3, batch.eps, MOMENTUM, steps), ("y",), given)


@exercise.check(
    "in evaluation one row alone comes out as it does among others", 1, sections.NO_BATCH
)
def one_row(student, rng, others):
    batch = wide_batch(rng, (4, 3))
    first = _affine(batch) + _set(**_statistics(rng, 3, 60.0)) + [("eval",)]
    among = _call(student, 3, batch.eps, MOMENTUM, [*first, ("forward", batch.x)])["y"]
    alone = _call(student, 3, batch.eps, MOMENTUM, [*first, ("forward", batch.x[:1])])["y"]
    among = as_array("y", among)
    if among.shape != batch.x.shape:
        given = _given(batch, ", in evaluation")
        raise Wrong(
            f"y has shape {among.shape}, expected {batch.x.shape}, for {given}.", "wrong-shape", "y"
        )
    expect("y", alone, among[:1], "one row of four, in evaluation")


@exercise.check("evaluation leaves the running statistics as they were", 1, sections.NO_BATCH)
def evaluation_leaves(student, rng, others):
    one, two = wide_batch(rng, (5, 3)), wide_batch(rng, (6, 3))
    before = _statistics(rng, 3, 60.0)
    steps = [*_set(**before), ("forward", one.x)]
    trained = _call(student, 3, one.eps, MOMENTUM, steps)
    steps += [("eval",), ("forward", two.x)]
    evaluated = _call(student, 3, one.eps, MOMENTUM, steps)
    for name in ("running_mean", "running_var"):
        kept = as_array(name, trained[name])
        if np.array_equal(kept, before[name]):
            message = f"{name} stays what it was in training too, so there is nothing to keep."
            raise Wrong(message, judged=name)
        _expect(name, evaluated, kept, "one batch in training, then one in evaluation")


def _judge_gradients(student, batch, statistics, mode, names, dy, before=()):
    """The named gradients are those of batch norm, or of the student's own forward pass."""

    def steps(x, gamma, beta, statistics=statistics):
        loaded = _set(gamma=gamma, beta=beta, **statistics)
        return [*before, *loaded, (mode,), ("forward", x)]

    arguments = {"x": batch.x, "gamma": batch.gamma, "beta": batch.beta}
    life = (len(batch.gamma), batch.eps, MOMENTUM, [*steps(**arguments), ("backward", dy)])
    got, want = _call(student, *life), _truth(*life)
    given = _given(batch, f", in {'training' if mode == 'train' else 'evaluation'}")
    try:
        for name in names:
            _expect(name, got, want[name], given)
    except Wrong:
        own = Student(exercise, student.callee)

        def forward(**changed):
            return own(*life[:3], steps(**changed))[0]

        def other():
            doubled = {name: 2 * value for name, value in statistics.items()}
            return forward(**arguments, statistics=doubled)

        try:
            y = as_array("y", got["y"])
        except Wrong:
            y = None
        if (
            y is None
            or _near(y, want["y"])
            or not acts(forward, arguments, y, other if mode == "eval" else None)
        ):
            raise
        gradients = {LETTERS[name]: got[name] for name in names}
        if not slopes_agree(forward, arguments, dy, gradients):
            raise
        return OWN_FORWARD
    return None


def _near(got, want):
    try:
        expect("y", got, want)
    except Wrong:
        return False
    return True


def _gradient_check(sentence, points, draw, shape, mode, names, section=None):
    @exercise.check(sentence, points, section)
    def test(student, rng, others):
        batch = draw(rng, shape)
        statistics = _statistics(rng, shape[1], 60.0 if draw is wide_batch else 1.0)
        dy = rng.standard_normal(shape)
        # A pass in training first, so that what it kept is at hand and wrong.
        before = [("forward", draw(rng, shape).x)] if mode == "eval" else ()
        return _judge_gradients(student, batch, statistics, mode, names, dy, before)


_gradient_check(
    "in training dx goes through the mean and the variance too",
    2,
    wide_batch,
    (6, 3),
    "train",
    ("dx",),
    sections.CLOSED,
)
_gradient_check(
    "in training dgamma sums dy * xhat, dbeta sums dy",
    1,
    wide_batch,
    (7, 4),
    "train",
    ("dgamma", "dbeta"),
    sections.STAGED,
)
_gradient_check("eps reaches dx", 1, eps_batch, (6, 2), "train", ("dx",), sections.CLOSED)
_gradient_check(
    "in evaluation the statistics are constants to dx", 2, wide_batch, (5, 3), "eval", ("dx",)
)
_gradient_check(
    "in evaluation dgamma and dbeta are of the running statistics too",
    1,
    wide_batch,
    (5, 4),
    "eval",
    ("dgamma", "dbeta"),
)


@exercise.check("backward belongs to the last forward pass, and can be run again", 1)
def last_pass(student, rng, others):
    first, batch = wide_batch(rng, (6, 3)), wide_batch(rng, (6, 3))
    dy = rng.standard_normal((6, 3))
    alone = [*_affine(batch), ("forward", batch.x), ("backward", dy)]
    once = _call(student, 3, batch.eps, MOMENTUM, alone)
    before = [("forward", first.x), ("backward", dy)]
    twice = [*_affine(batch), *before, ("forward", batch.x), ("backward", dy), ("backward", dy)]
    again = _call(student, 3, batch.eps, MOMENTUM, twice)
    for name in ("dx", "dgamma", "dbeta"):
        if once[name] is None:
            _expect(name, once, np.zeros(3), "one forward and one backward pass")
        given = "the same batch and dy after another batch, backward twice"
        _expect(name, again, as_array(name, once[name]), given)


@exercise.check("two layers share no running statistics", 1)
def shared_statistics(student, rng, others):
    batch, other = wide_batch(rng, (6, 3)), wide_batch(rng, (5, 3))
    alone = _call(student, 3, batch.eps, MOMENTUM, [("forward", batch.x)])
    steps = [("forward", batch.x), ("another", other.x, None)]
    beside = _call(student, 3, batch.eps, MOMENTUM, steps)
    for name, initial in (("running_mean", 0.0), ("running_var", 1.0)):
        kept = as_array(name, alone[name])
        if np.array_equal(kept, np.full(kept.shape, initial)):
            message = f"{name} stays what it was in training too, so there is nothing to share."
            raise Wrong(message, judged=name)
        _expect(name, beside, kept, "a layer beside which another one was trained")


@exercise.check("two layers share nothing that the way back needs", 1)
def shared_cache(student, rng, others):
    batch, other = wide_batch(rng, (6, 3)), wide_batch(rng, (6, 3))
    dy = rng.standard_normal((6, 3))
    start = [*_affine(batch), ("forward", batch.x)]
    alone = _call(student, 3, batch.eps, MOMENTUM, [*start, ("backward", dy)])
    steps = [*start, ("another", other.x, None), ("backward", dy)]
    beside = _call(student, 3, batch.eps, MOMENTUM, steps)
    given = "a layer beside which another one was led forward in between"
    _expect("dx", beside, as_array("dx", alone["dx"]), given)


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    batch = offset_batch(rng, (6, 3))
    steps = [*_affine(batch), ("forward", batch.x)]
    life = (3, batch.eps, MOMENTUM, steps)
    expect_digits("y", _call(student, *life)["y"], _truth(*life)["y"], batch.given, OFFSET_SINGLE)


@exercise.check("x and dy are left as they were", 1)
def unchanged(student, rng, others):
    batch = wide_batch(rng, (5, 3))
    forward = [*_affine(batch), ("forward", batch.x)]
    if student.changed_arguments(3, batch.eps, MOMENTUM, forward):
        raise Wrong("After a forward pass x held other numbers.", "changed-argument")
    dy = rng.standard_normal((5, 3))
    if student.changed_arguments(3, batch.eps, MOMENTUM, [*forward, ("backward", dy)]):
        raise Wrong("After a backward pass dy or x held other numbers.", "changed-argument")
    _judge(student, (3, batch.eps, MOMENTUM, forward), ("y",), _given(batch, ", in training"))


for fault in (*layer_faults.FORMULA, *mode_faults.FAULTS, *layer_faults.BACKWARD):
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)
for form in FORMS:
    exercise.alternative(form)
