# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One camera's images, raw or compressed, with what is learned about it from frame to frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lacdepth_ros.messages.bit_depth import BitDepth
from lacdepth_ros.messages.compressed import image_from_compressed
from lacdepth_ros.messages.images import ColorImage, image_from_message


class ImageDecoder:
    """Decodes sensor_msgs/Image and CompressedImage messages of one camera.

    Args:
        bits: Bits that 16-bit values hold; 0 = the fewest that hold all seen so far.

    Attributes:
        bit_depth: What was found out about 16-bit values.
    """

    def __init__(self, bits: int = 0) -> None:
        self.bit_depth = BitDepth(bits)

    def decode(
        self,
        msg: Any,
        check_size: Callable[[int, int], None] | None = None,
        *,
        share: bool = False,
    ) -> ColorImage:
        """Decode an image.

        Args:
            msg: Anything with the fields of either message.
            check_size: Called with width and height before anything is decoded; raises a
                ValueError when they are not the expected ones.
            share: See image_from_message.

        Returns:
            (H, W, 3) uint8 RGB.

        Raises:
            ValueError: The image cannot be decoded; the text says why.
        """
        if hasattr(msg, 'format'):
            return image_from_compressed(msg, self.bit_depth, check_size)
        if check_size is not None:
            check_size(msg.width, msg.height)
        return image_from_message(msg, self.bit_depth, share=share)
