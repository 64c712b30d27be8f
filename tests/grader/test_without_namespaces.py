"""Gradescope's way: no user namespaces, the judge is root, the submission another user.

The command runs in a user namespace of its own in which no further one can be made, without the
capabilities that a container there lacks, and with the submission's user in its /etc/passwd.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from bnlib.grader.gradebook import Gradebook
from bnlib.grader.sandbox import isolation

ROOT = Path(__file__).resolve().parents[2]
UID = 41234

pytestmark = [
    pytest.mark.needs_system("bubblewrap"),
    pytest.mark.skipif(os.geteuid() != 0, reason="it needs root : sudo make unit"),
]

# What waits until the maps of ids are written has no capabilities: a program that it becomes has.
WAIT = 'read -r go; exec bash -euc "$@"'
INSIDE = """
mount --bind "$1" /etc/passwd
echo 0 >/proc/sys/user/max_user_namespaces
if unshare --user true 2>/dev/null; then echo "user namespaces are on"; exit 99; fi
shift
exec setpriv --bounding-set=-sys_admin,-sys_ptrace,-net_admin,-sys_module --inh-caps=-all -- "$@"
"""


def run(tmp_path, *command):
    """Run a command as Gradescope's container would; its completed process."""
    passwd = tmp_path / "passwd"
    who = f"{isolation.SUBMISSION_USER}:x:{UID}:{UID}::/nonexistent:/usr/sbin/nologin\n"
    passwd.write_text(Path("/etc/passwd").read_text() + who)
    arguments = ["inside", str(passwd), *command]
    process = subprocess.Popen(
        ["unshare", "--user", "--mount", "bash", "-euc", WAIT, "wait", INSIDE, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0o077,
    )
    while os.readlink(f"/proc/{process.pid}/ns/user") == os.readlink("/proc/self/ns/user"):
        assert process.poll() is None
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{process.pid}/{name}").write_text("0 0 65536\n")
    output, _ = process.communicate("go\n", timeout=120)
    return process.returncode, output


def grade(tmp_path, source: Path, *options):
    out, results = tmp_path / "out", tmp_path / "results.json"
    command = [sys.executable, "-m", "bnlib.commands", "grade", str(source), "--out", str(out)]
    wanted = ["--notebook", "04_algorithm", "--isolation", "user", "--gradescope", str(results)]
    code, output = run(tmp_path, *command, *wanted, *options)
    assert code == 0, output
    (tmp_path / "printed.txt").write_text(output)
    with Gradebook.open(out / "gradebook.sqlite", readonly=True) as book:
        (record,) = book.current()
    return record, json.loads(results.read_text())


def with_cell(tmp_path, code: str) -> Path:
    notebook = nbformat.read(ROOT / "solutions" / "04_algorithm.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    path = tmp_path / "ada.ipynb"
    nbformat.write(notebook, path)
    return path


# As if it had been imported by a computed name.
HIDDEN = "import sys, types\nsys.modules['sklearn'] = types.ModuleType('sklearn')"


def test_a_right_notebook_has_every_point(tmp_path):
    record, results = grade(tmp_path, with_cell(tmp_path, HIDDEN))
    assert record.isolation == "user"
    assert (record.points, record.raised) == (30, ())
    assert results["score"] == 30
    assert all(test["status"] == "passed" for test in results["tests"])
    assert results["extra_data"]["bnlib"][0]["isolation"] == "user"
    # Gradescope shows what is printed to instructors alone.
    assert (
        "ada: imported sklearn, which its code does not say"
        in (tmp_path / "printed.txt").read_text()
    )


SAYS = """
import os
secret = {secret!r}
found = []
def tried(what, function):
    try:
        function()
        found.append(what)
    except OSError:
        pass
tried("the key", lambda: open(secret).read())
tried("a process", os.fork)
tried("a program", lambda: os.execv("/bin/true", ["true"]))
tried("the parent's memory", lambda: open(f"/proc/{{os.getppid()}}/mem", "rb").read(1))
tried("its environment", lambda: open(f"/proc/{{os.getppid()}}/environ", "rb").read())
tried("a signal to the parent", lambda: os.kill(os.getppid(), 0))
tried("root", lambda: os.setuid(0))
tried("the gradebook", lambda: open({book!r}, "rb").read())
tried("the results", lambda: open({results!r}, "w").write("x"))
raise RuntimeError(f"uid {{os.getuid()}} groups {{os.getgroups()}} had {{found}}")
"""


def test_the_submission_is_another_user_and_reaches_nothing(tmp_path):
    secret = tmp_path / "answers.py"
    secret.write_text("the key")
    secret.chmod(0o600)
    book, results = str(tmp_path / "out" / "gradebook.sqlite"), str(tmp_path / "results.json")
    code = SAYS.format(secret=str(secret), book=book, results=results)
    record, content = grade(tmp_path, with_cell(tmp_path, code))
    assert record.points == content["score"] == 30
    ((_, said),) = record.raised
    assert said == f"RuntimeError: uid {UID} groups [] had []"


def test_namespaces_are_refused_there(tmp_path):
    code, output = run(
        tmp_path,
        *(sys.executable, "-m", "bnlib.commands", "grade", str(ROOT / "exercises")),
        *("--out", str(tmp_path / "out")),
    )
    assert code == 1
    assert "there is none here" in output
    assert not (tmp_path / "out").exists()
