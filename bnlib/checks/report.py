"""What a run of an exercise's checks found, as data, as text and as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

THE_SAME = "The same, seen by this check too."  # of a message that stands above
_WORDS = {True: "passed", False: "wrong", None: "not judged"}
# A page names its own colours by these variables. Without them mid-tones, legible on white and on a
# dark notebook alike; the words carry the meaning.
_COLOURS = {
    True: "var(--verdict-passed,#2e8b57)",
    False: "var(--verdict-wrong,#c8553d)",
    None: "var(--verdict-open,#808080)",
}
_CELL = "vertical-align:top;padding:0.2em 1em 0.2em 0"


@dataclass(frozen=True)
class Section:
    """Where in the book to look: the chapter's file, the label of a heading and its words."""

    chapter: str
    label: str
    title: str

    def __str__(self) -> str:
        return f"chapter {int(self.chapter[:2])}, “{self.title}”"

    @property
    def path(self) -> str:
        """The section's address, relative to the root of the built book."""
        return f"book/{self.chapter}.html#{self.label}"


@dataclass(frozen=True)
class Result:
    """The outcome of one check.

    Attributes:
        name: the check's sentence.
        passed: True, False, or None where it could not be judged.
        message: what was expected and what came, or why it could not be judged.
        mistake: id of the named mistake, or None.
        points: points given. possible: points that could be had.
        section: where in the book to look.
    """

    name: str
    passed: bool | None
    message: str
    mistake: str | None
    points: float
    possible: float
    section: Section


def said_once(results: Iterable):
    """Pairs (result, whether an earlier one has said the same): a mistake is explained once.

    Takes whatever has ``passed``, ``message`` and ``mistake``.
    """
    seen = set()
    for result in results:
        said = result.mistake or result.message
        yield result, bool(said) and said in seen and result.passed is not None
        seen.add(said)


@dataclass(frozen=True)
class Report:
    """All results of one exercise, in the order of its checks.

    Attributes:
        exercise: the exercise's name. status: one of "passed", "wrong", "not attempted",
            "borrowed", "took too long" and "not judged".
        results: one Result a check. seed: what the inputs were drawn from.
        explained: whether one known mistake accounts for all of it: by the same numbers where a
            check failed, and by failing no other.
    """

    exercise: str
    status: str
    results: tuple[Result, ...]
    seed: int
    explained: bool = False

    @property
    def points(self) -> float:
        return sum(r.points for r in self.results)

    @property
    def possible(self) -> float:
        return sum(r.possible for r in self.results)

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(r.passed for r in self.results)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Ids of the mistakes that were named, each once, in the order of the checks."""
        return tuple(dict.fromkeys(r.mistake for r in self.results if r.mistake))

    def _title(self) -> str:
        points = f"{self.points:g} of {self.possible:g} points"
        if self.status in ("passed", "wrong"):
            return f"{self.exercise}: {points}"
        return f"{self.exercise}: {self.status} ({points})"

    @property
    def message(self) -> str:
        """The one thing that there is to say of all checks, or "" where each has its own."""
        if self.status in ("passed", "wrong") or len({r.message for r in self.results}) > 1:
            return ""
        return self.results[0].message

    def rows(self):
        """Pairs (result, message to show): what was said once is not said again."""
        for result, repeated in said_once(self.results):
            message = result.message
            if repeated:
                message = THE_SAME
            elif result.passed is False:
                message += f" Book: {result.section}."
            yield result, message

    def __str__(self) -> str:
        if self.message:
            return f"{self._title()}\n    {self.message}"
        lines = [self._title()]
        for result, message in self.rows():
            lines.append(
                f"  {_WORDS[result.passed]:<10}  {result.name} "
                f"({result.points:g} of {result.possible:g})"
            )
            lines += [f"              {line}" for line in message.splitlines()]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        title = f"<strong>{html.escape(self._title())}</strong>"
        if self.message:
            return f'<div class="report">{title}<br>{html.escape(self.message)}</div>'
        rows = []
        for result, message in self.rows():
            text = html.escape(message.strip()).replace("\n", "<br>")
            cells = (
                (f"color:{_COLOURS[result.passed]};font-weight:bold", _WORDS[result.passed]),
                ("text-align:left", html.escape(result.name) + ("<br>" + text if text else "")),
                ("white-space:nowrap", f"{result.points:g} of {result.possible:g}"),
            )
            row = "".join(f'<td style="{_CELL};{style}">{inner}</td>' for style, inner in cells)
            rows.append(f"<tr>{row}</tr>")
        return f'<div class="report">{title}<table>{"".join(rows)}</table></div>'
