"""A picture of each page of the built site, to be looked at: `make screenshots`.

    python -m tools.screenshots [PAGE ...]

360 and 1280 pixels wide, light and dark, into ``_build/screenshots/``, with ``index.html``, which
shows all of them side by side. A page that is longer than ``LONGEST`` pixels has several pictures.
"""

from __future__ import annotations

import base64
import html
import math
import shutil
import sys
import tempfile
from pathlib import Path

from selenium.webdriver.support.ui import WebDriverWait

from tools.browser import opened
from tools.static_host import hosted

BUILD = Path(__file__).resolve().parents[1] / "_build"
WIDTHS = {360: True, 1280: False}  # pixels, and whether it is a telephone
MODES = ("light", "dark")
LONGEST = 12_000
# A telephone lays out what is near alone, and figures start there; on a picture all is near.
ALL_NEAR = """
document.head.insertAdjacentHTML(
  "beforeend", "<style>section { content-visibility: visible !important }</style>");
return document.documentElement.scrollHeight;
"""
STARTED = """
return [...document.querySelectorAll(".interactive")].every(
  (p) => p.dataset.started === "failed" || p.querySelector(".bn-live svg")
         || p.getBoundingClientRect().top > innerHeight);
"""
# The side bar would be as high as the screen, and moves what is beside it where that is very high.
LOW = """
document.head.insertAdjacentHTML("beforeend", `<style>
  .bd-sidebar-primary, .bd-sidebar-secondary { max-height: ${arguments[0]}px !important }
</style>`);
"""
READY = """
const done = arguments[0];
const pictures = [...document.querySelectorAll("main img")];
pictures.forEach((p) => { p.loading = "eager"; });
Promise.all([document.fonts.ready, ...pictures.map((p) => p.decode().catch(() => null))])
  .then(() => requestAnimationFrame(() => done(document.documentElement.scrollHeight)));
"""


def take(driver, address: str, width: int, mode: str) -> list[bytes]:
    """Pictures of a whole page as PNG, from its top to its end."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": WIDTHS[width]}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": mode}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    driver.get(address)
    WebDriverWait(driver, 30).until(
        lambda d: d.execute_script("return document.readyState") == "complete"
    )
    driver.execute_script(LOW, size["height"])
    whole = size | {"height": min(driver.execute_script(ALL_NEAR), LONGEST)}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", whole)
    WebDriverWait(driver, 30).until(lambda d: d.execute_script(STARTED))
    driver.execute_async_script(READY)
    height, pictures = driver.execute_async_script(READY), []
    step = math.ceil(height / math.ceil(height / LONGEST))  # parts of one size
    for top in range(0, height, step):
        part = size | {"height": min(height - top, step)}
        # The screen is as high as the part: to have Chromium draw beyond a lower one lays the page
        # out anew while it is drawn, and some pictures then show it half done.
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", part)
        driver.execute_script("scrollTo({ top: arguments[0], behavior: 'instant' })", top)
        driver.execute_async_script(READY)
        shown = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        pictures.append(base64.b64decode(shown["data"]))
    return pictures


def index(names: dict[str, list[str]]) -> str:
    """The page that shows the pictures. ``names``: files of each page."""
    rows = "".join(
        f"<h2>{html.escape(page)}</h2><p>"
        + "".join(
            f'<a href="{n}"><img loading="lazy" height="500" src="{n}" alt="{n}"></a> '
            for n in files
        )
        + "</p>\n"
        for page, files in names.items()
    )
    return f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Pages</title>{rows}</html>'


def main(pages: list[str]) -> int:
    site, folder = BUILD / "html", BUILD / "screenshots"
    if not pages:
        found = (path.relative_to(site) for path in sorted(site.rglob("*.html")))
        apart = {"_static", "vendor", "lite"}
        pages = [path.as_posix() for path in found if path.parts[0] not in apart]
    missing = [page for page in pages if not (site / page).is_file()]
    if missing or not pages:
        print(f"not in {site}: {', '.join(missing) or 'pages'}; make book", file=sys.stderr)
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names: dict[str, list[str]] = {}
    with (
        tempfile.TemporaryDirectory() as profile,
        hosted(site) as host,
        opened(Path(profile), offline=True) as driver,
    ):
        for page in pages:
            for width in WIDTHS:
                for mode in MODES:
                    stem = page.removesuffix(".html").replace("/", "-")
                    pictures = take(driver, f"{host}/{page}", width, mode)
                    for number, picture in enumerate(pictures, 1):
                        part = f"-{number}" if len(pictures) > 1 else ""
                        name = f"{stem}-{width}-{mode}{part}.png"
                        (folder / name).write_bytes(picture)
                        names.setdefault(page, []).append(name)
    (folder / "index.html").write_text(index(names), "utf-8")
    print(f"{sum(map(len, names.values()))} pictures: {folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
