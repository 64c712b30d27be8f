"""The exercises: one module an exercise. Importing a package of them registers what it holds."""

# The notebooks in their order, each with the packages of its exercises in theirs.
NOTEBOOKS = {
    "01_inputs": ("scaling",),
    "02_whitening": ("whitening",),
    "03_signals": ("signals",),
    "04_algorithm": ("algorithm",),
    "05_backward": ("backward",),
    "06_running": ("running",),
    "07_training": ("training", "clinic"),
    "08_limits": ("limits",),
    "09_alternatives": ("alternatives", "weights"),
}
