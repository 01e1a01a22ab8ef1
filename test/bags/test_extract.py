# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags become data sets: projections with known answers, and everything that can be missing."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import cv2
import numpy as np
import pytest
from bag_scene import CAMERA, CLOUD, IMAGE, INFO, START, STEP, frame, in_lidar, static, wall
from kitti_drive import write_drive

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.convert import GROUND_TRUTH_TOPIC, write_source
from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import NO_GROUND_TRUTH, Extraction, ExtractOptions
from lacdepth_ros.bags.opening import messages_of, open_bag
from lacdepth_ros.bags.sources import open_source
from lacdepth_ros.bags.transforms import matrix_from_quaternion, pose_of
from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import points_to_depth
from lacdepth_ros.data.layouts.kitti import read_kitti_raw
from lacdepth_ros.data.manifest import ManifestEntry, read_manifest
from lacdepth_ros.messages.depth import depth_from_message


def extracted(path: Path, **options: object) -> tuple[Extraction, list[ManifestEntry]]:
    output = path.parent / f'{path.name}_data'
    options = {'min_points': 1, **options}
    return extract(path, output, ExtractOptions(**options)), read_manifest(
        output / 'manifest.jsonl'
    )


def expect_wall(entry: ManifestEntry, depth: float) -> None:
    expected = points_to_depth(wall(depth), entry.camera)
    assert np.count_nonzero(np.isfinite(expected)) > 200
    np.testing.assert_allclose(entry.load().depth, np.nan_to_num(expected, nan=0), atol=1 / 256)


@pytest.mark.parametrize('ground_truth', ['/velodyne_points', GROUND_TRUTH_TOPIC])
@pytest.mark.parametrize('compressed', [False, True])
def test_kitti_comes_back_as_it_is_projected_directly(
    tmp_path: Path, ground_truth: str, compressed: bool
) -> None:
    frames = read_kitti_raw(drive := write_drive(tmp_path))
    write_source(open_source(drive), tmp_path / 'bag', compressed=compressed)
    done, entries = extracted(tmp_path / 'bag', ground_truth_topic=ground_truth, reach=0.0)
    assert (done.written, done.failed, done.skipped) == (3, 0, {})
    assert done.topics[2] == ground_truth
    for kitti, entry in zip(frames, entries, strict=True):
        sample, expected = entry.load(), kitti.load()
        rounded = np.rint(expected.depth * 256) / 256
        np.testing.assert_array_equal(sample.depth, rounded.astype(np.float32))
        assert (entry.camera, entry.tags['stamp']) == (kitti.camera, kitti.stamp)
        assert entry.id == f'bag/{kitti.stamp}'
        assert entry.image.suffix == ('.jpg' if compressed else '.png')
        if not compressed:
            np.testing.assert_array_equal(sample.image, expected.image)


def test_points_go_through_the_static_transform(tmp_path: Path) -> None:
    done, entries = extracted(bag_scene.scene(tmp_path / 'bag'), reach=0.0)
    assert (done.written, done.calibrations, done.topics) == (3, 1, (IMAGE, INFO, CLOUD))
    for index, entry in enumerate(entries):
        expect_wall(entry, 10.0 + index)
        np.testing.assert_array_equal(entry.load().image, bag_scene.picture())


@pytest.mark.parametrize('rectified', [False, True])
def test_the_frame_of_an_image_is_that_of_the_rectified_one(
    tmp_path: Path, rectified: bool
) -> None:
    """A point lies at the same pixel of image_raw rectified and of image_rect: R turns pixels."""
    turn = np.deg2rad(2.0)
    r = [np.cos(turn), 0, np.sin(turn), 0, 1, 0, -np.sin(turn), 0, np.cos(turn)]
    bag = bag_scene.write(tmp_path / 'bag', [static(), *frame(0, info={'r': np.array(r)})])
    _, [entry] = extracted(bag, reach=0.0, rectified=rectified)
    sample = entry.load()
    assert np.array_equal(sample.image, bag_scene.picture()) == rectified
    expected = points_to_depth(wall(10.0), entry.camera)
    seen = (sample.depth > 0) == np.isfinite(expected)
    assert seen.all() or (not rectified and seen.mean() > 0.99), 'all but what R turns away'
    np.testing.assert_allclose(sample.depth[seen], np.nan_to_num(expected)[seen], atol=1 / 256)


