# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Counting and timing of networks."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

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
    times = benchmark.interleaved_times(runners, rounds=3)
    assert calls == ['a', 'a', 'b', 'b'] * 3  # each untimed first
    assert [len(t) for t in times.values()] == [3, 3]


def test_percentiles_of_known_times() -> None:
    assert benchmark.percentiles([float(i) for i in range(100)]) == (49.5, 95.0)


def test_command_writes_json(tmp_path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(
        'lacdepth_ros.models.config.PRESETS', {'lacdepth-lite': preset('lacdepth-lite')}
    )
    out = tmp_path / 'bench.json'
    arguments = [
        '--height',
        '32',
        '--width',
        '64',
        '--rounds',
        '2',
        '--engines',
        'eager',
        '--skip-sizes',
        '--node-frames',
        '0',
    ]
    assert main(['benchmark', *arguments, '--json', str(out)]) == 0
    names = [row['network'] for row in json.loads(out.read_text())['times']]
    assert names == ['lacdepth-lite fp32', 'lacdepth-lite bf16']
    assert 'ratio' in capsys.readouterr().out


def test_command_refuses_impossible_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['benchmark', '--height', '0']) == 2
    assert 'positive' in capsys.readouterr().err
