# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Our own ray-cast drives: any number of streets with exact depth, from nothing but a seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import focal_length
from lacdepth_ros.data.sample import BEYOND_RANGE, Sample
from lacdepth_ros.synthetic.layout import street
from lacdepth_ros.synthetic.scene import render

KITTI_CAMERA = Camera(721.5377, 721.5377, 609.5593, 172.854, 1242, 375)
"""KITTI's left colour camera, rectified (drives of 2011-09-26)."""
DRIVE_FRAMES = 30
"""Scenes to train on lie anywhere along the first three seconds of their drives."""


def synthetic_sample(seed: int, frame: int = 0, *, camera: Camera | None = None) -> Sample:
    """Draw one frame of the drive along the street of a seed.

    Args:
        seed: Which street, 0 or more.
        frame: Which instant of the drive, 0.1 s apart, 0 or more.
        camera: Intrinsics of the wanted pixels; None for KITTI_CAMERA.

    Returns:
        Image and depth [m] along the optical axis, exact at the pixel centres and dense; 0 where
        the sky is seen. The same arguments always give the same sample. Its id is
        'synthetic/<seed>_<frame>'.

    Raises:
        ValueError: seed or frame is negative.
    """
    if seed < 0 or frame < 0:
        raise ValueError(f'seed {seed} and frame {frame} must be 0 or more')
    camera = KITTI_CAMERA if camera is None else camera
    image, depth = render(street(seed).scene(frame), camera)
    return Sample(image, depth, camera, f'synthetic/{seed:06d}_{frame:04d}')


def training_scene(
    seed: int, scene: int, *, scale: float | None = None, focal: float | None = None
) -> Sample:
    """Draw a scene to train on: the sky is marked, and all else has interpolated depth as well.

    Args:
        seed: Of the training; another seed gives other streets.
        scene: Number of the scene; each lies somewhere in the first seconds of its own drive.
        scale: Size of the image relative to KITTI_CAMERA's; None: its own size, or by `focal`.
        focal: Focal length [px] that the image is rendered for.
    """
    camera = KITTI_CAMERA
    if focal is not None:
        scale = focal / focal_length(camera)
    if scale is not None:
        camera = camera.resized(round(camera.width * scale), round(camera.height * scale))
    sample = synthetic_sample(seed + scene, scene % DRIVE_FRAMES, camera=camera)
    # Its ground truth is dense: where there is none, there is sky.
    depth = np.where(sample.depth > 0, sample.depth, np.float32(BEYOND_RANGE))
    return replace(sample, depth=depth, dense=sample.depth)
