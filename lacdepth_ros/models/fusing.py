# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Convolution and activation as one oneDNN operation, and all that prepares a network to run."""

from __future__ import annotations

import itertools
import platform
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from lacdepth_ros.models.lacdepth import LacDepth

DTYPES = {'fp32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}

_ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ('relu', []),
    nn.ReLU6: ('hardtanh', [0.0, 6.0]),
}
_MACHINES = ('x86_64', 'AMD64')


class FusedConvolution(nn.Module):
    """A convolution whose activation is applied before its output leaves the registers.

    A pass over memory less for every activation; and oneDNN is called without detours, which for
    narrow layers matters as much. The operation is the one TorchInductor generates calls of.

    Args:
        convolution: Its weights are shared; the input must be of their type.
        activation: Name and arguments of oneDNN's activation; ('none', []) for none.
    """

    def __init__(self, convolution: nn.Conv2d, activation: tuple[str, list[float]]) -> None:
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias
        self.geometry: tuple[Any, ...] = (
            _padding(convolution),
            list(convolution.stride),
            list(convolution.dilation),
            convolution.groups,
        )
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) as the convolution and its activation do."""
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, self.bias, *self.geometry, *self.activation, ''
        )


def prepare_for_inference(model: LacDepth, device: torch.device, precision: str) -> LacDepth:
    """Fold, fuse and move a network, in place; it computes the same up to rounding.

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
    model = model.requires_grad_(False).to(memory_format=torch.channels_last).to(device)
    if device.type == 'cpu' and can_fuse():
        fuse_convolutions(model)
    return model


def can_fuse() -> bool:
    """Tell whether this PyTorch has the operation, on a processor where it was measured."""
    present = torch.backends.mkldnn.is_available() and platform.machine() in _MACHINES
    return present and hasattr(torch.ops.mkldnn, '_convolution_pointwise')


def fuse_convolutions(model: nn.Module) -> None:
    """Replace every convolution, in Sequentials together with the activation after it, in place.

    Raises:
        ValueError: The network is in training mode; the fused operation has no gradient.
    """
    if model.training:
        raise ValueError('only a network in evaluation mode can be fused; call model.eval()')
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Conv2d and child.padding_mode == 'zeros':
                activation = _take_activation(module, name)
                setattr(module, name, FusedConvolution(child, activation))


def _take_activation(module: nn.Module, name: str) -> tuple[str, list[float]]:
    """The activation that follows a convolution in its Sequential; it is left out there."""
    if isinstance(module, nn.Sequential):
        names = list(module._modules)
        for following in names[names.index(name) + 1 :]:
            child = module._modules[following]
            if type(child) in _ACTIVATIONS:
                module._modules[following] = nn.Identity()
                return _ACTIVATIONS[type(child)]
            if not isinstance(child, nn.Identity):
                break
    return ('none', [])


def _padding(convolution: nn.Conv2d) -> list[int]:
    padding = convolution.padding
    if isinstance(padding, str):
        raise ValueError(f'padding {padding!r} cannot be fused; give it in pixels')
    return list(padding)


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
                conv.weight, folded = fuse_conv_bn_weights(
                    conv.weight, conv.bias, mean, variance, norm.eps, norm.weight, norm.bias
                )
                conv.bias = folded
                module._modules[second] = nn.Identity()
