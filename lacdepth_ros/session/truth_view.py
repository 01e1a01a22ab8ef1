# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether recorded depth is of the very pixels whose depth the node publishes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial.transform import Rotation

from lacdepth_ros.bags.camera_infos import CameraInfos
from lacdepth_ros.bags.opening import messages_of, topic_kinds
from lacdepth_ros.bags.reader import CAMERA_INFO, BagImages, RecordedImage
from lacdepth_ros.bags.tf_topics import read_transforms
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.cameras import camera_of_view, rotation_from_info
from lacdepth_ros.messages.rectification import Rectifier, RectifierCache
from lacdepth_ros.messages.topics import info_topic_of, is_rectified_topic

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

_SAME_PLACE = 1e-3
"""Metres, and radians, by which two frames may differ that are at one place."""
_SAME_PIXEL = 1.0
"""Pixels by which two cameras may see a ray at different places."""
_OTHER_WAYS = (
    'Name the images of that camera with --image-topic, register the depth to the image '
    '(align_depth of a RealSense, depth_image_proc) and name its topic with --truth-topic, give '
    'other ground truth with --truth, or none with --no-truth'
)


def truth_rectifier(
    reader: BagReader, path: Path, images: BagImages, topic: str
) -> Rectifier | None:
    """What makes recorded depth fit the depth that the node publishes for a bag's images.

    Its first message is held against the first image: a camera does not change in a bag.

    Args:
        reader: The open bag.
        path: The bag, for messages.
        images: The images.
        topic: Of the depth.

    Returns:
        The rectifier of a raw depth image whose lens distorts; None where nothing is to be done.

    Raises:
        ValueError: It is the depth of another camera, or of other pixels.
    """
    stamp, depth = next(messages_of(reader, topic), (0, None))
    if depth is None:
        raise ValueError(f'{path}: topic {topic} holds no message that can be read')
    image = next((image for image in images if image.info is not None), None)
    if image is None:
        raise ValueError(f'{path}: no image of {images.topic} has a camera_info')
    whose = f'{path}: depth of {topic} is no ground truth for {images.topic}: '
    if reason := _other_place(reader, images.topic, image, depth, stamp):
        raise ValueError(f'{whose}{reason}. {_OTHER_WAYS}')
    published = camera_of_view(image.info, rectified=images.rectified)
    try:
        camera, rectifier = _view(reader, topic, depth, stamp, published)
        check_camera(camera, published)
    except ValueError as error:
        raise ValueError(f'{whose}{error}. {_OTHER_WAYS}') from error
    return rectifier


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


def _other_place(
    reader: BagReader, image_topic: str, image: RecordedImage, depth: Any, stamp: int
) -> str:
    """Why the depth is not seen from where the images are; '' where it is, or nothing tells."""
    names = image.message.header.frame_id.lstrip('/'), depth.header.frame_id.lstrip('/')
    if names[0] == names[1] or not all(names):
        return ''
    differ = f'its frame_id is {names[1]!r}, that of the images {names[0]!r}'
    transforms = read_transforms(reader, image_topic)
    try:
        pose = transforms.tree.lookup(*names, stamp)
    except LookupError as error:
        return f'{differ}, and that both are at one place is not recorded ({error})'
    if np.allclose(pose, np.eye(4), rtol=0, atol=_SAME_PLACE):
        return ''
    angle = np.degrees(Rotation.from_matrix(pose[:3, :3]).magnitude())
    apart = f'{np.linalg.norm(pose[:3, 3]):.3f} m apart, turned by {angle:.1f} degrees'
    return f'{differ}, which the tf of the bag places {apart}'


def _view(
    reader: BagReader, topic: str, depth: Any, stamp: int, published: Camera
) -> tuple[Camera, Rectifier | None]:
    """Camera of the depth as a pinhole image, and what makes it one.

    Raises:
        ValueError: Its camera_info cannot be used.
    """
    width, height = depth.width, depth.height
    beside = info_topic_of(topic)
    has_infos = topic_kinds(reader).get(beside) == CAMERA_INFO
    infos = CameraInfos(reader, beside if has_infos else None)
    info = infos.nearest(stamp, depth.header.frame_id)
    if info is None:  # as of a simulator: its frame_id and size must do
        return replace(published, width=width, height=height), None
    camera, rectifier = RectifierCache().get(
        info, width=width, height=height, rectified=is_rectified_topic(topic)
    )
    if rectifier is not None and not np.allclose(rotation_from_info(info), np.eye(3)):
        raise ValueError('it is raw depth of a camera that rectification turns (r of camera_info)')
    return camera, rectifier


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
