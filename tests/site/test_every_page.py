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


@pytest.fixture(scope="module")
def visit(browser, host, site, page):
    """A page in the browser, loaded, with what the console said of it."""
    assert (site / page).is_file(), f"{page} is in the table of contents and not in the site"
    set_screen(browser, 360)
    browser.get_log("browser")
    browser.get(f"{host}/{page}")
    loaded(browser)
    settle(browser)
    return SimpleNamespace(browser=browser, console=browser.get_log("browser"))


def test_the_console_is_empty(visit):
    said = [entry["message"] for entry in visit.console if entry["level"] in FAULTS]
    assert said == []


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


def test_axe_finds_nothing(visit, axe):
    """All rules on a wide screen in light mode; in dark mode those that look at colours."""
    set_screen(visit.browser, 1280)
    found = barriers(visit.browser, axe, "light")
    found += [f"dark, {f}" for f in barriers(visit.browser, axe, "dark", ["color-contrast"])]
    assert found == [], json.dumps(found, indent=1)
