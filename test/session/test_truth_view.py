# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recorded depth is ground truth only where it is of the images' own camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bag_scene
import numpy as np
import pytest
from bag_scene import CAMERA, CLOUD, IMAGE, INFO, START, frame

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.bags.transforms import pose_of
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.session.ground_truth import GroundTruth, ground_truth_from_topic

ALIGNED = '/front/aligned_depth_to_color/image_raw'
METERS = np.tile(np.arange(1, 65, dtype=np.float32), (36, 1))
"""Depth that says which column of the raw image it was seen in, from 1."""
BENT = bag_scene.distorted()


def ground_truth(
    folder: Path,
    *,
    topic: str = ALIGNED,
    named: bool = True,
    frame_id: str = 'camera',
    camera: Camera | None = CAMERA,
    image_info: dict[str, Any] | None = None,
    depth_info: dict[str, Any] | None = None,
    records: tuple[Any, ...] = (),
) -> GroundTruth:
    """That of a bag of one image and one depth image, whose camera_info is left out for None."""
    head = messages.header(START, frame_id)
    rows = METERS if camera is None else METERS[: camera.height, : camera.width]
    own = [(topic, START, messages.depth_image(rows, head))]
    if camera is not None:
        info = messages.camera_info(camera, head)
        vars(info).update(depth_info or {})
        own.append((f'{topic.rpartition("/")[0]}/camera_info', START, info))
    kinds = {t: bag_scene.KINDS[INFO if t.endswith('info') else IMAGE] for t, _, _ in own}
    kinds |= {t: bag_scene.KINDS[INFO] for t, _, _ in records if t.endswith('info')}
    taken = frame(0, without=(CLOUD,), info=image_info or {})
    bag = bag_scene.write(folder / 'bag', [*records, *taken, *own], **kinds)
    chosen = topic if named else None
    return ground_truth_from_topic(bag, chosen, images=BagImages(bag, IMAGE), tolerance_ns=0)


def depth_of(there: GroundTruth) -> np.ndarray:
    with there:
        return there.find(0, START).load()


@pytest.mark.parametrize(
    'registered',
    [
        {},
        {'topic': '/front/depth_registered/image_rect'},
        {'frame_id': '/camera'},  # as ROS 1 wrote it
        {'camera': None},  # a simulator's, that has no camera_info of its own
    ],
)
def test_registered_depth_is_taken_as_it_is(tmp_path: Path, registered: dict[str, Any]) -> None:
    np.testing.assert_array_equal(depth_of(ground_truth(tmp_path, **registered)), METERS)


def test_camera_info_below_the_depth_topic_counts(tmp_path: Path) -> None:
    """As ZED publishes it, beside and below: depth of another camera was taken on trust."""
    other = Camera(80.0, 80.0, 31.0, 17.5, width=CAMERA.width, height=CAMERA.height)
    for camera, refused in ((CAMERA, False), (other, True)):
        info = messages.camera_info(camera, messages.header(START, 'camera'))
        path, below = tmp_path / str(refused), f'{ALIGNED}/camera_info'
        if refused:
            with pytest.raises(ValueError, match=r'is no ground truth for .*its camera is'):
                ground_truth(path, camera=None, records=((below, START, info),))
        else:
            ground_truth(path, camera=None, records=((below, START, info),))


def test_depth_from_another_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"'depth', that of the images 'camera'.*register.*--truth"
    ):
        ground_truth(tmp_path / 'unknown', frame_id='depth', named=False)
    with pytest.raises(ValueError, match=r'is not recorded: name it .* a camera_info of its own'):
        ground_truth(tmp_path / 'uncalibrated', frame_id='depth', camera=None)
    apart = bag_scene.static(('camera', 'depth', pose_of(np.eye(3), (0.09, 0, 0.12))))
    with pytest.raises(ValueError, match=r"frame_id is 'depth'.* places 0\.150 m apart"):
        ground_truth(tmp_path / 'apart', frame_id='depth', records=(apart,))
    turned = bag_scene.static(('camera', 'depth', pose_of(np.diag([-1.0, -1, 1]), (0, 0, 0))))
    with pytest.raises(ValueError, match=r"frame_id is 'depth'.* turned by 180\.0 degrees"):
        ground_truth(tmp_path / 'turned', frame_id='depth', records=(turned,))
    same = bag_scene.static(('base', 'camera', np.eye(4)), ('base', 'depth', np.eye(4)))
    there = ground_truth(tmp_path / 'same', frame_id='depth', records=(same,))
    np.testing.assert_array_equal(depth_of(there), METERS)


