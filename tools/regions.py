"""Solution regions in the text of a notebook: found, checked, and replaced by stubs.

Regions are marked as in nbgrader, inside a code cell:

    def answer(x):
        ### BEGIN SOLUTION
        return x
        ### END SOLUTION
"""

from __future__ import annotations

import re

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
STUB = 'raise NotImplementedError("your code goes here")'

# Whatever was meant as a marker: one that is misspelt would show the solution to the student.
_MARKER_LIKE = re.compile(r"#+\s*(begin|end)[\s_-]*solution", re.IGNORECASE)
_FENCE = re.compile(r"\s*(`{3,}|~{3,}|:{3,})\s*(\{[\w-]+\})?")


class RegionError(ValueError):
    """A solution region that is malformed; the message begins with file and line."""


def check_regions(text: str, file: str) -> int:
    """Check every region of a notebook's text and count them.

    Raises:
        RegionError: a region is nested, unclosed, empty or outside of a code cell, an end stands
            alone, or a marker is misspelt. The message begins with ``file:line``.
    """
    count = 0
    opened = None  # the line of an open region's BEGIN
    filled = False  # whether something stands between it and here
    fence = None  # the fence of the block that this line is in
    in_code = False

    for number, line in enumerate(text.splitlines(), start=1):

        def fail(what: str, at: int = number):
            raise RegionError(f"{file}:{at}: {what}")

        match = _FENCE.match(line)
        if match and fence is None:
            fence, in_code = match[1], match[2] == "{code-cell}"
        elif match and match[1].startswith(fence) and line.strip() == match[1]:
            if opened:
                fail(f"{BEGIN} is not closed in its cell", opened)
            fence, in_code = None, False

        stripped = line.strip()
        if stripped == BEGIN:
            if not in_code:
                fail(f"{BEGIN} stands outside of a code cell")
            if opened:
                fail(f"{BEGIN} inside the region that line {opened} began")
            opened, filled = number, False
        elif stripped == END:
            if not opened:
                fail(f"{END} without {BEGIN}")
            if not filled:
                fail("the solution region is empty", opened)
            opened = None
            count += 1
        elif _MARKER_LIKE.search(line):
            fail(f"not a marker: {stripped!r}; write {BEGIN!r} or {END!r} on a line of its own")
        elif opened and stripped:
            filled = True

    if opened:
        raise RegionError(f"{file}:{opened}: {BEGIN} is not closed")
    return count


def without_solutions(source: str) -> str:
    """A cell's source with the stub, indented as the region was, in place of each region."""
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        stripped = line.strip()
        if stripped == BEGIN:
            inside = True
            kept.append(line[: len(line) - len(line.lstrip())] + STUB)
        elif stripped == END:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def without_markers(source: str) -> str:
    """A cell's source as the solution shows it: without the lines that mark regions."""
    return "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))
