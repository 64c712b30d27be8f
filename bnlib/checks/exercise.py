"""What an exercise is: its checks, its known mistakes, its honest alternatives, its points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bnlib.checks import registry
from bnlib.checks.report import Section


@dataclass(frozen=True)
class Check:
    """One check: a sentence, what it is worth, and ``test(student, rng, others)``.

    ``test`` draws its inputs from ``rng``, calls ``student`` and raises ``Wrong``; it may return
    a note that is shown beside a pass. ``others`` maps the names of earlier exercises to the
    student's own functions. Where the student's code runs is not the check's business.
    """

    name: str
    test: Callable
    points: float
    section: Section


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation with a name and advice.

    Attributes:
        id: its name, in kebab case. advice: one or two sentences, without the code.
        function: the wrong code, called like an answer.
        rounding: True where the fault is a loss of digits, whose amount depends on the order of
            operations, so that outputs can be compared in size only.
        source: where it was seen, or "" for one that was thought of here.
    """

    id: str
    advice: str
    function: Callable
    rounding: bool = False
    source: str = ""


@dataclass
class Exercise:
    """An exercise: a name (what the student writes) and all that judges an answer.

    Attributes:
        name, notebook ("04_algorithm"), title, difficulty (1-5), minutes, section: what a reader
            is told.
        parameters: names of the arguments, in order. returns: names of what comes back; more
            than one is a tuple. opaque: those of them whose form is the student's own affair.
            lists: those of them that are lists of arrays, of any number and of any shapes.
        reference: the right answer. uses: earlier exercises that its checks may call.
        forbidden: dotted names that the answer may not use; ``allowed`` are excepted.
        adapter: turns what the student wrote into a function of arrays (for a torch class), or
            None. requires: libraries without which nothing can be judged.
        example: draws ordinary arguments from a generator, ``example(rng) -> tuple``; the tests
            that change the solution a little ask on them whether a change changes anything.
        repair: whether the student is handed a broken answer to mend, rather than a stub; the
            first known mistake is then what was handed out.
    """

    name: str
    notebook: str
    title: str
    difficulty: int
    minutes: int
    section: Section
    parameters: tuple[str, ...]
    returns: tuple[str, ...]
    reference: Callable
    opaque: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ("bnlib", "torch", "scipy", "sklearn")
    allowed: tuple[str, ...] = (
        "bnlib.cache",
        "bnlib.Cache",
        "bnlib.check",
        "bnlib.checks.check",
        "bnlib.checks.if_attempted",
        "bnlib.checks.notebook",
    )
    adapter: Callable | None = None
    requires: tuple[str, ...] = ()
    example: Callable | None = None
    repair: bool = False
    checks: list[Check] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    alternatives: list[Callable] = field(default_factory=list)

    def __post_init__(self):
        registry.register(self)

    @property
    def points(self) -> float:
        """All points of the exercise, the sum over its checks."""
        return sum(check.points for check in self.checks)

    def check(self, name: str, points: float, section: Section | None = None):
        """Decorator: add a check with this sentence for a name."""

        def add(test: Callable) -> Callable:
            self.checks.append(Check(name, test, points, section or self.section))
            return test

        return add

    def mistake(self, id: str, advice: str, rounding: bool = False, source: str = ""):
        """Decorator: add a known mistake; its function is also a test of the checks."""

        def add(function: Callable) -> Callable:
            if any(known.id == id for known in self.mistakes):
                raise ValueError(f"{self.name} has a mistake named {id!r} already")
            self.mistakes.append(Mistake(id, advice, function, rounding, source))
            return function

        return add

    def alternative(self, function: Callable) -> Callable:
        """Decorator: add an honest answer of another form, which must get full points."""
        self.alternatives.append(function)
        return function
