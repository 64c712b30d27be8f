"""A small book that is executed, for the tests of the build."""

import pytest

from tests.tools import small_book


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A book of a start page; ``small_book.add`` puts chapters into it."""
    # The build sets these in its environment: so they are put back.
    for name in ("BNLIB_QUIET", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "IPYTHONDIR"):
        monkeypatch.setenv(name, "1")
    return small_book.begin(tmp_path / "project")
