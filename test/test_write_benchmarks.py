# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The page of benchmarks holds what was measured, and on what."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

TOOL = Path(__file__).parents[1] / 'tools' / 'write_benchmarks.py'
ERRORS = ('abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'log10', 'silog', 'delta1', 'delta2', 'delta3')
EVALUATED = {
    'protocol': {
        'crop': 'garg',
        'min_depth_eval': 0.001,
        'max_depth_eval': 80.0,
        'flip_average': True,
    },
    'groups': {'road': {'frames': 4.0, **dict.fromkeys(ERRORS, 0.1234)}},
    'calibration': {
        'groups': {
            'road': {
                'coverage': {'50': 0.4, '68': 0.5, '90': 0.6, '95': 0.7},
                'relative_std': 0.08,
                'std_factor': 1.5,
            }
        }
    },
}
SIZE = {'height': 352, 'width': 1216, 'parameters': 4_160_000, 'macs': 8_400_000_000}
MEASURED = {
    'sizes': [{'network': 'lacdepth-lite', 'encoder_parameters': 2_960_000, **SIZE}],
    'times': [
        {
            **SIZE,
            'network': 'lacdepth-lite',
            'engine': 'eager',
            'precision': precision,
            'p50_ms': 90.2,
            'p95_ms': 99.7,
            'p99_ms': 120.4,
            'ratio': 1.0,
            'share_of_peak': 0.256,
        }
        for precision in ('fp32', 'bf16')
    ],
    'peaks': {'fp32': {'probe': 'convolution by OpenVINO', 'gmacs': 251.4}},
    'node': [
        {
            'subscribed': 'depth',
            'engine': 'openvino bf16',
            'network': [60.0, 70.0],
            'stamp_to_publish': [70.4, 80.0],
            'arrival': [71.0, 81.0],
            'overhead_ms': 10.4,
            'stages': {
                'decode': {'p50': 0.31, 'p95': 0.42, 'p99': 0.53},
                'network': {'p50': 60.0, 'p95': 70.0, 'p99': 75.0},
                'predict': {'p50': 62.0, 'p95': 72.0, 'p99': 77.0},
            },
        }
    ],
    'load': [
        {
            'cameras': 3,
            'subscribed': 'depth and cloud',
            'rate': 30.0,
            'answered': 0.334,
            'fewest_answered': 0.32,
            'latency_ms': [66.1, 92.3, 101.9],
            'cpu_percent': 151.2,
            'resident_mb': 512.4,
        }
    ],
}


def test_page_holds_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(_folder: str, command: str, *_arguments: str) -> Any:
        return {'evaluate': EVALUATED, 'benchmark': MEASURED}[command]

    page = tmp_path / 'benchmarks.md'
    monkeypatch.setattr(sys, 'argv', ['write_benchmarks.py', '--data', 'val.jsonl'])
    monkeypatch.syspath_prepend(TOOL.parent)
    tool = runpy.run_path(str(TOOL))
    scope = tool['main'].__globals__
    monkeypatch.setitem(scope, 'lacdepth', measured)
    monkeypatch.setitem(scope, 'PAGE', page)
    assert tool['main']() == 0
    text = page.read_text()
    for row in (
        '| abs_rel on road (4 frames) | 0.123 |',
        '| parameters | 4.16 M |',
        '| forward pass at 352 x 1216, eager fp32 / eager bf16, p50 | 90 / 90 ms |',
        '| node, stamp of a 1242 x 375 image to published depth, p50 / p95 | 70 / 80 ms |',
        '| road | 4 | 0.123 | 0.123 | 0.123 | 0.123 | 0.123 | 0.1 | 0.123 | 0.123 | 0.123 |',
        '| road | 40 | 50 | 60 | 70 | 0.08 | 1.50 |',
        '| lacdepth-lite | 4.16 | 2.96 | 8.4 |',
        '| lacdepth-lite | 352 x 1216 | eager | bf16 | 4.2 | 8.4 | 90 / 100 / 120 | 1.00 | 26% |',
        '| depth | openvino bf16 | 60 / 70 | 70 / 80 | 71 / 81 | 10.4 |',
        '| decode | 0.3 / 0.4 / 0.5 |',
        '| network | 60 / 70 / 75 |',
        '| 3 | depth and cloud | 30 | 33% | 32% | 66 / 92 / 102 | 151 | 512 |',
    ):
        assert row in text.splitlines(), row
    assert 'the same rounds (fp32: 251 G, convolution by OpenVINO); of each the fastest' in text
    assert f', {len(os.sched_getaffinity(0))} cores; load ' in text
    assert 'garg crop, 0.001 to 80 m, with flip averaging, mean over images' in text


def test_new_weights_renew_errors_and_leave_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {'evaluate': EVALUATED, 'benchmark': MEASURED}
    page = tmp_path / 'benchmarks.md'
    monkeypatch.syspath_prepend(TOOL.parent)
    tool = runpy.run_path(str(TOOL))
    scope = tool['main'].__globals__
    monkeypatch.setitem(scope, 'lacdepth', lambda _folder, command, *_: found[command])
    monkeypatch.setitem(scope, 'PAGE', page)
    monkeypatch.setattr(sys, 'argv', ['write_benchmarks.py', '--data', 'val.jsonl'])
    tool['main']()
    before = page.read_text()
    monkeypatch.setattr(sys, 'argv', [*sys.argv, '--accuracy-only'])
    del found['benchmark']
    tool['main']()
    assert page.read_text() == before, 'the same errors change nothing'
    found['evaluate'] = {
        **EVALUATED,
        'groups': {
            name: {'frames': frames, **dict.fromkeys(ERRORS, error)}
            for name, frames, error in (('road', 4.0, 0.5678), ('yard', 2.0, 0.25))
        },
    }
    tool['main']()
    expected = before.replace(
        '| abs_rel on road (4 frames) | 0.123 |',
        '| abs_rel on road (4 frames) | 0.568 |\n| abs_rel on yard (2 frames) | 0.250 |',
    ).replace(
        '| road | 4 | 0.123 | 0.123 | 0.123 | 0.123 | 0.123 | 0.1 | 0.123 | 0.123 | 0.123 |',
        '| road | 4 | 0.568 | 0.568 | 0.568 | 0.568 | 0.568 | 0.6 | 0.568 | 0.568 | 0.568 |\n'
        '| yard | 2 | 0.250 | 0.250 | 0.250 | 0.250 | 0.250 | 0.2 | 0.250 | 0.250 | 0.250 |',
    )
    assert page.read_text() == expected
