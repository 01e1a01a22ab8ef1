# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Judges a camera by the messages that arrived from it; knows no ROS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lacdepth_ros.core.image_file import parse_header
from lacdepth_ros.core.preprocessing import input_camera, input_doubt
from lacdepth_ros.core.stamps import stamp_ns
from lacdepth_ros.core.text import clean, quoted
from lacdepth_ros.messages.cameras import check_image_size
from lacdepth_ros.messages.decoder import ImageDecoder
from lacdepth_ros.messages.frame_id import frame_id_doubt
from lacdepth_ros.messages.info_rate import TOLERATED, pairing_remedy
from lacdepth_ros.messages.rectification import RectifierCache
from lacdepth_ros.session.doctor.finding import Finding

if TYPE_CHECKING:
    from lacdepth_ros.node.delivery import Delivery

TOLERATED_LOSS = 0.2
"""Share of lost images above which something should be changed."""


class CameraStream:
    """Takes images and camera_infos as they come, and says what is wrong with them.

    Args:
        image_topic: Of sensor_msgs/Image or CompressedImage.
        info_topic: Of its sensor_msgs/CameraInfo.
        rectified: The images are rectified ones.
        focal_px: Focal length the network was trained for [px].
        delivery: What the middleware needs.
    """

    def __init__(
        self,
        image_topic: str,
        info_topic: str,
        *,
        rectified: bool,
        focal_px: float,
        delivery: Delivery,
    ) -> None:
        self._image_topic, self._info_topic = image_topic, info_topic
        self._rectified, self._focal_px = rectified, focal_px
        self._delivery = delivery
        self._images: list[int] = []
        self._infos: list[int] = []
        self._image_frames: Counter[str] = Counter()
        self._info_frames: Counter[str] = Counter()
        self._image: Any = None
        self._info: Any = None

    def add_image(self, message: Any) -> None:
        """Take note of an image."""
        self._images.append(stamp_ns(message))
        self._image_frames[message.header.frame_id] += 1
        self._image = message

    def add_info(self, message: Any) -> None:
        """Take note of a camera_info."""
        self._infos.append(stamp_ns(message))
        self._info_frames[message.header.frame_id] += 1
        self._info = message

    def findings(self, seconds: float) -> Iterator[Finding]:
        """What `seconds` of listening showed."""
        yield self._rates(seconds)
        if not self._images or not self._infos:
            return
        yield self._stamps()
        yield self._frames()
        yield self._picture()

    def _rates(self, seconds: float) -> Finding:
        images, infos = len(self._images), len(self._infos)
        text = (
            f'{images / seconds:.1f} images/s on {self._image_topic}, '
            f'{infos / seconds:.1f} camera_info/s on {self._info_topic}'
        )
        if not images and not infos:
            remedy = f'is the camera driver running? If it is, {self._delivery.found}'
            return Finding('error', 'messages', text, remedy)
        if not infos:
            remedy = f'publish camera_info on {self._info_topic}, or remap camera_info'
            return Finding('error', 'messages', text, remedy)
        # By their stamps, as the node counts them: a camera_info may come twice.
        told = len(set(self._infos))
        lost = 1 - len(set(self._images)) / told if told > 10 else 0.0
        remedy = f'{self._delivery.large_images}, or ask it for smaller images'
        if not images:
            return Finding('error', 'messages', text, remedy)
        if lost > TOLERATED_LOSS:
            return Finding('warning', 'messages', f'{text}: {lost:.0%} get lost', remedy)
        return Finding('ok', 'messages', text)

    def _stamps(self) -> Finding:
        shared = len(set(self._images) & set(self._infos)) / len(set(self._images))
        text = f'{shared:.0%} of the images have a camera_info of the same stamp'
        if 0 in self._images or 0 in self._infos:
            return Finding('warning', 'stamps', 'are 0', 'set cache_camera_info')
        if 1 - shared > TOLERATED:
            remedy = pairing_remedy(len(set(self._images)), len(set(self._infos)))
            return Finding('warning', 'stamps', text, remedy)
        return Finding('ok', 'stamps', text)

    def _frames(self) -> Finding:
        images, infos = (
            ', '.join(map(quoted, frames)) for frames in (self._image_frames, self._info_frames)
        )
        text = f'images of {images}, camera_info of {infos}'
        remedies = [frame_id_doubt(frame) for frame in self._image_frames]
        if len(self._image_frames) > 1 or len(self._info_frames) > 1:
            remedies.append('several cameras on one topic: remap')
        elif set(self._image_frames) != set(self._info_frames):
            remedies.append('give both the same frame_id')
        remedies = [remedy for remedy in remedies if remedy]
        return Finding('warning' if remedies else 'ok', 'frame_id', text, '; '.join(remedies))

    def _picture(self) -> Finding:
        """Size, encoding and intrinsics of the latest image."""
        image, info = self._image, self._info
        try:
            width, height = _size(image)
            cache = RectifierCache()
            camera, _ = cache.get(info, width=width, height=height, rectified=self._rectified)
            check_image_size(info, camera, width=width, height=height)
            ImageDecoder().decode(image)
            doubts = [*cache.doubts]
            doubts.append(input_doubt(input_camera(camera, self._focal_px), self._focal_px))
        except ValueError as error:
            return Finding('error', 'camera', clean(str(error), 600))
        kind = clean(getattr(image, 'encoding', '') or getattr(image, 'format', ''), 40)
        across = np.degrees(2 * np.arctan(camera.width / (2 * camera.fx)))
        text = (
            f'{width}x{height} {kind}, fx {camera.fx:.0f} fy {camera.fy:.0f} cx {camera.cx:.0f} '
            f'cy {camera.cy:.0f} px ({across:.0f} degrees across)'
        )
        doubts = [doubt for doubt in doubts if doubt]
        return Finding('warning' if doubts else 'ok', 'camera', text, '; '.join(doubts))


def _size(message: Any) -> tuple[int, int]:
    """Width and height of an image message, compressed or not, without decoding it."""
    if hasattr(message, 'format'):
        import io

        header = parse_header(io.BytesIO(bytes(message.data)))
        return header.width, header.height
    return message.width, message.height
