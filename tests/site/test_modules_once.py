"""Each module of ours is loaded once in a page, by an address with the hash of what it says."""

import re
from collections import defaultdict
from urllib.parse import urlsplit

import pytest
from browser.practising import DEVIATION, Reader

from tests.site.live_page import LivePage
from tools.browser import Quiet, served
from tools.site import modules

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

OURS = re.compile(rf"/_static/((?:{'|'.join(modules.FOLDERS)})/[\w/]+\.js)$")
PHASE = """
const [address, done] = arguments;
import(address).then(({Runtime}) => done(Runtime.shared().state.phase), (e) => done(String(e)));
"""


@pytest.fixture(scope="module")
def visited(site, browser):
    """(driver, address of the site, addresses that were asked for so far)."""
    asked = []

    class Host(Quiet):
        def log_message(self, *arguments):
            asked.append(self.path)

        def end_headers(self):
            # Each page asks for all that it loads.
            self.send_header("Cache-Control", "no-store")
            super().end_headers()

    with served(site, Host) as address:
        yield browser, address, asked


def loaded(asked):
    """The addresses by which each module of ours was asked for, by its name."""
    found = defaultdict(set)
    for address in asked:
        match = OURS.search(urlsplit(address).path)
        if match:
            found[match[1]].add(address)
    return found


def each_once(found, site):
    static = site / modules.STATIC
    paths = [path for folder in modules.FOLDERS for path in (static / folder).rglob("*.js")]
    texts = {p.relative_to(static).as_posix(): modules.bare(p.read_text("utf-8")) for p in paths}
    hashes = modules.hashed(texts).hashes
    for name, addresses in found.items():
        assert {urlsplit(a).query for a in addresses} == {f"v={hashes[name]}"}, name


def test_on_a_page_with_cells_and_figures(visited, site):
    driver, address, asked = visited
    asked.clear()
    page = LivePage(driver, address).open()
    if not page.cells():
        pytest.skip("the site has no Pyodide : make assets book")
    driver.execute_script("document.querySelector('.interactive').scrollIntoView()")
    page.until("return document.querySelector('.interactive .bn-live svg')")
    cell = page.cells()[0]
    page.press(cell, "Edit")
    page.until(f"return document.querySelector('.cell.live-{cell} textarea')")
    page.run(cell)
    found = loaded(asked)
    named = ("cells", "page", "editor", "runtime", "worker", "manifest", "parts")
    assert {f"live/{name}.js" for name in named} <= found.keys()
    assert {"figures/host.js", "figures/modules.js", "figures/batch.js"} <= found.keys()
    each_once(found, site)
    # Whoever imports it has the page's own Python.
    (runtime,) = found["live/runtime.js"]
    assert driver.execute_async_script(PHASE, f"{address}{runtime}") == "ready"
    assert driver.execute_async_script(PHASE, f"{address}{runtime}&other") == "off"
    (cells,) = [a for a in asked if "/pages/" in a]
    assert re.search(r"/pages/book/04_algorithm\.json\?v=[0-9a-f]{12}$", cells)


def test_on_a_page_of_exercises(visited, site):
    driver, address, asked = visited
    asked.clear()
    reader = Reader(driver, address)
    reader.open()
    reader.write("standardize_batch", DEVIATION)
    reader.check("standardize_batch")
    found = loaded(asked)
    named = ("practice/page", "practice/work", "practice/report", "live/runtime", "live/editor")
    assert {f"{name}.js" for name in named} <= found.keys()
    each_once(found, site)
