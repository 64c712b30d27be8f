"""Take the README's picture of a page of the built book: docs/page.png.

    python -m tools.picture [--mathjax FOLDER]

Formulas are set by MathJax, which the page loads from the web. Without a web, FOLDER is that of
the package `mathjax` of npm, version 3, as unpacked.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
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

_MATHJAX = re.compile(r'src="https?://[^"]*mathjax[^"]*/es5/([\w-]+\.js)"')


def copy_of_the_book(folder: Path, mathjax: Path | None) -> Path:
    """The built book in another folder, its MathJax replaced by the one given."""
    book = shutil.copytree(ROOT / "_build" / "html", folder / "html")
    if mathjax:
        shutil.copytree(mathjax / "es5", book / "mathjax")
        page = book / PAGE
        page.write_text(_MATHJAX.sub(r'src="/mathjax/\1"', page.read_text(encoding="utf-8")))
    return book


def take(address: str, profile: Path, offline: bool) -> bytes:
    """A PNG of the section as a reader sees it, once its formulas are set."""
    with browser.opened(profile, SIZE, offline) as driver:
        driver.get(f"{address}/{PAGE}#{SECTION}")
        deadline = time.monotonic() + 30
        while not driver.find_elements("css selector", "mjx-container"):
            if time.monotonic() > deadline:
                raise SystemExit("The formulas were not set: no web? See --mathjax.")
            time.sleep(0.2)
        driver.execute_script("return window.MathJax.startup.promise.then(() => true)")
        driver.execute_script(
            "document.documentElement.style.scrollBehavior = 'auto';"
            "document.getElementById(arguments[0]).scrollIntoView();",
            SECTION,
        )
        time.sleep(1)
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mathjax", type=Path, help="an unpacked npm package mathjax, version 3")
    mathjax = parser.parse_args().mathjax
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        with browser.served(copy_of_the_book(folder, mathjax)) as address:
            png = take(address, folder / "profile", offline=bool(mathjax))
    save(png, TARGET, LIMIT)


if __name__ == "__main__":
    main()
