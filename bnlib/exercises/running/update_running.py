"""Exercise: take the statistics of a batch into the running ones."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import signed
from bnlib.exercises.running.inputs import FAR_VARIANCE, far_rows, running
from bnlib.exercises.running.updating import UPDATING, blend, update, variance


def example(rng):
    running_mean, running_var = running(rng, 4, 0.5, 2.0)
    x = 1.5 * rng.standard_normal((5, 4)) + 1.0
    return running_mean, running_var, x, 0.7, bool(rng.random() < 0.5)


exercise = Exercise(
    name="update_running",
    notebook="06_running",
    title="Follow the batches",
    difficulty=2,
    minutes=15,
    section=sections.RUNNING_MOMENTUM,
    parameters=("running_mean", "running_var", "x", "momentum", "unbiased"),
    returns=("running_mean", "running_var"),
    reference=update,
    example=example,
)


def _arguments(rng, shape, momentum, unbiased):
    # Deviations of 20 to 200, in the batch and in what is known, so that no eps plays a part.
    mean, var = running(rng, shape[1], 20.0, 200.0)
    x = np.sqrt(var) * rng.standard_normal(shape) + mean
    running_mean, running_var = running(rng, shape[1], 20.0, 200.0)
    given = f"x of shape {shape}, momentum={momentum:g}, unbiased={unbiased}"
    return (running_mean, running_var, x, momentum, unbiased), given


@exercise.check("running_mean moves by the share momentum towards the batch's mean", points=2)
def mean_moves(student, rng, others):
    for shape, momentum in (((7, 4), 0.7), ((5, 3), 0.1)):
        arguments, given = _arguments(rng, shape, momentum, True)
        expect("running_mean", student(*arguments)[0], update(*arguments)[0], given)


@exercise.check(
    "running_var takes in the batch's variance, with Bessel's correction for unbiased=True",
    2,
    sections.RUNNING_VARIANCE,
)
def unbiased_variance(student, rng, others):
    for shape, momentum in (((5, 4), 0.7), ((3, 5), 0.1)):
        arguments, given = _arguments(rng, shape, momentum, True)
        expect("running_var", student(*arguments)[1], update(*arguments)[1], given)


@exercise.check("and without it for unbiased=False", 1, sections.RUNNING_VARIANCE)
def biased_variance(student, rng, others):
    arguments, given = _arguments(rng, (2, 4), 0.7, False)
    expect("running_var", student(*arguments)[1], update(*arguments)[1], given)


@exercise.check("no eps is added to what is kept", 1, sections.RUNNING_VARIANCE)
def nothing_added(student, rng, others):
    # The batch's variance is 0, with Bessel's correction and without.
    x = np.tile(signed(rng, 0.005, 0.02, 4), (6, 1))
    running_mean, running_var = running(rng, 4, 5e-4, 2e-3)
    arguments = running_mean, running_var, x, 0.3, False
    given = "a batch of six equal rows and a running_var of 1e-6, momentum=0.3"
    expect("running_var", student(*arguments)[1], update(*arguments)[1], given)


@exercise.check("large means cost no digits", 1, sections.NUMERICS)
def large_means(student, rng, others):
    x = far_rows(rng, 6, 4)
    _, running_var = running(rng, 4, 700.0, 1500.0)
    arguments = x[0].copy(), running_var, x, 0.7, False
    given = "x with means of 3e8 and deviations of 1e3, unbiased=False"
    want = update(*arguments)[1]
    expect_digits("running_var", student(*arguments)[1], want, given, FAR_VARIANCE)


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    arguments, given = _arguments(rng, (5, 3), 0.7, True)
    changed = student.changed_arguments(*arguments)
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    expect("running_mean", student(*arguments)[0], update(*arguments)[0], given)


for fault in UPDATING:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)


@exercise.mistake(
    "features-of-each-example",
    "Your statistics run over the features of each row. They are taken over the rows, one for "
    "each feature.",
)
def features_of_each_example(running_mean, running_var, x, momentum, unbiased):
    mean, var = x.mean(axis=1), x.var(axis=1, ddof=int(unbiased))
    return (
        (1 - momentum) * running_mean + momentum * mean,
        (1 - momentum) * running_var + momentum * var,
    )


@exercise.mistake(
    "axis-kept",
    "Your running statistics have shape (1, D): the mean kept the axis that it was taken over. "
    "Asked is (D,).",
)
def axis_kept(running_mean, running_var, x, momentum, unbiased):
    return tuple(v[None] for v in update(running_mean, running_var, x, momentum, unbiased))


@exercise.mistake(
    "changes-arguments",
    "You write into running_mean and running_var. Make new arrays: whoever passed the old ones "
    "may still need them.",
)
def changes_arguments(running_mean, running_var, x, momentum, unbiased):
    running_mean *= 1 - momentum
    running_mean += momentum * x.mean(axis=0)
    running_var *= 1 - momentum
    running_var += momentum * variance(x, unbiased)
    return running_mean, running_var


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(running_mean, running_var, x, momentum, unbiased):
    update(running_mean, running_var, x, momentum, unbiased)


@exercise.alternative
def part_of_the_way(running_mean, running_var, x, momentum, unbiased):
    mean, var = x.mean(axis=0), np.var(x, axis=0, ddof=int(unbiased))
    return (
        running_mean + momentum * (mean - running_mean),
        running_var - momentum * (running_var - var),
    )


@exercise.alternative
def bessel_by_hand(running_mean, running_var, x, momentum, unbiased):
    n, keep = x.shape[0], 1 - momentum
    mean, var = np.mean(x, 0), np.var(x, 0)
    if unbiased:
        var = var * n / (n - 1)
    return keep * running_mean + momentum * mean, keep * running_var + momentum * var


@exercise.alternative
def einsum(running_mean, running_var, x, momentum, unbiased):
    n = len(x)
    mean = np.einsum("nd->d", x) / n
    centred = x - mean
    var = np.einsum("nd,nd->d", centred, centred) / (n - 1 if unbiased else n)
    return [blend(running_mean, mean, momentum), blend(running_var, var, momentum)]


@exercise.alternative
def loops(running_mean, running_var, x, momentum, unbiased):
    n, means, variances = len(x), [], []
    for j, column in enumerate(x.T):
        mean = sum(column) / n
        var = sum((v - mean) ** 2 for v in column) / (n - bool(unbiased))
        means.append((1 - momentum) * running_mean[j] + momentum * mean)
        variances.append((1 - momentum) * running_var[j] + momentum * var)
    return means, variances


@exercise.alternative
def single_precision(running_mean, running_var, x, momentum, unbiased):
    old_mean, old_var, x = (a.astype(np.float32) for a in (running_mean, running_var, x))
    share = np.float32(momentum)
    mean, var = x.mean(axis=0), x.var(axis=0, ddof=int(unbiased))
    return old_mean + share * (mean - old_mean), old_var + share * (var - old_var)


@exercise.alternative
def cast_at_the_end(running_mean, running_var, x, momentum, unbiased):
    right = update(running_mean, running_var, x, momentum, unbiased)
    return tuple(a.astype(np.float32) for a in right)
