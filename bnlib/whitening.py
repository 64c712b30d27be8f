"""Whitening of (N, D): linear maps after which the features have variance 1 and covariance 0.

Any whitening may be followed by any rotation and still whitens. The four here choose differently:
PCA lets the axes be the directions of variance, ZCA stays nearest to x, Cholesky takes one feature
after the other, and Newton comes close to ZCA without an eigendecomposition. The covariance and
what follows from it are in float64 also for float32 data: it is made of squares, and so
has only half of the digits left for its small eigenvalues.
"""

import numpy as np

from bnlib.arguments import (
    finite,
    finite_statistics,
    floating_array,
    positive,
    several_values,
    whole,
)


def standardizer(x, eps=1e-5):
    """Find the mean and the scale by which `standardize` shifts and scales each feature.

        z = (x - mean) * scale,  scale = 1 / sqrt(var + eps)

    with mean and var (biased: divided by N) over the N rows of x. Held-out data are standardized
    by (x_new - mean) * scale.

    x: (N, D), float32 or float64, N >= 2. Returns mean (D,) and scale (D,), of the dtype of x.

    Raises ValueError for a wrong shape or dtype, N = 1, eps <= 0, and NaN or infinity in x.
    Source: LeCun et al. 1998, Efficient BackProp, section 4.3.
    """
    x, centred, mean = _centre(x)
    scale = _scales(x, centred, positive("eps", eps))
    return mean.astype(x.dtype), scale.astype(x.dtype)


def standardize(x, eps=1e-5):
    """Give each feature mean 0 and variance 1; correlations stay as they are.

        z = (x - mean) / sqrt(var + eps)

    with mean and var (biased) over the N rows of x.

    x: (N, D), float32 or float64, N >= 2. Returns z, with the shape and dtype of x. The mean and
    the scale, for held-out data, are what `standardizer` returns.

    Raises ValueError as `standardizer` does. Source: as there.
    """
    x, centred, _ = _centre(x)
    return (centred * _scales(x, centred, positive("eps", eps))).astype(x.dtype)


def pca_whiten(x, eps=1e-5):
    """Rotate x to its directions of variance, largest first, and divide by their deviations.

        z = (x - mean) @ w,  w = U diag(1 / sqrt(lambda + eps)),  cov = U diag(lambda) U^T

    with cov = (x - mean)^T (x - mean) / N. An eigenvector is found only up to its sign: here its
    largest entry (in absolute value; the first of equals) is positive.

    x: (N, D), float32 or float64, N >= 2; N < D and features that depend on each other are
    allowed. Returns z (N, D), mean (D,) and w (D, D), of the dtype of x. Held-out data are
    whitened by (x_new - mean) @ w.

    Raises ValueError for a wrong shape or dtype, N = 1, eps <= 0, NaN or infinity in x, and a
    covariance that is singular because eps vanishes beside its largest eigenvalue. Source: Kessy,
    Lewin & Strimmer 2018 (arXiv:1512.00809).
    """
    x, centred, mean = _centre(x)
    variances, directions = _eigen(_covariance(x, centred, eps), eps)
    variances, directions = variances[::-1], directions[:, ::-1]
    largest = np.abs(directions).argmax(0)
    signs = np.sign(directions[largest, np.arange(len(largest))])
    return _result(x, centred, mean, directions * signs / np.sqrt(variances))


def zca_whiten(x, eps=1e-5):
    """Whiten by the symmetric map: of all whitenings, z is nearest to x - mean.

        z = (x - mean) @ w,  w = (cov + eps I)^(-1/2) = U diag(1 / sqrt(lambda + eps)) U^T

    that is, PCA whitening followed by the rotation back, so that feature j of z still means
    feature j of x. (Nearest in mean squared distance, where eps is small beside the variances.)

    x, the returned values and the errors: as for `pca_whiten`; w is symmetric. Source: Kessy,
    Lewin & Strimmer 2018 (arXiv:1512.00809); within a network, Huang et al. 2018
    (arXiv:1804.08450).
    """
    x, centred, mean = _centre(x)
    variances, directions = _eigen(_covariance(x, centred, eps), eps)
    return _result(x, centred, mean, (directions / np.sqrt(variances)) @ directions.T)


