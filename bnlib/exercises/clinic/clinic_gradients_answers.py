"""Known mistakes and honest answers of clinic_gradients."""

import numpy as np

from bnlib.exercises.clinic.clinic_gradients import exercise, gradients, reference, through_norm


def _mistake(id, advice, source=""):
    """Decorator: another way back through the norm."""

    def add(through):
        def function(x, t, w1, gamma, beta, w2, eps):
            return gradients(x, t, w1, gamma, beta, w2, eps, through)

        exercise.mistake(id, advice, source=source)(function)
        return through

    return add


_SEEN = "students' repositories"


@_mistake(
    "statistics-detached",
    "dw1 treats the mean and the variance as constants. They are made of z: "
    "when a weight moves, they move too.",
    "a published course",
)
def _detached(dy, gamma, xhat, inv_std, z):
    return dy * gamma * inv_std


@_mistake(
    "variance-detached",
    "dw1 goes through the mean now, but still treats the variance as a constant.",
)
def _no_var(dy, gamma, xhat, inv_std, z):
    g = dy * gamma
    return inv_std * (g - g.mean(axis=0))


@_mistake(
    "mean-detached",
    "dw1 goes through the variance now, but still treats the mean as a constant.",
)
def _no_mean(dy, gamma, xhat, inv_std, z):
    g = dy * gamma
    return inv_std * (g - xhat * (g * xhat).mean(axis=0))


@_mistake(
    "sums-instead-of-means",
    "What comes back through the statistics is N times too large. "
    "How far does one row move the mean?",
    _SEEN,
)
def _sums(dy, gamma, xhat, inv_std, z):
    g = dy * gamma
    return inv_std * (g - g.sum(axis=0) - xhat * (g * xhat).sum(axis=0))


@_mistake(
    "statistics-sign",
    "What comes back through the statistics has the wrong sign.",
)
def _plus(dy, gamma, xhat, inv_std, z):
    g = dy * gamma
    return inv_std * (g + g.mean(axis=0) + xhat * (g * xhat).mean(axis=0))


@_mistake(
    "over-the-features",
    "The means in the gradient are taken over the units of a row. They belong over the rows.",
    _SEEN,
)
def _axis(dy, gamma, xhat, inv_std, z):
    g = dy * gamma
    along = (g * xhat).mean(axis=1, keepdims=True)
    return inv_std * (g - g.mean(axis=1, keepdims=True) - xhat * along)


@_mistake(
    "counted-by-units",
    "The sums in the gradient are divided by the number of units. They are sums over the rows.",
    _SEEN,
)
def _count(dy, gamma, xhat, inv_std, z):
    g, d = dy * gamma, dy.shape[1]
    return inv_std * (g - g.sum(axis=0) / d - xhat * (g * xhat).sum(axis=0) / d)


@_mistake(
    "divided-by-n-minus-1",
    "What comes back through the variance is divided by N - 1; this variance divides by N.",
)
def _bessel(dy, gamma, xhat, inv_std, z):
    g, n = dy * gamma, len(dy)
    return inv_std * (g - g.mean(axis=0) - xhat * (g * xhat).sum(axis=0) / (n - 1))


@_mistake("gamma-lost", "gamma is missing on the way back to dw1.", _SEEN)
def _no_gamma(dy, gamma, xhat, inv_std, z):
    return through_norm(dy, 1.0, xhat, inv_std, z)


@_mistake(
    "gamma-in-one-term",
    "gamma multiplies the direct path alone; the paths through mean and variance go through it "
    "too.",
    _SEEN,
)
def _gamma_once(dy, gamma, xhat, inv_std, z):
    return inv_std * (dy * gamma - dy.mean(axis=0) - xhat * (dy * xhat).mean(axis=0))


@_mistake("deviation-lost", "The division by the standard deviation is missing in dw1.")
def _no_std(dy, gamma, xhat, inv_std, z):
    return through_norm(dy, gamma, xhat, 1.0, z)


