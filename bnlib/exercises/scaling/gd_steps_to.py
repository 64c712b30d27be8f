"""Exercise: how many steps gradient descent takes."""

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.inputs import signed
from bnlib.exercises.scaling.descent import FAULTS, distances, reference
from bnlib.exercises.scaling.spectrum import rotation


def _problem(rng, rows: int, eigenvalues, size: float, residual: float = 0.0):
    """x with these eigenvalues and y whose w* has length ``size``.

    w* has a first entry that is small beside the others, and no eigenvector is missing from it.
    """
    features = len(eigenvalues)
    noise, _ = np.linalg.qr(rng.standard_normal((rows, features + 1)))
    turn = rotation(rng, features) * rng.choice([-1.0, 1.0], (features, 1))
    x = (noise[:, :features] * np.sqrt(rows * np.asarray(eigenvalues))) @ turn.T
    w = np.concatenate([[0.12], rng.uniform(0.8, 1.0, features - 1)]) * signed(rng, 1, 1, features)
    w *= size / np.linalg.norm(w)
    fit = x @ w
    return x, fit + residual * np.linalg.norm(fit) * noise[:, features]


def _tolerance(x, y, lr, steps: int) -> float:
    """A tolerance that is met after exactly so many steps, clear of the distances on both sides."""
    before, after = distances(x, y, lr, steps)[-2:]
    return float(f"{min(np.sqrt(before * after), 1.2 * after):.4g}")


def _example(rng):
    x, y = _problem(rng, 7, (0.8, 2.4), 0.3, residual=0.1)
    lr = 0.2 / 2.4
    return x, y, lr, _tolerance(x, y, lr, 9)


exercise = Exercise(
    name="gd_steps_to",
    notebook="01_inputs",
    title="How many steps?",
    difficulty=3,
    minutes=20,
    section=sections.CONDITION,
    parameters=("x", "y", "lr", "tol"),
    returns=("steps",),
    reference=reference,
    uses=("max_stable_lr",),
    example=_example,
)


def _judge(student, runs):
    """All runs are made before the first is judged: one count alone may be right by chance.

    runs: pairs of the arguments and the right count.
    """
    counts = [student(*arguments) for arguments, _ in runs]
    for ((x, _, lr, tol), want), count in zip(runs, counts, strict=True):
        given = f"x of shape {x.shape}, lr={lr:.4g}, tol={tol:.4g}"
        # A count of 3.0001 is none, however few digits float32 has.
        expect("steps", count, want, given, scale=1.0, part=1e-9)


def _run(x, y, lr, steps):
    """Arguments with a tolerance that is met after exactly so many steps, and their number."""
    steps = int(steps)
    return (x, y, lr, _tolerance(x, y, lr, steps)), steps


def _small_rate(rng):
    """Rates far below the limit: with a gradient N or 2 times too large they would still settle."""
    runs = []
    for rows, eigenvalues, counted in ((7, (0.8, 2.4), (4, 13)), (6, (0.5, 0.9, 1.6), (9,))):
        eigenvalues = np.array(eigenvalues) * rng.uniform(0.9, 1.1)
        x, y = _problem(rng, rows, eigenvalues, 2.0)
        runs += [_run(x, y, 0.15 / eigenvalues[-1], k + rng.integers(0, 3)) for k in counted]
    return runs


@exercise.check("the count is that of gradient descent from w = 0", points=3)
def counts(student, rng, others):
    _judge(student, _small_rate(rng))


@exercise.check("a rate just below the limit arrives too", 1, sections.RATE)
def large_rate(student, rng, others):
    runs = []
    # The first rate lies below 2 / trace, the second above it.
    for share, steps in ((1.6, 5), (1.8, 8)):
        eigenvalues = np.array((0.4, 2.0)) * rng.uniform(0.9, 1.1)
        x, y = _problem(rng, 8, eigenvalues, 0.05, residual=0.1)
        runs.append(_run(x, y, share / eigenvalues[1], steps + rng.integers(0, 3)))
    _judge(student, runs)


@exercise.check("no step where w = 0 is near enough, one where one is enough", points=1)
def first_steps(student, rng, others):
    eigenvalues = np.array((1.6, 2.0)) * rng.uniform(0.9, 1.1)
    x, y = _problem(rng, 6, eigenvalues, 2.0)
    lr = 0.9 / eigenvalues[1]
    _judge(student, [((x, y, lr, 1.5), 0), _run(x, y, lr, 1)])


