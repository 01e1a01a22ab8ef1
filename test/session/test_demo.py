# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the demo counts, measures, keeps and draws, from messages made here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from demo_answers import HEIGHT, WIDTH, answer, frame, take

from lacdepth_ros.data.files import read_image
from lacdepth_ros.messages.topics import DEPTH, POINTS
from lacdepth_ros.session.demo import PROTOCOL, SHOWN, DemoFrames
from lacdepth_ros.session.demo_report import describe, remove_old_results, write_results
from lacdepth_ros.session.result import SessionResult

FACTS = {'input': 'street', 'checkpoint': 'tiny', 'assumed': ['a height of 7 m']}


def test_frames_are_kept_evenly_and_the_middle_one_for_the_cloud() -> None:
    kept = DemoFrames(21)
    result = SessionResult(PROTOCOL, observe=kept)
    for index in range(21):
        take(result, frame(index), answer(5.0), {})
    names = [shown.answer.record.id for shown in kept.shown]
    assert names == ['0', '4', '8', '12', '16', '20'] and len(names) == SHOWN
    assert kept.middle.answer.record.id == '10'


def test_answers_without_a_cloud_are_not_shown() -> None:
    kept = DemoFrames(2)
    result = SessionResult(PROTOCOL, observe=kept)
    partial = answer(5.0)
    del partial[POINTS]
    take(result, frame(0), partial, {DEPTH: 2.0})
    assert (kept.shown, kept.middle) == ([], None)
    take(result, frame(1), answer(5.0), {DEPTH: 2.0})
    assert [shown.answer.record.id for shown in kept.shown] == ['1']


@pytest.mark.parametrize('size', [(HEIGHT, WIDTH), (30, 99)])
@pytest.mark.parametrize('count', [1, 3])
def test_results_are_written(tmp_path: Path, size: tuple[int, int], count: int) -> None:
    kept = DemoFrames(count)
    result = SessionResult(PROTOCOL, observe=kept)
    for index in range(count):
        messages = answer(22.0, red=200, size=size)
        take(result, frame(index, 20.0, size), messages, {DEPTH: 3.0})
    write_results(tmp_path, result, kept, FACTS)
    sheet = read_image(tmp_path / 'contact_sheet.png')
    assert sheet.shape[1] == 1920
    reddish = (sheet[..., 0] == 200) & (sheet[..., 1] == 0)
    assert reddish.sum() > count * 1000, 'every image is on the sheet'
    assert (tmp_path / 'cloud.ply').read_bytes().count(b'element vertex') == 1
    summary = json.loads((tmp_path / 'summary.json').read_text())
    assert summary['frames_sent'] == summary['frames_received'] == count
    assert summary['latency_ms'] == {'p50': 3.0, 'p95': 3.0, 'max': 3.0}
    assert summary['errors']['abs_rel'] == pytest.approx(0.1)
    assert summary['checkpoint'] == 'tiny'
    assert summary['versions']['python']
    text = describe(tmp_path, result, FACTS)
    for word in (f'{count} of {count} frames', 'p50 3 ms', 'abs_rel 0.100', 'contact_sheet.png'):
        assert word in text
    assert '  assumed  a height of 7 m; where yours differ every depth' in text
    assert 'Assumed: a height of 7 m; where' in (tmp_path / 'index.html').read_text()


def test_nothing_received_leaves_only_a_summary(tmp_path: Path) -> None:
    for name in ('contact_sheet.png', 'cloud.ply', 'holiday.jpg'):
        (tmp_path / name).write_bytes(b'old')
    remove_old_results(tmp_path)
    result = SessionResult(PROTOCOL)
    result.failure = 'the node ended'
    take(result, frame(0), {}, {})
    write_results(tmp_path, result, DemoFrames(1), FACTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['holiday.jpg', 'summary.json']
    summary = json.loads((tmp_path / 'summary.json').read_text())
    assert (summary['frames_received'], summary['latency_ms'], summary['errors']) == (
        0,
        None,
        None,
    )
    assert summary['failure'] == 'the node ended'
    assert '0 of 1 frames' in describe(tmp_path, result, FACTS)
