# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Each camera gets the transforms of its own robot, and no drawing's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bag_scene
import numpy as np
import pytest
from bag_scene import IMAGE, KINDS, START, STEP, frame, in_lidar, moving, static, wall
from scipy.spatial.transform import Rotation

from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import Extraction, ExtractOptions
from lacdepth_ros.bags.motion import camera_motion
from lacdepth_ros.bags.transform_tree import TransformTree, joined
from lacdepth_ros.bags.transforms import pose_of
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.manifest import read_manifest

Record = tuple[str, int, Any]
TF = 'tf2_msgs/msg/TFMessage'
SCAN = in_lidar(wall(10.0))


def mount(topic: str, forward: float, *, parent: str = 'camera') -> Record:
    """The LiDAR of a robot, so much farther ahead [m] than in the scene."""
    pose = pose_of(np.eye(3), (0, 0, forward)) @ bag_scene.LIDAR_IN_CAMERA
    return (topic, *static((parent, 'lidar', pose))[1:])


def extracted(path: Path, records: list[Record], **options: Any) -> tuple[Extraction, list[float]]:
    """What became of the bag, and the distance of the wall in each frame."""
    kinds = {topic: TF for topic, _, _ in records if 'tf' in topic}
    kinds |= {t: KINDS[f'/{t.split("/", 2)[2]}'] for t, _, _ in records if t.startswith('/r')}
    bag = bag_scene.write(path, records, **{**KINDS, **kinds})
    output = path.with_name(f'{path.name}_data')
    done = extract(bag, output, ExtractOptions(min_points=1, reach=0.0, **options))
    depths = [entry.load().depth for entry in read_manifest(output / 'manifest.jsonl')]
    return done, [float(np.median(depth[depth > 0])) for depth in depths]


@pytest.mark.parametrize(('robot', 'depth'), [('r1', 10.0), ('r2', 13.0)])
@pytest.mark.parametrize('turned', [False, True])
def test_each_robot_has_its_own_mount(
    tmp_path: Path, robot: str, depth: float, turned: bool
) -> None:
    mounts = [mount('/r1/tf_static', 0.0), mount('/r2/tf_static', 3.0)]
    records = mounts[::-1] if turned else mounts
    records += [(f'/{name}{t}', *rest) for name in ('r1', 'r2') for t, *rest in frame(0)]
    topics = {'image_topic': f'/{robot}{IMAGE}', 'ground_truth_topic': f'/{robot}/lidar/points'}
    done, found = extracted(tmp_path / 'bag', records, **topics)
    assert found == pytest.approx([depth], abs=1 / 256)
    other = '/r2/tf_static' if robot == 'r1' else '/r1/tf_static'
    [warning] = done.warnings
    assert f'transforms of /{robot}/tf_static are taken' in warning
    assert f'those of {other} are not' in warning


@pytest.mark.parametrize('drawing', ['/viz/target_tf', '/a_drawing_tf_static', '/tf_old'])
def test_transforms_that_are_not_called_tf_are_no_part_of_the_tree(
    tmp_path: Path, drawing: str
) -> None:
    records = [mount('/tf_static', 0.0), mount(drawing, 4.0), *frame(0)]
    done, found = extracted(tmp_path / 'bag', records)
    assert found == pytest.approx([10.0], abs=1 / 256)
    assert done.warnings == []
    with pytest.raises(ValueError, match=rf'no transform leads .*; not read were {drawing}'):
        extracted(tmp_path / 'alone', records[1:])


def test_the_robot_above_counts_and_not_the_one_beside(tmp_path: Path) -> None:
    """A camera in a namespace of its own, as drivers have it, below no robot's."""
    records = [mount('/tf_static', 0.0), mount('/zed/tf_static', 3.0), *frame(0)]
    assert extracted(tmp_path / 'bag', records)[1] == pytest.approx([10.0], abs=1 / 256)


