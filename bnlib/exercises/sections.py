"""The sections of the book that exercises practise; a test holds their titles to the book's."""

from bnlib.checks.report import Section

BATCH = Section("04_algorithm", "sec-batch", "A batch")
AFFINE = Section("04_algorithm", "sec-affine", "Why gamma and beta")
EPS = Section("04_algorithm", "sec-eps", "eps")
AXES = Section("04_algorithm", "sec-axes", "Axes")
NUMERICS = Section("04_algorithm", "sec-numerics", "Numerics")
STAGED = Section("05_backward", "sec-staged", "Staged")
CLOSED = Section("05_backward", "sec-closed", "Closed form")
GRADCHECK = Section("05_backward", "sec-gradcheck", "Gradient checking")
FUNCTION = Section("05_backward", "sec-autograd-function", "autograd.Function")
SPATIAL_BACKWARD = Section("05_backward", "sec-spatial-backward", "Spatial")
