"""Libraries that are not there: imported by the lab, and missed where they are used.

In a process of their own, in which torch is not found.
"""

import subprocess
import sys

import pytest

BEGIN = """
import sys
from importlib.machinery import PathFinder
real = PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in ("torch", "platformdirs") else real(name, path)
PathFinder.find_spec = find_spec
from bnlib.browser import absent
absent.install()
absent.install()
assert sum(isinstance(f, absent.Lazily) for f in sys.meta_path) == 1
"""


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_module_of_the_lab_is_loaded_when_a_name_of_it_is_used():
    assert run(
        "from bnlib.lab import affine, tables\n"
        "print('numpy' in sys.modules and 'bnlib.lab.layers' in sys.modules)\n"
        "affine.accuracies if hasattr(affine, 'accuracies') else affine.chosen\n"
        "print('bnlib.lab.layers' in sys.modules, 'torch' in sys.modules)"
    ) == ["False", "True", "False"]


def test_what_reads_results_runs_and_what_trains_says_what_it_lacks():
    said = run(
        "from bnlib.lab import tables, leaks\n"
        "print(tables.read('affine') is not None)\n"
        "try:\n    leaks.train_digits(range(2))\n"
        "except absent.NotInBrowser as error:\n    print('PyTorch' in str(error))\n"
    )
    assert said == ["True", "True"]


def test_elsewhere_torch_is_not_there():
    assert run(
        "from bnlib.lab import leaks\nleaks.flips\n"
        "try:\n    import torch\nexcept ModuleNotFoundError:\n    print('no')"
    ) == ["no"]


def test_a_chapters_cell_can_import_a_stand_in():
    assert (
        run(
            "with absent.standing(absent.missing()):\n    import torch\n    from torch import nn\n"
            "torch.set_num_threads(1)\n"
            "try:\n    torch.zeros(3)\nexcept absent.NotInBrowser as error:\n    print(error)\n"
            "class Net(nn.Module): pass\n"
            "try:\n    Net()\nexcept absent.NotInBrowser:\n    print('too')"
        )[-1]
        == "too"
    )


def test_a_library_that_is_there_has_no_stand_in():
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, "-c", "from bnlib.browser import absent; print(absent.missing())"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "()"
