"""A student's page: what stands on it, what does not, and that it is quick and always the same."""

import dataclasses
import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest
from grader import pages_of

from bnlib.checks import registry
from bnlib.checks.report import THE_SAME
from bnlib.grader.record import BROKEN, UNREADABLE, marks_without_answers
from bnlib.grader.reports import feedback
from bnlib.grader.reports.data import StudentPage

BOOK = "https://example.org/bn"
ALGORITHM = tuple(e for e in registry.exercises() if e.notebook == "04_algorithm")


class Texts(HTMLParser):
    """The texts, tags and links of a page."""

    def __init__(self, page):
        super().__init__()
        self.words, self.tags, self.links, self.ids, self.hidden = [], [], [], [], False
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.hidden = tag == "style"
        self.links += [attributes["href"]] if tag == "a" else []
        self.ids += [attributes["id"]] if "id" in attributes else []

    def handle_data(self, data):
        self.words += [] if self.hidden else [data]

    def count(self, tag):
        return sum(name == tag for name, _ in self.tags)


def stub(*arguments):
    raise NotImplementedError


def all_right():
    return {e.name: pages_of.mark(e.name) for e in ALGORITHM}


def page_of(notebook, **changes):
    return Texts(feedback.render(pages_of.student("ada", notebook, **changes), BOOK))


def mixed(**changes):
    given = {
        **all_right(),
        "batchnorm_forward": pages_of.mark("batchnorm_forward", "eps-missing"),
        "restoring_affine": pages_of.judged("restoring_affine", stub),
    }
    del given["streaming_mean_var"]
    return pages_of.notebook("04_algorithm", given, **changes)


def test_points_and_what_to_look_at_next():
    shown = page_of(mixed(), name="Ada Lovelace")
    assert "Ada Lovelace ada" in shown.text
    assert "18 of 30 points" in shown.text
    assert (
        "2 of 5 exercises are right. The next thing to look at: Batch norm, forward ." in shown.text
    )
    assert "Batch norm, forward partly right 5 of 7" in shown.text


def test_a_mistake_is_explained_once_with_a_link():
    shown = page_of(mixed())
    advice = "eps has no effect on your output."
    assert shown.text.count(advice) == 1
    at = shown.text.index(advice)
    assert "y[" in shown.text[at : at + 200]
    assert shown.text.count(THE_SAME) == 1
    assert f"{BOOK}/book/04_algorithm.html#sec-eps" in shown.links


def test_the_notebooks_report_and_the_page_fold_the_same_messages():
    for mistake in registry.lookup("batchnorm_forward").mistakes[:8]:
        mark = pages_of.mark("batchnorm_forward", mistake.id)
        report = pages_of.report("batchnorm_forward", mistake.function)
        notebook = pages_of.notebook("04_algorithm", {**all_right(), "batchnorm_forward": mark})
        assert page_of(notebook).text.count(THE_SAME) == str(report).count(THE_SAME)


def test_without_a_book_the_section_is_named_in_words():
    shown = Texts(feedback.render(pages_of.student("ada", mixed())))
    assert "Read chapter 4, “What does epsilon do?”." in shown.text
    assert all(link.startswith("#") for link in shown.links)


def test_links_within_the_page_lead_somewhere():
    shown = page_of(mixed())
    assert len(shown.ids) == len(set(shown.ids))
    inner = [link[1:] for link in shown.links if link.startswith("#")]
    assert inner
    assert set(inner) <= set(shown.ids)


def test_right_exercises_are_folded_and_others_open():
    shown = page_of(mixed())
    opened = ["open" in attributes for tag, attributes in shown.tags if tag == "details"]
    assert opened == [False, True, False, True, True]


def test_statuses_are_explained():
    shown = page_of(mixed())
    assert feedback.MEANINGS["not attempted"] in shown.text
    assert feedback.MEANINGS["missing"] in shown.text
    assert set(feedback.MEANINGS) >= {"borrowed", "took too long", "not judged"}


