# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Eigen's split of KITTI raw: lists of frames as others publish them, or made by rule.

A line of a list has one of three forms (fields apart by spaces):

    DAY/DRIVE/image_02/data/FRAME.png DRIVE/proj_depth/groundtruth/image_02/FRAME.png FOCAL
    DAY/DRIVE/image_02/data/FRAME.jpg DAY/DRIVE/image_03/data/FRAME.jpg
    DAY/DRIVE FRAME l

The first names the annotated ground truth, or 'None' where KITTI published none; the second is a
stereo pair of which the left image counts; the third has l for image_02, r for image_03.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from lacdepth_ros.data.indexing import IndexResult, Part, read_split_list, spread

TEST_LINES, TEST_WITH_GROUND_TRUTH, TRAIN_LINES = 697, 652, 23_158
"""Published sizes: test frames, those of them with annotated ground truth, training frames."""

_EIGEN_TEST = {
    '2011_09_26': '0002 0009 0013 0020 0023 0027 0029 0036 0046 0048 0052 0056 0059 0064 0084 '
    '0086 0093 0096 0101 0106 0117',
    '2011_09_28': '0002',
    '2011_09_29': '0071',
    '2011_09_30': '0016 0018 0027',
    '2011_10_03': '0027 0047',
}
_EIGEN_TRAIN = {
    '2011_09_26': '0001 0005 0011 0014 0015 0017 0018 0019 0022 0028 0032 0035 0039 0051 0057 '
    '0060 0061 0070 0079 0087 0091 0095 0104 0113',
    '2011_09_28': '0001',
    '2011_09_29': '0004 0026',
    '2011_09_30': '0020 0028 0033 0034',
    '2011_10_03': '0034 0042',
}
_TEST_PER_DRIVE = 25
_IMAGE = re.compile(r'(?:.*/)?([^/]+_sync)/image_0([23])/data/(\d+)\.(?:png|jpg)')
_GROUND_TRUTH = re.compile(r'(?:.*/)?([^/]+_sync)/proj_depth/groundtruth/image_0([23])/(\d+)\.png')
_CAMERA_OF_SIDE = {'l': 2, 'r': 3}


def _drives(days: dict[str, str]) -> frozenset[str]:
    return frozenset(
        f'{day}_drive_{number}_sync' for day, numbers in days.items() for number in numbers.split()
    )


EIGEN_DRIVES: dict[Part, frozenset[str]] = {
    'train': _drives(_EIGEN_TRAIN),
    'test': _drives(_EIGEN_TEST),
}
"""Names of the 33 training and the 28 test drives; no drive is in both."""


@dataclass(frozen=True, slots=True, order=True)
class KittiKey:
    """Name of a frame of KITTI raw.

    Attributes:
        drive: Drive folder, such as '2011_09_26_drive_0009_sync'.
        camera: 2 or 3: image_02 or image_03.
        frame: Ten digits.
    """

    drive: str
    camera: int
    frame: str

    @property
    def id(self) -> str:
        """Id of the frame in a manifest."""
        side = '' if self.camera == 2 else f'image_{self.camera:02d}/'
        return f'{self.drive}/{side}{self.frame}'


@dataclass(frozen=True, slots=True)
class SplitLine:
    """A line of a list.

    Attributes:
        key: The frame.
        ground_truth: Whether the list names an annotated ground truth of the frame, says that
            there is 'none', or leaves it 'unsaid'.
    """

    key: KittiKey
    ground_truth: Literal['named', 'none', 'unsaid'] = 'unsaid'


def read_kitti_split(path: Path) -> list[SplitLine]:
    """Read a list of frames in any of the three forms.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line has no such form, pairs an image with the ground truth of another frame,
            or repeats a frame; the message names file and line.
    """
    return read_split_list(path, _parse_line, lambda line: line.key.id)


