"""Notebook 07, the clinic: broken networks, each with one fault, to be mended."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.clinic import predicting_net  # isort: skip
from bnlib.exercises.clinic import evaluated_norm, evaluated_norm_answers  # isort: skip
from bnlib.exercises.clinic import freezable_net  # isort: skip
from bnlib.exercises.clinic import ported_norm, ported_norm_answers  # isort: skip
from bnlib.exercises.clinic import channel_norm, channel_norm_answers  # isort: skip
from bnlib.exercises.clinic import saved_net, saved_net_answers  # isort: skip
from bnlib.exercises.clinic import clinic_gradients, clinic_gradients_answers  # isort: skip
from bnlib.exercises.clinic import clinic_epoch, clinic_epoch_answers  # isort: skip

__all__ = [
    "channel_norm",
    "channel_norm_answers",
    "clinic_epoch",
    "clinic_epoch_answers",
    "clinic_gradients",
    "clinic_gradients_answers",
    "evaluated_norm",
    "evaluated_norm_answers",
    "freezable_net",
    "ported_norm",
    "ported_norm_answers",
    "predicting_net",
    "saved_net",
    "saved_net_answers",
]
