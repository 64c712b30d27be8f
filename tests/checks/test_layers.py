"""Layers as classes: what the catalogue does not cover."""

import numpy as np
import pytest

import bnlib
from bnlib.checks import run
from bnlib.checks.adapters import numpy_layer, torch_module
from bnlib.checks.registry import lookup
from bnlib.exercises.running.layer import Layer


class BatchNorm:
    """A right answer, from which the wrong ones of this file are derived."""

    def __init__(self, num_features, eps, momentum):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)

    def forward(self, x):
        mean, var = self.running_mean, self.running_var
        if self.training:
            m, n = self.momentum, len(x)
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.running_mean = (1 - m) * self.running_mean + m * mean
            self.running_var = (1 - m) * self.running_var + m * var * n / (n - 1)
        self.inv_std = 1 / np.sqrt(var + self.eps)
        self.xhat, self.mode = (x - mean) * self.inv_std, self.training
        return self.gamma * self.xhat + self.beta

    def backward(self, dy):
        self.dgamma, self.dbeta = (dy * self.xhat).sum(axis=0), dy.sum(axis=0)
        inner = dy - self.dbeta / len(dy) - self.xhat * self.dgamma / len(dy)
        return self.gamma * self.inv_std * (inner if self.mode else dy)


def test_the_right_one_passes():
    assert run("BatchNorm", BatchNorm).passed


def test_the_reference_is_what_the_library_computes():
    rng = np.random.default_rng(0)
    layer, mean, var = Layer(3, 0.5, 0.7), np.zeros(3), np.ones(3)
    for _ in range(3):
        x = rng.normal(2, 3, (5, 3))
        y, cache = bnlib.batch_norm(x, np.ones(3), np.zeros(3), 0.5)
        np.testing.assert_allclose(layer.forward(x), y)
        mean, var = bnlib.update_running(mean, var, x, 0.7)
    np.testing.assert_allclose(layer.running_mean, mean)
    np.testing.assert_allclose(layer.running_var, var)
    dy = rng.normal(size=(5, 3))
    np.testing.assert_allclose(layer.backward(dy), bnlib.batch_norm_backward(dy, cache)[0])
    layer.training = False
    want = bnlib.batch_norm_inference(x, np.ones(3), np.zeros(3), mean, var, 0.5)
    np.testing.assert_allclose(layer.forward(x), want)


def test_a_backward_pass_that_is_not_written_costs_its_own_points():
    class Half(BatchNorm):
        def backward(self, dy):
            raise NotImplementedError("your code goes here")

    report = run("BatchNorm", Half)
    unjudged = [r.name for r in report.results if r.passed is None]
    assert all(r.passed is not False for r in report.results)
    assert len(unjudged) == 8
    assert report.points == 15


def test_the_exact_gradient_of_a_wrong_forward_pass_loses_nothing_more():
    class Shrunk(BatchNorm):
        """y of half the variance's root: wrong, and differentiated rightly."""

        def forward(self, x):
            return super().forward(x) * 0.5 + 0.5 * self.beta

        def backward(self, dy):
            dx = super().backward(dy * 0.5)
            self.dbeta = dy.sum(axis=0)
            return dx

    wrong = {r.name for r in run("BatchNorm", Shrunk).results if not r.passed}
    assert wrong
    assert not [name for name in wrong if "dx" in name or "dgamma" in name]


def test_a_layer_that_does_nothing_gets_almost_nothing():
    class Nothing(BatchNorm):
        def forward(self, x):
            return x

        def backward(self, dy):
            self.dgamma, self.dbeta = 0 * self.gamma, 0 * self.beta
            return dy

    report = run("BatchNorm", Nothing)
    assert report.points <= 4


@pytest.mark.parametrize("value", [None, "y", 3, [[1.0]], np.zeros((2, 2)), {}, object()])
def test_no_return_value_breaks_the_run(value):
    class Odd(BatchNorm):
        def forward(self, x):
            return value

        def backward(self, dy):
            return value

    for name in ("running_mean", "gamma", "dgamma", "training"):
        odd = type("Odd", (Odd,), {name: property(lambda self: value, lambda self, new: None)})
        assert run("BatchNorm", odd).points < 25
    assert str(run("BatchNorm", Odd))


def test_two_faults_in_two_places_are_both_named():
    class Two(BatchNorm):
        def forward(self, x):
            y = super().forward(x)
            return y if self.training else self.xhat

        def backward(self, dy):
            dx = super().backward(dy)
            self.dgamma = dy.sum(axis=0)
            return dx

    assert {"evaluation-affine-missing", "dgamma-without-xhat"} <= set(
        run("BatchNorm", Two).mistakes
    )


def test_a_step_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="a step must be"):
        numpy_layer(Layer)(3, 0.1, 0.1, [("backwards", np.ones(3))])


# ------------------------------------------------------------------ in PyTorch


def lives(rng):
    x = rng.normal(2, 3, (5, 3))
    signal, dy = rng.normal(1, 2, (4, 3, 2)), rng.normal(size=(4, 3, 2))
    entries = {
        "weight": rng.normal(size=3),
        "bias": rng.normal(size=3),
        "running_mean": rng.normal(size=3),
        "running_var": rng.uniform(1, 2, 3),
        "num_batches_tracked": np.array(4),
    }
    back = [("forward", signal), ("backward", dy)]
    for options in ({}, {"momentum": None}, {"momentum": 0.7, "eps": 0.5}):
        options = {"num_features": 3, **options}
        yield options, [("forward", x), *back]
        yield options, [("load", entries), *back, ("eval",), ("forward", x)]
        yield options, [("load", entries), ("forward", x), ("eval",), *back]
        yield options, [("forward without gradients", x), ("train",), ("forward", signal)]
        yield {**options, "affine": False}, [("forward", x), ("eval",), *back]
        yield {**options, "track_running_stats": False}, [("forward", x), ("eval",), *back]


def test_the_truth_in_numpy_is_that_of_torch():
    torch = pytest.importorskip("torch")
    exercise = lookup("BatchNorm1d")
    for options, steps in lives(np.random.default_rng(0)):
        real = torch_module(torch.nn.BatchNorm1d)(options, steps)
        truth = exercise.reference.on_arrays(options, steps)
        for name, a, b in zip(exercise.returns, real, truth, strict=True):
            assert (a is None) == (b is None), (name, options, steps)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9, err_msg=name)


def test_torchs_own_layer_is_borrowed_under_any_name():
    torch = pytest.importorskip("torch")
    from torch.nn import BatchNorm1d as known

    class Derived(known):
        pass

    class Holds(torch.nn.Module):
        def __init__(self, num_features, **options):
            super().__init__()
            self.inner = known(num_features, **options)

        def forward(self, x):
            return self.inner(x)

    class Calls(torch.nn.Module):
        def forward(self, x):
            from torch.nn.functional import batch_norm

            return batch_norm(x, None, None, training=True)

    for answer in (known, Derived, Holds, Calls):
        report = run("BatchNorm1d", answer)
        assert (report.status, report.points) == ("borrowed", 0), answer


def test_what_is_no_module_is_said():
    pytest.importorskip("torch")
    report = run("BatchNorm1d", BatchNorm)
    assert report.points == 0
    assert "raised" in str(report)
