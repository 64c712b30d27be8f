"""What runs inside of the sandbox, run here."""

from __future__ import annotations

import linecache
import sys

import pytest


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """A child takes the place of the main module, and swallows imports: here only for a while."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    before = set(linecache.cache)
    modules = dict(sys.modules)
    yield
    for name in set(linecache.cache) - before:
        del linecache.cache[name]
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]
    sys.modules.update(modules)
