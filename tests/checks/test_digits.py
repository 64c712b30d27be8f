"""Large means: float64 work keeps its digits, float32 work is not asked for more than it has."""

import numpy as np
import pytest

from bnlib.checks import run

SEEDS = range(60)
CHECK = "large means cost no digits"


def scaled(x, gamma, beta, eps, var):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(var + eps) + beta


def one_pass(x):
    return np.maximum((x**2).mean(axis=0) - x.mean(axis=0) ** 2, 0)


def standardize_batch(variance):
    return lambda x, eps: scaled(x, 1, 0, eps, variance(x))


def batchnorm_forward(variance):
    return lambda x, gamma, beta, eps: (scaled(x, gamma, beta, eps, variance(x)), None)


def batchnorm_forward_spatial(variance):
    def forward(x, gamma, beta, eps):
        n, c, h, w = x.shape
        rows = x.transpose(0, 2, 3, 1).reshape(-1, c)
        y = scaled(rows, gamma, beta, eps, variance(rows))
        return y.reshape(n, h, w, c).transpose(0, 3, 1, 2), None

    return forward


def streaming_mean_var(variance):
    def statistics(chunks):
        rows = np.concatenate(chunks)
        return len(rows), rows.mean(axis=0), variance(rows)

    return statistics


def cast(value, dtype):
    if isinstance(value, tuple | list):
        return type(value)(cast(v, dtype) for v in value)
    return value.astype(dtype) if isinstance(value, np.ndarray) else value


def cast_at_the_end(function):
    return lambda *arguments: cast(function(*arguments), np.float32)


def cast_at_the_start(function):
    return lambda *arguments: function(*(cast(a, np.float32) for a in arguments))


def passed(name, function, seed):
    (result,) = (r for r in run(name, function, seed).results if r.name == CHECK)
    return result.passed


@pytest.mark.parametrize(
    "form", [standardize_batch, batchnorm_forward, batchnorm_forward_spatial, streaming_mean_var]
)
def test_a_cast_hides_no_lost_digits_and_costs_none(form):
    two_pass, lost = form(lambda x: x.var(axis=0)), form(one_pass)
    name = form.__name__
    for seed in SEEDS:
        for right in (two_pass, cast_at_the_end(two_pass), cast_at_the_start(two_pass)):
            assert passed(name, right, seed), seed
        assert not passed(name, lost, seed), seed
        assert not passed(name, cast_at_the_start(lost), seed), seed
    # Now and then the lost digits of a variance look like those that float32 never had.
    unseen = sum(passed(name, cast_at_the_end(lost), seed) for seed in SEEDS)
    assert unseen <= (3 if form is streaming_mean_var else 0)
