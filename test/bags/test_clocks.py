# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""LiDARs whose stamps are of another clock than the camera's."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import numpy as np
import pytest
from bag_scene import CLOUD, STEP, frame, in_lidar, stamp_of, static, wall

from lacdepth_ros.bags import messages
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.manifest import read_manifest

BOOT = 99_700_000_000  # ns
TAI = stamp_of(0) + 37_000_000_000


def bag_of(path: Path, first: int, *, recorded_late: int = 0) -> Path:
    """Three frames with scans stamped from `first` [ns] on, each recorded with its image."""
    records = [static()]
    for index in range(3):
        head = messages.header(first + STEP * index, 'lidar')
        cloud = messages.scan_cloud(in_lidar(wall(10.0 + index)), head)
        records += frame(index, without=(CLOUD,))
        records.append((CLOUD, stamp_of(index) + recorded_late, cloud))
    return bag_scene.write(path, records)


def extract(bag: Path, *options: str) -> int:
    folder = str(bag.with_name('data'))
    return main(['bag', 'extract', str(bag), folder, '--camera-height', '1', *options])


@pytest.mark.parametrize(
    ('first', 'said'),
    [
        (BOOT, 'stamped 1699999900.30 s earlier on /lidar/points'),
        (
            TAI,
            'the nearest is 37.000 s later; what was recorded together is stamped 37.00 s later',
        ),
        (TAI, 'try --truth-offset -37.00, which'),
    ],
)
def test_another_clock_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], first: int, said: str
) -> None:
    assert extract(bag_of(tmp_path / 'bag', first)) == 2
    assert said in ' '.join(capsys.readouterr().err.split())


def test_one_clock_is_not_doubted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = bag_of(tmp_path / 'bag', stamp_of(0) - 50_000_000, recorded_late=40_000_000)
    assert extract(bag) == 2
    err = capsys.readouterr().err
    assert 'the nearest is 0.050 s' in err and 'recorded together' not in err


@pytest.mark.parametrize(('first', 'offset'), [(BOOT, '1699999900.30'), (TAI, '-37')])
def test_stamps_are_moved_to_the_clock_of_the_images(
    tmp_path: Path, first: int, offset: str
) -> None:
    bag = bag_of(tmp_path / 'bag', first)
    assert extract(bag, '--truth-offset', offset) == 0
    frames = [entry.load().depth for entry in read_manifest(bag.with_name('data'))]
    for index, depth in enumerate(frames):
        np.testing.assert_allclose(depth[depth > 0], 10.0 + index, atol=1 / 256)
