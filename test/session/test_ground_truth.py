# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ground truth of a bag's images: which topic, which file belongs to which image."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from replay_bags import (
    GROUND_TRUTH,
    IMAGES,
    PERIOD,
    START,
    predicted,
    stamps,
    wall,
    write_replay_bag,
)

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import write_depth_png, write_image
from lacdepth_ros.session.bag_frames import bag_frames
from lacdepth_ros.session.ground_truth import (
    GroundTruth,
    ground_truth_from_files,
    ground_truth_from_topic,
    no_ground_truth,
)

TOLERANCE = 10_000_000  # ns


def from_topic(bag: Path, topic: str | None = None) -> GroundTruth:
    images = BagImages(bag, IMAGES)
    return ground_truth_from_topic(bag, topic, images=images, tolerance_ns=TOLERANCE)


def from_files(path: Path, count: int) -> GroundTruth:
    return ground_truth_from_files(path, count=count, depth_scale=256.0, tolerance_ns=TOLERANCE)


def meters(ground_truth: GroundTruth, index: int, stamp: int) -> float | None:
    """Depth of the wall that belongs to an image; None without."""
    there = ground_truth.find(index, stamp)
    return None if there is None else float(there.load()[0, 0])


def test_recorded_ground_truth_is_found_by_stamp_within_the_tolerance(tmp_path: Path) -> None:
    bag = write_replay_bag(tmp_path / 'bag', [10, 20, 30], ground_truths={0: 5.0, 2: 7.0})
    with from_topic(bag) as ground_truth:
        assert ground_truth.description == f'topic {GROUND_TRUTH}'
        found = [meters(ground_truth, i, stamp) for i, stamp in enumerate(stamps(3))]
        assert found == [5.0, None, 7.0]
        assert meters(ground_truth, 9, START + TOLERANCE) == 5.0
        assert meters(ground_truth, 9, START - TOLERANCE) == 5.0
        assert ground_truth.find(9, START + TOLERANCE + 1) is None
        assert meters(ground_truth, 9, START + 2 * PERIOD + 1) == 7.0
        assert ground_truth.find(0, START).id == ''


def test_depth_topic_is_chosen_only_where_it_is_clear(tmp_path: Path) -> None:
    own = '/camera/depth/image_rect'  # a recorded answer of this node, not ground truth
    both = write_replay_bag(tmp_path / 'both', [10], topics=(own, GROUND_TRUTH))
    with from_topic(both) as ground_truth:
        assert ground_truth.description == f'topic {GROUND_TRUTH}'
    with from_topic(both, own) as ground_truth:
        assert ground_truth.description == f'topic {own}'
    two = write_replay_bag(tmp_path / 'two', [10], topics=('/a/depth', '/b/depth'))
    with pytest.raises(ValueError, match=r'several .*/a/depth, /b/depth.*--truth-topic'):
        from_topic(two)
    aligned = '/camera/aligned_depth_to_color/image_raw'  # of a RealSense; the other is a picture
    pictured = write_replay_bag(tmp_path / 'rs', [10], topics=(aligned, '/depth/image_color'))
    with from_topic(pictured) as ground_truth:
        assert ground_truth.description == f'topic {aligned}'
    answers = (own, own.replace('image_rect', 'uncertainty'))
    recorded = write_replay_bag(tmp_path / 'recorded', [10], topics=answers)
    with pytest.raises(ValueError, match=r'no depth topic .*uncertainty'):
        from_topic(recorded)
    with from_topic(recorded, own) as ground_truth:  # to compare two checkpoints, say
        assert ground_truth.description == f'topic {own}, which a depth node predicted'


def test_packed_depth_is_ground_truth_where_it_is_there_alone(tmp_path: Path) -> None:
    packed = f'{GROUND_TRUTH}/compressedDepth'
    alone = write_replay_bag(tmp_path / 'a', [10], ground_truths={0: 5.25}, topics=(packed,))
    with from_topic(alone) as ground_truth:
        assert ground_truth.description == f'topic {packed}'
        assert meters(ground_truth, 0, START) == 5.25
    both = write_replay_bag(tmp_path / 'b', [10], topics=(packed, GROUND_TRUTH))
    with from_topic(both) as ground_truth:
        assert ground_truth.description == f'topic {GROUND_TRUTH}'


def test_bag_without_depth_says_how_to_give_ground_truth(tmp_path: Path) -> None:
    bag = write_replay_bag(tmp_path / 'bag', [10], topics=('/other/picture',))
    with pytest.raises(ValueError, match=r'no depth topic .*/other/picture') as error:
        from_topic(bag)
    for way in ('--truth-topic', '--truth', '--no-truth', 'manifest', 'KITTI'):
        assert way in str(error.value)


def test_wrong_topic_is_refused_with_the_nearest(tmp_path: Path) -> None:
    bag = write_replay_bag(tmp_path / 'bag', [10])
    with pytest.raises(ValueError, match=rf"did you mean '{GROUND_TRUTH}'"):
        from_topic(bag, '/ground_truth/dept')
    with pytest.raises(ValueError, match='CameraInfo'):
        from_topic(bag, '/cam/camera_info')


def pngs(folder: Path, names: list[str]) -> Path:
    folder.mkdir()
    for index, name in enumerate(names):
        write_depth_png(folder / f'{name}.png', wall(1.0 + index))
    return folder


