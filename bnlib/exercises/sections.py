"""The sections of the book that exercises practise; a test holds their titles to the book's."""

from bnlib.checks.report import Section

UNITS = Section("01_inputs", "sec-units", "What does a change of units do?")
LEAK = Section("01_inputs", "sec-leak", "Whose mean at test time?")
CONDITION = Section("01_inputs", "sec-condition", "Why do unequal scales slow gradient descent?")
RATE = Section("01_inputs", "sec-rate", "How large may the learning rate be?")

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
