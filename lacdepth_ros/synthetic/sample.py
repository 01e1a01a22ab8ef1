# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Our own ray-cast drives: any number of streets with exact depth, from nothing but a seed."""

from __future__ import annotations

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.synthetic.eye import Mount
from lacdepth_ros.synthetic.layout import street
from lacdepth_ros.synthetic.scene import render

KITTI_CAMERA = Camera(721.5377, 721.5377, 609.5593, 172.854, 1242, 375)
"""KITTI's left colour camera, rectified (drives of 2011-09-26)."""


def synthetic_sample(
    seed: int,
    frame: int = 0,
    *,
    camera: Camera | None = None,
    mount: Mount | None = None,
    hilly: bool = False,
) -> Sample:
    """Draw one frame of the drive along the street of a seed.

    Args:
        seed: Which street, 0 or more.
        frame: Which instant of the drive, 0.1 s apart, 0 or more.
        camera: Intrinsics of the wanted pixels; None for KITTI_CAMERA.
        mount: Where the camera is mounted and looks; None for a car's, forward.
        hilly: The land of the street rises and falls, in place of a plane.

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
    plan = street(seed, hilly)
    image, depth = render(plan.scene(frame, mount), camera)
    height = plan.drive.height if mount is None else mount.height
    return Sample(image, depth, camera, f'synthetic/{seed:06d}_{frame:04d}', camera_height=height)
