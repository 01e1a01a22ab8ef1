# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stage 1: dilated fusion and the residual upsampling pyramid (paper fig. 3, eq. 2 to 4)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from lacdepth_ros.models.backbone import STRIDES
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.layers import ConvBlock, DenseASPP, JoinBlock, resize_to

DEEP_STRIDES = (64, 128)
RAY_CHANNELS = 2


def ray_tangents(intrinsics: Tensor, reference: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """Directions of the rays through the cells of a map: tangents x / z and y / z.

    Args:
        intrinsics: (B, 4) fx, fy, cx, cy [px of the input]; pixel centers are integers.
        reference: (B, C, h, w), the map whose cells are meant.
        stride: Input pixels per cell.

    Returns:
        (B, 1, 1, w) and (B, 1, h, 1), of the reference's type: one depends on the column alone,
        the other on the row.
    """
    height, width = reference.shape[-2:]
    fx, fy, cx, cy = intrinsics.float().view(-1, 4, 1, 1, 1).unbind(1)  # (B, 1, 1, 1) each
    columns = torch.arange(width, device=reference.device, dtype=torch.float32)
    rows = torch.arange(height, device=reference.device, dtype=torch.float32).unsqueeze(1)
    middle = (stride - 1) / 2  # of a cell, in pixels from its first one
    x = (columns * stride + middle - cx) / fx
    y = (rows * stride + middle - cy) / fy
    return x.to(reference.dtype), y.to(reference.dtype)


class RayBlock(ConvBlock):
    """1x1 ConvBlock of a map and the rays of its cells, which are never put beside the map.

    Args:
        inputs: Channels of the map.
        outputs: Of the result.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs + RAY_CHANNELS, outputs, 1)

    def forward(self, x: Tensor, rays: tuple[Tensor, Tensor]) -> Tensor:  # type: ignore[override]
        """Map (B, inputs, h, w) and `ray_tangents` to (B, outputs, h, w)."""
        convolution, *rest = self
        assert isinstance(convolution, nn.Conv2d)
        of_map, *of_rays = convolution.weight.split([x.shape[1], 1, 1], dim=1)
        x = F.conv2d(x, of_map, convolution.bias)
        for tangent, kernel in zip(rays, of_rays, strict=True):
            x = x + F.conv2d(tangent, kernel)
        for layer in rest:
            x = layer(x)
        return x


class DilatedFusion(nn.Module):
    """Laterals of the five encoder maps, merged from coarse to fine.

    Dense ASPP at strides 16 and 8 (paper 1.3), plain 3x3 at 4 and 2. Pyramids of more than five
    levels get maps at strides 64 and 128 from strided convolutions. With rays, each lateral also
    reads the directions of its cells' rays (CAM-Convs, Facil et al. 2019).
    """

    def __init__(self, channels: tuple[int, ...], config: ModelConfig) -> None:
        super().__init__()
        widths = config.widths
        doubled = config.lateral == 'double'
        sides = [2 * c if doubled else w for c, w in zip(channels, widths, strict=True)]
        self.first = STRIDES.index(max(config.pyramid_stride, 2))  # nothing reads finer maps
        self.rays = config.rays == 'decoder'
        self.laterals = nn.ModuleList(
            RayBlock(channels[i], sides[i]) if self.rays else ConvBlock(channels[i], sides[i], 1)
            for i in range(self.first, 5)
        )
        self.top = ConvBlock(sides[4], widths[4], 1) if doubled else nn.Identity()
        blocks = (JoinBlock, JoinBlock, DenseASPP, DenseASPP)
        self.merges = nn.ModuleList(
            blocks[i](widths[i + 1] + sides[i], widths[i]) for i in range(self.first, 4)
        )
        deeper = [stride for stride in DEEP_STRIDES if stride <= 2**config.levels]
        self.deeper = nn.ModuleList(ConvBlock(widths[4], widths[4], stride=2) for _ in deeper)

    def forward(
        self, features: list[Tensor], intrinsics: Tensor | None = None
    ) -> dict[int, Tensor]:
        """Return the fused maps by stride, from the pyramid's finest to 32 and any deeper ones.

        Args:
            features: The encoder's maps.
            intrinsics: (B, 4) fx, fy, cx, cy of the input [px]; needed by networks with rays.
        """
        features = features[self.first :]
        if self.rays:
            assert intrinsics is not None
            sides = [
                lateral(x, ray_tangents(intrinsics, x, stride))
                for lateral, x, stride in zip(
                    self.laterals, features, STRIDES[self.first :], strict=True
                )
            ]
        else:
            sides = [lateral(x) for lateral, x in zip(self.laterals, features, strict=True)]
        maps = {32: self.top(sides[-1])}
        for i in range(len(self.merges) - 1, -1, -1):
            stride = STRIDES[self.first + i]
            maps[stride] = self.merges[i](maps[2 * stride], sides[i], sides[i].shape[-2:])
        x = maps[32]
        for stride, block in zip(DEEP_STRIDES, self.deeper, strict=False):
            maps[stride] = x = block(x)
        return maps


@dataclass(frozen=True, slots=True)
class PyramidOutput:
    """What stage 1 hands to stage 2.

    Attributes:
        features: Decoder maps by stride; the pyramid's where it ran, else the fused ones.
        relative: (B, 1, H/s, W/s) relative depth in (0, 1), s = pyramid_stride.
    """

    features: dict[int, Tensor]
    relative: Tensor


class PyramidStep(nn.Module):
    """One level k: upsample, join the skip and the Laplacian residual, predict R_k (eq. 3).

    Args:
        inputs: Channels of x_{k+1}.
        skip: Channels of the skip connection, 0 for none.
        width: Channels of x_k.
        uses_residual: The step reads R_{k+1} and l_k.
        predicts: The step yields R_k.
    """

    def __init__(
        self, inputs: int, skip: int, width: int, *, uses_residual: bool, predicts: bool
    ) -> None:
        super().__init__()
        self.join = JoinBlock(inputs + skip, width, 1)
        self.refine = ConvBlock(width + (4 if uses_residual else 0), width)
        self.head = nn.Conv2d(width, 1, 3, padding=1) if predicts else None

    def forward(
        self, x: Tensor, skip: Tensor | None, coarser: Tensor | None, laplacian: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Return x_k (B, width, h, w) and R_k (B, 1, h, w) (None where none is predicted)."""
        x = self.join(x, skip, laplacian.shape[-2:])
        if coarser is not None:
            x = torch.cat([x, resize_to(coarser, x).to(x.dtype), laplacian.to(x.dtype)], dim=1)
        x = self.refine(x)
        if self.head is None:
            return x, None
        detail = 0.1 * laplacian.mean(dim=1, keepdim=True)
        return x, torch.tanh(self.head(x.float()) + detail)


class ResidualPyramid(nn.Module):
    """Relative depth from coarse to fine, steered by the image's Laplacian residuals."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.base_stride = 2 ** (config.levels or 4)
        width_at = dict(zip(STRIDES, config.widths, strict=True))
        width_at |= dict.fromkeys(DEEP_STRIDES, config.widths[4]) | {1: config.widths[0]}
        finest = config.pyramid_stride
        steps = self.base_stride.bit_length() - finest.bit_length()
        self.strides = tuple(self.base_stride >> i for i in range(1, steps + 1))
        with_residuals = config.levels > 0
        # Without fusion the finest map alone decides, and no tanh may narrow it.
        plain = config.fusion == 'none'
        self.steps = nn.ModuleList(
            PyramidStep(
                width_at[2 * s],
                width_at[s] if s > 1 else 0,
                width_at[s],
                uses_residual=with_residuals,
                predicts=with_residuals and not (plain and s == finest),
            )
            for s in self.strides
        )
        base_width = width_at[self.base_stride]
        self.base_head = nn.Conv2d(base_width, 1, 3, padding=1) if with_residuals else None
        self.plain_head = nn.Conv2d(width_at[finest], 1, 3, padding=1) if plain else None
        self.fuse = nn.ModuleList(
            nn.Conv2d(i + 1, 1, 3, padding=1)
            for i in range(1, steps + 1)
            if config.fusion == 'dense'
        )

    def heads(self) -> list[nn.Module]:
        """The convolutions that yield relative depth; they take float32."""
        steps = [step.head for step in self.steps if isinstance(step, PyramidStep)]
        heads = [self.base_head, self.plain_head, self.fuse, *steps]
        return [head for head in heads if head is not None]

    def forward(self, residuals: list[Tensor], maps: dict[int, Tensor]) -> PyramidOutput:
        """Map Laplacian residuals and fused maps to features and relative depth.

        Args:
            residuals: Those of the image at `strides`, the finest first.
            maps: By stride.
        """
        features = dict(maps)
        x = maps[self.base_stride]
        coarser = None if self.base_head is None else torch.sigmoid(self.base_head(x.float()))
        outputs = [coarser]
        steps = zip(self.strides, self.steps, reversed(residuals), strict=True)
        for stride, step, laplacian in steps:
            x, coarser = step(x, maps.get(stride), coarser, laplacian)
            features[stride] = x
            outputs.append(coarser)
        if self.plain_head is not None:
            return PyramidOutput(features, torch.sigmoid(self.plain_head(x.float())))
        relative = self.fuse_levels([level for level in outputs if level is not None])
        return PyramidOutput(features, relative)

    def fuse_levels(self, levels: list[Tensor]) -> Tensor:
        """Fuse R_k (B, 1, h, w), the base first, to relative depth (B, 1, H/s, W/s) in (0, 1)."""
        if self.config.fusion == 'residual':
            depth = levels[0]
            for level in levels[1:]:
                depth = level + resize_to(depth, level)
            return torch.sigmoid(depth)
        fused = [levels[0]]  # eq. 4: every level sees all coarser fused ones
        for conv, level in zip(self.fuse, levels[1:], strict=True):
            coarse = [resize_to(f, level) for f in fused]
            fused.append(conv(torch.cat([level, *coarse], dim=1)))
        return torch.sigmoid(fused[-1])
