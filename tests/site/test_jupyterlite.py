"""The exercises in JupyterLite, inside the site: run, judged, kept, and asking no other host."""

import functools
import json
import time
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.site.browsing import until
from tools.browser import opened, served

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

NAME = "04_algorithm"
SECONDS = 120  # on a busy machine

# The notebook in front, once its kernel answers.
OPEN = """
const done = arguments[arguments.length - 1];
(async () => {
  const soon = async (ask) => {
    for (;;) {
      const answer = ask();
      if (answer) return answer;
      await new Promise((next) => setTimeout(next, 50));
    }
  };
  const app = await soon(() => window.jupyterapp);
  await app.restored;
  const front = () => app.shell.currentWidget;
  window.panel = await soon(() => front()?.sessionContext && front());
  await panel.context.ready;
  await panel.sessionContext.ready;
  return panel.sessionContext.session.path;
})().then(done, (error) => done({ failed: String(error) }));
"""
RUN_ALL = """
const done = arguments[arguments.length - 1];
jupyterapp.commands.execute('notebook:run-all-cells')
  .then(() => done(panel.content.model.toJSON().cells), (e) => done({ failed: String(e) }));
"""
# Writes into the first cell that begins with a text, runs it and the one below, and gives back
# what the latter shows.
ANSWER = """
const [start, source, done] = arguments;
(async () => {
  const texts = panel.content.widgets.map((cell) => cell.model.sharedModel);
  const at = texts.findIndex((text) => text.getSource().startsWith(start));
  if (at < 0) return { failed: `no cell begins with ${start}` };
  texts[at].setSource(source);
  panel.content.deselectAll();
  for (const index of [at, at + 1]) {
    panel.content.activeCellIndex = index;
    await jupyterapp.commands.execute('notebook:run-cell');
  }
  return panel.content.model.toJSON().cells[at + 1].outputs;
})().then(done, (error) => done({ failed: String(error) }));
"""
ADD = """
const [source, done] = arguments;
(async () => {
  panel.content.activeCellIndex = panel.content.widgets.length - 1;
  await jupyterapp.commands.execute('notebook:insert-cell-below');
  panel.content.activeCell.model.sharedModel.setSource(source);
  await jupyterapp.commands.execute('notebook:run-cell');
  // Cells out of sight are not on the page.
  await panel.content.scrollToItem(panel.content.activeCellIndex, 'center');
})().then(() => done(), (error) => done({ failed: String(error) }));
"""
# In the last figure with controls on the page.
IN_A_FIGURE = """
const figures = [...document.querySelectorAll('.jp-OutputArea .widget-vbox')]
  .filter((box) => box.querySelector('img')?.offsetWidth && box.querySelector('.noUi-handle'));
return figures.at(-1)?.querySelector(arguments[0]);
"""
RIGHT = """def standardize_batch(x, eps):
    mean = x.mean(axis=0)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axis=0) + eps)
"""
WRONG = """def standardize_batch(x, eps):
    mean = x.mean(axis=0)
    return (x - mean) / (((x - mean) ** 2).mean(axis=0) + eps)
"""


