"""What can go wrong with an answer, as exceptions: each becomes another message."""


class Wrong(Exception):
    """The answer was computed and is not right.

    Args:
        message: what was expected and what came, on which input.
        mistake: id of the mistake where the engine itself can name it (a wrong shape, say).
        judged: name of the output that is wrong, or None where it is the call as a whole.
    """

    def __init__(self, message: str, mistake: str | None = None, judged: str | None = None):
        super().__init__(message)
        self.message = message
        self.mistake = mistake
        self.judged = judged


class NotAttempted(Exception):
    """The stub still raises NotImplementedError."""


class Raised(Exception):
    """The student's code raised.

    Args:
        kind: name of the exception's class.
        text: its message.
        line: the line of the student's code that raised, if it is known.
    """

    def __init__(self, kind: str, text: str, line: str = ""):
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text
        self.line = line


class TimedOut(BaseException):
    """A call did not return before its deadline.

    No Exception: an answer's own ``except Exception`` must not swallow it.
    """


class CannotJudge(Exception):
    """The check cannot be run here (a library is missing): neither right nor wrong."""
