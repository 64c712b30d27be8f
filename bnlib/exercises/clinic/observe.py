"""How the clinic's checks look at a network: what it gave, and what a right one gives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bnlib.checks.adapters import by_steps
from bnlib.checks.compare import as_array, expect, tolerance
from bnlib.checks.verdicts import Wrong
from bnlib.exercises.inputs import signed


class Seen(NamedTuple):
    """What the student's network gave at each labelled step, and what a right one gives."""

    got: dict
    want: dict

    def expect(self, name: str, given: str, part: float | None = None) -> None:
        """Raise Wrong unless the student's network gave what a right one gives."""
        expect(name, self.got[name], self.want[name], given, part=part)

    def first_row(self, name: str) -> Seen:
        """The same, with the first row alone of one of the values."""
        first = {name: as_array(name, self.got[name])[:1]}
        return self._replace(got=self.got | first)

    def agree(self, one: str, other: str, saying: str, part: float | None = None) -> None:
        """Raise Wrong unless two of the student's own values are the same.

        ``saying`` holds {one} and {other}, the two numbers where they differ most. ``part`` is
        the tolerance as a part of the largest; that of the dtypes unless told.
        """
        a, b = (as_array(name, self.got[name]) for name in (one, other))
        if a.shape != b.shape:
            said = f"{one} has shape {a.shape} and {other} {b.shape}, expected the same."
            raise Wrong(said, "wrong-shape", one)
        with np.errstate(all="ignore"):
            off = np.abs(a - b)
            scale = max(float(np.abs(a).max()), float(np.abs(b).max()), 1e-300)
            limit = part or max(tolerance(a.dtype), tolerance(b.dtype))
            bad = ~(off <= limit * scale)
        if bad.any():
            where = np.unravel_index(int(np.argmax(np.where(np.isnan(off), np.inf, off))), a.shape)
            numbers = differing(a[where], b[where])
            raise Wrong(saying.format(one=numbers[0], other=numbers[1]), judged=one)

    def varied(self, name: str) -> None:
        """Raise Wrong where a constant is answered: it would agree with anything."""
        value = as_array(name, self.got[name])
        if value.size < 2 or not np.ptp(value) > 0:
            raise Wrong("Every row gets the same answer, whatever it holds.", judged=name)


def watch(student, start: tuple, steps: list) -> Seen:
    """Take the student's class and the reference through the same steps."""
    names = student.exercise.returns
    got = student(start, steps, names)
    want = by_steps(student.exercise.reference)(start, steps, names)
    return Seen(dict(zip(names, got, strict=True)), dict(zip(names, want, strict=True)))


def differing(one, other) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ."""
    for digits in range(3, 17):
        texts = f"{float(one):.{digits}g}", f"{float(other):.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


class Net(NamedTuple):
    """Weights of a net of one hidden layer, and batches (x, t) to train it on."""

    start: tuple  # w1 (D, H), gamma (H,), beta (H,), w2 (H,)
    batches: list


def net(rng, rows: int, features: int = 3, hidden: int = 5, batches: int = 3) -> Net:
    """A net whose hidden units all answer: beta is positive, so that ReLU cuts off few rows."""
    w1 = rng.standard_normal((features, hidden)) * 2.0
    gamma, beta = signed(rng, 0.5, 2.0, hidden), rng.uniform(0.8, 1.6, hidden)
    w2 = signed(rng, 0.5, 1.5, hidden)
    offset = signed(rng, 1.0, 3.0, features)
    drawn = [
        (rng.standard_normal((rows, features)) + offset, rng.standard_normal(rows))
        for _ in range(batches)
    ]
    return Net((w1, gamma, beta, w2), drawn)


def requests(x) -> np.ndarray:
    """Rows to be answered, some on either side of 0: no ReLU cuts off all of them."""
    return np.concatenate([x[:4], -x[:3]])


def fits(batches: list, lr: float = 0.01) -> list:
    """One step ("loss", "fit", x, t, lr) for each batch."""
    return [("loss", "fit", x, t, lr) for x, t in batches]
