"""The reports in a browser: nothing runs, nothing is asked for, and all of it can be read."""

import dataclasses
import functools
import http.server
import threading

import pytest
from grader import pages_of
from grader.test_reports_feedback import HOSTILE, all_right, mixed

from bnlib.grader.record import BROKEN, marks_without_answers
from bnlib.grader.reports import feedback, pages
from bnlib.grader.reports.classroom import ClassReport
from bnlib.grader.reports.data import Attendance, Remark

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

BOOK = "https://example.org/bn"
# An attempt at everything: each would set a mark on the window or ask the server for a file.
ATTACKS = (
    *HOSTILE,
    "<img src=/asked.png onerror=window.ran=1>",
    "<svg onload=window.ran=1><a href=javascript:window.ran=1>x</a></svg>",
    "</title></style></code></p><script src=/asked.js></script><script>window.ran=1</script>",
    '"><iframe src=/asked.html></iframe><link rel=stylesheet href=/asked.css>',
    "<style>@import url(/asked.css); body { background: url(/asked.png) }</style>",
    '<meta http-equiv=refresh content="0;url=/asked.html"><base href=/asked/>',
    "<form action=/asked><button>x</button></form>",
    "wide_" + "w" * 1500,
    "e" + "\u0301" * 500,
    "\n" * 500,
)


class Recorder(http.server.SimpleHTTPRequestHandler):
    """Serves the pages and writes down what was asked for."""

    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    feedback.write(folder, "mixed.html", pages_of.student("ada", mixed(), name="Ada"), BOOK)
    right = pages_of.notebook("04_algorithm", all_right())
    attacks = [pages_of.hostile(text) for text in ATTACKS]
    for n, attack in enumerate(attacks):
        feedback.write(folder, f"attack-{n}.html", attack, BOOK)
    marks = marks_without_answers("05_backward", "not judged", "Its process ended.")
    given = {mark.exercise: mark for mark in marks}
    broken = pages_of.notebook("05_backward", given, outcome=BROKEN, problem="Its process ended.")
    both = pages_of.student("bob", mixed(), broken)
    feedback.write(folder, "both.html", both, BOOK)
    report = ClassReport("Week 4")
    for n in range(12):
        report.add(pages_of.student(f"s{n}", mixed() if n % 3 else right, name=f"Student {n}"))
    pages.write(folder / "class.html", report.render(BOOK))
    for attack in attacks:
        report.add(dataclasses.replace(attack, name=f"Nemo {attack.name}"))
    remarks = tuple(Remark(text, text) for text in ATTACKS)
    attendance = Attendance(remarks, remarks, remarks)
    pages.write(folder / "class-attack.html", report.render(BOOK, attendance))
    return folder


@pytest.fixture(scope="module")
def server(folder):
    class Served(Recorder):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(folder))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from tools.browser import opened

    with opened(tmp_path_factory.mktemp("profile"), offline=True) as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        yield driver


