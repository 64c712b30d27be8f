"""What every layer must do, whatever it computes, and what each one must refuse."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LAYERS, arrays, as_tuple, cast, repeatable

import bnlib


def forward_and_backward(layer, arguments, dy):
    y, cache = layer.forward(*arguments)
    return (y, *as_tuple(layer.backward(dy, cache)))


def assert_same(a, b):
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", LAYERS)
@repeatable
@given(data=st.data())
def test_gradients_are_those_of_the_forward_pass(name, data):
    layer = LAYERS[name]
    arguments = data.draw(layer.arguments)
    learned, fixed = arguments[: layer.learned], arguments[layer.learned :]
    if name == "batch_renorm":
        # r and d are constants in its gradient, so they must not move: both are clipped.
        x = learned[0]
        fixed = (x.mean(0) - 100, np.full(x.shape[1], 1e6), 1.5, 1e-3)
    eps = (0.5,) if layer.eps else ()
    bnlib.assert_gradient(lambda *a: layer.forward(*a, *fixed, *eps), layer.backward, learned)


@pytest.mark.parametrize("name", LAYERS)
@repeatable
@given(data=st.data())
def test_arguments_and_cache_stay_as_they_were(name, data):
    layer = LAYERS[name]
    arguments = data.draw(layer.arguments)
    dy = data.draw(arrays(arguments[0].shape, spread=False))
    before = copy.deepcopy((arguments, dy))
    y, cache = layer.forward(*arguments)
    assert isinstance(cache, tuple)
    assert hasattr(cache, "_fields")
    first = as_tuple(layer.backward(dy, cache))
    kept = copy.deepcopy(first)
    for changed, original in zip((*arguments, dy), (*before[0], before[1]), strict=True):
        np.testing.assert_array_equal(changed, original)
    assert_same(as_tuple(layer.backward(dy, cache)), kept)
    # Nor does the cache depend on arrays that are the caller's to change. (That of batch_norm
    # refers to x, and says so: a copy would be one more array to write.)
    mine = arguments[1:] if name == "batch_norm" else arguments
    for array in (y, *mine, *first):
        if isinstance(array, np.ndarray):
            array[...] = 7
    assert_same(as_tuple(layer.backward(dy, cache)), kept)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["fortran", "strided", "reversed", "read-only"])
def test_memory_layout_does_not_matter(name, dtype, layout):
    def lay(array):
        if not isinstance(array, np.ndarray):
            return array
        if layout == "fortran":
            return np.asfortranarray(array)
        if layout == "strided":
            return np.repeat(array, 2, axis=-1)[..., ::2]
        if layout == "reversed":
            return array[::-1].copy()[::-1]
        array = array.copy()
        array.flags.writeable = False
        return array

    layer = LAYERS[name]
    arguments = cast(example(name), dtype)
    dy = np.random.default_rng(1).standard_normal(arguments[0].shape).astype(dtype)
    expected = forward_and_backward(layer, arguments, dy)
    got = forward_and_backward(layer, tuple(map(lay, arguments)), lay(dy))
    tolerance = 1e-13 if dtype == np.float64 else 1e-5
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(1, np.abs(b).max()))


def example(name):
    """Valid arguments for a layer, all lengths different."""
    rng = np.random.default_rng(0)
    r = rng.standard_normal
    match name:
        case "batch_norm":
            return r((6, 4)), r(4), r(4)
        case "ghost_batch_norm":
            return r((6, 4)), r(4), r(4), 3
        case "batch_renorm":
            return r((6, 4)), r(4), r(4), r(4), r(4) ** 2, 1.5, 0.5
        case "spatial_batch_norm" | "instance_norm":
            return r((2, 6, 3, 5)), r(6), r(6)
        case "group_norm":
            return r((2, 6, 3, 5)), r(6), r(6), 3
        case "layer_norm":
            return r((2, 3, 4)), r(4), r(4)
        case "rms_norm":
            return r((2, 3, 4)), r(4)
        case "weight_norm":
            return r((3, 2, 4)), r(3)
        case "weight_standardize":
            return (r((3, 2, 4)),)
        case "dyt":
            return r((2, 3, 4)), 0.7, r(4), r(4)
        case "batch_norm_inference":
            return r((6, 4)), r(4), r(4), r(4), r(4) ** 2
    raise KeyError(name)


STATISTICS = [name for name in LAYERS if name not in ("dyt", "weight_norm")]


@pytest.mark.parametrize("name", [n for n in STATISTICS if n != "rms_norm"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("constant", [0.0, 0.1, -1e4])
def test_zero_variance(name, dtype, constant):
    layer = LAYERS[name]
    x, *rest = cast(example(name), dtype)
    if name == "batch_renorm":
        rest[2], rest[4], rest[5] = rest[2] * 0 + dtype(constant), 1.0, 0.0
    x[...] = constant
    y, cache = layer.forward(x, *rest)
    beta = np.zeros(1) if name == "weight_standardize" else rest[1]
    if name in ("spatial_batch_norm", "instance_norm", "group_norm"):
        beta = beta.reshape(-1, 1, 1)
    tolerance = 1e-3 if dtype == np.float32 else 1e-8
    np.testing.assert_allclose(y, np.broadcast_to(beta, y.shape), rtol=0, atol=tolerance)
    dx = as_tuple(layer.backward(np.ones_like(y), cache))[0]
    assert np.isfinite(dx).all()


@pytest.mark.parametrize(
    ("name", "shape"),
    [("layer_norm", (1, 4)), ("rms_norm", (1, 4)), ("group_norm", (1, 6, 3, 5)),
     ("spatial_batch_norm", (1, 6, 3, 5)), ("instance_norm", (1, 6, 3, 5))],
)  # fmt: skip
def test_one_example_is_enough_where_others_are_averaged(name, shape):
    _, *rest = example(name)
    x = np.random.default_rng(2).standard_normal(shape)
    y, _ = LAYERS[name].forward(x, *rest)
    assert y.shape == shape


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_one_feature_is_allowed(name):
    x = np.array([[2.0], [-3.0]])
    y, cache = LAYERS[name].forward(x, *np.ones((LAYERS[name].learned - 1, 1)))
    expected = np.ones((2, 1)) if name == "layer_norm" else np.sign(x)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_allclose(LAYERS[name].backward(np.ones_like(x), cache)[0], 0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "shape", "over"),
    [
        ("batch_norm", (1, 4), "N"),
        ("batch_renorm", (1, 4), "N"),
        ("ghost_batch_norm", (3, 4), "N / groups"),
        ("spatial_batch_norm", (1, 6, 1, 1), "N, H and W"),
        ("instance_norm", (2, 6, 1, 1), "H and W"),
        ("group_norm", (2, 3, 1, 1), "C / G, H and W"),
        ("weight_standardize", (3, 1), "all axes but the first"),
    ],
)
def test_one_value_to_average_is_refused(name, shape, over):
    _, *rest = example(name)
    if name == "group_norm":
        rest = [rest[0][:3], rest[1][:3], 3]
    word = "w" if name == "weight_standardize" else "x"
    with pytest.raises(ValueError, match=rf"^{word} .*only 1 value.*over {over}\)"):
        LAYERS[name].forward(np.ones(shape), *rest)


FUNCTIONS = {name: layer.forward for name, layer in LAYERS.items()}
FUNCTIONS["batch_norm_inference"] = bnlib.batch_norm_inference
NAMES = {
    "weight_norm": ["v", "g"],
    "weight_standardize": ["w"],
    "dyt": ["x", None, "gamma", "beta"],
    "rms_norm": ["x", "gamma"],
    "batch_renorm": ["x", "gamma", "beta", "running_mean", "running_var"],
    "batch_norm_inference": ["x", "gamma", "beta", "running_mean", "running_var"],
}
ARRAYS = [
    (name, position, word)
    for name in FUNCTIONS
    for position, word in enumerate(NAMES.get(name, ["x", "gamma", "beta"]))
    if word
]


@pytest.mark.parametrize(("name", "position", "word"), ARRAYS)
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda a: a.astype(int), r"astype\(float\)"),
        (lambda a: a.astype(bool), r"astype\(float\)"),
        (lambda a: a.astype(np.float16), "float16.*overflow"),
        (lambda a: a.astype(complex), "must be float32 or float64; got complex"),
        (lambda a: a.astype(str), "must be float32 or float64"),
        (lambda a: np.where(np.arange(a.size).reshape(a.shape) == 1, np.nan, a), "NaN or inf"),
        (lambda a: np.where(np.arange(a.size).reshape(a.shape) == 1, -np.inf, a), "NaN or inf"),
        (lambda a: a[..., :0], "empty|must have shape"),
        (lambda a: [[1.0], [2.0, 3.0]], "not an array of numbers"),
        (lambda a: None, "must be float32 or float64"),
    ],
    ids=["int", "bool", "float16", "complex", "str", "nan", "inf", "empty", "ragged", "None"],
)
def test_bad_arrays_are_refused_by_name(name, position, word, fault, message):
    arguments = list(example(name))
    arguments[position] = fault(arguments[position])
    with pytest.raises(ValueError, match=rf"^{word} .*({message})"):
        FUNCTIONS[name](*arguments)


@pytest.mark.parametrize(("name", "position", "word"), ARRAYS)
def test_another_number_of_axes_is_refused(name, position, word):
    arguments = list(example(name))
    any_rank = ("layer_norm", "rms_norm", "dyt", "weight_norm", "weight_standardize")
    if position == 0 and name in any_rank:
        arguments[0], message = np.float64(1), "at least 1 axes"
    else:
        arguments[position] = np.ones((2, 2, 2))
        message = r"axes, shape .*; got 3|shape \(N, D\) or \(N, C, H, W\)"
    with pytest.raises(ValueError, match=rf"^{word} must have .*({message})"):
        FUNCTIONS[name](*arguments)


@pytest.mark.parametrize(("name", "position", "word"), [a for a in ARRAYS if a[1] > 0])
def test_parameters_of_another_size_are_refused(name, position, word):
    arguments = list(example(name))
    arguments[position] = np.ones(len(arguments[position]) + 1)
    with pytest.raises(ValueError, match=rf"^{word} must have shape .* got \(\d+,\)"):
        FUNCTIONS[name](*arguments)


WITH_EPS = [n for n in FUNCTIONS if n == "batch_norm_inference" or LAYERS[n].eps]


@pytest.mark.parametrize("name", WITH_EPS)
@pytest.mark.parametrize("eps", [0, -1e-5, np.nan, np.inf, "small", None, [1e-5, 1e-5]])
def test_eps_must_be_positive(name, eps):
    with pytest.raises(ValueError, match=r"^eps must be"):
        FUNCTIONS[name](*example(name), eps)


@pytest.mark.parametrize("name", ["group_norm", "ghost_batch_norm"])
@pytest.mark.parametrize("groups", [4, 0, -1, 7, 2.0, None])
def test_groups_must_divide(name, groups):
    letter = "C" if name == "group_norm" else "N"
    with pytest.raises(ValueError, match=rf"^groups must be (an integer|.*divide {letter} = 6)"):
        FUNCTIONS[name](*example(name)[:3], groups)


@pytest.mark.parametrize("name", LAYERS)
def test_upstream_gradients_are_checked(name):
    layer = LAYERS[name]
    y, cache = layer.forward(*example(name))
    word = {"weight_norm": "dw", "weight_standardize": "dw_hat"}.get(name, "dy")
    bad = np.ones_like(y)
    bad[(0,) * y.ndim] = np.nan
    infinite = np.ones_like(y)
    infinite[(-1,) * y.ndim] = np.inf
    for dy, message in [
        (np.ones((*y.shape, 1)), "must have the shape"),
        (np.ones(y.shape[1:]), "must have the shape"),
        (np.ones(y.shape, np.float32), "must have the dtype"),
        (np.ones(y.shape, int), r"astype\(float\)"),
        (bad, "NaN or infinity"),
        (infinite, "NaN or infinity"),
    ]:
        with pytest.raises(ValueError, match=rf"^{word} .*{message}"):
            layer.backward(dy, cache)


def test_running_variances_are_not_negative():
    for name in ("batch_renorm", "batch_norm_inference"):
        arguments = list(example(name))
        arguments[4] = -arguments[4]
        with pytest.raises(ValueError, match=r"^running_var .* >= 0"):
            FUNCTIONS[name](*arguments)


def test_inference_takes_features_or_images():
    with pytest.raises(ValueError, match=r"^x must have shape \(N, D\) or \(N, C, H, W\)"):
        bnlib.batch_norm_inference(np.ones((2, 3, 4)), *np.ones((4, 3)))


def test_renorm_limits():
    arguments = example("batch_renorm")
    for r_max, d_max, word in [(0.5, 1, "r_max"), (np.nan, 1, "r_max"), (2, -1, "d_max")]:
        with pytest.raises(ValueError, match=rf"^{word} must lie between"):
            bnlib.batch_renorm(*arguments[:5], r_max, d_max)


def test_alpha_must_be_finite():
    x, _, gamma, beta = example("dyt")
    for alpha in (np.nan, np.inf, "steep"):
        with pytest.raises(ValueError, match=r"^alpha must be"):
            bnlib.dyt(x, alpha, gamma, beta)


def test_a_zero_weight_vector_has_no_direction():
    v, g = example("weight_norm")
    v[1] = 0
    with pytest.raises(ValueError, match=r"^v is zero for unit 1"):
        bnlib.weight_norm(v, g)


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm", "rms_norm"])
def test_finite_but_too_large(name):
    x, *rest = example(name)
    with pytest.raises(ValueError, match=r"^x is finite, but too large"):
        LAYERS[name].forward(x * 1e200, *rest)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("far", ["one mean", "one constant", "some rows"])
def test_what_is_far_from_zero_costs_no_digits(far, dtype):
    # batch_norm squares x as it is if it can: one feature that forbids it must be noticed.
    rng = np.random.default_rng(6)
    x = rng.standard_normal((40000, 30))
    if far == "one mean":
        x[:, 7] += 1e4
    elif far == "one constant":
        x[:, 7] = np.pi
    else:
        x[::64] += 1e4
    x = x.astype(dtype)
    wide = x.astype(np.longdouble)
    expected = (wide - wide.mean(0)) / np.sqrt(wide.var(0) + 1e-5)
    y, cache = bnlib.batch_norm(x, np.ones(30), np.zeros(30))
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    assert (cache.shift is None) == (far == "some rows")


def test_squares_may_overflow_where_the_spread_does_not():
    rng = np.random.default_rng(8)
    x = np.float32(1e20) + rng.standard_normal((50, 3)).astype(np.float32) * np.float32(1e15)
    wide = x.astype(np.float64)
    expected = (wide - wide.mean(0)) / wide.std(0)
    y = bnlib.batch_norm(x, np.ones(3), np.zeros(3))[0]
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-5)


def test_the_buffer_of_numpy_is_left_as_it_was():
    arguments = example("batch_norm")
    before = np.getbufsize()
    y, cache = bnlib.batch_norm(*arguments)
    bnlib.batch_norm_backward(y, cache)
    assert np.getbufsize() == before
    with pytest.raises(ValueError, match="NaN"):
        bnlib.batch_norm(np.full_like(arguments[0], np.nan), *arguments[1:])
    assert np.getbufsize() == before


def test_relations_between_the_layers():
    rng = np.random.default_rng(7)
    x, gamma, beta = rng.standard_normal((4, 6, 3, 5)), *rng.standard_normal((2, 6))

    def close(a, b):
        np.testing.assert_allclose(a, b, atol=1e-12)

    close(bnlib.group_norm(x, gamma, beta, 6)[0], bnlib.instance_norm(x, gamma, beta)[0])
    rows = x.transpose(0, 2, 3, 1).reshape(-1, 6)
    y = bnlib.batch_norm(rows, gamma, beta)[0].reshape(4, 3, 5, 6).transpose(0, 3, 1, 2)
    close(bnlib.spatial_batch_norm(x, gamma, beta)[0], y)
    close(bnlib.ghost_batch_norm(rows, gamma, beta, 1)[0], bnlib.batch_norm(rows, gamma, beta)[0])
    mean, var = rng.standard_normal(6), rng.standard_normal(6) ** 2
    free = bnlib.batch_renorm(rows, gamma, beta, mean, var, np.inf, np.inf)[0]
    close(free, bnlib.batch_norm_inference(rows, gamma, beta, mean, var))
    tied = bnlib.batch_renorm(rows, gamma, beta, mean, var, 1, 0)[0]
    close(tied, bnlib.batch_norm(rows, gamma, beta)[0])
