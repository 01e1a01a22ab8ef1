# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What recorded depth is painted on: the image of its own camera, with its pixels, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bag_scene
import cv2
import numpy as np
import pytest
from bag_scene import CAMERA, IMAGE, INFO, START

from lacdepth_ros.bags import messages
from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.rectification import Rectifier

DEPTH, DEPTH_INFO = '/lacdepth/depth/image_rect', '/lacdepth/depth/camera_info'
REAR, GRAY = '/rear/image_raw', 200
TELE = Camera(100.0, 104.0, 31.0, 17.5, width=64, height=36)


def bent(camera: Camera = CAMERA, frame: str = 'camera') -> Any:
    info = messages.camera_info(camera, messages.header(START, frame))
    vars(info).update(bag_scene.distorted())
    return info


def plain(camera: Camera = CAMERA, frame: str = 'camera') -> Any:
    return messages.camera_info(camera, messages.header(START, frame))


def right_of(baseline: float) -> Any:
    """Of the right camera of a stereo pair, whose frame is that of the left one."""
    info = plain()
    info.p[3] = -CAMERA.fx * baseline
    return info


def colors_of(
    tmp_path: Path,
    images: dict[str, str],
    info: Any,
    depth_info: Any,
    *options: str,
    depth_topic: str = DEPTH,
) -> np.ndarray:
    """Colors (H, W, 3) of the cloud of one depth image beside images.

    Args:
        tmp_path: Where bag and cloud go.
        images: Topic -> frame_id; the second one is black.
        info: camera_info of the first one; None for none.
        depth_info: That of depth.
        options: Of the command.
        depth_topic: Name of the depth topic.
    """
    head = messages.header(START, 'camera')
    depth = np.full((CAMERA.height, CAMERA.width), 5.0, np.float32)
    records = [(depth_topic, START, messages.depth_image(depth, head))]
    records.append((depth_topic.rpartition('/')[0] + '/camera_info', START, depth_info))
    records += [(INFO, START, info)] * (info is not None)
    for index, (topic, frame) in enumerate(images.items()):
        pixels = bag_scene.picture() if not index else np.zeros_like(bag_scene.picture())
        records.append((topic, START, messages.image(pixels, messages.header(START, frame))))
    kinds = dict.fromkeys((*images, depth_topic), bag_scene.KINDS[IMAGE])
    infos = depth_topic.rpartition('/')[0] + '/camera_info'
    bag = bag_scene.write(tmp_path / 'bag', records, **kinds, **{infos: bag_scene.KINDS[INFO]})
    assert main(['bag', 'export', str(bag), str(tmp_path / 'out'), '--ply', *options]) == 0
    _, _, body = (tmp_path / 'out' / f'{START}.ply').read_bytes().partition(b'end_header\n')
    rows = np.frombuffer(body, np.dtype([('xyz', '<f4', 3), ('rgb', 'u1', 3)]))
    return rows['rgb'].reshape(CAMERA.height, CAMERA.width, 3)


def test_raw_images_are_rectified_as_depth_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    colors = colors_of(tmp_path, {IMAGE: 'camera'}, bent(), plain())
    maps = cv2.initUndistortRectifyMap(
        CAMERA.K, bag_scene.distorted()['d'], np.eye(3), CAMERA.K, (64, 36), cv2.CV_32FC1
    )
    expected = cv2.remap(bag_scene.picture(), *maps, cv2.INTER_LINEAR)
    assert np.abs(expected.astype(int) - bag_scene.picture()).max() > 10
    inside = ~Rectifier(bent()).outside
    assert inside.mean() > 0.8
    np.testing.assert_allclose(colors[inside], expected[inside].astype(int), atol=2)
    assert f'1 frames of {DEPTH} with {IMAGE} (rectified)' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('images', 'info', 'note'),
    [
        ({IMAGE: 'camera'}, plain(), ''),
        ({IMAGE: '/camera'}, plain(), ''),
        ({IMAGE: 'camera', '/a/image_raw': 'rear'}, plain(), ''),  # first by name, other camera
        ({'/lacdepth/image_raw': 'camera', '/a/image_raw': 'camera'}, None, ' (as recorded'),
        ({IMAGE: 'camera'}, None, ' (as recorded: no camera_info says whether its lens bends'),
        ({'/front/image_rect': 'camera'}, bent(), ''),
    ],
)
def test_images_that_have_the_pixels_of_depth_are_taken_as_they_are(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    images: dict[str, str],
    info: Any,
    note: str,
) -> None:
    colors = colors_of(tmp_path, images, info, plain())
    np.testing.assert_array_equal(colors, bag_scene.picture())
    said = capsys.readouterr()
    assert f'1 frames of {DEPTH} with {next(iter(images))}{note}' in said.out
    assert not said.err


def test_images_that_came_rectified_with_a_black_border_are_as_they_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """P keeps all of the raw image, and the picture is black where that shows nothing."""
    whole = Camera(25.0, 26.0, 31.0, 17.5, width=64, height=36)
    info = bent()
    info.p = plain(whole).p
    images = {'/a/image_rect': 'other', '/front/image_rect': 'camera'}
    assert not colors_of(tmp_path, images, info, plain(whole)).any()
    assert capsys.readouterr().out.startswith(f'1 frames of {DEPTH} with /front/image_rect\n')


@pytest.mark.parametrize(
    ('images', 'info', 'options', 'words'),
    [
        ({}, None, [], 'none has their stamp'),
        ({REAR: 'rear'}, None, [], f"{REAR} is of frame 'rear', depth of 'camera'"),
        ({REAR: 'rear'}, None, ['--image-topic', REAR], f"{REAR} is of frame 'rear', depth of"),
        ({IMAGE: 'camera'}, plain(TELE), [], f'camera_info of {IMAGE} has another K or P than'),
        ({IMAGE: 'camera'}, right_of(0.1), [], f'camera_info of {IMAGE} has another K or P than'),
    ],
)
def test_images_of_another_camera_color_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    images: dict[str, str],
    info: Any,
    options: list[str],
    words: str,
) -> None:
    assert (colors_of(tmp_path, images, info, plain(), *options) == GRAY).all()
    said = capsys.readouterr()
    assert f'warning: 1 depth images have no image ({words}' in said.err
    assert said.err.endswith('their clouds are gray\n')
    assert f'1 frames of {DEPTH} without images' in said.out


def test_depth_of_a_lens_that_bends_has_no_points(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A driver's depth aligned to the raw image: P is not the camera of its pixels."""
    with pytest.raises(AssertionError):
        colors_of(tmp_path, {IMAGE: 'camera'}, bent(), bent(), depth_topic='/aligned_depth/image')
    assert 'the depth of /aligned_depth/image is distorted by its lens' in capsys.readouterr().err
