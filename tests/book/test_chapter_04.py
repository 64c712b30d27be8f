"""Chapter 4: its cells run, the numbers typed into its mathematics are recomputed, and what the
text claims is checked."""

import itertools
import math
import re

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
pytest.importorskip("torch")
matplotlib.use("Agg")

import bnlib  # noqa: E402
from bnlib.figures import algorithm as figures  # noqa: E402
from bnlib.lab import affine  # noqa: E402
from bnlib.lab import algorithm as lab  # noqa: E402
from bnlib.lab.paired import estimate  # noqa: E402
from tests.book.page import BOOK, Page  # noqa: E402

PAGE = Page("04_algorithm")
TEXT = PAGE.text


@pytest.fixture(scope="module")
def run():
    with PAGE.ran() as run:
        yield run


def formulas():
    return [re.sub(r"\\[;,]", "", f) for f in re.findall(r"^\$\$\n(.*?)\n\$\$$", TEXT, re.S | re.M)]


def vectors(formula):
    """The tuples of numbers in a formula."""
    found = re.findall(r"\((-?[\d.]+(?:, *-?[\d.]+)+)\)", formula)
    return [[float(number) for number in tuple_.split(",")] for tuple_ in found]


# ---------------------------------------------------------------- the text and its numbers


def test_the_labels_that_exercises_link_to_stand_before_sections():
    names = ["batch", "affine", "eps", "axes", "placement", "numerics"]
    assert re.findall(r"^\(sec-(\w+)\)=\n## ", TEXT, re.M) == names


# ---------------------------------------------------------------- a batch by hand


def test_the_mean_and_variance_worked_by_hand(run):
    area = run.names.x[:, 2]
    mean = next(f for f in formulas() if "100 ." in f)
    assert "90 + 30 + 170 + 110" in mean
    assert area.tolist() == [90, 30, 170, 110]
    assert area.mean() == 100

    variance = next(f for f in formulas() if "2500" in f)
    deviations = [float(d) for d in re.findall(r"\(?(-?\d+)\)?\^2", variance) if d != "2"]
    assert deviations == (area - 100).tolist()
    assert area.var() == 2500
    assert area.std() == 50


def test_the_normalized_and_the_rescaled_column_worked_by_hand(run):
    first, second = (v for f in formulas() for v in vectors(f))
    area = run.names.x[:, 2:]
    xhat, _ = bnlib.batch_norm(area, np.ones(1), np.zeros(1), 1e-5)
    np.testing.assert_allclose(xhat.ravel(), first, atol=1e-6)
    y, _ = bnlib.batch_norm(area, np.full(1, 2.0), np.full(1, 0.5), 1e-5)
    np.testing.assert_allclose(y.ravel(), second, atol=1e-6)
    assert (run.names.gamma[2], run.names.beta[2]) == (2.0, 0.5)


def test_the_plain_version_is_the_librarys(run):
    np.testing.assert_allclose(run.names.y, run.names.y_bnlib, rtol=0, atol=1e-14)
    rng = np.random.default_rng(1)
    x, gamma, beta = rng.normal(3, 5, (7, 4)), rng.normal(size=4), rng.normal(size=4)
    plain = run.names.plain_batch_norm(x, gamma, beta, eps=0.5)
    np.testing.assert_allclose(plain, bnlib.batch_norm(x, gamma, beta, 0.5)[0], atol=1e-13)


@pytest.mark.parametrize("n", [2, 3, 10])
def test_proposition_what_normalizing_gives(run, n):
    x = np.random.default_rng(n).normal(size=(n, 50)) ** 3
    for eps in (1e-12, 0.1):
        xhat = run.names.plain_batch_norm(x, 1.0, 0.0, eps=eps)
        var = x.var(axis=0)
        np.testing.assert_allclose(xhat.mean(axis=0), 0, atol=1e-14)
        np.testing.assert_allclose(xhat.var(axis=0), var / (var + eps))
        assert np.abs(xhat).max() <= math.sqrt(n - 1) + 1e-12
    lone = np.zeros((n, 1))
    lone[0] = 1  # the bound is reached
    assert run.names.plain_batch_norm(lone, 1.0, 0.0, eps=0.0)[0, 0] == pytest.approx(
        math.sqrt(n - 1)
    )


def test_a_batch_of_one_gives_beta_and_is_refused_by_the_library(run):
    one = np.array([[3.0, -5.0]])
    assert run.names.plain_batch_norm(one, 2.0, 0.25).tolist() == [[0.25, 0.25]]
    with pytest.raises(ValueError, match="N"):
        bnlib.batch_norm(one, np.ones(2), np.zeros(2), 1e-5)


