"""Every cell that the pages offer to run does run in the browser, and shows what the book shows.

A page is opened, "Run all" is pressed, and what stands below each cell is compared with what stood
there: texts word for word, numbers to six digits, pictures by their size.
"""

import json
import math
import re
from pathlib import Path

import pytest

from tests.site.live_page import LivePage

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

BOOK = Path(__file__).resolve().parents[2] / "book"
# Chapter 0 has no code to read.
CHAPTERS = sorted(path.stem for path in BOOK.glob("[0-9][0-9]_*.md") if path.stem != "00_start")

# (chapter, a line of the cell): why what it shows is another text in a browser.
DIFFERENT = {}

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

OUTPUTS = """
return [...document.querySelectorAll(".cell.live")].map(cell => {
    const place = /live-(\\d+)/.exec(cell.className)[1];
    const output = cell.querySelector(":scope > .cell_output");
    const seen = output
        ? [...output.querySelectorAll("pre, table, img")].filter(e => !e.closest("[hidden]")) : [];
    return {
        place: Number(place),
        code: cell.querySelector(".cell_input pre").textContent,
        texts: seen.filter(e => e.tagName !== "IMG").map(e => e.textContent),
        pictures: seen.filter(e => e.tagName === "IMG").map(e => [e.naturalWidth, e.naturalHeight]),
    };
});
"""


def differences(before: str, after: str) -> list[tuple[str, str]]:
    """Words and numbers that are not the same; numbers to six digits, and next to 0 to 1e-9."""
    one, two = (NUMBER.sub(" # ", text).split() for text in (before, after))
    if one != two:
        return [(before, after)]
    numbers = zip(NUMBER.findall(before), NUMBER.findall(after), strict=True)
    return [
        (a, b)
        for a, b in numbers
        if not math.isclose(float(a), float(b), rel_tol=1e-6, abs_tol=1e-9)
    ]


def outputs(driver):
    driver.execute_async_script(
        """const pictures = [...document.querySelectorAll(".cell_output img")];
           for (const picture of pictures) picture.loading = "eager";
           Promise.all(pictures.map(p => p.decode().catch(() => null))).then(arguments[0]);"""
    )
    return driver.execute_script(OUTPUTS)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_cells_show_in_the_browser_what_the_book_shows(chapter, browser, address):
    page = LivePage(browser, address, f"book/{chapter}.html").open()
    page.forget()
    before = outputs(browser)
    assert before, "no cell to run"
    page.press(None, "Run all")
    said = page.until(
        """return document.querySelector(".live-page .live-status").textContent.includes("have run")
               || document.querySelector(".live-error")?.innerText""",
        seconds=300,
    )
    assert said is True
    wrong = []
    for old, new in zip(before, outputs(browser), strict=True):
        where = f"{chapter}, cell {old['place']}: {old['code'].strip().splitlines()[0]}"
        if any(name == chapter and line in old["code"] for name, line in DIFFERENT):
            continue
        found = differences("\n".join(old["texts"]), "\n".join(new["texts"]))
        wrong += [(where, *pair) for pair in found]
        sizes = [old["pictures"], new["pictures"]]
        if len(sizes[0]) != len(sizes[1]) or any(
            abs(a - b) > 0.02 * a
            for one, two in zip(*sizes, strict=False)
            for a, b in zip(one, two, strict=True)
        ):
            wrong.append((where, *map(str, sizes)))
    assert wrong == []


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("a 1.0", "a 1.0000001", True),
        ("a 1.0", "a 1.00001", False),
        ("a 1.0", "b 1.0", False),
        ("4.4e-16", "0.0", True),
        ("[1. 2.]", "[1. 2. 3.]", False),
    ],
)
def test_a_difference_is_seen(before, after, same):
    assert (differences(before, after) == []) is same


def test_most_cells_can_run(site):
    """What needs PyTorch is the experiments that train; the mathematics is NumPy's."""
    cells = [
        cell
        for path in (site / "_static" / "live" / "pages" / "book").glob("[0-9]*.json")
        for cell in json.loads(path.read_text("utf-8"))
    ]
    running = sum(not cell["lacks"] for cell in cells)
    assert running / len(cells) > 0.7
