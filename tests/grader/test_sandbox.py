"""The sandbox from outside: whether there is one, how it is begun and how it is lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from bnlib.checks.verdicts import Raised
from bnlib.grader.inside import parent
from bnlib.grader.questions import Question
from bnlib.grader.references import References
from bnlib.grader.remote import Session
from bnlib.grader.sandbox import calls, isolation, view, warm
from bnlib.grader.sandbox.isolation import NoSandbox
from bnlib.grader.sandbox.warm import Kind, Sandbox, SandboxFailed, WarmParent


def refusal(kind: str) -> str:
    with pytest.raises(NoSandbox) as caught:
        isolation.require(kind)
    said = str(caught.value)
    # Whatever is missing, the reader is told what to do.
    assert all(way in said for way in ("apt-get install", "containers/grader.Containerfile"))
    assert "--unsafe-no-sandbox" in said
    return said.splitlines()[0].partition("none here: ")[2]


# ---------------------------------------------------------------- whether there is one


def test_no_isolation_needs_nothing_but_fork(monkeypatch):
    monkeypatch.setattr(isolation.sys, "platform", "darwin")
    isolation.require(isolation.NONE)
    monkeypatch.delattr(os, "fork")
    assert refusal(isolation.NONE) == "darwin cannot fork a process."


@pytest.mark.parametrize("kind", [isolation.NAMESPACES, isolation.USER])
def test_only_linux_has_namespaces(monkeypatch, kind):
    monkeypatch.setattr(isolation.sys, "platform", "darwin")
    assert refusal(kind) == "darwin has no namespaces."


@pytest.mark.skipif(sys.platform != "linux", reason="sandboxes are Linux's : run on Linux")
class TestOnLinux:
    def test_without_libseccomp_there_is_none(self, monkeypatch):
        calls.program.cache_clear()
        monkeypatch.setitem(sys.modules, "pyseccomp", None)
        try:
            said = refusal(isolation.NAMESPACES)
            assert "no system calls can be filtered" in said
            assert "libseccomp2" in said
        finally:
            calls.program.cache_clear()

    def test_the_filter_is_one_that_the_kernel_takes(self):
        program = calls.program()
        assert len(program) > 8 * len(calls.REFUSED) / 2
        assert len(program) % 8 == 0
        assert calls.program() is program

    def test_a_call_that_this_machine_does_not_have_is_left_out(self):
        def resolve(arch, name):
            if name == "odd":
                raise ValueError(name)
            return {"fork": 57, "vm86": -101}[name]

        seccomp = types.SimpleNamespace(system_arch=lambda: 0, resolve_syscall=resolve)
        assert [calls._known(seccomp, n) for n in ("fork", "vm86", "odd")] == [True, False, False]

    def test_another_user_needs_root(self, monkeypatch):
        monkeypatch.setattr(isolation.os, "geteuid", lambda: 1000)
        assert "--isolation user needs root" in refusal(isolation.USER)

    def test_another_user_must_be_there(self, monkeypatch):
        monkeypatch.setattr(isolation.os, "geteuid", lambda: 0)
        monkeypatch.setattr(isolation, "SUBMISSION_USER", "nobody-of-this-name")
        assert "useradd --system nobody-of-this-name" in refusal(isolation.USER)
        monkeypatch.setattr(isolation, "SUBMISSION_USER", "root")
        isolation.require(isolation.USER)
        assert isolation.submission_user() == (0, 0)

    def test_bubblewrap_must_be_installed(self, monkeypatch):
        monkeypatch.setattr(isolation.shutil, "which", lambda name: None)
        assert refusal(isolation.NAMESPACES) == "bubblewrap (bwrap) is not installed."

    @pytest.mark.parametrize(
        ("stderr", "why"),
        [
            ("warning\nbwrap: no permission\n", "bwrap: no permission"),
            ("", "it ended with 7"),
        ],
    )
    def test_bubblewrap_must_start(self, monkeypatch, stderr, why):
        ended = subprocess.CompletedProcess([], 7, "", stderr)
        monkeypatch.setattr(isolation.shutil, "which", lambda name: "/usr/bin/bwrap")
        monkeypatch.setattr(isolation.subprocess, "run", lambda *a, **k: ended)
        assert refusal(isolation.NAMESPACES) == f"bubblewrap does not start: {why}"


# ---------------------------------------------------------------- what is seen in it


def test_the_answers_are_covered_wherever_a_shown_folder_holds_them(monkeypatch, tmp_path):
    project, site = tmp_path / "project", tmp_path / "env" / "site"
    for folder in (project / "solutions", project / "bnlib", site / "bnlib", tmp_path / "other"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(view, "PACKAGE", project / "bnlib")
    monkeypatch.setattr(isolation, "_site_packages", lambda: {str(site)})
    # Installed from a checkout: all of it, with its solutions; and the copy beside.
    assert isolation._answers() == [site / "bnlib", project]
    assert isolation._covered([tmp_path / "env", tmp_path / "other"]) == [site / "bnlib"]
    assert isolation._covered([tmp_path]) == [site / "bnlib", project]
    (project / "solutions").rmdir()
    assert project / "bnlib" in isolation._answers()
    assert project not in isolation._answers()


def test_an_environment_that_is_a_link_is_covered_under_its_own_name(monkeypatch, tmp_path):
    real = tmp_path / "real"
    (real / "bnlib").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(real)
    monkeypatch.setattr(isolation, "_answers", lambda: [real / "bnlib"])
    assert isolation._covered([link]) == [link / "bnlib"]


def test_links_of_the_system_stay_links_and_what_they_hide_is_hidden(monkeypatch, tmp_path):
    (tmp_path / "usr" / "bnlib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr")
    monkeypatch.setattr(isolation, "_SYSTEM", (f"{tmp_path}/usr", f"{tmp_path}/lib", "/nowhere"))
    monkeypatch.setattr(isolation, "_answers", lambda: [tmp_path / "usr" / "bnlib"])
    line = " ".join(isolation.command(tmp_path / "course"))
    assert f"--symlink usr {tmp_path}/lib" in line
    bound = line.index(f"--ro-bind {tmp_path}/usr {tmp_path}/usr")
    hidden = line.index(f"--tmpfs {tmp_path}/usr/bnlib")
    assert bound < hidden < line.index(f"--remount-ro {tmp_path}/usr/bnlib")
    assert "/nowhere" not in line


def test_the_package_for_submissions_holds_no_answers(tmp_path):
    view.make(tmp_path)
    files = {p.relative_to(tmp_path / "bnlib").as_posix() for p in tmp_path.rglob("*.py")}
    assert "grader/inside/child.py" in files
    assert not any(f.startswith(("exercises", "norms", "checks/engine")) for f in files)
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_its_modules_are_compiled_and_nothing_of_this_machine_is_in_them(tmp_path):
    view.make(tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import bnlib.grader.inside.child as child; "
        "print(child.__cached__, child.Child._run.__code__.co_filename, child.__file__)"
    )
    line = [sys.executable, "-s", "-P", "-B", "-v", "-c", code, str(tmp_path)]
    run = subprocess.run(line, capture_output=True, text=True, env={}, check=True)
    inside = tmp_path / "bnlib" / "grader" / "inside"
    kept = inside / "__pycache__" / f"child.{sys.implementation.cache_tag}.pyc"
    assert run.stdout.split() == [str(kept), *[str(inside / "child.py")] * 2]
    assert f"code object from '{kept}'" in run.stderr
    assert f"code object from {str(inside / 'child.py')!r}" not in run.stderr
    modules = {p.relative_to(tmp_path).with_suffix("") for p in tmp_path.rglob("*.py")}
    compiled = list(tmp_path.rglob("*.pyc"))
    assert len(modules) == len(compiled) > 20
    for path in compiled:
        data = path.read_bytes()
        assert str(view.PACKAGE).encode() not in data
        assert b"bnlib/" in data


def test_the_norms_are_there_where_answers_may_build_on_them(tmp_path):
    assert not view.needs_core("04_algorithm")
    wants = [n for n in ("01_inputs", "07_training", "08_limits") if view.needs_core(n)]
    assert wants, "no notebook builds on the library's norms any more"
    view.make(tmp_path)
    assert not (tmp_path / "bnlib" / "norms").exists()
    view.add_core(tmp_path)
    assert (tmp_path / "bnlib" / "norms" / "batch.py").is_file()


# ---------------------------------------------------------------- a warm parent, and its end


@pytest.fixture
def bare():
    """Without walls: it starts anywhere."""
    one = WarmParent(Kind(isolation.NONE))
    yield one
    one.close()


def test_it_forks_and_ends(bare):
    connection = bare.fork()
    connection.close()
    status, seconds, peak = bare.end()
    assert seconds >= 0
    assert peak >= 0
    assert bare.end() == (0, 0.0, 0)
    assert "numpy" in bare.packages
    assert status is not None


def test_a_parent_that_was_lost_says_so(bare):
    bare.sandbox._process.kill()
    bare.sandbox._process.wait()
    with pytest.raises(SandboxFailed, match="the sandbox does not work"):
        bare.fork()
    with pytest.raises(SandboxFailed, match="the sandbox does not work"):
        bare.end()


@pytest.mark.parametrize("before", ["", "many words, " * 1000])
def test_a_parent_that_does_not_start_says_why(monkeypatch, before):
    monkeypatch.setattr(warm, "_START", f"raise SystemExit({before!r} + 'no library here')")
    with pytest.raises(SandboxFailed, match="no library here") as caught:
        WarmParent(Kind(isolation.NONE))
    assert len(str(caught.value)) < 2500


def test_a_parent_that_says_something_else_is_none(bare, monkeypatch):
    monkeypatch.setattr(bare._control, "receive", lambda seconds: (["odd", 1], b""))
    with pytest.raises(SandboxFailed, match="it said 'odd', expected 'ended'"):
        bare.end()


LEAVES = """
import socket, sys
end = socket.socket(fileno=int(sys.argv[2]))
print(end.recv(5, socket.MSG_WAITALL), "came, and no library is here", file=sys.stderr, flush=True)
end.recv(1)
"""


def test_a_twin_of_a_parent_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setattr(warm, "_START", LEAVES)
    with Sandbox(isolation.NONE) as sandbox:
        sandbox.warm()
        twin = sandbox.twin()
        with pytest.raises(SandboxFailed, match=r"W.*\[\]' came, and no library is here"):
            WarmParent(twin.kind, twin)
        sandbox._process.wait(30)
        with pytest.raises(OSError, match="Broken pipe"):
            sandbox.twin()


TELLS = """
import os, socket
def f():
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("\\0here")  # the other has bound that name, where it is
        found = [name for name in os.listdir("/proc") if name.isdigit()]
        open("/tmp/mine", "x").close()
        os.environ["kept"] = "yes"
        return ",".join(found), os.getpid(), len(os.listdir("/tmp"))
