# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEGs that image_transport made of 16-bit images: it keeps the upper bytes of their values."""

from __future__ import annotations

import re
from typing import Any

from lacdepth_ros.messages.bit_depth import SPECKS
from lacdepth_ros.messages.images import ColorImage

_WIDE = re.compile(r'.*16$|16[US]C')
_DARK = 72
"""White of 14 bits comes to 64 of 255, and a JPEG adds some."""
_STEP = 4


def upper_byte_doubt(msg: Any, image: ColorImage) -> str:
    """Say that a picture is dark since its camera has fewer than 16 bits; '' where it is not.

    What the lower bytes held is gone: brightening it would leave some 16 levels.

    Args:
        msg: The sensor_msgs/Image or CompressedImage.
        image: (H, W, 3) RGB, what it was decoded to.
    """
    source, _, stored = getattr(msg, 'format', '').partition(';')
    if not _WIDE.match(source) or 'jpeg' not in stored:
        return ''
    if (image[::_STEP, ::_STEP] >= _DARK).mean() > SPECKS:
        return ''
    return (
        f'images of {source} are sent as JPEGs of their upper 8 bits, and nothing in them is '
        f'brighter than {_DARK} of 255: with a camera of fewer than 16 bits the picture is lost '
        "in the dark, and depth is wrong; set the parameter ...compressed.format of the camera's "
        'driver to png, which keeps all bits, or image_transport: raw'
    )
