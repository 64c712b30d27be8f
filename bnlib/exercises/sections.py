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

TRAIN_MODES = Section("07_training", "sec-train-modes", "Which statistics does a row meet?")
TRAIN_STATE = Section("07_training", "sec-train-state", "What has to be saved?")
TRAIN_MOMENTUM = Section("07_training", "sec-train-momentum", "What does momentum weigh?")
TRAIN_BIAS = Section("07_training", "sec-train-bias", "What becomes of the bias?")
TRAIN_GRADIENT = Section(
    "07_training", "sec-train-gradient", "What if the statistics get no gradient?"
)
TRAIN_LEFTOVER = Section("07_training", "sec-train-leftover", "What if one row is left over?")
CLINIC = Section("07_training", "sec-clinic", "What breaks, and what does it look like?")
