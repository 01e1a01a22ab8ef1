# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Convolutions in 8-bit integers: what a checkpoint knows of them, and how values are rounded.

The input of a convolution is rounded to multiples of one scale, 0 to 255 or -128 to 127 of them;
its kernel to multiples of a scale of each output channel, -127 to 127 of them. The graph holds
both as roundings of floats, from which an engine that computes with integers takes its integers.
What becomes metres stays float32: LacDepth.exact_parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

KERNEL_LEVELS = 127
"""Of a weight, and of two together that belong to channels 2i and 2i + 1 of the input: processors
without VNNI add the products of such two in 16 bits, where 255 x 127 find room and no more than
255 x 128, which rounding may make of it."""
_LEAST = 1e-8  # of a kernel's scale: channels of nothing but 0
_LARGEST_SCALE = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The integers of one convolution.

    Attributes:
        scale: Of its input.
        signed: Its input has values below 0.
        bias: (out,) float32 in place of its own, which takes back what rounding shifts on average;
            None where it has none.
    """

    scale: float
    signed: bool
    bias: Tensor | None

    @property
    def lowest(self) -> int:
        """Of the input's integers."""
        return -128 if self.signed else 0

    @property
    def highest(self) -> int:
        """Of the input's integers."""
        return 127 if self.signed else 255


@dataclass(frozen=True, eq=False)
class Quantization:
    """The integers of a network whose BatchNorms are folded.

    Attributes:
        levels: By name of a convolution, see quantized_network.Convolutions.

    Raises:
        ValueError: A scale or a bias is no number that can be one.
    """

    levels: Mapping[str, Levels]

    def __post_init__(self) -> None:
        if not self.levels:
            raise ValueError('there is no convolution in integers')
        for name, level in self.levels.items():
            if not 0 < level.scale <= _LARGEST_SCALE:  # NaN is refused too
                raise ValueError(f'the scale {level.scale} of {name} is impossible')
            if level.bias is not None and not torch.isfinite(level.bias).all():
                raise ValueError(f'the bias of {name} holds NaN or infinity')

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Plain values for JSON, and the biases by name."""
        plain = {n: [level.scale, level.signed] for n, level in self.levels.items()}
        return plain, {n: x.bias for n, x in self.levels.items() if x.bias is not None}

    @classmethod
    def from_parts(cls, plain: Mapping[str, Any], biases: Mapping[str, Tensor]) -> Quantization:
        """Rebuild what `to_parts` gave.

        Raises:
            ValueError: A value is missing or impossible.
        """
        levels = {}
        for name, entry in plain.items():
            pair = entry if isinstance(entry, list) else []
            if [type(value) for value in pair] not in ([float, bool], [int, bool]):
                raise ValueError(f'the scale and sign of {name} are damaged: {entry!r}')
            levels[name] = Levels(pair[0], pair[1], biases.get(name))
        if strangers := sorted(set(biases) - set(levels)):
            raise ValueError(f'{strangers[0]} has a bias for integers and no scale')
        return cls(levels)


def round_input(given: Tensor, level: Levels) -> Tensor:
    """Round the input of a convolution."""
    return torch.fake_quantize_per_tensor_affine(
        given, level.scale, 0, level.lowest, level.highest
    )


def round_kernel(kernel: Tensor) -> Tensor:
    """Round a kernel (out, in, h, w), each output channel with its own scale."""
    sizes = kernel.abs()
    pairs = sizes[:, ::2].clone()
    pairs[:, : kernel.shape[1] // 2] += sizes[:, 1::2]
    scales = pairs.amax((1, 2, 3)).clamp_min(_LEAST) / KERNEL_LEVELS
    none = torch.zeros_like(scales, dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(
        kernel, scales, none, 0, -KERNEL_LEVELS, KERNEL_LEVELS
    )
