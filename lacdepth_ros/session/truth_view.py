# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether recorded depth is of the very pixels whose depth the node publishes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial.transform import Rotation

from lacdepth_ros.bags.camera_infos import CameraInfos
from lacdepth_ros.bags.opening import messages_of, topic_kinds
from lacdepth_ros.bags.raw_depth import pinhole_view
from lacdepth_ros.bags.reader import BagImages, info_topic_of_depth
from lacdepth_ros.bags.stamped import StampedTopic
from lacdepth_ros.bags.tf_topics import read_transforms
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.cameras import camera_of_view
from lacdepth_ros.messages.compressed_depth import depth_image
from lacdepth_ros.messages.rectification import Rectifier, RectifierCache

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

_SAME_PLACE = 1e-3
"""Metres, and radians, by which two frames may differ that are at one place."""
_SAME_PIXEL = 1.0
"""Pixels by which two cameras may see a ray at different places."""
_CALIBRATED = 'it must have a camera_info of its own'
_OTHER_WAYS = (
    'Name the images of that camera with --image-topic, register the depth to the image '
    '(align_depth of a RealSense, depth_image_proc) and name its topic with --truth-topic, give '
    'other ground truth with --truth, or none with --no-truth'
)


@dataclass(frozen=True, slots=True)
class TruthView:
    """How recorded depth is related to the depth that the node publishes.

    Attributes:
        rectifier: Of a raw depth image whose lens distorts; None where nothing is to be done.
        note: What was not recorded and is taken on the user's word; '' where all was.
    """

    rectifier: Rectifier | None
    note: str = ''


def truth_view(
    reader: BagReader, path: Path, images: BagImages, depths: StampedTopic, *, named: bool
) -> TruthView:
    """Find out whether and how recorded depth fits the depth published for a bag's images.

    Its first message is held against the first image: a camera does not change in a bag.

    Args:
        reader: The open bag.
        path: The bag, for messages.
        images: The images.
        depths: The depth.
        named: The user chose this topic: where no transform tells, it is at the images' place.

    Raises:
        ValueError: It is the depth of another camera, or of other pixels.
    """
    topic = depths.topic
    stamp, depth = next(messages_of(reader, topic), (0, None))
    if depth is None:
        raise ValueError(f'{path}: topic {topic} holds no message that can be read')
    image = next((image for image in images if image.info is not None), None)
    if image is None:
        raise ValueError(f'{path}: no image of {images.topic} has a camera_info')
    whose = f'{path}: depth of {topic} is no ground truth for {images.topic}: '
    frames = image.message.header.frame_id.lstrip('/'), depth.header.frame_id.lstrip('/')
    try:
        note = _place(reader, images.topic, frames, depths.stamps)
        if note and not (named and info_topic_of_depth(topic_kinds(reader), topic)):
            raise ValueError(f'{note}: name it with --truth-topic if they are; {_CALIBRATED}')
        published = camera_of_view(image.info, rectified=images.rectified)
        rectified = image.info if images.rectified else None
        camera, rectifier = _view(reader, topic, depth_image(depth), stamp, published, rectified)
        check_camera(camera, published)
    except ValueError as error:
        raise ValueError(f'{whose}{error}. {_OTHER_WAYS}') from error
    return TruthView(rectifier, note)


def check_camera(camera: Camera, published: Camera) -> None:
    """Refuse ground truth whose pixels are not those of the published depth.

    Raises:
        ValueError: Its camera is of another size or sees other rays; names both.
    """
    if _size(camera) == _size(published) and _shift(published, camera) <= _SAME_PIXEL:
        return
    raise ValueError(
        f'its camera is {_words(camera)}, that of the depth published for the images '
        f'{_words(published)}'
    )


def _place(
    reader: BagReader, image_topic: str, frames: tuple[str, str], stamps: Sequence[int]
) -> str:
    """Hold the places of images and depth against each other; '' if they are one.

    Args:
        reader: The open bag.
        image_topic: Whose transforms count.
        frames: Of images and depth.
        stamps: Of the depth; a recorder often misses the transforms of the first.

    Returns:
        What is said of two frames whose places nothing tells.

    Raises:
        ValueError: They are at two places.
    """
    if frames[0] == frames[1] or not all(frames):
        return ''
    differ = f'its frame_id is {frames[1]!r}, that of the images {frames[0]!r}'
    tree = read_transforms(reader, image_topic).tree
    pose = None
    for stamp in stamps:
        with suppress(LookupError):
            pose = tree.lookup(*frames, stamp)
            break
    if pose is None:
        return f'{differ}, and that both are at one place is not recorded'
    if np.allclose(pose, np.eye(4), rtol=0, atol=_SAME_PLACE):
        return ''
    angle = np.degrees(Rotation.from_matrix(pose[:3, :3]).magnitude())
    apart = f'{np.linalg.norm(pose[:3, 3]):.3f} m apart, turned by {angle:.1f} degrees'
    raise ValueError(f'{differ}, which the tf of the bag places {apart}')


def _view(
    reader: BagReader,
    topic: str,
    depth: Any,
    stamp: int,
    published: Camera,
    rectified_image: Any | None,
) -> tuple[Camera, Rectifier | None]:
    """Camera of the depth as a pinhole image, and what makes it one.

    Raises:
        ValueError: Its camera_info cannot be used.
    """
    infos = CameraInfos(reader, info_topic_of_depth(topic_kinds(reader), topic))
    info = infos.nearest(stamp, depth.header.frame_id)
    if info is None:  # as of a simulator: its frame_id and size must do
        return replace(published, width=depth.width, height=depth.height), None
    return pinhole_view(RectifierCache(), topic, depth, info, rectified_image)


def _shift(one: Camera, other: Camera) -> float:
    """Largest distance [px], along an axis, of the places where two cameras see a ray."""
    corners = np.array([[0, 0], [one.width - 1, one.height - 1]])
    rays = (corners - (one.cx, one.cy)) / (one.fx, one.fy)
    return float(np.abs(rays * (other.fx, other.fy) + (other.cx, other.cy) - corners).max())


def _size(camera: Camera) -> tuple[int, int]:
    return camera.width, camera.height


def _words(camera: Camera) -> str:
    values = (f'{name} {getattr(camera, name):.1f}' for name in ('fx', 'fy', 'cx', 'cy'))
    return f'{camera.width}x{camera.height}, {", ".join(values)} px'
