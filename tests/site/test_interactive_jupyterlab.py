"""Interactive figures in JupyterLab: they run as widgets there, and keys reach them."""

import pytest
from selenium.webdriver.common.keys import Keys

from bnlib.lab import tables
from bnlib.lab.forward import through_layers
from tests.site.interactive import Hands
from tests.site.test_jupyterlab import address, lab, run_all  # noqa: F401 (fixtures)

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

SAVE = """
const [path, source, done] = arguments;
const cell = (text) => ({cell_type: 'code', source: text, metadata: {}, outputs: [],
                         execution_count: null});
const content = {cells: source.map(cell), nbformat: 4, nbformat_minor: 4, metadata: {
  kernelspec: {name: 'python3', display_name: 'Python 3', language: 'python'}}};
window.jupyterapp.serviceManager.contents.save(path, {type: 'notebook', format: 'json', content})
  .then(() => done('saved'), error => done(String(error)));
"""
# A cell before and one after, so that there is another cell to choose.
SIGNAL = ["from bnlib.figures.interactive.signal import Signal", "Signal()", "1"]
LANDSCAPE = ["from bnlib.figures.interactive.landscape import Landscape", "Landscape()", "1"]


@pytest.fixture
def shown(lab):  # noqa: F811
    """Run a notebook of these cells; the hands are for the figure in it."""

    def show(name, cells):
        assert lab.execute_async_script(SAVE, f"{name}.ipynb", cells) == "saved"
        content = run_all(lab, f"{name}.ipynb")
        errors = [
            output
            for cell in content["cells"]
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]
        assert errors == []
        hands = Hands(lab)
        hands.wait(".jp-NotebookPanel:not(.lm-mod-hidden) .bn-live .bn-plot")
        return hands

    yield show
    close(lab)


def row(hands, name):
    """The numbers of a row of the table, as they are shown."""
    return hands.driver.execute_script(
        "const row = [...document.querySelectorAll('.bn-live tbody tr')].find("
        "r => r.querySelector('th').textContent === arguments[0]);"
        "return [...row.querySelectorAll('td')].map(c => c.textContent)",
        name,
    )


def active_cell(driver):
    return driver.execute_script(
        "return window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    )


def close(driver):
    driver.execute_async_script(
        "const done = arguments[0]; const app = window.jupyterapp;"
        "const panel = app.shell.currentWidget;"
        "panel.context.save().then(() => panel.sessionContext.shutdown())"
        ".then(() => { panel.close(); done(); }, () => done());"
    )


def test_arrow_keys_change_the_signal_and_choose_no_other_cell(shown):
    hands = shown("signal", SIGNAL)
    hands.press(hands.control("Weights' deviation"), *[Keys.RIGHT] * 6)
    before = active_cell(hands.driver)  # that of the figure, which has the focus
    assert hands.text("output") == "1.41 / √n"
    expected = through_layers("ReLU", 1.41, 1, True).std[-1]
    assert row(hands, "std")[1] == f"{expected:.2g}"
    hands.press(hands.control("ReLU"), Keys.UP)
    assert hands.control("tanh").is_selected()
    expected = through_layers("tanh", 1.41, 1, False).std[-1]
    assert row(hands, "std")[0] == f"{expected:.2g}"
    assert active_cell(hands.driver) == before


def test_arrow_keys_change_the_walk(shown):
    hands = shown("landscape", LANDSCAPE)
    table = tables.read("walks")
    median = sorted(table.column("loss 0.0", net="relu", normalized="True", step=20))[2]
    hands.press(hands.control("Trained for"), Keys.UP)
    before = active_cell(hands.driver)
    assert hands.text(".bn-slider output") == "20 steps"
    assert row(hands, "batch norm")[0] == f"{median:.2g}"
    hands.press(hands.handle("step"), Keys.DOWN, Keys.LEFT)
    assert hands.control("Step").get_attribute("value") == "8"
    hands.press(hands.control("ReLU"), Keys.RIGHT)
    assert hands.control("sigmoid").is_selected()
    assert active_cell(hands.driver) == before
