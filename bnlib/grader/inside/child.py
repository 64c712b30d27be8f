"""The life of one submission: its cells run, then its functions are called, until it is ended.

What comes from the judge (lists, as the wire brings them):

    ["start", options]    cells [[number, source, code or None], ...], names to look for, seconds
                          a cell, whether to tell of each; the code is that of the source, as
                          `marshal` has it
    ["call", n, name, adapter, arguments, seconds, given]
    ["answer", value] ["failed", kind, text]    to what a given function asked

What goes back:

    ["cell", number]      before a cell is run, where the judge wants to be told of each
    ["ready", facts]      cells that were run, those that raised, names that can be called,
                          packages that were imported
    ["value", n, value, changed] ["raised", n, kind, text, line] ["stub", n, text]
    ["late", n, text] ["unjudged", n, text]
    ["ask", name, what, arguments]    a given function wants to know
"""

from __future__ import annotations

import codeop
import itertools
import linecache
import marshal
import sys
import types

from bnlib.checks import adapters, calling, deadlines
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut
from bnlib.grader.inside import given, stage
from bnlib.grader.wire.encoding import Decoder, Encoder
from bnlib.grader.wire.frames import Connection

_MOST_RAISED = 50
_MOST_MODULES = 500


class Child:
    """One submission and the pipe to its judge.

    Made before the fork, whose copy then serves: what is made here, no submission pays for.

    Args:
        warm: names of the modules that were there before.
    """

    def __init__(self, warm: frozenset[str] = frozenset()):
        self.warm = warm
        self._module = types.ModuleType("__main__")
        # As in a notebook: `from __future__ import` in one cell holds for those below it.
        self._compile = codeop.Compile()
        self._kept: list = []
        stage.prepare(self._module)
        deadlines.take_the_alarm()

    def serve(self, connection: Connection) -> None:
        """Answer frames until the judge sends none any more."""
        self.begin(connection)
        deadlines.take_the_alarm()  # again: a cell may have had a use for it
        while True:
            message, arrays = self._connection.receive()
            self.answer(message, arrays)

    def begin(self, connection: Connection) -> None:
        """Take the judge's first frame and do what it says."""
        self._connection = connection
        message, _ = connection.receive()
        self.start(message[1])

    def start(self, options: dict) -> None:
        """Run the cells, each in its turn, whatever became of the one before."""
        stage.leave_nothing_to_chance()
        raised = []
        for number, source, code in options["cells"]:
            if options["tell"]:
                self._connection.send(["cell", number])
            said = self._run(number, source, code, options["seconds"])
            if said and len(raised) < _MOST_RAISED:
                raised.append([number, _plain(said)])
        names = vars(self._module)
        loaded = sorted({n.partition(".")[0] for n in self._new_modules()})
        facts = {
            "ran": [number for number, *_ in options["cells"]],
            "raised": raised,
            "callable": [name for name in options["names"] if callable(names.get(name))],
            "modules": [n[:80] for n in loaded[:_MOST_MODULES]],
        }
        self._connection.send(["ready", facts])

    def _new_modules(self) -> set[str]:
        """Names of the modules that the cells brought, mostly none: they stand at the end.

        To look at each of the others would copy the page of memory that its name is in.
        """

        def brought(name) -> bool:
            return type(name) is not str or name not in self.warm

        new = list(itertools.takewhile(brought, reversed(sys.modules)))
        if len(new) + len(self.warm) != len(sys.modules):
            new = list(filter(brought, sys.modules))
        # Whatever a submission has put there.
        return {_plain(name) for name in new if type(name) is str}

    def _run(self, number: int, source: str, code: bytes | None, seconds: float) -> str:
        """Run one cell; what it raised, or ""."""
        name = f"<cell {number}>"
        # So that a traceback, and inspect, find the line.
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        try:
            ready = self._compile(source, name, "exec") if code is None else marshal.loads(code)
            with deadlines.deadline(seconds, Child._run.__code__):
                exec(ready, vars(self._module))
        except TimedOut as error:
            return f"TimedOut: {error}"
        except BaseException as error:  # sys.exit() in a cell ends the cell
            return f"{type(error).__name__}: {calling.text_of(error)}"[:400]
        return ""

    def answer(self, message, arrays) -> None:
        """Make one call that the judge asks for and send what became of it."""
        _, n, name, adapter, arguments, seconds, names = message
        encoder = Encoder(self._keep)
        try:
            values = Decoder(arrays, self._held).decode(arguments)
            function = getattr(self._module, name)
            as_arrays = getattr(adapters, adapter)(function) if adapter else function
            outcome = calling.call(function, as_arrays, values, seconds, self._given(names))
            reply = ["value", n, encoder.encode(outcome.value), list(outcome.changed)]
        except NotAttempted as stub:
            reply = ["stub", n, str(stub)]
        except TimedOut as error:
            reply = ["late", n, str(error)]
        except CannotJudge as error:
            reply = ["unjudged", n, str(error)]
        except Raised as error:
            reply = ["raised", n, error.kind, error.text, error.line]
        except KeyboardInterrupt:
            reply = ["raised", n, "KeyboardInterrupt", "", ""]
        except Exception as error:  # too large, or an object that lies about what it is
            reply = ["raised", n, type(error).__name__, calling.text_of(error), ""]
        sendable = reply[0] == "value"
        texts = [_plain(part) for part in reply] if not sendable else reply
        self._connection.send(texts, encoder.arrays if sendable else b"")

    def _keep(self, value) -> int:
        self._kept.append(value)
        return len(self._kept) - 1

    def _held(self, number: int, kind: str, items) -> object:
        return self._kept[number]

    def _given(self, names: dict) -> dict:
        return {name: given.stand_in(name, methods, self._ask) for name, methods in names.items()}

    def _ask(self, name: str, what: str, arguments: tuple):
        """Have the judge compute something that only it has."""
        encoder = Encoder()
        data = encoder.encode(arguments)
        self._connection.send(["ask", name, what, data], encoder.arrays)
        (tag, *rest), arrays = self._connection.receive()
        if tag == "answer":
            return Decoder(arrays, self._held).decode(rest[0])
        raise ValueError(": ".join(rest))


def _plain(part):
    """Text that has a UTF-8: an exception's message may hold lone surrogates."""
    return part.encode("utf-8", "replace").decode() if isinstance(part, str) else part
