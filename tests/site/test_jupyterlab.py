"""Every notebook runs from top to bottom in JupyterLab, and its controls draw again there."""

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import presence_of_element_located
from selenium.webdriver.support.ui import Select, WebDriverWait

from bnlib.checks import registry
from tools import browser

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(
    f"{path.parent.name}/{path.name}"
    for folder in ("exercises", "solutions")
    for path in (ROOT / folder).glob("*.ipynb")
)

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

# Runs all cells and gives back what the notebook then holds.
RUN_ALL = """
const done = arguments[arguments.length - 1];
(async () => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = await app.commands.execute('docmanager:open', {path: arguments[0]});
  await panel.context.ready;
  await panel.sessionContext.ready;
  await app.commands.execute('notebook:run-all-cells');
  return panel.content.model.toJSON();
})().then(done, error => done({failed: String(error)}));
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a JupyterLab that serves a copy of the notebooks."""
    home = tmp_path_factory.mktemp("lab")
    for folder in ("exercises", "solutions"):
        shutil.copytree(ROOT / folder, home / "work" / folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        **{f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "RUNTIME")},
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    options = [
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--ServerApp.root_dir={home / 'work'}",
    ]
    with open(home / "log", "w") as log:
        server = subprocess.Popen(
            [*command, *options], env=environment, cwd=home, stdout=log, stderr=log
        )
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/lab", timeout=5)
                break
            assert server.poll() is None, (home / "log").read_text()
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def lab(address, tmp_path_factory):
    with browser.opened(tmp_path_factory.mktemp("profile"), offline=True) as driver:
        driver.set_script_timeout(180)
        driver.get(f"{address}/lab")
        WebDriverWait(driver, 60).until(lambda d: d.execute_script("return !!window.jupyterapp"))
        yield driver


def run_all(lab, notebook):
    content = lab.execute_async_script(RUN_ALL, notebook)
    assert "failed" not in content, content
    return content


def texts(cell):
    for output in cell.get("outputs", []):
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        yield "".join(text)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_runs_to_its_end(lab, notebook):
    cells = [c for c in run_all(lab, notebook)["cells"] if c["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in cells if "".join(cell["source"]).strip())
    errors = [o for cell in cells for o in cell["outputs"] if o["output_type"] == "error"]
    assert not errors
    said = "\n".join(text for cell in cells for text in texts(cell))
    own = [e for e in registry.exercises() if e.notebook == Path(notebook).stem]
    for exercise in own:
        points = f"{exercise.points:g}"
        if notebook.startswith("solutions/"):
            assert f"{exercise.name}: {points} of {points} points" in said
        elif not exercise.repair:
            assert f"{exercise.name}: not attempted" in said
    if notebook.startswith("solutions/"):
        assert draws_again(lab)


def draws_again(lab):
    """Whether moving a control of the notebook in front draws another picture."""
    # On a busy machine JupyterLab shows a widget some time after the cell that made it has ended.
    shown = By.CSS_SELECTOR, ".jp-NotebookPanel:not(.lm-mod-hidden) img.widget-image"
    picture = WebDriverWait(lab, 60).until(presence_of_element_located(shown))
    lab.execute_script("arguments[0].scrollIntoView({block: 'center'})", picture)
    before = picture.get_attribute("src")
    box = picture.find_element(By.XPATH, "./..")
    controls = box.find_elements(By.CSS_SELECTOR, ".noUi-handle, select, input[type=checkbox]")
    assert controls, "no slider, menu or box beside the picture"
    steps = itertools.cycle((Keys.RIGHT, Keys.RIGHT, Keys.LEFT))

    def moved(driver):
        # Once more where the kernel had no ear yet: a busy machine may lose the first.
        if controls[0].tag_name == "select":
            menu = Select(controls[0])
            chosen = menu.options.index(menu.first_selected_option)
            menu.select_by_index((chosen + 1) % len(menu.options))
        elif controls[0].tag_name == "input":
            controls[0].click()
        else:
            controls[0].send_keys(next(steps))
        time.sleep(1)
        return picture.get_attribute("src") != before

    return WebDriverWait(lab, 90).until(moved)
