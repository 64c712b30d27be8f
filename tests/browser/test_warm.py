"""What is imported before Python's memory is copied; in a process of its own."""

import subprocess
import sys

import pytest

from bnlib.browser import warm


def printed(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_what_cells_ask_for_is_imported_then_and_no_more():
    code = (
        "import sys; from bnlib.browser import warm; warm.up({names})\n"
        "print('numpy.random' in sys.modules, 'bnlib.browser.judging' in sys.modules,"
        " 'matplotlib.pyplot' in sys.modules)"
    )
    assert printed(code.format(names=["bnlib", "numpy"])) == ["True", "True", "False"]
    every = ["bnlib", "numpy", "matplotlib"]
    assert printed(code.format(names=every)) == ["True", "True", "True"]


def test_a_package_that_it_does_not_know_is_named():
    with pytest.raises(ValueError, match=r"'scipy' is not one of bnlib, numpy, matplotlib"):
        warm.up(["scipy"])


def test_no_copy_is_made_while_a_file_is_open(tmp_path):
    """Where the file stands is JavaScript's; the copy would have a number without meaning."""
    with (
        open(tmp_path / "file", "w") as file,
        pytest.raises(RuntimeError, match=rf"open files: .*\b{file.fileno()}\b"),
    ):
        warm.up([])


def test_generators_of_one_copy_give_other_numbers_at_each_start():
    code = (
        "import random, numpy; from bnlib.browser import warm\n"
        "random.seed(0); numpy.random.seed(0); warm.seed()\n"
        "print(random.random(), numpy.random.rand())"
    )
    one, other = printed(code), printed(code)
    assert one[0] != other[0]
    assert one[1] != other[1]
