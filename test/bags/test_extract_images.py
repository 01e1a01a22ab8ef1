# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An extracted data set holds the images that the node sees."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import bag_scene
import cv2
import numpy as np
import pytest
from bag_scene import CAMERA, CLOUD, IMAGE, INFO, START, frame, in_lidar, static, wall

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import ExtractOptions
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.messages.compressed import image_from_compressed


@pytest.mark.parametrize(
    ('form', 'pixels', 'kept'),
    [
        ('rgb8; jpeg compressed bgr8', 'bgr', True),
        ('jpeg', 'bgr', True),
        ('rgb8; jpeg compressed rgb8', 'rgb', False),
        ('bayer_rggb8; jpeg compressed ', 'mosaic', False),
        ('bayer_rggb8; jpeg compressed mono8', 'grey', True),
        ('mono8; jpeg compressed mono8', 'mosaic', True),
    ],
)
def test_data_set_holds_what_the_node_sees(
    tmp_path: Path, form: str, pixels: str, kept: bool
) -> None:
    """Colours of a uniform image; JPEG files are kept where they show the same to any reader."""
    color = np.full((CAMERA.height, CAMERA.width, 3), (200, 120, 40), np.uint8)
    stored = {
        'bgr': color[..., ::-1],
        'rgb': color,
        'mosaic': mosaic_of(color),
        'grey': color[..., 0],
    }[pixels]
    data = cv2.imencode('.jpg', stored, (cv2.IMWRITE_JPEG_QUALITY, 100))[1].ravel()
    records = [static(), *frame(0)]
    head = messages.header(START, 'camera')
    image = bag_scene.namespace(header=head, format=form, data=data)
    records[2] = (f'{IMAGE}/compressed', START, image)
    kinds = {f'{IMAGE}/compressed': 'sensor_msgs/msg/CompressedImage'}
    bag = bag_scene.write(tmp_path / 'bag', records, **kinds)
    extract(bag, tmp_path / 'data', ExtractOptions(min_points=1))
    [entry] = read_manifest(tmp_path / 'data' / 'manifest.jsonl')
    seen = image_from_compressed(image)
    np.testing.assert_array_equal(entry.load().image, seen)
    assert entry.image.suffix == ('.jpg' if kept else '.png')
    if 'mono' not in form:
        assert np.abs(seen[4:-4, 4:-4].astype(int) - color[4:-4, 4:-4]).max() < 12
    if kept:
        assert entry.image.read_bytes() == data.tobytes()


def test_depth_that_no_png_holds_is_no_true_pixel(tmp_path: Path) -> None:
    """A PNG of 256 counts per metre ends at 255.992 m."""
    behind = wall(-5.0)  # makes the scan's median a plausible one
    scans = [in_lidar(np.concatenate([wall(z), behind, behind])) for z in (300.0, 255.9)]
    records = [static(), *(r for i, scan in enumerate(scans) for r in frame(i, scan=scan))]
    bag = bag_scene.write(tmp_path / 'bag', records)
    done = extract(bag, tmp_path / 'data', ExtractOptions(min_points=1))
    assert (done.written, done.skipped) == (1, {'too few true pixels': 1})
    [entry] = read_manifest(tmp_path / 'data')
    assert np.count_nonzero(entry.load().depth) == done.pixels > 200


def mosaic_of(rgb: np.ndarray) -> np.ndarray:
    """What a sensor with RGGB filters measures."""
    mosaic = rgb[..., 1].copy()
    mosaic[::2, ::2], mosaic[1::2, 1::2] = rgb[::2, ::2, 0], rgb[1::2, 1::2, 2]
    return mosaic


def test_camera_infos_of_another_namespace_are_named(tmp_path: Path) -> None:
    topics = {INFO: '/calib/camera_info', IMAGE: IMAGE, CLOUD: CLOUD}
    records = [(topics[topic], stamp, message) for topic, stamp, message in frame(0)]
    kinds = {'/calib/camera_info': 'sensor_msgs/msg/CameraInfo'}
    bag = bag_scene.write(tmp_path / 'bag', [static(), *records], **kinds)
    with pytest.raises(ValueError, match=f'for {IMAGE}; there are /calib/camera_info; name one'):
        extract(bag, tmp_path / 'data', ExtractOptions(min_points=1))
    options = ExtractOptions(min_points=1, info_topic='/calib/camera_info')
    assert extract(bag, tmp_path / 'data', options).written == 1


def test_what_is_doubtful_about_a_calibration_is_told(tmp_path: Path) -> None:
    """K of the whole sensor beside images that were rectified, as kitti2bag's."""
    info = {'k': np.array([75.0, 0, 36, 0, 78, 21, 0, 0, 1]), 'd': np.full(5, -0.01)}
    records = [static(), *frame(0, info=info), *frame(1, info=info)]
    bag = bag_scene.write(tmp_path / 'bag', records)
    done = extract(bag, tmp_path / 'data', ExtractOptions(min_points=1))
    [warning] = done.warnings
    assert re.search(r'^\d\d % of the image rectified by K, D, R and P show nothing', warning)
    options = ExtractOptions(min_points=1, rectified=True)
    [warning] = extract(bag, tmp_path / 'rectified', options).warnings
    assert f'{IMAGE} is raw by its name and taken for rectified' in warning


@pytest.mark.parametrize('both', [False, True])
def test_packed_depth_is_ground_truth_where_it_is_there_alone(tmp_path: Path, both: bool) -> None:
    """As RealSense cameras are recorded to save space."""
    topic, info = '/aligned_depth_to_color/image_raw', '/aligned_depth_to_color/camera_info'
    head = messages.header(START, 'camera')
    counts = np.full((CAMERA.height, CAMERA.width), 4250, np.uint16)
    file = cv2.imencode('.png', counts)[1].tobytes()
    data = np.frombuffer(struct.pack('<iff', 0, 0.0, 0.0) + file, np.uint8)
    packed = bag_scene.namespace(header=head, format='16UC1; compressedDepth png', data=data)
    records = [
        *frame(0, without=(CLOUD,)),
        (info, START, messages.camera_info(CAMERA, head)),
        (f'{topic}/compressedDepth', START, packed),
    ]
    if both:
        plain = np.full((CAMERA.height, CAMERA.width), 7, np.float32)
        records.append((topic, START, messages.depth_image(plain, head)))
    kinds = {
        f'{topic}/compressedDepth': 'sensor_msgs/msg/CompressedImage',
        topic: 'sensor_msgs/msg/Image',
        info: 'sensor_msgs/msg/CameraInfo',
    }
    bag = bag_scene.write(tmp_path / 'bag', records, **kinds)
    done = extract(bag, tmp_path / 'data', ExtractOptions())
    [entry] = read_manifest(tmp_path / 'data' / 'manifest.jsonl')
    assert done.topics[2] == (topic if both else f'{topic}/compressedDepth')
    np.testing.assert_allclose(entry.load().depth, 7.0 if both else 4.25, atol=1 / 256)
