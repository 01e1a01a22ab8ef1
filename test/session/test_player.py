# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the player publishes, received over DDS."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('rclpy')

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.stamps import stamp_ns
from lacdepth_ros.data.camera_info import pinhole_info
from lacdepth_ros.data.files import write_image
from lacdepth_ros.session import player as player_module
from lacdepth_ros.session.frames import Frame, UnsentFrame
from lacdepth_ros.session.player import Player

pytestmark = pytest.mark.ros
CAMERA = Camera(50.0, 51.0, 20.0, 12.0, 40, 24)
STEP = 50_000_000


class FakeTime:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Listener:
    """Takes images and camera_infos of a camera while a function runs."""

    def __init__(self, namespace: str, topic: str) -> None:
        self.images, self.infos = [], []
        self.node = Node('listener', namespace=namespace)
        self.subscriptions = (
            self.node.create_subscription(Image, topic, self.images.append, 10),
            self.node.create_subscription(CameraInfo, 'camera_info', self.infos.append, 10),
        )
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)

    def during(self, work, count: int) -> None:
        """Run `work` once it can be heard, and listen until `count` of both have come."""
        thread = threading.Thread(target=work)
        thread.start()
        deadline = time.monotonic() + 20
        while min(len(self.images), len(self.infos)) < count and time.monotonic() < deadline:
            self.executor.spin_once(timeout_sec=0.05)
        thread.join()

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()


@pytest.fixture
def listen(ros_domain) -> Iterator:
    listeners = []

    def make(namespace: str, topic: str) -> Listener:
        listeners.append(Listener(namespace, topic))
        return listeners[-1]

    yield make
    for listener in listeners:
        listener.close()


def frames(count: int) -> Iterator[Frame | UnsentFrame]:
    for index in range(count):
        image = np.full((24, 40, 3), (10 * index, 5, 7), np.uint8)
        yield Frame(f'{index}', index, (index + 1) * STEP, image, pinhole_info(CAMERA))


def heard(player: Player, listener: Listener) -> None:
    """Wait until publishers and subscriptions have found each other: either side may be late."""
    deadline = time.monotonic() + 10
    publishers, subscriptions = (player._images, player._infos), listener.subscriptions
    while not (
        all(p.get_subscription_count() for p in publishers)
        and all(s.get_publisher_count() for s in subscriptions)
    ):
        assert time.monotonic() < deadline, 'no discovery'
        listener.executor.spin_once(timeout_sec=0.05)


def test_images_come_with_their_camera_info_at_their_pace(listen) -> None:
    listener = listen('/shelf', 'image_rect')
    with Player('/shelf', 'shelf_frame', rectified=True) as player:
        assert player.topic == '/shelf/image_rect'
        heard(player, listener)
        begin = time.monotonic()
        listener.during(lambda: player.play(frames(5), rate=0.5), 5)
        assert time.monotonic() - begin >= 4 * STEP / 1e9 / 0.5
    assert [image.data[0] for image in listener.images] == [0, 10, 20, 30, 40]
    for image, info in zip(listener.images, listener.infos, strict=True):
        assert image.header == info.header
        assert image.header.frame_id == 'shelf_frame'
        assert (image.encoding, image.width, image.height) == ('rgb8', 40, 24)
        assert list(info.k) == list(CAMERA.K.ravel())
    stamps = [stamp_ns(image) for image in listener.images]
    assert stamps == sorted(stamps) and abs(stamps[-1] / 1e9 - time.time()) < 30


def test_recorded_stamps_can_be_kept_and_what_cannot_be_sent_is_told(listen) -> None:
    listener = listen('/shelf', 'image_raw')
    lost = UnsentFrame('lost', 1, 0, 'no such file')
    with Player('/shelf', 'camera', rectified=False) as player:
        heard(player, listener)
        sequence = [next(frames(1)), lost]
        listener.during(lambda: player.play(iter(sequence), rate=100.0, recorded_stamps=True), 1)
        assert player.unsent == [lost]
    assert stamp_ns(listener.images[0]) == stamp_ns(listener.infos[0]) == STEP


@pytest.mark.parametrize('step', [9000.0, 1.7e9, -9000.0, -1.0])
def test_a_clock_that_was_set_is_not_waited_for(ros_domain, monkeypatch, step: float) -> None:
    """Frames 50 ms apart, the last three of which the clock stamps otherwise."""
    time = FakeTime()
    monkeypatch.setattr(player_module, 'time', time)
    published: list[float] = []

    def stepping() -> Iterator[Frame | UnsentFrame]:
        for frame in frames(6):
            late = round(step * 1e9) if frame.index >= 3 else 0
            yield replace(frame, stamp=20_000 * 10**9 + frame.stamp + late)

    with Player('/shelf', 'camera', rectified=False) as player:
        monkeypatch.setattr(player._images, 'publish', lambda _: published.append(time.now))
        assert player.play(stepping(), rate=0.5) == 6
        assert player.closed_steps == [pytest.approx(step + STEP / 1e9)]
    assert published == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_the_command_plays_a_folder(listen, tmp_path: Path, capsys) -> None:
    for index in range(3):
        write_image(tmp_path / f'{index}.png', np.full((24, 40, 3), index, np.uint8))
    arguments = ['--input', str(tmp_path), '--intrinsics', '50', '50', '20', '12', '--rate', '10']
    assert main(['play', *arguments, '--namespace', '/shelf']) == 0
    said = capsys.readouterr()
    assert '3 frames published' in said.out
    assert 'on /shelf/image_raw' in said.err


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        (['--rate', '0'], '--rate 0 must lie within'),
        (['--loop', '--recorded-stamps'], 'exclude each other'),
        (['--input', 'nowhere.mp4'], 'no such input'),
    ],
)
def test_what_cannot_be_played_is_refused(arguments, complaint, ros_domain, capsys) -> None:
    assert main(['play', *arguments]) == 2
    assert complaint in capsys.readouterr().err


def test_input_without_a_readable_frame_is_exit_code_2(ros_domain, tmp_path: Path, capsys) -> None:
    for name in ('a.png', 'b.png'):
        (tmp_path / name).write_bytes(b'no image')
    assert main(['play', '--input', str(tmp_path), '--namespace', '/shelf']) == 2
    said = capsys.readouterr()
    assert '0 frames published' in said.out and 'b.png not sent' in said.err
