"""Every page, once: without errors in the console, within a telephone, and without a barrier.

A page is loaded once for all of its tests, on a telephone of 360 pixels in light mode and then, in
place, in dark mode and on a wide screen.
"""

import json
from types import SimpleNamespace

import pytest

from tests.site.browsing import loaded, set_screen, set_theme, settle

pytestmark = [pytest.mark.needs_system("chromium", "chromedriver"), pytest.mark.every_page]

LOGS = {"browser": "ALL"}
# What a message of the console is about that no page is to have.
FAULTS = {"SEVERE", "WARNING"}

BEYOND = """
const width = document.documentElement.clientWidth;
const scrolls = (e) => e && e !== document.body &&
  (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
const wide = document.documentElement.scrollWidth - width;
return wide <= 1 ? [] : [`the page is ${wide} pixels too wide`, ...[...document.querySelectorAll(
  "main *")].filter(e => e.getBoundingClientRect().right > width + 1 && !scrolls(e)).slice(0, 5)
  .map(e => e.outerHTML.slice(0, 120))];
"""
# Buttons and links in the head of a page that lie on each other.
OVERLAPPING = """
const boxes = [...document.querySelectorAll(".bd-header-article :is(a, button)")]
  .filter(e => e.checkVisibility({visibilityProperty: true}))
  .map(e => [e, e.getBoundingClientRect()]);
return boxes.flatMap(([e, a], i) => boxes.slice(i + 1).filter(([f, b]) => !e.contains(f)
  && !f.contains(e) && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
  && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
  .map(([f]) => `${e.outerHTML.slice(0, 80)} on ${f.outerHTML.slice(0, 80)}`));
"""
AXE = """
const [rules, done] = arguments;
const only = rules ? {runOnly: {type: "rule", values: rules}} : {};
axe.run(document, {...only, resultTypes: ["violations"]}).then(({violations}) => done(
  violations.flatMap(v => v.nodes.slice(0, 5)
    .map(n => `${v.id}: ${n.target.join(" ")} | ${n.failureSummary}`))),
  error => done([String(error)]));
"""


def opened_on_a_telephone(browser, address):
    """A page in the browser, loaded, with what the console said of it."""
    set_screen(browser, 360)
    browser.get_log("browser")
    browser.get(address)
    loaded(browser)
    settle(browser)
    return SimpleNamespace(browser=browser, console=browser.get_log("browser"))


@pytest.fixture(scope="module")
def visit(browser, host, site, page):
    assert (site / page).is_file(), f"{page} is in the table of contents and not in the site"
    return opened_on_a_telephone(browser, f"{host}/{page}")


def faults(visit):
    return [entry["message"] for entry in visit.console if entry["level"] in FAULTS]


def test_the_console_is_empty(visit):
    assert faults(visit) == []


def test_it_fits_a_telephone(visit):
    assert visit.browser.execute_script(BEYOND) == []
    assert visit.browser.execute_script(OVERLAPPING) == []


@pytest.fixture(scope="module")
def axe():
    from conftest import not_run

    from tools.assets import fetch

    folder = fetch("axe")
    if folder is None:
        not_run("tests of accessibility (axe-core cannot be fetched)", "a connection to the web")
    return next(folder.rglob("axe.min.js")).read_text("utf-8")


def barriers(browser, axe, theme, rules=None):
    """What axe finds on the page that is shown, in a theme."""
    set_theme(browser, theme)
    if not browser.execute_script("return typeof axe === 'object'"):
        browser.execute_script(axe)
    return browser.execute_async_script(AXE, rules)


def found_by_axe(visit, axe):
    """All rules on a wide screen in light mode; in dark mode those that look at colours."""
    set_screen(visit.browser, 1280)
    found = barriers(visit.browser, axe, "light")
    return found + [f"dark, {f}" for f in barriers(visit.browser, axe, "dark", ["color-contrast"])]


def test_axe_finds_nothing(visit, axe):
    found = found_by_axe(visit, axe)
    assert found == [], json.dumps(found, indent=1)


# ---------------------------------------------------------------- what is looked at is seen

BARE = """<!DOCTYPE html><html lang="en"><head><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>html {{ background: #fff }} html[data-theme=dark] {{ background: #000; color: #fff }}</style>
</head><body><main><h1>A page</h1>{}</main></body></html>"""


@pytest.fixture
def bare(browser, tmp_path):
    """Open a page with this in it, on a telephone."""
    from tools.browser import served

    with served(tmp_path) as address:

        def get(text):
            (tmp_path / "page.html").write_text(BARE.format(text))
            return opened_on_a_telephone(browser, f"{address}/page.html")

        yield get


def test_a_page_without_fault_has_none(bare, axe):
    visit = bare("<p>Text.</p>")
    assert faults(visit) == visit.browser.execute_script(BEYOND) == found_by_axe(visit, axe) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">', "image-alt"),
        ('<button style="height: 44px; width: 44px"></button>', "button-name"),
        ("<style>html[data-theme=light] p { color: #bbb }</style><p>Pale.</p>", "color-contrast"),
        (
            "<style>html[data-theme=dark] p { color: #444 }</style><p>Pale.</p>",
            "dark, color-contrast",
        ),
    ],
)
def test_a_barrier_would_be_seen(bare, axe, text, rule):
    (found,) = found_by_axe(bare(text), axe)
    assert found.startswith(f"{rule}: ")


def test_what_is_too_wide_would_be_seen(bare):
    wide, element = bare('<div style="width: 400px">Wide.</div>').browser.execute_script(BEYOND)
    assert "pixels too wide" in wide
    assert "Wide." in element


@pytest.mark.parametrize(
    "text",
    [
        "<script>console.error('broken')</script>",
        "<script>console.warn('broken')</script>",
        "<script>throw Error('broken')</script>",
        "<script type='module'>await Promise.reject(Error('broken'))</script>",
        "<img alt='broken' src='broken.png'>",
    ],
)
def test_a_word_in_the_console_would_be_seen(bare, text):
    (said,) = faults(bare(text))
    assert "broken" in said
