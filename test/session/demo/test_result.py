# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the demo counts, measures, keeps and draws, from messages made here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fake_messages import FakeImage, FakePointCloud2, FakePointField

from lacdepth_ros.data.files import read_image
from lacdepth_ros.messages.clouds import cloud_to_message
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.session.demo.frames import Frame, UnreadableFrame
from lacdepth_ros.session.demo.report import describe, remove_old_results, write_results
from lacdepth_ros.session.demo.result import (
    CAMERA_INFO,
    CLOUD,
    DEPTH,
    SHOWN,
    UNCERTAINTY,
    DemoResult,
)

HEIGHT, WIDTH = 30, 40
FACTS = {'input': 'street', 'checkpoint': 'tiny'}


def frame(
    index: int, ground_truth: float | None = None, size: tuple[int, int] = (HEIGHT, WIDTH)
) -> Frame:
    depth = None if ground_truth is None else np.full(size, ground_truth, np.float32)
    return Frame(f'{index}', index + 1, np.zeros((*size, 3), np.uint8), None, depth)


def answer(
    depth: float, *, red: int = 0, size: tuple[int, int] = (HEIGHT, WIDTH)
) -> dict[str, object]:
    meters = np.full(size, depth, np.float32)
    points = np.stack([np.zeros_like(meters), np.zeros_like(meters), meters], axis=-1)
    colors = np.full((*size, 3), (red, 0, 0), np.uint8)
    return {
        DEPTH: depth_to_message(FakeImage, meters, None),
        UNCERTAINTY: depth_to_message(FakeImage, meters * np.float32(0.1), None),
        CLOUD: cloud_to_message(FakePointCloud2, FakePointField, points, colors, None),
        CAMERA_INFO: None,
    }


def test_errors_are_the_mean_over_frames_with_ground_truth() -> None:
    result = DemoResult(3)
    result.add(frame(0, ground_truth=10.0), answer(11.0), {DEPTH: 5.0})
    result.add(frame(1, ground_truth=10.0), answer(13.0), {DEPTH: 7.0})
    result.add(frame(2), answer(99.0), {DEPTH: 9.0})
    errors = result.errors()
    assert errors is not None
    assert errors['frames'] == 2
    assert errors['abs_rel'] == pytest.approx((0.1 + 0.3) / 2)
    assert errors['protocol']['crop'] == 'garg'
    assert [record.get('errors', {}).get('abs_rel') for record in result.frames] == [
        0.1,
        0.3,
        None,
    ]
    assert result.latency() == {'p50': 7.0, 'p95': 8.8}
    assert result.complete


@pytest.mark.parametrize(('depth', 'abs_rel'), [(np.inf, 1.0), (-np.inf, 0.99997)])
def test_out_of_range_depth_counts_as_the_cap(depth: float, abs_rel: float) -> None:
    result = DemoResult(1)
    result.add(frame(0, ground_truth=40.0), answer(depth), {})
    assert result.errors()['abs_rel'] == pytest.approx(abs_rel, abs=1e-4)


def test_invalid_depth_is_not_measured() -> None:
    result = DemoResult(1)
    result.add(frame(0, ground_truth=40.0), answer(np.nan), {})
    assert result.errors() is None


def test_missing_answers_are_counted_by_topic() -> None:
    result = DemoResult(3)
    result.add(frame(0), answer(5.0), {DEPTH: 1.0})
    result.add(frame(1), {}, {})
    partial = answer(5.0)
    del partial[CLOUD]
    result.add(frame(2), partial, {DEPTH: 2.0})
    assert (result.sent, result.received[DEPTH], result.received[CLOUD]) == (3, 2, 1)
    assert result.unanswered == ['1']
    assert result.missing() == {DEPTH: 1, UNCERTAINTY: 1, CAMERA_INFO: 1, CLOUD: 2}
    assert not result.complete


def test_a_run_with_an_unreadable_frame_is_not_complete() -> None:
    result = DemoResult(1)
    result.add(frame(0), answer(5.0), {})
    assert result.complete
    result.unreadable.append(UnreadableFrame('x', 'broken'))
    assert not result.complete


def test_frames_are_kept_evenly_and_the_middle_one_for_the_cloud() -> None:
    result = DemoResult(21)
    for index in range(21):
        result.add(frame(index), answer(5.0), {})
    assert [shown.id for shown in result.shown] == ['0', '4', '8', '12', '16', '20']
    assert len(result.shown) == SHOWN
    assert result.middle.id == '10'


@pytest.mark.parametrize('size', [(HEIGHT, WIDTH), (30, 99)])
@pytest.mark.parametrize('count', [1, 3])
def test_results_are_written(tmp_path: Path, size: tuple[int, int], count: int) -> None:
    result = DemoResult(count)
    for index in range(count):
        result.add(frame(index, 20.0, size), answer(22.0, red=200, size=size), {DEPTH: 3.0})
    write_results(tmp_path, result, FACTS)
    sheet = read_image(tmp_path / 'contact_sheet.png')
    assert sheet.shape[1] == 1920
    reddish = (sheet[..., 0] == 200) & (sheet[..., 1] == 0)
    assert reddish.sum() > count * 1000, 'every image is on the sheet'
    assert (tmp_path / 'cloud.ply').read_bytes().count(b'element vertex') == 1
    summary = json.loads((tmp_path / 'summary.json').read_text())
    assert summary['frames_sent'] == summary['frames_received'] == count
    assert summary['latency_ms'] == {'p50': 3.0, 'p95': 3.0}
    assert summary['errors']['abs_rel'] == pytest.approx(0.1)
    assert summary['checkpoint'] == 'tiny'
    assert summary['versions']['python']
    text = describe(tmp_path, result, FACTS)
    for word in (f'{count} of {count} frames', 'p50 3 ms', 'abs_rel 0.100', 'contact_sheet.png'):
        assert word in text


def test_nothing_received_leaves_only_a_summary(tmp_path: Path) -> None:
    for name in ('contact_sheet.png', 'cloud.ply', 'holiday.jpg'):
        (tmp_path / name).write_bytes(b'old')
    remove_old_results(tmp_path)
    result = DemoResult(1, failure='the node ended')
    result.add(frame(0), {}, {})
    write_results(tmp_path, result, FACTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['holiday.jpg', 'summary.json']
    summary = json.loads((tmp_path / 'summary.json').read_text())
    assert (summary['frames_received'], summary['latency_ms'], summary['errors']) == (
        0,
        None,
        None,
    )
    assert summary['failure'] == 'the node ended'
    assert '0 of 1 frames' in describe(tmp_path, result, FACTS)