def test_a_borrowed_answer_says_what_was_borrowed():
    lines = tuple(
        dataclasses.replace(line, passed=False, mistake="borrowed", message="Uses torch.")
        for line in pages_of.mark("standardize_batch").lines
    )
    mark = dataclasses.replace(pages_of.mark("standardize_batch"), status="borrowed", lines=lines)
    shown = page_of(pages_of.notebook("04_algorithm", {"standardize_batch": mark}))
    assert feedback.MEANINGS["borrowed"] in shown.text
    assert shown.text.count("Uses torch.") == 1


def test_checks_that_were_not_run_are_not_called_wrong():
    first, *rest = pages_of.mark("standardize_batch").lines
    lines = (
        dataclasses.replace(first, passed=False, mistake="timed-out", message="Took too long."),
        *(dataclasses.replace(line, passed=None, message="") for line in rest),
    )
    mark = dataclasses.replace(
        pages_of.mark("standardize_batch"), status="took too long", lines=lines
    )
    shown = page_of(pages_of.notebook("04_algorithm", {**all_right(), "standardize_batch": mark}))
    assert shown.text.count("This check could not be run.") == len(rest)
    assert shown.text.count("not judged") == len(rest)


def test_all_right():
    shown = page_of(pages_of.notebook("04_algorithm", all_right()))
    assert "All 5 exercises are right." in shown.text
    assert "30 of 30 points" in shown.text


def test_an_adjustment_says_what_was_given_and_why():
    notebook = pages_of.adjusted(mixed(), "restoring_affine", 2.5, "Explained by hand.")
    shown = page_of(notebook)
    assert "20.5 of 30 points" in shown.text
    assert "Your instructor gave 2.5 points; the checks gave 0. (2024-05-03)" in shown.text
    assert "Explained by hand." in shown.text
    assert "not attempted, adjusted" in shown.text


def test_a_right_exercise_that_was_adjusted_is_open():
    notebook = pages_of.adjusted(
        pages_of.notebook("04_algorithm", all_right()), "standardize_batch", 1, ""
    )
    assert "Your instructor gave 1 point; the checks gave 6." in page_of(notebook).text
    assert feedback.render(pages_of.student("a", notebook)).count(" open>") == 1


@pytest.mark.parametrize(
    ("outcome", "digest", "told"),
    [
        (UNREADABLE, "ab" * 32, "Run All Cells"),
        (UNREADABLE, "", "under its own name"),
        (BROKEN, "ab" * 32, "a loop that never ends"),
    ],
)
def test_a_notebook_without_grades_says_what_to_do(outcome, digest, told):
    marks = marks_without_answers("04_algorithm", "not judged", "The file ends too soon.")
    notebook = pages_of.notebook(
        "04_algorithm", {m.exercise: m for m in marks},
        outcome=outcome, problem="The file ends too soon.", digest=digest,
    )  # fmt: skip
    shown = page_of(notebook)
    assert told in shown.text
    assert shown.text.count("The file ends too soon.") == 1
    assert shown.count("details") == 0
    assert "0 of 30 points" in shown.text


def test_what_was_judged_of_a_broken_notebook_is_shown():
    notebook = mixed(outcome=BROKEN, problem="Its process ended.")
    shown = page_of(notebook)
    assert shown.count("details") == 3  # the stub and the missing one have nothing to say
    assert "Its process ended." in shown.text


def test_cells_that_raised_are_bounded():
    raised = tuple((n, f"ValueError: number {n}") for n in range(1, 10_001))
    shown = page_of(mixed(raised=raised))
    assert "Cell 20: ValueError: number 20" in shown.text
    assert "Cell 21" not in shown.text
    assert "and 9980 more" in shown.text


def test_what_was_graded_is_said_and_flags_are_not():
    flags = ("imported scipy, which its code does not say",)
    notebook = mixed(flags=flags, seconds=12.34, raised=((1, "E: x"),))
    text = page_of(notebook).text
    assert notebook.record.digest in text
    assert f"seed {pages_of.SEED}" in text
    assert notebook.record.library[:16] in text
    assert "judged again on the same inputs" in text
    assert "scipy" not in text
    assert "12.3" not in text


