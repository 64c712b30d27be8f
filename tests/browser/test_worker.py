"""What the page's worker asks of Python; in a process of its own, as in the browser."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

BEGIN = "from bnlib.browser import worker\nrun = lambda c: worker.run(c, '1', print)\n"


def last(code):
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def packages(*cells):
    code = "".join(f"run({cell!r})\n" for cell in cells[:-1])
    return json.loads(last(f"{code}print(worker.packages_for({cells[-1]!r}))"))


def test_matplotlib_is_asked_for_where_it_is_used():
    lazily = "from bnlib.figures import algorithm as figures\nfrom bnlib.lab import tables"
    assert packages("import matplotlib.pyplot as plt") == ["matplotlib"]
    assert packages(lazily) == []
    assert packages(lazily, "tables.read('affine')") == []
    assert packages(lazily, "figures.accuracies({})") == ["matplotlib"]
    assert packages(f"{lazily}\nfigures.accuracies") == ["matplotlib"]
    # A module of figures loads it, an interactive one where it draws.
    assert packages("from bnlib.figures.algorithm import accuracies") == ["matplotlib"]
    interactive = "from bnlib.figures.interactive.batch import Batch"
    assert packages(interactive) == []
    assert packages(interactive, "Batch()") == ["matplotlib"]
    # Behind a function of an earlier cell, too.
    assert packages(lazily, "def draw(): return figures.x", "draw()") == ["matplotlib"]
    assert packages("x = (") == []


def test_a_call_is_json_in_and_out():
    call = "worker.call('bnlib.browser.order', 'plan', '[[\"x = 1\", \"x\"], 1]')"
    assert json.loads(last(f"print({call})")) == [0, 1]


def test_outputs_are_json():
    assert json.loads(last("run('1 + 1')")) == {"type": "text", "text": "2"}


def test_interactive_figures_are_imported_without_matplotlib():
    """As the first cell of a chapter does it in a browser, before anything is drawn."""
    figures = sorted(path.stem for path in (ROOT / "bnlib/figures/interactive").glob("*.py"))
    figures = [name for name in figures if name not in ("__init__", "base", "esm")]
    assert len(figures) == 8
    code = "".join(f"from bnlib.figures.interactive.{name} import *\n" for name in figures)
    asked = "'matplotlib' in sys.modules, 'Batch' in worker.SESSION.namespace"
    assert last(f"run({code!r})\nimport sys\nprint({asked})") == "False True"
