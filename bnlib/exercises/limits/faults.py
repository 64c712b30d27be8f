"""Wrong ways to normalize that several exercises of this notebook share."""

from bnlib.exercises.algorithm.faults import AFFINE, NORMALIZING

_NORMALIZING = (
    "variance-not-root",
    "bessel",
    "eps-outside-root",
    "eps-missing",
    "eps-hard-coded",
    "eps-hard-coded-1e-8",
    "eps-subtracted",
    "not-centred",
    "not-scaled",
    "second-moment",
    "sum-not-mean",
    "one-pass-variance",
)
_AFFINE = (
    "affine-missing",
    "gamma-missing",
    "beta-missing",
    "beta-before-gamma",
    "raw-x",
    "gamma-beta-exchanged",
)

STEPS = tuple(fault for fault in NORMALIZING if fault.id in _NORMALIZING)
SCALINGS = tuple(fault for fault in AFFINE if fault.id in _AFFINE)
