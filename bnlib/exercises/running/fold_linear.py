"""Exercise: let the linear layer before batch norm take it in."""

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
    return tuple(draw(rng, (4, 3), 0.8, 2.0, 0.5))


exercise = Exercise(
    name="fold_linear",
    notebook="06_running",
    title="Fold it into a linear layer",
    difficulty=2,
    minutes=15,
    section=sections.FOLDING,
    parameters=PARAMETERS,
    returns=("w", "b"),
    reference=fold,
    example=example,
)


# Where the axis is not the subject the layer has as many outputs as inputs: a scale along the
# wrong axis then runs, and leaves the points for b.
@exercise.check("w gets the scale of each output", points=2)
def weight(student, rng, others):
    given = wide(rng, (4, 4))
    expect("w", student(*given)[0], fold(*given)[0], "w of shape (4, 4), eps=1e-10")


@exercise.check("b takes in the mean, the scale and beta", points=2)
def bias(student, rng, others):
    given = wide(rng, (4, 4))
    expect("b", student(*given)[1], fold(*given)[1], "w of shape (4, 4), eps=1e-10")


@exercise.check("a layer with more outputs than inputs, and one with fewer", points=1)
def unequal(student, rng, others):
    for shape in ((5, 3), (2, 4)):
        given = wide(rng, shape)
        expect("w", student(*given)[0], fold(*given)[0], f"w of shape {shape}, eps=1e-10")


@exercise.check("a layer without a bias gets one", points=1)
def no_bias(student, rng, others):
    given = wide(rng, (3, 3))._replace(b=None)
    expect("b", student(*given)[1], fold(*given)[1], "b=None, w of shape (3, 3)")


@exercise.check("eps is added to var, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    given = with_eps(rng, (4, 4))
    expect("w", student(*given)[0], fold(*given)[0], "w of shape (4, 4), eps=0.5")


@exercise.check("an output that was constant in training does no harm", 1, sections.EPS)
def constant_output(student, rng, others):
    given = with_constant(rng, (4, 4))
    expect("b", student(*given)[1], fold(*given)[1], "w of shape (4, 4), var[1] = 0, eps=0.0001")


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    given = wide(rng, (3, 3))
    changed = student.changed_arguments(*given)
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    expect("b", student(*given)[1], fold(*given)[1], "w of shape (3, 3), eps=1e-10")


for fault in FOLDING:
    exercise.mistake(fault.id, fault.advice)(fault.function)


@exercise.mistake(
    "scale-by-input",
    "You scale the columns of w, one for each input. Batch norm scales the outputs, which are the "
    "rows of w.",
)
def scale_by_input(w, b, gamma, beta, mean, var, eps):
    return w * (gamma / np.sqrt(var + eps)), fold(w, b, gamma, beta, mean, var, eps)[1]


@exercise.mistake(
    "transposed",
    "Your w has its two axes exchanged: it was transposed for the scaling and not back again.",
)
def transposed(w, b, gamma, beta, mean, var, eps):
    w, b = fold(w, b, gamma, beta, mean, var, eps)
    return w.T, b


@exercise.mistake(
    "into-the-next-layer",
    "That is batch norm before the layer, folded into the layer after it. Here batch norm comes "
    "after: it acts on the outputs.",
)
def into_the_next_layer(w, b, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    return w * scale, (0.0 if b is None else b) + w @ (beta - scale * mean)


@exercise.alternative
def transpose_and_back(w, b, gamma, beta, mean, var, eps):
    scale = gamma * (var + eps) ** -0.5
    bias = beta - mean * scale
    return (w.T * scale).T, bias if b is None else bias + b * scale


@exercise.alternative
def einsum(w, b, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    b = np.zeros(len(w)) if b is None else b
    return np.einsum("oi,o->oi", w, scale), np.einsum("o,o->o", scale, b - mean) + beta


@exercise.alternative
def diagonal_matrix(w, b, gamma, beta, mean, var, eps):
    scale = np.diag(gamma / np.sqrt(var + eps))
    return scale @ w, scale @ (-mean if b is None else b - mean) + beta


@exercise.alternative
def probing(w, b, gamma, beta, mean, var, eps):
    # The outputs at the unit vectors and at 0 say what the folded layer is.
    rows = np.concatenate([np.zeros((1, w.shape[1])), np.eye(w.shape[1])])
    out = rows @ w.T + (0.0 if b is None else b)
    out = gamma * (out - mean) / np.sqrt(var + eps) + beta
    return (out[1:] - out[0]).T, out[0]


@exercise.alternative
def loops(w, b, gamma, beta, mean, var, eps):
    weights, biases = [], []
    for o, row in enumerate(w):
        scale = gamma[o] / (var[o] + eps) ** 0.5
        weights.append([scale * v for v in row])
        biases.append(scale * ((0.0 if b is None else b[o]) - mean[o]) + beta[o])
    return weights, biases


@exercise.alternative
def single_precision(w, b, gamma, beta, mean, var, eps):
    b = np.zeros(len(w)) if b is None else b
    w, b, gamma, beta, mean, var = (a.astype(np.float32) for a in (w, b, gamma, beta, mean, var))
    scale = gamma / np.sqrt(var + np.float32(eps))
    return w * along(0, scale, w), scale * (b - mean) + beta
