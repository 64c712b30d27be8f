"""Exercise: the same layer as a torch.nn.Module, equal to PyTorch's in all that can be seen."""

import numpy as np

from bnlib.checks.adapters import torch_module
from bnlib.checks.adapters.module import ABSENT, DTYPE, GRAPH, KIND, NAMES, SHAPE
from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.student import Student
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.backward.judging import OWN_FORWARD
from bnlib.exercises.inputs import signed
from bnlib.exercises.running.module_faults import FAULTS
from bnlib.exercises.running.module_forms import FORMS
from bnlib.exercises.running.module_truth import Truth
from bnlib.exercises.running.own_forward import acts, slopes_agree

RETURNS = (
    "y",
    "dx",
    "dweight",
    "dbias",
    "running_mean",
    "running_var",
    "num_batches_tracked",
    "state",
)

exercise = Exercise(
    name="BatchNorm1d",
    notebook="06_running",
    title="The layer in PyTorch",
    difficulty=4,
    minutes=40,
    section=sections.MODULE,
    parameters=("options", "steps"),
    returns=RETURNS,
    reference=Truth(),
    uses=("BatchNormFunction",),
    forbidden=(
        "bnlib",
        "torch.nn.modules.batchnorm",
        "torch.nn.modules.instancenorm",
        "torch.nn.modules.normalization",
        *(f"torch.nn.BatchNorm{d}d" for d in "123"),
        *(f"torch.nn.LazyBatchNorm{d}d" for d in "123"),
        "torch.nn.SyncBatchNorm",
        *(f"torch.nn.InstanceNorm{d}d" for d in "123"),
        "torch.nn.GroupNorm",
        "torch.nn.LayerNorm",
        *(
            f"torch.nn.functional.{kind}_norm"
            for kind in ("batch", "instance", "group", "layer", "local_response")
        ),
        "torch.batch_norm",
        "torch.native_batch_norm",
        "torch._native_batch_norm_legit",
        "torch.cudnn_batch_norm",
        "torch.batch_norm_stats",
        "torch.batch_norm_elemt",
        "torch.batch_norm_update_stats",
        "torch.instance_norm",
        "torch.group_norm",
        "torch.native_group_norm",
        "torch.layer_norm",
        "torch.native_layer_norm",
        "torch.ops",
        "torch._C",
        "torch._refs",
        "torch._decomp",
    ),
    adapter=torch_module,
    requires=("torch",),
    example=lambda rng: _example(rng),
)

MOMENTUM = 0.7
LETTERS = {"dx": "x", "dweight": "gamma", "dbias": "beta"}


def _call(student, options, steps):
    return dict(zip(RETURNS, student(options, steps), strict=True))


def _truth(options, steps):
    return dict(zip(RETURNS, exercise.reference.on_arrays(options, steps), strict=True))


def _expect(name, got, want, given):
    if got[name] is None and name not in ("y", "dx"):
        what = f"no gradient for {name[1:]}" if name[0] == "d" else f"no {name}"
        raise Wrong(f"There is {what}, for {given}.", "missing", name)
    expect(name, got[name], want, given)


def _judge(student, options, steps, names, given):
    got, want = _call(student, options, steps), _truth(options, steps)
    for name in names:
        if name == "state":
            _expect_state(got["state"], want["state"], given)
        else:
            _expect(name, got, want[name], given)


_SAID = {
    ABSENT: "missing",
    DTYPE: "of another dtype than PyTorch's",
    SHAPE: "of another shape than PyTorch's",
    GRAPH: "holding on to the graph",
}


