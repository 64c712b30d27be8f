"""What runs on other machines, as far as their linters and the repository can tell."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CONTAINERS = sorted((ROOT / "containers").glob("*.Containerfile"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def lint(program, *arguments):
    """What a linter of this environment says, and whether it is content."""
    command = [Path(sys.executable).parent / program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs_system("shellcheck")
def test_actionlint_finds_nothing():
    """With shellcheck, which looks at the commands."""
    assert {path.stem for path in WORKFLOWS} >= {"test", "site", "links"}
    content, said = lint("actionlint", "-color=false", *WORKFLOWS)
    assert content, said


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("runs-on:", "runs-onn:", "runs-on"),
        ("needs: build", "needs: built", "built"),
        ("steps.pages.outputs", "steps.page.outputs", '"page" is not defined'),
    ],
)
def test_actionlint_would_find_something(tmp_path, right, wrong, complaint):
    text = (ROOT / ".github/workflows/site.yml").read_text("utf-8")
    assert right in text
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace(right, wrong))
    content, said = lint("actionlint", "-color=false", broken)
    assert not content
    assert complaint in said


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_name_versions_and_targets_that_are_there(path):
    text = path.read_text("utf-8")
    for action in re.findall(r"uses: *(\S+)", text):
        assert re.fullmatch(r"[\w./-]+@v\d+\.\d+\.\d+", action), action
    for target in re.findall(r"run: make ([a-z]+)", text):
        assert target in TARGETS, target
    assert len(re.findall("timeout-minutes", text)) == len(re.findall("runs-on", text))


def test_hadolint_finds_nothing():
    assert len(CONTAINERS) >= 2
    content, said = lint("hadolint", "--no-color", "--failure-threshold=warning", *CONTAINERS)
    assert content, said


def test_hadolint_would_find_something(tmp_path):
    broken = tmp_path / "broken.Containerfile"
    broken.write_text("FROM debian\nRUN cd /tmp && sudo apt-get install curl\n")
    content, said = lint("hadolint", "--no-color", "--failure-threshold=warning", broken)
    assert not content
    assert {"DL3006", "DL3004"} <= set(re.findall(r"DL\d+", said))


def test_the_container_of_the_site_copies_what_is_there():
    text = (ROOT / "containers/site.Containerfile").read_text("utf-8").replace("\\\n", " ")
    copied = set()
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE):
        copied.update(shlex.split(line)[:-1])
    for name in copied:
        assert (ROOT / name).exists(), name
    tracked = subprocess.run(
        ["git", "ls-files", *copied], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name.split("/")[0] for name in tracked} == copied
    # Every folder that the build reads.
    assert {"bnlib", "tools", "book", "exercises", "solutions", "_toc.yml"} <= copied
    assert "make book" in text
    assert re.search(r"^USER reader$", text, re.MULTILINE)


# Of the reference of devcontainer.json (containers.dev): no package brings the schema.
PROPERTIES = {
    "name": str,
    "image": str,
    "features": dict,
    "onCreateCommand": str,
    "updateContentCommand": str,
    "postCreateCommand": str,
    "forwardPorts": list,
    "portsAttributes": dict,
    "containerEnv": dict,
    "customizations": dict,
}


def test_the_devcontainer_is_one():
    """No schema is at hand, so this is a strict reading of the properties that are used."""
    text = (ROOT / ".devcontainer/devcontainer.json").read_text("utf-8")
    container = json.loads(text)
    for name, value in container.items():
        assert isinstance(value, PROPERTIES[name]), name
    assert re.fullmatch(r"[\w./-]+:[\w.-]+", container["image"])
    assert all(re.fullmatch(r"[\w./-]+:\d+", name) for name in container["features"])
    assert set(container["portsAttributes"]) == {str(port) for port in container["forwardPorts"]}
    assert all(isinstance(value, str) for value in container["containerEnv"].values())
    for command in (container["onCreateCommand"], container["updateContentCommand"]):
        program, target = command.split()
        assert program == "make"
        assert target in TARGETS
    assert f"PORT ?= {container['forwardPorts'][0]}" in MAKEFILE


def test_binder_installs_what_the_course_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / ".binder/requirements.txt").read_text("utf-8").splitlines()
    (own,) = [line for line in lines if line.startswith(".")]
    extras = set(own.removeprefix(".[").removesuffix("]").split(","))
    assert extras <= set(project["optional-dependencies"])
    assert "--constraint ../constraints.txt" in lines
    # Chapters open as notebooks: by a program of the package jupytext.
    assert "jupytext" in lines
    after = ROOT / ".binder/postBuild"
    assert os.access(after, os.X_OK)
    program = after.read_text("utf-8").splitlines()[-1].split()
    assert (Path(sys.executable).parent / program[0]).is_file()
    assert program[1:] == ["set-default-viewer", "markdown"]
    python = (ROOT / ".binder/runtime.txt").read_text("utf-8").strip()
    assert python == f"python-{project['requires-python'].removeprefix('>=')}"