def test_topics_that_contradict_each_other_are_refused_where_they_matter(tmp_path: Path) -> None:
    words = r"no transform: /a/tf_static and /b/tf_static place frame 'lidar' "
    for other, how in (
        (mount('/b/tf_static', 3.0), '3.000 m and 0.0 degrees apart'),
        (mount('/b/tf_static', 0.0, parent='base'), 'in different parents'),
    ):
        records = [mount('/a/tf_static', 0.0), other, *frame(0)]
        with pytest.raises(ValueError, match=words + how):
            extracted(tmp_path / other[2].transforms[0].header.frame_id, records)
    same = [mount('/a/tf_static', 0.0), mount('/b/tf_static', 0.0), *frame(0)]
    assert extracted(tmp_path / 'same', same)[1] == pytest.approx([10.0], abs=1 / 256)
    elsewhere = [
        *same,
        ('/a/tf_static', *static(('base', 'arm', np.eye(4)))[1:]),
        ('/b/tf_static', *static(('mast', 'arm', np.eye(4)))[1:]),
    ]
    assert extracted(tmp_path / 'arm', elsewhere)[1] == pytest.approx([10.0], abs=1 / 256)


@pytest.mark.parametrize(
    ('inner', 'outer'), [('/front/tf_static', '/tf_static'), ('/tf_static', '/front/tf_static')]
)
def test_topics_around_the_camera_s_complete_its_own(
    tmp_path: Path, inner: str, outer: str
) -> None:
    """Driver and robot description each place half of the frames; another robot stays out."""
    records = [
        (inner, *static(('cam_link', 'camera', np.eye(4)))[1:]),
        mount(outer, 0.0, parent='cam_link'),
        mount('/rear/tf_static', 3.0, parent='cam_link'),
        *frame(0),
    ]
    done, found = extracted(tmp_path / 'bag', records)
    assert found == pytest.approx([10.0], abs=1 / 256)
    assert any('those of /rear/tf_static are not' in text for text in done.warnings)
    both = [mount('/front/tf_static', 0.0), mount('/tf_static', 3.0), *frame(0)]
    done, found = extracted(tmp_path / 'both', both)
    assert found == pytest.approx([10.0], abs=1 / 256)
    assert done.warnings == [
        "/front/tf_static and /tf_static place frame 'lidar' 3.000 m and 0.0 degrees "
        'apart; /front/tf_static counts'
    ]


def test_topics_around_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    """None of the two is nearer; what the nearest topics place is theirs all the same."""
    nearest = [
        ('/front/tf_static', *static(('cam_link', 'camera', np.eye(4)))[1:]),
        ('/front/tf', *moving(START, 'odom', 'cam_link', np.eye(4))[1:]),
    ]
    other = [mount('/tf_static', 0.0), mount('/tf', 3.0)]
    words = r"no transform: /tf_static and /tf place frame 'lidar' 3.000 m"
    with pytest.raises(ValueError, match=words):
        extracted(tmp_path / 'bag', [*nearest, *other, *frame(0)])
    own = mount('/front/tf_static', 0.0)
    found = extracted(tmp_path / 'own', [*nearest, own, *other, *frame(0)])[1]
    assert found == pytest.approx([10.0], abs=1 / 256)