def _expect_state(got, want, given):
    """Judge what state_dict holds, and say it in words."""
    got = as_array("state", got)
    if np.array_equal(got, want):
        return
    faults: dict[str, list] = {}
    for name, code, right in zip(NAMES, got, want, strict=False):
        if code == right:
            continue
        what = _SAID.get(int(code), "wrong")
        if right == ABSENT:
            what = "too many"
        elif code == KIND:
            kinds = ("parameter", "buffer") if name in NAMES[:2] else ("buffer", "parameter")
            what = f"no {kinds[0]} but a {kinds[1]}"
        faults.setdefault(what, []).append(name)
    said = [f"{what}: {', '.join(names)}" for what, names in faults.items()]
    if got[-1] != want[-1]:
        said.append(f"{got[-1]:g} entries have other names")
    message = f"In state_dict, {'; '.join(said)}; for {given}."
    raise Wrong(message, judged="state")


def _batch(rng, shape, scale=60.0):
    """A batch whose channels have means and deviations of that size, unequal ones."""
    view = (1, -1) + (1,) * (len(shape) - 2)
    spread = rng.permutation(np.geomspace(0.5, 2.0, shape[1])) * scale
    shift = signed(rng, 0.5, 1.5, shape[1]) * scale
    return rng.standard_normal(shape) * spread.reshape(view) + shift.reshape(view)


def _set(rng, channels, scale=60.0):
    """weight, bias and running statistics unlike those of any batch of that scale."""
    values = {
        "weight": signed(rng, 0.5, 2.0, channels),
        "bias": signed(rng, 0.5, 2.0, channels),
        "running_mean": signed(rng, 0.5, 1.5, channels) * scale,
        "running_var": (rng.permutation(np.geomspace(0.4, 2.5, channels)) * scale) ** 2,
    }
    return [("set", name, value) for name, value in values.items()]


def _options(channels, **more):
    return {"num_features": channels, "eps": 1e-10, "momentum": MOMENTUM, **more}


def _words(x, mode):
    return f"x of shape {x.shape}, in {mode}"


@exercise.check("state_dict holds the names, shapes, dtypes and kinds of PyTorch's", 2)
def state(student, rng, others):
    x = _batch(rng, (5, 3))
    _judge(student, _options(3), [("forward", x)], ("state",), "a layer of 3 after one batch")


def _example(rng):
    """A life of a module under some options, which ends in training or in evaluation."""
    kind = int(rng.integers(4))
    more = ({}, {"momentum": None}, {"affine": False}, {"track_running_stats": False})[kind]
    steps = _set(rng, 3, 1.0) if kind < 2 else []
    steps = [*steps, *_batches(rng, 1.0)]
    if rng.random() < 0.5:
        steps += [("eval",), ("forward", _batch(rng, (4, 3, 2), 1.0))]
    steps += [("backward", rng.standard_normal(steps[-1][1].shape))]
    return _options(3, eps=0.5, **more), steps


@exercise.check("a new layer begins with running_mean 0 and running_var 1", 1, sections.NO_BATCH)
def begins(student, rng, others):
    names = ("running_mean", "running_var", "num_batches_tracked")
    _judge(student, _options(3), [], names, "a new layer of 3")


@exercise.check("in training y of (N, C) is normalized with the batch's statistics", 1)
def rows(student, rng, others):
    x = _batch(rng, (6, 4))
    steps = [*_set(rng, 4), ("forward", x)]
    _judge(student, _options(4), steps, ("y",), _words(x, "training"))


@exercise.check("(N, C, L) has one mean and one variance a channel, over N and L", 2, sections.AXES)
def signals(student, rng, others):
    # A mean of its own at each position and each example: statistics of another kind differ.
    x = _batch(rng, (4, 3, 5)) + 60 * rng.permutation(np.linspace(-1, 1, 5))
    x += 60 * rng.permutation(np.linspace(-1, 1, 4)).reshape(-1, 1, 1)
    steps = [*_set(rng, 3), ("forward", x)]
    _judge(student, _options(3), steps, ("y",), _words(x, "training"))


@exercise.check("in training eps is added to the variance, inside the root", 1, sections.EPS)
def training_eps(student, rng, others):
    x = _batch(rng, (6, 3), scale=1.0)
    steps = [*_set(rng, 3, 1.0), ("forward", x)]
    _judge(student, _options(3, eps=0.5), steps, ("y",), f"{_words(x, 'training')}, eps=0.5")