def test_pose_stands_in_for_missing_transforms(tmp_path: Path) -> None:
    bag = bag_scene.write(tmp_path / 'bag', [r for i in range(2) for r in frame(i)])
    with pytest.raises(ValueError, match=r"2 x no transform: no transform leads from 'lidar'"):
        extracted(bag)
    _, entries = extracted(bag, reach=0.0, pose=bag_scene.LIDAR_IN_CAMERA)
    expect_wall(entries[0], 10.0)


def test_clouds_of_a_fixed_frame_may_lie_far_from_its_origin(tmp_path: Path) -> None:
    """A cloud in odom after 400 m of driving, and one in millimetres."""
    odom = pose_of(np.eye(3), (300, 40, -250))
    scans = [in_lidar(wall(10), np.linalg.inv(odom)), in_lidar(wall(10_000), np.eye(4))]
    records = [static(('odom', 'camera', odom), ('camera', 'lidar', np.eye(4)))]
    for index, (scan, name) in enumerate(zip(scans, ('odom', 'lidar'), strict=True)):
        records += frame(index, without=(CLOUD,))
        head = messages.header(stamp := START + STEP * index, name)
        records.append((CLOUD, stamp, messages.scan_cloud(scan, head)))
    done, [entry] = extracted(bag_scene.write(tmp_path / 'bag', records), reach=0.0)
    np.testing.assert_allclose(entry.load().depth[entry.load().depth > 0], 10, atol=1 / 256)
    assert np.count_nonzero(entry.load().depth) > 200
    assert done.skipped == {'unusable ground truth': 1}
    assert 'is the cloud in millimetres?' in done.details['unusable ground truth']


def test_turning_sensor_is_interpolated_at_the_image_stamp(tmp_path: Path) -> None:
    """The LiDAR nods on its mount: 0 degrees before the image, 8 after, image at a quarter."""
    half = np.deg2rad(1.0)
    nod = pose_of(matrix_from_quaternion((np.sin(half), 0, 0, np.cos(half))), (0, 0, 0))
    full = pose_of(nod[:3, :3] @ nod[:3, :3] @ nod[:3, :3] @ nod[:3, :3], (0, 0, 0))
    mount = ('mount', 'lidar', bag_scene.LIDAR_IN_CAMERA)
    records = [
        static(mount),
        bag_scene.moving(START - STEP, 'camera', 'mount', np.eye(4)),
        bag_scene.moving(START + 3 * STEP, 'camera', 'mount', full),
        *frame(0, scan=in_lidar(wall(10.0), nod @ bag_scene.LIDAR_IN_CAMERA)),
        *frame(9),
    ]
    done, [entry] = extracted(bag_scene.write(tmp_path / 'bag', records), reach=0.0)
    expect_wall(entry, 10.0)
    assert done.skipped == {'no transform': 1}  # frame 9 comes after the last pose
    assert 'not at' in done.details['no transform']


def test_fixed_frame_takes_out_what_the_robot_moved(tmp_path: Path) -> None:
    """At 20 m/s the camera is 0.4 m farther at its stamp than the LiDAR was 20 ms before."""
    speed, late = 20.0, 20_000_000

    def odometry(stamp: int):
        pose = pose_of(np.eye(3), (0, 0, speed * (stamp - START) / 1e9))
        return bag_scene.moving(stamp, 'odom', 'camera', pose)

    records = [
        static(),
        *(odometry(START + i * STEP) for i in range(-1, 3)),
        *frame(0, scan=in_lidar(wall(10.4)), scan_late=-late),
    ]
    bag = bag_scene.write(tmp_path / 'bag', sorted(records, key=lambda record: record[1]))
    _, [moved] = extracted(bag, reach=0.0, fixed_frame='odom')
    shifted = wall(10.4) - (0, 0, 0.4)
    expected = np.nan_to_num(points_to_depth(shifted, CAMERA), nan=0)
    np.testing.assert_allclose(moved.load().depth, expected, atol=1 / 256)
    bag.rename(tmp_path / 'again')
    _, [still] = extracted(tmp_path / 'again', reach=0.0)
    assert still.load().depth.max() == pytest.approx(10.4, abs=1 / 256)


