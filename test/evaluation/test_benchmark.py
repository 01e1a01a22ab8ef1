# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Counting and timing of networks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from lacdepth_ros.cli.benchmark_plan import ForwardPlan, duration
from lacdepth_ros.cli.main import main
from lacdepth_ros.evaluation import benchmark
from lacdepth_ros.models.config import preset

TINY = {'height': 32, 'width': 64}


def test_size_counts_parameters_and_multiply_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    class OneConvolution(nn.Module):
        def __init__(self, config: object) -> None:
            super().__init__()
            self.encoder = nn.Conv2d(3, 8, 3, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.encoder(x)

    monkeypatch.setattr(benchmark, 'LacDepth', OneConvolution)
    size = benchmark.network_size(preset('lacdepth-lite'), 32, 64)
    assert size.parameters == size.encoder_parameters == 8 * 3 * 9 + 8
    assert size.macs == 8 * 3 * 9 * 32 * 64


def test_lite_keeps_the_papers_budget() -> None:
    size = benchmark.network_size(preset('lacdepth-lite'), **TINY)
    assert size.parameters <= 9_800_000
    assert 0 < size.encoder_parameters < size.parameters


def test_times_are_taken_in_turns() -> None:
    calls: list[str] = []
    runners = {'a': lambda: calls.append('a'), 'b': lambda: calls.append('b')}
    times = benchmark.interleaved_times(runners, 3)
    assert calls == ['a', 'a', 'b', 'b'] * 3  # each untimed first
    assert [len(t) for t in times.values()] == [3, 3]


def test_slow_networks_are_timed_in_fewer_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(benchmark.time, 'perf_counter', lambda: clock[0])

    def takes(seconds: float) -> Callable[[], None]:
        return lambda: clock.__setitem__(0, clock[0] + seconds)

    runners = {'fast': takes(0.1), 'slow': takes(3.0), 'slowest': takes(60.0)}
    times = benchmark.interleaved_times(runners, rounds=6)
    # 12 s after four rounds of the slow one; nobody gets fewer than three.
    assert {name: len(taken) for name, taken in times.items()} == {
        'fast': 6,
        'slow': 4,
        'slowest': 3,
    }
    assert times['slow'] == pytest.approx([3000.0] * 4)


@pytest.mark.slow
def test_command_writes_json(tmp_path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(
        'lacdepth_ros.models.config.PRESETS', {'lacdepth-lite': preset('lacdepth-lite')}
    )
    out = tmp_path / 'bench.json'
    arguments = '--sizes 32x64 64x96 --rounds 2 --engines eager --skip-sizes --node-frames 0'
    assert main(['benchmark', *arguments.split(), '--rates', '--json', str(out)]) == 0
    written = json.loads(out.read_text())
    assert written['complete']
    rows = written['times']
    assert [(r['height'], r['width'], r['engine'], r['precision']) for r in rows] == [
        (height, width, 'eager', precision)
        for height, width in ((32, 64), (64, 96))
        for precision in ('fp32', 'bf16')
    ]
    assert rows[0]['ratio'] == 1.0 and rows[2]['macs'] > 2 * rows[0]['macs']
    assert all(0 < row['share_of_peak'] < 1 for row in rows)
    said = capsys.readouterr()
    assert 'of peak' in said.out
    count = '4 forward passes in 2 rounds, 1 min at most unless one takes seconds\n'
    assert said.err == count


def test_plan_counts_what_is_timed_and_how_long_the_node_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip('rclpy')
    ways = [('eager', 'fp32'), ('eager', 'bf16'), ('onnxruntime', 'fp32')]
    plan = ForwardPlan(torch.device('cpu'), ['a', 'b'], ['peer'], ways)
    assert plan.combinations == 2 * 3 + 2, 'peers know no onnxruntime'
    given = {'sizes': [(8, 8)] * 3, 'rounds': 5, 'node_frames': 10, 'rates': [10.0, 20.0]}
    args = argparse.Namespace(**given, cameras=[1, 2, 3], seconds=5.0)
    # 24 passes of 10 s, each with one untimed; two cases of 10 frames and of 6 loads of 5 + 3 s.
    assert duration(args, plan) == (
        '24 forward passes in 5 rounds, 8 min at most unless one takes seconds; '
        'the node 102 s and its starts'
    )
    args.node_frames, args.rates = 0, []
    assert 'the node' not in duration(args, plan)


def test_missing_ros_is_told_before_anything_is_timed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'lacdepth_ros.session.node_benchmark', None)
    monkeypatch.setattr('lacdepth_ros.cli.benchmark._times', None)
    assert main(['benchmark', '--skip-sizes']) == 2
    assert 'the node cannot be measured without ROS 2' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'reason'),
    [
        ('--cameras 0', 'must be positive'),
        ('--rates 0', 'must be positive'),
        ('--presets huge', '--presets huge is not one of lacdepth-lite'),
        ('--engines steam', '--engines steam is not one of eager'),
        ('--engines compiled', 'on cpu can be run'),
        ('--peers huge', '--peers huge is not one of depth-anything-v2-small'),
    ],
)
def test_command_refuses_the_impossible(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    reason: str,
) -> None:
    monkeypatch.setattr('lacdepth_ros.cli.benchmark._times', None)
    assert main(['benchmark', '--skip-sizes', *arguments.split()]) == 2
    assert reason in capsys.readouterr().err


def test_size_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['benchmark', '--sizes', '0x64'])
    assert "'0x64' is no size such as 352x1216" in capsys.readouterr().err


def test_peers_that_are_not_installed_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('lacdepth_ros.evaluation.peers.LIBRARY', 'library_that_nobody_has')
    monkeypatch.setattr('lacdepth_ros.evaluation.peak.SIDES', (8,))
    arguments = (
        '--sizes 32x64 --rounds 1 --engines eager --precisions fp32 --presets lacdepth-lite'
    )
    rest = '--skip-sizes --node-frames 0 --peers --rates'
    assert main(['benchmark', *arguments.split(), *rest.split()]) == 2
    assert '--peers: library_that_nobody_has is needed' in capsys.readouterr().err
