"""What runs inside of the sandbox, run here."""

from __future__ import annotations

import linecache
import signal
import sys

import pytest

from bnlib.checks import deadlines


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """A child takes the place of the main module and the alarm, and swallows imports.

    Here only for a while: the alarm is that of a test's own limit of time, too.
    """
    monkeypatch.setattr(deadlines, "_given", False)
    alarm = signal.getsignal(signal.SIGALRM) if hasattr(signal, "SIGALRM") else None
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    before = set(linecache.cache)
    modules = dict(sys.modules)
    yield
    if alarm is not None:
        signal.signal(signal.SIGALRM, alarm)
    for name in set(linecache.cache) - before:
        del linecache.cache[name]
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]
    sys.modules.update(modules)
