"""The copy of Python's memory that a visit leaves, and the next starts from."""

import re

import pytest

from tests.site.live_page import LivePage
from tests.site.test_live_loading import faulty

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

LOGS = {"browser": "ALL"}
SETUP, PRINTS, DRAWS = 0, 3, 4
KEPT = """
    const cache = await caches.open("bn-live");
    const text = (await cache.keys()).find(({ url }) => url.includes("/snapshot?"));
    return text ? (await cache.match(text)).json() : null;
"""
# Change one entry: arguments are a part of its address and the body of a function of its bytes.
CHANGE = """
    const [name, body, done] = arguments;
    (async () => {
        const cache = await caches.open("bn-live");
        const request = (await cache.keys()).find(({ url }) => url.includes(`/${name}?`));
        const bytes = new Uint8Array(await (await cache.match(request)).arrayBuffer());
        await cache.put(request, new Response(new Function("bytes", body)(bytes)));
    })().then(done);
"""
WITHOUT_PACKAGES = """
    const [done] = arguments;
    (async () => {
        const cache = await caches.open("bn-live");
        for (const request of await cache.keys()) {
            if (/\\.(whl|zip\\?v=)/.test(request.url) && !request.url.includes("stdlib")) {
                await cache.delete(request);
            }
        }
    })().then(done);
"""


def kept(page, *packages):
    """The description of the copy, once it holds these packages."""
    return page.until(
        f"return (async () => {{ {KEPT} }})().then(text =>"
        " text && arguments[0].every(name => text.packages.includes(name)) && text)",
        list(packages),
    )


# All entries of one cache into another.
COPY = """
    const [from, to, done] = arguments;
    (async () => {
        const [source, target] = [await caches.open(from), await caches.open(to)];
        for (const request of await target.keys()) await target.delete(request);
        for (const request of await source.keys()) {
            await target.put(request, await source.match(request));
        }
    })().then(done);
"""


@pytest.fixture(scope="module")
def first_visit(site, browser):
    """A page in a browser in which a first visit has left a copy, and the server of it."""
    with faulty(site) as (address, handler):
        page = LivePage(browser, address).open()
        assert page.run(PRINTS).startswith("Done")
        kept(page, "numpy")
        browser.execute_async_script(COPY, "bn-live", "as-it-was-left")
        yield page, handler


@pytest.fixture
def visited(first_visit):
    """The same, whatever another test has done to it."""
    page, handler = first_visit
    handler.fault, handler.instead = ("", ""), {}
    page.driver.get("about:blank")
    page.open().forget()
    page.driver.execute_async_script(COPY, "as-it-was-left", "bn-live")
    page.driver.get_log("browser")
    return page.open(), handler


def started_anew(page):
    return [e for e in page.driver.get_log("browser") if "Python starts anew" in e["message"]]


def test_the_next_visit_starts_from_it_and_asks_for_no_package(visited):
    page, handler = visited
    assert "matplotlib" not in kept(page, "bnlib", "numpy")["packages"]
    first = page.output(PRINTS)
    page.run(DRAWS)
    # The copy grows with what is used.
    assert kept(page, "matplotlib")["size"] > 0
    page.driver.execute_async_script(WITHOUT_PACKAGES)
    handler.fault = (".whl", "gone")
    page.open()
    assert page.run(PRINTS).startswith("Done")
    assert page.output(PRINTS) == first
    assert page.run(DRAWS) == "Done."
    assert page.picture(DRAWS).startswith("data:image/png")
    assert started_anew(page) == []


def test_it_knows_nothing_of_what_has_run_and_draws_other_random_numbers(visited):
    page, _ = visited
    numbers = []
    for _ in range(2):
        page.open()
        page.edit(SETUP, text="import numpy as np\nprint('x' in globals(), np.random.rand())")
        page.run(SETUP)
        defined, number = page.output(SETUP).split()
        assert defined == "False"
        numbers.append(number)
        page.forget()
    assert numbers[0] != numbers[1]
    assert started_anew(page) == []


@pytest.mark.parametrize(
    ("entry", "change"),
    [
        ("snapshot-memory", "return bytes.subarray(0, 1000000)"),
        ("snapshot-files", "return bytes.subarray(1)"),
        (
            "snapshot",
            "const text = JSON.parse(new TextDecoder().decode(bytes));"
            " text.libraries.state.sum += 1; return JSON.stringify(text)",
        ),
    ],
)
def test_one_that_does_not_fit_is_dropped_and_python_starts_from_nothing(visited, entry, change):
    page, _ = visited
    page.driver.execute_async_script(CHANGE, entry, change)
    page.open()
    assert page.run(PRINTS).startswith("Done")
    (said,) = started_anew(page)
    assert re.search(r"bytes are kept|sum: ", said["message"])


def test_another_version_of_the_site_leaves_nothing_behind(visited, site):
    page, handler = visited
    of_the_list = "_static/live/manifest.js"
    text = (site / of_the_list).read_text("utf-8")
    version = re.search(r'"version":"(\w+)"', text).group(1)
    handler.instead = {f"/{of_the_list}": text.replace(version, "another").encode()}
    page.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    page.open()
    assert page.run(PRINTS).startswith("Done")
    page.until(
        "return caches.open('bn-live').then(c => c.keys()).then(k => k.some("
        "({ url }) => url.includes('snapshot?v=another')))"
    )
    page.until(
        "return caches.open('bn-live').then(c => c.keys()).then(k => k.every("
        f"({{ url }}) => !url.includes('{version}')))"
    )


def test_a_stop_while_it_is_put_back_makes_the_next_run_start_from_nothing(visited):
    page, _ = visited
    page.driver.execute_script(
        """const make = window.Worker; window.names = [];
           window.Worker = class extends make {
             constructor(url, options) { super(url, options); window.names.push(options.name); }
           };"""
    )
    page.press(PRINTS, "Run")
    page.until("return window.names.length")
    page.press(PRINTS, "Stop")
    assert "Stopped." in page.ended(PRINTS)
    assert page.run(PRINTS).startswith("Done")
    assert page.driver.execute_script("return window.names") == ["", "anew"]