@pytest.fixture(scope="module")
def course(site, tmp_path_factory):
    """The address of the site below a path of its own, as a project's site has one."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "course").symlink_to(site)
    with served(folder) as address:
        yield f"{address}/course"


@pytest.fixture(scope="module")
def netlog(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "net.json"


@pytest.fixture(scope="module")
def notebook(lite, course, netlog, tmp_path_factory):
    """Notebook 4, opened by the link on its page."""
    flags = (f"--log-net-log={netlog}",)
    with opened(tmp_path_factory.mktemp("profile"), offline=True, flags=flags) as driver:
        driver.set_script_timeout(SECONDS)
        driver.get(f"{course}/exercises/{NAME}.html")
        (link,) = driver.find_elements("css selector", "article .lite-link a")
        assert link.is_displayed()
        driver.get(link.get_attribute("href"))
        assert driver.execute_async_script(OPEN) == f"{NAME}.ipynb"
        yield driver


def shown(outputs):
    assert "failed" not in outputs, outputs
    texts = (o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs)
    return "\n".join("".join(text) for text in texts)


def test_a_notebook_runs_to_its_end(notebook):
    cells = [c for c in notebook.execute_async_script(RUN_ALL) if c["cell_type"] == "code"]
    assert all(c["execution_count"] for c in cells if "".join(c["source"]).strip())
    assert not [o for c in cells for o in c["outputs"] if o["output_type"] == "error"]
    said = "\n".join(shown(c["outputs"]) for c in cells)
    assert said.count("not attempted (0 of ") == 5
    # Nothing in red: no warning that a list of fonts is being made, which takes seconds.
    outputs = [o for c in cells for o in c["outputs"]]
    assert not ["".join(o["text"]) for o in outputs if o.get("name") == "stderr"]


def test_a_wrong_answer_is_named_and_a_right_one_passes(notebook):
    start = "def standardize_batch"
    said = shown(notebook.execute_async_script(ANSWER, start, WRONG))
    assert "divide by the variance" in said
    said = shown(notebook.execute_async_script(ANSWER, start, RIGHT))
    assert "standardize_batch: 6 of 6 points" in said


def test_a_control_draws_again(notebook):
    source = (
        "from bnlib.figures.controls import redraw\n"
        "from bnlib.figures.style import panels\n"
        "redraw(lambda columns: panels(1, columns)[0], columns=(1, 3, 1))"
    )
    notebook.execute_async_script(ADD, source)
    wait = functools.partial(until, notebook)
    part = functools.partial(notebook.execute_script, IN_A_FIGURE)
    wait(lambda d: part("img.widget-image"))
    before = part("img.widget-image").get_attribute("src")

    def moved(driver):
        # Again where the kernel had no ear yet: there and back.
        for distance in (60, -60):
            ActionChains(driver).drag_and_drop_by_offset(
                part(".noUi-handle"), distance, 0
            ).perform()
            time.sleep(1)
            if part("img.widget-image").get_attribute("src") != before:
                return True
        return False

    wait(moved)
    # By the keyboard as well, which the notebook would take for its headings.
    value = part(".noUi-handle").get_attribute("aria-valuenow")
    part(".noUi-handle").send_keys(Keys.RIGHT if value == "1.0" else Keys.LEFT)
    wait(lambda d: part(".noUi-handle").get_attribute("aria-valuenow") != value)


def test_an_interactive_figure_shows(notebook):
    source = "from bnlib.figures.interactive.batch import Batch\nBatch()"
    notebook.execute_async_script(ADD, source)
    until(
        notebook,
        "return [...document.querySelectorAll('.jp-OutputArea-output svg')]"
        ".some((e) => e.getBoundingClientRect().width > 200)",
    )


def test_a_link_of_the_notebook_leads_to_the_chapter(notebook, course):
    notebook.execute_async_script("panel.content.scrollToItem(0, 'start').then(arguments[0])")
    href = notebook.execute_script(
        """
        const link = document.querySelector('.jp-RenderedMarkdown a[href*="book/04_algorithm"]');
        link.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
        return link.href;
        """
    )
    assert href.partition("#")[0] == f"{course}/book/04_algorithm.html"


def test_an_edit_survives_a_reload(notebook):
    # It is saved by itself within seconds.
    until(notebook, "return !panel.content.model.dirty", seconds=60)
    notebook.refresh()
    assert notebook.execute_async_script(OPEN) == f"{NAME}.ipynb"
    kept = notebook.execute_script("return JSON.stringify(panel.content.model.toJSON())")
    assert "np.sqrt(((x - mean) ** 2).mean(axis=0) + eps)" in kept


def test_nothing_was_asked_of_another_host(notebook, netlog, course):
    # What the kernel's worker asks is in the browser's own log alone.
    own = course.split("/")[2]
    end = time.monotonic() + 30
    while "pyodide.asm.wasm" not in (text := netlog.read_text("utf-8", "replace")):
        assert time.monotonic() < end, "the log does not hold what the kernel loads"
        time.sleep(0.5)
    events = (json.loads(line.rstrip(",")) for line in text.splitlines() if '"initiator"' in line)
    begun = [event["params"] for event in events if "url" in event["params"]]
    # What the browser asks for itself, updates for one, no page has begun.
    asked = [p["url"] for p in begun if p["initiator"].startswith("http")]
    assert len(asked) > 100
    assert {urlsplit(address).netloc for address in asked if address.startswith("http")} == {own}
