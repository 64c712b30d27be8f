"""What a submission finds under the name `bnlib.checks`: checks that say nothing."""

import contextlib

__all__ = ["check", "if_attempted"]


def check(answer=None, seed=0):
    """Nothing: the judge checks, from outside."""
    from bnlib.grader.inside.stage import SWALLOW

    return SWALLOW


run = check


@contextlib.contextmanager
def if_attempted():
    """Run a block that uses an answer; a stub in it is passed over, as in the notebook."""
    with contextlib.suppress(NotImplementedError):
        yield
