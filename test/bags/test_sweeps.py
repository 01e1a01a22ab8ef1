# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Raw sweeps of a moving robot: each point is measured at a time of its own."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import bag_scene
import numpy as np
import pytest
from bag_scene import CLOUD, START, STEP, frame, in_lidar, static, wall
from livox_bag import bag_with_custom_msg

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.transforms import matrix_from_quaternion, pose_of
from lacdepth_ros.cli.main import main
from lacdepth_ros.core.geometry import points_to_depth
from lacdepth_ros.data.manifest import read_manifest

SPEED, TURN, LASTS = 15.0, 0.3, 0.1  # m/s, rad/s, s
# PointField.datatype, and what it says of seconds since the stamp.
FIELDS = {
    't': (6, lambda s: np.rint(s * 1e9)),  # Ouster
    'time': (7, lambda s: s),  # Velodyne
    'timestamp': (8, lambda s: START / 1e9 + s),  # Hesai, RoboSense
    'Timestamp': (8, lambda s: START + s * 1e9),  # Livox
    'offset_time': (6, lambda s: np.rint(s * 1e9)),
}
FOREIGN = {'time_stamp': (8, lambda s: 5000 + s)}
KINDS = {6: '<u4', 7: '<f4', 8: '<f8'}


def robot_at(stamp: int) -> np.ndarray:
    """Pose of the camera in odom: it drives ahead and turns to the right."""
    seconds = (stamp - START) / 1e9
    half = TURN * seconds / 2
    turned = matrix_from_quaternion((0, np.sin(half), 0, np.cos(half)))
    return pose_of(turned, (0, 0, SPEED * seconds))


def timed(scan: np.ndarray, field: str | None, seconds: np.ndarray, name: str = 'lidar') -> object:
    """A cloud with times; without a field as it is."""
    message = messages.scan_cloud(scan, messages.header(START, name))
    if field is None:
        return message
    datatype, written = (FIELDS | FOREIGN)[field]
    row = np.dtype({'names': ['scan', 'time'], 'formats': ['16u1', KINDS[datatype]]})
    rows = np.zeros(len(scan), row)
    rows['scan'], rows['time'] = message.data.reshape(-1, 16), written(seconds)
    time = SimpleNamespace(name=field, offset=16, datatype=datatype, count=1)
    message.fields.append(time)
    message.point_step, message.row_step = row.itemsize, row.itemsize * len(scan)
    message.data = rows.view(np.uint8)
    return message


def swept_wall() -> tuple[np.ndarray, np.ndarray]:
    """Scan of a wall 10 m before the camera at START, from left to right, and its seconds."""
    points = wall(10.0)
    seconds = np.linspace(0, LASTS, len(points))
    swept = np.empty_like(points)
    for index, second in enumerate(seconds):
        seen = np.linalg.inv(robot_at(START + round(second * 1e9))) @ robot_at(START)
        swept[index] = seen[:3, :3] @ points[index] + seen[:3, 3]
    return in_lidar(swept), seconds


def odometry_of_robot() -> list:
    stamps = [START + i * STEP // 4 for i in range(6)]
    return [bag_scene.moving(s, 'odom', 'camera', robot_at(s)) for s in stamps]


def bag_of(path: Path, field: str | None, *, odometry: bool = True, topic: str = CLOUD) -> Path:
    """The camera's one image, and the sweep that was begun with it."""
    scan, seconds = swept_wall()
    records = [static(), *frame(0, without=(CLOUD,))]
    if odometry:
        records += odometry_of_robot()
    records.append((topic, START, timed(scan, field, seconds)))
    return bag_scene.write(path, records, **{topic: bag_scene.KINDS[CLOUD]})


def extracted(bag: Path, *options: str) -> np.ndarray:
    """Extract, with the depth of the one frame."""
    data = bag.with_name('data')
    command = ['bag', 'extract', str(bag), str(data), '--occlusion', '0', '--camera-height', '1']
    assert main([*command, *options]) == 0
    [entry] = read_manifest(data)
    return entry.load().depth


@pytest.mark.parametrize('field', FIELDS)
def test_points_are_moved_from_where_the_sensor_was_at_their_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], field: str
) -> None:
    depth = extracted(bag_of(tmp_path / 'bag', field), '--fixed-frame', 'odom')
    expected = np.isfinite(points_to_depth(wall(10.0), bag_scene.CAMERA))
    assert np.mean((depth > 0) == expected) > 0.98  # 1 ms share a pose: some pixels beside
    np.testing.assert_allclose(depth[depth > 0], 10.0, atol=0.015)
    said = capsys.readouterr()
    assert f'each point at its own time (field {field!r}, 0.1 s a sweep)' in said.out
    assert 'sweep' not in said.err


def test_what_is_not_taken_out_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    depth = extracted(bag_of(tmp_path / 'bag', 't'))
    assert depth[depth > 0].min() < 9
    err = capsys.readouterr().err
    assert "/lidar/points: the points of a sweep are measured over 0.1 s (field 't') and" in err
    assert 'as if at once; up to 1.5' in err  # and what they were turned


