# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Exported files: they hold the network, the normalisation and its facts, and prove it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx_files import assert_portable
from std_calibrations import calibration
from tiny_networks import tiny_network

from lacdepth_ros.cli.main import main
from lacdepth_ros.core.preprocessing import normalize
from lacdepth_ros.models.checkpoint import save_checkpoint
from lacdepth_ros.models.engines.openvino_core import openvino_core
from lacdepth_ros.models.export import (
    Run,
    _open_onnx,
    _open_openvino,
    export,
    kind_of,
    verify,
)
from lacdepth_ros.models.lacdepth import LacDepth

SIZE = {'height': 37, 'width': 50}


def needs(*packages: str) -> None:
    for package in packages:
        pytest.importorskip(package)


def expected(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth and std of (H, W, 3) uint8 by PyTorch, normalised by hand."""
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    image = torch.from_numpy((pixels / 255 - mean) / std).permute(2, 0, 1)[None].float()
    with torch.inference_mode():
        output = tiny_network()(image)
    return output.depth.numpy(), output.std.numpy()


@pytest.fixture(scope='module')
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (37, 50, 3), np.uint8)


@pytest.mark.slow
def test_onnx_file_runs_without_this_package(tmp_path: Path, pixels: np.ndarray) -> None:
    """In half precision, which leaves the meters in float32."""
    needs('onnx', 'onnxscript', 'onnxruntime')
    import onnx
    import onnxruntime

    path = tmp_path / 'depth.onnx'
    export(tiny_network(), path, precision='fp16', **SIZE)
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    image = pixels.transpose(2, 0, 1)[None].astype(np.float32)
    outputs = session.run(['depth', 'std'], {'image': image})
    for ours, theirs in zip(outputs, expected(pixels), strict=True):
        assert np.median(np.abs(ours / theirs - 1)) < 0.01
    facts = session.get_modelmeta().custom_metadata_map
    assert facts['lacdepth_focal_px'] == '535.0' and facts['lacdepth_max_depth'] == '100.0'
    weights = {w.name: w.data_type for w in onnx.load(path).graph.initializer}
    kinds = {name.split('.')[1]: kind for name, kind in weights.items() if name[:8] == 'network.'}
    assert kinds['fusion'] == onnx.TensorProto.FLOAT16
    assert kinds['bins'] == kinds['distribution'] == onnx.TensorProto.FLOAT
    assert verify(path, tiny_network()).median < 0.01
    with pytest.raises(ValueError, match=r'another network \(tiny, weights \w{16}\)'):
        verify(path, tiny_network(seed=1))


def test_openvino_file_runs_without_this_package(tmp_path: Path, pixels: np.ndarray) -> None:
    needs('openvino')
    path = tmp_path / 'depth.xml'
    export(tiny_network(), path, **SIZE)
    compiled = openvino_core('this test').compile_model(
        path, 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'}
    )
    outputs = compiled({'image': pixels.transpose(2, 0, 1)[None].astype(np.float32)})
    for name, theirs in zip(('depth', 'std'), expected(pixels), strict=True):
        np.testing.assert_allclose(outputs[name], theirs, rtol=1e-4, atol=1e-3)
    assert verify(path, tiny_network()).largest < 1e-3


@pytest.mark.slow
def test_command_writes_and_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needs('openvino')
    checkpoint, other = tmp_path / 'a.safetensors', tmp_path / 'b.safetensors'
    save_checkpoint(checkpoint, tiny_network(), {})
    save_checkpoint(other, tiny_network(seed=1), {})
    file = tmp_path / 'out' / 'depth.xml'
    given = ['export', str(file), '--checkpoint']
    assert main([*given, str(checkpoint), '--size', '32x64']) == 0
    assert f'gives the depth of {checkpoint}: 0.00% median' in capsys.readouterr().out
    assert main([*given, str(checkpoint), '--verify']) == 0
    assert main([*given, str(other), '--verify']) == 2
    assert 'holds another network' in capsys.readouterr().err


def network_with_rays() -> LacDepth:
    model = tiny_network(rays='decoder')
    model.calibration = calibration(8)
    return model


def compare_calibrated(run: Run, model: LacDepth, image: np.ndarray, rtol: float) -> None:
    """Hold a file against the network and its calibration, by the steps that a user takes."""
    intrinsics = np.array([[60.0, 61.0, 20.0, 5.0]], np.float32)
    depth, std = run([image, intrinsics])
    with torch.inference_mode():
        output = model(normalize(torch.from_numpy(image)), torch.from_numpy(intrinsics))
        assert model.calibration is not None
        novelty = model.calibration.novelty(output.summary)
        expected_std = model.calibration.apply(output.depth, output.std, novelty)
    np.testing.assert_allclose(depth, output.depth.numpy(), rtol=rtol, atol=1e-3)
    np.testing.assert_allclose(std, expected_std.numpy(), rtol=2 * rtol, atol=2e-3)


@pytest.mark.slow
def test_openvino_file_of_a_network_with_rays_takes_intrinsics_and_calibrates(
    tmp_path: Path, pixels: np.ndarray
) -> None:
    needs('openvino')
    path, model = tmp_path / 'depth.xml', network_with_rays()
    export(model, path, **SIZE)
    assert verify(path, model).largest < 1e-3
    image = pixels.transpose(2, 0, 1)[None].astype(np.float32)
    compare_calibrated(_open_openvino(path, path)[0], model, image, rtol=1e-3)
    model.calibration = None  # the file's std is of another calibration than the checkpoint's
    with pytest.raises(ValueError, match='too far from float32'):
        verify(path, model)


@pytest.mark.slow
def test_one_onnx_file_of_any_size_takes_intrinsics_and_calibrates(tmp_path: Path) -> None:
    """Rays, padding, resizing and bins follow the size that it is given.

    Multiples of 16, such as 480x848, would run, and depth be off by its whole.
    """
    needs('onnx', 'onnxscript', 'onnxruntime')
    path, model = tmp_path / 'depth.onnx', network_with_rays()
    export(model, path, height=64, width=96, any_size=True)
    assert_portable(path)
    run = _open_onnx(path, path)[0]
    for height, width in ((64, 112), (80, 96), (48, 80), (66, 96)):
        with pytest.raises(Exception, match='multiples_of_32'):
            run([np.zeros((1, 3, height, width), np.float32), np.ones((1, 4), np.float32)])
    rng = np.random.default_rng(0)
    for height, width in ((96, 64), (64, 160)):
        image = rng.integers(0, 256, (1, 3, height, width)).astype(np.float32)
        compare_calibrated(run, model, image, rtol=1e-4)
    assert verify(path, model, (64, 128)).largest < 1e-3
    model.calibration = None  # the file's std is of another calibration than the checkpoint's
    with pytest.raises(ValueError, match='too far from float32'):
        verify(path, model, (64, 128))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['depth.trt'], r"must end in one of ['.onnx', '.xml']"),
        (['depth.xml', '--precision', 'fp16'], "'fp16' of openvino is not one of"),
        (['depth.onnx', '--verify'], 'does not exist'),
        (['depth.onnx', '--size', '278'], 'no HEIGHTxWIDTH'),
        (['depth.xml', '--dynamic'], 'OpenVINO also runs an .onnx file of any size'),
        (['depth.onnx', '--dynamic', '--size', '278x920'], 'multiples of 32, such as 288x928'),
    ],
)
def test_impossible_request_is_refused(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        assert main(['export', *arguments]) == 2
    except SystemExit as end:
        assert end.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('name', ['depth.xml', 'depth.onnx'])
def test_a_file_that_fails_the_comparison_takes_no_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, other = tmp_path / name, tmp_path / 'depth.bin'
    kept = {path: b'old network', other: b'old weights'}

    def write(_: LacDepth, file: Path, **__: object) -> None:
        file.write_bytes(b'network')
        if file.suffix == '.xml':
            file.with_suffix('.bin').write_bytes(b'weights')

    def refuse(*_: object, name: Path | None = None) -> None:
        raise ValueError(f'{name} is too far from float32 PyTorch')

    monkeypatch.setattr('lacdepth_ros.models.export.export', write)
    monkeypatch.setattr('lacdepth_ros.models.export.verify', refuse)
    assert main(['export', str(path)]) == 2
    assert f'{path} is too far from float32 PyTorch; nothing was w' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    for file, content in kept.items():
        file.write_bytes(content)
    assert main(['export', str(path), '--overwrite']) == 2
    assert main(['export', str(path), '--verify']) == 2
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == kept
    monkeypatch.setattr('lacdepth_ros.models.export.verify', lambda *_, **__: 'equal')
    assert main(['export', str(path), '--overwrite']) == 0
    new = b'weights' if path.suffix == '.xml' else b'old weights'
    assert {f: f.read_bytes() for f in tmp_path.iterdir()} == {path: b'network', other: new}


def test_kind_follows_from_the_suffix() -> None:
    assert kind_of(Path('a.onnx')) == 'onnx' and kind_of(Path('a.xml')) == 'openvino'


@pytest.mark.parametrize(
    ('options', 'size'),
    [([], (278, 920)), (['--dynamic'], (288, 928)), (['--dynamic', '--size', '64x96'], (64, 96))],
)
def test_file_is_compared_at_the_size_asked_for(
    options: list[str], size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    monkeypatch.setattr('lacdepth_ros.models.export.export', lambda *_, **__: None)
    monkeypatch.setattr(
        'lacdepth_ros.models.export.verify',
        lambda _, __, at, **___: compared.append(at) or 'equal',
    )
    assert main(['export', str(tmp_path / 'depth.onnx'), *options]) == 0
    assert compared == [size]


@pytest.mark.parametrize(('name', 'kind'), [('a.onnx', 'ONNX'), ('a.xml', 'OpenVINO')])
def test_file_of_another_kind_is_exit_code_2(
    name: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs('onnxruntime', 'openvino')
    path = tmp_path / name
    path.write_bytes(b'nonsense')
    assert main(['export', str(path), '--verify']) == 2
    assert f'{path} cannot be read as a file of {kind}: ' in capsys.readouterr().err
