"""Take the README's picture of a page of the built book: docs/page.png.

python -m tools.picture
"""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path

from PIL import Image

from tools import browser

ROOT = Path(__file__).resolve().parents[1]
PAGE = "book/04_algorithm.html"
TARGET = ROOT / "docs" / "page.png"
SIZE = (1280, 1400)
SECTION = "sec-axes"
LIMIT = 300_000  # bytes


def take(address: str, profile: Path) -> bytes:
    """A PNG of the section as a reader sees it, once its formulas are set."""
    with browser.opened(profile, SIZE, offline=True) as driver:
        driver.get(f"{address}/{PAGE}#{SECTION}")
        deadline = time.monotonic() + 30
        while not driver.find_elements("css selector", "mjx-container"):
            if time.monotonic() > deadline:
                raise SystemExit("The formulas were not set: python -m tools.assets mathjax")
            time.sleep(0.2)
        # Where they are typeset in the browser: it may go on.
        driver.execute_script("return window.MathJax?.startup?.promise.then(() => true)")
        driver.execute_script(
            "document.documentElement.style.scrollBehavior = 'auto';"
            "document.getElementById(arguments[0]).scrollIntoView();",
            SECTION,
        )
        # Fonts of formulas are fetched when a formula is near; until then its letters are not seen.
        driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => setTimeout(() => document.fonts.ready.then(done), 1000));"
        )
        return driver.get_screenshot_as_png()


def save(png: bytes, target: Path, limit: int, bottom: int | None = None) -> None:
    """Write a screenshot, cut off below ``bottom``; more bytes than the limit is an error."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = image.crop((0, 0, image.width, min(bottom or image.height, image.height)))
    # 128 colours are enough for a page, and a third of the bytes.
    image = image.quantize(128, dither=Image.Dither.NONE)
    target.parent.mkdir(exist_ok=True)
    image.save(target, optimize=True)
    size = target.stat().st_size
    print(f"{target.relative_to(ROOT)}: {size} bytes")
    if size > limit:
        raise SystemExit(f"larger than {limit} bytes")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary,
        browser.served(ROOT / "_build" / "html") as address,
    ):
        png = take(address, Path(temporary, "profile"))
    save(png, TARGET, LIMIT)


if __name__ == "__main__":
    main()
