"""The layers as PyTorch modules, written out in plain tensor operations.

The first six are what `torch.nn` has under the same names: same constructor arguments, same
state_dict, same output, buffers and gradients. The others `torch.nn` lacks. PyTorch calls gamma
`weight` and beta `bias`. What cannot be normalized raises ValueError, where PyTorch at times raises
RuntimeError; NaN and infinity pass through, as in PyTorch.

This is the one part of the numeric core that imports torch; `import bnlib` does not import it.
"""

from bnlib.modules.counterparts import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm2d,
    LayerNorm,
    RMSNorm,
)
from bnlib.modules.others import BatchRenorm1d, DyT, GhostBatchNorm1d, WSConv2d

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchRenorm1d",
    "DyT",
    "GhostBatchNorm1d",
    "GroupNorm",
    "InstanceNorm2d",
    "LayerNorm",
    "RMSNorm",
    "WSConv2d",
]
