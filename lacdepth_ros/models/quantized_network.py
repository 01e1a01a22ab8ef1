# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A network whose convolutions round what they read, and the hook that lets them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.layers import JoinBlock
from lacdepth_ros.models.quantization import Levels, Quantization, round_input, round_kernel

Change = Callable[[str, Tensor, Tensor], tuple[Tensor, Tensor]]
"""From the name, the input and the kernel of a convolution to the input and kernel to take."""


class Convolutions(TorchFunctionMode):
    """While entered, a network's convolutions take what `change` makes of input and kernel.

    A convolution is called as its module; the part of one that takes further channels of an input
    that is never joined (JoinBlock's fine map) by the first of them, too: 'a.reduce.0[192:]'.

    Args:
        network: Its BatchNorms are folded. A network's own kernels count, no constants.
        change: Called for each of them, in their order.
    """

    def __init__(self, network: nn.Module, change: Change) -> None:
        super().__init__()
        self._change = change
        self._names = {
            module.weight.untyped_storage().data_ptr(): name
            for name, module in convolutions(network).items()
        }

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """See TorchFunctionMode."""
        if func is torch.conv2d:  # of which F.conv2d is another name
            given, kernel, *rest = args
            if name := self._names.get(kernel.untyped_storage().data_ptr()):
                first = kernel.storage_offset() // kernel.stride(1)
                given, kernel = self._change(f'{name}[{first}:]' if first else name, given, kernel)
                args = (given, kernel, *rest)
        return func(*args, **(kwargs or {}))


def convolutions(network: nn.Module) -> dict[str, nn.Conv2d]:
    """The convolutions of a network by name."""
    return {n: m for n, m in network.named_modules() if isinstance(m, nn.Conv2d)}


class QuantizedNetwork(nn.Module):
    """A network whose convolutions round their inputs and kernels as `quantization` says.

    Args:
        network: To run; it is changed. It is or holds a LacDepth, whose BatchNorms are folded.

    Raises:
        ValueError: The LacDepth has no quantization.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.levels = levels_of(self._core())
        found = convolutions(self._core())
        for name, level in self.levels.items():
            if level.bias is not None:
                found[name].bias = nn.Parameter(level.bias.clone(), requires_grad=False)

    def forward(self, *inputs: Tensor) -> Any:
        """What the network gives; ValueError where a convolution with scales is not met."""
        met: set[str] = set()

        def round_both(name: str, given: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
            level = self.levels.get(name)
            if level is None:
                return given, kernel
            met.add(name)
            return round_input(given, level), round_kernel(kernel)

        with Convolutions(self._core(), round_both):
            outputs = self.network(*inputs)
        if missed := sorted(set(self.levels) - met):
            raise ValueError(f'{missed[0]} has scales for integers and is never convolved')
        return outputs

    def _core(self) -> LacDepth:
        return next(m for m in self.network.modules() if isinstance(m, LacDepth))


def levels_of(network: LacDepth) -> Mapping[str, Levels]:
    """The integers of a network; ValueError where it has none."""
    if network.quantization is None:
        raise ValueError(
            "precision 'int8' needs a checkpoint that holds scales for it; lacdepth quantize "
            'finds them and writes such a copy'
        )
    return network.quantization.levels


def check_quantization(quantization: Quantization, network: LacDepth) -> None:
    """Compare the names of convolutions in integers with a network's.

    Raises:
        ValueError: They are of another network.
    """
    found = convolutions(network)
    exact = tuple(f'{name}.' for name in network.exact_parts())
    joins = {
        f'{name}.0'
        for name, module in network.named_modules()
        if isinstance(module, JoinBlock) and found[f'{name}.0'].kernel_size == (1, 1)
    }
    for name in quantization.levels:
        base, _, part = name.partition('[')
        module = found.get(base)
        if module is None or f'{base}.'.startswith(exact) or (part and base not in joins):
            raise ValueError(f'{name} is no convolution that can have integers')
        if part and not re.fullmatch(r'\d{1,6}:]', part):
            raise ValueError(f'{name} is no part of a convolution')
