# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a processor can compute is read from its flags."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lacdepth_ros.models.engines import devices


@pytest.mark.parametrize(
    ('computes', 'text', 'expected'),
    [
        (devices.computes_int8, 'flags : fpu avx2 fma', True),
        (devices.computes_int8, 'flags : fpu avx sse4_2', False),
        (devices.computes_int8, 'Features : asimd i8mm', False),
        (devices.computes_fp16, 'Features : fp asimd fphp asimdhp', True),  # Cortex-A76, -A78
        (devices.computes_fp16, 'Features : fp asimd evtstrm aes', False),  # Cortex-A72
        (devices.computes_fp16, 'flags : fpu avx2 avx512_fp16', False),
    ],
)
def test_int8_and_fp16_are_read_from_the_processors_flags(
    computes: Callable[[], bool],
    text: str,
    expected: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / 'cpuinfo'
    path.write_text(f'{text}\n')
    monkeypatch.setattr(devices, 'CPUINFO', path)
    assert computes() == expected


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('flags : fpu avx512_bf16 sse', True),
        ('Features : asimd bf16', True),
        ('flags : f16c', False),
    ],
)
def test_bf16_is_read_from_the_processors_flags(
    text: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'cpuinfo'
    path.write_text(f'model name\t: Some Processor\n{text}\nmodel name\t: Some Processor\n')
    monkeypatch.setattr(devices, 'CPUINFO', path)
    assert devices.computes_bf16() == expected
    assert devices.processor_name() == 'Some Processor'
    kind = devices.processor_kind()
    path.write_text(path.read_text().replace(text, f'{text} more'))
    assert devices.processor_kind() != kind, 'another processor, or one that may do less'
