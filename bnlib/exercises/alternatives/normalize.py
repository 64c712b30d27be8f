"""Exercise: one function that normalizes over whichever axes it is told."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.alternatives import inputs
from bnlib.exercises.alternatives.faults import (
    STUDENTS,
    Fault,
    add,
    add_return_mistakes,
    normalizing,
    single,
)
from bnlib.exercises.alternatives.forward_checks import add_check, add_digits, add_unchanged
from bnlib.exercises.alternatives.layouts import normalized, of_columns


def reference(x, axes, eps):
    xhat, mean, inv_std = normalized(x, axes, eps)
    return xhat, (mean, inv_std)


def example(rng):
    return inputs.values(rng, (3, 4, 5, 2), inputs.VISIBLE), (1, 2, 3), 0.3


exercise = Exercise(
    name="normalize",
    notebook="09_alternatives",
    title="One function, every norm",
    difficulty=2,
    minutes=15,
    section=sections.ONE_FUNCTION,
    parameters=("x", "axes", "eps"),
    returns=("xhat", "kept"),
    opaque=("kept",),
    reference=reference,
    example=example,
)


def _drawn(rng, shape, axes, spread):
    x = inputs.values(rng, shape, spread)
    return x, axes, spread.eps, f"x of shape {shape}, axes={axes}{spread.said}"


def _images(rng):
    x, _, eps, _ = _drawn(rng, (3, 4, 5, 2), (), inputs.WIDE)
    for axes in ((2, 3), (1, 2, 3), (0, 2, 3)):
        yield x, axes, eps, f"x of shape {x.shape}, axes={axes}"


def _other_axes(rng):
    yield _drawn(rng, (6, 4), (-1,), inputs.WIDE)
    yield _drawn(rng, (2, 5, 3), (-2, -1), inputs.WIDE)
    yield _drawn(rng, (6, 4), (0,), inputs.WIDE)


def _eps(rng):
    x, axes, eps, given = _drawn(rng, (2, 3, 5, 4), (2, 3), inputs.VISIBLE)
    yield x, axes, eps, f"{given}, eps={eps:g}"


def _constant(rng):
    x, axes, eps, _ = _drawn(rng, (3, 2), (1,), inputs.CONSTANT)
    x[1] = 1.5
    yield x, axes, eps, "x of shape (3, 2), row 1 constant, axes=(1,), eps=1e-05"


add_check(exercise, "what shares a mean leaves with mean 0 and variance 1", 2, _images)
add_check(exercise, "arrays of any shape, and axes counted from the end", 1, _other_axes)
add_check(exercise, "eps is added to the variance, inside the root", 1, _eps, sections.EPS)
add_check(
    exercise, "two values are enough, and constant ones become zeros", 1, _constant, sections.EPS
)
add_digits(
    exercise, lambda rng: [_drawn(rng, (3, 4, 2, 5), (2, 3), inputs.OFFSET)], sections.NUMERICS
)
add_unchanged(exercise, lambda rng: [_drawn(rng, (3, 2, 4), (1, 2), inputs.WIDE)])


def _columns(step):
    return lambda x, axes, eps: (of_columns(step, x, axes, eps), None)


def _over(choose):
    return lambda x, axes, eps: reference(x, choose(x, axes), eps)


def _counted(x, axes):
    return tuple(a % x.ndim for a in axes)


def _in_turn(x, axes, eps):
    for axis in axes:
        x = normalized(x, (axis,), eps)[0]
    return x, None


def _variance_in_turn(x, axes, eps):
    centred = x - x.mean(axis=axes, keepdims=True)
    var = x
    for i, axis in enumerate(axes):
        var = var.mean(axis=axis, keepdims=True) if i else var.var(axis=axis, keepdims=True)
    return centred / np.sqrt(var + eps), None


def _keepdims_missing(x, axes, eps):
    return (x - x.mean(axis=axes)) / np.sqrt(x.var(axis=axes) + eps), None


def _changes_x(x, axes, eps):
    out = reference(x, axes, eps)
    x -= x.mean()
    return out


for fault in (
    *(
        fault._replace(function=_columns(fault.function))
        for fault in normalizing(
            "a set of values", "Each set of values along the axes has its own."
        )
    ),
    Fault(
        "axes-ignored",
        "You average over axis 0, whatever axes were asked for.",
        _over(lambda x, axes: (0,)),
        source=STUDENTS,
    ),
    Fault(
        "last-axis",
        "You average over the last axis, whatever axes were asked for.",
        _over(lambda x, axes: (-1,)),
    ),
    Fault(
        "all-but-axis-0",
        "You average over all axes but the first, whatever axes were asked for.",
        _over(lambda x, axes: tuple(range(1, x.ndim))),
    ),
    Fault(
        "other-axes",
        "You average over the axes that were not asked for and keep those that were.",
        _over(lambda x, axes: tuple(i for i in range(x.ndim) if i not in _counted(x, axes))),
    ),
    Fault(
        "first-of-the-axes",
        "You average over the first of the axes alone. A mean over several axes is one mean of "
        "all the values along them.",
        _over(lambda x, axes: axes[0]),
    ),
    Fault(
        "negative-axes-missed",
        "An axis that is counted from the end, as -1, is not found, and nothing is averaged there.",
        _over(lambda x, axes: tuple(i for i in range(x.ndim) if i in axes)),
    ),
    Fault(
        "one-axis-after-another",
        "You normalize over one axis after the other. All axes together share one mean and one "
        "variance.",
        _in_turn,
    ),
    Fault(
        "variance-in-turn",
        "Your variance is a mean of variances along one axis. How far the means of those lie "
        "apart belongs to it too: take it over all axes at once.",
        _variance_in_turn,
    ),
    Fault(
        "keepdims-missing",
        "The averaged axes vanish from your mean, so that it no longer lines up with x. Keep them "
        "at length 1.",
        _keepdims_missing,
    ),
    Fault(
        "returned-in-another-order",
        "xhat comes first in what you return, then what you keep.",
        lambda x, axes, eps: (normalized(x, axes, eps)[2], reference(x, axes, eps)[0]),
    ),
    Fault(
        "changes-x",
        "You work on x in place, and the caller's array is changed. Let the first step make a "
        "new array.",
        _changes_x,
        source=STUDENTS,
    ),
):
    add(exercise, fault)
add_return_mistakes(exercise, reference)


@exercise.alternative
def numpy_var(x, axes, eps):
    inv_std = (np.var(x, axis=axes, keepdims=True) + eps) ** -0.5
    return (x - np.mean(x, axis=axes, keepdims=True)) * inv_std, {"inv_std": inv_std, "axes": axes}


@exercise.alternative
def flattened(x, axes, eps):
    k = len(axes)
    moved = np.moveaxis(x, axes, range(k))
    rows = moved.reshape(-1, int(np.prod(moved.shape[k:])))
    centred = rows - rows.mean(axis=0)
    rows = centred / np.sqrt((centred**2).mean(axis=0) + eps)
    return np.moveaxis(rows.reshape(moved.shape), range(k), axes), None


@exercise.alternative
def loops(x, axes, eps):
    axes = [a % x.ndim for a in axes]
    xhat = np.empty(x.shape)
    for index in np.ndindex(*(1 if i in axes else n for i, n in enumerate(x.shape))):
        where = tuple(slice(None) if i in axes else k for i, k in enumerate(index))
        mean = x[where].mean()
        xhat[where] = (x[where] - mean) / (((x[where] - mean) ** 2).mean() + eps) ** 0.5
    return xhat, axes


@exercise.alternative
def einsum(x, axes, eps):
    labels = list(range(x.ndim))
    kept = [i for i in labels if i not in [a % x.ndim for a in axes]]
    size = x.size / np.prod([x.shape[i] for i in kept])
    centred = x - np.expand_dims(np.einsum(x, labels, kept) / size, axes)
    var = np.expand_dims(np.einsum(centred, labels, centred, labels, kept) / size, axes)
    return centred / np.sqrt(var + eps), (centred, var)


@exercise.alternative
def lists(x, axes, eps):
    xhat, kept = reference(x, axes, eps)
    return [xhat.tolist(), kept]


@exercise.alternative
def single_precision(x, axes, eps):
    x, axes, eps = single((x, axes, np.float32(eps)))
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(
        x.var(axis=axes, keepdims=True) + eps
    ), None
