# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The example of docs/export.md, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from onnx_files import assert_portable
from tiny_networks import tiny_network

from lacdepth_ros.core.preprocessing import normalize
from lacdepth_ros.models.export import export
from lacdepth_ros.models.lacdepth import LacDepth

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / 'docs' / 'export.md'


@pytest.fixture(scope='module')
def model() -> LacDepth:
    return tiny_network(rays='decoder', camera_height_m=3.3)


@pytest.fixture(scope='module')
def folder(model: LacDepth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ('onnx', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp('example')
    export(model, folder / 'depth.onnx', height=278, width=920)
    assert_portable(folder / 'depth.onnx')
    return folder


def run_example(folder: Path, height: int, width: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Its variables, for a colorful image of a size."""
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    cv2.imwrite(str(folder / 'street.png'), image)
    code = re.search(r'```python\n(.*?)```', DOCS.read_text(), re.DOTALL)
    assert code is not None
    monkeypatch.chdir(folder)
    variables: dict[str, Any] = {}
    exec(compile(code[1], str(DOCS), 'exec'), variables)
    return variables, image


def test_example_gives_the_metres_of_the_network(
    folder: Path, model: LacDepth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera stands at half of the known height."""
    monkeypatch.setattr('builtins.print', lambda *_: None)
    variables, image = run_example(folder, 375, 1242, monkeypatch)
    rgb = cv2.resize(image[..., ::-1], (920, 278), interpolation=cv2.INTER_AREA)
    pixels = normalize(torch.from_numpy(rgb.transpose(2, 0, 1)[None].copy()))
    seen = torch.tensor([[534.472, 534.900, 451.396, 128.013]])  # by hand
    with torch.inference_mode():
        depth = model(pixels, seen).depth[0, 0].numpy()
    metres = cv2.resize(depth, (1242, 375)) * 0.9995 * 0.5  # 534.69 px of 535; 1.65 m of 3.3
    near = np.isfinite(variables['meters'])
    assert near.any()
    np.testing.assert_allclose(variables['meters'][near], metres[near], rtol=2e-3)


def test_example_refuses_a_camera_that_the_file_is_not_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pixels would not be square: depth is off by two thirds, and no runtime says so."""
    with pytest.raises(SystemExit, match=r'not for this camera: .* --size 356x475'):
        run_example(folder, 480, 640, monkeypatch)
