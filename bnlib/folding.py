"""Folding: at inference batch norm is a fixed line for each output, and the layer before it, which
is linear, can take that line into its own weights and bias.
"""

import numpy as np

from bnlib.arguments import finite, floating_array, parameter, positive, variances


def fold_linear(w, b, gamma, beta, mean, var, eps=1e-5):
    """Give the linear layer that equals `w, b` followed by batch norm in inference mode.

        scale = gamma / sqrt(var + eps)
        w'[d, :] = scale[d] * w[d, :]
        b'[d] = scale[d] * (b[d] - mean[d]) + beta[d]

    w: (D, D_in), float32 or float64, as in `torch.nn.Linear`: the layer is x @ w.T + b. b: (D,),
    or None for a layer without bias. gamma, beta, mean, var: (D,), the last two the running
    statistics. Returns w' (D, D_in) and b' (D,), of the dtype of w.

    Raises ValueError for a wrong shape or dtype, a negative var, eps <= 0, and NaN or infinity
    in any argument. Source: Jacob et al. 2018 (arXiv:1712.05877), section 3.2.
    """
    return _fold(floating_array("w", w, "D D_in"), b, gamma, beta, mean, var, eps, "D")


def fold_conv(w, b, gamma, beta, mean, var, eps=1e-5):
    """Give the convolution that equals `w, b` followed by batch norm in inference mode.

        w'[c, ...] = scale[c] * w[c, ...]
        b'[c] = scale[c] * (b[c] - mean[c]) + beta[c],  scale = gamma / sqrt(var + eps)

    It is exact with any padding, because the padding is applied before the layer, and for grouped
    convolutions. It is not for batch norm *before* a convolution that pads with zeros.

    w: (C, C_in, kernel height, kernel width), float32 or float64, as in `torch.nn.Conv2d`. b:
    (C,) or None. gamma, beta, mean, var: (C,). Returns w', the shape of w, and b' (C,), of the
    dtype of w.

    Raises ValueError as `fold_linear` does. Source: as there.
    """
    w = floating_array("w", w, "C C_in kernel_height kernel_width")
    return _fold(w, b, gamma, beta, mean, var, eps, "C")


def _fold(w, b, gamma, beta, mean, var, eps, letter):
    size = len(w)
    finite("w", w)
    b = np.zeros(size) if b is None else parameter("b", b, size, letter)
    gamma = parameter("gamma", gamma, size, letter)
    beta = parameter("beta", beta, size, letter)
    mean = parameter("mean", mean, size, letter)
    var = variances("var", var, size, letter)
    # In float64 until the end: b - mean cancels where the bias only moved the mean.
    scale = gamma / np.sqrt(var.astype(np.float64) + positive("eps", eps))
    bias = scale * np.subtract(b, mean, dtype=np.float64) + beta
    folded = w * scale.reshape((-1,) + (1,) * (w.ndim - 1))
    return folded.astype(w.dtype), bias.astype(w.dtype)