@pytest.mark.parametrize(
    ('shift', 'degrees', 'counts'),
    [(0.0, 0.0, True), (0.002, 0.0, True), (0.049, 1.9, True), (0.051, 0, False), (0, 2.1, False)],
)
@pytest.mark.parametrize('topic', ['/tf', '/b/tf_static'])
def test_a_mount_told_twice_with_a_little_difference_is_told_and_the_first_counts(
    topic: str, shift: float, degrees: float, counts: bool
) -> None:
    """Nominal and calibrated: up to 5 cm and 2 degrees they are one mount, beyond it two."""
    moves = topic == '/tf'
    stated = Rotation.from_euler('y', 30, degrees=True)
    turned = Rotation.from_euler('z', degrees, degrees=True) * stated
    nominal, calibrated = TransformTree(), TransformTree()
    nominal.add('camera', 'lidar', START, (1, 0, 0), stated.as_quat(), static=True)
    place = (1 + 0.6 * shift, 0.8 * shift, 0)
    calibrated.add('camera', 'lidar', START, place, turned.as_quat(), static=not moves)
    tree = joined([{'/a/tf_static': nominal, topic: calibrated}])
    told = f"/a/tf_static and {topic} place frame 'lidar' {shift:.3f} m and {degrees:.1f} degrees"
    if not counts:
        with pytest.raises(LookupError, match=told):
            tree.lookup('camera', 'lidar', START)
        return
    found = tree.lookup('camera', 'lidar', START)
    np.testing.assert_allclose(found, pose_of(stated.as_matrix(), (1, 0, 0)), atol=1e-12)
    remarks = [f'{told} apart; /a/tf_static counts'] if shift else []
    assert tree.remarks == remarks


def test_a_little_difference_of_two_topics_is_a_warning(tmp_path: Path) -> None:
    records = [mount('/a/tf_static', 0.0), mount('/b/tf_static', 0.03), *frame(0)]
    done, found = extracted(tmp_path / 'bag', records)
    assert found == pytest.approx([10.0], abs=1 / 256)
    [warning] = done.warnings
    assert "/a/tf_static and /b/tf_static place frame 'lidar' 0.030 m" in warning


def test_a_frame_that_stands_and_moves_at_once_is_refused(tmp_path: Path) -> None:
    nod = pose_of(np.eye(3), (0, 0, 1.0)) @ bag_scene.LIDAR_IN_CAMERA
    records = [
        mount('/tf_static', 0.0),
        moving(START - STEP, 'camera', 'lidar', bag_scene.LIDAR_IN_CAMERA),
        moving(START + STEP, 'camera', 'lidar', nod),
        *frame(0),
    ]
    with pytest.raises(ValueError, match=r"/tf_static and /tf place frame 'lidar' 1\.000 m"):
        extracted(tmp_path / 'bag', records)
    records[2] = moving(START + STEP, 'camera', 'lidar', bag_scene.LIDAR_IN_CAMERA)
    assert extracted(tmp_path / 'same', records)[1] == pytest.approx([10.0], abs=1 / 256)


def test_the_camera_moves_as_its_own_robot_does(tmp_path: Path) -> None:
    records = []
    for index in range(2):
        for robot, speed in (('r1', 1.0), ('r2', 5.0)):
            pose = pose_of(np.eye(3), (0, 0, speed * index))
            _, stamp, message = moving(START + index * STEP, 'odom', 'camera', pose)
            records.append((f'/{robot}/tf', stamp, message))
    bag = bag_scene.write(tmp_path / 'bag', records, **{'/r1/tf': TF, '/r2/tf': TF})
    for robot, way in (('r1', -1.0), ('r2', -5.0)):
        motion = camera_motion(bag, 'camera', f'/{robot}/front/image_raw')
        assert motion is not None
        np.testing.assert_allclose(motion(START, START + STEP)[:3, 3], (0, 0, way), atol=1e-12)


