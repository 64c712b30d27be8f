"""Experiments of chapter 5: what the backward pass removes, and what happens when it does not."""

from typing import NamedTuple

import numpy as np

from bnlib.norms import batch_norm, batch_norm_backward

Array = np.ndarray


def cosine(a: Array, b: Array) -> float:
    """The cosine of the angle between two arrays of one shape, read as vectors."""
    return float(np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b)))


def power_of_ten(*differences: Array) -> float:
    """The power of ten at or above the largest size of the entries, and at least 1e-17.

    Rounding differs from one processor to the next; its order of magnitude hardly does.
    """
    largest = max(float(np.abs(d).max()) for d in differences)
    return float(10.0 ** np.ceil(np.log10(max(largest, 1e-17))))


def slope(x: Array, y: Array, low: float, high: float) -> float:
    """The slope of y against x on logarithmic axes, for low <= x <= high, by least squares."""
    inside = (x >= low) & (x <= high)
    return float(np.polyfit(np.log(x[inside]), np.log(y[inside]), 1)[0])


def missing_paths(dy: Array, xhat: Array, scale: Array) -> dict[str, Array]:
    """dx with each set of paths; scale = gamma * inv_std. The last entry is the right one.

    dy, xhat: (N, D). Returns name -> (N, D).
    """
    mean, var = dy.mean(axis=0), xhat * (dy * xhat).mean(axis=0)
    return {
        "both missing": scale * dy,
        "variance missing": scale * (dy - mean),
        "mean missing": scale * (dy - var),
        "right": scale * (dy - mean - var),
    }


class Kept(NamedTuple):
    """What dx keeps of the parts of dy, as a share of gamma * inv_std; one value a variance."""

    variances: Array
    along_one: Array
    along_xhat: Array


def kept_shares(variances: Array, eps: float = 1e-5, n: int = 16, seed: int = 5) -> Kept:
    """Measure how much of dy along 1 and along xhat is left in dx, for features of given variance.

    All features are one and the same sample, scaled.
    """
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 1))
    x = (z - z.mean()) / z.std() * np.sqrt(variances)
    dy = rng.standard_normal((n, 1)) + 1 + np.zeros_like(x)
    gamma = np.full(len(variances), 1.5)
    _, cache = batch_norm(x, gamma, np.zeros(len(variances)), eps)
    dx, _, _ = batch_norm_backward(dy, cache)
    dx = dx / (cache.gamma * cache.inv_std)
    xhat = cache.xhat
    return Kept(
        variances,
        np.abs(dx.sum(axis=0) / dy.sum(axis=0)),
        (dx * xhat).sum(axis=0) / (dy * xhat).sum(axis=0),
    )


def gradient_sizes(deviations: Array, n: int, eps: float = 1e-5, seed: int = 1) -> Array:
    """The norm of dx for n examples of one feature, for each standard deviation of it."""
    rng = np.random.default_rng(seed)
    z, dy = np.linspace(-1, 1, n)[:, None], rng.standard_normal((n, 1))
    norms = []
    for deviation in deviations:
        _, cache = batch_norm(3 + deviation * z / z.std(), np.ones(1), np.zeros(1), eps)
        norms.append(np.linalg.norm(batch_norm_backward(dy, cache)[0]))
    return np.array(norms)


class Scaling(NamedTuple):
    """The gradient of the loss in the weights a * w, for each a."""

    scales: Array
    norms: Array  # of the gradient
    cosines: Array  # |cosine| of the angle between the weights and the gradient


def weight_scales(scales: Array, eps: float = 1e-5, seed: int = 3) -> Scaling:
    """Scale the weights of a linear layer in front of batch norm and measure their gradient.

    The variance of the layer's output is 1 at a = 1.
    """
    rng = np.random.default_rng(seed)
    u, w, dy = (rng.standard_normal(shape) for shape in ((64, 10), (10, 1), (64, 1)))
    w /= (u @ w).std()
    norms, cosines = [], []
    for a in scales:
        _, cache = batch_norm(u @ (a * w), np.ones(1), np.zeros(1), eps)
        dw = u.T @ batch_norm_backward(dy, cache)[0]
        norms.append(np.linalg.norm(dw))
        cosines.append(abs(cosine(a * w, dw)))
    return Scaling(scales, np.array(norms), np.array(cosines))


