# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From a trained network to one that only predicts: the same function in less time."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from lacdepth_ros.models.lacdepth import LacDepth

DTYPES = {'fp32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}


def prepare_for_inference(model: LacDepth, device: torch.device, precision: str) -> LacDepth:
    """Fold, reduce and move a network, in place; in float32 it computes the same up to rounding.

    Args:
        model: A network in evaluation mode.
        device: Where it shall run.
        precision: One of DTYPES: the type of encoder and decoder; the head stays in float32.

    Returns:
        The network, on the device, its weights channels last.
    """
    fold_batch_norm(model)
    if precision != 'fp32':
        model.reduce_precision(DTYPES[precision])
    return model.requires_grad_(False).to(memory_format=torch.channels_last).to(device)


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
                mean, variance = norm.running_mean, norm.running_var
                assert mean is not None and variance is not None
                conv.weight, conv.bias = fuse_conv_bn_weights(
                    conv.weight, conv.bias, mean, variance, norm.eps, norm.weight, norm.bias
                )
                module._modules[second] = nn.Identity()