def test_distorted_images_are_rectified_and_points_meet_them(tmp_path: Path) -> None:
    """A pattern painted through the lens: what lies at a point's pixel is that point's colour."""
    info = bag_scene.distorted()
    camera = Camera(100.0, 104.0, 63.0, 36.5, width=128, height=72)
    v, u = np.mgrid[: camera.height, : camera.width].astype(np.float64).reshape(2, -1)
    rays = cv2.undistortPoints(np.stack([u, v], -1)[:, None], camera.K, info['d'])[:, 0]
    painted = np.zeros((camera.height, camera.width, 3), np.uint8)
    painted[..., 0] = np.clip(128 + 150 * rays[:, 0], 0, 255).reshape(camera.height, -1)
    records = [
        static(),
        *frame(0, camera=camera, info=info, image=painted, scan=in_lidar(wall(8, camera))),
    ]
    _, [entry] = extracted(bag_scene.write(tmp_path / 'bag', records), reach=0.0)
    sample = entry.load()
    assert entry.camera == camera  # P of this camera_info is K
    rows, columns = np.nonzero(sample.depth)
    assert len(rows) > 500
    expected = np.clip(128 + 150 * (columns - camera.cx) / camera.fx, 0, 255)
    assert np.abs(sample.image[rows, columns, 0] - expected).max() < 4
    black = ~sample.image.any(axis=2)
    assert not sample.depth[black].any()


def raw_depth_bag(path: Path, **info: np.ndarray) -> Path:
    """Depth of a slanted wall, z = 6 + x, registered to a raw image whose lens distorts."""
    head, topic = messages.header(START, 'camera'), '/aligned_depth_to_color/image_raw'
    camera = Camera(100.0, 104.0, 63.0, 36.5, width=128, height=72)
    fields = {**bag_scene.distorted(), **info}
    v, u = np.mgrid[: camera.height, : camera.width].astype(np.float64).reshape(2, -1)
    rays = cv2.undistortPoints(np.stack([u, v], -1)[:, None], camera.K, fields['d'])[:, 0]
    depth = (6 / (1 - rays[:, 0])).reshape(camera.height, -1).astype(np.float32)
    image = np.full((camera.height, camera.width, 3), 90, np.uint8)
    beside = messages.camera_info(camera, head)
    vars(beside).update(fields)
    records = [
        *frame(0, camera=camera, info=fields, image=image, without=(CLOUD,)),
        ('/aligned_depth_to_color/camera_info', START, beside),
        (topic, START, messages.depth_image(depth, head)),
    ]
    kinds = {
        '/aligned_depth_to_color/camera_info': 'sensor_msgs/msg/CameraInfo',
        topic: 'sensor_msgs/msg/Image',
    }
    return bag_scene.write(path, records, **kinds)


def test_depth_registered_to_a_distorted_image_is_rectified_as_that_is(tmp_path: Path) -> None:
    done, [entry] = extracted(raw_depth_bag(tmp_path / 'bag'), reach=0.0)
    assert done.topics[2] == '/aligned_depth_to_color/image_raw'
    depth, camera = entry.load().depth, entry.camera
    columns = np.arange(camera.width)
    expected = np.broadcast_to(6 / (1 - (columns - camera.cx) / camera.fx), depth.shape)
    known = depth > 0
    assert known.mean() > 0.9
    # The nearest raw pixel lies up to 0.7 px off; a pixel is up to 2.8 % of depth, the lens 17 %.
    assert np.abs(depth / expected - 1)[known].max() < 0.03
    assert np.abs(depth / expected - 1)[known].mean() < 0.005