def cholesky_whiten(x, eps=1e-5):
    """Take from each feature what the features before it predict, then scale the rest.

        z = (x - mean) @ w,  w = (L^-1)^T,  cov + eps I = L L^T

    L is the lower triangular factor of the covariance (not of its inverse, which gives another
    whitening), so w is upper triangular: column j of z needs columns 0 to j of x only. This is
    the Gram-Schmidt process, and it depends on the order of the features.

    x, the returned values and the errors: as for `pca_whiten`. Source: Siarohin, Sangineto & Sebe
    2019 (arXiv:1806.00420).
    """
    x, centred, mean = _centre(x)
    cov = _covariance(x, centred, eps)
    _eigen(cov, eps)  # np.linalg.cholesky does not notice every singular matrix
    factor = np.linalg.cholesky(cov)
    # Forward substitution, row by row of the inverse: exact zeros above the diagonal.
    inverse = np.zeros_like(factor)
    for i, row in enumerate(factor):
        inverse[i] = -row[:i] @ inverse[:i]
        inverse[i, i] += 1
        inverse[i] /= row[i]
    return _result(x, centred, mean, inverse.T)


def newton_whiten(x, steps=5, eps=1e-5):
    """Approach ZCA whitening by `steps` Newton steps: matrix products, no eigendecomposition.

        z = (x - mean) @ w,  w = P_steps / sqrt(tr),  tr = trace(cov + eps I)
        P_0 = I,  P_k+1 = (3 P_k - P_k^3 S) / 2,  S = (cov + eps I) / tr

    An eigenvalue s of S needs about log(1 / s) / log(2.25) steps to arrive, and a few more to be
    exact; with fewer, directions of small variance stay below variance 1.

    x: (N, D), float32 or float64, N >= 2. steps: an integer >= 0; 0 divides by sqrt(tr) only.
    Returns z (N, D), mean (D,) and w (D, D), of the dtype of x.

    Raises ValueError for a wrong shape or dtype, N = 1, steps that are not a whole number >= 0,
    eps <= 0, and NaN or infinity in x. Source: Huang et al. 2019 (arXiv:1904.03441), Algorithm 1;
    there 5 steps are the default.
    """
    steps = whole("steps", steps, 0)
    x, centred, mean = _centre(x)
    cov = _covariance(x, centred, eps)
    trace = np.trace(cov)
    # P_k^2 S is carried along as `residual`, which tends to I. Without rounding the P_k are those
    # of the formula; with it the formula blows up after it has converged, if the covariance has a
    # condition number above 2.4 (a rounding error is multiplied in each step), and this does not
    # (Higham 2008, Functions of Matrices, chapter 7).
    root, residual, identity = np.eye(len(cov)), cov / trace, np.eye(len(cov))
    for _ in range(steps):
        step = (3 * identity - residual) / 2
        root = root @ step
        residual = residual @ step @ step
    return _result(x, centred, mean, root / np.sqrt(trace))


def _centre(x):
    """x as an array, x - mean in float64, and the mean in float64."""
    x = floating_array("x", x, "N D")
    several_values("x", x.shape[0], "N")
    finite("x", x)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.mean(x, 0, dtype=np.float64)
        return x, x - mean, mean


def _scales(x, centred, eps):
    with np.errstate(over="ignore", invalid="ignore"):
        var = np.mean(centred**2, 0)
    finite_statistics("x", x, var)
    return 1 / np.sqrt(var + eps)


def _covariance(x, centred, eps):
    """(x - mean)^T (x - mean) / N + eps I, (D, D)."""
    eps = positive("eps", eps)
    with np.errstate(over="ignore", invalid="ignore"):
        cov = centred.T @ centred / len(centred)
    finite_statistics("x", x, cov)
    return cov + eps * np.eye(len(cov))


def _eigen(cov, eps):
    """Eigenvalues in rising order and eigenvectors in columns; all values are clearly positive."""
    values, vectors = np.linalg.eigh(cov)
    noise = len(cov) * np.finfo(cov.dtype).eps * values[-1]  # what rounding adds to an eigenvalue
    if values[0] <= noise:
        raise ValueError(
            f"the covariance of x is singular: with eps = {eps} its eigenvalues reach from "
            f"{values[0]:.3g} to {values[-1]:.3g}, and those below {noise:.1g} are rounding "
            "errors; expected independent features of similar scale, or a larger eps"
        )
    return values, vectors


def _result(x, centred, mean, w):
    return tuple(a.astype(x.dtype) for a in (centred @ w, mean, w))
