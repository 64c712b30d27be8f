"""Interactive figures in JupyterLab: the keys reach them, and Python sees what they do."""

import os

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from bnlib.figures.interactive import STILL
from bnlib.lab import tables
from bnlib.lab.forward import through_layers
from tests.figures.interactive.test_base import FIGURES
from tests.site.interactive import ARROWS
from tests.site.test_jupyterlab import address, lab, run_all  # noqa: F401 (fixtures)

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

SAVE = """
const [path, sources, done] = arguments;
const cells = sources.map((source, i) => ({cell_type: 'code', id: `cell-${i}`, source,
    metadata: {}, outputs: [], execution_count: null}));
const metadata = {kernelspec: {name: 'python3', display_name: 'Python 3', language: 'python'}};
window.jupyterapp.serviceManager.contents.save(path, {type: 'notebook', format: 'json',
    content: {cells, metadata, nbformat: 4, nbformat_minor: 5}}).then(
    () => done(null), error => done(String(error)));
"""
ASK = """
const [code, done] = arguments;
const panel = window.jupyterapp.shell.currentWidget;
const future = panel.sessionContext.session.kernel.requestExecute({code});
let said = '';
future.onIOPub = m => { said += m.content.text ?? m.content.evalue ?? ''; };
future.done.then(() => done(said));
"""
ACTIVE = "return window.jupyterapp.shell.currentWidget.content.activeCellIndex"


@pytest.fixture(scope="module", autouse=True)
def widgets():
    """A page of the site may have been made in this process: then there would be none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(STILL, raising=False)
        assert STILL not in os.environ
        yield


@pytest.fixture(scope="module")
def notebook(lab):  # noqa: F811
    """A notebook with every figure, run, in front of the reader."""
    sources = [
        f"from {kind.__module__} import {kind.__name__}\n{name} = {kind.__name__}()\n{name}"
        for name, kind in FIGURES.items()
    ]
    assert lab.execute_async_script(SAVE, "figures.ipynb", sources) is None
    cells = run_all(lab, "figures.ipynb")["cells"]
    errors = [o for c in cells for o in c["outputs"] if o["output_type"] == "error"]
    assert errors == []
    return lab


def figure(notebook, name):
    """The running figure of a cell, in view."""
    title = FIGURES[name].title

    def found(driver):
        # JupyterLab renders a cell when it comes into view.
        driver.execute_async_script(
            "const [i, done] = arguments; const c = window.jupyterapp.shell.currentWidget.content;"
            "c.activeCellIndex = i; c.scrollToItem(i).then(done, done)",
            list(FIGURES).index(name),
        )
        return driver.find_elements(By.CSS_SELECTOR, f'.bn-live[aria-label="{title}"]')

    (element,) = WebDriverWait(notebook, 60).until(found)
    return element


@pytest.mark.parametrize("name", FIGURES)
def test_it_is_shown_in_its_width(notebook, name):
    element = figure(notebook, name)
    assert element.rect["width"] > 300
    assert element.rect["height"] > 250


def press(notebook, element, key):
    notebook.execute_script(
        "arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus()", element
    )
    before = notebook.execute_script(ACTIVE)
    notebook.switch_to.active_element.send_keys(key)
    assert notebook.execute_script(ACTIVE) == before  # the notebook has not taken the key
    assert notebook.switch_to.active_element == element


@pytest.mark.parametrize("name", FIGURES)
def test_arrow_keys_reach_points_and_sliders(notebook, name):
    root = figure(notebook, name)
    for part in root.find_elements(By.CSS_SELECTOR, "[role=slider], [type=range]"):
        seen = "aria-valuenow", "aria-valuetext"
        before = [part.get_attribute(a) for a in seen]
        for key in ("up", "left", "right", "right"):
            press(notebook, part, ARROWS[key])
        assert [part.get_attribute(a) for a in seen] != before


def test_arrow_keys_change_a_choice(notebook):
    root = figure(notebook, "sets")
    first = root.find_element(By.CSS_SELECTOR, "input[value=batch]")
    notebook.execute_script("arguments[0].focus(); arguments[0].click()", first)
    before = notebook.execute_script(ACTIVE)
    first.send_keys(ARROWS["right"])
    assert root.find_element(By.CSS_SELECTOR, "input[value=layer]").is_selected()
    assert notebook.execute_script(ACTIVE) == before


def test_python_sees_what_the_hand_does_and_the_figure_what_python_sets(notebook):
    root = figure(notebook, "batch")
    ask = notebook.execute_async_script
    ask(ASK, "batch.widget.x = [90.0, 30.0, 170.0, 110.0]")
    point = root.find_element(By.CSS_SELECTOR, '[data-handle="x0"]')
    WebDriverWait(notebook, 30).until(lambda _: point.get_attribute("aria-valuenow") == "90")
    press(notebook, point, ARROWS["up"])
    WebDriverWait(notebook, 30).until(
        lambda _: ask(ASK, "print(batch.widget.x)").strip() == "[92, 30, 170, 110]"
    )
    ask(ASK, "batch.widget.gamma = -1.5")
    WebDriverWait(notebook, 30).until(lambda _: "\u22121.5" in root.text)


def numbers(notebook, root, row):
    """The cells of a row of a figure's table, by its head."""
    return notebook.execute_script(
        "const row = [...arguments[0].querySelectorAll('tbody tr')].find("
        "r => r.querySelector('th').textContent === arguments[1]);"
        "return [...row.querySelectorAll('td')].map(c => c.textContent)",
        root,
        row,
    )


def test_the_signal_has_the_numbers_of_numpy_after_keys(notebook):
    root = figure(notebook, "signal")
    relu = root.find_element(By.CSS_SELECTOR, "input[value=ReLU]")
    notebook.execute_script("arguments[0].focus(); arguments[0].click()", relu)
    relu.send_keys(ARROWS["up"])
    assert root.find_element(By.CSS_SELECTOR, "input[value=tanh]").is_selected()
    slider = root.find_element(By.CSS_SELECTOR, "[type=range]")
    slider.send_keys(Keys.HOME)
    for _ in range(12):
        slider.send_keys(ARROWS["right"])
    assert root.find_element(By.CSS_SELECTOR, "output").text == "1.41 / √n"
    expected = [through_layers("tanh", 1.41, 1, bn).std[-1] for bn in (False, True)]
    assert numbers(notebook, root, "std") == [f"{v:.2g}" for v in expected]


def test_the_walk_has_the_numbers_of_the_stored_run_after_keys(notebook):
    root = figure(notebook, "landscape")
    moment, _ = root.find_elements(By.CSS_SELECTOR, "[type=range]")
    moment.send_keys(Keys.HOME)
    for _ in range(3):
        moment.send_keys(ARROWS["up"])
    choice = root.find_element(By.CSS_SELECTOR, "input[value=ReLU]")
    notebook.execute_script("arguments[0].focus(); arguments[0].click()", choice)
    choice.send_keys(ARROWS["right"])
    assert root.find_element(By.CSS_SELECTOR, "input[value=sigmoid]").is_selected()
    for name, normalized in {"without": "False", "batch norm": "True"}.items():
        where = {"net": "sigmoid", "normalized": normalized, "step": 20}
        median = sorted(tables.read("walks").column("loss 0.0", **where))[2]
        assert numbers(notebook, root, name)[0] == f"{median:.2g}"
