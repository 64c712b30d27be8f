"""How the command line ends, whichever command it was."""

import os
import subprocess
import sys

import pytest


def ended(*arguments: str) -> subprocess.CompletedProcess:
    """`bnlib` with these arguments, in a process that says last how many objects are set aside."""
    code = (
        "import atexit, gc, sys; from bnlib.commands import main; "
        "atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count())); "
        "main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "100"},
    )


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--version"], 0), (["grade", "--no-such-option"], 2)]
)
def test_nothing_is_looked_through_at_the_end_and_the_status_is_the_commands(arguments, status):
    run = ended(*arguments)
    assert run.returncode == status
    *said, last = run.stdout.splitlines()
    collects, frozen = last.split()
    assert int(frozen) > 10_000
    assert collects == "True" or arguments == ["--version"]  # which imports no command
    assert "".join(said) or "no-such-option" in run.stderr
