# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages read from bags and files, as messages that can be published."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from lacdepth_ros.core.stamps import set_stamp
from lacdepth_ros.messages.images import color_to_message

FRAME_ID = 'camera_optical_frame'
"""Frame of images that have none."""


def info_message(info: Any, header: Any) -> CameraInfo:
    """Copy the fields of any CameraInfo (a file's, a bag's) into a message with this header."""
    message = CameraInfo(header=header, width=int(info.width), height=int(info.height))
    message.distortion_model = info.distortion_model
    for name in 'dkrp':
        setattr(message, name, [float(value) for value in getattr(info, name)])
    message.binning_x, message.binning_y = int(info.binning_x), int(info.binning_y)
    for name in ('x_offset', 'y_offset', 'width', 'height'):
        setattr(message.roi, name, int(getattr(info.roi, name)))
    return message


def image_message(image: Any, stamp: int) -> Image | CompressedImage:
    """An image as a message that can be published.

    Args:
        image: (H, W, 3) uint8 RGB; a message of ROS, which is stamped and returned; or an Image or
            CompressedImage as any bag library reads it, which is copied, its bytes unchanged.
        stamp: Nanoseconds, for the header.
    """
    if isinstance(image, np.ndarray):
        image = color_to_message(Image, image, Header(frame_id=FRAME_ID))
    elif not isinstance(image, (Image, CompressedImage)):
        image = _copy(image)
    set_stamp(image.header.stamp, stamp)
    message: Image | CompressedImage = image
    return message


def _copy(recorded: Any) -> Image | CompressedImage:
    header = Header(frame_id=recorded.header.frame_id)
    message: Image | CompressedImage
    if hasattr(recorded, 'format'):
        message = CompressedImage(header=header, format=recorded.format)
    else:
        message = Image(header=header, encoding=recorded.encoding)
        for name in ('height', 'width', 'step', 'is_bigendian'):
            setattr(message, name, int(getattr(recorded, name)))
    data = array('B')
    data.frombytes(memoryview(recorded.data))
    message.data = data
    return message
