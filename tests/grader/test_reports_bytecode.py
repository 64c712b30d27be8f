"""Where the code of templates is kept, and when it is not believed."""

import importlib.util
import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from bnlib.grader.reports import bytecode

TEMPLATE = "Hello {{ name }}"


@pytest.fixture
def module(tmp_path, monkeypatch) -> Path:
    """A module in a folder of its own, beside which Python keeps its code."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    file = tmp_path / "module.py"
    file.write_text("ONE = 1\n")
    Path(importlib.util.cache_from_source(str(file))).parent.mkdir(mode=0o755)
    return file


def kept(module: Path) -> list[Path]:
    return sorted(Path(importlib.util.cache_from_source(str(module))).parent.iterdir())


def page(module: Path, template: str = TEMPLATE) -> tuple[str, bool]:
    """What the template makes, and whether it was compiled for it."""
    cache = bytecode.beside(str(module))
    environment = Environment(loader=DictLoader({"page": template}), bytecode_cache=cache)
    compiled = []
    inner = environment._compile
    environment._compile = lambda *given: compiled.append(given) or inner(*given)
    return environment.get_template("page").render(name="Ada"), bool(compiled)


def test_a_template_is_compiled_once(module):
    assert page(module) == ("Hello Ada", True)
    assert len(kept(module)) == 1
    assert page(module) == ("Hello Ada", False)


def test_a_changed_template_is_compiled_anew(module):
    page(module)
    assert page(module, "Bye {{ name }}") == ("Bye Ada", True)


def test_what_says_how_it_is_compiled_compiles_it_anew(module):
    page(module)
    module.write_text("ONE = 2\n")
    assert page(module) == ("Hello Ada", True)
    assert len(kept(module)) == 1


@pytest.mark.parametrize("left", [0, 3, 40, 60, -1])
def test_half_a_file_is_made_anew(module, left):
    page(module)
    (file,) = kept(module)
    file.write_bytes(file.read_bytes()[:left])
    assert page(module) == ("Hello Ada", True)
    assert page(module) == ("Hello Ada", False)


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777, 0o1777])
def test_nothing_is_kept_where_others_can_write(module, mode):
    page(module)
    (file,) = kept(module)
    file.parent.chmod(mode)
    assert bytecode.beside(str(module)) is None
    assert page(module) == ("Hello Ada", True)


def test_nothing_is_kept_where_a_link_stands_for_the_folder(module, tmp_path):
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert bytecode.beside(str(module)) is None


def test_nothing_is_kept_where_python_keeps_nothing(module, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert page(module) == ("Hello Ada", True)
    assert kept(module) == []


def test_a_folder_that_cannot_be_written_is_no_error(module, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    assert page(module) == ("Hello Ada", True)
    assert kept(module) == []


def test_without_a_folder_nothing_is_kept(module, tmp_path):
    Path(importlib.util.cache_from_source(str(module))).parent.rmdir()
    assert bytecode.beside(str(module)) is None