"""


@pytest.mark.needs_system("bubblewrap")
def test_children_of_twins_are_as_far_from_each_other_as_of_two_sandboxes():
    with contextlib.ExitStack() as opened:
        sandbox = opened.enter_context(Sandbox())
        assert sandbox.warm() == Kind()
        parents = [WarmParent(twin.kind, twin) for twin in (sandbox.twin(), sandbox.twin(0))]
        for one in parents:
            opened.callback(one.close)
        sessions = [opened.enter_context(Session(p, [(1, TELLS)], ["f"])) for p in parents]
        for session in sessions:
            assert session.facts().names == {"f"}
        question = Question.of("f", None, (), 5.0, References({}))
        # Both live: each is the first process of its own, the only one, and has a /tmp to itself.
        assert [session.call(question).value for session in sessions] == [("1", 1, 1)] * 2
        sandbox.close()
        for session in sessions:
            with pytest.raises((Raised, SandboxFailed)):
                session.call(question)
            session._connection = None  # there is nothing left to end


@pytest.mark.needs_system("bubblewrap")
@pytest.mark.parametrize("core", [True, False])
def test_the_norms_come_after_the_sandbox_has_begun(core):
    """They are no more than swallowed where nobody asked for them."""
    one = WarmParent(Kind(core=core))
    try:
        with Session(one, [(1, "import bnlib.norms.batch as b\nb.__file__")], []) as session:
            assert bool(session.facts().raised) is not core
    finally:
        one.close()


def test_a_sandbox_that_was_dismissed_leaves_by_itself():
    with Sandbox(isolation.NONE) as sandbox:
        sandbox.warm()
        parent = WarmParent(Kind(isolation.NONE), sandbox.twin())
        parent.close()
        sandbox.dismiss()
        assert sandbox._process.wait(30) == 0
        assert sandbox._folder.exists()
    assert not sandbox._folder.exists()


def test_its_folder_goes_with_it(bare):
    folder = bare.sandbox._folder
    assert (folder / "bnlib").is_dir()
    bare.close()
    assert not folder.exists()


@pytest.mark.needs_system("bubblewrap")
def test_what_cannot_be_walled_in_does_not_run(monkeypatch):
    """In the sandbox the kernel refuses a limit; the parent lives, and the judge is told."""
    bad = parent.walls.Limits(scratch=-5)
    one = WarmParent(Kind(isolation.NAMESPACES, limits=bad))
    try:
        with (
            pytest.raises(SandboxFailed, match="could not be walled in"),
            Session(one, [(1, "x = 1")], ["x"]) as session,
        ):
            session.facts()
    finally:
        one.close()


def test_a_parent_for_another_user_is_told_who(monkeypatch):
    monkeypatch.setattr(isolation, "submission_user", lambda: (123, 456))
    said: list = []

    def start(command, **options):
        said.append(command[-1])
        raise OSError("not started")

    monkeypatch.setattr(warm.subprocess, "Popen", start)
    with pytest.raises(OSError, match="not started"):
        WarmParent(Kind(isolation.USER, torch=True))
    assert '"uid": 123, "gid": 456' in said[0]
    assert '"isolation": "user"' in said[0]


# ---------------------------------------------------------------- torch

GRADIENT = """
import sys, torch
before = set(sys.modules)
x = torch.ones(2, dtype=torch.float64, requires_grad=True)
(2 * x).backward(torch.ones(2, dtype=torch.float64))
late = sorted(set(sys.modules) - before)
assert not late, f"{len(late)} modules, {late[:3]}"
"""


def test_a_gradient_costs_a_submission_no_imports():
    """Half a second otherwise, of each submission, within the deadline of a call."""
    pytest.importorskip("torch")
    one = WarmParent(Kind(isolation.NONE, torch=True))
    try:
        with Session(one, [(1, GRADIENT)], []) as session:
            assert session.facts().raised == ()
    finally:
        one.close()


def test_a_python_below_tmp_stands_elsewhere(tmp_path, monkeypatch):
    """Every submission gets an empty /tmp of its own, in which nothing of the machine can stand."""
    below, besides = Path("/tmp/env/lib"), Path("/opt/env/lib")
    monkeypatch.setattr(isolation, "python_folders", lambda: [below, besides])
    monkeypatch.setattr(sys, "executable", "/tmp/env/bin/python")
    command = isolation.command(tmp_path)
    shown = {command[i + 1]: command[i + 2] for i, a in enumerate(command) if a == "--ro-bind"}
    assert shown[str(below)] == "/beside/tmp/env/lib"
    assert shown[str(besides)] == str(besides)
    assert isolation.python() == "/beside/tmp/env/bin/python"