def test_depth_registered_to_rectified_images_stays_as_it_is(tmp_path: Path) -> None:
    """Drivers publish rectified images beside the camera_info of the lens that is gone."""
    path = raw_depth_bag(tmp_path / 'bag')
    _, [entry] = extracted(path, reach=0.0, rectified=True)
    with open_bag(path) as reader:
        messages_of_topic = messages_of(reader, '/aligned_depth_to_color/image_raw')
        recorded = depth_from_message(next(messages_of_topic)[1])
    np.testing.assert_allclose(entry.load().depth, recorded, atol=1 / 256)


def test_raw_depth_of_a_camera_that_rectification_turns_is_refused(tmp_path: Path) -> None:
    turn = matrix_from_quaternion((0, np.sin(0.05), 0, np.cos(0.05))).ravel()
    rounded = matrix_from_quaternion((0, 2e-5, 0, 1)).ravel()
    _, [entry] = extracted(raw_depth_bag(tmp_path / 'rounded', r=rounded), reach=0.0)
    assert (entry.load().depth > 0).mean() > 0.9
    words = r'1 x unusable ground truth: .* that rectification turns \(r of camera_info\)'
    with pytest.raises(ValueError, match=words):
        extracted(raw_depth_bag(tmp_path / 'bag', r=turn), reach=0.0)


def test_depth_of_another_camera_is_moved_into_the_image(tmp_path: Path) -> None:
    depth_camera = Camera(45.0, 45.0, 20.0, 15.0, width=40, height=30)
    head = messages.header(START, 'depth')
    depth = np.full((30, 40), 5.0, np.float32)
    depth[0] = np.nan
    depth[1] = 0
    records = [
        static(('camera', 'depth', pose_of(np.eye(3), (0.1, 0, 0)))),
        *frame(0, without=(CLOUD,)),
        ('/depth/camera_info', START, messages.camera_info(depth_camera, head)),
        ('/depth/image_rect', START, messages.depth_image(depth, head)),
    ]
    kinds = {
        '/depth/camera_info': 'sensor_msgs/msg/CameraInfo',
        '/depth/image_rect': 'sensor_msgs/msg/Image',
    }
    bag = bag_scene.write(tmp_path / 'bag', records, **kinds)
    done, [entry] = extracted(bag, reach=0.0)
    assert done.topics[2] == '/depth/image_rect'
    v, u = np.mgrid[2:30, :40].reshape(2, -1)
    points = np.stack([(u - 20) / 45 * 5 + 0.1, (v - 15) / 45 * 5, np.full(u.shape, 5.0)], axis=-1)
    expected = np.nan_to_num(points_to_depth(points, CAMERA), nan=0)
    np.testing.assert_array_equal(entry.load().depth, expected)


def test_own_predictions_are_never_taken_for_ground_truth(tmp_path: Path) -> None:
    head = messages.header(START, 'camera')
    cloud = messages.scan_cloud(in_lidar(wall(3)), head)
    records = [*frame(0), static(), ('/front/points', START, cloud)]
    records.append(
        (
            '/front/depth/uncertainty',
            START,
            messages.depth_image(np.ones((36, 64), np.float32), head),
        )
    )
    kinds = {
        '/front/points': bag_scene.KINDS[CLOUD],
        '/front/depth/uncertainty': bag_scene.KINDS[IMAGE],
    }
    done, _ = extracted(bag_scene.write(tmp_path / 'bag', records, **kinds))
    assert done.topics[2] == CLOUD
    other = messages.scan_cloud(in_lidar(wall(3)), messages.header(START, 'lidar'))
    records[-2:] = [('/front/points', START, other)]
    bag = bag_scene.write(tmp_path / 'two', records, **kinds)
    with pytest.raises(
        ValueError, match=r'several topics may hold the ground truth \(/front/points, /lidar'
    ):
        extracted(bag)


