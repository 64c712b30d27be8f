"""The sections of the book that exercises practise; a test holds their titles to the book's."""

from bnlib.checks.report import Section

BATCH = Section("04_algorithm", "sec-batch", "What happens to one batch?")
AFFINE = Section("04_algorithm", "sec-affine", "Why scale and shift again?")
EPS = Section("04_algorithm", "sec-eps", "What does epsilon do?")
AXES = Section("04_algorithm", "sec-axes", "Over which axes is the mean taken?")
NUMERICS = Section("04_algorithm", "sec-numerics", "What can go wrong in low precision?")
STAGED = Section("05_backward", "sec-staged", "What is the gradient at each node?")
CLOSED = Section("05_backward", "sec-closed", "How short can it be written?")
GRADCHECK = Section("05_backward", "sec-gradcheck", "How is a gradient checked?")
FUNCTION = Section("05_backward", "sec-autograd-function", "How is it handed to PyTorch?")
SPATIAL_BACKWARD = Section("05_backward", "sec-spatial-backward", "What changes for images?")

MODES = Section("06_running", "sec-modes", "What is used when there is no batch?")
MODULE = Section("06_running", "sec-module", "What does a layer have to remember?")

MLP = Section("07_training", "sec-mlp", "How is a network with it trained?")