@_mistake(
    "deviation-squared",
    "dw1 is divided by the variance instead of its root.",
)
def _squared(dy, gamma, xhat, inv_std, z):
    return through_norm(dy, gamma, xhat, inv_std**2, z)


@_mistake(
    "not-normalized-in-variance-term",
    "The path through the variance holds z with its mean taken away, not divided by the "
    "deviation. In the collected formula it is xhat.",
)
def _raw(dy, gamma, xhat, inv_std, z):
    g, centred = dy * gamma, z - z.mean(axis=0)
    return inv_std * (g - g.mean(axis=0) - centred * (g * xhat).mean(axis=0))


@_mistake(
    "eps-missing",
    "dw1 divides by the deviation without eps; the loss has eps in it.",
    _SEEN,
)
def _no_eps(dy, gamma, xhat, inv_std, z):
    return through_norm(dy, gamma, xhat, 1 / z.std(axis=0), z)


def _changed(id, advice, change):
    @exercise.mistake(id, advice)
    def function(*arguments):
        return change(reference(*arguments), arguments)


_changed(
    "dgamma-averaged",
    "dgamma is averaged over the batch; the 1/N is in the loss already.",
    lambda out, a: (*out[:2], out[2] / len(a[0]), *out[3:]),
)
_changed(
    "dbeta-averaged",
    "dbeta is averaged over the batch; the 1/N is in the loss already.",
    lambda out, a: (*out[:3], out[3] / len(a[0]), out[4]),
)


@exercise.mistake(
    "statistics-of-constants-in-the-loss",
    "You removed the normalization from the loss. dw1 is right for another network.",
)
def _removed(x, t, w1, gamma, beta, w2, eps):
    z = x @ w1
    a = np.tanh(gamma * z + beta)
    error = a @ w2 - t
    dout = 2 * error / len(x)
    dy = np.outer(dout, w2) * (1 - a**2)
    dz = dy * gamma
    return (error**2).mean(), x.T @ dz, (dy * z).sum(axis=0), dy.sum(axis=0), a.T @ dout


@exercise.alternative
def staged(x, t, w1, gamma, beta, w2, eps):
    def through(dy, gamma, xhat, inv_std, z):
        n, centred, g = len(z), z - z.mean(axis=0), dy * gamma
        dvar = (g * centred).sum(axis=0) * -0.5 * inv_std**3
        dmean = -(g * inv_std).sum(axis=0) + dvar * -2 * centred.mean(axis=0)
        return g * inv_std + dvar * 2 * centred / n + dmean / n

    return gradients(x, t, w1, gamma, beta, w2, eps, through)


@exercise.alternative
def jacobian(x, t, w1, gamma, beta, w2, eps):
    def through(dy, gamma, xhat, inv_std, z):
        n = len(z)
        dz = np.empty_like(z)
        for h in range(z.shape[1]):
            j = np.eye(n) - 1 / n - np.outer(xhat[:, h], xhat[:, h]) / n
            dz[:, h] = inv_std[h] * j @ (gamma[h] * dy[:, h])
        return dz

    return gradients(x, t, w1, gamma, beta, w2, eps, through)


@exercise.alternative
def by_sums(x, t, w1, gamma, beta, w2, eps):
    def through(dy, gamma, xhat, inv_std, z):
        n, dgamma, dbeta = len(z), np.einsum("nh,nh->h", dy, xhat), dy.sum(axis=0)
        return gamma * inv_std / n * (n * dy - dbeta - xhat * dgamma)

    return gradients(x, t, w1, gamma, beta, w2, eps, through)


@exercise.alternative
def lists(x, t, w1, gamma, beta, w2, eps):
    loss, *gradients = reference(x, t, w1, gamma, beta, w2, eps)
    return [float(loss), *(g.tolist() for g in gradients)]


@exercise.alternative
def single_precision(x, t, w1, gamma, beta, w2, eps):
    return reference(*(a.astype(np.float32) for a in (x, t, w1, gamma, beta, w2)), np.float32(eps))
