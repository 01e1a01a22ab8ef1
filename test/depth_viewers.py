# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What viewers and codecs make of depth images, written down from their sources in NumPy.

A cast of C++ that the language leaves undefined is given as x86-64 compiles it, where all of these
were compiled and tried: the integer's low bits, and 0 for infinity.

- Foxglove's panels (lichtblick 66adecb99), decodings.ts: `decodeFloat1c`
- RViz (jazzy 591594ee), ros_image_texture.cpp: `getMinimalAndMaximalValueToNormalize`,
  `convertTo8bit`
- RViz (jazzy 591594ee, rolling f7112b1a), depth_cloud_mld.cpp: `initializeConversion`,
  `generatePointCloudSL`
- web_video_server (ros2, 48215bb), image_streamer.cpp: `decodeImage`
- depth_image_proc (image_pipeline 30b982af), convert_metric.cpp: `depthCb`
- compressed_depth_image_transport (rolling, 7404d77), codec.cpp: `encodeCompressedDepthImage`,
  `decodeCompressedDepthImage`
"""

from __future__ import annotations

from typing import Any

import numpy as np


def foxglove_gray(values: np.ndarray) -> np.ndarray:
    """decodeFloat1c: what a Uint8ClampedArray keeps of value * 255."""
    return np.clip(np.nan_to_num(values * np.float32(255), nan=0.0), 0, 255).astype(np.uint8)


def rviz_gray(values: np.ndarray, fixed: tuple[float, float] | None) -> np.ndarray | None:
    """convertTo8bit of 32FC1: with a fixed range or, for None, one found in the image.

    Returns:
        The gray values, or None where memory is shown that nobody wrote.
    """
    low, high = fixed or (float(np.nanmin(values)), float(np.nanmax(values)))
    low, high = (int(limit) & 0xFFFF if np.isfinite(limit) else 0 for limit in (low, high))
    if high <= low:
        return None
    share = np.nan_to_num((values - low) / (high - low), nan=0.0)
    return (np.clip(share, 0, 1) * 255).astype(np.uint8)


class RvizDepthCloud:
    """MultiLayerDepth without occlusion compensation; camera_infos have no roi and no binning."""

    def __init__(self) -> None:
        self._pixels = 0
        self._rays = (np.empty(0), np.empty(0))

    def points(self, values: np.ndarray, info: Any) -> np.ndarray:
        """Points (N, 3) in metres of a 32FC1 image: `generatePointCloudFromDepth`."""
        height, width = values.shape
        if (width, height) != (info.width, info.height):
            raise ValueError("Depth image size and camera info don't match")
        if values.size != self._pixels:
            self._pixels = values.size
            columns = (np.arange(width) - info.p[2]) / info.p[0]
            rows = (np.arange(height) - info.p[6]) / info.p[5]
            self._rays = columns, rows
        x, y = np.meshgrid(*self._rays)
        valid = np.isfinite(values)
        return np.stack([x, y, np.ones_like(x)], axis=-1)[valid] * values[valid][:, None]


def web_video_gray(values: np.ndarray) -> np.ndarray:
    """decodeImage: scaled by the largest value, then as a JPEG takes floats."""
    with np.errstate(invalid='ignore'):
        scaled = values * np.float32(255 / np.nanmax(values))
    return np.clip(np.nan_to_num(scaled, nan=0.0), 0, 255).astype(np.uint8)


def convert_metric(values: np.ndarray) -> np.ndarray:
    """depthCb, metres to millimetres."""
    millimeters = values * np.float32(1000)
    return np.where(np.isfinite(values), np.nan_to_num(millimeters), 0).astype(np.int64) & 0xFFFF


def compressed_depth(values: np.ndarray, depth_max: float = 10.0, quantization: float = 100.0):
    """What comes out of compressedDepth again: 32FC1 metres, or 16UC1 millimetres."""
    if values.dtype == np.uint16:
        return np.where(values > int(depth_max * 1000) % 65536, 0, values)
    a = quantization * (quantization + 1)
    b = 1 - a / depth_max
    with np.errstate(divide='ignore', invalid='ignore'):
        inverse = np.where(values < depth_max, a / values + b, 0).astype(np.int64) & 0xFFFF
        return np.where(inverse > 0, a / (inverse - b), np.nan)
