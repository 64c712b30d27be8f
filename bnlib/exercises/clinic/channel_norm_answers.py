"""Known mistakes and honest answers of ChannelNorm."""

import numpy as np

from bnlib.exercises.clinic.channel_norm import ChannelNorm, exercise


class _Rows(ChannelNorm):
    """By a matrix of rows: to be changed in how the matrix is made and unmade."""

    def forward(self, x):
        rows = self.rows(x)
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = rows.mean(axis=0), rows.var(axis=0)
            m = self.momentum
            self.running_mean = (1 - m) * self.running_mean + m * mean
            self.running_var = (1 - m) * self.running_var + m * var
        y = self.gamma * (rows - mean) / np.sqrt(var + self.eps) + self.beta
        return self.images(y, x.shape)

    def rows(self, x):
        return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])

    def images(self, rows, shape):
        n, c, h, w = shape
        return rows.reshape(n, h, w, c).transpose(0, 3, 1, 2)


def _mistake(id, advice, base=ChannelNorm, source="", **methods):
    kind = type("ChannelNorm", (base,), methods)
    exercise.mistake(id, advice, source=source)(kind)


_SEEN = "students' repositories"
_mistake(
    "reshaped-without-moving",
    "Every column of the matrix is a mixture of channels. In which order do the numbers of x lie "
    "in memory, and where do the channels stand?",
    _Rows,
    _SEEN,
    rows=lambda self, x: x.reshape(-1, x.shape[1]),
    images=lambda self, rows, shape: rows.reshape(shape),
)
_mistake(
    "way-back-not-moved",
    "The statistics are right, but the channels do not come back to where they were.",
    _Rows,
    images=lambda self, rows, shape: rows.reshape(shape),
)
_mistake(
    "height-and-width-exchanged",
    "On the way back the positions of an image are in another order: H and W are exchanged.",
    _Rows,
    _SEEN,
    images=lambda self, rows, shape: rows.reshape(shape[0], shape[3], shape[2], shape[1]).transpose(
        0, 3, 2, 1
    ),
)
_mistake(
    "channels-moved-with-width",
    "The channels change places with the width alone: N, H and W stand in another order in the "
    "rows than when the images are put together again.",
    _Rows,
    rows=lambda self, x: x.transpose(0, 3, 2, 1).reshape(-1, x.shape[1]),
)


def _over(axes):
    def statistics(self, x):
        return x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)

    def kept(self, statistic):
        return statistic[0] if axes[0] == 0 else statistic.mean(axis=0)

    def spread(self, statistic, x):
        if np.ndim(statistic) == 3:
            return statistic[None]
        return ChannelNorm.spread(self, statistic, x)

    return {"statistics": statistics, "kept": kept, "spread": spread}


_mistake(
    "per-pixel",
    "Every pixel has statistics of its own, over N alone. A channel shares one mean over its "
    "positions too.",
    source=_SEEN,
    **_over((0,)),
)
_mistake(
    "per-row-of-pixels",
    "The statistics are over N and W: every line of the image has its own.",
    **_over((0, 3)),
)
_mistake(
    "per-column-of-pixels",
    "The statistics are over N and H: every column of the image has its own.",
    **_over((0, 2)),
)
_mistake(
    "per-sample",
    "Every image is normalized over all of its channels. The mean is one channel's, "
    "over all images.",
    source=_SEEN,
    **_over((1, 2, 3)),
)
_mistake(
    "all-channels-together",
    "All channels share one mean and one variance.",
    statistics=lambda self, x: (
        np.full(x.shape[1], x.mean()),
        np.full(x.shape[1], x.var()),
    ),
)


class _PerImage(ChannelNorm):
    def statistics(self, x):
        return x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)

    def kept(self, statistic):
        return statistic.mean(axis=(0, 2, 3))


exercise.mistake(
    "per-image",
    "Every image is normalized by itself. The statistics are over N as well as over H and W.",
    source=_SEEN,
)(_PerImage)
_mistake(
    "variance-within-images",
    "Your variance is the mean of the images' own variances: how far their means lie apart "
    "is lost.",
    statistics=lambda self, x: (
        x.mean(axis=(0, 2, 3)),
        x.var(axis=(2, 3)).mean(axis=0),
    ),
)


class _AxesKept(ChannelNorm):
    def __init__(self, gamma, beta, momentum, eps):
        super().__init__(gamma, beta, momentum, eps)
        self.running_mean = self.running_mean.reshape(1, -1, 1, 1)
        self.running_var = self.running_var.reshape(1, -1, 1, 1)

    def kept(self, statistic):
        return statistic.reshape(1, -1, 1, 1)


exercise.mistake(
    "running-statistics-keep-axes",
    "The outputs are right; running_mean and running_var have axes of length 1 left over. "
    "One number a channel is (C,).",
    source=_SEEN,
)(_AxesKept)


class _BatchAlways(ChannelNorm):
    def forward(self, x):
        kept = self.running_mean, self.running_var
        was, self.training = self.training, True
        y = super().forward(x)
        self.training = was
        if not was:
            self.running_mean, self.running_var = kept
        return y


exercise.mistake(
    "batch-statistics-in-evaluation",
    "In evaluation the images are normalized by their own statistics.",
    source=_SEEN,
)(_BatchAlways)


class _NoEps(ChannelNorm):
    def forward(self, x):
        self.eps, eps = 0.0, self.eps
        y = super().forward(x)
        self.eps = eps
        return y


exercise.mistake("eps-missing", "eps is missing under the root.")(_NoEps)


class _InPlace(ChannelNorm):
    def forward(self, x):
        y = super().forward(x)
        x -= self.spread(x.mean(axis=(0, 2, 3)), x)
        return y


exercise.mistake(
    "writes-into-x",
    "forward subtracts the mean from x itself, and the caller's batch is changed.",
    source=_SEEN,
)(_InPlace)

exercise.alternative(type("ChannelNorm", (_Rows,), {}))


class _ChannelLoop(ChannelNorm):
    def forward(self, x):
        y = np.empty(x.shape)
        for c in range(x.shape[1]):
            mean, var, m = self.running_mean[c], self.running_var[c], self.momentum
            if self.training:
                mean, var = x[:, c].mean(), x[:, c].var()
                self.running_mean[c] += m * (mean - self.running_mean[c])
                self.running_var[c] += m * (var - self.running_var[c])
            scale = self.gamma[c] / np.sqrt(var + self.eps)
            y[:, c] = (x[:, c] - mean) * scale + self.beta[c]
        return y


class _Moved(_Rows):
    def rows(self, x):
        return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])

    def images(self, rows, shape):
        n, c, h, w = shape
        return np.moveaxis(rows.reshape(n, h, w, c), -1, 1)


class _Einsum(ChannelNorm):
    def statistics(self, x):
        count = x.size / x.shape[1]
        mean = np.einsum("nchw->c", x) / count
        centred = x - mean[:, None, None]
        return mean, np.einsum("nchw,nchw->c", centred, centred) / count


class _ChannelsFirst(_Rows):
    def rows(self, x):
        return np.swapaxes(x, 0, 1).reshape(x.shape[1], -1).T

    def images(self, rows, shape):
        n, c, h, w = shape
        return rows.T.reshape(c, n, h, w).swapaxes(0, 1)


class _Single(ChannelNorm):
    def forward(self, x):
        return super().forward(x.astype(np.float32)).astype(np.float32)


for _kind in (_ChannelLoop, _Moved, _Einsum, _ChannelsFirst, _Single):
    exercise.alternative(_kind)
