"""Exercise: let the convolution before batch norm take it in."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.running.folding import (
    FOLDING,
    PARAMETERS,
    along,
    draw,
    fold,
    wide,
    with_constant,
    with_eps,
)


def example(rng):
    return tuple(draw(rng, (4, 3, 2, 5), 0.8, 2.0, 0.5))


exercise = Exercise(
    name="fold_conv",
    notebook="06_running",
    title="Fold it into a convolution",
    difficulty=3,
    minutes=10,
    section=sections.FOLDING,
    parameters=PARAMETERS,
    returns=("w", "b"),
    reference=fold,
    uses=("fold_linear",),
    example=example,
)

# As many channels in as out, and filters of that size: a scale along any axis runs.
_CUBE = (3, 3, 3, 3)


@exercise.check("each filter gets the scale of its output channel", points=2)
def weight(student, rng, others):
    given = wide(rng, _CUBE)
    expect("w", student(*given)[0], fold(*given)[0], f"w of shape {_CUBE}, eps=1e-10")


@exercise.check("b takes in the mean, the scale and beta", points=1)
def bias(student, rng, others):
    given = wide(rng, _CUBE)
    expect("b", student(*given)[1], fold(*given)[1], f"w of shape {_CUBE}, eps=1e-10")


@exercise.check("channels in, channels out, height and width may all differ", points=1)
def unequal(student, rng, others):
    for shape in ((4, 3, 2, 5), (2, 1, 3, 4)):
        given = wide(rng, shape)
        expect("w", student(*given)[0], fold(*given)[0], f"w of shape {shape}, eps=1e-10")


@exercise.check("a convolution without a bias gets one", points=1)
def no_bias(student, rng, others):
    given = wide(rng, _CUBE)._replace(b=None)
    expect("b", student(*given)[1], fold(*given)[1], f"b=None, w of shape {_CUBE}")


@exercise.check("eps is added to var, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    given = with_eps(rng, _CUBE)
    expect("w", student(*given)[0], fold(*given)[0], f"w of shape {_CUBE}, eps=0.5")


@exercise.check("an output that was constant in training does no harm", 1, sections.EPS)
def constant_output(student, rng, others):
    given = with_constant(rng, _CUBE)
    expect("b", student(*given)[1], fold(*given)[1], f"w of shape {_CUBE}, var[1] = 0, eps=0.0001")


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    given = wide(rng, _CUBE)
    changed = student.changed_arguments(*given)
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    expect("b", student(*given)[1], fold(*given)[1], f"w of shape {_CUBE}, eps=1e-10")


for fault in FOLDING:
    exercise.mistake(fault.id, fault.advice)(fault.function)


def _along(axis):
    def function(w, b, gamma, beta, mean, var, eps):
        # As a shape that fits by luck only: elsewhere NumPy refuses, and so does this.
        scale = along(axis, gamma / np.sqrt(var + eps), w)
        return w * scale, fold(w, b, gamma, beta, mean, var, eps)[1]

    return function


exercise.mistake(
    "scale-by-input",
    "You scale along the second axis of w, that of the input channels. Batch norm acts on the "
    "output channels, the first axis.",
)(_along(1))
exercise.mistake(
    "scale-by-row",
    "You scale along the third axis of w, the rows of each filter. Batch norm acts on the output "
    "channels, the first axis.",
)(_along(2))


@exercise.mistake(
    "scale-by-column",
    "You scale along the last axis of w, the columns of each filter: NumPy lines shapes up from "
    "the right. The output channels are the first axis.",
)
def scale_by_column(w, b, gamma, beta, mean, var, eps):
    return w * (gamma / np.sqrt(var + eps)), fold(w, b, gamma, beta, mean, var, eps)[1]


@exercise.mistake(
    "left-flat",
    "Your w is still a matrix, one filter a row. Give it the shape back that it had.",
)
def left_flat(w, b, gamma, beta, mean, var, eps):
    return fold(w.reshape(len(w), -1), b, gamma, beta, mean, var, eps)


@exercise.mistake(
    "transposed",
    "Your w has its axes in another order than the one that came in: it was transposed for the "
    "scaling and not back again.",
)
def transposed(w, b, gamma, beta, mean, var, eps):
    w, b = fold(w, b, gamma, beta, mean, var, eps)
    return w.transpose(1, 2, 3, 0), b


@exercise.alternative
def flat_and_back(w, b, gamma, beta, mean, var, eps):
    flat, bias = fold(w.reshape(w.shape[0], -1), b, gamma, beta, mean, var, eps)
    return flat.reshape(w.shape), bias


@exercise.alternative
def axes_of_length_one(w, b, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    b = np.zeros_like(mean) if b is None else b
    return w * scale[:, None, None, None], (b - mean) * scale + beta


@exercise.alternative
def einsum(w, b, gamma, beta, mean, var, eps):
    scale = gamma * (var + eps) ** -0.5
    b = 0 if b is None else b
    return np.einsum("o,oihw->oihw", scale, w), beta + b * scale - mean * scale


@exercise.alternative
def channels_last_and_back(w, b, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    out = w.transpose(1, 2, 3, 0) * scale
    return out.transpose(3, 0, 1, 2), scale * (-mean if b is None else b - mean) + beta


@exercise.alternative
def loops(w, b, gamma, beta, mean, var, eps):
    out, bias = np.empty_like(w), []
    for c in range(w.shape[0]):
        scale = gamma[c] / np.sqrt(var[c] + eps)
        out[c] = scale * w[c]
        bias.append(scale * ((b[c] if b is not None else 0.0) - mean[c]) + beta[c])
    return out.tolist(), bias


@exercise.alternative
def single_precision(w, b, gamma, beta, mean, var, eps):
    b = np.zeros(len(w)) if b is None else b
    w, b, gamma, beta, mean, var = (a.astype(np.float32) for a in (w, b, gamma, beta, mean, var))
    scale = gamma / np.sqrt(var + np.float32(eps))
    return w * scale.reshape(-1, 1, 1, 1), scale * (b - mean) + beta
