"""The autograder zip: what it holds, and that its scripts leave a results.json whatever happens."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from bnlib.checks import registry
from bnlib.commands.root import bnlib
from bnlib.grader.exports import autograder, gradescope

ROOT = Path(__file__).resolve().parents[2]
GOOD = gradescope.failure("stands for what the grader wrote") | {"score": 17}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder of installed distributions: what grading might need."""
    folder = tmp_path_factory.mktemp("site-packages")
    for name, version, requires in (
        (
            "batchnorm-course",
            "0.1.0",
            (
                "numpy>=2.0",
                "Click>=8; extra == 'grade'",
                "torch>=2; extra == 'torch'",
                "jupyterlab; extra == 'notebooks'",
            ),
        ),
        ("numpy", "2.4.6", ()),
        ("click", "8.5.1", ("Some.Thing[fast]>=1", "colorama; sys_platform == 'nowhere'")),
        ("some-thing", "3.0", ("faster; extra == 'fast'", "slower; extra == 'slow'")),
        ("faster", "1.0", ("click",)),
        ("torch", "2.13.0+cu130", ("nvidia-cudnn-cu13==9", "triton", "sympy")),
        ("sympy", "1.14.0", ()),
    ):
        about = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        about.mkdir()
        lines = [f"Name: {name}", f"Version: {version}", "Metadata-Version: 2.4"]
        lines += [f"Requires-Dist: {text}" for text in requires]
        (about / "METADATA").write_text("\n".join(lines) + "\n")
    return folder


def only(folder, patch):
    """Let nothing be installed but what is in a folder."""

    def distribution(name):
        for found in metadata.distributions(name=name, path=[str(folder)]):
            return found
        raise metadata.PackageNotFoundError(name)

    patch.setattr(metadata, "distribution", distribution)


@pytest.fixture(scope="module")
def made(installed, tmp_path_factory):
    """The zip for 04_algorithm, made by the command."""
    target = tmp_path_factory.mktemp("zip") / "new" / "autograder.zip"
    with pytest.MonkeyPatch.context() as patch:
        only(installed, patch)
        done = CliRunner().invoke(
            bnlib, ["export", "gradescope", "--notebook", "04_algorithm", "--out", str(target)]
        )
    assert done.exit_code == 0, done.output
    assert "it holds the answers" in done.output
    return target


@pytest.fixture
def container(made, tmp_path):
    """/autograder of a container, somewhere else: the zip unpacked, an upload, a fake grader."""
    root = tmp_path / "autograder"
    unpack(made, root / "source")
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "submission").mkdir()
    shutil.copy(ROOT / "exercises" / "04_algorithm.ipynb", root / "submission" / "mine (1).ipynb")
    (root / "submission_metadata.json").write_text('{"users": [{"id": 1234, "name": "A. B."}]}')
    binaries = root / "venv" / "bin"
    binaries.mkdir(parents=True)
    script(binaries / "python", f'exec {sys.executable} "$@"')
    (tmp_path / "good.json").write_text(json.dumps(GOOD))
    return root


