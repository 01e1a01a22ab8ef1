# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""BatchNorm folded into the convolution before it: the same function in less time."""

from __future__ import annotations

import itertools

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norm(model: nn.Module) -> None:
    """Fold every BatchNorm that follows a convolution in a Sequential, in place.

    Args:
        model: A network in evaluation mode.

    Raises:
        ValueError: The network is in training mode, where BatchNorm is no fixed affine map.
    """
    if model.training:
        raise ValueError('only a network in evaluation mode can be folded; call model.eval()')
    for module in model.modules():
        if not isinstance(module, nn.Sequential):
            continue
        names = list(module._modules)
        for first, second in itertools.pairwise(names):
            conv, norm = module._modules[first], module._modules[second]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                module._modules[first] = fuse_conv_bn_eval(conv, norm)
                module._modules[second] = nn.Identity()
