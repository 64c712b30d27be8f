"""What PyTorch, Keras and Flax do where batch norm leaves room: found by running them.

Nothing here reads a manual. Each row of ``results/frameworks.csv`` is a question, what a library
did, and how that was seen. ``python -m bnlib.lab.frameworks`` asks all of them anew and writes the
file; the tests ask those that are installed and compare.

The libraries are asked in processes of their own (:func:`observe`), so that neither their settings
nor their memory stays behind; importing this package imports none of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib import util

from bnlib.lab.frameworks.questions import QUESTIONS

# By the name in the table: the module that asks, and the packages that it needs.
FRAMEWORKS = {
    "PyTorch": ("pytorch", ("torch",)),
    "Keras": ("keras_torch", ("keras", "torch")),
    "Flax NNX": ("flax_nnx", ("flax", "jax")),
    "Flax Linen": ("flax_linen", ("flax", "jax")),
}
COMMAND = "python -m bnlib.lab.frameworks"

# Keras reads its settings from a folder; that of the user may say anything. Two devices for JAX,
# on whatever machine: statistics over devices are one of the questions.
SETTINGS = {
    "KERAS_BACKEND": "torch",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
}


class ObservationError(RuntimeError):
    """A library could not be asked."""


def missing(framework: str) -> list[str]:
    """The packages that are not installed here and without which a library cannot be asked."""
    return [name for name in FRAMEWORKS[framework][1] if util.find_spec(name) is None]


def observe(framework: str, **settings: str) -> list[dict]:
    """Ask one library everything, in a process of its own; its rows of the table.

    settings: environment variables that go before those of this module.
    """
    module, _ = FRAMEWORKS[framework]
    with tempfile.TemporaryDirectory() as home:
        run = subprocess.run(
            [sys.executable, "-m", "bnlib.lab.frameworks.asked", module],
            env={**os.environ, **SETTINGS, "KERAS_HOME": home, **settings},
            capture_output=True,
            text=True,
        )
    if run.returncode:
        raise ObservationError(f"{framework} could not be asked:\n{run.stderr}")
    # The last line: a library may have printed before.
    return [{"framework": framework, **row} for row in json.loads(run.stdout.splitlines()[-1])]


def table_rows(framework: str) -> list[dict]:
    """All rows of one library: what it answered, and for Keras what another backend changes."""
    rows = observe(framework)
    if framework == "Keras" and util.find_spec("jax"):
        rows.append(_other_backend(rows, observe(framework, KERAS_BACKEND="jax")))
    return rows


def _other_backend(rows: list[dict], other: list[dict]) -> dict:
    differing = [
        f"{a['key']} ({b['answer']})"
        for a, b in zip(rows, other, strict=True)
        if a["answer"] != b["answer"]
    ]
    return {
        **rows[0],
        "key": "other_backend",
        "question": QUESTIONS["other_backend"],
        "answer": ", ".join(differing) or "none",
        "how": "all questions once more with KERAS_BACKEND=jax",
    }