def test_several_notebooks_have_an_overview():
    page = pages_of.student("ada", mixed(), pages_of.notebook("01_inputs", {}))
    shown = Texts(feedback.render(page))
    assert "18 of 64 points in 2 notebooks" in shown.text
    assert "04_algorithm 2 of 5 18 of 30 01_inputs 0 of 5 0 of 34" in shown.text
    assert len(shown.ids) == len(set(shown.ids))


def test_a_student_without_notebooks():
    assert "Nothing of yours was graded." in feedback.render(StudentPage("ada", "", ()))


def test_it_needs_nothing_and_is_marked_up_for_a_reader():
    page = feedback.render(pages_of.student("ada", mixed()), BOOK)
    shown = Texts(page)
    tags = {tag for tag, _ in shown.tags}
    assert not tags & {"script", "img", "iframe", "object", "form", "base"}
    assert [a["href"] for tag, a in shown.tags if tag == "link"] == ["data:,"]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert not re.search(r"url\(|@import", page)
    assert {"header", "main", "footer"} <= tags
    assert shown.count("h1") == 1
    assert all("scope" in a for tag, a in shown.tags if tag == "th")


def test_it_is_the_same_each_time():
    page = pages_of.student("ada", mixed())
    assert feedback.render(page, BOOK) == feedback.render(page, BOOK)


def test_it_is_written_whole_under_the_given_name(tmp_path):
    page = pages_of.student("ada", mixed())
    for _ in range(2):
        path = feedback.write(tmp_path, "ada.html", page, BOOK)
    assert path == tmp_path / "ada.html"
    assert path.read_text(encoding="utf-8") == feedback.render(page, BOOK)
    assert [p.name for p in tmp_path.iterdir()] == ["ada.html"]


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    page = pages_of.student("ada", mixed())
    path = feedback.write(tmp_path, "ada.html", page)
    before = path.read_bytes()

    def full(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        feedback.write(tmp_path, "ada.html", page, BOOK)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["ada.html"]


def test_a_link_in_the_pages_place_is_replaced_not_followed(tmp_path):
    other = tmp_path / "other"
    other.write_text("kept")
    (tmp_path / "ada.html").symlink_to(other)
    feedback.write(tmp_path, "ada.html", pages_of.student("ada", mixed()))
    assert other.read_text() == "kept"
    assert not (tmp_path / "ada.html").is_symlink()


@pytest.mark.parametrize("name", ["", ".", "..", "../ada.html", "a/b", "a\\b", "a\0b"])
def test_a_file_name_that_leads_away_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="expected a name without folders"):
        feedback.write(tmp_path, name, pages_of.student("ada", mixed()))


def test_a_page_takes_little_time():
    page = pages_of.student("ada", mixed())
    feedback.render(page, BOOK)
    taken = []
    for _ in range(20):
        begun = time.perf_counter()
        feedback.render(page, BOOK)
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.003


HOSTILE = [
    "<script>alert(1)</script>",
    "</style></title></code><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\"' onmouseover='alert(1)",
    "javascript:alert(1)",
    "NUL \x00 bell \x07 \x1b[31mred",
    "\u202egnp.exe",
    "\ud800",
    "x" * 100_000,
    "`<b>`",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_everywhere_stay_texts(text):
    shown = Texts(feedback.render(pages_of.hostile(text), BOOK))
    assert {tag for tag, _ in shown.tags} == {tag for tag, _ in SAFE.tags}
    for _, attributes in shown.tags:
        assert not [name for name in attributes if name.startswith("on")]
    assert all(link.startswith(("#", BOOK)) for link in shown.links)
    assert "\x00" not in shown.text
    assert "49" not in shown.text


SAFE = Texts(feedback.render(pages_of.hostile("`harmless`"), BOOK))


def test_an_honest_crash_is_quoted():
    def crash(x, *others):
        return np.zeros(3)[7]

    mark = pages_of.judged("standardize_batch", crash)
    text = page_of(pages_of.notebook("04_algorithm", {**all_right(), mark.exercise: mark})).text
    assert "Your code raised IndexError: index 7 is out of bounds" in text
