"""What every figure of the book is held to: a class of tests to inherit from."""

import inspect
from types import ModuleType

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

from bnlib.figures import style

SMALLEST = 10  # points, at a width of six inches
MOST = 4  # series in one panel that a reader can tell apart


def functions(module: ModuleType) -> set[str]:
    """The names of a module's figures."""
    return {
        name
        for name, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__
        and not name.startswith("_")
        and f.__annotations__.get("return") in ("Figure", Figure)
    }


class Readable:
    """``drawn``: name of each figure of ``modules`` -> one of small data (see conftest.py)."""

    modules: tuple[ModuleType, ...]
    drawn: dict[str, Figure]

    def test_every_figure_of_the_module_is_tried(self):
        names = [name for module in self.modules for name in functions(module)]
        assert sorted(names) == sorted(self.drawn)

    def test_pyplot_has_let_it_go(self, figure):
        assert isinstance(figure, Figure)
        assert not plt.get_fignums()

    def test_it_is_an_opaque_card_of_the_books_width(self, figure):
        assert figure.get_figwidth() == style.WIDTH
        assert to_rgba(figure.get_facecolor()) == to_rgba(style.CARD)
        assert to_rgba(style.CARD)[3] == 1

    def test_text_is_large_and_inside(self, figure):
        figure.draw_without_rendering()
        for text in figure.findobj(lambda a: isinstance(a, Text) and a.get_visible()):
            assert not text.get_text().strip() or text.get_fontsize() >= SMALLEST, text.get_text()
        tight = figure.get_tightbbox().extents * figure.dpi
        assert tight[0] >= figure.bbox.x0 - 1
        assert tight[2] <= figure.bbox.x1 + 1

    def test_axes_are_labelled(self, figure):
        for ax in figure.axes:
            if ax.axison:
                assert any(o.get_xlabel() for o in sharing(ax, figure, "x"))
                beside = sharing(ax, figure, "y") + [figure.axes[0]] * same_row(ax, figure.axes[0])
                assert any(o.get_ylabel() or named(o) for o in beside)
            else:
                assert ax.texts  # a diagram, with words in it

    def test_series_differ_in_more_than_colour(self, figure):
        for ax in figure.axes:
            handles, _ = ax.get_legend_handles_labels()
            lines = [getattr(one, "lines", [one])[0] for one in handles]
            lines = [line for line in lines if hasattr(line, "get_linestyle")]
            looks = {(line.get_linestyle(), getattr(line, "get_marker", str)()) for line in lines}
            assert len(looks) == len(lines) <= MOST

    def test_it_reads_on_white_and_on_black_and_in_grey(self, figure):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        picture = np.asarray(canvas.buffer_rgba())
        assert (picture[..., 3] == 255).all()
        grey = picture[..., :3] @ np.array([0.299, 0.587, 0.114])
        assert np.mean(grey > 200) > 0.5
        assert np.mean(grey < 120) > 0.005


def sharing(ax, figure, which):
    """The axes that have this one's scale, and itself."""
    group = getattr(ax, f"get_shared_{which}_axes")()
    return [other for other in figure.axes if other is ax or group.joined(ax, other)]


def same_row(ax, other):
    return ax.get_subplotspec().rowspan.start == other.get_subplotspec().rowspan.start


def named(ax):
    """Whether what stands up the axis are names, which say themselves what they are."""
    ticks = [tick.get_text() for tick in ax.get_yticklabels()]
    return any(any(c.isalpha() for c in tick.replace("mathdefault", "")) for tick in ticks)
