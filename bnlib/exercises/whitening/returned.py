"""Wrong things to return of a right whitening."""

import numpy as np

from bnlib.exercises.whitening.faults import STUDENTS, Fault, covariance, whiten


def _then(change):
    """Everything right but what is returned: ``change(z, mean, w, x)``."""

    def function(x, eps, root):
        return change(*whiten(x, eps, root), x)

    return function


def _inverse(w):
    """The inverse; where there is none, what is nearest to one."""
    return np.linalg.pinv(w) if np.isfinite(w).all() else w


def _changes_x(x, eps, root):
    mean = x.mean(axis=0)
    x -= mean
    w = root(covariance(x) + eps * np.eye(x.shape[1]))
    return x @ w, mean, w


# Of what is made of a right w, and returned.
RETURNED = (
    Fault(
        "z-not-centred",
        "Your z is x @ w: the mean is still in it. What w is applied to is x - mean.",
        _then(lambda z, mean, w, x: (x @ w, mean, w)),
    ),
    Fault(
        "z-centred-last",
        "You subtract the mean of x after the product. Take it away from x before, or subtract "
        "the mean of what came out.",
        _then(lambda z, mean, w, x: (x @ w - mean, mean, w)),
    ),
    Fault(
        "z-transposed",
        "Your z is (D, N). Its rows are to be those of x.",
        _then(lambda z, mean, w, x: (z.T, mean, w)),
    ),
    Fault(
        "z-transformed-twice",
        "Your z is multiplied by w twice.",
        _then(lambda z, mean, w, x: (z @ w, mean, w)),
    ),
    Fault(
        "z-is-centred-x",
        "Your z is x - mean. w is not applied to it.",
        _then(lambda z, mean, w, x: (x - mean, mean, w)),
    ),
    Fault(
        "mean-of-z",
        "Your mean is that of the whitened z, which is 0. Asked is the mean of x, with which "
        "other rows can be whitened.",
        _then(lambda z, mean, w, x: (z, z.mean(axis=0), w)),
    ),
    Fault(
        "mean-with-an-axis-too-many",
        "Your mean has shape (1, D). Asked is (D,).",
        _then(lambda z, mean, w, x: (z, mean[None], w)),
        source=STUDENTS,
    ),
    Fault(
        "inverse-returned",
        "Your w leads back from z to x. Asked is the one that leads from x to z.",
        _then(lambda z, mean, w, x: (z, mean, _inverse(w))),
    ),
    Fault(
        "mean-and-w-exchanged",
        "mean and w are exchanged: the order is (z, mean, w).",
        _then(lambda z, mean, w, x: (z, w, mean)),
    ),
    Fault(
        "z-and-w-only",
        "You return two values. Without the mean no other row can be whitened: return "
        "(z, mean, w).",
        _then(lambda z, mean, w, x: (z, w)),
    ),
    Fault(
        "z-only",
        "You return z alone. The mean and w are needed to whiten other rows: return (z, mean, w).",
        _then(lambda z, mean, w, x: z),
    ),
    Fault("nothing-returned", "The function ends without a return.", _then(lambda *values: None)),
    Fault(
        "changes-x",
        "You centre x in place, and the caller's batch is changed. Let the first step make a new "
        "array.",
        _changes_x,
        source=STUDENTS,
    ),
)

# Of a w that is not symmetric.
TRANSPOSED = (
    Fault(
        "w-transposed",
        "Your w is the transposed one, and z is made with it. Rows of x are multiplied from the "
        "right: the columns of w are what a row is projected on.",
        lambda x, eps, root: whiten(x, eps, lambda a: root(a).T),
    ),
    Fault(
        "w-returned-transposed",
        "Your z is right, and the w that you return is its transpose, as it stands in "
        "w @ column. Asked is z = (x - mean) @ w.",
        _then(lambda z, mean, w, x: (z, mean, w.T)),
    ),
)
