# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The doctor names what is wrong, and its exit code tells how much."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from fake_messages import FakeCameraInfo, FakeImage
from tiny_networks import tiny_network

from lacdepth_ros.cli.main import main
from lacdepth_ros.messages.frame_id import frame_id_doubt
from lacdepth_ros.models.checkpoint import save_checkpoint
from lacdepth_ros.node.delivery import Delivery
from lacdepth_ros.session.doctor import machine
from lacdepth_ros.session.doctor.finding import Finding, exit_code
from lacdepth_ros.session.doctor.stream import CameraStream

WIDTH, HEIGHT, FOCAL = 640, 480, 535.0


def header(stamp, frame='camera'):
    sec, nanosec = divmod(stamp, 10**9)
    return SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=nanosec), frame_id=frame)


def image(stamp, **changes):
    fields = {'height': HEIGHT, 'width': WIDTH, 'encoding': 'mono8', 'step': WIDTH}
    data = bytes(WIDTH * HEIGHT)
    return FakeImage(header=header(stamp), is_bigendian=0, data=data, **(fields | changes))


def info(stamp, focal=FOCAL, frame='camera', **changes):
    k = [focal, 0, WIDTH / 2, 0, focal, HEIGHT / 2, 0, 0, 1.0]
    p = [focal, 0, WIDTH / 2, 0, 0, focal, HEIGHT / 2, 0, 0, 0, 1.0, 0]
    r = list(np.eye(3).ravel())
    fields = {'width': WIDTH, 'height': HEIGHT, 'k': k, 'p': p, 'r': r, 'd': [0.01, *[0.0] * 4]}
    return FakeCameraInfo(header=header(stamp, frame), **(fields | changes))


def findings(images, infos):
    stream = CameraStream(
        '/image',
        '/camera_info',
        rectified=False,
        focal_px=FOCAL,
        delivery=Delivery('take its Fast DDS profile', 'share its /dev/shm', 'is it on?'),
    )
    for message in infos:
        stream.add_info(message)
    for message in images:
        stream.add_image(message)
    return {finding.matter: finding for finding in stream.findings(2.0)}


STAMPS = range(10**9, 21 * 10**9, 10**9)


def test_a_good_camera_has_nothing_to_change():
    found = findings(map(image, STAMPS), [info(s, distortion_model='plumb_bob') for s in STAMPS])
    assert {f.level for f in found.values()} == {'ok'}
    assert '10.0 images/s on /image' in found['messages'].text
    assert found['stamps'].text == '100% of the images have a camera_info of the same stamp'
    assert '640x480 mono8, fx 535' in found['camera'].text
    assert '62 degrees across' in found['camera'].text


@pytest.mark.parametrize(
    ('images', 'infos', 'matter', 'level', 'words'),
    [
        ([], [], 'messages', 'error', 'driver running? If it is, share its /dev/shm'),
        (STAMPS, [], 'messages', 'error', 'publish camera_info on /camera_info'),
        ([], STAMPS, 'messages', 'error', 'Fast DDS profile'),
        (STAMPS[::2], STAMPS, 'messages', 'warning', '50% get lost'),
        (STAMPS, [*STAMPS, *STAMPS], 'messages', 'ok', 'images/s'),
        ([0] * 20, [0] * 40, 'messages', 'ok', 'images/s'),
        (STAMPS, [s + 1 for s in STAMPS], 'stamps', 'warning', 'set sync_tolerance'),
        (STAMPS, STAMPS[:18], 'stamps', 'ok', '90% of the images'),
        (STAMPS, [0] * 20, 'stamps', 'warning', 'cache_camera_info'),
        (STAMPS, STAMPS[::2], 'stamps', 'warning', '-> let the driver send one with every image'),
        (STAMPS, [*STAMPS[::2]] * 2, 'stamps', 'warning', '-> let the driver send one with every'),
    ],
)
def test_what_arrives(images, infos, matter, level, words):
    found = findings(map(image, images), map(info, infos))[matter]
    assert found.level == level and words in str(found)


