# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How steady depth is over time: flicker from frame to frame, and drift of its scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import depth_to_points

FloatArray = npt.NDArray[np.float32]
Motion = npt.NDArray[np.float64]
"""(4, 4) pose that takes points of the optical frame at one time into that of a later time [m]."""

FIGURES = ('flicker', 'scale_flicker', 'scale_std', 'scale_drift')
MAX_GAP = 500_000_000
"""Nanoseconds between frames that are still compared."""
_STRIDE = 2  # pixels compared: every other one of every other row


@dataclass(frozen=True, slots=True)
class DepthChange:
    """Depth of a frame over what the frame before it made expect, as a logarithm.

    Attributes:
        scale: Median: by how much all of the image became farther.
        flicker: Median size: by how much a pixel changed. Moving objects and what was hidden are
            few, so the median is that of static points.
    """

    scale: float
    flicker: float


def depth_change(
    before: FloatArray, after: FloatArray, camera: Camera, motion: Motion | None
) -> DepthChange | None:
    """Compare the depth of static points in two frames.

    Args:
        before: (H, W) float32 metres; what is not finite and positive is left out.
        after: (H, W) float32 metres of a later frame.
        camera: Camera of both.
        motion: Takes points of the earlier frame into the later one. None compares pixel by pixel:
            what the camera's motion changed counts as well.

    Returns:
        The change; None where no pixel can be compared.
    """
    expected, actual = before, after
    if motion is not None:
        points = depth_to_points(before, camera)[::_STRIDE, ::_STRIDE].reshape(-1, 3)
        x, y, z = (points.astype(np.float64) @ motion[:3, :3].T + motion[:3, 3]).T
        ahead = z > 0  # NaN is not
        x, y, z = x[ahead], y[ahead], z[ahead]
        u, v = np.rint(camera.fx * x / z + camera.cx), np.rint(camera.fy * y / z + camera.cy)
        seen = (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
        actual = after[v[seen].astype(np.intp), u[seen].astype(np.intp)]
        expected = z[seen].astype(np.float32)
    valid = np.isfinite(expected) & np.isfinite(actual) & (expected > 0) & (actual > 0)
    if not valid.any():
        return None
    ratio = np.log(actual[valid] / expected[valid])
    return DepthChange(float(np.median(ratio)), float(np.median(np.abs(ratio))))


@dataclass(slots=True)
class StabilityMeter:
    """Takes the frames of a drive in order, and sums up how steady their depth was.

    Attributes:
        camera: Camera of the depth images.
        motion: Returns the motion of the camera between two stamps [ns], or None where it was not
            recorded. None itself: no odometry is known.
    """

    camera: Camera
    motion: Callable[[int, int], Motion | None] | None = None
    _last: tuple[int, FloatArray] | None = None
    _changes: list[DepthChange] = field(default_factory=list)
    _without_motion: int = 0
    _scales: list[tuple[int, float]] = field(default_factory=list)

    def add(self, stamp: int, depth: FloatArray, ground_truth: FloatArray | None = None) -> None:
        """Take in a frame.

        Args:
            stamp: Nanoseconds.
            depth: (H, W) float32 metres; what is not finite and positive is left out.
            ground_truth: (H, W) float32 metres; what is not > 0 is unknown.
        """
        last, self._last = self._last, (stamp, depth)
        if last is not None and depth.shape == last[1].shape and 0 < stamp - last[0] <= MAX_GAP:
            self._compare(last[0], last[1], stamp, depth)
        if ground_truth is not None and ground_truth.shape == depth.shape:
            known = (ground_truth > 0) & np.isfinite(ground_truth) & np.isfinite(depth)
            known &= depth > 0
            if known.any():
                ratio = np.log(depth[known] / ground_truth[known])
                self._scales.append((stamp, float(np.median(ratio))))

    def summary(self) -> dict[str, Any]:
        """What was measured, all of it relative; None where nothing could be.

        - pairs: pairs of frames compared; pairs_without_motion: left out, as odometry has a gap
        - camera_motion: 'taken out', or 'included' without odometry
        - flicker, scale_flicker: mean over pairs of the median change of pixels, and of the change
          that the whole image made
        - scale: geometric mean over frames of predicted over true depth
        - scale_std: its standard deviation over frames
        - scale_drift: its change from the start to the end of the drive, by a straight line
        """
        changes, scales = self._changes, np.array(self._scales).reshape(-1, 2)
        levels = scales[:, 1]
        return {
            'pairs': len(changes),
            'pairs_without_motion': self._without_motion,
            'camera_motion': 'included' if self.motion is None else 'taken out',
            'flicker': _mean([change.flicker for change in changes]),
            'scale_flicker': _mean([abs(change.scale) for change in changes]),
            'scale': float(np.exp(levels.mean())) if len(levels) else None,
            'scale_std': float(levels.std()) if len(levels) > 1 else None,
            'scale_drift': _drift(scales) if len(levels) > 1 else None,
        }

    def _compare(self, start: int, before: FloatArray, end: int, after: FloatArray) -> None:
        motion = None
        if self.motion is not None:
            motion = self.motion(start, end)
            if motion is None:
                self._without_motion += 1
                return
        change = depth_change(before, after, self.camera, motion)
        if change is not None:
            self._changes.append(change)


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _drift(scales: npt.NDArray[np.float64]) -> float:
    """Rise over the whole time of the straight line through (stamp, log scale)."""
    seconds = (scales[:, 0] - scales[0, 0]) / 1e9
    slope = np.polyfit(seconds, scales[:, 1], 1)[0]
    return float(slope * (seconds[-1] - seconds[0]))