def _left(count) -> bool:
    """Whether that many steps were made although the distance only grew."""
    return isinstance(count, int | float | np.number) and bool(count > 20)


@exercise.check("-1 where the rate is too large", 1, sections.RATE)
def too_large(student, rng, others):
    eigenvalues = np.array((0.2, 4.0)) * rng.uniform(0.9, 1.1)
    x, y = _problem(rng, 6, eigenvalues, 2.0)
    # The first rate would do for the flat direction, the second for none.
    runs = [((x, y, share / eigenvalues[1], 0.1), -1) for share in (12, 60)]
    first, second = (student(*arguments) for arguments, _ in runs)
    if _left(first):
        # Which step ends a run to infinity depends on the order of operations: no count of ours
        # would meet the student's.
        known = "never-gives-up" if _left(second) else "limit-of-smallest" if second == -1 else None
        message = f"steps is {first:g}, expected -1, for lr={runs[0][0][2]:.4g}, above the limit."
        raise Wrong(message, known, "steps")
    _judge(student, runs)
    # How many steps they are is judged elsewhere; an answer that always says -1 counts none.
    x, y = _problem(rng, 6, (1.0, 2.0), 2.0)
    count = as_array("steps", student(x, y, 0.2, 0.5))
    if count.shape != () or not count >= 0:
        expect("steps", count, 3.0, "a rate far below the limit", scale=1.0, part=1e-9)


@exercise.check("x and y are left as they were", points=1)
def unchanged(student, rng, others):
    run = _small_rate(rng)[1]
    changed = student.changed_arguments(*run[0])
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, [run])


for id, advice, steps in FAULTS:
    exercise.mistake(id, advice)(steps)


@exercise.alternative
def plain(x, y, lr, tol):
    if lr >= 2 / np.linalg.eigvalsh(x.T @ x / len(x))[-1]:
        return -1
    best, w, steps = np.linalg.lstsq(x, y, rcond=None)[0], np.zeros(x.shape[1]), 0
    while np.linalg.norm(w - best) > tol * np.linalg.norm(best):
        w = w - lr * x.T @ (x @ w - y) / len(x)
        steps += 1
    return steps


@exercise.alternative
def watches_the_distance(x, y, lr, tol):
    best = np.linalg.pinv(x) @ y
    error, first = -best, np.linalg.norm(best)
    for steps in range(10_000):
        if np.linalg.norm(error) <= tol * first:
            return float(steps)
        if np.linalg.norm(error) > 1e3 * first:
            return -1.0
        error = error - lr * (x.T @ (x @ error)) / len(x)
    return -1


@exercise.alternative
def matrix_powers(x, y, lr, tol):
    m = np.einsum("ni,nj->ij", x, x) / len(x)
    shrink = np.eye(len(m)) - lr * m
    if np.abs(np.linalg.eigvals(shrink)).max() >= 1:
        return -1
    error = best = np.linalg.inv(m) @ (x.T @ y) / len(x)
    steps = 0
    while (error @ error) ** 0.5 > tol * (best @ best) ** 0.5:
        error, steps = shrink @ error, steps + 1
    return np.int64(steps)


@exercise.alternative
def loops(x, y, lr, tol):
    n, d = x.shape
    if lr >= 2 * n / np.linalg.norm(x, 2) ** 2:
        return -1
    rows = list(zip(x.tolist(), y.tolist(), strict=True))
    best = np.linalg.lstsq(x, y, rcond=None)[0].tolist()
    w, steps = [0.0] * d, 0
    while sum((a - b) ** 2 for a, b in zip(w, best, strict=True)) > tol**2 * sum(
        b * b for b in best
    ):
        off = [sum(a * b for a, b in zip(row, w, strict=True)) - t for row, t in rows]
        w = [
            w[j] - lr * sum(o * r[j] for o, (r, _) in zip(off, rows, strict=True)) / n
            for j in range(d)
        ]
        steps += 1
    return steps


@exercise.alternative
def single_precision(x, y, lr, tol):
    return plain(x.astype(np.float32), y.astype(np.float32), np.float32(lr), np.float32(tol))
