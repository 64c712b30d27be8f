"""Solution regions in the text of a notebook: found, checked, and replaced by stubs.

Regions are marked as in nbgrader, inside a code cell:

    def answer(x):
        ### BEGIN SOLUTION
        return x
        ### END SOLUTION

Where the student is handed something else than a stub, code to mend, it stands in the region too:

        ### BEGIN SOLUTION
        return x
        ### INSTEAD
        return -x
        ### END SOLUTION
"""

from __future__ import annotations

import re

BEGIN = "### BEGIN SOLUTION"
INSTEAD = "### INSTEAD"
END = "### END SOLUTION"
STUB = 'raise NotImplementedError("your code goes here")'

# Whatever was meant as a marker: one that is misspelt would show the solution to the student.
_MARKER_LIKE = re.compile(r"#+\s*((begin|end)[\s_-]*solution|instead\s*$)", re.IGNORECASE)
_FENCE = re.compile(r"\s*(`{3,}|~{3,}|:{3,})\s*(\{[\w-]+\})?")


class RegionError(ValueError):
    """A solution region that is malformed; the message begins with file and line."""


def check_regions(text: str, file: str) -> int:
    """Check every region of a notebook's text and count them.

    Raises:
        RegionError: a region or one of its parts is nested, unclosed, empty or outside of a code
            cell, an end stands alone, or a marker is misspelt. The message begins with
            ``file:line``.
    """
    count = 0
    opened = None  # the line of an open region's BEGIN
    filled = False  # whether something stands between it, or its INSTEAD, and here
    instead = False  # whether its INSTEAD was met
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
            opened, filled, instead = number, False, False
        elif stripped in (INSTEAD, END):
            if not opened:
                fail(f"{stripped} without {BEGIN}")
            if stripped == INSTEAD and instead:
                fail(f"{INSTEAD} for the second time in the region that line {opened} began")
            if not filled:
                part = "part to hand out" if instead else "solution region"
                fail(f"the {part} is empty", opened)
            if stripped == INSTEAD:
                instead, filled = True, False
            else:
                opened = None
                count += 1
        elif _MARKER_LIKE.search(line):
            known = f"{BEGIN!r}, {INSTEAD!r} or {END!r}"
            fail(f"not a marker: {stripped!r}; write {known} on a line of its own")
        elif opened and stripped:
            filled = True

    if opened:
        raise RegionError(f"{file}:{opened}: {BEGIN} is not closed")
    return count


def without_solutions(source: str) -> str:
    """A cell's source with what the student is handed in place of each region.

    That is what stands after INSTEAD, or the stub, indented as the region was.
    """
    kept: list[str] = []
    where = "outside"
    for line in source.splitlines():
        stripped = line.strip()
        if stripped == BEGIN:
            where = "solution"
            kept.append(line[: len(line) - len(line.lstrip())] + STUB)
        elif stripped == INSTEAD:
            where = "handed out"
            kept.pop()
        elif stripped == END:
            where = "outside"
        elif where != "solution":
            kept.append(line)
    return "\n".join(kept)


def without_markers(source: str) -> str:
    """A cell's source as the solution shows it: without markers and what is handed out instead."""
    kept: list[str] = []
    handed_out = False
    for line in source.splitlines():
        stripped = line.strip()
        if stripped in (BEGIN, INSTEAD, END):
            handed_out = stripped == INSTEAD
        elif not handed_out:
            kept.append(line)
    return "\n".join(kept)
