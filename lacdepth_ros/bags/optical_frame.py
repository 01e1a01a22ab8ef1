# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images in the frame of a camera's housing, whose x axis looks ahead, in place of an optical one.

Simulators stamp them so, and whoever looks at pictures alone never notices. Points that are taken
into such a frame lie where the camera does not look.
"""

from __future__ import annotations

import math
from contextlib import suppress

from lacdepth_ros.bags.ground_frame import GROUND_FRAME, is_called
from lacdepth_ros.bags.transform_tree import TransformTree

_UPRIGHT = ('base_link', GROUND_FRAME, 'odom', 'map', 'world')
"""Frames whose z axis points up (REP 105)."""
_UPWARDS = math.cos(math.radians(30))


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


def _text(frame: str, above: str) -> str:
    return (
        f'the z axis of frame {frame!r}, along which its images should look, points up in '
        f'{above!r}: it is no optical frame (x right, y down, z forward, REP 103), and points '
        'come to lie where the camera does not see them; give the images an optical frame_id '
        '(Gazebo: <gz_frame_id>, now <frame_id>, of the sensor), or the sensor a place by --pose'
    )
