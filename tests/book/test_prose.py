"""No number stands in the text beside a claim but those that come from the run."""

import re
from pathlib import Path

import pytest

from tools.prose import blocks

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.md"))

# What stands around a number and is no part of it.
AROUND = "()[]{}<>.,;:!?\"'“”‘’…"
NUMBER = re.compile(
    r"""
    [+\-−±~≈×x]? \d+ ([.,]\d+)* (e[+\-]?\d+)?   # 3  -0.5  1,000  1e-5
    ([\-–/×x:] \d+ ([.,]\d+)*)*                 # 3-5  1/2  3x100
    ( % | ‰ | x | × | -fold | -?times | -[a-z]{2,} )?   # 5%  3x  2-fold  50-layer, but not 2-D
    """,
    re.VERBOSE,
)
IN_WORDS = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    r"[\s-]+(times|per\s?cent|percentage|points?|fold)\b",
    re.IGNORECASE,
)


def numbers(text: str) -> list[tuple[int, str]]:
    """(place, number) in a text; names with digits in them, such as ResNet-50 and 2-D, are none."""
    words = ((match.start(), match.group().strip(AROUND)) for match in re.finditer(r"\S+", text))
    digits = [(place, word) for place, word in words if NUMBER.fullmatch(word)]
    return sorted(digits + [(m.start(), m.group()) for m in IN_WORDS.finditer(text)])


def typed_results(source: str) -> list[tuple[int, str]]:
    """(line, number) of all that is typed in a paragraph that says what was measured.

    Such a paragraph holds a {claim} role or begins with "What was seen."; so does one after it
    that holds a {glue:text} role, up to the next heading or admonition.
    """
    found, after = [], False
    for block in blocks(source):
        if block.kind == "heading" or block.kind in ("directive admonition", "directive note"):
            after = False
        if block.kind != "paragraph":
            continue
        roles = {piece.role for piece in block.pieces}
        words = "".join(piece.content for piece in block.pieces if piece.kind == "text")
        says = "claim" in roles or words.lstrip().startswith("What was seen.")
        after = after or says
        if says or (after and "glue:text" in roles):
            found += [
                (line + text.count("\n", 0, place), number)
                for line, text in _runs(block)
                for place, number in numbers(text)
            ]
    return found


def _runs(block):
    """(line, text) of the texts of a block: bold and plain ones in one, cut where a role stands."""
    first, text = block.line, ""
    for piece in block.pieces:
        if piece.kind != "text":
            yield first, text
            first, text = piece.line, ""
        else:
            text += "\n" * (piece.line - first - text.count("\n")) + piece.content
    yield first, text


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_result_is_typed(path):
    assert typed_results(path.read_text("utf-8")) == []


# ---------------------------------------------------------------- it would be seen


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("**What was seen.** It took 12 steps.", ["12"]),
        ("**What was seen.** It took **12** steps.", ["12"]),
        ("**What was seen.** It took {glue:text}`a:.0f` steps, not 30.", ["30"]),
        ("**What was seen.** {glue:text}`a:.0f`, that is 3.5x.", ["3.5x"]),
        ("**What was seen.** A gain of 2 % and of 5%.", ["2", "5%"]),
        (
            "**What was seen.** From 1,000 to 1e-5, by 3-5 (or 1/2).",
            ["1,000", "1e-5", "3-5", "1/2"],
        ),
        ("**What was seen.** It is *three times* as fast.", ["three times"]),
        (
            "**What was seen.** By **two** per cent, or four\npoints.",
            ["two per cent", "four\npoints"],
        ),
        ("**What was seen.** A 50-layer net, tenfold.", ["50-layer"]),
        ("By {claim}`1` it is 9 times faster.", ["9"]),
        ("- By {claim}`1` it is 9 times faster.", ["9"]),
        ("**What was seen.** Yes.\n\nIt took {glue:text}`a:.0f`, not 7.", ["7"]),
        ("**What was seen.** Yes.\n\n$$x$$\n\nIt took {glue:text}`a:.0f`, not 7.", ["7"]),
        (":::{tip}\nBy {claim}`1`, 9.\n:::", ["9"]),
    ],
)
def test_a_typed_number_is_found(text, found):
    assert [number for _, number in typed_results(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "It took 12 steps.",  # no result
        "**What was seen.** It took {glue:text}`a:.0f` steps at $\\eta = 0.1$ with `eps=1e-5`.",
        "**What was seen.** {glue:text}`n:.0f` times, by {claim}`12` and {cite}`wu2018group`.",
        "**What was seen.** As in {doc}`04_algorithm` and {numref}`fig-04-line`.",
        "**What was seen.** See [section 3](#sec-axes): one run, two curves.",
        "**What was seen.** ResNet-50, MNIST-1D, float32, 2-D, BatchNorm1d and the 1st of them.",
        "**What was seen.** Yes.\n\nFive layers of 100 units.",  # holds no result
        "**What was seen.** Yes.\n\n## Next\n\nIt is {glue:text}`a:.0f`, not 7.",
        "**What was seen.** Yes.\n\n:::{admonition} To remember\nNo.\n:::\n\nSo {glue:text}`a`, 7.",
    ],
)
def test_what_is_no_typed_result(text):
    assert typed_results(text) == []


def test_the_line_is_that_of_the_source():
    assert typed_results("# A\n\n**What was seen.** Yes:\nit is\n7.") == [(5, "7")]