@pytest.mark.parametrize(
    ('changes', 'level', 'words'),
    [
        ({'focal': 4.2}, 'error', 'Give it in pixels'),
        ({'width': 1280}, 'error', 'image is 640x480 but its camera_info 1280x480'),
        ({'binning_x': 2, 'binning_y': 2}, 'error', '640x480 with binning 2 = 320x240'),
        ({'focal': 80.0}, 'error', 'field of view'),
        ({'focal': 100.0 * 1.9}, 'warning', 'metres are off'),
        ({'p': [0.0] * 12}, 'warning', 'p is all zeros'),
    ],
)
def test_intrinsics(changes, level, words):
    changes = {'distortion_model': 'plumb_bob'} | changes
    found = findings(map(image, STAMPS), [info(s, **changes) for s in STAMPS])['camera']
    assert (found.level, words in str(found)) == (level, True), found


def test_two_cameras_on_one_topic():
    infos = [info(s, frame=frame) for s in STAMPS for frame in ('left', 'right')]
    found = findings(map(image, STAMPS), infos)['frame_id']
    assert found.level == 'warning' and "'left', 'right'" in found.text


@pytest.mark.parametrize('frame', ['/camera', ''])
def test_frame_ids_that_tf2_refuses_are_told_as_the_node_does(frame):
    images = [image(stamp) for stamp in STAMPS]
    for message in images:
        message.header.frame_id = frame
    found = findings(images, [info(s, frame=frame) for s in STAMPS])['frame_id']
    assert (found.level, found.remedy) == ('warning', frame_id_doubt(frame))
    found = findings(images, map(info, STAMPS))['frame_id']
    assert found.remedy == f'{frame_id_doubt(frame)}; give both the same frame_id'


def test_exit_codes():
    ok, warning, error = (Finding(level, 'a', 'b') for level in ('ok', 'warning', 'error'))
    assert exit_code([]) == exit_code([ok]) == 0
    assert exit_code([ok, warning]) == 1
    assert exit_code([warning, error, ok]) == 2
    assert str(Finding('warning', 'stamps', 'are 0', 'set it')).startswith(
        'WARNING  stamps: are 0'
    )


def test_small_shared_memory_and_dead_segments(tmp_path: Path, monkeypatch):
    (tmp_path / 'fastdds_0123456789abcdef').write_bytes(b'left behind')
    (tmp_path / 'other').write_bytes(b'not ours')
    usage = SimpleNamespace(total=64 * 2**20, free=60 * 2**20, used=4 * 2**20)
    monkeypatch.setattr(machine.shutil, 'disk_usage', lambda _: usage)
    found = machine.look_at_shared_memory(tmp_path)
    assert found.level == 'warning' and '60 of 64 MB free; 1 segments' in found.text
    assert '--shm-size' in found.remedy
    usage.free = 512 * 2**20
    assert machine.look_at_shared_memory(tmp_path).level == 'ok'
    assert machine.look_at_shared_memory(tmp_path / 'none').level == 'warning'


def test_a_profile_that_this_fast_dds_does_not_read_is_told(tmp_path: Path, monkeypatch):
    own = tmp_path / 'own.xml'
    own.touch()
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    monkeypatch.setenv('FASTDDS_DEFAULT_PROFILES_FILE', str(own))
    for empty in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'RMW_IMPLEMENTATION'):
        monkeypatch.setenv(empty, '')
    found = machine._dds_profile()
    assert found.level == 'warning' and 'is not read by this Fast DDS' in found.text
    assert found.remedy == f'export FASTRTPS_DEFAULT_PROFILES_FILE={own}'


