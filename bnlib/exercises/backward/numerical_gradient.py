"""Exercise: the gradient by central differences, which all later answers can be held against."""

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.probes import Probe
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections


def _differences(f, x, dout, forth, back, h=1e-5):
    """sum(dout * (f(x + forth) - f(x - back))) entry by entry, with the steps that are asked."""
    dx = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        step = np.zeros(x.shape)
        step[index] = h
        dx[index] = np.sum(dout * (f(x + forth * step) - f(x - back * step)))
    return dx


def reference(f, x, dout):
    return _differences(f, x, dout, 1, 1) / 2e-5


exercise = Exercise(
    name="numerical_gradient",
    notebook="05_backward",
    title="A gradient by central differences",
    difficulty=2,
    minutes=15,
    section=sections.GRADCHECK,
    parameters=("f", "x", "dout"),
    returns=("dx",),
    reference=reference,
    example=lambda rng: _tanh(rng)[:3],
)

# Central differences with any sane step; float32 has fewer digits to take them from.
_PART = {np.dtype(np.float64): 1e-4, np.dtype(np.float32): 2e-2}


def _tanh(rng):
    x, w, dout = (rng.standard_normal(shape) for shape in ((3, 4), (4, 2), (3, 2)))
    truth = (dout * (1 - np.tanh(x @ w) ** 2)) @ w.T
    return Probe("tanh of x @ w", (w,)), x, dout, truth


@exercise.check("entry by entry, the derivative of sum(f(x) * dout)", points=2)
def entries(student, rng, others):
    f, x, dout, truth = _tanh(rng)
    expect("dx", student(f, x, dout), truth, "f(x) = tanh(x @ w), x of shape (3, 4)", part=_PART)


@exercise.check("steps to both sides, so that curvature cancels", points=1)
def central(student, rng, others):
    w, dout = rng.uniform(5, 10, (3, 2)), rng.uniform(1, 2, (2, 2))
    dx = as_array("dx", student(Probe("(x @ w)**2", (w,)), np.zeros((2, 3)), dout))
    # At its bottom a one-sided difference of a square gives curvature * step, and so betrays
    # its step; one of both sides gives 0, to the last digit.
    curvature = dout @ (w**2).T
    if dx.shape == curvature.shape:
        steps = dx / curvature
        if np.ptp(steps) <= 1e-6 * np.abs(steps).max() and 1e-12 < np.abs(steps).max() < 0.1:
            side = "forward" if steps[0, 0] > 0 else "backward"
            message = f"At the bottom of f(x) = (x @ w)**2 dx is {dx[0, 0]:.3g}, expected 0."
            raise Wrong(f"{_ONE_SIDED}\n{message}", f"{side}-difference", "dx")
    expect("dx", dx, np.zeros((2, 3)), "f(x) = (x @ w)**2 at x = 0", scale=1.0, part=1e-7)


@exercise.check("x is left as it was", points=1)
def unchanged(student, rng, others):
    f, x, dout, truth = _tanh(rng)
    if student.changed_arguments(f, x, dout):
        raise Wrong("After the call x or dout held other numbers.", "changed-argument")
    expect("dx", student(f, x, dout), truth, "f(x) = tanh(x @ w), x of shape (3, 4)", part=_PART)


_ONE_SIDED = (
    "Your difference does not reach as far to the one side as to the other; its error shrinks "
    "with the step, not with its square. Go from x - h to x + h."
)


@exercise.mistake("forward-difference", _ONE_SIDED)
def forward_difference(f, x, dout):
    return _differences(f, x, dout, 1, 0) / 1e-5


@exercise.mistake("backward-difference", _ONE_SIDED)
def backward_difference(f, x, dout):
    return _differences(f, x, dout, 0, 1) / 1e-5


@exercise.mistake(
    "divided-by-h", "Your gradient is twice too large: from x - h to x + h the distance is 2 h."
)
def divided_by_h(f, x, dout):
    return 2 * reference(f, x, dout)


@exercise.mistake("halved", "Your gradient is half of what it is: the distance is 2 h, not 4 h.")
def halved(f, x, dout):
    return reference(f, x, dout) / 2


@exercise.mistake(
    "dout-missing",
    "dout has no effect on your gradient. What is differentiated is sum(f(x) * dout).",
)
def dout_missing(f, x, dout):
    return reference(f, x, np.ones_like(dout))


@exercise.mistake("sign", "The sign is reversed: f(x + h) comes first.")
def sign(f, x, dout):
    return -reference(f, x, dout)


@exercise.mistake(
    "all-at-once",
    "You move all entries of x together, which gives one number for all. Move one entry at a time.",
)
def all_at_once(f, x, dout):
    change = np.sum(dout * (f(x + 1e-5) - f(x - 1e-5))) / 2e-5
    return np.full(x.shape, change)


@exercise.mistake(
    "mean-not-sum", "You take the mean over the entries of f(x) * dout. Asked is their sum."
)
def mean_not_sum(f, x, dout):
    return reference(f, x, dout) / dout.size


@exercise.mistake(
    "row-at-a-time",
    "You move a whole row of x at a time. Move one entry at a time.",
)
def row_at_a_time(f, x, dout):
    return np.repeat(reference(f, x, dout).sum(axis=1, keepdims=True), x.shape[1], axis=1)


@exercise.mistake(
    "x-not-restored",
    "You move an entry of x and do not put it back, and the caller's x is changed. Work on a copy "
    "or put the saved value back.",
)
def x_not_restored(f, x, dout):
    dx = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        x[index] += 1e-5
        above = f(x)
        x[index] -= 2e-5
        dx[index] = np.sum(dout * (above - f(x))) / 2e-5
    return dx


@exercise.mistake("flattened", "Your gradient is flat. It has the shape of x.")
def flattened(f, x, dout):
    return reference(f, x, dout).ravel()


@exercise.alternative
def in_place_and_back(f, x, dout):
    x, h = x.copy(), 1e-6
    dx = np.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            old = x[i, j]
            x[i, j] = old + h
            above = f(x).copy()
            x[i, j] = old - h
            below = f(x).copy()
            x[i, j] = old
            dx[i, j] = np.sum((above - below) * dout) / (2 * h)
    return dx


@exercise.alternative
def flat_steps(f, x, dout):
    h = 1e-4
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([np.vdot(dout, f(x + s) - f(x - s)) / (2 * h) for s in steps]).reshape(x.shape)


@exercise.alternative
def four_points(f, x, dout):
    near = _differences(f, x, dout, 1, 1) / 2e-5
    far = _differences(f, x, dout, 2, 2) / 4e-5
    return (4 * near - far) / 3


@exercise.alternative
def single_precision(f, x, dout):
    x = x.astype(np.float32)
    return (_differences(f, x, dout, 1, 1, np.float32(0.01)) / 0.02).astype(np.float32)
