# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags whose measured depth has another form or name than what is taken."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bag_scene
import numpy as np
import pytest
from bag_files import STORE
from bag_scene import CAMERA, CLOUD, IMAGE, INFO, START, frame, static
from livox_bag import bag_with_custom_msg
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import ExtractOptions
from lacdepth_ros.data.manifest import read_manifest

HEAD = messages.header(START, 'camera')
DEPTH = messages.depth_image(np.full((CAMERA.height, CAMERA.width), 5.0, np.float32), HEAD)


def bag_with(path: Path, topic: str, kind: str) -> Path:
    """A bag of a camera, and an empty topic of a type."""
    types = get_types_from_msg('std_msgs/Header header\n', kind)
    if kind not in STORE.types:
        STORE.register(types)
    records = frame(0, without=(CLOUD,))
    with Writer(path, version=9, storage_plugin=StoragePlugin.SQLITE3) as bag:
        bag.add_connection(topic, kind, typestore=STORE)
        for name, stamp, message in records:
            to = bag.add_connection(name, bag_scene.KINDS[name], typestore=STORE)
            bag.write(to, stamp, STORE.serialize_cdr(message, bag_scene.KINDS[name]))
    return path


@pytest.mark.parametrize(
    ('kind', 'said'),
    [
        ('velodyne_msgs/msg/VelodyneScan', '/it: packets of a LiDAR as they came'),
        ('ouster_sensor_msgs/msg/PacketMsg', '/it: packets of'),
        ('hesai_ros_driver/msg/UdpFrame', '/it: packets of'),
        ('rslidar_msg/msg/RslidarPacket', '/it: packets of'),
        ('nebula_msgs/msg/NebulaPackets', '/it: packets of'),
        ('seyond/msg/SeyondScan', '/it: packets of'),
        ('stereo_msgs/msg/DisparityImage', '/it: disparity; play'),
        ('sensor_msgs/msg/LaserScan', 'its topics: .*/it$'),
        ('arm_msgs/msg/Joint', 'its topics: .*/it$'),
        ('radar_msgs/msg/RadarScan', 'its topics: .*/it$'),
        ('ffmpeg_image_transport_msgs/msg/FFMPEGPacket', 'its topics: .*/it$'),
    ],
)
def test_what_could_be_made_of_a_bag_is_told(tmp_path: Path, kind: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        extract(bag_with(tmp_path / 'bag', '/it', kind), tmp_path / 'data', ExtractOptions())


def test_depth_under_another_name_is_told(tmp_path: Path) -> None:
    """As of depthai_ros_driver. Nothing is taken unasked: thermal images are 16UC1 as well."""
    topic, info = '/oak/stereo/image_raw', '/oak/stereo/camera_info'
    records = [
        *frame(0, without=(CLOUD,)),
        (info, START, messages.camera_info(CAMERA, HEAD)),
        (topic, START, DEPTH),
    ]
    kinds = {topic: bag_scene.KINDS[IMAGE], info: bag_scene.KINDS[INFO]}
    bag = bag_scene.write(tmp_path / 'bag', records, **kinds)
    with pytest.raises(ValueError, match=rf'{topic} may be depth by the encoding \(32FC1\)'):
        extract(bag, tmp_path / 'data', ExtractOptions())
    extract(bag, tmp_path / 'data', ExtractOptions(ground_truth_topic=topic))


def test_clouds_without_points_are_no_candidates(tmp_path: Path) -> None:
    polar = messages.scan_cloud(np.ones((9, 4), np.float32), HEAD)
    names = ('range', 'azimuth', 'elevation', 'intensity')
    polar.fields = [
        SimpleNamespace(name=name, offset=4 * i, datatype=7, count=1)
        for i, name in enumerate(names)
    ]
    records = [static(), *frame(0), ('/cloud_polar', START, polar)]
    kinds = {'/cloud_polar': bag_scene.KINDS[CLOUD]}
    bag = bag_scene.write(tmp_path / 'bag', records, **kinds)
    extract(bag, tmp_path / 'data', ExtractOptions())
    [entry] = read_manifest(tmp_path / 'data')
    assert entry.tags['ground_truth'] == CLOUD


def test_custom_msg_beside_a_cloud_is_no_second_candidate(tmp_path: Path) -> None:
    """As of Livox's drivers that publish both, and of bags with the cloud of an odometry."""
    records = [static(), *frame(0)]
    bag = bag_with_custom_msg(tmp_path / 'bag', records, START, np.ones((9, 3)), np.arange(9))
    extract(bag, tmp_path / 'data', ExtractOptions())
    [entry] = read_manifest(tmp_path / 'data')
    assert entry.tags['ground_truth'] == CLOUD


def test_what_is_plainly_called_depth_goes_first(tmp_path: Path) -> None:
    """Before pictures of depth, as of AirSim, and what is depth by its transport alone."""
    topic, info = '/rgbd/depth/image', '/rgbd/depth/camera_info'
    records = [
        *frame(0, without=(CLOUD,)),
        (info, START, messages.camera_info(CAMERA, HEAD)),
        (topic, START, DEPTH),
        ('/airsim/DepthVis', START, DEPTH),
    ]
    kinds = dict.fromkeys((topic, '/airsim/DepthVis'), bag_scene.KINDS[IMAGE])
    bag = bag_scene.write(tmp_path / 'bag', records, **kinds, **{info: bag_scene.KINDS[INFO]})
    extract(bag, tmp_path / 'data', ExtractOptions())
    [entry] = read_manifest(tmp_path / 'data')
    assert entry.tags['ground_truth'] == topic


def test_camera_info_below_the_depth_topic_is_taken(tmp_path: Path) -> None:
    """ZED publishes it there and beside; whoever records by name may have but one of them."""
    topic, info = '/zed/depth/depth_registered', '/zed/depth/depth_registered/camera_info'
    records = [
        *frame(0, without=(CLOUD,)),
        (info, START, messages.camera_info(CAMERA, HEAD)),
        (topic, START, DEPTH),
    ]
    kinds = {topic: bag_scene.KINDS[IMAGE], info: bag_scene.KINDS[INFO]}
    bag = bag_scene.write(tmp_path / 'bag', records, **kinds)
    extract(bag, tmp_path / 'data', ExtractOptions())
    [entry] = read_manifest(tmp_path / 'data')
    np.testing.assert_allclose(entry.load().depth, 5.0)
