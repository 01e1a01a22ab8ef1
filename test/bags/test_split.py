# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Extracted frames are shared out to training and validation."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import pytest
from bag_scene import CLOUD, START, STEP, frame, static

from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import ExtractOptions
from lacdepth_ros.data.manifest import read_manifest


def test_images_are_thinned_and_the_last_ones_validate(tmp_path: Path) -> None:
    bag = bag_scene.scene(tmp_path / 'bag', 10)
    options = ExtractOptions(min_points=1, every=2, val_share=0.4, domain='indoor')
    done = extract(bag, tmp_path / 'data', options)
    assert (done.written, done.validating) == (5, 2)
    names = ('manifest', 'train', 'val')
    entries, train, val = (read_manifest(tmp_path / 'data' / f'{n}.jsonl') for n in names)
    assert [entry.tags['stamp'] for entry in entries] == [START + 2 * i * STEP for i in range(5)]
    assert entries[0].tags['domain'] == 'indoor'
    assert [e.id for e in train] == [e.id for e in entries[:3]]
    assert [e.id for e in val] == [e.id for e in entries[3:]]


def test_share_that_cannot_be_split_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    bag = bag_scene.scene(tmp_path / 'bag', 6)
    for share in (0.05, 0.95):
        options = ExtractOptions(min_points=1, every=2, val_share=share)
        with pytest.raises(ValueError, match=r'of 3 frames leaves no frame to train or to val'):
            extract(bag, tmp_path / 'data', options)
    assert not (tmp_path / 'data').exists()


def test_frames_that_are_left_out_still_leave_one_to_validate_on(tmp_path: Path) -> None:
    records = [static()]
    for index in range(10):
        records += frame(index, without=() if index < 3 else (CLOUD,))
    bag = bag_scene.write(tmp_path / 'bag', records)
    options = ExtractOptions(min_points=1, val_share=0.1)
    done = extract(bag, tmp_path / 'data', options)
    assert (done.written, done.validating) == (3, 1)
    names = ('manifest', 'train', 'val')
    every, train, val = (read_manifest(tmp_path / 'data' / f'{n}.jsonl') for n in names)
    assert [e.id for e in train] == [e.id for e in every[:2]]
    assert [e.id for e in val] == [every[2].id]


def test_single_frame_that_is_left_stays_in_the_manifest_of_all(tmp_path: Path) -> None:
    bag = bag_scene.write(tmp_path / 'bag', [static(), *frame(0), *frame(1, without=(CLOUD,))])
    with pytest.raises(ValueError, match='one frame is left, so there is none to validate on'):
        extract(bag, tmp_path / 'data', ExtractOptions(min_points=1, val_share=0.5))
    assert len(read_manifest(tmp_path / 'data' / 'manifest.jsonl')) == 1
    assert not (tmp_path / 'data' / 'train.jsonl').exists()
