# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Data that teach nothing are refused before the first step; a few bad frames are told."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('lightning')

from miniature import write_manifest

from lacdepth_ros.data.files import read_depth_png, write_depth_png
from lacdepth_ros.data.manifest import ManifestEntry, read_manifest
from lacdepth_ros.training.first_look import first_look

FRAMES = [f'road/{number}' for number in range(4)]


def entries(folder: Path, *, bad: int, **changes: object) -> list[ManifestEntry]:
    """Frames of which the first `bad` have other values of the manifest, or no ground truth."""
    path = write_manifest(folder, *FRAMES)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows[:bad]:
        row.update(changes)
        if not changes:
            depth = read_depth_png(folder / row['depth'], 256)
            write_depth_png(folder / row['depth'], np.zeros_like(depth))
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows))
    return read_manifest(path)


def test_good_frames_are_not_spoken_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first_look(entries(tmp_path, bad=0), 'train')
    assert caplog.records == []


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({}, 'train: empty ground truth in all of the 4 frames looked at'),
        ({'K': [0.5, 0.5, 0.5, 0.5]}, 'is it in pixels'),
    ],
)
def test_a_fault_of_all_frames_is_refused(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        first_look(entries(tmp_path, bad=4, **changes), 'train')


def test_a_fault_of_one_frame_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        first_look(entries(tmp_path, bad=1), 'train')
    [record] = caplog.records
    assert 'empty ground truth in 1 of the 4 frames looked at' in record.getMessage()
