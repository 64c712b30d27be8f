"""Group and instance normalization of (N, C, H, W): statistics of one example's channels."""

from bnlib.arguments import divisor, floating_array, parameter, positive, several_values
from bnlib.norms.axes import affine_norm, affine_norm_backward


def group_norm(x, gamma, beta, groups, eps=1e-5):
    """Normalize each group of C / G neighbouring channels of each example, G = `groups`.

        y = gamma * (x - mean) / sqrt(var + eps) + beta

    with mean and var (biased) over the C / G channels of a group and all positions. gamma and
    beta still belong to single channels. G = 1 is layer norm over (C, H, W) but for the shape of
    gamma; G = C is instance norm.

    x: (N, C, H, W), float32 or float64, C / G * H * W >= 2. gamma, beta: (C,). groups: an
    integer that divides C. Returns y, with the shape and dtype of x, and a `NormCache`.

    Raises ValueError for a wrong shape or dtype, groups that do not divide C, one value per
    group, eps <= 0, and NaN or infinity in any argument. Source: Wu & He 2018
    (arXiv:1803.08494), equations 1, 2, 6 and 7.
    """
    x = floating_array("x", x, "N C H W")
    n, c, h, w = x.shape
    groups = divisor("groups", groups, c, "C")
    several_values("x", c // groups * h * w, "C / G, H and W")
    split = (n, groups, c // groups, h, w)
    channel = (1, groups, c // groups, 1, 1)
    gamma = parameter("gamma", gamma, c, "C").reshape(channel)
    beta = parameter("beta", beta, c, "C").reshape(channel)
    eps = positive("eps", eps)
    return affine_norm(x, gamma, beta, (2, 3, 4), eps, shared=(0, 3, 4), split=split)


def group_norm_backward(dy, cache):
    """Carry the gradient of the loss back through `group_norm`.

        dx = (g - mean(g) - xhat * mean(g * xhat)) / sqrt(var + eps),  g = gamma * dy

    with the means over one group; dbeta and dgamma are the sums of dy and dy * xhat over N, H
    and W.

    dy: the shape and dtype of y. Returns dx (N, C, H, W), dgamma (C,) and dbeta (C,).

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    return affine_norm_backward(dy, cache)


def instance_norm(x, gamma, beta, eps=1e-5):
    """Normalize each channel of each example over its positions.

        y = gamma * (x - mean) / sqrt(var + eps) + beta

    with mean and var (biased: divided by H * W) over H and W.

    x: (N, C, H, W), float32 or float64, H * W >= 2. gamma, beta: (C,). Returns y, with the shape
    and dtype of x, and a `NormCache`.

    Raises ValueError for a wrong shape or dtype, one value per channel, eps <= 0, and NaN or
    infinity in any argument. Source: Ulyanov, Vedaldi & Lempitsky 2016 (arXiv:1607.08022).
    """
    x = floating_array("x", x, "N C H W")
    _, c, h, w = x.shape
    several_values("x", h * w, "H and W")
    gamma = parameter("gamma", gamma, c, "C").reshape(1, c, 1, 1)
    beta = parameter("beta", beta, c, "C").reshape(1, c, 1, 1)
    return affine_norm(x, gamma, beta, (2, 3), positive("eps", eps), shared=(0, 2, 3))


def instance_norm_backward(dy, cache):
    """Carry the gradient of the loss back through `instance_norm`.

        dx = gamma / sqrt(var + eps) * (dy - mean(dy) - xhat * mean(dy * xhat))

    with the means over H and W; dbeta and dgamma are the sums of dy and dy * xhat over N, H
    and W.

    dy: the shape and dtype of y. Returns dx (N, C, H, W), dgamma (C,) and dbeta (C,).

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    return affine_norm_backward(dy, cache)
