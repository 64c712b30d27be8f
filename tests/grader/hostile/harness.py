"""Grading a case between two honest submissions, and what must be as it was before."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from bnlib.grader import remote
from bnlib.grader.inside.walls import Limits
from bnlib.grader.judging import Judge, Terms
from bnlib.grader.record import Record
from tests.grader.hostile.case import NOTEBOOK, Case, code, instead, notebook, solved
from tests.grader.hostile.cases.escape import GRADEBOOK, SECRET
from tests.grader.hostile.cases.values import PICKLED

TERMS = Terms(
    seed=7,
    library="test",
    limits=Limits(memory=400 << 20),
    # Short for what never ends, and long for what takes milliseconds.
    seconds_a_cell=0.8,
    seconds_a_call=0.4,
    seconds=30.0,
)
# The honest, and what ends by itself, have the time that they have in any run.
PATIENT = dataclasses.replace(TERMS, seconds_a_cell=20.0, seconds_a_call=5.0, seconds=120.0)
# What a process has beyond a deadline of its own, in these tests.
GRACE = 0.4
# Bytes that the judge may have grown by, after a submission: what an allocator keeps.
GROWTH = 300 << 20

HONEST = {
    "right": notebook(solved()),
    "mistaken": instead(
        batchnorm_forward_spatial=(
            "def batchnorm_forward_spatial(x, gamma, beta, eps):\n"
            "    mean, var = x.mean(axis=0), x.var(axis=0)\n"
            "    xhat = (x - mean) / np.sqrt(var + eps)\n"
            "    return gamma[:, None, None] * xhat + beta[:, None, None], None\n"
        )
    )(),
}


class Classroom:
    """One judge and the place that it works in; a context manager.

    Args:
        folder: an empty one, for the submissions, and for what the judge keeps for a while.
    """

    def __init__(self, folder: Path, terms: Terms = TERMS):
        self._temporary = folder / "temporary"
        self._submissions = folder / "submissions"
        self._temporary.mkdir()
        self._submissions.mkdir()
        for student, data in HONEST.items():
            (self._submissions / f"{student}.ipynb").write_bytes(data)
        GRADEBOOK.parent.mkdir(exist_ok=True)
        GRADEBOOK.write_text("the grades of everybody")
        self._before = os.environ.get(SECRET)
        os.environ[SECRET] = SECRET
        # For the case that looks for a listener of the machine.
        self._listener = socket.socket(socket.AF_UNIX)
        try:
            self._listener.bind("\0bnlib-hostile-test")
            self._listener.listen()
        except OSError:  # another worker of the tests has it
            pass
        self._grace, remote._GRACE = remote._GRACE, GRACE
        self.judge = Judge(terms)
        with self._own_folder():
            self.expected = {student: self._honest(student) for student in HONEST}
        self._next = "mistaken"

    def __enter__(self) -> Classroom:
        return self

    def __exit__(self, *error) -> None:
        self.judge.close()
        remote._GRACE = self._grace
        self._listener.close()
        os.environ.pop(SECRET)
        if self._before is not None:
            os.environ[SECRET] = self._before
        shutil.rmtree(GRADEBOOK.parent, ignore_errors=True)

    def grade(self, case: Case) -> tuple[Record, float]:
        """The record of a case, graded between two honest ones, and the seconds it took.

        Raises:
            AssertionError: an honest record is another, or something was left behind.
        """
        with self._own_folder():
            return self._graded(case)

    @contextlib.contextmanager
    def _own_folder(self) -> Iterator[None]:
        """What the judge keeps for a while lies where it can be counted.

        Only while it judges: the tests of other files that run between two cases have theirs.
        """
        before, tempfile.tempdir = tempfile.tempdir, str(self._temporary)
        try:
            yield
        finally:
            tempfile.tempdir = before

    def _graded(self, case: Case) -> tuple[Record, float]:
        data = case.data()
        if b"import torch" in data:
            self._warm_torch()
        # As it is now: tests of other files may have run between two cases.
        world, memory = self._state(), self._resident()
        begun = time.perf_counter()
        record = self._judged("hostile", data, self.judge.terms if case.endless else PATIENT)
        seconds = time.perf_counter() - begun
        # The other of the two came before.
        self._next = "right" if self._next == "mistaken" else "mistaken"
        assert self._honest(self._next) == self.expected[self._next]
        assert self._state() == world, "something was left behind"
        del data
        gc.collect()
        assert self._resident() - memory < GROWTH, "the judge has grown"
        return record, seconds

    def _honest(self, student: str) -> Record:
        data = (self._submissions / f"{student}.ipynb").read_bytes()
        return dataclasses.replace(self._judged(student, data, PATIENT), seconds=0.0)

    def _judged(self, student: str, data: bytes, terms: Terms) -> Record:
        before, self.judge.terms = self.judge.terms, terms
        try:
            return self.judge.grade(student, NOTEBOOK, data).record
        finally:
            self.judge.terms = before

    def _warm_torch(self) -> None:
        """Start the parent that has imported torch, if it has not been."""
        self.judge.grade("torch", NOTEBOOK, notebook([code("import torch")]))

    def _resident(self) -> int:
        return psutil.Process().memory_info().rss

    def _state(self) -> dict:
        """What no submission may change: processes, files, the gradebook, this process."""
        import numpy as np

        below = psutil.Process().children(recursive=True)
        # Processes that somebody else's fixture started do not come and go during a case.
        names = sorted((p.pid, p.name()) for p in below if p.status() != psutil.STATUS_ZOMBIE)
        submissions = {p.name: p.read_bytes() for p in self._submissions.iterdir()}
        return {
            "processes": names,
            "threads": [psutil.Process(pid).num_threads() for pid, _ in names],
            "temporary": sorted(p.name for p in self._temporary.iterdir()),
            "submissions": submissions,
            "gradebook": sorted((p.name, p.read_text()) for p in GRADEBOOK.parent.iterdir()),
            "devices": [os.stat(f"/dev/{name}").st_mode for name in ("null", "zero", "urandom")],
            "unpickled": Path(PICKLED).exists(),
            "working directory": os.getcwd(),
            "numpy": np.geterr(),
            "tracing": __import__("sys").gettrace(),
        }
