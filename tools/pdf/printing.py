"""Chromium prints the document: formulas set, wide things shrunk, page numbers in the contents."""

from __future__ import annotations

import base64
import contextlib
import io
import shutil
import tempfile
from pathlib import Path

import pikepdf

from tools import browser
from tools.pdf.assembling import STYLE, Assembled

MILLIMETRES = 96 / 25.4  # CSS pixels in one
WIDTH = round((210 - 2 * 17) * MILLIMETRES)  # of the text, as in book.css
SECONDS = 600

LOADED = """
if (document.readyState === 'complete') arguments[0]();
else addEventListener('load', () => arguments[0]());
"""
# Waits until the formulas are set and the pictures are there; gives back what went wrong.
READY = """
const done = arguments[arguments.length - 1];
(async () => {
  const problems = [];
  if (window.MathJax?.startup?.promise) await MathJax.startup.promise;
  for (const formula of document.querySelectorAll('.math:not(:has(mjx-container))')) {
    problems.push(`formula not set: ${formula.textContent.slice(0, 60)}`);
  }
  for (const error of document.querySelectorAll('mjx-merror')) {
    problems.push(`formula: ${error.title || error.textContent}`);
  }
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {
    problems.push(`picture: ${image.getAttribute('src').slice(0, 100)}`);
  })));
  await document.fonts.ready;
  return problems;
})().then(done, (error) => done([String(error)]));
"""
# Shrinks what is wider than the text: tables, formulas, drawings.
FIT = """
const kinds = 'table, mjx-container[display="true"] > mjx-math, svg, .interactive';
let shrunk = 0;
for (const element of document.querySelectorAll(kinds)) {
  const room = element.closest('article')?.getBoundingClientRect();
  if (!room) continue;
  const box = element.getBoundingClientRect();
  const start = Math.max(box.left, room.left);
  const needed = Math.max(box.width, element.scrollWidth);
  if (start + needed <= room.right + 1) continue;
  element.classList.add('too-wide');
  element.style.setProperty('--shrunk', ((room.right - start) / needed).toFixed(3));
  shrunk += 1;
}
return shrunk;
"""
NUMBER = """
for (const place of document.querySelectorAll('[data-page-of]')) {
  place.textContent = arguments[0][place.dataset.pageOf] ?? '';
}
"""


@contextlib.contextmanager
def _laid_out(book: Assembled, site: Path):
    """A folder to serve: the document, and what of the site it shows."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "book-on-paper.html").write_text(book.html, "utf-8")
        shutil.copy(STYLE, place)
        for name in ("_static", "_images", "vendor"):
            if (site / name).is_dir():
                (place / name).symlink_to((site / name).resolve())
        yield place


def printed(book: Assembled, site: Path, say=print) -> bytes:
    """The document as a PDF with page numbers in its contents.

    Raises:
        RuntimeError: a formula could not be set, or a picture is not there; it names them.
    """
    with (
        _laid_out(book, site) as folder,
        browser.served(folder) as address,
        tempfile.TemporaryDirectory() as profile,
        browser.opened(Path(profile), size=(WIDTH, 1100), offline=True) as driver,
    ):
        driver.command_executor.client_config.timeout = SECONDS
        driver.set_script_timeout(SECONDS)
        driver.set_page_load_timeout(SECONDS)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        # As wide as the text on paper, so that what is measured is what is printed.
        metrics = {"width": WIDTH, "height": 1100, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get(f"{address}/book-on-paper.html")
        driver.execute_async_script(LOADED)
        problems = driver.execute_async_script(READY)
        if problems:
            raise RuntimeError("the book cannot be printed: " + "; ".join(problems[:10]))
        say(f"wider than the sheet, and shrunk: {driver.execute_script(FIT)}")
        return _numbered(driver)


def _numbered(driver) -> bytes:
    """Print with the page numbers of the contents, until they are those of what was printed.

    Chromium breaks a page now one way, now another, where both are allowed: printed a second time
    unchanged, a heading may stand on another page. So a print is compared with its own numbers.
    """
    numbers = page_numbers(_to_pdf(driver))
    for _ in range(3):
        driver.execute_script(NUMBER, numbers)
        for _ in range(2):
            content = _to_pdf(driver)
            found = page_numbers(content)
            if found == numbers:
                return content
        numbers = found
    raise RuntimeError("the page numbers of the contents move its pages")


def _to_pdf(driver) -> bytes:
    options = {
        "printBackground": True,
        "preferCSSPageSize": True,
        "generateTaggedPDF": True,
        "transferMode": "ReturnAsStream",
    }
    stream = driver.execute_cdp_cmd("Page.printToPDF", options)["stream"]
    parts = []
    while True:
        chunk = driver.execute_cdp_cmd("IO.read", {"handle": stream, "size": 4_000_000})
        data = chunk["data"]
        parts.append(base64.b64decode(data) if chunk.get("base64Encoded") else data.encode())
        if chunk["eof"]:
            break
    driver.execute_cdp_cmd("IO.close", {"handle": stream})
    return b"".join(parts)


def page_numbers(content: bytes) -> dict[str, int]:
    """On which page, from 1, each place lies that a link leads to."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        places = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        return {name: places[place[0].objgen] for name, place in destinations(pdf).items()}


def destinations(pdf: pikepdf.Pdf) -> dict[str, pikepdf.Array]:
    """The named places of a PDF of Chromium: a page, and where on it."""
    found = {}
    if "/Dests" in pdf.Root:
        found = {name[1:]: place for name, place in pdf.Root.Dests.items()}
    if "/Names" in pdf.Root and "/Dests" in pdf.Root.Names:
        found |= {
            str(name): place for name, place in pikepdf.NameTree(pdf.Root.Names.Dests).items()
        }
    return {
        name: place.D if isinstance(place, pikepdf.Dictionary) else place
        for name, place in found.items()
    }
