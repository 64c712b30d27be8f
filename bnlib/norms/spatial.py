"""Spatial batch normalization of (N, C, H, W): one mean and variance for each channel."""

from bnlib.arguments import floating_array, parameter, positive, several_values
from bnlib.norms.axes import affine_norm, affine_norm_backward


def spatial_batch_norm(x, gamma, beta, eps=1e-5):
    """Normalize each channel over the batch and all positions (training mode).

        y = gamma * (x - mean) / sqrt(var + eps) + beta

    with mean and var (biased: divided by N * H * W) over N, H and W. A convolution uses the same
    weights at every position, so all positions of a channel share its statistics.

    x: (N, C, H, W), float32 or float64, N * H * W >= 2. gamma, beta: (C,). Returns y, with the
    shape and dtype of x, and a `NormCache`.

    Raises ValueError for a wrong shape or dtype, one value per channel, eps <= 0, and NaN or
    infinity in any argument. Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), section 3.2.
    """
    x = floating_array("x", x, "N C H W")
    n, c, h, w = x.shape
    several_values("x", n * h * w, "N, H and W")
    gamma = parameter("gamma", gamma, c, "C").reshape(1, c, 1, 1)
    beta = parameter("beta", beta, c, "C").reshape(1, c, 1, 1)
    return affine_norm(x, gamma, beta, (0, 2, 3), positive("eps", eps), shared=(0, 2, 3))


def spatial_batch_norm_backward(dy, cache):
    """Carry the gradient of the loss back through `spatial_batch_norm`.

        dx = gamma / sqrt(var + eps) * (dy - mean(dy) - xhat * mean(dy * xhat))

    with the means over N, H and W; dbeta and dgamma are the sums of dy and dy * xhat over them.

    dy: the shape and dtype of y. Returns dx (N, C, H, W), dgamma (C,) and dbeta (C,).

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    return affine_norm_backward(dy, cache)
