"""The PyTorch modules: `torch.nn`'s where it has them, else the NumPy functions and autograd."""

import copy
import importlib.util
import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import repeatable, seeds

import bnlib

if importlib.util.find_spec("torch"):
    import torch
    from torch import nn

    from bnlib import modules

    DTYPES = {torch.float64: 1e-12, torch.float32: 1e-5}
else:
    DTYPES = {None: None}

# A mark, not importorskip: without PyTorch each test is listed as skipped.
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """More threads only cost time on arrays this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@st.composite
def cases(draw, name, small_eps):
    """Constructor arguments of `name`, and the shape of x."""
    n, c = draw(st.integers(2, 5)), draw(st.integers(1, 5))
    h, w = draw(st.permutations([2, 3, 6]))[:2]
    eps = draw(st.sampled_from([small_eps, 0.5]))
    affine, track = draw(st.booleans()), draw(st.booleans())
    momentum = draw(st.sampled_from([0.7, 0.1, None]))
    if name in ("BatchNorm1d", "BatchNorm2d", "InstanceNorm2d"):
        shapes = {
            "BatchNorm1d": [(n, c), (n, c, h)],
            "BatchNorm2d": [(n, c, h, w), (1, c, h, w), (2, c, 1, 1)],
            "InstanceNorm2d": [(n, c, h, w), (c, h, w)],
        }
        kwargs = {
            "num_features": c,
            "eps": eps,
            "momentum": momentum,
            "affine": affine,
            "track_running_stats": track,
        }
        return kwargs, draw(st.sampled_from(shapes[name]))
    if name == "GroupNorm":
        groups = draw(st.integers(1, 3))
        kwargs = {"num_groups": groups, "num_channels": groups * c, "eps": eps, "affine": affine}
        rest = draw(st.sampled_from([(), (h,), (h, w)]))
        return kwargs, (n, groups * c, *rest)
    shape = draw(st.sampled_from([(c,), (h, w)]))
    leading = draw(st.sampled_from([(), (n,), (n, 4)]))
    length = shape[0] if len(shape) == 1 and draw(st.booleans()) else shape
    kwargs = {"normalized_shape": length, "eps": eps, "elementwise_affine": affine}
    if name == "LayerNorm":
        kwargs["bias"] = draw(st.booleans())
    elif small_eps < 1e-2 and draw(st.booleans()):
        kwargs["eps"] = None
    return kwargs, (*leading, *shape)


def draw_parameters(module, rng):
    """Values that hide no error: gamma and beta are neither 1 nor 0."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.tensor(rng.standard_normal(parameter.shape)))


def batch(rng, shape, dtype):
    x = rng.standard_normal(shape) * (1 + rng.random(shape[-1])) + rng.standard_normal(shape[-1])
    return torch.tensor(x, dtype=dtype)


def run(module, x, dy):
    """y, the gradient of x and of every parameter, for the loss sum(dy * y)."""
    x = x.clone().requires_grad_()
    module.zero_grad()
    y = module(x)
    (y * dy).sum().backward()
    return [y.detach(), x.grad, *(p.grad for p in module.parameters())]


def close(actual, expected, tolerance):
    assert len(actual) == len(expected)
    for a, b in zip(actual, expected, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        # Sums of terms that cancel are exact relative to the terms, not to the sum.
        size = 1 + float(b.detach().abs().max())
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance * size)


def same_state(ours, theirs, tolerance):
    ours, theirs = ours.state_dict(), theirs.state_dict()
    assert list(ours) == list(theirs)
    close(list(ours.values()), list(theirs.values()), tolerance)


