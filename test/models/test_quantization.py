# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files in 8-bit integers: what is quantized, what stays float32, and what is asked for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_networks import tiny_network

from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.models.checkpoint import save_checkpoint
from lacdepth_ros.models.engines.openvino_core import openvino_core
from lacdepth_ros.models.export import export


def frame(seed: int) -> tuple[np.ndarray, Camera]:
    image = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), np.uint8)
    return image, Camera(50.0, 52.0, 28.0, 21.0, 60, 40)


def test_decoder_is_quantized_and_the_metres_are_not(tmp_path: Path) -> None:
    pytest.importorskip('openvino')
    pytest.importorskip('nncf')
    path = tmp_path / 'depth.xml'
    model = tiny_network(rays='decoder')
    frames = [frame(i) for i in range(3)]
    export(model, path, height=32, width=64, precision='int8', frames=frames)
    read = openvino_core('this test').read_model(path)
    assert [x.get_any_name() for x in read.inputs] == ['image', 'intrinsics']
    assert read.get_rt_info('lacdepth_precision').value == 'int8'
    quantized = set()
    for op in read.get_ops():
        if op.get_type_name() in ('Convolution', 'GroupConvolution'):
            source = op.input_value(0).get_node().get_type_name()
            name = op.get_friendly_name().removeprefix('__module.network.')
            if source == 'FakeQuantize':
                quantized.add(name.split('.')[0].split('/')[0])
    assert quantized == {'fusion', 'pyramid'}


def test_missing_frames_and_package_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('openvino')
    checkpoint, manifest = tmp_path / 'a.safetensors', tmp_path / 'frames.jsonl'
    save_checkpoint(checkpoint, tiny_network(), {})
    given = ['export', str(tmp_path / 'depth.xml'), '--checkpoint', str(checkpoint), '--int8']
    assert main(given) == 2
    assert '--int8 and --calibrate MANIFEST go together' in capsys.readouterr().err
    assert main([*given, '--precision', 'fp16']) == 2
    assert '--precision and --int8 exclude each other' in capsys.readouterr().err
    image, camera = frame(0)
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    intrinsics = [camera.fx, camera.fy, camera.cx, camera.cy]
    cv2.imwrite(str(tmp_path / 'd.png'), np.full((40, 60), 2560, np.uint16))
    row = {'id': 'own/a', 'image': 'a.png', 'depth': 'd.png', 'depth_scale': 256}
    row |= {'K': intrinsics, 'width': 60, 'height': 40}
    manifest.write_text(json.dumps(row) + '\n')
    monkeypatch.setitem(sys.modules, 'nncf', None)
    assert main([*given, '--size', '32x64', '--calibrate', str(manifest)]) == 2
    assert 'nncf is needed for int8: run pip install nncf' in capsys.readouterr().err
    assert not list(tmp_path.glob('depth*'))