def test_a_named_topic_of_the_same_camera_is_taken_where_no_transform_tells(
    tmp_path: Path,
) -> None:
    """Frames of a simulator that are in no tf: the report says what was taken on trust."""
    there = ground_truth(tmp_path, frame_id='robot/depth')
    assert "its frame_id is 'robot/depth', that of the images 'camera'" in there.description
    assert 'that both are at one place is not recorded' in there.description
    np.testing.assert_array_equal(depth_of(there), METERS)


@pytest.mark.parametrize(('place', 'is_one'), [(0.0, True), (0.15, False)])
def test_a_transform_that_begins_after_the_first_depth_tells(
    tmp_path: Path, place: float, is_one: bool
) -> None:
    """A recorder catches /tf some milliseconds late."""
    late = START + 5_000_000
    tf = [
        bag_scene.moving(stamp, 'map', 'camera', np.eye(4))
        for stamp in range(late, late + 10**9, 10**7)
    ]
    tf += [
        bag_scene.moving(stamp, 'camera', 'depth', pose_of(np.eye(3), (place, 0, 0)))
        for stamp in range(late, late + 10**9, 10**7)
    ]
    head = messages.header(START + 10**8, 'depth')
    again = (ALIGNED, START + 10**8, messages.depth_image(METERS, head))
    if is_one:
        there = ground_truth(tmp_path, frame_id='depth', records=(*tf, again))
        assert there.description == f'topic {ALIGNED}'
        np.testing.assert_array_equal(depth_of(there), METERS)
    else:
        with pytest.raises(ValueError, match=r'places 0\.150 m apart'):
            ground_truth(tmp_path, frame_id='depth', records=(*tf, again))


@pytest.mark.parametrize(
    ('camera', 'said'),
    [
        (Camera(53.0, 52.0, 31.0, 17.5, width=64, height=36), r'fx 53\.0,.* published .*fx 50\.0'),
        (Camera(50.0, 52.0, 31.0, 19.0, width=64, height=36), r'cy 19\.0.* published .*cy 17\.5'),
        (Camera(25.0, 26.0, 15.5, 8.5, width=32, height=18), r'32x18.* published .*64x36'),
    ],
)
def test_depth_of_other_intrinsics_is_refused(tmp_path: Path, camera: Camera, said: str) -> None:
    with pytest.raises(ValueError, match=rf'{ALIGNED}.*{IMAGE}.*{said}.*register'):
        ground_truth(tmp_path, camera=camera)


def test_camera_info_of_the_depth_s_own_frame_counts_on_a_shared_topic(tmp_path: Path) -> None:
    shared = '/front/aligned_depth_to_color/camera_info'
    wide = Camera(30.0, 30.0, 31.0, 17.5, width=64, height=36)
    other = (shared, START - 1, messages.camera_info(wide, messages.header(START - 1, 'rear')))
    np.testing.assert_array_equal(depth_of(ground_truth(tmp_path, records=(other,))), METERS)


def test_depth_registered_to_a_distorted_image_is_rectified_as_that_is(tmp_path: Path) -> None:
    there = ground_truth(tmp_path / 'raw', image_info=BENT, depth_info=BENT)
    assert there.description == f'topic {ALIGNED}, rectified'
    seen = depth_of(there)
    u, v = np.meshgrid(np.arange(64.0), np.arange(36.0))
    x, y = (u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy
    k1, k2, p1, p2 = BENT['d'][:4]
    r2 = x * x + y * y
    bent = x * (1 + k1 * r2 + k2 * r2**2) + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    column = CAMERA.fx * bent + CAMERA.cx
    known = np.isfinite(seen)
    assert known.mean() > 0.9 and np.abs(column - u).max() > 1
    assert np.abs(seen - 1 - column)[known].max() < 0.53  # half a pixel, and the maps' fraction
    rectified = '/front/depth_registered/image_rect'
    there = ground_truth(tmp_path / 'rect', topic=rectified, image_info=BENT, depth_info=BENT)
    np.testing.assert_array_equal(depth_of(there), METERS)


def test_raw_depth_of_a_turned_camera_is_refused(tmp_path: Path) -> None:
    angle = 0.05
    turned = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    both = {'r': turned.ravel()}
    with pytest.raises(ValueError, match=r'rectification turns.*register'):
        ground_truth(tmp_path, image_info=both, depth_info=both)
