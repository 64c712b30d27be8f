"""The questions, by a short name under which a chapter or a test finds their rows.

A library's module has a function of the same name for each question that can be put to it; the
function returns what was observed, and its docstring says how.
"""

QUESTIONS = {
    # Defaults.
    "new_layer": "what a new layer normalizes by, if no mode was chosen",
    "momentum_weighs": "which value the argument momentum weighs",
    "momentum_default": "default of the argument momentum",
    "new_share": "share of the new value in the running one, by default",
    "momentum_none": "what momentum=None does",
    "eps_default": "default of epsilon in batch norm",
    "first_values": "gamma, beta, running mean and running variance of a new layer",
    "numbers_a_feature": "numbers kept for each feature: trained, and running",
    "where_kept": "where parameters and statistics are found",
    # Statistics.
    "normalizing_variance": "the variance that training normalizes by divides by",
    "running_variance": "the variance that goes into the running one divides by",
    "running_variance_images": "for images of 2 x 3 positions, N = 4, it divides by",
    "two_rows": "output for a batch of two rows, 0 and 2",
    "one_row": "a batch of one row in training",
    "one_row_running": "running variance after one batch of one row",
    "constant_feature": "output for a feature that is constant in the batch",
    "large_mean": "is a feature of mean 10 000 and deviation 1 normalized, in float32",
    # Axes and masks.
    "axis": "axis of the features in an input of shape (2, 3, 4, 5)",
    "wrong_layout": "what a layer does with an image of the other layout",
    "mask": "rows that a mask leaves out",
    # Modes.
    "inference_uses": "what inference normalizes by",
    "inference_moves": "do the running statistics move at inference",
    "without_step": "do they move in training mode without a gradient step",
    "frozen_uses": "a layer whose parameters are frozen, in training mode, normalizes by",
    "frozen_moves": "do its running statistics move in training mode",
    "frozen_after_compile": "frozen after compile(), with no new compile(): do they move",
    "inference_then_train": "a layer set to inference, then the model set to training",
    "no_tracking": "inference without running statistics normalizes by",
    "checkpointing": "moves of the running statistics in one step with gradient checkpointing",
    # Devices.
    "devices": "two devices with half of the batch each normalize by",
    "devices_compiled": "a batch split over two devices under jit is normalized by",
    "devices_running": "running statistics of the second device, after the next forward pass",
    "devices_together": "how statistics over all devices are asked for",
    # Precision.
    "half_input": "bfloat16 inputs, layer as it is: precision of statistics, and of the output",
    "half_layer": "running statistics of a layer made or cast to bfloat16",
    "half_layer_stuck": "running mean of such a layer after 2000 batches of mean 1",
    "other_backend": "questions whose answer is another one on Keras's JAX backend",
    # Relatives, and what acts on gamma and beta.
    "layer_norm_eps": "default of epsilon in layer norm",
    "group_norm_eps": "default of epsilon in group norm",
    "rms_norm_eps": "default of epsilon in RMS norm",
    "group_norm_groups": "default number of groups in group norm",
    "adamw_gamma": "gamma after one step of AdamW at rate 1, defaults, gradient 0",
}