def step_errors(
    steps: Array, dtype: type = np.float64, central: bool = True, seed: int = 6
) -> Array:
    """Relative error of the numerical dx for each step, against the closed form in float64.

    x is (8, 3). The loss sum(dy * y) is computed in the given dtype throughout.
    """
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, 8, 3))
    gamma, beta = rng.standard_normal((2, 3))
    # The reference starts from the values that the dtype can hold.
    x, dy, gamma, beta = (v.astype(dtype).astype(np.float64) for v in (x, dy, gamma, beta))
    true = batch_norm_backward(dy, batch_norm(x, gamma, beta)[1])[0]
    x, dy, gamma, beta = (v.astype(dtype) for v in (x, dy, gamma, beta))

    def loss(moved: Array):
        return np.sum(dy * batch_norm(moved, gamma, beta)[0])

    errors = []
    for h in steps:
        found = np.zeros(x.shape)
        for index in np.ndindex(*x.shape):
            above, below = x.copy(), x.copy()
            above[index] += dtype(h)
            if central:
                below[index] -= dtype(h)
            found[index] = float(loss(above) - loss(below)) / ((1 + central) * h)
        errors.append(np.linalg.norm(found - true) / np.linalg.norm(true))
    return np.array(errors)


def _training_batch(rng, n: int):
    """One feature, its normalized values, and dy of a squared loss whose target is 0.5 x + 2."""
    x = rng.standard_normal((n, 1))
    y, cache = batch_norm(x, np.ones(1), np.zeros(1))
    target = 0.5 * x + 2 + 0.5 * rng.standard_normal((n, 1))
    return y, cache, (y - target) / n


class MissingPaths(NamedTuple):
    """Mean cosine between dx without the paths through the statistics and the right dx."""

    sizes: Array
    random: Array  # dy ~ N(0, 1)
    loss: Array  # dy of a squared loss


def missing_path_cosines(sizes: Array, draws: int = 200, seed: int = 8) -> MissingPaths:
    """Leave out both statistics' paths, for batches of each size and two kinds of dy."""
    rng = np.random.default_rng(seed)
    random, loss = [], []
    for n in sizes:
        both = []
        for _ in range(draws):
            xhat, cache, dy = _training_batch(rng, int(n))
            scale = cache.gamma * cache.inv_std
            pair = []
            for upstream in (rng.standard_normal(dy.shape), dy):
                dx = missing_paths(upstream, xhat, scale)
                pair.append(cosine(dx["both missing"], dx["right"]))
            both.append(pair)
        means = np.mean(both, axis=0)
        random.append(means[0])
        loss.append(means[1])
    return MissingPaths(np.asarray(sizes), np.array(random), np.array(loss))


class Drift(NamedTuple):
    """One value a step: the bias in front of batch norm, the norm of the weights, the loss."""

    bias: Array
    weights: Array
    loss: Array


def bias_drift(paths: str, steps: int = 1000, rate: float = 0.1, seed: int = 9) -> Drift:
    """Train z = u w + b, y = xhat(z) by gradient descent, with dx from `missing_paths`[paths].

    The target is 0.5 v + 2 for a v that the layer can compute. gamma = 1 and beta = 0 stay as
    they are, so some loss is left at the best weights.
    """
    rng = np.random.default_rng(seed)
    u = rng.standard_normal((64, 5))
    v = u @ rng.standard_normal((5, 1))
    target = 0.5 * v / v.std() + 2
    w, b = rng.standard_normal((5, 1)), np.zeros(1)
    record = []
    for _ in range(steps + 1):
        y, cache = batch_norm(u @ w + b, np.ones(1), np.zeros(1))
        dy = (y - target) / len(u)
        record.append((b[0], np.linalg.norm(w), np.sum((y - target) ** 2) / (2 * len(u))))
        dx = missing_paths(dy, y, cache.gamma * cache.inv_std)[paths]
        w, b = w - rate * u.T @ dx, b - rate * dx.sum(axis=0)
    return Drift(*np.array(record).T)
