"""What every interactive figure says and shows where it does not move."""

import base64
import html
import importlib
import json
import os
import re
import struct
import subprocess
import sys

import pytest

pytest.importorskip("matplotlib").use("Agg")

from bnlib.figures.interactive import STILL, base, esm  # noqa: E402
from bnlib.figures.interactive.base import Interactive  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402


def figure(name: str) -> type[Interactive]:
    """The class of a figure's module."""
    module = importlib.import_module(f"bnlib.figures.interactive.{name}")
    (found,) = (
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, Interactive) and c.__module__ == module.__name__
    )
    return found


FIGURES = {name: figure(name) for name in esm.names()}
each_figure = pytest.mark.parametrize("kind", FIGURES.values(), ids=FIGURES)


def test_every_module_of_the_folder_is_a_figure_or_a_part_of_the_base():
    assert len(FIGURES) >= 4
    rest = {path.stem for path in esm.FOLDER.glob("*.py")} - set(FIGURES)
    assert rest == {"__init__", "base", "esm"}


class TestReadable(Readable):
    """The still pictures are held to what every figure of the book is."""

    modules = ()
    drawn = {name: kind().picture() for name, kind in FIGURES.items()}  # noqa: RUF012

    def test_every_figure_of_the_module_is_tried(self):
        assert set(self.drawn) == set(esm.names())


@each_figure
def test_it_has_words_for_those_who_do_not_see_it(kind):
    assert kind.name in FIGURES
    assert 3 <= len(kind.title.split()) <= 12
    assert len(kind.alt.split()) >= 20
    assert "\n" not in kind.alt
    assert len(kind.room) == 3


@each_figure
def test_the_place_on_a_page_holds_the_state_and_an_opaque_picture(kind):
    text = kind().to_html()
    state = json.loads(html.unescape(re.search(r'data-state="([^"]*)"', text)[1]))
    assert state == {"title": kind.title, **kind().state}
    assert html.unescape(re.search(r'alt="([^"]*)"', text)[1]) == kind.alt
    png = base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', text)[1])
    assert png.startswith(b"\x89PNG")
    size = struct.unpack(">II", png[16:24])
    assert size == tuple(
        int(re.search(rf'{side}="(\d+)"', text)[1]) for side in ("width", "height")
    )


@each_figure
def test_a_parameter_that_it_does_not_have_is_named(kind):
    with pytest.raises(ValueError, match=r"no parameter 'speed'; it has \w+"):
        kind(speed=1)


@each_figure
def test_a_figure_keeps_its_state_for_itself(kind):
    key = next(iter(kind.defaults))
    before = json.dumps(kind.defaults)
    one = kind()
    if isinstance(one.state[key], list):
        one.state[key].append(0)
    else:
        one.state[key] = None
    assert json.dumps(kind.defaults) == before


def test_where_pages_are_made_there_is_no_widget():
    # A kernel is pretended: what decides is the variable alone.
    code = (
        "from bnlib.figures.interactive import base, batch;"
        "base._can_run_widgets = lambda: True;"
        "print(*sorted(batch.Batch()._repr_mimebundle_()))"
    )
    seen = {}
    for value in ("", "1"):
        environment = {**os.environ, STILL: value}
        run = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True
        )
        seen[value] = run.stdout.split()
        assert run.returncode == 0, run.stderr
    assert seen["1"] == ["text/html", "text/plain"]
    assert seen[""] == ["application/vnd.jupyter.widget-view+json", "text/html", "text/plain"]


def test_outside_of_a_kernel_there_is_no_widget(monkeypatch):
    monkeypatch.delenv(STILL, raising=False)
    assert not base._can_run_widgets()
    assert sorted(FIGURES["batch"]()._repr_mimebundle_()) == ["text/html", "text/plain"]


@each_figure
def test_the_widget_runs_the_same_module_and_has_the_parameters_as_traits(kind):
    one = kind()
    assert one.widget._esm == esm.joined(kind.name)
    assert one.widget._css == esm.CSS.read_text("utf-8")
    assert {key: one.widget.get_state()[key] for key in one.state} == one.state


# ---------------------------------------------------------------- one module of several files


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kit.js").write_text("export const one = 1;\nfunction hidden() {}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { two } from "./kit.js";\n', "x.js imports 'two', which kit.js does not export"),
        ('import { hidden } from "./kit.js";\n', "imports 'hidden', which kit.js does not export"),
        ('import * as kit from "./kit.js";\n', "expected import { a, b }"),
        ('import { one } from "./kit.js";\nconst hidden = 2;\n', "kit.js and x.js have a 'hidden'"),
    ],
)
def test_what_cannot_be_joined_is_said(folder, source, message):
    (folder / "x.js").write_text(source)
    with pytest.raises(ValueError, match=re.escape(message)):
        esm.joined("x", folder)


def test_a_file_comes_once_and_before_what_imports_it(folder):
    (folder / "plot.js").write_text('import { one } from "./kit.js";\nexport const two = one;\n')
    (folder / "x.js").write_text(
        'import {\n  one,\n} from "./kit.js";\nimport { two } from "./plot.js";\nlet three = two;\n'
    )
    text = esm.joined("x", folder)
    order = [text.index(part) for part in ("const one", "const two", "let three")]
    assert order == sorted(order)
    assert text.count("const one") == 1
    assert "import" not in text


def test_a_name_that_is_no_figures(folder):
    with pytest.raises(ValueError, match="no figure is called 'nothing'; there are batch, "):
        esm.joined("nothing")
