"""What the warm parent plays to itself, among the modules that there are in a sandbox."""

from __future__ import annotations

import json
import subprocess
import sys

from bnlib.grader.inside import rehearsal
from bnlib.grader.sandbox import view

HEARD = """
import json, sys
sys.path.insert(0, sys.argv[1])
from bnlib.grader.inside import rehearsal, stage
from bnlib.grader.wire.frames import Connection
said = []
class Heard(Connection):
    def receive(self, seconds=None):
        message, arrays = super().receive(seconds)
        said.append(message)
        return message, arrays
rehearsal.Connection = Heard
stage.install()
rehearsal.play(2)
facts = [(m[1]["raised"], m[1]["callable"]) for m in said if m[0] == "ready"]
print(json.dumps([facts, [m[0] for m in said if m[0] in ("value", "stub", "raised")]]))
"""


def test_its_notebook_runs_and_its_functions_answer(tmp_path):
    """What raised on the way would be warm nowhere, and nobody would see it."""
    view.make(tmp_path)
    command = [sys.executable, "-s", "-P", "-B", "-c", HEARD, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    facts, answers = json.loads(done.stdout.splitlines()[-1])
    assert facts == [[[], list(rehearsal._ASKED)]] * 2
    assert answers == ["value", "stub", "raised"] * 2
