"""A picture of each page of the built site, to be looked at: `make screenshots`.

    python -m tools.screenshots [PAGE ...]

360 and 1280 pixels wide, light and dark, into ``_build/screenshots/``, with ``index.html``, which
shows all of them side by side. A page that is very long is cut at ``LONGEST`` pixels.
"""

from __future__ import annotations

import base64
import html
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
READY = """
const done = arguments[0];
const pictures = [...document.querySelectorAll("main img")];
pictures.forEach((p) => { p.loading = "eager"; });
Promise.all([document.fonts.ready, ...pictures.map((p) => p.decode().catch(() => null))])
  .then(() => requestAnimationFrame(() => done(document.documentElement.scrollHeight)));
"""


def take(driver, address: str, width: int, mode: str) -> bytes:
    """A picture of a whole page as PNG."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": WIDTHS[width]}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": mode}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    driver.get(address)
    WebDriverWait(driver, 30).until(
        lambda d: d.execute_script("return document.readyState") == "complete"
    )
    whole = size | {"height": min(driver.execute_script(ALL_NEAR), LONGEST)}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", whole)
    WebDriverWait(driver, 30).until(lambda d: d.execute_script(STARTED))
    driver.execute_async_script(READY)
    # The side bar is as high as the screen, and moves what is beside it where that is very high.
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    height = min(driver.execute_async_script(READY), LONGEST)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    options = {"format": "png", "captureBeyondViewport": True, "clip": clip}
    return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"])


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
    folder.mkdir(parents=True, exist_ok=True)
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
                    name = f"{stem}-{width}-{mode}.png"
                    (folder / name).write_bytes(take(driver, f"{host}/{page}", width, mode))
                    names.setdefault(page, []).append(name)
    (folder / "index.html").write_text(index(names), "utf-8")
    print(f"{sum(map(len, names.values()))} pictures: {folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
