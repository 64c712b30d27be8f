"""The figures: drawn from plain data, labelled, and readable without colour."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib.colors import to_rgb  # noqa: E402

from bnlib.figures import algorithm as figures  # noqa: E402
from bnlib.figures import style  # noqa: E402
from bnlib.lab.paired import estimate  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

SMALLEST = 10  # points, at a width of six inches


def algorithm_figures():
    """Name of each figure function of chapter 4 -> a figure of small data."""
    rng = np.random.default_rng(0)
    x = np.linspace(1, 5, 31)
    four = {name: x * (k + 1) for k, name in enumerate("abcd")}
    batch = rng.normal(size=(4, 3))
    masks = {"flat": rng.random((5, 4)) < 0.5, "solid": rng.random((5, 3, 4)) < 0.5}
    labels = {2: ["N", "D"], 3: ["N", "C", "H·W"]}
    tenths = dict.fromkeys("uvw", estimate([0.1, 0.2, 0.4]))
    return {
        "batch_stages": figures.batch_stages({"x": ("km", batch), "y": ("-", batch)}, list("uvw")),
        "curve_and_line": figures.curve_and_line(x, x, x, (x, {"one": x, "two": x})),
        "accuracies": figures.accuracies({"a": tenths, "b": tenths}),
        "gain_against_variance": figures.gain_against_variance(x, four, eps=2.0),
        "averaged_cells": figures.averaged_cells(masks, labels),
        "value_shares": figures.value_shares({"one": batch, "two": batch + 1}),
        "variance_error": figures.variance_error(x, four, unit=1e-7),
    }


DRAWN = algorithm_figures()


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


def lightness(colour):
    """The grey (0 black, 1 white) that a colour prints as."""
    return float(np.dot(to_rgb(colour), [0.299, 0.587, 0.114]))


def contrast(one, two):
    """The WCAG contrast ratio of two colours."""

    def luminance(colour):
        c = np.array(to_rgb(colour))
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_the_books_colours_are_told_apart_in_grey_and_seen_on_the_card():
    greys = [lightness(colour) for colour in style.COLOURS]
    assert greys == sorted(greys)
    assert np.diff(greys).min() > 0.08
    assert min(contrast(colour, style.CARD) for colour in style.COLOURS) >= 2.8
    assert contrast(style.INK, style.CARD) >= 7
    assert {line["color"] for line in style.LINES} == set(style.COLOURS)


def test_drawing_changes_neither_the_settings_nor_the_data():
    before = dict(matplotlib.rcParams)
    x = np.linspace(1, 5, 31)
    kept = x.copy()
    figures.variance_error(x, {"one": x}, unit=1e-7)
    assert dict(matplotlib.rcParams) == before
    np.testing.assert_array_equal(x, kept)


def test_the_averaged_cells_are_the_dark_ones():
    mask = np.zeros((3, 2), bool)
    mask[:, 1] = True
    ax = figures.averaged_cells({"m": mask}, {2: ["N", "D"]}, columns=1).axes[0]
    dark = [lightness(p.get_facecolor()[:3]) < 0.5 for p in ax.patches]
    hatched = [p.get_hatch() is not None for p in ax.patches]
    columns = [p.get_xy()[:, 0].min() for p in ax.patches]
    assert dark == hatched == [column == 1 for column in columns]