def eigen_part(frames: Iterable[KittiKey], part: Part) -> list[KittiKey]:
    """The frames of one part of Eigen's split, chosen by rule from those at hand.

    Training: every frame of the 33 training drives (with annotated ground truth these are the
    published 23,158). Test: 25 frames evenly spread over each of the 28 test drives; the published
    list skips standing scenes, so its 697 frames are others of the same drives.

    Args:
        frames: What the data set holds; for the training part only frames with ground truth.
        part: 'train' or 'test'.
    """
    chosen = sorted(key for key in frames if key.drive in EIGEN_DRIVES[part] and key.camera == 2)
    if part == 'train':
        return chosen
    by_drive: dict[str, list[KittiKey]] = {}
    for key in chosen:
        by_drive.setdefault(key.drive, []).append(key)
    return [key for keys in by_drive.values() for key in spread(keys, _TEST_PER_DRIVE)]


def count_lines(lines: list[SplitLine], result: IndexResult) -> None:
    """Report how a list compares with the published ones."""
    drives = {line.key.drive for line in lines}
    without = sum(line.ground_truth == 'none' for line in lines)
    in_test, in_train = drives & EIGEN_DRIVES['test'], drives & EIGEN_DRIVES['train']
    if drives <= EIGEN_DRIVES['test']:
        result.count('lines of the test list', len(lines), TEST_LINES)
        result.count('drives', len(drives), len(EIGEN_DRIVES['test']))
    elif drives <= EIGEN_DRIVES['train']:
        result.count('lines of the training list', len(lines), TRAIN_LINES)
        result.count('drives', len(drives), len(EIGEN_DRIVES['train']))
    else:
        result.count('lines of the list', len(lines))
        result.count('drives', len(drives))
    if without:
        result.count(
            "lines whose ground truth is 'None'", without, TEST_LINES - TEST_WITH_GROUND_TRUTH
        )
        result.count(
            'lines with annotated ground truth', len(lines) - without, TEST_WITH_GROUND_TRUTH
        )
    if in_test and in_train:
        result.notes.append(
            f'the list mixes {len(in_train)} training with {len(in_test)} test drives of '
            "Eigen's split; what is trained on it cannot be compared with published results"
        )


def count_rule(chosen: list[KittiKey], part: Part, result: IndexResult) -> None:
    """Report how a part made by rule compares with the published one."""
    drives = {key.drive for key in chosen}
    published = TRAIN_LINES if part == 'train' else TEST_LINES
    result.count(f"frames of Eigen's {part} part by rule", len(chosen), published)
    result.count('drives', len(drives), len(EIGEN_DRIVES[part]))
    how = (
        'every frame with ground truth of the 33 training drives, none of them in the test list'
        if part == 'train'
        else '25 frames evenly spread over each of the 28 test drives; the published 697 are '
        'others of these drives, so give that list with --split where figures are compared'
    )
    result.notes.append(f'no split list was given, the {part} part was made by rule: {how}')


def _parse_line(fields: list[str], where: str) -> SplitLine:
    """Read one line of any of the three forms."""
    if image := _IMAGE.fullmatch(fields[0]):
        key = _key(image)
        if len(fields) == 1 or _IMAGE.fullmatch(fields[1]):
            return SplitLine(key)
        if fields[1] == 'None':
            return SplitLine(key, 'none')
        ground_truth = _GROUND_TRUTH.fullmatch(fields[1])
        if ground_truth is None:
            raise ValueError(
                f'{where}: {fields[1]!r} is no annotated ground truth; needed: '
                "DRIVE/proj_depth/groundtruth/image_02/FRAME.png, or 'None'"
            )
        if _key(ground_truth) != key:
            raise ValueError(
                f'{where}: wrong pair: image {key.id} with the ground truth of '
                f'{_key(ground_truth).id}; correct the line'
            )
        return SplitLine(key, 'named')
    drive = PurePosixPath(fields[0]).name
    if len(fields) == 3 and fields[1].isdecimal() and fields[2] in _CAMERA_OF_SIDE:
        return SplitLine(KittiKey(drive, _CAMERA_OF_SIDE[fields[2]], f'{int(fields[1]):010d}'))
    raise ValueError(
        f'{where}: {" ".join(fields)!r} is no frame of KITTI raw; needed: '
        "'DAY/DRIVE/image_02/data/FRAME.png TRUTH FOCAL', the same with a right image, or "
        "'DAY/DRIVE FRAME l'"
    )


def _key(match: re.Match[str]) -> KittiKey:
    drive, camera, frame = match.groups()
    return KittiKey(drive, int(camera), frame)
