"""What students were seen to do wrong, and which known mistakes hold it.

Read from the code of students' public repositories, each answer judged against a float64
derivative. A row that no signature of the course can express says why.
"""

from __future__ import annotations

from typing import NamedTuple

from bnlib.checks import registry


class Row(NamedTuple):
    """One kind of mistake that was seen.

    ``known`` names the mistakes that hold it, as "exercise: id"; where there is none, ``reason``
    says why.
    """

    family: str
    seen: str
    known: tuple[str, ...] = ()
    reason: str = ""


_MODES = "running statistics and test mode"
_FORWARD = "forward"
_BACKWARD = "backward, all layers"
_LAYER = "layer norm"
_SPATIAL = "images"
_GROUP = "group norm"
_WILD = "in the wild"

ROWS = (
    Row(
        _MODES,
        "eps after the root, in test only",
        ("batchnorm_inference: eps-outside-root", "BatchNorm: evaluation-eps-outside-root"),
    ),
    Row(
        _MODES,
        "var + eps stored in running_var",
        ("update_running: eps-stored", "BatchNorm: eps-in-running-var"),
    ),
    Row(
        _MODES,
        "eps absent, in test only",
        ("batchnorm_inference: eps-missing", "BatchNorm: evaluation-eps-missing"),
    ),
    Row(
        _MODES,
        "running_var accumulates the deviation, then divides or is squared",
        (
            "update_running: std-accumulated",
            "batchnorm_inference: variance-not-root",
            "batchnorm_inference: variance-squared",
            "BatchNorm: running-std",
            "BatchNorm: running-std-divides",
            "BatchNorm: running-std-squared",
        ),
    ),
    Row(
        _MODES,
        "the test branch is never run, or sets no output",
        ("BatchNorm: evaluation-returns-nothing", "BatchNorm: always-training"),
    ),
    Row(
        _MODES,
        "gamma and beta forgotten in test",
        ("batchnorm_inference: affine-missing", "BatchNorm: evaluation-affine-missing"),
    ),
    Row(
        _MODES,
        "momentum and 1 - momentum exchanged",
        ("update_running: momentum-of-old", "BatchNorm: momentum-exchanged"),
    ),
    Row(
        _MODES,
        "a copied line: running_var from running_mean, the variance as a mean",
        (
            "update_running: var-from-running-mean",
            "update_running: mean-into-var",
            "BatchNorm: running-var-from-running-mean",
            "BatchNorm: running-var-from-means",
        ),
    ),
    Row(
        _MODES,
        "the last batch overwrites",
        ("update_running: last-batch-overwrites", "BatchNorm: last-batch-overwrites"),
    ),
    Row(
        _MODES,
        "never updated",
        ("update_running: never-updated", "BatchNorm: never-updated"),
    ),
    Row(
        _MODES,
        "precedence: x - mean / root",
        ("batchnorm_inference: precedence", "BatchNorm: evaluation-precedence"),
    ),
    Row(_FORWARD, "eps outside the root", ("batchnorm_forward: eps-outside-root",)),
    Row(_FORWARD, "eps missing", ("batchnorm_forward: eps-missing",)),
    Row(_FORWARD, "the mean over all axes", ("batchnorm_forward: mean-over-all",)),
    Row(
        _FORWARD,
        "the affine step dropped, or beta before the scaling",
        ("batchnorm_forward: affine-missing", "batchnorm_forward: beta-before-gamma"),
    ),
    Row(_FORWARD, "E[x^2] - E[x]^2", ("batchnorm_forward: one-pass-variance",)),
    Row(
        _FORWARD,
        "eps or momentum written into the code",
        ("batchnorm_forward: eps-hard-coded", "update_running: momentum-hard-coded"),
    ),
    Row(_FORWARD, "eps subtracted from the variance", ("batchnorm_forward: eps-subtracted",)),
    Row(
        _FORWARD,
        "training normalizes with running statistics",
        ("BatchNorm: training-with-running-statistics",),
    ),
    Row(_FORWARD, "writes into x", ("batchnorm_forward: changes-x",)),
    Row(
        _FORWARD,
        "code that raises",
        reason="an exception is an outcome of its own: the check shows it with its line",
    ),
    Row(
        _BACKWARD,
        "the exact gradient of one's own wrong forward pass",
        reason="no mistake of the backward pass: it loses nothing there (tests/checks)",
    ),
    Row(
        _BACKWARD,
        "dgamma or dbeta of shape (1, D) or (1, C, 1, 1)",
        (
            "batchnorm_backward: keepdims",
            "batchnorm_backward_spatial: keepdims",
            "group_norm_backward: keepdims",
        ),
    ),
    Row(
        _BACKWARD,
        "a typing error or an unbound name",
        reason="an exception is an outcome of its own: the check shows it with its line",
    ),
    Row(
        _BACKWARD,
        "another eps than in one's forward pass",
        ("batchnorm_backward: eps-missing", "batchnorm_backward: eps-hard-coded"),
    ),
    Row(
        _BACKWARD,
        "a wrong count",
        (
            "batchnorm_backward: features-counted",
            "batchnorm_backward_spatial: images-counted",
            "layer_norm_backward: examples-counted",
        ),
    ),
    Row(_BACKWARD, "the Jacobian taken as diagonal", ("batchnorm_backward: jacobian-diagonal",)),
    Row(
        _BACKWARD,
        "the cache unpacked in another order or length",
        reason="the cache's form is the student's own; another length raises and is shown so, and "
        "the checks' own caches are named tuples",
    ),
    Row(
        _BACKWARD,
        "the closed form mis-simplified: parenthesis, lost gamma, another 1/N",
        (
            "batchnorm_backward: parenthesis",
            "batchnorm_backward: gamma-lost",
            "batchnorm_backward: extra-1-over-n",
        ),
    ),
    Row(
        _BACKWARD,
        "a placeholder for dx",
        ("batchnorm_backward: zeros", "batchnorm_backward: dy-for-dx"),
    ),
    Row(_BACKWARD, "a sum without its axis", ("batchnorm_backward: dbeta-sum-of-all",)),
    Row(
        _BACKWARD,
        "dvar or dmean not summed",
        ("batchnorm_backward: dvar-not-summed", "batchnorm_backward: dmean-not-summed"),
    ),
    Row(
        _BACKWARD,
        "dgamma from x, or from what dbeta is",
        ("batchnorm_backward: dgamma-from-x", "batchnorm_backward: dgamma-without-xhat"),
    ),
    Row(
        _BACKWARD,
        "a step in place that spoils a second call",
        ("batchnorm_backward: changes-cache", "batchnorm_backward: changes-dy"),
    ),
    Row(
        _LAYER,
        "dgamma summed over features, as batch norm's of the transpose",
        (
            "layer_norm_backward: summed-over-features",
            "layer_norm_backward: dgamma-over-features",
        ),
    ),
    Row(
        _LAYER,
        "behaves otherwise in test mode",
        reason="layer_norm has no mode in its signature",
    ),
    Row(
        _LAYER,
        "statistics over the batch",
        ("layer_norm: batch-axis", "layer_norm_backward: over-the-batch"),
    ),
    Row(
        _LAYER,
        "gamma pulled out of the sums over features",
        ("layer_norm_backward: gamma-outside",),
    ),
    Row(
        _SPATIAL,
        "reshape to (-1, C) without moving C last",
        (
            "batchnorm_forward_spatial: channels-not-moved",
            "batchnorm_backward_spatial: channels-not-moved",
            "ChannelNorm: reshaped-without-moving",
        ),
    ),
    Row(
        _SPATIAL,
        "each pixel over N",
        ("batchnorm_forward_spatial: pixel-over-batch", "ChannelNorm: per-pixel"),
    ),
    Row(
        _SPATIAL,
        "running statistics of shape (1, C, 1, 1) or (C, H, W)",
        ("ChannelNorm: running-statistics-keep-axes",),
    ),
    Row(
        _SPATIAL,
        "each example by itself",
        ("batchnorm_forward_spatial: per-image", "ChannelNorm: per-sample"),
    ),
    Row(
        _SPATIAL,
        "H and W exchanged on the way back",
        (
            "batchnorm_forward_spatial: height-width-exchanged",
            "batchnorm_backward_spatial: height-width-exchanged",
            "ChannelNorm: height-and-width-exchanged",
        ),
    ),
    Row(_GROUP, "statistics of each channel: instance norm", ("group_norm: per-channel",)),
    Row(_GROUP, "statistics of each pixel", ("group_norm: per-pixel",)),
    Row(
        _GROUP,
        "a wrong axis, or G ignored",
        ("group_norm: one-group", "group_norm: over-the-groups", "group_norm: batch-norm"),
    ),
    Row(_GROUP, "reshaped back without transposing", ("group_norm: not-transposed-back",)),
    Row(_GROUP, "shapes that do not meet", ("group_norm: gamma-not-reshaped",)),
    Row(
        _WILD,
        "the unbiased variance used to normalize",
        ("batchnorm_forward: bessel", "BatchNorm: bessel"),
    ),
    Row(
        _WILD,
        "no gradient through mean and variance",
        ("BatchNorm1d: statistics-detached", "clinic_gradients: statistics-detached"),
    ),
    Row(
        _WILD,
        "batch statistics in test mode",
        (
            "BatchNorm: batch-statistics-in-evaluation",
            "batchnorm_inference: batch-statistics",
            "EvaluatedNorm: batch-statistics-in-evaluation",
        ),
    ),
    Row(
        _WILD,
        "a mode that follows whether gradients are enabled",
        ("BatchNorm1d: mode-from-gradients",),
    ),
    Row(
        _WILD,
        "another framework's convention: variance kept, weight of momentum",
        ("BatchNorm: running-var-biased", "update_running: momentum-of-old"),
    ),
)


def all_known() -> set[str]:
    """Every known mistake of the course, as "exercise: id"."""
    return {f"{e.name}: {m.id}" for e in registry.exercises() for m in e.mistakes}
