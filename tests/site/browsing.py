"""Looking at a page in a browser: its screen, its colours, and waiting for what it does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

HEIGHTS = {360: 800, 700: 1000, 1280: 1400}  # of the screens that tests use, by width, in pixels

# Colours do not change slowly while they are measured, and all sections are laid out.
STILL = """<style>*, ::before, ::after { transition: none !important }
section { content-visibility: visible !important }</style>"""

# Contrast as WCAG 2 defines it, of two colours as the browser writes them.
CONTRAST = """
const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (one, two) => {
    const [more, less] = [one, two].map(light).sort((a, b) => b - a);
    return (more + 0.05) / (less + 0.05);
};
"""
PALE = """
const ground = (e) => {
    const c = getComputedStyle(e).backgroundColor;
    return /, 0\\)$/.test(c) && e.parentElement ? ground(e.parentElement) : c;
};
const under = (e) => e.matches('svg .in')
    ? getComputedStyle(document.querySelector('.cell.in')).fill : ground(e);
const colour = (e) => getComputedStyle(e)[e.closest('svg') ? 'fill' : 'color'];
const texts = [...document.querySelectorAll(arguments[0])].filter(
    e => e.textContent.trim() && e.checkVisibility());
return [texts.length, texts.map(e => [e.textContent.trim().slice(0, 40),
    contrast(colour(e), under(e))]).filter(([, found]) => found < 4.5)];
"""


def until(driver: WebDriver, condition: str | Callable, *arguments, seconds: float = 30):
    """What a script or a function of the driver gives, as soon as that is true."""
    ask = condition if callable(condition) else lambda d: d.execute_script(condition, *arguments)
    what = condition.__name__ if callable(condition) else condition
    return WebDriverWait(driver, seconds, poll_frequency=0.05).until(ask, what)


def loaded(driver: WebDriver) -> None:
    """Wait for all that the page asked for."""
    until(driver, "return document.readyState === 'complete'")


def settle(driver: WebDriver) -> None:
    """Have nothing change slowly or be laid out late, from here on."""
    driver.execute_script("document.head.insertAdjacentHTML('beforeend', arguments[0])", STILL)


def set_screen(driver: WebDriver, width: int, height: int = 0, touch: bool = False) -> None:
    """A screen of this size, in pixels; one below 500, or one with touch, is a telephone's."""
    size = {"width": width, "height": height or HEIGHTS.get(width, 1000), "deviceScaleFactor": 1}
    size["mobile"] = touch or width < 500
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})


@contextlib.contextmanager
def phone(driver: WebDriver) -> Iterator[None]:
    """The screen of a telephone, 360 pixels wide, while this lasts."""
    set_screen(driver, 360)
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def set_theme(driver: WebDriver, theme: str) -> None:
    """ "light" or "dark"."""
    driver.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)


def sideways(driver: WebDriver) -> int:
    """By how many pixels the page is wider than its screen."""
    return driver.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def pale(driver: WebDriver, selector: str) -> list[tuple[str, float]]:
    """The texts, with their contrast, that can hardly be told from their ground; of some texts."""
    count, found = driver.execute_script(CONTRAST + PALE, selector)
    assert count, f"no text is shown in {selector}"
    return found


@contextlib.contextmanager
def before_each_page(driver: WebDriver, script: str) -> Iterator[None]:
    """Run a script at the start of each page that is opened while this lasts."""
    source = {"source": script}
    number = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source)["identifier"]
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": number})
