"""Every chapter is built alike: its sections, its figures, its cells, its numbers and sources."""

import ast
import re

import pytest

from tests.book.page import BOOK, Cell, Page

CHAPTERS = [Page(path.stem) for path in sorted(BOOK.glob("[0-9][0-9]_*.md"))]
LONGEST = 10  # lines of a function in a cell, without empty ones
FIGURES = re.compile(r"bnlib\.figures\b(?!\.sheets|\.interactive)")
MOVING = re.compile(r"bnlib\.figures\.interactive\b")
each_chapter = pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)


def sections(text: str) -> dict[str, str]:
    """Label of each section -> its text."""
    parts = re.split(r"^\((sec-[\w-]+)\)=\n(?=## )", text, flags=re.M)
    # The last one ends where the page's own endings begin.
    ends = re.compile(r"^## (Quiz|Exercises|Further reading)\n.*", re.S | re.M)
    return {k: ends.sub("", v) for k, v in zip(parts[1::2], parts[2::2], strict=True)}


def long_functions(cell: Cell) -> list[str]:
    """The names of functions in a visible cell that are longer than a reader takes in at once."""
    found = []
    for node in ast.walk(ast.parse(cell.code)):
        if isinstance(node, ast.FunctionDef):
            body = cell.code.splitlines()[node.lineno - 1 : node.end_lineno]
            if sum(bool(line.strip()) for line in body) > LONGEST + 1:
                found.append(node.name)
    return found


def drawing(cells: list[Cell], modules: re.Pattern = FIGURES) -> list[Cell]:
    """The cells that end with a call to a figure of these modules; sheets are tables."""
    drawn, names = [], set()
    for cell in cells:
        tree = ast.parse(cell.code)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and modules.match(node.module or ""):
                names |= {alias.asname or alias.name for alias in node.names}
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            root = last.value.func
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in names:
                drawn.append(cell)
    return drawn


def kept(cells: list[Cell]) -> list[str]:
    """Patterns of the names that are given to ``keep``: a name, or that of an f-string."""
    found = []
    for cell in cells:
        for call in ast.walk(ast.parse(cell.code)):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "keep":
                for word in call.keywords:
                    if word.arg:
                        found.append(re.escape(word.arg))
                    else:
                        found += [p for key in keys(word.value) for p in pattern(key)]
    return found


def keys(node: ast.expr) -> list[ast.expr]:
    """What a dictionary or a comprehension of one names its values by."""
    assert isinstance(node, ast.Dict | ast.DictComp), "keep(**...) takes a dictionary written here"
    return [node.key] if isinstance(node, ast.DictComp) else node.keys


def pattern(key: ast.expr | None) -> list[str]:
    if isinstance(key, ast.Constant):
        return [re.escape(key.value)]
    assert isinstance(key, ast.JoinedStr), ast.dump(key) if key else "keep(**{**...})"
    parts = [re.escape(p.value) if isinstance(p, ast.Constant) else r"\w+" for p in key.values]
    return ["".join(parts)]


@each_chapter
def test_it_says_what_one_can_do_afterwards(page):
    begin, *_ = page.text.split("\n## ", 1)
    if page.name != "00_start":
        assert re.search(r"^After this chapter you can\n\n- ", begin, re.M)


@each_chapter
def test_each_section_asks_or_names_one_thing_and_ends_with_what_to_remember(page):
    found = sections(page.text)
    assert len(found) >= 3
    if page.name != "00_start":
        assert {label for label, text in found.items() if "} To remember\n" not in text} == set()


@each_chapter
def test_it_ends_with_further_reading(page):
    assert re.findall(r"^## (.*)$", page.text, re.M)[-1] == "Further reading"


@each_chapter
def test_every_figure_has_words_for_those_who_do_not_see_it_and_a_caption(page):
    for cell in drawing(page.cells):
        assert re.search(r"alt: >-\n\s+\S", cell.options), cell
        assert re.search(r"caption: \|\n\s+\S", cell.options), cell


@each_chapter
def test_every_interactive_figure_has_a_caption_and_is_named_in_the_text(page):
    # The words for those who do not see it come with the figure: tests/figures/interactive.
    for cell in drawing(page.cells, MOVING):
        assert re.search(r"caption: \|\n\s+\S", cell.options), cell
        name = re.search(r"name: (fig-[\w-]+)", cell.options)
        assert name, cell
        assert f"{{numref}}`{name[1]}`" in page.text


def test_the_chapters_draw():
    assert sum(len(drawing(page.cells)) for page in CHAPTERS) > 50
    assert len({page.name for page in CHAPTERS if drawing(page.cells, MOVING)}) >= 4


@each_chapter
def test_functions_in_cells_are_short(page):
    long = [name for cell in page.cells if not cell.hidden for name in long_functions(cell)]
    assert long == []


@each_chapter
def test_every_number_in_the_prose_is_kept_and_every_kept_number_is_used(page):
    used = set(re.findall(r"\{glue:text\}`(\w+)[:`]", page.text))
    patterns = kept(page.cells)
    assert {name for name in used if not any(re.fullmatch(p, name) for p in patterns)} == set()
    assert [p for p in patterns if not any(re.fullmatch(p, name) for name in used)] == []


@each_chapter
def test_the_sources_cited_are_in_the_bibliography(page):
    groups = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", page.text)
    cited = {key.strip() for group in groups for key in group.split(",")}
    entries = re.findall(r"^@\w+\{(\S+),", (BOOK / "references.bib").read_text("utf-8"), re.M)
    assert cited <= set(entries)
    assert len(entries) == len(set(entries))