def unpack(archive, folder):
    """As unzip does, with the modes."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            path = Path(opened.extract(entry, folder))
            path.chmod(entry.external_attr >> 16)


def script(path, text):
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def environment(root, **more):
    # The library of the zip, not that of this repository.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST"))}
    return {
        **clean,
        "AUTOGRADER": str(root),
        "PYTHONPATH": str(root / "source"),
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


def run(root, grader, **more):
    """Run it with `bnlib` doing what a script says; returns results.json and what was printed."""
    script(root / "venv" / "bin" / "bnlib", f'printf "%s\\n" "$@" >{root.parent}/called\n{grader}')
    done = subprocess.run(
        [root / "run_autograder"],
        env=environment(root, **more),
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return results(root), done.stdout + done.stderr


def results(root):
    content = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    assert isinstance(content["score"], int | float)
    assert content["output_format"] == "text"
    assert content["stdout_visibility"] == "hidden"
    return content


# ---------------------------------------------------------------- what the zip holds


def test_the_zip_holds_the_scripts_and_the_whole_library(made):
    with zipfile.ZipFile(made) as opened:
        assert opened.testzip() is None
        held = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in opened.infolist()}
        assert held["setup.sh"] == held["run_autograder"] == 0o755
        assert held["settings.sh"] == 0o644
        library = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / "bnlib").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert library <= set(held)
        assert not [name for name in held if "__pycache__" in name or name.startswith("/")]
        for name in ("bnlib/data/digits.npz", "bnlib/exercises/table.py"):
            assert name not in library or opened.read(name) == (ROOT / name).read_bytes()
        settings = opened.read("settings.sh").decode()
    assert "NOTEBOOK=04_algorithm\n" in settings
    assert "SECONDS_ALLOWED=540\n" in settings


def test_the_requirements_are_the_installed_versions_and_no_more(made):
    with zipfile.ZipFile(made) as opened:
        lines = opened.read("requirements.txt").decode().splitlines()
    assert lines[1:] == ["click==8.5.1", "faster==1.0", "numpy==2.4.6", "some-thing==3.0"]


def test_a_notebook_that_needs_torch_gets_its_build_for_processors(installed, monkeypatch):
    only(installed, monkeypatch)
    needed = autograder.requirements({"grade", "torch"})
    assert set(needed) == {"click", "faster", "numpy", "some-thing", "sympy", "torch"}
    text = autograder._requirements_text(needed).decode()
    assert "--extra-index-url https://download.pytorch.org/whl/cpu\ntorch==2.13.0+cpu\n" in text
    uses = {e.notebook for e in registry.exercises() if "torch" in e.requires}
    assert "05_backward" in uses
    assert "04_algorithm" not in uses


def test_the_same_files_give_the_same_zip(made, installed, tmp_path, monkeypatch):
    only(installed, monkeypatch)
    again = tmp_path / "again.zip"
    autograder.write(again, "04_algorithm")
    assert again.read_bytes() == made.read_bytes()


def test_what_cannot_be_made_is_an_error_and_leaves_no_zip(installed, tmp_path, monkeypatch):
    target = tmp_path / "a.zip"

    def error(*arguments):
        done = CliRunner().invoke(bnlib, ["export", "gradescope", "--out", str(target), *arguments])
        assert done.exit_code == 1
        assert not target.exists()
        return done.output

    said = error("--notebook", "4_algo")
    assert "no notebook '4_algo'; it has 01_inputs, 02_whitening" in said
    assert "a second or more, got 0" in error("--notebook", "04_algorithm", "--seconds", "0")
    only(tmp_path, monkeypatch)
    with pytest.raises(autograder.ExportError, match="batchnorm-course is not installed"):
        autograder.requirements({"grade"})
    only(installed, monkeypatch)
    with pytest.raises(autograder.ExportError, match="jupyterlab is not installed"):
        autograder.requirements({"notebooks"})


def test_grading_names_what_its_container_needs():
    """The extra of pyproject.toml from which the requirements are made."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = {text.split(">")[0] for text in project["optional-dependencies"]["grade"]}
    assert {"click", "packaging"} <= extra
    assert project["name"] == autograder.DISTRIBUTION
    assert metadata.version("packaging")


# ---------------------------------------------------------------- the scripts


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder", "settings.sh"])
def test_the_scripts_are_bash(container, name):
    subprocess.run(["bash", "-n", container / "source" / name], check=True)