@exercise.check("in evaluation eps is added to running_var, inside the root", 1, sections.EPS)
def evaluation_eps(student, rng, others):
    x = _batch(rng, (5, 3), scale=1.0)
    steps = [*_set(rng, 3, 1.0), ("eval",), ("forward", x)]
    _judge(student, _options(3, eps=0.5), steps, ("y",), f"{_words(x, 'evaluation')}, eps=0.5")


def _batches(rng, scale=60.0):
    return [("forward", _batch(rng, shape, scale)) for shape in ((2, 3, 4), (5, 3), (3, 3, 2))]


@exercise.check(
    "running_mean moves towards each batch's mean by the share momentum", 1, sections.NO_BATCH
)
def running_mean(student, rng, others):
    steps = [*_set(rng, 3), *_batches(rng)]
    given = f"batches of (2, 3, 4), (5, 3) and (3, 3, 2), momentum={MOMENTUM}"
    _judge(student, _options(3), steps, ("running_mean",), given)


@exercise.check("running_var moves towards each batch's unbiased variance", 2, sections.NO_BATCH)
def running_var(student, rng, others):
    steps = [*_set(rng, 3), *_batches(rng)]
    given = f"batches of (2, 3, 4), (5, 3) and (3, 3, 2), momentum={MOMENTUM}"
    _judge(student, _options(3), steps, ("running_var",), given)


@exercise.check("eps stays out of running_var", 1, sections.NO_BATCH)
def running_eps(student, rng, others):
    steps = [*_set(rng, 3, 1.0), *_batches(rng, 1.0)]
    given = f"three batches of variances near 1, eps=0.5, momentum={MOMENTUM}"
    _judge(student, _options(3, eps=0.5), steps, ("running_var",), given)


@exercise.check("num_batches_tracked counts the batches of training", 1)
def count(student, rng, others):
    steps = [("forward", _batch(rng, (4, 3))) for _ in range(3)]
    steps += [("eval",), ("forward", _batch(rng, (4, 3)))]
    given = "three batches in training and one in evaluation"
    _judge(student, _options(3), steps, ("num_batches_tracked",), given)


@exercise.check("momentum=None averages all batches alike", 2, sections.NO_BATCH)
def cumulative(student, rng, others):
    steps = _batches(rng)
    names = ("running_mean", "running_var")
    _judge(student, _options(3, momentum=None), steps, names, "three batches, momentum=None")


@exercise.check("in evaluation y is made with the running statistics", 2, sections.NO_BATCH)
def evaluation(student, rng, others):
    x = _batch(rng, (3, 4, 2))
    steps = [*_set(rng, 4), ("eval",), ("forward", x)]
    _judge(student, _options(4), steps, ("y",), _words(x, "evaluation"))


@exercise.check("evaluation leaves the running statistics as they were", 1, sections.NO_BATCH)
def evaluation_leaves(student, rng, others):
    settings = _set(rng, 3)
    steps = [*settings, ("forward", _batch(rng, (5, 3)))]
    trained = _call(student, _options(3), steps)
    steps += [("eval",), ("forward", _batch(rng, (6, 3)))]
    evaluated = _call(student, _options(3), steps)
    before = {step[1]: step[2] for step in settings}
    for name in ("running_mean", "running_var"):
        kept = as_array(name, trained[name])
        if np.array_equal(kept, before[name]):
            message = f"{name} stays what it was in training too, so there is nothing to keep."
            raise Wrong(message, judged=name)
        _expect(name, evaluated, kept, "one batch in training, then one in evaluation")


@exercise.check(
    "the mode is that of train() and eval(), with gradients or without", 1, sections.NO_BATCH
)
def modes(student, rng, others):
    settings, x = _set(rng, 3), _batch(rng, (5, 3))
    with_gradients = _call(student, _options(3), [*settings, ("forward", x)])
    without = _call(student, _options(3), [*settings, ("forward without gradients", x)])
    for name in ("running_mean", "y"):
        given = f"{_words(x, 'training')}, under no_grad"
        _expect(name, without, as_array(name, with_gradients[name]), given)


