"""Wrong ways to iterate towards the inverse root of a covariance."""

import numpy as np

from bnlib.exercises.whitening import faults


def _iterated(step):
    """A root made of other steps: ``step(p, s, identity)`` gives the next p."""

    def root(a, steps):
        identity, size = np.eye(len(a)), np.trace(a)
        p, s = identity, a / size
        for _ in range(steps):
            p = step(p, s, identity)
        return p / np.sqrt(size)

    return root


def _identity(s):
    return np.eye(len(s))


def _scaled(scale=np.trace, undo=lambda p, size: p / np.sqrt(size), start=_identity):
    """A root by the right steps: what the covariance is divided by and P_0 may be others."""

    def root(a, steps):
        size, identity = scale(a), np.eye(len(a))
        p = start(a / size)
        residual = p @ p @ a / size
        for _ in range(steps):
            step = (3 * identity - residual) / 2
            p, residual = p @ step, residual @ step @ step
        return undo(p, size)

    return root


def _exact(a, steps):
    values, vectors = np.linalg.eigh(a)
    return vectors / np.sqrt(values) @ vectors.T


# Wrong w: (id, advice, function of cov + eps I and steps).
ROOTS = (
    (
        "trace-missing",
        "Your covariance enters the steps as it is. Newton's steps arrive only where its "
        "eigenvalues are below 3: divide by the trace first.",
        _scaled(scale=lambda a: 1.0),
    ),
    (
        "trace-not-undone",
        "Your w whitens the covariance that was divided by the trace. That division is still "
        "to be undone.",
        _scaled(undo=lambda p, size: p),
    ),
    (
        "trace-not-rooted",
        "You divide by the trace at the end. w is the inverse of a root of the covariance, so "
        "it takes the root of the trace.",
        _scaled(undo=lambda p, size: p / size),
    ),
    (
        "trace-multiplied",
        "You multiply by the root of the trace at the end. w is an inverse: where the "
        "covariance was made smaller, w came out larger.",
        _scaled(undo=lambda p, size: p * np.sqrt(size)),
    ),
    (
        "mean-variance-scale",
        "You divide by the mean of the variances. Their sum, the trace, is what keeps every "
        "eigenvalue at 1 or below.",
        _scaled(scale=lambda a: np.trace(a) / len(a)),
    ),
    (
        "frobenius-scale",
        "You divide by the root of the sum of squares (the Frobenius norm). That converges "
        "too; asked is the trace.",
        _scaled(scale=np.linalg.norm),
    ),
    (
        "largest-eigenvalue-scale",
        "You divide by the largest eigenvalue. That converges too, but takes an "
        "eigendecomposition to find; asked is the trace.",
        _scaled(scale=lambda a: np.linalg.eigvalsh(a)[-1]),
    ),
    (
        "one-step-less",
        "You take one step less than asked.",
        lambda a, steps: _scaled()(a, max(steps - 1, 0)),
    ),
    (
        "one-step-more",
        "You take one step more than asked. P_0, the identity, is what no step at all gives.",
        lambda a, steps: _scaled()(a, steps + 1),
    ),
    (
        "one-step-only",
        "Whatever steps is, your w is that of one step. Does each step begin from the last P?",
        lambda a, steps: _scaled()(a, min(steps, 1)),
    ),
    (
        "fixed-number-of-steps",
        "Your w does not follow the steps that were asked: it is that of 5.",
        lambda a, steps: _scaled()(a, 5),
    ),
    (
        "exact-from-the-start",
        "Your w does not follow the steps that were asked: it is the exact ZCA whitening. "
        "After a few steps Newton has not arrived yet.",
        _exact,
    ),
    (
        "starts-from-s",
        "Your P_0 is S. It is the identity.",
        _scaled(start=lambda s: s),
    ),
    (
        "square-for-cube",
        "Your steps hold P^2 S. The formula has P^3 S.",
        _iterated(lambda p, s, i: (3 * p - p @ p @ s) / 2),
    ),
    (
        "p-once",
        "Your steps hold P S. The formula has P^3 S.",
        _iterated(lambda p, s, i: (3 * p - p @ s) / 2),
    ),
    (
        "s-missing",
        "S has no part in your steps. The formula has P^3 S.",
        _iterated(lambda p, s, i: (3 * p - p @ p @ p) / 2),
    ),
    (
        "powers-of-entries",
        "You take the cube of each entry of P. P^3 is a matrix product.",
        _iterated(lambda p, s, i: (3 * p - p**3 @ s) / 2),
    ),
    (
        "products-of-entries",
        "You multiply P^3 and S entry by entry. It is a matrix product.",
        _iterated(lambda p, s, i: (3 * p - (p @ p @ p) * s) / 2),
    ),
    (
        "half-missing",
        "Your steps lack the division by 2.",
        _iterated(lambda p, s, i: 3 * p - p @ p @ p @ s),
    ),
    (
        "half-of-one-term",
        "You halve one term of the step. Both are.",
        _iterated(lambda p, s, i: 3 * p - p @ p @ p @ s / 2),
    ),
    (
        "two-for-three",
        "Your steps are 2 P - P^2 S, which lead to the inverse of S. Its inverse root takes "
        "(3 P - P^3 S) / 2.",
        _iterated(lambda p, s, i: 2 * p - p @ p @ s),
    ),
    (
        "plus-for-minus",
        "You add P^3 S. It is subtracted: a direction that is too long is made shorter.",
        _iterated(lambda p, s, i: (3 * p + p @ p @ p @ s) / 2),
    ),
    (
        "three-on-every-entry",
        "You subtract from 3 in every entry. It is 3 times the identity.",
        _iterated(lambda p, s, i: p @ (3 - p @ p @ s) / 2),
    ),
)


def _scaled_by(scale, put_eps=lambda cov, eps: cov + eps * np.eye(len(cov))):
    """Mistakes of where eps stands: ``scale(cov, eps)`` and what is divided by it."""

    def function(x, steps, eps):
        mean = x.mean(axis=0)
        cov = faults.covariance(x - mean)
        size = scale(cov, eps)
        w = _scaled(scale=lambda a: size)(put_eps(cov, eps), steps)
        return (x - mean) @ w, mean, w

    return function


# Wrong places of eps: (id, advice, function of x, steps and eps).
EPS = (
    (
        "eps-not-in-trace",
        "You take the trace before eps is added. The trace is that of cov + eps I.",
        _scaled_by(lambda cov, eps: np.trace(cov)),
    ),
    (
        "eps-after-scaling",
        "You add eps after the division by the trace. It belongs to the covariance, before.",
        _scaled_by(
            lambda cov, eps: np.trace(cov),
            lambda cov, eps: cov + eps * np.trace(cov) * np.eye(len(cov)),
        ),
    ),
    (
        "eps-once-in-trace",
        "You add eps to the trace once. With eps on the diagonal D times, D eps is in it.",
        _scaled_by(lambda cov, eps: np.trace(cov) + eps),
    ),
    (
        "eps-outside-root",
        "You add eps to the root of the trace. It belongs to the diagonal of the covariance.",
        lambda x, steps, eps: faults.whiten(
            x, 0.0, lambda a: _scaled(undo=lambda p, size: p / (np.sqrt(size) + eps))(a, steps)
        ),
    ),
)


def as_it_stands(a, steps):
    """The formula without M = P^2 S carried along: right for some steps, then it blows up."""
    return _iterated(lambda p, s, identity: (3 * p - p @ p @ p @ s) / 2)(a, steps)
