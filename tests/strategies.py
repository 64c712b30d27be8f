"""What the tests of the numeric core share: drawn inputs, and one row for each layer.

A row names the forward pass, the backward pass, the same function in PyTorch, and how to draw
arguments. A property that every layer must have is then written once and runs for all rows.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

import bnlib

# The same examples in every run: a failure in CI is a failure at home.
repeatable = settings(derandomize=True, deadline=None, max_examples=40, database=None)

seeds = st.integers(0, 2**32 - 1)
epsilons = st.sampled_from([1e-5, 1e-3, 0.5])


@st.composite
def arrays(draw, shape, spread=True):
    """Normal numbers; with `spread`, every column has its own scale and mean."""
    rng = np.random.default_rng(draw(seeds))
    array = rng.standard_normal(shape)
    if spread:
        array = array * np.exp(rng.standard_normal(shape[-1])) + 3 * rng.standard_normal(shape[-1])
    return array


@st.composite
def batches(draw, n=None):
    """x (N, D), gamma, beta."""
    n, d = n or draw(st.integers(2, 12)), draw(st.integers(1, 9))
    return tuple(draw(arrays(shape)) for shape in ((n, d), (d,), (d,)))


@st.composite
def images(draw, groups=False):
    """x (N, C, H, W) of lengths that differ, gamma, beta, and G with 1 < G < C if asked for."""
    g = draw(st.integers(2, 3))
    c = g * draw(st.integers(2, 3)) if groups else draw(st.integers(1, 4))
    h, w = draw(st.permutations([2, 5, 7]).filter(lambda sides: c not in sides[:2]))[:2]
    args = tuple(draw(arrays(s)) for s in ((draw(st.integers(1, 3)), c, h, w), (c,), (c,)))
    return (*args, g) if groups else args


@st.composite
def sequences(draw, vectors=2):
    """x of one to three axes, the last of length D, and `vectors` of length D."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)))
    return (draw(arrays(shape)), *(draw(arrays(shape[-1:])) for _ in range(vectors)))


@st.composite
def ghosts(draw):
    """x (N, D), gamma, beta, and a number of groups that divides N."""
    groups = draw(st.integers(1, 4))
    return (*draw(batches(groups * draw(st.integers(2, 5)))), groups)


@st.composite
def renorms(draw):
    """x, gamma, beta, running_mean, running_var, r_max, d_max."""
    x, gamma, beta = draw(batches())
    running_mean = x.mean(0) + draw(arrays(gamma.shape))
    running_var = x.var(0) * np.exp(draw(arrays(gamma.shape)))
    limits = draw(st.sampled_from([(1.0, 0.0), (1.5, 0.5), (3.0, 5.0), (np.inf, np.inf)]))
    return (x, gamma, beta, running_mean, running_var, *limits)


@st.composite
def kernels(draw, lengths=True):
    """v (C, ...) of two to four axes, and g (C,) if asked for."""
    shape = tuple(draw(st.lists(st.integers(2, 4), min_size=2, max_size=4)))
    v = draw(arrays(shape))
    return (v, draw(arrays(shape[:1]))) if lengths else (v,)


@st.composite
def tanhs(draw):
    """x, alpha, gamma, beta."""
    x, gamma, beta = draw(sequences())
    return x, draw(st.floats(-2, 2)), gamma, beta


def _batch(torch, x, gamma, beta, eps):
    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, True, 0.1, eps)


def _layer(torch, x, gamma, beta, eps):
    return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, eps)


def _group(torch, x, gamma, beta, groups, eps):
    return torch.nn.functional.group_norm(x, groups, gamma, beta, eps)


def _instance(torch, x, gamma, beta, eps):
    return torch.nn.functional.instance_norm(x, weight=gamma, bias=beta, eps=eps)


def _rms(torch, x, gamma, eps):
    return torch.nn.functional.rms_norm(x, gamma.shape, gamma, eps)


def _weight_norm(torch, v, g):
    return torch._weight_norm(v, g.reshape(-1, *[1] * (v.ndim - 1)), 0)


def _standardize(torch, w, eps):
    flat = w.reshape(len(w), -1)
    var = flat.var(1, unbiased=False, keepdim=True)
    return ((flat - flat.mean(1, keepdim=True)) / torch.sqrt(var + eps)).reshape(w.shape)


def _renorm(torch, x, gamma, beta, running_mean, running_var, r_max, d_max, eps):
    mean, std = x.mean(0), torch.sqrt(x.var(0, unbiased=False) + eps)
    running_std = torch.sqrt(running_var + eps)
    r = (std / running_std).clamp(1 / r_max, r_max).detach()
    d = ((mean - running_mean) / running_std).clamp(-d_max, d_max).detach()
    return gamma * ((x - mean) / std * r + d) + beta


def _ghost(torch, x, gamma, beta, groups, eps):
    return torch.cat([_batch(torch, part, gamma, beta, eps) for part in x.chunk(groups)])


def _dyt(torch, x, alpha, gamma, beta):
    return gamma * torch.tanh(alpha * x) + beta


class Layer(NamedTuple):
    """One row: the first `learned` arguments have gradients, in the order of the backward pass."""

    forward: Callable
    backward: Callable
    reference: Callable
    arguments: st.SearchStrategy
    learned: int
    eps: bool = True


LAYERS = {
    "batch_norm": Layer(bnlib.batch_norm, bnlib.batch_norm_backward, _batch, batches(), 3),
    "spatial_batch_norm": Layer(
        bnlib.spatial_batch_norm, bnlib.spatial_batch_norm_backward, _batch, images(), 3
    ),
    "layer_norm": Layer(bnlib.layer_norm, bnlib.layer_norm_backward, _layer, sequences(), 3),
    "instance_norm": Layer(
        bnlib.instance_norm, bnlib.instance_norm_backward, _instance, images(), 3
    ),
    "group_norm": Layer(
        bnlib.group_norm, bnlib.group_norm_backward, _group, images(groups=True), 3
    ),
    "rms_norm": Layer(bnlib.rms_norm, bnlib.rms_norm_backward, _rms, sequences(1), 2),
    "weight_norm": Layer(
        bnlib.weight_norm, bnlib.weight_norm_backward, _weight_norm, kernels(), 2, eps=False
    ),
    "weight_standardize": Layer(
        bnlib.weight_standardize,
        bnlib.weight_standardize_backward,
        _standardize,
        kernels(lengths=False),
        1,
    ),
    "batch_renorm": Layer(bnlib.batch_renorm, bnlib.batch_renorm_backward, _renorm, renorms(), 3),
    "ghost_batch_norm": Layer(
        bnlib.ghost_batch_norm, bnlib.ghost_batch_norm_backward, _ghost, ghosts(), 3
    ),
    "dyt": Layer(bnlib.dyt, bnlib.dyt_backward, _dyt, tanhs(), 4, eps=False),
}


def cast(arguments, dtype):
    """The arrays among the arguments in another dtype; the rest as it is."""
    return tuple(a.astype(dtype) if isinstance(a, np.ndarray) else a for a in arguments)


def as_tuple(gradients):
    """What a backward pass returned, as a tuple."""
    return gradients if isinstance(gradients, tuple) else (gradients,)
