# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images in the frame of a camera's housing, whose x axis looks ahead, in place of an optical one.

Simulators stamp them so, and whoever looks at pictures alone never notices. Points that are taken
into such a frame lie where the camera does not look.
"""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.ground_frame import GROUND_FRAME, is_called
from lacdepth_ros.bags.transform_tree import TransformTree

_UPRIGHT = ('base_link', GROUND_FRAME, 'odom', 'map', 'world')
"""Frames whose z axis points up (REP 105)."""
_UPWARDS = math.cos(math.radians(30))
_MOST = 0.9


def optical_frame_doubt(tree: TransformTree, frame: str, stamp: int) -> str:
    """Say that images of this frame_id would look at the sky ('' where they do not).

    Args:
        tree: The frames.
        frame: Of the images.
        stamp: Nanoseconds.
    """
    with suppress(LookupError):
        for above in tree.ancestors(frame, stamp):
            if any(is_called(above, name) for name in _UPRIGHT):
                up = float(tree.lookup(above, frame, stamp)[2, 2])
                return _text(frame, above) if up > _UPWARDS else ''
    return ''


def few_pixels(pixels: int, stamp: int, seen: npt.NDArray[np.float64], doubt: str) -> str:
    """Say why so few points fall on the image of a stamp [ns].

    Args:
        pixels: On which one falls.
        stamp: Of the image.
        seen: (N, 3) points in the frame of the camera.
        doubt: What `optical_frame_doubt` said of it.
    """
    text = f'{pixels} at {stamp} ns'
    if doubt or not len(seen):
        return f'{text}: {doubt or "nothing was measured"}'
    if np.mean(seen[:, 0] > np.abs(seen[:, 2])) > _MOST:
        return (
            f'{text}: the points lie along the x axis of the frame that should look along z. '
            'Where they are called of an optical frame and have the axes of a housing (x '
            'forward, as of RGB-D cameras in Gazebo), --pose 0 0 0 0.5 -0.5 0.5 0.5 turns them, '
            'or take the depth image'
        )
    before = np.count_nonzero(seen[:, 2] > 0)
    return (
        f'{text}: of {len(seen)} points {before} lie before the camera; do the transforms, or '
        '--pose, lead into its optical frame (x right, y down, z forward)?'
    )


def _text(frame: str, above: str) -> str:
    return (
        f'the z axis of frame {frame!r}, along which its images should look, points up in '
        f'{above!r}: it is no optical frame (x right, y down, z forward, REP 103), and points '
        'come to lie where the camera does not see them; give the images an optical frame_id '
        '(Gazebo: <gz_frame_id>, now <frame_id>, of the sensor), or the sensor a place by --pose'
    )
