# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scales for 8-bit integers are found, tuned, proven and written."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tiny_networks import tiny_network

from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint
from lacdepth_ros.models.engines.street import street_view
from lacdepth_ros.models.first_levels import first_levels
from lacdepth_ros.models.inference import fold_batch_norm
from lacdepth_ros.models.quantization import Levels, Quantization
from lacdepth_ros.models.quantized_network import QuantizedNetwork
from lacdepth_ros.training import integers
from lacdepth_ros.training.integers import TunedNetwork, difference, tune
from lacdepth_ros.training.quantize import cut_view, quantize, whole_view

CAMERA = Camera(535.0, 535.0, 70.0, 30.0, 150, 70)
EMPTY = np.zeros((70, 150), np.float32)


def frame(seed: int) -> Sample:
    image = np.random.default_rng(seed).integers(0, 256, (70, 150, 3), np.uint8)
    image = cv2.GaussianBlur(image, (0, 0), 4)
    return Sample(image=image, depth=EMPTY, camera=CAMERA, id=f'own/{seed}')


def folded():
    network = tiny_network(rays='decoder').requires_grad_(False)
    fold_batch_norm(network)
    return network


def test_first_scales_cover_what_is_read_and_err_least() -> None:
    network = folded()
    view = whole_view(network, frame(0))
    read: list[torch.Tensor] = []
    module = network.fusion.merges[0][0]
    hook = module.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    level = first_levels(network, [view])['fusion.merges.0.0']
    hook.remove()
    values = read[0].numpy()
    assert not level.signed and values.min() >= 0

    def error(scale: float) -> float:
        return float(np.square(np.clip(np.rint(values / scale), 0, 255) * scale - values).mean())

    assert 0.29 * values.max() <= level.scale * 255 <= 1.001 * values.max()
    assert error(level.scale) < 1.05 * min(error(values.max() * s / 255) for s in (0.5, 0.8, 1.0))


@pytest.mark.slow
def test_tuning_begins_where_the_scales_say_and_comes_closer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = load_checkpoint()[0].requires_grad_(False)
    fold_batch_norm(exact)
    view = whole_view(
        exact, Sample(image=street_view(CAMERA).image, depth=EMPTY, camera=CAMERA, id='own/street')
    )
    rough = {
        name: Levels(2 * level.scale, level.signed, level.bias)
        for name, level in first_levels(exact, [view]).items()
    }
    network = TunedNetwork(exact, rough)
    plain = copy.deepcopy(exact)
    plain.quantization = Quantization(network.levels())
    simulated = QuantizedNetwork(plain)(*view).depth
    torch.testing.assert_close(network(*view)[0].detach(), simulated, rtol=1e-4, atol=1e-3)
    before = difference(network, exact, view).item()
    told: list[tuple[int, int | None]] = []
    monkeypatch.setattr(integers, 'VIEWS', 1)
    tune(network, exact, lambda: view, 40, lambda *done: told.append(done))
    assert difference(network, exact, view).item() < 0.8 * before
    assert told[-1] == (40, 40)
    kernels = [
        (a.weight, b.weight)
        for a, b in zip(exact.fusion.merges[0], network.network.fusion.merges[0], strict=True)
        if isinstance(a, torch.nn.Conv2d)
    ]
    assert all(torch.equal(a, b) for a, b in kernels), 'kernels stay'


def test_a_view_is_a_part_of_what_its_camera_sees() -> None:
    network = folded()
    chance = random.Random(0)
    ramp = np.repeat(np.arange(150, dtype=np.uint8)[None, :, None], 70, 0).repeat(3, 2)
    sample = Sample(image=ramp, depth=EMPTY, camera=CAMERA, id='own/a')
    for _ in range(8):
        image, intrinsics = cut_view(network, sample, chance)
        assert all(0 < side <= 160 and side % 32 == 0 for side in image.shape[2:])
        fx, _, cx, _ = intrinsics[0].tolist()
        gray = image[0, 0, 5] * 0.229 * 255 + 0.485 * 255  # of columns 0 .. 149 of the frame
        column = float(gray[40])
        tangent = (40 - cx) / fx
        seen = (column - CAMERA.cx) / CAMERA.fx
        assert abs(abs(tangent) - abs(seen)) < 2e-3, 'the ray of the column whose gray it has'


def test_no_frames_is_an_error() -> None:
    with pytest.raises(ValueError, match='need frames'):
        quantize(tiny_network(), frame, 0, 1, lambda *_: None)


@pytest.mark.slow
def test_command_writes_what_passes_the_gate_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, out = tmp_path / 'a.safetensors', tmp_path / 'b.safetensors'
    save_checkpoint(checkpoint, tiny_network(rays='decoder'), {})
    rows = []
    for i in range(2):
        cv2.imwrite(str(tmp_path / f'{i}.png'), frame(i).image)
        cv2.imwrite(str(tmp_path / f'd{i}.png'), np.full((70, 150), 2560, np.uint16))
        row = {'id': f'own/{i}', 'image': f'{i}.png', 'width': 150, 'height': 70}
        row |= {'depth': f'd{i}.png', 'depth_scale': 256}
        rows.append(row | {'K': [535.0, 535.0, 70.0, 30.0]})
    manifest = tmp_path / 'frames.jsonl'
    manifest.write_text('\n'.join(json.dumps(row) for row in rows) + '\n')
    given = ['quantize', str(checkpoint), str(out), '--data', str(manifest)]
    assert main([*given, '--steps', '2']) == 0
    assert f'wrote {out}: ' in capsys.readouterr().out
    model, _ = load_checkpoint(out)
    assert model.quantization is not None and len(model.quantization.levels) > 50
    assert main([*given, '--steps', '0']) == 2
    assert 'exists' in capsys.readouterr().err
    assert main([*given, '--overwrite', '--steps', '-1']) == 2
    assert '--steps -1 must be 0 or more' in capsys.readouterr().err
    from lacdepth_ros.models.engines import parity

    monkeypatch.setattr(parity, 'REDUCED_MEDIAN', 0.0)
    before = out.read_bytes()
    assert main([*given, '--overwrite', '--steps', '0']) == 2
    told = capsys.readouterr().err
    assert 'in integers is too far from float32: median' in told and 'nothing was written' in told
    assert out.read_bytes() == before
