"""Ghost batch normalization of (N, D): a large batch, normalized in small parts."""

from bnlib.arguments import divisor, floating_array, parameter, positive, several_values
from bnlib.norms.axes import affine_norm, affine_norm_backward


def ghost_batch_norm(x, gamma, beta, groups, eps=1e-5):
    """Split the batch into `groups` equal consecutive parts and normalize each on its own.

        y = gamma * (x - mean) / sqrt(var + eps) + beta

    with mean and var (biased) over the N / groups rows of a part. groups = 1 is batch norm.

    x: (N, D), float32 or float64, N / groups >= 2. gamma, beta: (D,). groups: an integer that
    divides N. Returns y, with the shape and dtype of x, and a `NormCache`.

    Raises ValueError for a wrong shape or dtype, groups that do not divide N, one row per part,
    eps <= 0, and NaN or infinity in any argument. Source: Hoffer, Hubara & Soudry 2017
    (arXiv:1705.08741), Algorithm 1.
    """
    x = floating_array("x", x, "N D")
    n, d = x.shape
    groups = divisor("groups", groups, n, "N")
    several_values("x", n // groups, "N / groups")
    gamma = parameter("gamma", gamma, d, "D")
    beta = parameter("beta", beta, d, "D")
    split = (groups, n // groups, d)
    return affine_norm(x, gamma, beta, (1,), positive("eps", eps), shared=(0, 1), split=split)


def ghost_batch_norm_backward(dy, cache):
    """Carry the gradient of the loss back through `ghost_batch_norm`.

        dx = gamma / sqrt(var + eps) * (dy - mean(dy) - xhat * mean(dy * xhat))

    with the means over one part; dbeta and dgamma are the sums of dy and dy * xhat over N.

    dy: the shape and dtype of y. Returns dx (N, D), dgamma (D,) and dbeta (D,).

    Raises ValueError if dy has another shape or dtype or holds NaN or infinity.
    """
    return affine_norm_backward(dy, cache)