# ---------------------------------------------------------------- gamma and beta


def test_the_line_fit_is_exact_for_a_line_and_for_relu():
    line = lab.line_fit(lambda z: 3 * z - 2)
    assert line == pytest.approx((3, -2, 1))
    relu = lab.line_fit(lab.relu, gamma=5.0)
    # E[z relu(z)] = 1/2, Var relu(z) = 1/2 - 1/(2 pi)
    assert relu.r2 == pytest.approx(0.25 / (0.5 - 0.5 / math.pi), abs=1e-5)


def test_the_line_fit_agrees_with_a_sample(run):
    z = np.random.default_rng(0).standard_normal(400_000)
    r2 = np.corrcoef(z, lab.sigmoid(z))[0, 1] ** 2
    assert run.numbers["a_r2"] == pytest.approx(r2, abs=5e-4)
    assert run.numbers["a_r2_wide"] < run.numbers["a_r2"]
    assert run.numbers["a_r2_moved"] < run.numbers["a_r2"]


def test_relu_is_as_straight_at_every_gamma(run):
    assert np.ptp(run.names.r2["ReLU"]) < 1e-4
    for name in ("sigmoid", "tanh"):
        assert (np.diff(run.names.r2[name]) < 0).all()


def test_the_identity_is_restored_for_one_batch_only(run):
    np.testing.assert_allclose(run.names.same, run.names.x, atol=1e-12)
    assert run.numbers["a_other"] == pytest.approx(20)


# ---------------------------------------------------------------- claim 15


def test_each_condition_is_shown_at_its_own_best_rate(run):
    table = run.names.trained
    for activation, each in run.names.accuracy.items():
        assert list(each) == list(affine.LEARNED)
        for learned, values in each.items():
            here = {"activation": activation, "learned": learned}
            rates = table.values("rate")
            lost = {
                r: np.nan_to_num(table.column("loss", rate=r, **here), nan=9).mean() for r in rates
            }
            best = min(lost, key=lost.get)
            np.testing.assert_array_equal(values, table.column("accuracy", rate=best, **here))
            assert len(values) >= 5


def test_the_accuracies_are_drawn_with_their_intervals():
    found = {"a": {"none": estimate([40, 44]), "both": estimate([50, 51])}}
    found["b"] = {"none": estimate([60, 61]), "both": estimate([61, 62])}
    figure = figures.accuracies(found)
    for ax, each in zip(figure.axes, found.values(), strict=True):
        line, (low, high), _ = ax.containers[0].lines
        assert line.get_xdata() == pytest.approx([e.mean for e in each.values()])
        assert low.get_xdata() == pytest.approx([e.low for e in each.values()])
        assert high.get_xdata() == pytest.approx([e.high for e in each.values()])
        assert [text.get_text() for text in ax.get_yticklabels()] == list(each)
        assert ax.yaxis_inverted()
    assert figure.axes[-1].get_xlabel()


def test_the_text_says_what_the_table_of_claim_15_says(run):
    said = {"sigmoid": [], "relu": []}
    for row in run.claims[15]:
        said[row["setting"].split(", ")[1]].append(row["speaks"])
    assert said["sigmoid"] == ["for"] * 5
    # beta, gamma, both at their best rates; both at the two rates that were best.
    assert said["relu"] == ["undecided", "against", "against", "undecided", "undecided"]
    large, small = run.names.rates["relu"]
    assert small < large
    for learned in ("none", "gamma and beta"):  # "the smaller rate generalizes less well here"
        at = run.names.at
        assert at("relu", learned, small).mean() < at("relu", learned, large).mean()
    assert run.numbers["l_r2_both"] < run.numbers["l_r2_none"]
    assert run.numbers["l_r2_both"] > 0.9  # "most of what they do is still a line"


# ---------------------------------------------------------------- eps


def test_eps_inside_is_the_ceiling_that_the_text_names(run):
    assert run.numbers["e_inside"] == pytest.approx(run.names.predicted, rel=1e-9)
    assert run.numbers["e_ceiling_inside"] == pytest.approx(316, abs=0.5)
    assert run.numbers["e_ceiling_outside"] == pytest.approx(1e5)
    assert run.numbers["e_outside"] > 20 * run.numbers["e_inside"]
    quiz = (BOOK / "quizzes" / "04_algorithm.json").read_text("utf-8")
    assert "about 316. Outside it can rise to $1/\\\\epsilon$, 100 000." in quiz


