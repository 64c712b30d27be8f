"""What a run of an exercise's checks found, as data, as text and as HTML."""

from __future__ import annotations

import html
from dataclasses import dataclass

_WORDS = {True: "passed", False: "wrong", None: "not judged"}
# Mid-tones, legible on white and on a dark notebook alike; the words carry the meaning.
_COLOURS = {True: "#2e8b57", False: "#c8553d", None: "#808080"}


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


@dataclass(frozen=True)
class Report:
    """All results of one exercise, in the order of its checks.

    Attributes:
        exercise: the exercise's name. status: one of "passed", "wrong", "not attempted",
            "borrowed", "took too long" and "not judged".
        results: one Result a check. seed: what the inputs were drawn from.
    """

    exercise: str
    status: str
    results: tuple[Result, ...]
    seed: int

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
        if self.status in ("passed", "wrong"):
            return f"{self.exercise}: {self.points:g} of {self.possible:g} points"
        return f"{self.exercise}: {self.status} (0 of {self.possible:g} points)"

    def _rows(self):
        """(result, message to show): a message that repeats is shown once."""
        seen = {}
        for result in self.results:
            message = result.message
            if message and message in seen:
                message = f"As above: {seen[message]}."
            elif message:
                seen[message] = result.name
            yield result, message

    def __str__(self) -> str:
        if self.status not in ("passed", "wrong"):
            return f"{self._title()}\n    {self.results[0].message}"
        lines = [self._title()]
        for result, message in self._rows():
            lines.append(
                f"  {_WORDS[result.passed]:<10}  {result.name} "
                f"({result.points:g} of {result.possible:g})"
            )
            lines += [f"              {line}" for line in message.splitlines()]
            if result.passed is False:
                lines.append(f"              Book: {result.section}.")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        title = f"<strong>{html.escape(self._title())}</strong>"
        if self.status not in ("passed", "wrong"):
            return f"<div>{title}<br>{html.escape(self.results[0].message)}</div>"
        rows = []
        for result, message in self._rows():
            if result.passed is False:
                message += f"\nBook: {result.section}."
            text = html.escape(message.strip()).replace("\n", "<br>")
            rows.append(
                "<tr>"
                f'<td style="color:{_COLOURS[result.passed]};font-weight:bold;'
                f'vertical-align:top;white-space:nowrap">{_WORDS[result.passed]}</td>'
                f'<td style="text-align:left">{html.escape(result.name)}'
                f"{'<br>' + text if text else ''}</td>"
                f'<td style="vertical-align:top;white-space:nowrap">'
                f"{result.points:g} of {result.possible:g}</td></tr>"
            )
        return f"<div>{title}<table>{''.join(rows)}</table></div>"
