"""Live cells where what they load cannot be had: they say so, and the page stays a page."""

import io
import shutil
import threading
from contextlib import contextmanager
from typing import ClassVar

import pytest

from tests.site.live_page import CHAPTER, LivePage
from tools.browser import Quiet, opened, served

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

PRINTS = 3
WASM = "pyodide.asm.wasm"


class Faulty(Quiet):
    """A server that breaks off one file, or has it not, as long as ``fault`` says so."""

    fault: tuple[str, str] = ("", "")
    # What is sent in place of a file, by its path.
    instead: ClassVar[dict[str, bytes]] = {}
    # Held until it is set: a file of the kind "slow".
    go_on = threading.Event()

    def copyfile(self, source, outputfile):
        name, kind = self.fault
        if kind == "broken" and name in self.path:
            outputfile.write(source.read(100_000))
            self.close_connection = True
        else:
            super().copyfile(source, outputfile)

    def send_head(self):
        name, kind = self.fault
        if kind == "gone" and name in self.path:
            self.send_error(404)
            return None
        if kind == "slow" and name in self.path:
            self.go_on.wait(60)
        if (body := self.instead.get(self.path.partition("?")[0])) is not None:
            self.send_response(200)
            self.send_header("Content-Type", self.guess_type(self.path.partition("?")[0]))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return io.BytesIO(body)
        return super().send_head()


@contextmanager
def faulty(folder):
    """The address of a folder, and the server's handler, whose ``fault`` can be set."""
    handler = type("Handler", (Faulty,), {})
    with served(folder, handler) as address:
        yield address, handler


@pytest.fixture
def browser(tmp_path):
    """With nothing in its caches."""
    with opened(tmp_path / "profile", offline=True) as driver:
        yield driver


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        (WASM, "broken", ["pyodide.asm.wasm broke off after", "of 10105545 bytes"]),
        ("numpy-2", "broken", ["numpy", "broke off"]),
        ("/vendor/pyodide/", "gone", ["could not be loaded"]),
        ("worker.js", "gone", ["worker's script could not be loaded"]),
    ],
)
def test_a_download_that_fails_is_said_and_can_be_tried_again(site, browser, name, kind, words):
    with faulty(site) as (address, handler):
        page = LivePage(browser, address).open()
        before = page.output(PRINTS)
        handler.fault = (name, kind)
        said = page.run(PRINTS)
        assert all(word in said for word in words), said
        assert page.output(PRINTS) == before
        handler.fault = ("", "")
        page.press(PRINTS, "Try again")
        page.until(
            "return document.querySelector(arguments[0]).textContent.startsWith('Done')",
            f".cell.live-{PRINTS} .live-status",
        )
        assert page.output(PRINTS).split() == before.split()


def test_under_another_path_and_with_what_is_kept_it_runs_too(site, browser, tmp_path):
    """A site below a path; the second time, nothing large is asked for."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "course").symlink_to(site)
    with faulty(tmp_path / "root") as (address, handler):
        page = LivePage(browser, f"{address}/course").open()
        assert page.run(PRINTS).startswith("Done")
        page.until(
            """return caches.open("bn-live").then(c => c.keys())
                   .then(k => k.some(r => r.url.includes("pyodide.asm.wasm")))"""
        )
        # Whatever is asked for again is refused.
        handler.fault = (".wasm", "gone")
        page.open()
        assert page.run(PRINTS).startswith("Done")


def test_without_the_editors_files_a_plain_field_is_there(site, browser):
    with faulty(site) as (address, handler):
        handler.fault = ("/vendor/editor/", "gone")
        page = LivePage(browser, address).open()
        page.edit(PRINTS, text="print('plain')")
        assert browser.find_elements("css selector", "textarea.live-plain")
        page.run(PRINTS)
        assert page.output(PRINTS).split() == ["plain"]


def test_a_site_without_pyodide_is_whole_and_says_why_nothing_runs(site, browser, tmp_path):
    """The folder is removed here; that pages of such a build say it, tests/tools/test_live.py."""
    copy = tmp_path / "site"
    shutil.copytree(site, copy, ignore=shutil.ignore_patterns("pyodide", "lite"))
    (copy / "_static" / "live" / "manifest.js").write_text("export const manifest = null;\n")
    with faulty(copy) as (address, _):
        page = LivePage(browser, address, CHAPTER).open()
        before = page.output(PRINTS)
        assert "built without Pyodide" in page.run(PRINTS)
        assert page.output(PRINTS) == before


def test_a_stop_while_python_loads_is_said_and_the_next_run_works(site, browser):
    with faulty(site) as (address, handler):
        handler.fault, handler.go_on = (WASM, "slow"), threading.Event()
        page = LivePage(browser, address)
        page.open()
        page.press(PRINTS, "Run")
        page.until(
            "return document.querySelector(arguments[0])?.textContent.includes('Loading')",
            f".cell.live-{PRINTS} .live-status",
        )
        page.press(PRINTS, "Stop")
        assert "Stopped." in page.ended(PRINTS)
        page.no_worker_is_left()
        handler.go_on.set()
        assert "Stopped." not in page.run(PRINTS)