def test_the_default_of_pytorch_is_the_one_named():
    torch = pytest.importorskip("torch")
    assert torch.nn.BatchNorm1d(1).eps == 1e-5
    assert "`1e-5` in [`torch.nn.BatchNorm1d`]" in TEXT


# ---------------------------------------------------------------- axes


def test_the_spatial_case_is_the_dense_case_on_rows(run):
    np.testing.assert_allclose(run.names.y_conv, run.names.y_again, atol=1e-13)
    assert run.numbers["x_count"] == 8 * 5 * 4
    assert run.numbers["x_mixed"] > 0.1


def test_the_masks_show_what_is_averaged(run):
    dense, row, channel, image = run.names.masks.values()
    assert (dense.sum(), row.sum()) == (dense.shape[0], row.shape[1])
    assert channel.sum() == channel.shape[0] * channel.shape[2]
    assert image.sum() == image.shape[1] * image.shape[2]


# ---------------------------------------------------------------- placement


def test_a_bias_in_front_has_no_effect(run):
    change = run.names.change
    assert change[1.0] < 1e-14
    assert change[1.0] < change[1e6] < 1e-8


def test_what_the_next_layer_receives(run):
    assert run.names.before.min() == 0
    assert run.numbers["p_before_zero"] == pytest.approx(0.5, abs=0.03)
    # A rectified standard normal has mean 1 / sqrt(2 pi).
    assert run.numbers["p_before_mean"] == pytest.approx(1 / math.sqrt(2 * math.pi), abs=0.02)
    assert run.numbers["p_after_mean"] < 1e-12
    assert run.numbers["p_after_std"] == pytest.approx(1, abs=1e-4)


# ---------------------------------------------------------------- numerics


@pytest.mark.parametrize("name", lab.VARIANCES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_four_variances_agree_on_easy_data_and_keep_the_dtype(name, dtype):
    x = np.random.default_rng(0).normal(1, 2, (3, 101)).astype(dtype)
    found = lab.VARIANCES[name](x)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, x.astype(np.float64).var(axis=-1), rtol=2e-5)


def test_the_errors_grow_with_the_powers_that_the_text_names(run):
    ratios, errors = run.names.result.ratios, run.names.result.errors
    middle = (ratios > 30) & (ratios < 3e5)

    def slope(name):
        return np.polyfit(np.log(ratios[middle]), np.log(errors[name][middle]), 1)[0]

    assert slope("one pass") == pytest.approx(2, abs=0.2)
    assert slope("Welford") == pytest.approx(1, abs=0.2)
    assert slope("chunks merged") == pytest.approx(1, abs=0.25)
    assert errors["two passes"][ratios < 5e3].max() < 2.0**-24
    assert errors["one pass"][ratios > 5e3].min() > 1
    assert max(errors[n][-1] for n in errors if n != "one pass") < 0.1


def test_the_library_survives_the_pressure(run):
    pressure = run.names.pressure[:, None]
    y, _ = bnlib.batch_norm(pressure, np.ones(1, np.float32), np.zeros(1, np.float32), 1e-5)
    assert y.std(dtype=np.float64) == pytest.approx(1, abs=1e-4)
    one, true = run.numbers["n_pressure_one"], run.numbers["n_pressure_true"]
    assert abs(one - true) / true > 0.3


def test_half_precision_overflows_where_the_text_says():
    assert np.finfo(np.float16).max == 65504
    with np.errstate(over="ignore"):
        assert np.isinf(np.float16(300) * np.float16(300))
        assert np.isinf(np.full(1024, 300, np.float16).sum(dtype=np.float16))
    assert np.float16(1e-8) == 0


# ---------------------------------------------------------------- errors that circulate


def test_the_three_errors_are_told_from_the_real_thing(run):
    std = {name: y.std(axis=0) for name, y in run.names.versions.items()}
    sigma = run.names.x.std(axis=0)
    np.testing.assert_allclose(std["batch normalization"], 1, atol=1e-3)
    np.testing.assert_allclose(std["divided by variance"], 1 / sigma, rtol=1e-3)
    np.testing.assert_allclose(std["gamma x + beta, raw"], sigma)
    assert std["across the features"].max() < 0.05


def test_the_same_row_depends_on_its_neighbours(run):
    spreads = [np.std(values, axis=0) for values in run.names.normalized.values()]
    for fewer, more in itertools.pairwise(spreads):
        assert (more < fewer).all()
    assert spreads[-1].min() > 0.01