TORCH_HAS = ["BatchNorm1d", "BatchNorm2d", "InstanceNorm2d", "GroupNorm", "LayerNorm", "RMSNorm"]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", TORCH_HAS)
@repeatable
@given(data=st.data(), seed=seeds)
def test_output_gradients_and_buffers_are_pytorchs(name, dtype, data, seed):
    # The gradient of two values is a difference of equals times up to 1 / sqrt(eps): with 1e-5 it
    # has no digits in float32, neither PyTorch's nor ours. float64 sees the small eps.
    small_eps = 1e-5 if dtype == torch.float64 else 1e-2
    kwargs, shape = data.draw(cases(name, small_eps))
    ours = getattr(modules, name)(**kwargs, dtype=dtype)
    theirs = getattr(nn, name)(**kwargs, dtype=dtype)
    same_state(ours, theirs, 0)  # as constructed
    rng = np.random.default_rng(seed)
    draw_parameters(theirs, rng)
    ours.load_state_dict(theirs.state_dict())
    tolerance = DTYPES[dtype]
    for training in (True, True, True, False, True, False):
        ours.train(training)
        theirs.train(training)
        x, dy = batch(rng, shape, dtype), batch(rng, shape, dtype)
        before = x.clone()
        close(run(ours, x, dy), run(theirs, x, dy), tolerance)
        assert torch.equal(x, before)
        same_state(ours, theirs, tolerance)
    # And back: a fresh module of PyTorch's continues from the state of ours.
    back = getattr(nn, name)(**kwargs, dtype=dtype)
    back.load_state_dict(ours.state_dict())
    close([back.eval()(x)], [ours.eval()(x)], tolerance)


@pytest.mark.parametrize("name", TORCH_HAS)
def test_signatures_are_pytorchs(name):
    ours = inspect.signature(getattr(modules, name)).parameters
    theirs = inspect.signature(getattr(nn, name)).parameters
    # Older versions of PyTorch lack some of the last (bias).
    for key, parameter in theirs.items():
        assert ours[key].default == parameter.default, key
    positional = [k for k, p in theirs.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert list(ours)[: len(positional)] == positional


@pytest.mark.parametrize("name", ["BatchNorm1d", "BatchNorm2d", "InstanceNorm2d", "GroupNorm"])
def test_gamma_without_beta(name):
    ours, theirs = (_make(home, name, bias=False) for home in (modules, nn))
    same_state(ours, theirs, 0)
    x = torch.randn(3, 4, 2, 5) if name != "BatchNorm1d" else torch.randn(3, 4)
    torch.testing.assert_close(ours(x), theirs(x))


def _make(home, name, bias):
    if name == "GroupNorm":
        return home.GroupNorm(2, 4, bias=bias)
    try:
        return getattr(home, name)(4, affine=True, bias=bias)
    except TypeError:
        pytest.skip("this PyTorch has no bias argument : install a newer torch")


@pytest.mark.parametrize("name", ["BatchNorm1d", "GroupNorm", "LayerNorm", "RMSNorm"])
def test_features_without_variance(name):
    x = torch.tensor([[7.0, 7.0], [7.0, 7.0]], dtype=torch.float64)
    args = (1, 2) if name == "GroupNorm" else (2,)
    dy = torch.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=torch.float64)
    ours, theirs = (getattr(home, name)(*args, dtype=torch.float64) for home in (modules, nn))
    close(run(ours, x, dy), run(theirs, x, dy), 1e-12)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_rms_norms_own_eps_is_that_of_the_dtype(dtype):
    scale = torch.finfo(dtype).eps ** 0.5  # where eps matters
    x, dy = torch.randn(2, 4, 3, dtype=dtype, generator=torch.Generator().manual_seed(0))
    ours, theirs = (home.RMSNorm(3, dtype=dtype) for home in (modules, nn))
    close(run(ours, x * scale, dy), run(theirs, x * scale, dy), DTYPES[dtype])


def test_evaluation_leaves_the_buffers():
    norm = modules.BatchNorm1d(2).eval()
    before = copy.deepcopy(norm.state_dict())
    norm(torch.randn(4, 2))
    assert all(torch.equal(v, before[k]) for k, v in norm.state_dict().items())


# What torch.nn lacks


def renorm_inputs(seed, n=6, d=4):
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal((n, d)) * 2 + 1, *(rng.standard_normal(d) for _ in range(2))]
    return [*arrays, rng.standard_normal(d), rng.random(d) + 0.5, rng.standard_normal((n, d))]