def test_measurements_too_far_in_time_are_no_failure(tmp_path: Path) -> None:
    records = [static()]
    for index in range(6):
        without = () if index in (0, 4) else (CLOUD,)
        records += frame(index, scan_late=15_000_000, without=without)
    bag = bag_scene.write(tmp_path / 'bag', records)
    done, _ = extracted(bag)
    assert (done.written, done.failed, done.skipped) == (2, 0, {NO_GROUND_TRUTH: 4})
    with pytest.raises(ValueError, match=r'6 x no ground truth near in time: none within 0.01 s'):
        extract(bag, tmp_path / 'other', ExtractOptions(tolerance=0.01))


@pytest.mark.parametrize('first', [0, 1])
def test_every_nth_is_picked_among_those_that_were_measured(tmp_path: Path, first: int) -> None:
    """Twice as many images as clouds, which begin with either of the first two images."""
    records = [static()]
    for index in range(9):
        records += frame(index, without=(CLOUD,) if index % 2 != first else ())
    bag = bag_scene.write(tmp_path / 'bag', records)
    done, entries = extracted(bag, every=2)
    stamps = [START + STEP * index for index in range(first, 9, 4)]
    assert [entry.tags['stamp'] for entry in entries] == stamps
    assert done.skipped == {NO_GROUND_TRUTH: 4 + first}


