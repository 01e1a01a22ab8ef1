# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Probes do the work that they are counted with, in the precision they are named for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lacdepth_ros.evaluation import peak
from lacdepth_ros.evaluation.peak import Peak, Probe, best, probes

CPU = torch.device('cpu')


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak, 'SIDES', (3, 5))
    monkeypatch.setattr(peak, 'CHANNELS', 4)
    monkeypatch.setattr(peak, 'MAP_SIDE', 6)


def test_the_fastest_round_of_the_fastest_probe_is_the_peak() -> None:
    candidates = {'a': Probe(3_000_000, int), 'b': Probe(8_000_000, int)}
    milliseconds = {'a': [1.0, 2.0], 'b': [9.0, 4.0]}
    assert best(candidates, milliseconds) == Peak('a', 3.0)  # 3 M in a millisecond


def test_products_are_counted_by_their_sides_and_numpy_comes_first() -> None:
    found = probes('fp32', CPU)
    assert list(found)[:2] == ['product 3 by NumPy', 'product 5 by NumPy']
    assert {found[f'product {n} by {who}'].macs for n in (3,) for who in ('NumPy', 'PyTorch')} == {
        27
    }
    assert found['product 5 by PyTorch'].macs == 125
    assert 'product 3 by NumPy' not in probes('bf16', CPU)  # which NumPy does not know


@pytest.mark.parametrize(('able', 'sides'), [(True, {3, 5}), (False, {256})])
def test_bf16_that_pytorch_emulates_is_probed_by_small_products(
    able: bool, sides: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peak, 'computes_bf16', lambda: able)
    found = {name for name in probes('bf16', CPU) if 'PyTorch' in name}
    assert found == {f'product {side} by PyTorch' for side in sides}


def test_convolution_of_openvino_does_what_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('openvino')
    monkeypatch.setattr(peak, '_noise', lambda *shape: np.ones(shape, np.float32))
    probe = probes('fp32', CPU)['convolution by OpenVINO']
    assert probe.macs == 4 * 4 * 9 * 36  # borders counted as the inside
    [result] = probe.run().values()  # type: ignore[attr-defined]
    assert result.shape == (1, 4, 6, 6)
    assert result[0, 0, 3, 3] == 4 * 9 and result[0, 3, 0, 0] == 4 * 4
