"""Normalization layers, each forward beside its backward."""

from bnlib.norms.axes import Normalized, NormCache, normalize, normalize_backward
from bnlib.norms.batch import (
    BatchNormCache,
    batch_norm,
    batch_norm_backward,
    batch_norm_inference,
)
from bnlib.norms.dyt import DyTCache, dyt, dyt_backward
from bnlib.norms.ghost import ghost_batch_norm, ghost_batch_norm_backward
from bnlib.norms.group import (
    group_norm,
    group_norm_backward,
    instance_norm,
    instance_norm_backward,
)
from bnlib.norms.layer import layer_norm, layer_norm_backward
from bnlib.norms.renorm import BatchRenormCache, batch_renorm, batch_renorm_backward
from bnlib.norms.rms import RMSNormCache, rms_norm, rms_norm_backward
from bnlib.norms.spatial import spatial_batch_norm, spatial_batch_norm_backward
from bnlib.norms.weights import (
    WeightNormCache,
    weight_norm,
    weight_norm_backward,
    weight_standardize,
    weight_standardize_backward,
)

__all__ = [
    "BatchNormCache",
    "BatchRenormCache",
    "DyTCache",
    "NormCache",
    "Normalized",
    "RMSNormCache",
    "WeightNormCache",
    "batch_norm",
    "batch_norm_backward",
    "batch_norm_inference",
    "batch_renorm",
    "batch_renorm_backward",
    "dyt",
    "dyt_backward",
    "ghost_batch_norm",
    "ghost_batch_norm_backward",
    "group_norm",
    "group_norm_backward",
    "instance_norm",
    "instance_norm_backward",
    "layer_norm",
    "layer_norm_backward",
    "normalize",
    "normalize_backward",
    "rms_norm",
    "rms_norm_backward",
    "spatial_batch_norm",
    "spatial_batch_norm_backward",
    "weight_norm",
    "weight_norm_backward",
    "weight_standardize",
    "weight_standardize_backward",
]