def test_bad_frames_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Small image, zero K, a repeated stamp, a cloud of two points; K changes once."""
    zoomed = Camera(60.0, 60.0, 31.0, 17.5, width=64, height=36)
    records = [
        static(),
        *frame(0),
        *frame(1, image=bag_scene.picture()[:20]),
        *frame(2, info={'k': np.zeros(9)}),
        *frame(3, camera=zoomed, scan=in_lidar(wall(10, zoomed))),
        *frame(4, scan=in_lidar(wall(14))[:2]),
        *frame(5, stamp=START + STEP),
        *frame(6, camera=zoomed, scan=in_lidar(wall(16, zoomed))),
    ]
    bag = bag_scene.write(tmp_path / 'bag', records)
    assert main(['bag', 'extract', str(bag), str(tmp_path / 'data'), '--occlusion', '0']) == 1
    said = capsys.readouterr()
    assert 'images left out, unusable image or camera_info; the first: image is 64x20' in said.err
    assert '1 images left out, too few true pixels' in said.err
    assert '1 images left out, a stamp for the second time' in said.err
    assert 'the calibration changes' in said.err
    entries = read_manifest(tmp_path / 'data' / 'manifest.jsonl')
    assert [e.tags['stamp'] for e in entries] == [START, START + 3 * STEP, START + 6 * STEP]
    assert [e.camera for e in entries] == [CAMERA, zoomed, zoomed]
    assert '3 frames, ' in said.out


@pytest.mark.parametrize(
    ('without', 'arguments', 'words'),
    [
        ((INFO,), [], 'no matching camera_info for /front/image_raw'),
        ((IMAGE,), [], 'no image topic in this bag; its topics: /front/camera_info'),
        ((CLOUD,), [], 'no topic of measured points or depth in this bag'),
        ((), ['--image-topic', '/front/image'], "did you mean '/front/image_raw'?"),
        ((), ['--truth-topic', '/lidar/point'], "did you mean '/lidar/points'?"),
        ((), ['--truth-topic', '/tf_static'], 'is of type tf2_msgs/msg/TFMessage, which does not'),
        ((), ['--camera-info-topic', '/camera_info'], "did you mean '/front/camera_info'?"),
        ((), ['--every', '0'], 'every = 0 must be at least 1'),
        ((), ['--val-share', '0.1'], 'leaves no frame to train or to validate on'),
        ((), ['--pose', *'0001000'], 'too few true pixels: 0 at'),  # it looks backwards
    ],
)  # fmt: skip
def test_unusable_bags_are_exit_code_2(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    without: tuple[str, ...],
    arguments: list[str],
    words: str,
) -> None:
    records = [static(), *frame(0, without=without), *frame(1, without=without)]
    bag = bag_scene.write(tmp_path / 'bag', records)
    assert main(['bag', 'extract', str(bag), str(tmp_path / 'data'), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list((tmp_path).glob('data/*.jsonl'))


def test_height_of_the_camera_goes_into_the_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = bag_scene.write(tmp_path / 'bag', [static(), *frame(0), *frame(1)])
    assert main(['bag', 'extract', str(bag), str(tmp_path / 'a'), '--camera-height', '0.4']) == 0
    assert 'height' not in capsys.readouterr().err
    assert {e.load().camera_height for e in read_manifest(tmp_path / 'a')} == {0.4}
    assert main(['bag', 'extract', str(bag), str(tmp_path / 'b')]) == 0
    assert 'the manifest names no height of the camera' in capsys.readouterr().err
    assert {e.load().camera_height for e in read_manifest(tmp_path / 'b')} == {None}
    with pytest.raises(ValueError, match='camera_height=400'):
        ExtractOptions(camera_height=400)


def test_data_sets_are_never_mixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = bag_scene.scene(tmp_path / 'bag')
    command = ['bag', 'extract', str(bag), str(tmp_path / 'data')]
    assert main(command) == 0
    assert main(command) == 2
    assert 'holds a data set already' in capsys.readouterr().err


def test_broken_transforms_are_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = messages.tf_message(START, [('camera', 'arm', np.eye(4))])
    broken.transforms[0].transform.rotation.w = 0.0
    records = [static(), ('/tf', START, broken), *frame(0)]
    bag = bag_scene.write(tmp_path / 'bag', records)
    assert main(['bag', 'extract', str(bag), str(tmp_path / 'data')]) == 0
    assert 'warning: transform camera -> arm: ' in capsys.readouterr().err


def test_missing_static_transforms_are_named(tmp_path: Path) -> None:
    bag = bag_scene.write(tmp_path / 'bag', [*frame(0), *frame(1)])
    with pytest.raises(ValueError, match=r'holds no /tf_static, .* first part alone: .*--pose'):
        extracted(bag)
    other = static(('base', 'lidar', np.eye(4)))
    bag = bag_scene.write(tmp_path / 'other', [other, *frame(0)])
    with pytest.raises(ValueError, match='no transform leads from') as failure:
        extracted(bag)
    assert '--pose' not in str(failure.value)


def test_a_damaged_image_costs_one_image(tmp_path: Path) -> None:
    bag = bag_scene.scene(tmp_path / 'bag')
    storage = bag / 'bag.mcap'
    data = bytearray(storage.read_bytes())
    places = [i for i in range(len(data)) if data.startswith(b'rgb8\0', i)]
    assert len(places) == 3
    data[places[1] - 1] = 0xFF  # the length of the text
    storage.write_bytes(data)
    done, entries = extracted(bag)
    assert (done.written, len(entries)) == (2, 2)
    assert (done.failed, done.skipped, done.damage.counts) == (1, {}, {IMAGE: 1})


def test_error_of_ours_is_not_blamed_on_the_bag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError('nothing to do with the bag')

    monkeypatch.setattr('lacdepth_ros.bags.extract.write_depth_png', fail)
    with pytest.raises(ValueError, match=r'^nothing to do with the bag'):
        extracted(bag_scene.scene(tmp_path / 'bag'))


def test_camera_that_was_chosen_is_told_with_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rear = '/rear/image_raw'
    records = [bag_scene.static(), *bag_scene.frame(0)]
    records += [(rear, *rest) for topic, *rest in records if topic == bag_scene.IMAGE]
    bag = bag_scene.write(tmp_path / 'bag', records, **{rear: bag_scene.KINDS[bag_scene.IMAGE]})
    assert main(['bag', 'extract', str(bag), str(tmp_path / 'data')]) == 0
    assert f'are taken; there are also {rear}; --image-topic chooses' in capsys.readouterr().err
