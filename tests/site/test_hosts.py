"""No page asks another host for anything: read from the browser's own log of the network."""

import json
from urllib.parse import urlsplit

import pytest

from tests.site.browsing import until
from tests.site.page_files import built

CHUNKS = 8
LOGS = {"performance": "ALL"}

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

# From top to bottom, so that what is loaded late is loaded; quizzes and folded parts are opened.
# Done when the formulas are set and every picture is there or has failed.
LOOK = """
const done = arguments[0];
(async () => {
  document.documentElement.style.scrollBehavior = "auto";
  document.querySelectorAll("details").forEach((part) => { part.open = true; });
  document.querySelectorAll("img").forEach((picture) => { picture.loading = "eager"; });
  const step = window.innerHeight;
  for (let y = 0; y <= document.documentElement.scrollHeight; y += step) {
    window.scrollTo(0, y);
    await new Promise((next) => requestAnimationFrame(next));
  }
  if (document.readyState !== "complete") {
    await new Promise((next) => window.addEventListener("load", next));
  }
  if (window.MathJax?.startup) await MathJax.startup.promise;
  await Promise.all([...document.images].map((picture) => picture.decode().catch(() => null)));
})().then(() => done(), (error) => done(String(error)));
"""


def requested(browser):
    """Addresses that were asked for since the last call, from the log that the browser keeps."""
    messages = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    asked = []
    for message in messages:
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
        elif message["method"] == "Network.webSocketCreated":
            asked.append(message["params"]["url"])
    return asked


def visited(browser, address, page):
    """(own, foreign) requests of one page, looked at from its top to its end."""
    requested(browser)
    browser.get(f"{address}/{page}")
    if page == "index.html":  # leads on by itself; where to is looked at on its own
        until(browser, lambda b: not b.current_url.endswith(page))
    else:
        assert browser.execute_async_script(LOOK) is None
    asked = requested(browser)
    schemes = ("data", "blob", "about", "chrome", "chrome-error")
    asked = [url for url in asked if urlsplit(url).scheme not in schemes]
    own = [url for url in asked if url.startswith(f"{address}/")]
    return own, [url for url in asked if url not in own]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_page_asks_another_host(site, browser, host, chunk):
    """Every page, in chunks that the workers of a run share."""
    foreign = {}
    for page in list(built(site))[chunk::CHUNKS]:
        own, others = visited(browser, host, page)
        assert f"{host}/{page}" in own, f"the log does not hold {page} itself"
        if others:
            foreign[page] = sorted(set(others))
    assert foreign == {}


def test_the_book_is_what_was_visited(site):
    pages = built(site)
    assert {"index.html", "search.html", "404.html", "book/04_algorithm.html"} <= set(pages)
    assert len(pages) > CHUNKS


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://host.example/a.js"></script>',
        '<div style="height: 9000px"></div><img loading="lazy" src="https://host.example/a.png">',
        "<script>fetch('https://host.example/a.json').catch(() => 0)</script>",
        "<script>new WebSocket('wss://host.example/a')</script>",
        '<style>p { background: url("https://host.example/a.png") }</style><p>x</p>',
        '<details><summary>x</summary><img src="https://host.example/a.png"></details>',
    ],
)
def test_a_request_to_another_host_would_be_seen(browser, tmp_path, text):
    from tools.browser import served

    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><title>x</title>{text}")
    with served(tmp_path) as address:
        _, foreign = visited(browser, address, "page.html")
    assert {urlsplit(url).netloc for url in foreign} == {"host.example"}
