"""What `import bnlib` promises: the flat names, and nothing imported beyond NumPy."""

import subprocess
import sys

import bnlib


def test_every_public_name_exists():
    for name in bnlib.__all__:
        assert hasattr(bnlib, name)
    assert not any(name.startswith("_") and name != "__version__" for name in bnlib.__all__)


def test_every_public_name_is_documented():
    for name in bnlib.__all__:
        if name != "__version__":
            assert getattr(bnlib, name).__doc__, name


def test_import_brings_nothing_heavier_than_numpy():
    code = (
        "import sys, numpy; before = set(sys.modules); import bnlib; "
        "new = {m.split('.')[0] for m in set(sys.modules) - before}; "
        "assert 'bnlib.checks' not in sys.modules; print(*sorted(new))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["bnlib"]
