"""The system's Chromium, driven by Selenium, and a folder served to it on the loopback."""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import sys
import threading
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


@contextlib.contextmanager
def opened(
    profile: Path,
    size: tuple[int, int] = (1200, 1400),
    offline: bool = False,
    capabilities: dict | None = None,
    flags: tuple[str, ...] = (),
):
    """A browser with an empty profile; ``offline`` keeps it from every machine but this one.

    capabilities: of WebDriver, for example which logs are kept; flags: more of Chromium's own.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    # A page is ready when its text is; what it asks of other machines is not waited for.
    options.page_load_strategy = "eager"
    own = (f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}")
    for flag in (*FLAGS, *own, *flags):
        options.add_argument(flag)
    if offline:
        options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    for name, value in (capabilities or {}).items():
        options.set_capability(name, value)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.set_page_load_timeout(60)
        yield driver
    finally:
        driver.quit()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Sends files as they are, and says nothing of it."""

    def log_message(self, *arguments):
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # A browser that leaves a page breaks its connections: no news.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def served(folder: Path, handler: type[Quiet] = Quiet):
    """The address of a folder, served on the loopback at a free port."""
    handler = functools.partial(handler, directory=str(folder))
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