@pytest.mark.parametrize(
    ('bag', 'options', 'said'),
    [
        ({'field': 't', 'odometry': False}, [], 'at once; what the robot moved meanwhile stays'),
        ({'field': 't'}, ['--deskewed'], ''),
        ({'field': 't', 'topic': '/lidar/points_deskewed'}, [], ''),
        ({'field': 't', 'topic': '/lidar/points_deskewed'}, ['--no-deskewed'], 'at once; up to'),
        ({'field': None}, [], ''),
    ],
)
def test_sweeps_without_times_or_deskewed_are_not_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bag: dict, options: list[str], said: str
) -> None:
    depth = extracted(bag_of(tmp_path / 'bag', **bag), *options)
    assert depth[depth > 0].min() < 9  # taken as they are
    err = capsys.readouterr().err
    assert said in err if said else 'sweep' not in err


def test_points_that_are_deskewed_are_not_moved_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = bag_of(tmp_path / 'bag', 't', topic='/points_undistorted')
    depth = extracted(bag, '--fixed-frame', 'odom')
    assert depth[depth > 0].min() < 9
    assert 'deskewed already by its name' in capsys.readouterr().out


@pytest.mark.parametrize('options', [[], ['--fixed-frame', 'odom']])
def test_registered_clouds_need_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    """In odom every point lies where it is; their times were kept."""
    records = odometry_of_robot()
    scan = in_lidar(wall(10.0), np.eye(4))
    cloud = timed(scan, 't', np.linspace(0, LASTS, len(scan)), 'odom')
    records += [*frame(0, without=(CLOUD,)), (CLOUD, START, cloud)]
    depth = extracted(bag_scene.write(tmp_path / 'bag', records), *options)
    np.testing.assert_allclose(depth[depth > 0], 10.0, atol=1 / 256)
    assert 'sweep' not in capsys.readouterr().err


def test_times_in_no_known_unit_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = bag_of(tmp_path / 'bag', 'time_stamp')  # of a clock that was never set
    depth = extracted(bag, '--fixed-frame', 'odom')
    assert depth[depth > 0].min() < 9
    said = capsys.readouterr()
    assert "field 'time_stamp' counts in no unit that fits a sweep" in said.err
    assert 'at its own time' not in said.out


@pytest.mark.parametrize('is_defined', [True, False])
def test_sweeps_of_livox_own_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_defined: bool
) -> None:
    """With the definition in the bag, as MCAP has it, and without, as older sqlite3 bags are."""
    scan, seconds = swept_wall()
    records = [static(), *frame(0, without=(CLOUD,)), *odometry_of_robot()]
    offsets = np.rint(seconds * 1e9).astype(int)
    bag = bag_with_custom_msg(
        tmp_path / 'bag', records, START, scan[:, :3], offsets, is_defined=is_defined
    )
    depth = extracted(bag, '--fixed-frame', 'odom')
    np.testing.assert_allclose(depth[depth > 0], 10.0, atol=0.015)
    assert "ground truth /livox/lidar, each point at its own time (field 'offset_time'" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ('around', 'options', 'said'),
    [
        (True, [], 'up to 1.5'),
        (True, ['--fixed-frame', 'odom'], 'up to 1.5'),
        (True, ['--deskewed'], ''),
        (False, [], ''),  # a flash
    ],
)
def test_turning_sensors_without_times_are_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    around: bool,
    options: list[str],
    said: str,
) -> None:
    """Such as rslidar_sdk's clouds as they come; the bag's first and last poses frame the scan."""
    scan = in_lidar(wall(10.0))
    if around:
        angles = np.linspace(0, 2 * np.pi, 100)
        ring = np.stack([3 * np.cos(angles), 3 * np.sin(angles), 0 * angles, 1 + 0 * angles], 1)
        scan = np.concatenate([scan, ring.astype(np.float32)])
    stamps = [START + i * STEP // 4 for i in range(-6, 6)]
    records = [static(), *frame(0, scan=scan)]
    records += [bag_scene.moving(s, 'odom', 'camera', robot_at(s)) for s in stamps]
    extracted(bag_scene.write(tmp_path / 'bag', records), *options)
    err = capsys.readouterr().err
    assert ('have no times; if it turns' in err) is bool(said)
    assert said in err


def test_depth_cameras_do_not_turn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In an optical frame their points lie on all sides of the z axis."""
    scan = in_lidar(wall(10.0), np.eye(4))
    cloud = messages.scan_cloud(scan, messages.header(START, 'camera'))
    stamps = [START + i * STEP // 4 for i in range(-6, 6)]
    records = [*frame(0, without=(CLOUD,)), (CLOUD, START, cloud)]
    records += [bag_scene.moving(s, 'odom', 'camera', robot_at(s)) for s in stamps]
    extracted(bag_scene.write(tmp_path / 'bag', records))
    assert 'turns' not in capsys.readouterr().err
