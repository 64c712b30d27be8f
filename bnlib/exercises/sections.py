"""The sections of the book that exercises practise; a test holds their titles to the book's."""

from bnlib.checks.report import Section

UNITS = Section("01_inputs", "sec-units", "What does a change of units do?")
LEAK = Section("01_inputs", "sec-leak", "Whose mean at test time?")
CONDITION = Section("01_inputs", "sec-condition", "Why do unequal scales slow gradient descent?")
RATE = Section("01_inputs", "sec-rate", "How large may the learning rate be?")

CORRELATION = Section("02_whitening", "sec-correlation", "What does standardizing leave?")
WHITENINGS = Section("02_whitening", "sec-whitenings", "Which whitening?")
FLAT = Section("02_whitening", "sec-flat", "What if a direction has no variance?")
NEWTON = Section("02_whitening", "sec-newton", "Can it be done without eigenvectors?")

ONE_LAYER = Section("03_signals", "sec-one-layer", "What does one layer do to the scale?")
DEPTH = Section("03_signals", "sec-depth", "What do fifty layers do?")
COMPOUND = Section("03_signals", "sec-compound", "What becomes of one per cent in each layer?")
STUCK = Section("03_signals", "sec-stuck", "When does a unit stop learning?")

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

NO_BATCH = Section("06_running", "sec-no-batch", "What is used when there is no batch?")
RUNNING_MOMENTUM = Section(
    "06_running", "sec-running-momentum", "How fast does the average follow, and whose momentum?"
)
RUNNING_VARIANCE = Section("06_running", "sec-running-variance", "Which variance is kept?")
MERGING = Section("06_running", "sec-merging", "How are parts put together?")
PRECISE = Section("06_running", "sec-precise", "What if the weights have moved?")
FOLDING = Section("06_running", "sec-folding", "Where does batch norm go after training?")
MODULE = Section("06_running", "sec-module", "What does a layer have to remember?")

TRAIN_MODES = Section("07_training", "sec-train-modes", "Which statistics does a row meet?")
TRAIN_STATE = Section("07_training", "sec-train-state", "What has to be saved?")
TRAIN_MOMENTUM = Section("07_training", "sec-train-momentum", "What does momentum weigh?")
TRAIN_BIAS = Section("07_training", "sec-train-bias", "What becomes of the bias?")
TRAIN_GRADIENT = Section(
    "07_training", "sec-train-gradient", "What if the statistics get no gradient?"
)
TRAIN_LEFTOVER = Section("07_training", "sec-train-leftover", "What if one row is left over?")
CLINIC = Section("07_training", "sec-clinic", "What breaks, and what does it look like?")
MLP = Section("07_training", "sec-mlp", "How is a network with it trained?")

SMALL_BATCH = Section(
    "09_failures", "sec-small-batch", "What does a small batch do to its statistics?"
)
NEIGHBOURS = Section("09_failures", "sec-neighbours", "What does the output of one row depend on?")
RENORM = Section("09_failures", "sec-renorm", "Can training and inference use one function?")
ADAPT = Section("09_failures", "sec-adapt", "What if the data have changed?")
DROPOUT = Section("09_failures", "sec-dropout-shift", "What does dropout do to the variance?")
SYNC = Section("09_failures", "sec-sync", "What must several devices tell each other?")

ONE_FUNCTION = Section("10_alternatives", "sec-one-function", "Which values share a mean?")
RMS = Section("10_alternatives", "sec-rms", "What is lost when the mean stays?")
ONE_EXAMPLE = Section("10_alternatives", "sec-one-example", "Which norms need no batch?")
PROJECTION = Section("10_alternatives", "sec-projection", "What becomes of the gradient?")

WEIGHT_NORM = Section("11_without", "sec-weight-norm", "Can the weights be normalized instead?")
WEIGHT_LENGTH = Section("11_without", "sec-weight-length", "Why can the length of v only grow?")
STANDARDIZED_WEIGHTS = Section(
    "11_without", "sec-standardized-weights", "What if each unit's weights have mean 0?"
)
DYT = Section("11_without", "sec-dyt", "Is a tanh enough?")