def _gradients(sentence, points, mode, names, section=None):
    @exercise.check(sentence, points, section)
    def test(student, rng, others):
        settings = {step[1]: step[2] for step in _set(rng, 3)}
        x, dy = _batch(rng, (4, 3, 2)), rng.standard_normal((4, 3, 2))
        arguments = {"x": x, "gamma": settings["weight"], "beta": settings["bias"]}

        def steps(x, gamma, beta, factor=1):
            kept = [("set", name, factor * settings[name]) for name in RETURNS[4:6]]
            parameters = [("set", "weight", gamma), ("set", "bias", beta)]
            return [*kept, *parameters, (mode,), ("forward", x)]

        life = [*steps(**arguments), ("backward", dy)]
        got, want = _call(student, _options(3), life), _truth(_options(3), life)
        given = _words(x, "training" if mode == "train" else "evaluation")
        try:
            for name in names:
                _expect(name, got, want[name], given)
        except Wrong:
            own = Student(exercise, student.callee)

            def forward(**changed):
                return own(_options(3), steps(**changed))[0]

            def other():
                return forward(**arguments, factor=2)

            gradients = {LETTERS[name]: got[name] for name in names}
            if _right(got["y"], want["y"]):
                raise
            y = as_array("y", got["y"])
            if not acts(forward, arguments, y, other if mode == "eval" else None):
                raise
            if not slopes_agree(forward, arguments, dy, gradients):
                raise
            return OWN_FORWARD
        return None


def _right(got, want):
    try:
        expect("y", got, want)
    except Wrong as wrong:
        # What is no array of that shape has no gradient to be asked for.
        return wrong.mistake is not None
    return True


_gradients(
    "in training dx goes through the mean and the variance too",
    2,
    "train",
    ("dx",),
    sections.CLOSED,
)
_gradients("weight and bias get their gradients", 1, "train", ("dweight", "dbias"), sections.STAGED)
_gradients("in evaluation the statistics are constants to dx", 1, "eval", ("dx",))


@exercise.check("affine=False: no weight, no bias, y is the normalized input", 1)
def plain(student, rng, others):
    x = _batch(rng, (5, 3))
    options = _options(3, affine=False)
    given = "affine=False"
    _judge(student, options, [("forward", x)], ("state", "y"), given)


@exercise.check("track_running_stats=False: the batch's statistics in both modes", 2)
def untracked(student, rng, others):
    x = _batch(rng, (5, 3))
    options = _options(3, track_running_stats=False)
    steps = [("forward", _batch(rng, (6, 3))), ("eval",), ("forward", x)]
    given = "track_running_stats=False, in evaluation"
    _judge(student, options, steps, ("state", "y"), given)


@exercise.check("a state_dict of PyTorch's layer can be loaded", 1)
def loaded(student, rng, others):
    x = _batch(rng, (5, 3))
    entries = {step[1]: step[2] for step in _set(rng, 3)}
    entries["num_batches_tracked"] = np.array(int(rng.integers(3, 9)))
    given = "the state_dict of an nn.BatchNorm1d of 3 features, loaded"
    _judge(student, _options(3), [("load", entries)], ("num_batches_tracked",), given)
    got = _call(student, _options(3), [("load", entries), ("eval",), ("forward", x)])
    for name in ("running_mean", "running_var"):
        _expect(name, got, entries[name], given)


@exercise.check("without arguments momentum is 0.1, eps 1e-5, affine and tracking on", 1)
def defaults(student, rng, others):
    x = _batch(rng, (6, 3), scale=3e-3)
    options = {"num_features": 3}
    given = "BatchNorm1d(3), x of variance near 1e-5"
    names = ("y", "running_mean", "state")
    _judge(student, options, [("forward", x)], names, given)


for fault in FAULTS:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)
for form in FORMS:
    exercise.alternative(form)
