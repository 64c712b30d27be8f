"""Templates as code, kept beside Python's own: compiling them takes longer than a class of pages.

What is kept is run, so it is kept where nobody else can write, and else not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import stat
import sys
from pathlib import Path

import jinja2
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class _Beside(FileSystemBytecodeCache):
    """Code of templates in a folder that is there already; without an error where it fails."""

    def __init__(self, folder: Path, made_with: str):
        super().__init__(str(folder), f"%s.{sys.implementation.cache_tag}.jinja")
        self._made_with = made_with

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(source + self._made_with)

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # half a file, after a power cut: it is made anew
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):  # no room, or a folder of the system
                super().dump_bytecode(bucket)


def beside(*modules: str) -> FileSystemBytecodeCache | None:
    """A cache of code beside that of a module; None where others could write there.

    Args:
        modules: files of the modules that say how a template is compiled: the first is the one
            beside which it is. A change of them, as of jinja2, compiles anew.
    """
    folder = Path(importlib.util.cache_from_source(modules[0])).parent
    if not _nobody_else_writes(folder):
        return None
    hashed = hashlib.sha256(jinja2.__version__.encode())
    for module in modules:
        hashed.update(Path(module).read_bytes())
    return _Beside(folder, hashed.hexdigest())


def _nobody_else_writes(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode) or not hasattr(os, "getuid"):
        return False
    others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return found.st_uid in (0, os.getuid()) and not others
