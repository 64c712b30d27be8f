"""Make what the chapter for instructors shows of `bnlib grade --demo`, in book/images/.

    python -m tools.grading_pictures

Writes demo.txt (what the command prints), class.png (the class report, as in a lecture) and
feedback.png (a student's page, as on a phone).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tools import browser, picture

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "book" / "images"
# Fixed, so that the numbers in the messages are those of the last time.
SEED = 4
COMMAND = (sys.executable, "-m", "bnlib.commands", "grade", "--demo")
# Page of the results, size of the window, and up to which element the picture goes.
PICTURES = {
    "class": ("class.html", (1280, 1400), "#mistakes ~ .figures"),
    "feedback": ("feedback/ivo.html", (430, 1500), None),
}
LIMIT = 250_000  # bytes


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        results = Path(temporary, "results")
        (FOLDER / "demo.txt").write_text(printed(results), encoding="utf-8")
        with browser.served(results) as address:
            for name, (page, size, last) in PICTURES.items():
                profile = Path(temporary, name)
                with browser.opened(profile, size, offline=True) as driver:
                    driver.get(f"{address}/{page}")
                    png = driver.get_screenshot_as_png()
                    end = _end(driver, last) if last else size[1]
                picture.save(png, FOLDER / f"{name}.png", LIMIT, end)


def printed(results: Path) -> str:
    """What the demonstration prints, without the folder's name."""
    done = subprocess.run(
        [*COMMAND, "--out", str(results), "--seed", str(SEED)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.replace(str(results), "RESULTS")


def _end(driver, selector: str) -> int:
    element = driver.find_element("css selector", selector)
    return int(element.rect["y"] + element.rect["height"]) + 24


if __name__ == "__main__":
    main()
