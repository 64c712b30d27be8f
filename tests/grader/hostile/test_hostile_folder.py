"""A folder of hostile files and names among honest ones, graded by the command itself.

The honest rows of grades.csv must be those of a run without the others; nothing may be written
outside of the results, and nothing of a name or an exception may run in the pages.
"""

import contextlib
import csv
import functools
import hashlib
import html.parser
import os
import stat
import tempfile
import time
from types import SimpleNamespace

import psutil
import pytest
from click.testing import CliRunner

from bnlib.commands.root import bnlib
from bnlib.grader import intake, judging
from bnlib.grader.gradebook import Gradebook
from bnlib.grader.inside.walls import Limits
from bnlib.grader.intake import safe_filename
from bnlib.grader.judging import Terms
from tests.grader.hostile.case import FULL, NOTEBOOK
from tests.grader.hostile.folder import (
    ATTACKERS,
    BY_ID,
    DEVICE,
    IDS,
    PACKED,
    REFUSED,
    fill_honestly,
    fill_hostilely,
)

pytestmark = pytest.mark.needs_system("bubblewrap")

SEED = 7
PLACES = ("alone", "among", "outside", "temporary", "working")
# What is graded in milliseconds has seconds; what never ends is not waited for long.
QUICK = {
    "seconds_a_cell": 2.0,
    "seconds_a_call": 1.0,
    "seconds": 60.0,
    "limits": Limits(memory=400 << 20),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The same honest work graded alone, and among the others."""
    top = tmp_path_factory.mktemp("folder")
    places = SimpleNamespace(**{n: top / n for n in PLACES})
    for place in vars(places).values():
        place.mkdir()
    results = {"alone": top / "results-alone", "among": top / "results"}
    fill_honestly(places.alone)
    fill_honestly(places.among)
    listener = fill_hostilely(places.among, places.outside, [results["among"]])

    def seen():
        kept = {str(p) for p in results.values()}
        return _tree(top, kept), sorted(_below())

    with pytest.MonkeyPatch.context() as patch, contextlib.closing(listener):
        patch.setattr(judging, "Terms", functools.partial(Terms, **QUICK))
        patch.setattr(tempfile, "tempdir", str(places.temporary))
        patch.setenv("TMPDIR", str(places.temporary))
        patch.chdir(places.working)
        before = seen()
        runs = {
            name: CliRunner().invoke(
                bnlib,
                [
                    *("grade", str(getattr(places, name)), "--out", str(folder)),
                    *("--notebook", NOTEBOOK, "--seed", str(SEED)),
                ],
                env={"COLUMNS": "160"},
            )
            for name, folder in results.items()
        }
        after = seen()
    written = {name: _tree(folder, ()) for name, folder in results.items()}
    return SimpleNamespace(runs=runs, before=before, after=after, written=written, **results)


def _tree(top, besides) -> dict:
    """What lies below a folder: kind, mode, and a digest of what files hold."""
    found = {}
    for folder, folders, names in os.walk(top):
        folders[:] = [n for n in folders if os.path.join(folder, n) not in besides]
        for name in (*folders, *names):
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            data = b""
            if stat.S_ISREG(mode):
                with open(path, "rb") as file:
                    data = hashlib.file_digest(file, "sha256").digest()
            found[path] = mode, data
    return found


def _below() -> list[int]:
    return [p.pid for p in psutil.Process().children(recursive=True)]


def _rows(folder) -> dict[str, str]:
    """Each row of grades.csv as it stands there, by the student's cell."""
    with open(folder / "grades.csv", newline="", encoding="utf-8") as file:
        rows = file.read().split("\r\n")
    return {next(csv.reader([row]))[0]: row for row in rows if row}


def _expected() -> dict[str, tuple[str, dict]]:
    """The outcome and the points of the exercises of every student who is graded."""
    expected = {
        IDS.get(name, name): (BY_ID[case].outcome, BY_ID[case].expected)
        for name, case in ATTACKERS.items()
    }
    expected["forger"] = "graded", {**FULL, "standardize_batch": 0}
    expected["abe"] = "graded", FULL
    expected["zoe"] = "graded", {**FULL, "streaming_mean_var": 0}
    return expected


def test_the_command_succeeds_and_the_honest_rows_are_those_of_a_run_without_the_others(graded):
    for run in graded.runs.values():
        assert run.exit_code == 0, run.output
    alone, among = _rows(graded.alone), _rows(graded.among)
    assert list(alone) == ["student", "abe", "max", "zoe"]
    assert {name: among[name] for name in alone} == alone
    for student in ("abe", "max", "zoe"):
        pages = [folder / "feedback" / f"{student}.html" for folder in (graded.alone, graded.among)]
        assert len({page.read_bytes() for page in pages}) == 1, student


def test_every_submission_has_one_record_and_its_score(graded):
    expected = _expected()
    with Gradebook.open(graded.among / "gradebook.sqlite", readonly=True) as book:
        records = {record.student: record for record in book.current()}
        times = {name: len(book.history(name, NOTEBOOK)) for name in records}
    assert set(records) == {*expected, *PACKED, "max"}
    assert set(times.values()) == {1}
    for student, (outcome, points) in expected.items():
        record = records[student]
        assert record.outcome == outcome, (student, record.problem)
        assert {mark.exercise: mark.points for mark in record.marks} == points, student
    assert {name: records[name].points for name in PACKED} == PACKED


def test_every_submission_has_one_row_that_no_spreadsheet_computes(graded):
    with open(graded.among / "grades.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(_expected()) + len(PACKED) + 1
    students = {row["student"] for row in rows}
    assert any(name.startswith("'=HYPERLINK") for name in students)
    assert not any(name[0] in "=+-@\t\r" or "\n" in name for name in students)
    totals = {row["student"]: row["total"] for row in rows}
    assert (totals["abe"], totals["Abe"], totals["forger"]) == ("30", "30", "24")


def test_what_was_not_read_is_told_without_steering_the_terminal(graded):
    output = graded.runs["among"].output
    for said in REFUSED.values():
        assert said in output, said
    assert (DEVICE in output) == (graded.among.parent / "among" / "device.ipynb").exists()
    assert "root:" not in output
    assert not [sign for sign in output if not sign.isprintable() and sign != "\n"]


def test_nothing_is_written_outside_of_the_results_and_nothing_is_left(graded):
    assert graded.after == graded.before
    for name, students in (
        ("alone", {"abe", "max", "zoe"}),
        ("among", {*_expected(), *PACKED, "max"}),
    ):
        folder, written = getattr(graded, name), graded.written[name]
        expected = {f"feedback/{safe_filename(student)}.html" for student in students}
        expected |= {"class.html", "grades.csv", "feedback"}
        expected |= {"gradebook.sqlite", "gradebook.sqlite.lock"}
        assert {os.path.relpath(path, folder) for path in written} == expected
        kinds = {stat.S_IFMT(mode) for mode, _ in written.values()}
        assert kinds == {stat.S_IFREG, stat.S_IFDIR}


def test_a_folder_that_cannot_be_opened_is_an_error_and_no_empty_class(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(intake.IntakeError, match=r"cannot be opened \(Permission denied\)"):
        intake.find(tmp_path, NOTEBOOK, (NOTEBOOK,))


class Markup(html.parser.HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.elements, self.attributes, self.texts = set(), [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_data(self, data):
        self.texts.append(data)


def test_the_pages_hold_no_markup_of_a_submission(graded):
    plain = Markup((graded.alone / "feedback" / "max.html").read_text(encoding="utf-8"))
    for student in _expected():
        page = graded.among / "feedback" / f"{safe_filename(student)}.html"
        markup = Markup(page.read_text(encoding="utf-8"))
        assert markup.elements <= plain.elements | {"nav", "strong"}, page.name
        _harmless(markup)
    report = Markup((graded.among / "class.html").read_text(encoding="utf-8"))
    assert not report.elements & {"script", "img", "iframe", "object", "embed", "form", "base"}
    _harmless(report)
    name = "<img src=x onerror=window.ran=1>"
    page = (graded.among / "feedback" / f"{safe_filename(name)}.html").read_text(encoding="utf-8")
    assert name in Markup(page).texts  # shown, as text
    assert "<script>: </td><script>alert(1)</script>" in "".join(Markup(page).texts)
    # The instructor's part of the class report names who timed out.
    told = "".join(report.texts)
    assert "{{ 7 * 7 }}{% raw %}" in told
    assert "<script>window.ran=1<" in told


def _harmless(markup):
    assert [a for a in markup.attributes if a[1].startswith("on")] == []
    links = [v for _, name, v in markup.attributes if name in ("href", "src", "xlink:href")]
    assert [v for v in links if not v.startswith(("#", "data:,"))] == []
    policies = [v for _, name, v in markup.attributes if name == "http-equiv"]
    assert policies == ["Content-Security-Policy"]


@pytest.mark.needs_system("chromium", "chromedriver")
def test_nothing_of_a_submission_runs_in_a_browser(graded, tmp_path):
    from tools.browser import opened, served

    pages = [p.relative_to(graded.among) for p in graded.among.rglob("*.html")]
    assert len(pages) == len(_expected()) + len(PACKED) + 2
    state = "return [document.readyState, window.ran, document.scripts.length]"
    # That a script which runs would be seen.
    (tmp_path / "open.html").write_text("<img src=x onerror=window.ran=1>")
    with opened(tmp_path / "profile", offline=True) as browser:
        with served(tmp_path) as address:
            browser.get(f"{address}/open.html")
            _until(lambda: browser.execute_script("return window.ran") == 1)
        with served(graded.among) as address:
            for page in pages:
                # An alert would be an exception here.
                browser.get(f"{address}/{page}")
                _until(lambda: browser.execute_script(state)[0] == "complete")
                assert browser.execute_script(state) == ["complete", None, 0], page


def _until(holds, seconds=20):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
