# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cameras that share a topic are told apart by their frame_id, not by their stamps."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import numpy as np
import pytest
from bag_scene import CAMERA, IMAGE, INFO, START, STEP, frame, in_lidar, static, wall

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import points_to_depth
from lacdepth_ros.data.manifest import read_manifest


def test_cameras_that_share_a_topic_keep_their_own_intrinsics(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Image and camera_info of both have the same stamps; the second sees through a tele lens."""
    tele = Camera(100.0, 104.0, 31.0, 17.0, width=64, height=36)
    records = [static(), static(('camera', 'tele', np.eye(4)))]
    for index in range(2):
        stamp = START + STEP * index
        for late, (name, camera) in enumerate({'camera': CAMERA, 'tele': tele}.items()):
            records.append(
                (INFO, stamp, messages.camera_info(camera, messages.header(stamp, name)))
            )
            head = messages.header(stamp + late, name)
            records.append((IMAGE, stamp + late, messages.image(bag_scene.picture(), head)))
        records.append(frame(index, scan=in_lidar(wall(10)))[2])
    bag = bag_scene.write(tmp_path / 'bag', records)
    command = ['bag', 'extract', str(bag), str(tmp_path / 'data'), '--occlusion', '0']
    assert main([*command, '--min-points', '50']) == 0
    assert 'are of several cameras (camera, tele); each takes the' in capsys.readouterr().err
    entries = read_manifest(tmp_path / 'data')
    assert [entry.camera for entry in entries] == [CAMERA, tele, CAMERA, tele]
    for entry in entries:
        expected = points_to_depth(wall(10), entry.camera)
        np.testing.assert_allclose(entry.load().depth, np.nan_to_num(expected), atol=1 / 256)
    images = BagImages(bag)
    assert [(i.message.header.frame_id, i.info.k[0]) for i in images] == 2 * [
        ('camera', 50),
        ('tele', 100),
    ]


def test_only_a_lone_camera_may_call_its_camera_info_otherwise(tmp_path: Path) -> None:
    def bag(name: str, *others: str) -> Path:
        records = [frame(0)[1]]
        for other in others:
            info = messages.camera_info(CAMERA, messages.header(START, other))
            records.append((INFO, START, info))
        return bag_scene.write(tmp_path / name, records)

    [lone] = BagImages(bag('lone', 'camera_link'))
    assert lone.info.k[0] == 50
    [slashed] = BagImages(bag('slashed', '/camera', 'tele'))
    assert slashed.info.header.frame_id == '/camera'
    [neither] = BagImages(bag('neither', 'left', 'right'))
    assert neither.info is None
