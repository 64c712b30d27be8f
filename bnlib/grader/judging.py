"""Judging one submission: its bytes go in, a Record comes out, whatever the bytes are."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from bnlib.checks import engine, registry
from bnlib.checks.report import Report
from bnlib.grader import borrowing, notebooks
from bnlib.grader.inside.walls import Limits
from bnlib.grader.record import (
    BROKEN,
    GRADED,
    UNREADABLE,
    Mark,
    Record,
    line_of,
    marks_without_answers,
    unjudged,
)
from bnlib.grader.remote import (
    SECONDS_A_CALL,
    SECONDS_A_CELL,
    SECONDS_A_SUBMISSION,
    RemoteCallee,
    Session,
)
from bnlib.grader.sandbox import isolation, view
from bnlib.grader.sandbox.warm import Kind, SandboxFailed, Twin, WarmParent
from bnlib.grader.verdicts import Verdicts

NO_VERDICT = (
    "The check itself failed on what your code returned. This is a fault of the course: your "
    "instructor has been told."
)


@dataclass(frozen=True)
class Terms:
    """What all submissions of a run are graded under.

    Attributes:
        seed: what the inputs of the checks are drawn from. library: digest of the library.
        isolation: one of those of ``sandbox.isolation``. limits, and seconds a cell, a call and
            a submission: what one submission may use.
    """

    seed: int
    library: str
    isolation: str = isolation.NAMESPACES
    limits: Limits = field(default_factory=Limits)
    seconds_a_cell: float = SECONDS_A_CELL
    seconds_a_call: float = SECONDS_A_CALL
    seconds: float = SECONDS_A_SUBMISSION


class Graded(NamedTuple):
    """A record, and the code that it is about: (number, source) of each code cell."""

    record: Record
    source: list[tuple[int, str]]


class Judge:
    """Grades one submission after another, in this process; a context manager.

    ``terms`` have to be there before the first notebook.
    """

    def __init__(self, terms: Terms | None = None):
        self.terms = terms
        self._parents: dict[Kind, WarmParent] = {}
        self._verdicts = Verdicts()

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def close(self) -> None:
        """End all sandboxes."""
        for parent in self._parents.values():
            parent.close()
        self._parents.clear()

    def warm(self, kind: Kind, twin: Twin | None = None) -> None:
        """Have a warm parent for notebooks to come: that twin, or one that is started.

        Raises:
            SandboxFailed.
        """
        if kind not in self._parents:
            self._parents[kind] = WarmParent(kind, twin)

    def grade(self, student: str, notebook: str, data: bytes) -> Graded:
        """Grade a notebook.

        Args:
            student: the id. notebook: "04_algorithm". data: what was handed in.

        Raises:
            SandboxFailed: twice in a row, so that nothing can be judged here.
        """
        try:
            return self._grade(student, notebook, data)
        except SandboxFailed:
            # A sandbox that was harmed, rather than one that cannot be: a new one is better.
            self.close()
            return self._grade(student, notebook, data)

    def _grade(self, student: str, notebook: str, data: bytes) -> Graded:
        begun = time.perf_counter()
        outcome, problem, raised, flags = GRADED, "", (), ()
        source: list[tuple[int, str]] = []
        try:
            read = notebooks.read(data)
        except notebooks.Unreadable as error:
            outcome, problem = UNREADABLE, str(error)
            marks = marks_without_answers(notebook, "not judged", problem)
        else:
            source = [(cell.number, cell.source) for cell in read.cells]
            outcome, problem, marks, raised, flags = self._judged(notebook, read)
        record = Record(
            student=student,
            notebook=notebook,
            digest=hashlib.sha256(data).hexdigest(),
            library=self.terms.library,
            seed=self.terms.seed,
            isolation=self.terms.isolation,
            outcome=outcome,
            problem=problem,
            marks=marks,
            raised=raised,
            flags=flags,
            seconds=round(time.perf_counter() - begun, 4),
        )
        return Graded(record, source)

    def _judged(self, notebook: str, read) -> tuple:
        exercises = registry.of(notebook)
        wanted = dict.fromkeys(n for e in exercises for n in (e.name, *e.uses))
        code = borrowing.Names([cell.tree for cell in read.cells if cell.python is not None])
        cells = [(cell.number, cell.python) for cell in read.cells if cell.python is not None]
        unread = {cell.number: cell.problem for cell in read.cells if cell.python is None}
        parent = self._parent("torch" in code.imported(), view.needs_core(notebook))
        terms = self.terms
        with Session(parent, cells, wanted, terms.seconds_a_cell, terms.seconds) as session:
            facts = session.facts()
            raised = tuple(sorted({**unread, **dict(facts.raised)}.items()))
            if facts.lost:
                problem = f"Its cells could not be run to their end: {facts.lost}."
                marks = marks_without_answers(notebook, "not judged", problem)
                return BROKEN, problem, marks, raised, ()
            flags: list[str] = []
            marks = tuple(
                self._mark(exercise, session, facts.names, code, flags) for exercise in exercises
            )
            if session.lives > 1:
                flags.append(f"its process had to be started {session.lives} times")
        hidden = borrowing.hidden_imports(code.imported(), facts.packages, notebook)
        flags += code.flags
        flags += [f"imported {name}, which its code does not say" for name in hidden]
        return GRADED, "", marks, raised, tuple(flags)

    def _parent(self, torch: bool, core: bool) -> WarmParent:
        kind = Kind(self.terms.isolation, torch, core, self.terms.limits)
        self.warm(kind)
        return self._parents[kind]

    def _mark(self, exercise, session: Session, names, code, flags: list[str]) -> Mark:
        if exercise.name not in names:
            return unjudged(exercise, "missing", f"{exercise.name}: not found in the notebook")
        borrowed = code.borrowed(exercise)
        earlier = [registry.lookup(name) for name in exercise.uses if name in names]

        def judged(asked) -> Report:
            seconds = self.terms.seconds_a_call
            answer = RemoteCallee(asked, exercise, borrowed, seconds)
            seconds = min(seconds, engine.SECONDS_A_HELPER)
            others = {e.name: RemoteCallee(asked, e, seconds=seconds) for e in earlier}
            return engine.run(exercise.name, answer, self.terms.seed, others)

        key = (self.terms, exercise.name, borrowed, *(e.name for e in earlier))
        try:
            report = self._verdicts.report(key, session, judged)
            lines = tuple(map(line_of, report.results))
            if report.status == "wrong" and report.points and not report.explained:
                # Some right and some wrong: by a mistake, or by chance? A known mistake that is
                # wrong, to the digits, where this is, and right where this is right, is no chance.
                again = self._verdicts.report(key, session, judged)
                other = tuple(map(line_of, again.results))
                if [line.passed for line in lines] != [line.passed for line in other]:
                    flags.append(f"{exercise.name} answers differently when asked the same again")
                    lines = tuple(
                        min(pair, key=attrgetter("points"))
                        for pair in zip(lines, other, strict=True)
                    )
        except SandboxFailed:
            raise
        except Exception as error:  # a hole in a check: one exercise is lost, and somebody told
            flags.append(f"judging {exercise.name} failed: {type(error).__name__}: {error}"[:400])
            return unjudged(exercise, "not judged", NO_VERDICT)
        points = sum(line.points for line in lines)
        return Mark(exercise.name, exercise.title, report.status, points, report.possible, lines)