@pytest.mark.parametrize("limits", [(1.0, 0.0), (1.2, 0.3), (3.0, 5.0), (np.inf, np.inf)])
@pytest.mark.parametrize("eps", [1e-5, 0.5])
@repeatable
@given(seed=seeds)
def test_batch_renorm_is_the_numpy_one(limits, eps, seed):
    x, gamma, beta, mean, var, dy = renorm_inputs(seed)
    norm = modules.BatchRenorm1d(4, eps, 0.7, r_max=limits[0], d_max=limits[1], dtype=torch.float64)
    values = {"weight": gamma, "bias": beta, "running_mean": mean, "running_var": var}
    state = {k: torch.tensor(v) for k, v in values.items()}
    norm.load_state_dict(state | {"num_batches_tracked": torch.tensor(0)})
    y, cache = bnlib.batch_renorm(x, gamma, beta, mean, var, *limits, eps)
    expected = [y, *bnlib.batch_renorm_backward(dy, cache)]
    close(run(norm, torch.tensor(x), torch.tensor(dy)), [torch.tensor(a) for a in expected], 1e-12)
    np.testing.assert_allclose(norm.running_mean, 0.3 * mean + 0.7 * x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(norm.running_var, 0.3 * var + 0.7 * x.var(0), rtol=1e-12)
    assert norm.num_batches_tracked == 1
    running = [norm.running_mean.numpy(), norm.running_var.numpy()]
    inference = bnlib.batch_norm_inference(x, gamma, beta, *running, eps)
    close([norm.eval()(torch.tensor(x)).detach()], [torch.tensor(inference)], 1e-12)


def test_unclipped_batch_renorm_is_inference_with_the_old_statistics():
    x = torch.tensor(renorm_inputs(1)[0])
    norm = modules.BatchRenorm1d(4, dtype=torch.float64, r_max=np.inf, d_max=np.inf)
    old = copy.deepcopy(norm).eval()
    torch.testing.assert_close(norm(x), old(x), rtol=1e-12, atol=1e-12)


@repeatable
@given(
    seed=seeds,
    groups=st.integers(1, 4),
    rows=st.integers(2, 4),
    momentum=st.sampled_from([0.7, None]),
    track=st.booleans(),
)
def test_ghost_batch_norm_is_batch_norm_of_each_part(seed, groups, rows, momentum, track):
    rng = np.random.default_rng(seed)
    kwargs = {"momentum": momentum, "track_running_stats": track, "dtype": torch.float64}
    ghost = modules.GhostBatchNorm1d(3, groups, **kwargs)
    plain = nn.BatchNorm1d(3, **kwargs)
    draw_parameters(plain, rng)
    ghost.load_state_dict(plain.state_dict())
    for training in (True, True, False):
        ghost.train(training)
        plain.train(training)
        x = batch(rng, (groups * rows, 3), torch.float64)
        expected = torch.cat([plain(part) for part in x.split(rows)])
        close([ghost(x).detach()], [expected.detach()], 1e-12)
        same_state(ghost, plain, 1e-12)
    y, cache = bnlib.ghost_batch_norm(
        x.numpy(), *(p.detach().numpy() for p in ghost.parameters()), groups
    )
    dy = rng.standard_normal(x.shape)
    expected = [y, *bnlib.ghost_batch_norm_backward(dy, cache)]
    actual = run(ghost.train(), x, torch.tensor(dy))
    close(actual, [torch.tensor(a) for a in expected], 1e-12)


@repeatable
@given(seed=seeds, leading=st.sampled_from([(), (3,), (2, 3)]))
def test_dyt_is_the_numpy_one(seed, leading):
    rng = np.random.default_rng(seed)
    norm = modules.DyT(4, dtype=torch.float64)
    assert norm.alpha.tolist() == [0.5]
    draw_parameters(norm, rng)
    x, dy = rng.standard_normal((2, *leading, 4))
    gamma, beta, alpha = (getattr(norm, k).detach().numpy() for k in ("weight", "bias", "alpha"))
    y, cache = bnlib.dyt(x, alpha[0], gamma, beta)
    dx, dalpha, dgamma, dbeta = bnlib.dyt_backward(dy, cache)
    got = run(norm, torch.tensor(x), torch.tensor(dy))[:2]
    got += [norm.weight.grad, norm.bias.grad, norm.alpha.grad]
    expected = [y, dx, dgamma, dbeta, np.array([dalpha])]
    close(got, [torch.tensor(a) for a in expected], 1e-12)


@repeatable
@given(seed=seeds, groups=st.sampled_from([1, 2]), bias=st.booleans())
def test_weight_standardized_convolution(seed, groups, bias):
    rng = np.random.default_rng(seed)
    kwargs = {"padding": 1, "stride": 2, "groups": groups, "bias": bias, "dtype": torch.float64}
    conv = modules.WSConv2d(4, 6, 3, **kwargs)
    plain = nn.Conv2d(4, 6, 3, **kwargs)
    draw_parameters(conv, rng)
    plain.load_state_dict(conv.state_dict())
    w_hat, cache = bnlib.weight_standardize(conv.weight.detach().numpy())
    with torch.no_grad():
        plain.weight.copy_(torch.tensor(w_hat))
    x = batch(rng, (2, 4, 5, 7), torch.float64)
    dy = batch(rng, tuple(plain(x).shape), torch.float64)
    expected = run(plain, x, dy)
    dw = bnlib.weight_standardize_backward(expected[2].numpy(), cache)
    expected[2] = torch.tensor(dw)
    close(run(conv, x, dy), expected, 1e-12)


# What is refused


def make(name, *args, **kwargs):
    return lambda: getattr(modules, name)(*args, **kwargs)


BAD = [
    (make("BatchNorm1d", 3), (1, 3), "more than 1 value per channel"),
    (make("BatchNorm1d", 3), (1, 3, 1), "more than 1 value per channel"),
    (make("BatchNorm2d", 3), (1, 3, 1, 1), "more than 1 value per channel"),
    (make("BatchRenorm1d", 3), (1, 3), "more than 1 value per channel"),
    (make("GhostBatchNorm1d", 3, 4), (4, 3), "more than 1 value per channel"),
    (make("InstanceNorm2d", 3), (4, 3, 1, 1), "more than 1 spatial element"),
    (make("GroupNorm", 3, 3), (1, 3), "more than 1 value per channel"),
    (make("BatchNorm1d", 3), (4, 2), r"C = 3.*\(4, 2\)"),
    (make("BatchNorm1d", 3), (4, 3, 2, 2), r"\(N, C\) or \(N, C, L\)"),
    (make("BatchNorm1d", 3), (3,), r"\(N, C\) or \(N, C, L\)"),
    (make("BatchNorm2d", 3), (4, 3), r"\(N, C, H, W\)"),
    (make("BatchNorm2d", 3), (4, 2, 5, 5), "C = 3"),
    (make("InstanceNorm2d", 3), (4, 3), r"\(N, C, H, W\) or \(C, H, W\)"),
    (make("InstanceNorm2d", 3), (4, 2, 5, 5), "C = 3"),
    (make("GroupNorm", 2, 4), (3, 6, 2), "C = 4"),
    (make("LayerNorm", 3), (4, 2), r"lengths \(3,\)"),
    (make("RMSNorm", (2, 3)), (3,), r"lengths \(2, 3\)"),
    (make("DyT", 3), (4, 1), r"lengths \(3,\)"),
    (make("GhostBatchNorm1d", 3, 2), (5, 3), "groups must divide N = 5; got 2"),
]


@pytest.mark.parametrize(("build", "shape", "message"), BAD)
def test_bad_shapes_are_refused(build, shape, message):
    module = build()
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(ValueError, match=message):
        module(torch.randn(shape))
    for key, value in module.state_dict().items():
        assert torch.equal(value, before[key])


def test_one_value_per_channel_is_enough_in_eval():
    for norm in (modules.BatchNorm1d(3), modules.GhostBatchNorm1d(3, 2), modules.BatchRenorm1d(3)):
        assert norm.eval()(torch.randn(1, 3)).shape == (1, 3)


@pytest.mark.parametrize("name", ["BatchNorm1d", "LayerNorm", "RMSNorm", "DyT"])
def test_integers_are_refused(name):
    with pytest.raises(ValueError, match=r"floating; got torch\.int64"):
        getattr(modules, name)(3)(torch.ones(4, 3, dtype=torch.int64))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (make("GroupNorm", 2, 3), "must be divisible by num_groups"),
        (make("GhostBatchNorm1d", 3, 0), "groups must be at least 1"),
        (make("BatchRenorm1d", 3, r_max=0.5), "r_max must be >= 1"),
        (make("BatchRenorm1d", 3, d_max=-1), "d_max >= 0; got 3.0 and -1"),
        (make("BatchRenorm1d", 3, track_running_stats=False), "track_running_stats must be True"),
        (make("WSConv2d", 1, 4, 1), "more than 1 weight per output channel"),
    ],
)
def test_bad_constructor_arguments(build, message):
    with pytest.raises(ValueError, match=message):
        build()
