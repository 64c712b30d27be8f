"""A page with one interactive figure, without the book, and hands for it in a browser."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from bnlib.figures.interactive import esm
from tests.site.browsing import set_screen, until
from tools.site.figures import listed

ROOT = Path(__file__).resolve().parents[2]

# The theme's variables, with its own values, as far as the figures read them.
PAGE = """<!doctype html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>A figure</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="_static/figures/kit.css"><style>
html {{ --pst-color-text-base: #222832; --pst-color-text-muted: #48566b;
  --pst-color-background: #fff; --pst-color-surface: #f3f4f5; --pst-color-border: #c9ced3;
  --pst-color-link: #0a7d91; }}
html[data-theme=dark] {{ --pst-color-text-base: #ced6dd; --pst-color-text-muted: #9ca4af;
  --pst-color-background: #14181e; --pst-color-surface: #222832; --pst-color-border: #48566b;
  --pst-color-link: #3fb1c5; }}
body {{ background: var(--pst-color-background); color: var(--pst-color-text-base);
  font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 720px; padding: 16px; }}
</style></head><body><main><h1>A figure</h1>{figure}<p id="after">What follows.</p></main>
{script}</body></html>"""
SCRIPT = '<script type="module" src="_static/figures/host.js"></script>'


def write_page(figure, folder: Path, script: str = SCRIPT) -> Path:
    """The folder, with index.html and what the site lays beside a page that shows this figure."""
    static = folder / "_static" / "figures"
    static.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "book" / "_static" / "figures" / "host.js", static)
    shutil.copy(esm.CSS, static)
    (static / f"{figure.name}.js").write_text(esm.joined(figure.name), encoding="utf-8")
    (static / "modules.js").write_text(listed([figure.name]), encoding="utf-8")
    text = PAGE.format(figure=figure.to_html(), script=script)
    (folder / "index.html").write_text(text, encoding="utf-8")
    return folder


class Hands:
    """What a reader does to the figure of a page, and what is then seen."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, address: str, width: int = 1280, touch: bool = False) -> Hands:
        """The page, with the figure running."""
        set_screen(self.driver, width, touch=touch)
        self.driver.get(address)
        self.wait(".bn-live .bn-plot, .bn-live button")
        return self

    def wait(self, selector: str):
        return until(self.driver, lambda d: d.find_elements("css selector", selector))[0]

    def find(self, selector: str):
        return self.driver.find_element("css selector", f".bn-live {selector}")

    def text(self, selector: str) -> str:
        return self.find(selector).get_attribute("textContent")

    def handle(self, name: str):
        """A point that can be dragged, by its name in the figure's JavaScript."""
        return self.find(f'[data-handle="{name}"]')

    def drag(self, name: str, dx: float, dy: float) -> None:
        """Drag a point by mouse, by so many pixels."""
        chain = ActionChains(self.driver, duration=20)
        chain.click_and_hold(self.handle(name).find_element("css selector", ".hit"))
        chain.move_by_offset(round(dx / 2), round(dy / 2))
        chain.move_by_offset(round(dx) - round(dx / 2), round(dy) - round(dy / 2))
        chain.release().perform()

    def swipe(self, name: str, dx: float, dy: float) -> None:
        """Drag a point by a finger."""
        element = self.handle(name)
        box = self.driver.execute_script(
            "const b = arguments[0].querySelector('.hit').getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2]",
            element,
        )
        # The browser may leave out moves that follow each other too fast, the last one too.
        moves = [("touchMove", part) for part in (0.5, 1, 1)]
        steps = [("touchStart", 0), *moves, ("touchEnd", None)]
        for kind, part in steps:
            points = [] if part is None else [{"x": box[0] + part * dx, "y": box[1] + part * dy}]
            self.finger(kind, points)

    def finger(self, kind: str, points: list[dict]) -> None:
        given = {"type": kind, "touchPoints": points}
        self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", given)

    def tap(self, element, share: float = 0.5) -> None:
        """Touch a control at a share of its width, or the words beside a small one."""
        x, y = self.driver.execute_script(
            "const e = arguments[0].closest('label') ?? arguments[0];"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.x + 4 + arguments[1] * (b.width - 8), b.y + b.height / 2]",
            element,
            share,
        )
        self.finger("touchStart", [{"x": x, "y": y}])
        self.finger("touchEnd", [])

    def press(self, element, *keys: str) -> None:
        """Focus an element of the figure, and press keys on it."""
        self.driver.execute_script("arguments[0].focus()", element)
        ActionChains(self.driver, duration=20).send_keys(*keys).perform()

    def slide(self, label: str, value: str) -> None:
        """Put a slider, found by the words of its label, to a value of its own scale."""
        self.driver.execute_script(
            "const i = arguments[0]; i.value = arguments[1];"
            "i.dispatchEvent(new Event('input', {bubbles: true}))",
            self.control(label),
            value,
        )

    def control(self, label: str):
        """The control with these words in its label."""
        return self.driver.execute_script(
            """
            const label = [...document.querySelectorAll('.bn-live label')].find(
                l => l.textContent.includes(arguments[0]));
            return label.control;
            """,
            label,
        )

    def said(self) -> str:
        """What the figure says to a screen reader, once it says something."""
        return until(self.driver, lambda d: self.text("[role=status]"))

    def heights(self) -> tuple[float, float]:
        """Of the running figure, and of the room that is kept for it, in pixels."""
        return tuple(
            self.driver.execute_script(
                "const h = s => document.querySelector(s).getBoundingClientRect().height;"
                "return [h('.bn-live'),"
                " parseFloat(getComputedStyle(document.querySelector('.bn-room')).minHeight)]"
            )
        )

    def compute(self, name: str, state: dict, function: str = "compute"):
        """What a pure function of the figure's module returns for a state."""
        answer = self.driver.execute_async_script(
            """
            const [name, function_, state, done] = arguments;
            import(new URL(`_static/figures/${name}.js`, location.href)).then(
                m => done({value: m[function_](state)}), e => done({error: String(e)}));
            """,
            name,
            function,
            state,
        )
        assert "error" not in answer, answer
        return answer["value"]

    def picture(self, path: Path) -> None:
        """A screenshot of the whole page, to be looked at."""
        height = self.driver.execute_script("return document.documentElement.scrollHeight")
        width = self.driver.execute_script("return innerWidth")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.save_screenshot(str(path))


ARROWS = {"left": Keys.LEFT, "right": Keys.RIGHT, "up": Keys.UP, "down": Keys.DOWN}


@contextlib.contextmanager
def shown(figure, folder: Path, script: str = SCRIPT):
    """(address of the page) while it is served."""
    from tools.browser import served

    with served(write_page(figure, folder, script)) as address:
        yield address
