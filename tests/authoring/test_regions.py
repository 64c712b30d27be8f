"""A malformed solution region is an error that names file and line."""

import pytest

from bnlib.authoring.regions import (
    STUB,
    RegionError,
    check_regions,
    without_markers,
    without_solutions,
)


def cell(*lines):
    """A notebook's text whose code cell begins on line 4."""
    return "\n".join(["Prose.", "", "```{code-cell} ipython3", *lines, "```", "", "More."])


BEGIN, INSTEAD, END = "### BEGIN SOLUTION", "### INSTEAD", "### END SOLUTION"


def test_regions_are_counted():
    text = cell("def f():", f"    {BEGIN}", "    return 1", f"    {END}", BEGIN, "x = 1", END)
    assert check_regions(text, "a.md") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (cell(BEGIN, "x = 1", BEGIN, "y = 1", END, END), "a.md:6: .* inside the region .* line 4"),
        (cell("x = 1", BEGIN, "x = 1"), "a.md:5: .* is not closed in its cell"),
        (cell(BEGIN, "x = 1").removesuffix("```\n\nMore."), "a.md:4: .* is not closed"),
        (cell("x = 1", END), "a.md:5: .*END SOLUTION without"),
        (cell(BEGIN, "x = 1", END, END), "a.md:7: .*END SOLUTION without"),
        (cell(BEGIN, END), "a.md:4: the solution region is empty"),
        (cell(BEGIN, "", "    ", END), "a.md:4: the solution region is empty"),
        (cell("x = 1") + f"\n{BEGIN}\nx\n{END}", "a.md:8: .* outside of a code cell"),
        (cell("x = 1", INSTEAD), "a.md:5: .*INSTEAD without"),
        (cell(BEGIN, INSTEAD, "x = 1", END), "a.md:4: the solution region is empty"),
        (cell(BEGIN, "x = 1", INSTEAD, END), "a.md:4: the part to hand out is empty"),
        (cell(BEGIN, "x", INSTEAD, "y", INSTEAD, "z", END), "a.md:8: .*second time .* line 4"),
        (cell(BEGIN, "x = 1", "## instead", END), "a.md:6: not a marker"),
        (cell("## BEGIN SOLUTION", "x = 1", END), "a.md:4: not a marker"),
        (cell(BEGIN, "x = 1", "### END SOLUTIONS"), "a.md:6: not a marker"),
        (cell("###begin solution", "x = 1", END), "a.md:4: not a marker"),
        (cell(f"x = 1  {BEGIN}", END), "a.md:4: not a marker"),
        (
            "\n".join(["```python", BEGIN, "x", END, "```"]),
            "a.md:2: .* outside of a code cell",
        ),
    ],
)
def test_a_malformed_region_is_an_error_with_file_and_line(text, message):
    with pytest.raises(RegionError, match=f"^{message}"):
        check_regions(text, "a.md")


def test_the_stub_stands_where_the_region_stood():
    source = f"def f(x):\n    y = 1\n    {BEGIN}\n    if x:\n        y = 2\n    {END}\n    return y"
    assert without_solutions(source) == f"def f(x):\n    y = 1\n    {STUB}\n    return y"


def test_every_region_of_a_cell_is_replaced():
    source = "\n".join([BEGIN, "a = 1", END, "b = 2", BEGIN, "c = 3", END])
    assert without_solutions(source).splitlines() == [STUB, "b = 2", STUB]


def test_the_solution_shows_no_markers():
    source = f"def f():\n    {BEGIN}\n    return 1\n    {END}"
    assert without_markers(source) == "def f():\n    return 1"


def test_what_is_handed_out_stands_where_the_stub_would():
    source = f"def f(x):\n    {BEGIN}\n    return x\n    {INSTEAD}\n    return -x\n    {END}\ny = 1"
    assert without_solutions(source) == "def f(x):\n    return -x\ny = 1"
    assert without_markers(source) == "def f(x):\n    return x\ny = 1"