def show(browser, server, name, width=360, height=740, dark=False):
    """Open a page at a width; folded parts are opened, so that all of it is laid out."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    server.asked.clear()
    browser.get(f"http://127.0.0.1:{server.server_port}/{name}")
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")


NAMES = ["mixed.html", "both.html", "class.html", "class-attack.html"]
NAMES += [f"attack-{n}.html" for n in range(len(ATTACKS))]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_is_asked_for_or_scrolls_sideways(browser, server, name):
    show(browser, server, name)
    assert browser.execute_script("return window.ran === undefined")
    assert browser.execute_script("return document.scripts.length") == 0
    assert server.asked == [f"/{name}"]
    entries = "return performance.getEntriesByType('resource').map(e => e.name)"
    assert [e for e in browser.execute_script(entries) if not e.startswith("data:")] == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    assert browser.execute_script("return location.pathname") == f"/{name}"


def test_a_running_script_would_be_seen(browser, server, folder):
    text = "<script>window.ran = 1</script><img src=/asked.png>" + "w" * 1000
    (folder / "open.html").write_text(text)
    show(browser, server, "open.html")
    assert browser.execute_script("return window.ran") == 1
    assert "/asked.png" in server.asked
    assert browser.execute_script("return document.documentElement.scrollWidth") > 360


def test_the_policy_holds_where_escaping_would_fail(browser, server, folder):
    page = (folder / "mixed.html").read_text(encoding="utf-8")
    attack = "<script>window.ran=1</script><img src=/asked.png onerror=window.ran=1>"
    (folder / "unescaped.html").write_text(page.replace("<main>", f"<main>{attack}"))
    show(browser, server, "unescaped.html")
    assert browser.execute_script("return window.ran === undefined")
    assert server.asked == ["/unescaped.html"]


COLOURS = """
const seen = [];
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  if (!own || !e.getClientRects().length) continue;
  const clear = ground => getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)';
  let ground = e;
  while (ground && clear(ground)) ground = ground.parentElement;
  const back = getComputedStyle(ground || document.body).backgroundColor;
  seen.push([e.tagName, getComputedStyle(e).color, back]);
}
return seen;
"""


def luminance(colour):
    parts = [int(p) / 255 for p in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["both.html", "class.html"])
def test_every_text_stands_out(browser, server, name, dark):
    show(browser, server, name, 1280, 720, dark)
    seen = browser.execute_script(COLOURS)
    assert len(seen) > 40
    assert (luminance(seen[0][2]) < 0.1) == dark
    for tag, text, ground in seen:
        low, high = sorted((luminance(text), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, (tag, text, ground)


def test_the_first_screen_of_the_class_report_tells_the_story(browser, server):
    show(browser, server, "class.html", 1280, 720)
    bottoms = browser.execute_script(
        "return [...document.querySelectorAll('.headline, .figures figure')].slice(0, 3)"
        ".map(e => e.getBoundingClientRect().bottom)"
    )
    assert len(bottoms) == 3
    assert max(bottoms) <= 720


def test_no_name_can_be_seen_until_the_instructors_part_is_opened(browser, server):
    show(browser, server, "class-attack.html", 1280, 720)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = false)")
    text = browser.execute_script("return document.body.innerText")
    assert "Fit for a lecture" in text
    assert "Nemo" not in text
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert "Nemo" in browser.execute_script("return document.body.innerText")


# ---------------------------------------------------------------- the charts


def test_the_class_report_fits_wherever_its_columns_come_and_go(browser, server):
    for width in range(1020, 1260, 20):
        show(browser, server, "class.html", width, 720)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


WIDTHS = pytest.mark.parametrize("width", [360, 1280])
MEASURED = """
const figures = document.querySelectorAll('figure');
const boxes = (n, selector) => [...figures[n].querySelectorAll(selector)].map(e => {
  const {left, right, top, bottom} = e.getBoundingClientRect();
  return {left, right, top, bottom, style: e.getAttribute('style'), name: e.className};
});
const bars = n => ({
  axis: boxes(n, '.axis')[0], ticks: boxes(n, '.axis span'),
  rules: boxes(n, 'tbody tr:first-child .rules span'),
  rows: [...figures[n].querySelectorAll('.bar')].map((_, i) =>
    boxes(n, `tbody tr:nth-child(${i + 1}) .bar i`)),
});
const height = e => parseFloat(getComputedStyle(e, '::after').height);
return {
  field: boxes(0, '.field')[0], area: boxes(0, '.area')[0], axis: boxes(0, '.axis')[0],
  lines: boxes(0, '.line'), median: boxes(0, '.median')[0], columns: boxes(0, 'li'),
  heights: [...figures[0].querySelectorAll('li')].map(height),
  outcomes: bars(1), mistakes: bars(2),
};
"""


def share(box):
    """What the page says of a place or a length, as a part of the whole."""
    return float(box["style"].split(":")[1].rstrip("%")) / 100


@WIDTHS
def test_charts_are_drawn_to_scale(browser, server, width):
    show(browser, server, "class.html", width, 720)
    seen = browser.execute_script(MEASURED)
    near = functools.partial(pytest.approx, abs=1.5)  # lines have a width

    area, axis = seen["area"], seen["axis"]
    high, wide = area["bottom"] - area["top"], axis["right"] - axis["left"]
    assert high > 100
    assert wide > 200
    assert seen["heights"] == [near(high * share(box)) for box in seen["columns"]]
    assert {round(share(box), 2) for box in seen["columns"]} == {0, 0.5, 1}
    for line in seen["lines"]:
        assert line["bottom"] == near(area["bottom"] - high * share(line))
    assert seen["median"]["left"] == near(axis["left"] + wide * share(seen["median"]))
    for n, column in enumerate(seen["columns"]):
        assert column["left"] == near(axis["left"] + n * wide / 10)

    for chart in (seen["outcomes"], seen["mistakes"]):
        axis = chart["axis"]
        wide = axis["right"] - axis["left"]
        assert wide > 150
        for tick in chart["ticks"]:
            assert (tick["left"] + tick["right"]) / 2 == near(axis["left"] + wide * share(tick))
        assert len(chart["rules"]) == len(chart["ticks"]) - 1
        for rule in chart["rules"]:
            assert rule["right"] == near(axis["left"] + wide * share(rule))
        assert any(chart["rows"])
        for row in chart["rows"]:
            end = axis["left"]
            for bar in row:
                assert bar["left"] == near(end)
                end += wide * share(bar)
                assert bar["right"] == near(end)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_parts_of_a_bar_differ_by_more_than_colour(browser, server, dark):
    """Full, hatched and empty: on a grey screen, and on paper without backgrounds."""
    show(browser, server, "class.html", 1280, 720, dark)
    looks = browser.execute_script(
        "return ['right', 'wrong', 'left'].map(name => {"
        "  const style = getComputedStyle(document.querySelector(`.bar .${name}`));"
        "  const paper = getComputedStyle(document.body).backgroundColor;"
        "  return [style.backgroundColor === paper, style.backgroundImage.split('(')[0],"
        "          style.borderTopColor === paper, style.printColorAdjust];"
        "})"
    )
    # Whether it has the paper's colour, its pattern, whether it has no outline, how it is printed.
    assert looks[0] == [False, "none", True, "exact"]
    assert looks[1][1:] == ["repeating-linear-gradient", True, "exact"]
    assert looks[2] == [True, "none", False, "exact"]


@WIDTHS
def test_charts_are_lists_and_tables_for_a_screen_reader(browser, server, width):
    """As the browser tells it: a table that is laid out as blocks must be one all the same."""
    show(browser, server, "class.html", width, 720)
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    children = {node["nodeId"]: node.get("childIds", []) for node in nodes}
    known = {node["nodeId"]: node for node in nodes}

    def below(id):
        for child in children[id]:
            node = known[child]
            if not node["ignored"]:
                yield node["role"]["value"], node.get("name", {}).get("value", "").strip()
            yield from below(child)

    told = [list(below(n["nodeId"])) for n in nodes if n.get("role", {}).get("value") == "figure"]
    assert ("list", "Students by share of the points") in told[0]
    assert sum(role == "listitem" for role, _ in told[0]) == 10
    assert ("StaticText", "median 60 %") in told[0]
    assert ("table", "") in told[1]
    assert ("columnheader", "Exercise") in told[1]
    assert ("rowheader", "Batch norm, forward") in told[1]
    assert ("cell", "33 % right, 67 % wrong, 0 % not attempted") in told[1]
    assert ("rowheader", "eps-missing batchnorm_forward") in told[2]
    assert ("cell", "8") in told[2]
    # Axes and what is said in words are not told twice.
    assert not [name for role, name in told[1] if name in ("25", "33 %", "students (%)")]
