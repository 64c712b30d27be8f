"""The figures: drawn from plain data, labelled, and readable without colour."""

import inspect

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.colors import to_rgb, to_rgba  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Text  # noqa: E402

from bnlib.figures import algorithm as figures  # noqa: E402
from bnlib.figures import style  # noqa: E402
from bnlib.lab.paired import estimate  # noqa: E402

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
each_figure = pytest.mark.parametrize("name", DRAWN)


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


def test_every_figure_function_is_tried_here():
    drawing = {
        name
        for name, f in inspect.getmembers(figures, inspect.isfunction)
        if f.__module__ == figures.__name__ and not name.startswith("_")
    }
    assert drawing == set(DRAWN)


@each_figure
def test_returns_a_figure_that_pyplot_has_let_go(name):
    assert isinstance(DRAWN[name], Figure)
    assert not plt.get_fignums()


@each_figure
def test_is_an_opaque_card_of_the_books_width(name):
    figure = DRAWN[name]
    assert figure.get_figwidth() == style.WIDTH
    assert to_rgba(figure.get_facecolor()) == to_rgba(style.CARD)
    assert to_rgba(style.CARD)[3] == 1


@each_figure
def test_text_is_large_and_inside(name):
    figure = DRAWN[name]
    figure.draw_without_rendering()
    frame = figure.bbox
    for text in figure.findobj(lambda a: isinstance(a, Text) and a.get_visible()):
        if not text.get_text().strip():
            continue
        assert text.get_fontsize() >= SMALLEST, text.get_text()
    tight = figure.get_tightbbox().extents * figure.dpi
    assert tight[0] >= frame.x0 - 1
    assert tight[2] <= frame.x1 + 1


@each_figure
def test_axes_are_labelled(name):
    for ax in DRAWN[name].axes:
        if not ax.axison:
            assert ax.texts  # a diagram, with its axes named beside it
            continue
        shared = ax.get_shared_x_axes().joined(ax, DRAWN[name].axes[-1])
        assert ax.get_xlabel() or (shared and DRAWN[name].axes[-1].get_xlabel())
        assert ax.get_ylabel() or [t.get_text() for t in ax.get_yticklabels()] == list("uvw")


@each_figure
def test_series_differ_in_more_than_colour(name):
    for ax in DRAWN[name].axes:
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        looks = {(line.get_linestyle(), line.get_marker()) for line in lines}
        assert len(looks) == len(lines)


@each_figure
def test_reads_on_white_and_on_black_and_in_grey(name):
    figure = DRAWN[name]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = np.asarray(canvas.buffer_rgba())
    assert (picture[..., 3] == 255).all()
    grey = picture[..., :3] @ np.array([0.299, 0.587, 0.114])
    assert np.mean(grey > 200) > 0.5
    assert np.mean(grey < 120) > 0.005


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