def test_a_mount_that_changes_counts_from_its_change_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The LiDAR goes 3 m ahead between 2nd and 3rd image; the first place is told late."""
    anew = ('/tf_static', START + 3 * STEP // 2, mount('', 3.0)[2])
    first = ('/tf_static', START + STEP // 2, mount('', 0.0)[2])
    again = ('/tf_static', START + 3 * STEP // 4, first[2])
    records = [r for index in range(4) for r in frame(index, scan=SCAN)] + [first, again, anew]
    records.sort(key=lambda record: record[1])
    done, found = extracted(tmp_path / 'bag', records)
    assert found == pytest.approx([10.0, 10.0, 13.0, 13.0], abs=1 / 256)
    assert done.warnings == [
        "/tf_static places frame 'lidar' anew 1 times; every image takes the place that was "
        'recorded last before it'
    ]
    assert main(['bag', 'extract', str(tmp_path / 'bag'), str(tmp_path / 'data')]) == 0
    assert "warning: /tf_static places frame 'lidar' anew" in capsys.readouterr().err


def test_pairs_in_a_gap_of_odometry_have_no_motion(tmp_path: Path) -> None:
    """The robot waits until 30 s and then drives 300 m; odometry is silent from 0.2 to 60 s."""
    times = [START + round(t * 1e9) for t in (0, 0.1, 0.2, 60, 60.1)]
    places = [pose_of(np.eye(3), (0, 0, z)) for z in (0, 0, 0, 300, 301)]
    records = [moving(t, 'odom', 'camera', p) for t, p in zip(times, places, strict=True)]
    motion = camera_motion(bag_scene.write(tmp_path / 'bag', records), 'camera', IMAGE)
    assert motion is not None
    assert motion(START + 10 * 10**9, START + 10 * 10**9 + STEP) is None
    np.testing.assert_allclose(motion(times[0], times[1])[:3, 3], 0, atol=1e-12)
    np.testing.assert_allclose(motion(times[3], times[4])[:3, 3], (0, 0, -1), atol=1e-9)
    done = [*records, *frame(100), *frame(0), static()]
    found, depths = extracted(tmp_path / 'scan', done, fixed_frame='odom')
    assert (len(depths), found.skipped) == (1, {'no transform': 1})
    assert 'odom -> camera has a gap of 59.8 s' in found.details['no transform']


def test_a_mount_on_tf_is_no_odometry(tmp_path: Path) -> None:
    records = [moving(START + i * STEP, 'base', 'camera', np.eye(4)) for i in range(5)]
    bag = bag_scene.write(tmp_path / 'bag', records)
    assert camera_motion(bag, 'camera', IMAGE) is None
    moves = [
        moving(START + i * STEP, 'odom', 'base', pose_of(np.eye(3), (0, 0, i))) for i in range(2)
    ]
    motion = camera_motion(bag_scene.write(tmp_path / 'b', records + moves), 'camera', IMAGE)
    assert motion is not None
    np.testing.assert_allclose(motion(START, START + STEP)[:3, 3], (0, 0, -1), atol=1e-9)


@pytest.mark.parametrize('ahead', [-1000 * 10**9, 10**18])
def test_a_change_is_placed_in_time_where_recording_and_stamps_have_two_clocks(
    tmp_path: Path, ahead: int
) -> None:
    """As in a simulation, or where a bag was recorded while another was played."""
    first = ('/tf_static', START + STEP // 2, mount('', 0.0)[2])
    anew = ('/tf_static', START + 3 * STEP // 2, mount('', 3.0)[2])
    records = [r for index in range(4) for r in frame(index, scan=SCAN)] + [first, anew]
    records = sorted(((t, at + ahead, m) for t, at, m in records), key=lambda record: record[1])
    _, found = extracted(tmp_path / 'bag', records)
    assert found == pytest.approx([10.0, 10.0, 13.0, 13.0], abs=1 / 256)


def test_an_image_without_a_stamp_makes_no_second_clock(tmp_path: Path) -> None:
    """A driver's first image, where the mount changes later."""
    first = ('/tf_static', START + STEP // 2, mount('', 0.0)[2])
    anew = ('/tf_static', START + 5 * STEP // 2, mount('', 3.0)[2])
    records = [r for index in range(1, 4) for r in frame(index, scan=SCAN)] + [first, anew]
    unset = bag_scene.messages.image(bag_scene.picture(), bag_scene.messages.header(0, 'camera'))
    records = sorted([(IMAGE, START, unset), *records], key=lambda record: record[1])
    _, found = extracted(tmp_path / 'bag', records)
    assert found == pytest.approx([10.0, 10.0, 13.0], abs=1 / 256)
