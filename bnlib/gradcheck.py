"""One gradient checker for everything: random projections against central differences."""

import numpy as np


def check_gradient(f, gradients, args, dy=None, *, step=1e-6, directions=3, seed=1502):
    """Compare a backward pass with finite differences of its forward pass.

        sum(gradient * u)  against  (L(arg + h * u) - L(arg - h * u)) / (2 * h),  L = sum(dy * y)

    for each argument and a few random directions u. A direction mixes all entries of an argument,
    so a fault in any one of them shows, at the cost of two forward passes instead of two for
    every entry.

    f: called as f(*args); returns y or (y, cache). args: float64 arrays and numbers. gradients:
    the backward pass, called as gradients(dy, cache), or gradients(dy) if f returns no cache; or
    a ready sequence. One gradient for each argument, in the order of args; None skips one. dy:
    the shape of y, drawn at random if not given (a ready sequence needs it, unless y is one
    number). The step h is `step` times the largest entry of the argument, and no less than
    `step` times 1.

    Returns the largest difference over all arguments, relative to the larger of the two sides
    in any direction, or inf if a side is not finite. About 1e-9 is right; 1e-4 and more is a
    fault. Where both sides are zero but for rounding, the difference is taken relative to 1e-4 of
    sum(|dy * y|). The seed is not 0, with which callers draw arguments: a direction equal to x is
    one in which a normalization does not change.

    Raises ValueError for an argument that is not float64 (in float32 the differences drown in
    rounding), or a gradient missing or of another shape. Source: the checker of HIPS/autograd,
    autograd/test_util.py.
    """
    rng = np.random.default_rng(seed)
    args = [np.array(a, copy=True) for a in args]
    for position, a in enumerate(args):
        if a.dtype != np.float64:
            raise ValueError(f"argument {position} must be float64; got {a.dtype}")

    y, cache = _output(f(*[a.copy() for a in args]))
    if dy is None:
        if not callable(gradients) and y.size > 1:
            raise ValueError("a ready sequence of gradients needs the dy they were computed with")
        dy = rng.standard_normal(y.shape) if callable(gradients) else np.ones(y.shape)
    if callable(gradients):
        gradients = gradients(dy.copy()) if cache is None else gradients(dy.copy(), cache)
        gradients = gradients if isinstance(gradients, tuple | list) else (gradients,)
    if len(gradients) != len(args):
        raise ValueError(f"{len(args)} arguments need as many gradients; got {len(gradients)}")

    # Where the gradient is zero, rounding in L is all there is to compare: about 1e-16 * L / step.
    floor = 1e-4 * float(np.abs(dy * y).sum())
    worst = 0.0
    for position, (a, gradient) in enumerate(zip(args, gradients, strict=True)):
        if gradient is None:
            continue
        if np.shape(gradient) != a.shape:
            raise ValueError(
                f"gradient {position} has shape {np.shape(gradient)}; its argument {a.shape}"
            )
        h = step * max(1.0, float(np.abs(a).max()))
        ours, theirs = [], []
        for _ in range(directions):
            u = rng.standard_normal(a.shape)
            ours.append(float(np.sum(gradient * u)))
            losses = []
            for sign in (1, -1):
                moved = [b.copy() for b in args]
                moved[position] = a + sign * h * u
                losses.append(float(np.sum(dy * _output(f(*moved))[0])))
            theirs.append((losses[0] - losses[1]) / (2 * h))
        ours, theirs = np.array(ours), np.array(theirs)
        difference = np.abs(ours - theirs).max()
        size = max(np.abs(ours).max(), np.abs(theirs).max(), floor)
        if not np.isfinite(difference):
            return np.inf
        if difference > 0:
            worst = max(worst, float(difference / size))
    return worst


def assert_gradient(f, gradients, args, dy=None, *, tolerance=1e-5, **options):
    """Raise AssertionError if `check_gradient` finds a relative error above `tolerance`.

    Takes the arguments of `check_gradient`, and returns nothing.
    """
    error = check_gradient(f, gradients, args, dy, **options)
    if not error <= tolerance:
        raise AssertionError(f"the gradient is off by {error:.1e} (tolerance {tolerance:.0e})")


def _output(result):
    """Split what a forward pass returned into y and cache; the cache is None if there is none."""
    y, cache = result if isinstance(result, tuple) else (result, None)
    return np.asarray(y, dtype=np.float64), cache
