"""Right answers to notebook 4, as three students might write them."""

VECTORIZED = {
    "standardize_batch": """\
def standardize_batch(x, eps):
    centred = x - x.mean(axis=0)
    return centred / np.sqrt(np.mean(centred**2, axis=0) + eps)
""",
    "batchnorm_forward": """\
def batchnorm_forward(x, gamma, beta, eps):
    xhat = standardize_batch(x, eps)
    return gamma * xhat + beta, (xhat, gamma)
""",
    "batchnorm_forward_spatial": """\
def batchnorm_forward_spatial(x, gamma, beta, eps):
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    centred = x - mean
    xhat = centred / np.sqrt((centred**2).mean(axis=(0, 2, 3), keepdims=True) + eps)
    return gamma[:, None, None] * xhat + beta[:, None, None], xhat
""",
    "restoring_affine": """\
def restoring_affine(mean, var, eps):
    return np.sqrt(var + eps), mean.copy()
""",
    "streaming_mean_var": """\
def streaming_mean_var(chunks):
    rows = np.concatenate(chunks)
    return len(rows), rows.mean(axis=0), rows.var(axis=0)
""",
}

LOOPS = {
    "standardize_batch": """\
def standardize_batch(x, eps):
    n, d = x.shape
    out = np.zeros((n, d))
    for j in range(d):
        m = sum(x[:, j]) / n
        v = sum((x[:, j] - m) ** 2) / n
        for i in range(n):
            out[i, j] = (x[i, j] - m) / (v + eps) ** 0.5
    return out
""",
    "batchnorm_forward": """\
def batchnorm_forward(x, gamma, beta, eps):
    xhat = standardize_batch(x, eps)
    y = np.zeros_like(xhat)
    for j in range(x.shape[1]):
        y[:, j] = gamma[j] * xhat[:, j] + beta[j]
    return y, xhat
""",
    "batchnorm_forward_spatial": """\
def batchnorm_forward_spatial(x, gamma, beta, eps):
    y = np.zeros(x.shape)
    for c in range(x.shape[1]):
        column = x[:, c].reshape(-1, 1)
        of_channel, _ = batchnorm_forward(column, gamma[c : c + 1], beta[c : c + 1], eps)
        y[:, c] = of_channel.reshape(x[:, c].shape)
    return y, None
""",
    "restoring_affine": """\
def restoring_affine(mean, var, eps):
    gamma = [(v + eps) ** 0.5 for v in var]
    beta = [m for m in mean]
    return np.array(gamma), np.array(beta)
""",
    "streaming_mean_var": """\
def streaming_mean_var(chunks):
    n = 0
    mean = np.zeros(chunks[0].shape[1])
    squares = np.zeros(chunks[0].shape[1])
    for chunk in chunks:
        for row in chunk:  # Welford's recurrence
            n += 1
            before = row - mean
            mean = mean + before / n
            squares = squares + before * (row - mean)
    return n, mean, squares / n
""",
}

# Lists where arrays are expected, and single precision.
LISTS = {
    **VECTORIZED,
    "standardize_batch": """\
def standardize_batch(x, eps):
    x = x.astype(np.float32) if abs(x).max() < 1e3 else x
    return ((x - x.mean(0)) / np.sqrt(x.var(0) + eps)).tolist()
""",
    "batchnorm_forward": """\
def batchnorm_forward(x, gamma, beta, eps):
    xhat = np.array(standardize_batch(x, eps))
    return list(gamma * xhat + beta), None
""",
    "restoring_affine": """\
def restoring_affine(mean, var, eps):
    return list((var + eps) ** 0.5), list(mean)
""",
}

STUBS = {
    name: source.splitlines()[0] + "\n    raise NotImplementedError\n"
    for name, source in VECTORIZED.items()
}
