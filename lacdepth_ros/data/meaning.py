# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What stored numbers mean, and the depth [m] that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import ray_length_to_depth
from lacdepth_ros.data.files import NO_DEPTH
from lacdepth_ros.data.value_files import Values

Kind = Literal['z', 'ray', 'disparity', 'carla', 'sun']
FloatImage = npt.NDArray[np.float32]

_CARLA = (1000.0 / (2**24 - 1), (1, 256, 65536))  # far plane [m] over the largest code; R, G, B
_SUN_TURN = 3  # bits


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the numbers of a data set's maps mean.

    Attributes:
        kind: 'z': depth along the optical axis. 'ray': distance from the lens. 'disparity' [px]
            of a rectified stereo pair. 'carla': red + 256 green + 65536 blue of 2^24 - 1 is
            1000 m. 'sun': millimetres whose 16 bits are turned left by three (SUN RGB-D).
        scale: Stored value per metre, or per pixel of disparity; None: floats are of those units.
        baseline: Metres between the two cameras, for 'disparity'.
        offset: Added to the disparity [px] (Middlebury's doffs, the -1 / 256 of Cityscapes).
        farthest: Depth [m] beyond which there is none, such as the sky of a renderer.
        invalid: Stored values that are no depth, beside 0, what is below it, and NaN.

    Raises:
        ValueError: They do not go together, or one is impossible.
    """

    kind: Kind = 'z'
    scale: float | None = None
    baseline: float | None = None
    offset: float = 0.0
    farthest: float | None = None
    invalid: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f'kind {self.kind!r} is not one of {", ".join(get_args(Kind))}')
        coded = self.kind in ('carla', 'sun')
        if coded and self.scale is not None:
            raise ValueError(f'a scale means nothing for {self.kind}, which has its own')
        for name in ('scale', 'baseline', 'farthest'):
            value = getattr(self, name)
            if value is not None and not 0 < value < float('inf'):
                raise ValueError(f'{name} = {value:g} must be above 0')
        if (self.kind == 'disparity') != (self.baseline is not None):
            raise ValueError('a baseline is needed for disparity, and for nothing else')
        if self.offset and self.kind != 'disparity':
            raise ValueError('an offset of the disparity means nothing without disparity')

    def depth(self, values: Values, camera: Camera) -> FloatImage:
        """Depth (H, W) [m], 0 where there is none.

        Args:
            values: What `read_values` returns.
            camera: Camera of these pixels.

        Raises:
            ValueError: The values are not of this kind, or their scale is unknown.
        """
        numbers, none = self._numbers(values)
        with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
            if self.kind == 'disparity':
                disparity = numbers + self.offset
                near = camera.fx * float(self.baseline or 0) / disparity
                depth = np.where(disparity > 0, near, 0).astype(np.float32)
            else:
                depth = numbers.astype(np.float32)
            depth[none | ~np.isfinite(depth) | (depth < 0)] = 0
        if self.kind == 'ray':
            depth = ray_length_to_depth(depth, camera)
        if self.farthest is not None:
            depth[depth > self.farthest] = 0
        return depth

    def _numbers(self, values: Values) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Metres or pixels, and where there are none."""
        if self.kind == 'carla':
            return self._decode_carla(values)
        if values.ndim != 2 or values.dtype == np.uint8:
            raise ValueError(
                f'{values.dtype} of shape {values.shape}, where one channel of more bits is '
                "needed: pictures hold no metres; CARLA's coded colours are --depth-is carla"
            )
        none = (values <= 0) | np.isin(values, self.invalid)
        if values.dtype == np.uint16:
            none |= values == NO_DEPTH
        if self.kind == 'sun':
            if values.dtype != np.uint16:
                raise ValueError(f'{values.dtype}: SUN RGB-D stores 16 bits')
            return self._turn_back(values) / 1000.0, none
        if self.scale is None and values.dtype.kind != 'f':
            raise ValueError(
                f'holds {values.dtype}: name --depth-scale, the count of a metre (1000 where they '
                'are millimetres) or of a pixel of disparity'
            )
        return values.astype(np.float64) / (self.scale or 1.0), none

    @staticmethod
    def _turn_back(values: Values) -> Values:
        return (values >> _SUN_TURN) | (values << (16 - _SUN_TURN))

    def _decode_carla(
        self, values: Values
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        if values.ndim != 3 or values.dtype != np.uint8:
            raise ValueError(
                f'{values.dtype} of shape {values.shape}: three channels of 8 bits are needed; '
                'LogarithmicDepth and Depth of its ColorConverter are pictures'
            )
        metres_per_code, weights = _CARLA
        codes = values.astype(np.float64) @ np.array(weights, np.float64)
        none = (codes == 0) | (codes == 2**24 - 1) | np.isin(codes, self.invalid)
        return codes * metres_per_code, none
