"""What can be known of the grader's container file without an engine to build it."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "containers" / "grader.Containerfile"


def instructions():
    """(instruction, rest) in order, continued lines joined."""
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def arguments(name):
    return [rest for instruction, rest in instructions() if instruction == name]


def copied():
    """Paths of the repository by the path in the image."""
    found = {}
    for rest in arguments("COPY"):
        *sources, target = shlex.split(rest)
        for source in sources:
            into = target + source if target.endswith("/") else target
            found[into] = ROOT / source
    return found


def test_every_instruction_is_one_and_the_first_is_a_fixed_release():
    known = {"FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "VOLUME", "ENTRYPOINT", "CMD"}
    assert {instruction for instruction, _ in instructions()} <= known
    assert instructions()[0][0] == "FROM"
    (image,) = arguments("FROM")
    assert re.fullmatch(r"docker\.io/library/debian:[a-z]+-slim", image)


def test_what_is_copied_exists_and_is_under_version_control_alone():
    assert len(copied()) >= 6
    for path in copied().values():
        assert path.exists(), path
        assert path.relative_to(ROOT).parts[0] not in {".venv", ".git", "_build"}


def test_the_commands_are_shell():
    for command in arguments("RUN"):
        subprocess.run(["bash", "-n", "-c", command], check=True)


def test_it_ends_as_an_ordinary_user_who_grades():
    order = [instruction for instruction, _ in instructions()]
    assert arguments("USER") == ["grader"]
    after = order[order.index("USER") :]
    assert not {"RUN", "COPY"} & set(after), "something is done as root's successor"
    assert arguments("ENTRYPOINT") == ['["/opt/bnlib/bin/bnlib", "grade"]']
    made = next(c for c in arguments("RUN") if "useradd" in c)
    assert "--uid 1000" in made
    for place in ("/submissions", "/results"):
        assert place in made
        assert place in arguments("VOLUME")[0]


def test_it_installs_what_the_sandbox_and_the_checks_need():
    system = next(c for c in arguments("RUN") if "apt-get install" in c).split()
    assert {"bubblewrap", "libseccomp2", "python3", "python3-venv"} <= set(system)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pip = next(c for c in arguments("RUN") if "pip install" in c)
    extras = re.search(r"'\.\[([a-z,]+)\]'", pip)[1].split(",")
    assert set(extras) == {"grade", "torch"}
    assert set(extras) <= set(project["optional-dependencies"])
    assert "--constraint constraints.txt" in pip


def test_the_documented_commands_name_what_the_file_makes():
    text = FILE.read_text()
    assert text.count("--volume") == 4
    assert text.count("bnlib-grader /submissions --out /results --notebook 04_algorithm") == 2
    assert "--privileged is not needed" in text
    assert f"--file containers/{FILE.name} ." in text


def test_the_library_installs_from_what_is_copied(tmp_path):
    for target, source in copied().items():
        place = tmp_path / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    done = subprocess.run(
        [*command, tmp_path / "dist", tmp_path / "course"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "dist").glob("batchnorm_course-*.whl"))) == 1