@pytest.mark.needs_system("shellcheck")
def test_shellcheck_finds_nothing_in_the_scripts(container):
    names = ("setup.sh", "run_autograder", "settings.sh")
    done = subprocess.run(
        ["shellcheck", "-x", *names], cwd=container / "source", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


WRITES = 'while [ "$1" != --gradescope ]; do shift; done; cat "$GOOD" >"$2"'


def test_what_the_grader_wrote_is_handed_over(container):
    good = container.parent / "good.json"
    staged = container.parent / "staged"
    found, _ = run(container, f'cp -R "$2" {staged}\n{WRITES}', GOOD=str(good))
    assert found == GOOD
    called = (container.parent / "called").read_text().split("\n")
    assert called[0] == "grade"
    assert called[2:4] == ["--notebook", "04_algorithm"]
    assert called[called.index("--isolation") + 1] == "user"
    assert not Path(called[1]).exists(), "the temporary folder is left"
    copies = [path for path in staged.rglob("*") if path.is_file()]
    assert [path.relative_to(staged).as_posix() for path in copies] == ["1234/04_algorithm.ipynb"]
    original = container / "submission" / "mine (1).ipynb"
    assert copies[0].read_bytes() == original.read_bytes()


def test_nobody_else_reads_what_is_not_python(container):
    (container / ".secret").write_text("x")
    run(container, WRITES, GOOD=str(container.parent / "good.json"))
    for path in container.iterdir():
        others = path.stat().st_mode & 0o077
        assert bool(others) == (path.name == "venv"), path.name
    assert container.stat().st_mode & 0o777 == 0o711
    assert (container / "venv" / "bin" / "python").stat().st_mode & 0o005


@pytest.mark.parametrize(
    ("grader", "said"),
    [
        ("echo a traceback >&2; exit 1", "the grader ended with status 1"),
        ("kill -SEGV $$", "the grader ended with status 139"),
        ("kill -KILL $$", "or more memory than there is"),
        (f"{WRITES}; exit 2", "the grader ended with status 2"),
        ("sleep 30", "grading took longer than 1 seconds"),
        ("exit 0", "the grader left no results"),
        ("GOOD=/dev/null; " + WRITES, "the grader left no results"),
        (WRITES.replace('cat "$GOOD"', "echo '{}'"), "the grader left no results"),
        (WRITES.replace('cat "$GOOD"', "echo '[1'"), "the grader left no results"),
    ],
)
def test_a_grader_that_fails_leaves_results_that_say_so(container, grader, said):
    good = str(container.parent / "good.json")
    found, printed = run(container, grader, SECONDS_OVERRIDE="1", GOOD=good)
    assert found["score"] == 0
    assert found["output"].startswith("Your submission was not graded: ")
    assert said in found["output"]
    assert said in printed


def test_results_of_an_earlier_run_are_not_taken_for_those_of_this_one(container):
    (container / "results").mkdir()
    (container / "results" / "results.json").write_text(json.dumps(GOOD))
    found, _ = run(container, "exit 1")
    assert found["score"] == 0


def test_a_run_that_is_killed_has_left_results_already(container):
    script(container / "venv" / "bin" / "bnlib", f"touch {container}/begun; sleep 30")
    process = subprocess.Popen(
        [container / "run_autograder"], env=environment(container), start_new_session=True
    )
    try:
        for _ in range(200):
            if (container / "begun").exists():
                break
            time.sleep(0.1)
        assert (container / "begun").exists()
        process.kill()
        process.wait()
        assert "did not come to its end" in results(container)["output"]
    finally:
        # timeout puts what it runs into a group of its own.
        for child in descendants(container):
            os.kill(child, signal.SIGKILL)


def descendants(root):
    """Processes that were begun with this container's fake grader."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"AUTOGRADER={root}\0".encode() in environ:
            yield int(folder.name)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda root: (root / "source" / "settings.sh").unlink(), "the autograder is not complete"),
        (lambda root: (root / "venv" / "bin" / "python").unlink(), "could not read the upload"),
    ],
)
def test_an_autograder_that_is_broken_leaves_results_that_say_so(container, spoil, said):
    spoil(container)
    found, _ = run(container, "exit 0")
    assert found["score"] == 0
    assert said in found["output"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "Your upload holds no notebook. Submit 04_algorithm.ipynb."),
        (("a.ipynb", "b.ipynb"), "2 notebooks, none named 04_algorithm.ipynb"),
        (("x/04_algorithm.ipynb", "y/04_Algorithm.ipynb"), "2 notebooks with the name"),
    ],
)
def test_an_upload_without_one_notebook_says_so_to_the_student(container, files, said):
    (container / "submission" / "mine (1).ipynb").unlink()
    for name in files:
        path = container / "submission" / name
        path.parent.mkdir(exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(), path)
    found, _ = run(container, "exit 1")
    assert found["score"] == 0
    assert said in found["output"]
    assert not (container.parent / "called").exists()


# ---------------------------------------------------------------- setting up


@pytest.fixture
def system(tmp_path):
    """Stand-ins for what only a container's root may do; each call is written down."""
    folder = tmp_path / "system"
    folder.mkdir()
    for name in ("apt-get", "useradd", "chown"):
        script(folder / name, f'echo {name} "$@" >>{tmp_path}/did')
    # An environment with a pip that does nothing, made in no time.
    version = ".".join(map(str, sys.version_info[:2]))
    python = sys._base_executable
    pip = f"$3/lib/python{version}/site-packages/pip"
    script(
        folder / f"python{version}",
        f'[ "$2" = venv ] || exec {python} "$@"\n'
        f'{python} -m venv --without-pip "$3"; mkdir -p "{pip}"; echo >"{pip}/__init__.py"\n'
        f"echo \"import sys; open({str(tmp_path / 'did')!r}, 'a').write(str(sys.argv))\" "
        f'>"{pip}/__main__.py"',
    )
    script(folder / "runuser", 'shift 3; [ "$1" != cat ] && exec "$@"; exit 1')
    return folder


def set_up(container, system):
    shutil.rmtree(container / "venv")
    path = f"{system}:{os.environ['PATH']}"
    return subprocess.run(
        [container / "source" / "setup.sh"],
        env=environment(container, PATH=path, PYTHONPATH=""),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_setting_up_installs_the_library_for_root_alone(container, system):
    done = set_up(container, system)
    assert done.returncode == 0, done.stdout + done.stderr
    (library,) = container.glob("venv/lib/python*/site-packages/bnlib")
    assert library.stat().st_mode & 0o777 == 0o700
    assert (library / "checks" / "engine.py").is_file()
    assert list(library.glob("__pycache__/__init__.*.pyc")), "compiled once"
    for name in ("source", "results", "submission"):
        assert (container / name).stat().st_mode & 0o777 == 0o700
    assert library.parent.stat().st_mode & 0o005 == 0o005
    did = (container.parent / "did").read_text()
    useradd = "useradd --system --no-create-home --shell /usr/sbin/nologin bnlib-submission"
    assert useradd in did or user_exists()
    assert f"'--requirement', '{container}/source/requirements.txt'" in did
    assert f"chown -R root:root {library}" in did

    # What else the library needs, from here.
    (library.parent / "rest.pth").write_text(f"{Path(nbformat.__file__).parents[1]}\n")
    clean = environment(container, PYTHONPATH="")
    said = subprocess.check_output([container / "venv" / "bin" / "bnlib", "--version"], env=clean)
    assert b"0.1.0" in said


def user_exists():
    return subprocess.run(["id", "bnlib-submission"], capture_output=True).returncode == 0


def test_setting_up_fails_where_a_submission_could_read_the_answers(container, system):
    script(system / "runuser", 'shift 3; exec "$@"')
    done = set_up(container, system)
    assert done.returncode == 1
    assert "the answers would be open" in done.stderr


def test_setting_up_says_when_there_is_no_python(container, system):
    for version in ("3.11", "3.12", "3.13", "3.14", "3.15"):
        script(system / f"python{version}", "exit 1")
    done = set_up(container, system)
    assert done.returncode == 1
    assert "choose a newer base image" in done.stderr
    assert "python3.12-venv" in (container.parent / "did").read_text()
