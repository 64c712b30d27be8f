"""Layer normalization of (..., D): each example is normalized over its own features."""

from bnlib.arguments import floating_array, parameter, positive
from bnlib.norms.axes import affine_norm, affine_norm_backward


def layer_norm(x, gamma, beta, eps=1e-5):
    """Normalize each vector of features by its own mean and variance, in training and after.

        y = gamma * (x - mean) / sqrt(var + eps) + beta

    with mean and var (biased: divided by D) over the last axis. No example sees another.

    x: (..., D), float32 or float64. gamma, beta: (D,). Returns y, with the shape and dtype of x,
    and a `NormCache`. D = 1 is allowed, as in PyTorch; y is then beta.

    Raises ValueError for a wrong shape or dtype, eps <= 0, and NaN or infinity in any argument.
    Source: Ba, Kiros & Hinton 2016 (arXiv:1607.06450), equation 4.
    """
    x = floating_array("x", x, "... D")
    d = x.shape[-1]
    gamma = parameter("gamma", gamma, d, "D")
    beta = parameter("beta", beta, d, "D")
    shared = tuple(range(x.ndim - 1))
    return affine_norm(x, gamma, beta, (-1,), positive("eps", eps), shared)


def layer_norm_backward(dy, cache):
    """Carry the gradient of the loss back through `layer_norm`.

        dx = (g - mean(g) - xhat * mean(g * xhat)) / sqrt(var + eps),  g = gamma * dy

    with the means over D. gamma stays inside them: it differs along the averaged axis. dbeta and
    dgamma are the sums of dy and dy * xhat over all axes but the last.

    dy: the shape and dtype of y. Returns dx (..., D), dgamma (D,) and dbeta (D,).

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    return affine_norm_backward(dy, cache)