def test_pngs_are_numbered_stamped_or_in_order(tmp_path: Path) -> None:
    numbered = from_files(pngs(tmp_path / 'n', ['0000000005', '0000000007']), 9)
    assert 'by number' in numbered.description
    assert [meters(numbered, i, 0) for i in (4, 5, 6, 7)] == [None, 1.0, None, 2.0]
    stamped = from_files(pngs(tmp_path / 's', [str(START), str(START + PERIOD)]), 9)
    assert 'by stamp' in stamped.description
    assert meters(stamped, 0, START + PERIOD - 5) == 2.0 and stamped.find(0, 0) is None
    ordered = from_files(pngs(tmp_path / 'o', ['a', 'b']), 2)
    assert 'in order' in ordered.description and meters(ordered, 1, 0) == 2.0
    with pytest.raises(ValueError, match='2 PNGs for 3 images; name them by stamp'):
        from_files(tmp_path / 'o', 3)


def test_scale_of_the_pngs(tmp_path: Path) -> None:
    folder = pngs(tmp_path / 'n', ['0'])
    ground_truth = ground_truth_from_files(folder, count=1, depth_scale=512.0, tolerance_ns=0)
    np.testing.assert_array_equal(ground_truth.find(0, 0).load(), wall(0.5))


def manifest(folder: Path, frames: list[str], **tags: list[int] | list[float]) -> Path:
    lines = []
    write_image(folder / 'image.png', np.zeros((24, 40, 3), np.uint8))
    for index, name in enumerate(frames):
        write_depth_png(folder / f'{index}.png', wall(1.0 + index))
        line = {'id': name, 'image': 'image.png', 'depth': f'{index}.png', 'depth_scale': 256}
        line |= {'K': [30, 30, 20, 12], 'width': 40, 'height': 24}
        lines.append(json.dumps(line | {tag: values[index] for tag, values in tags.items()}))
    path = folder / 'manifest.jsonl'
    path.write_text('\n'.join(lines))
    return path


def test_camera_height_is_that_of_the_data_set(tmp_path: Path) -> None:
    assert from_files(manifest(tmp_path, ['a/0', 'b/0']), 2).camera_height is None
    path = manifest(tmp_path, ['a/0', 'b/0'], camera_height=[0.4, 0.4])
    assert from_files(path, 2).camera_height == 0.4
    assert from_files(path, 5).camera_height == 0.4, 'by stamp as well'
    path = manifest(tmp_path, ['a/0', 'b/0'], camera_height=[0.4, 1.7])
    with pytest.warns(UserWarning, match='cameras 0.40 to 1.70 m above the ground'):
        assert from_files(path, 2).camera_height is None


def test_manifest_gives_ground_truth_and_names(tmp_path: Path) -> None:
    path = manifest(tmp_path, ['a/0', 'b/0'])
    in_order = from_files(path, 2)
    assert in_order.find(1, 123).id == 'b/0' and meters(in_order, 1, 123) == 2.0
    made = from_files(path, 3)  # one image more: by the stamps that from-kitti gives
    assert meters(made, 2, 1_100_000_000) == 2.0 and made.find(0, 123) is None
    path = manifest(tmp_path, ['a/0', 'b/0'], stamp=[START, START + PERIOD])
    stamped = from_files(path, 2)
    assert meters(stamped, 0, START + PERIOD) == 2.0 and stamped.find(0, 123) is None


def test_frames_of_another_camera_are_no_ground_truth(tmp_path: Path) -> None:
    path = manifest(tmp_path, ['a/0', 'b/0'])
    of_manifest = Camera(30.0, 30.0, 20.0, 12.0, width=40, height=24)
    rules = {'count': 2, 'depth_scale': 256.0, 'tolerance_ns': TOLERANCE}
    there = ground_truth_from_files(path, camera=of_manifest, **rules)
    assert meters(there, 1, 123) == 2.0
    there = ground_truth_from_files(path, camera=replace(of_manifest, cx=17.0), **rules)
    with pytest.raises(ValueError, match=r'40x24, .*cx 20\.0.*published .*40x24, .*cx 17\.0'):
        meters(there, 1, 123)


def test_what_is_no_ground_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='nowhere'):
        from_files(tmp_path / 'nowhere', 1)
    with pytest.raises((FileNotFoundError, ValueError)):
        from_files(tmp_path, 1)


def test_nothing_known() -> None:
    assert no_ground_truth().find(0, 0) is None
    assert predicted(40) == 5.0


@pytest.mark.parametrize('length', [40, 2])  # of what is left of the message: a header, or none
def test_a_damaged_image_keeps_its_place_among_the_depths(tmp_path: Path, length: int) -> None:
    bag = write_replay_bag(tmp_path / 'bag', [10, 20, 30, 40], storage='sqlite3')
    with closing(sqlite3.connect(next(bag.glob('*.db3')))) as database:
        (topic,) = database.execute('SELECT id FROM topics WHERE name = ?', (IMAGES,)).fetchone()
        of_topic = 'SELECT id FROM messages WHERE topic_id = ? ORDER BY timestamp'
        second = database.execute(of_topic, (topic,)).fetchall()[1][0]
        cut = 'UPDATE messages SET data = substr(data, 1, ?) WHERE id = ?'
        database.execute(cut, (length, second))
        database.commit()
    images = BagImages(bag, IMAGES)
    ground_truth = from_files(pngs(tmp_path / 'n', ['0', '1', '2', '3']), images.count)
    frames = list(bag_frames(images, 'bag', ground_truth))
    assert [frame.stamp for frame in frames] == [stamps(4)[i] for i in (0, 2, 3)]
    depths = [float(frame.ground_truth()[0, 0]) for frame in frames]
    assert depths == [1.0, 3.0, 4.0]
    assert [frame.index for frame in frames] == [0, 2, 3]
