# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags whose ground truth is a depth camera beside the camera: each image by its own K."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import numpy as np
from bag_scene import CAMERA, CLOUD, IMAGE, INFO, frame, stamp_of

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import ExtractOptions
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.manifest import read_manifest

DEPTH, DEPTH_INFO = '/depth/image_rect', '/depth/camera_info'
KINDS = {DEPTH: bag_scene.KINDS[IMAGE], DEPTH_INFO: bag_scene.KINDS[INFO]}


def columns_with_truth(folder: Path, infos: list[Camera | None]) -> list[tuple[int, int]]:
    """First and last column that a depth camera at the camera's place measures, by frame.

    Args:
        folder: Where bag and data set go.
        infos: Camera of each depth image, as large as its K says; None for a K of zeros.
    """
    records = []
    for index, camera in enumerate(infos):
        head = messages.header(stamp_of(index), 'camera')
        info = messages.camera_info(camera or CAMERA, head)
        if camera is None:
            info.k, info.p = np.zeros(9), np.zeros(12)
        shape = (info.height, info.width)
        depth = messages.depth_image(np.full(shape, 5.0, np.float32), head)
        records += frame(index, without=(CLOUD,))
        records += [(DEPTH_INFO, stamp_of(index), info), (DEPTH, stamp_of(index), depth)]
    bag = bag_scene.write(folder / 'bag', records, **KINDS)
    extract(bag, folder / 'data', ExtractOptions(min_points=1, reach=0.0))
    found = []
    for entry in read_manifest(folder / 'data'):
        columns = np.flatnonzero((entry.load().depth > 0).any(axis=0))
        found.append((int(columns[0]), int(columns[-1])))
    return found


def test_a_depth_camera_that_zooms_is_placed_by_the_camera_info_of_each_image(
    tmp_path: Path,
) -> None:
    """Twice the focal length sees half the angle: 31 + (0 .. 63 - 31) / 2, and half the pixels."""
    zoomed = Camera(100.0, 104.0, 31.0, 17.5, width=64, height=36)
    small = Camera(25.0, 26.0, 15.5, 8.5, width=32, height=18)
    whole, middle, half = columns_with_truth(tmp_path, [CAMERA, zoomed, small])
    assert whole == (0, 63)
    assert middle == (16, 47)
    assert half == (0, 62)


def test_a_camera_info_of_zeros_costs_its_own_image(tmp_path: Path) -> None:
    assert columns_with_truth(tmp_path, [None, CAMERA, CAMERA]) == [(0, 63), (0, 63)]


def test_the_sky_of_a_simulator_is_not_taken_for_millimetres(tmp_path: Path) -> None:
    """CARLA has it at 1000 m, here in most of the image."""
    head = messages.header(stamp_of(0), 'camera')
    depth = np.full((CAMERA.height, CAMERA.width), 5.0, np.float32)
    depth[:25] = 1000.0
    records = [
        *frame(0, without=(CLOUD,)),
        (DEPTH_INFO, stamp_of(0), messages.camera_info(CAMERA, head)),
        (DEPTH, stamp_of(0), messages.depth_image(depth, head)),
    ]
    bag = bag_scene.write(tmp_path / 'bag', records, **KINDS)
    extract(bag, tmp_path / 'data', ExtractOptions(reach=0.0))
    [entry] = read_manifest(tmp_path / 'data')
    found = entry.load().depth
    assert not found[:25].any()
    np.testing.assert_allclose(found[25:], 5.0)
