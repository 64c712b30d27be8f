"""Known mistakes and honest answers of clinic_epoch."""

import itertools

import numpy as np

from bnlib.exercises.clinic.clinic_epoch import epoch, exercise, merged, reference


def _in_steps(n, size):
    return [(start, min(start + size, n)) for start in range(0, n, size)]


def _mistake(id, advice, cut, **other):
    exercise.mistake(id, advice)(lambda *arguments: epoch(*arguments, cut, **other))


_mistake(
    "batch-of-one",
    "The last batch may hold a single row. What are its mean and its variance, and what does "
    "dividing by n - 1 make of it?",
    _in_steps,
)
_mistake(
    "row-dropped",
    "All numbers stay finite because the single row is left out. Asked is that no row is lost.",
    lambda n, size: [c for c in _in_steps(n, size) if c[1] - c[0] > 1],
)
_mistake(
    "row-dropped-from-the-mean-loss-too",
    "The single row is left out, of the training and of the loss. Asked is that no row is lost.",
    lambda n, size: [c for c in _in_steps(n, size) if c[1] - c[0] > 1],
    of_seen=True,
)
_mistake(
    "short-batches-dropped",
    "Every batch that is not full is left out, with all its rows. Only a batch of one is in the "
    "way, and its row is not to be lost.",
    lambda n, size: [c for c in _in_steps(n, size) if c[1] - c[0] == size],
)
_mistake(
    "short-batches-dropped-from-the-mean-loss-too",
    "Every batch that is not full is left out, of the training and of the loss. Only a batch of "
    "one is in the way, and its row is not to be lost.",
    lambda n, size: [c for c in _in_steps(n, size) if c[1] - c[0] == size],
    of_seen=True,
)
_mistake(
    "division-guarded",
    "The division is safe now, but a batch of one still enters: its variance 0 pulls running_var "
    "down, and its row, equal to its mean, teaches w nothing.",
    _in_steps,
    unbiased=lambda var, n: var * n / max(n - 1, 1),
)
_mistake(
    "variance-biased",
    "running_var follows the variance divided by n. It was the one divided by n - 1 that it "
    "followed before.",
    _in_steps,
    unbiased=lambda var, n: var,
)
_mistake(
    "not-a-number-replaced",
    "Where running_var would be no number you put 0: what it had learned is lost.",
    _in_steps,
    mend=np.nan_to_num,
)
_mistake(
    "statistics-skipped",
    "The running statistics are safe, but the single row is still normalized by itself: "
    "it equals its mean and teaches w nothing.",
    _in_steps,
    skip=lambda n: n == 1,
)
_mistake(
    "single-row-by-running-statistics",
    "The single row is normalized by the running statistics. It trains, but not as asked: "
    "it is to share the batch before it.",
    _in_steps,
    skip=lambda n: n == 1,
    alone=lambda mean, var, running_mean, running_var: (running_mean, running_var),
)
_mistake(
    "row-borrowed",
    "The last batch takes the row before it along, which has been used already: "
    "one row counts twice.",
    lambda n, size: [(s - (e - s == 1), e) for s, e in _in_steps(n, size)],
)
_mistake(
    "last-batch-filled-up",
    "Short last batches are filled with rows that have been used already, which then count twice.",
    lambda n, size: [(max(e - size, 0), e) for s, e in _in_steps(n, size)],
)


def _all_short(n, size):
    cuts = _in_steps(n, size)
    if n % size and len(cuts) > 1:
        cuts[-2:] = [(cuts[-2][0], n)]
    return cuts


_mistake(
    "every-short-batch-joined",
    "Every short last batch joins the one before it. Only a batch of a single row is to.",
    _all_short,
)


def _equal(n, size):
    ends = np.linspace(0, n, -(-n // size) + 1).round().astype(int)
    return list(itertools.pairwise(ends))


_mistake(
    "cut-anew",
    "You cut the rows into batches of about equal size. Asked is to cut as before; "
    "only a single last row joins its neighbour.",
    _equal,
)


@exercise.mistake(
    "w-changed",
    "You move w in place, and the caller's array is changed.",
)
def _in_place(x, t, w, *rest):
    out = reference(x, t, w, *rest)
    w[...] = out[0]
    return w, *out[1:]


def _with_eps(id, advice, std):
    @exercise.mistake(id, advice)
    def function(x, t, w, running_mean, running_var, size, lr, momentum, eps):
        _, *statistics, _ = reference(x, t, w, running_mean, running_var, size, lr, momentum, eps)
        w, total = w.copy(), 0.0
        for start, stop in merged(len(x), size):
            rows = x[start:stop]
            xhat = (rows - rows.mean(axis=0)) / std(rows, eps)
            error = xhat @ w - t[start:stop]
            total += (error**2).sum()
            w -= lr * 2 * xhat.T @ error / (stop - start)
        return w, *statistics, total / len(x)


_with_eps("eps-missing", "eps is missing under the root.", lambda rows, eps: rows.std(axis=0))
_with_eps(
    "eps-outside-root",
    "eps is added after the root.",
    lambda rows, eps: rows.std(axis=0) + eps,
)


@exercise.alternative
def with_a_while_loop(x, t, w, running_mean, running_var, batch_size, lr, momentum, eps):
    w, total, start = w.copy(), 0.0, 0
    while start < len(x):
        stop = min(start + batch_size, len(x))
        if stop == len(x) - 1:
            stop = len(x)
        rows, n = x[start:stop], stop - start
        centred = rows - rows.mean(axis=0)
        squares = np.einsum("nd,nd->d", centred, centred)
        xhat = centred / np.sqrt(squares / n + eps)
        running_mean = running_mean + momentum * (rows.mean(axis=0) - running_mean)
        running_var = running_var + momentum * (squares / (n - 1) - running_var)
        error = np.dot(xhat, w) - t[start:stop]
        total += float(error @ error)
        w = w - 2 * lr / n * (error @ xhat)
        start = stop
    return w, running_mean, running_var, total / len(x)


def _cut_by(cut):
    def function(*arguments):
        return epoch(*arguments, cut)

    return exercise.alternative(function)


@_cut_by
def by_split_points(n, size):
    points = [p for p in range(size, n, size) if n - p > 1]
    return list(zip([0, *points], [*points, n], strict=True))


@_cut_by
def last_two_joined(n, size):
    cuts = _in_steps(n, size)
    if n % size == 1 and len(cuts) > 1:
        cuts[-2:] = [(cuts[-2][0], n)]
    return cuts


@exercise.alternative
def with_ddof(x, t, w, running_mean, running_var, batch_size, lr, momentum, eps):
    parts = np.split(np.arange(len(x)), range(batch_size, len(x), batch_size))
    if len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [np.concatenate(parts[-2:])]
    losses = []
    for rows in parts:
        z, y = x[rows], t[rows]
        running_mean = (1 - momentum) * running_mean + momentum * np.mean(z, axis=0)
        running_var = (1 - momentum) * running_var + momentum * np.var(z, axis=0, ddof=1)
        z = (z - np.mean(z, axis=0)) / np.sqrt(np.var(z, axis=0) + eps)
        losses += list((z @ w - y) ** 2)
        w = w - lr * np.mean(2 * z * (z @ w - y)[:, None], axis=0)
    return w, running_mean, running_var, np.mean(losses)


@exercise.alternative
def single_precision(x, t, w, running_mean, running_var, *numbers):
    arrays = (a.astype(np.float32) for a in (x, t, w, running_mean, running_var))
    return reference(*arrays, *numbers)