def test_the_command_looks_at_the_machine(tmp_path: Path, capsys, monkeypatch):
    path = tmp_path / 'tiny.safetensors'
    save_checkpoint(path, tiny_network(), {})
    monkeypatch.delenv('FASTDDS_DEFAULT_PROFILES_FILE', raising=False)
    monkeypatch.delenv('FASTRTPS_DEFAULT_PROFILES_FILE', raising=False)
    code = main(['doctor', '--no-topics', '--checkpoint', str(path)])
    said = capsys.readouterr().out
    assert f'checkpoint: {path}: tiny, sha256 ' in said and 'focal length of 535 px' in said
    assert 'up to 95 m' in said, 'answers beyond mean "no nearer", of a network up to 100 m'
    assert 'WARNING  Fast DDS profile of this shell: none' in said
    assert code == (1 if 'ERROR' not in said else 2)


def test_the_command_names_a_checkpoint_that_is_none(tmp_path: Path, capsys):
    path = tmp_path / 'none.safetensors'
    assert main(['doctor', '--no-topics', '--checkpoint', str(path)]) == 2
    assert f'ERROR    checkpoint: checkpoint {path} does not exist' in capsys.readouterr().out
    assert main(['doctor', '--seconds', '0']) == 2


@contextmanager
def camera(*publishers):
    """A camera that publishes what these functions of a stamp do, from another thread."""
    stop = threading.Event()

    def publish():
        stamp = 1
        while not stop.wait(0.05):
            for publish_one in publishers:
                publish_one(stamp)
            stamp += 10**8

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.ros
def test_the_command_listens_to_a_camera(ros_domain, tmp_path: Path, capsys):
    from ros_client import Client
    from ros_fakes import image_message, info_message
    from sensor_msgs.msg import CompressedImage

    path = tmp_path / 'tiny.safetensors'
    save_checkpoint(path, tiny_network(focal_px=70.0), {})
    client = Client()
    packed = client.client.create_publisher(CompressedImage, '/image/compressed', 1)
    with camera(
        lambda stamp: client.infos.publish(info_message(stamp)),
        lambda stamp: client.images.publish(image_message(stamp)),
    ):
        main(['doctor', '--seconds', '1', '--checkpoint', str(path)])
    client.client.destroy_publisher(packed)
    client.close()
    said = capsys.readouterr().out
    assert 'publishers of /image: /bench/bench (sensor_msgs/msg/Image, best_effort' in said
    assert 'images/s on /image' in said and 'image transport' not in said
    assert '% of the images have a camera_info of the same stamp' in said, 'all, if none is lost'
    assert 'camera: 64x48 rgb8, fx 70 fy 60' in said


@pytest.mark.slow
@pytest.mark.ros
@pytest.mark.parametrize(
    'named', [[], ['--image', '/front/image'], ['--image=/front/image/compressed']]
)
def test_a_camera_of_compressed_images_alone_needs_the_transport(ros_domain, capsys, named):
    """A node that waits for the others makes their topic known, but publishes nothing there."""
    from ros_client import Client
    from ros_fakes import info_message
    from sensor_msgs.msg import CameraInfo, CompressedImage, Image

    client = Client()
    client.client.destroy_publisher(client.images)
    client.client.create_subscription(Image, '/front/image', print, 1)
    images = client.client.create_publisher(CompressedImage, '/front/image/compressed', 1)
    infos = client.client.create_publisher(CameraInfo, '/front/camera_info', 1)
    picture = cv2.imencode('.jpg', np.full((48, 64, 3), 90, np.uint8))[1].tobytes()

    def send(stamp):
        told = info_message(stamp)
        infos.publish(told)
        images.publish(CompressedImage(header=told.header, format='jpeg', data=picture))

    with camera(send):
        assert main(['doctor', '--seconds', '1', *named]) >= 1
    client.close()
    said = capsys.readouterr().out
    assert (
        'WARNING  image transport: /front/image/compressed is published, /front/image is not\n'
        '          -> set image_transport: compressed, or launch with image_transport:=compressed'
    ) in said
    assert 'images/s on /front/image/compressed' in said
    assert 'camera: 64x48 jpeg, fx 70 fy 60' in said
