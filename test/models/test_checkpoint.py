# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: what is saved comes back, and everything else is refused with the reason."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_networks import random_image, tiny_network

from lacdepth_ros.models import checkpoint
from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / 'deep' / 'tiny.safetensors'
    save_checkpoint(path, tiny_network(), {'data': 'none', 'step': '7'})
    return path


def rewrite(path: Path, **changes: str | None) -> None:
    """Change or remove (None) entries of a checkpoint's metadata."""
    with checkpoint.safe_open(path, framework='pt') as file:
        metadata = {**file.metadata(), **changes}
    save_file(load_file(path), path, {k: v for k, v in metadata.items() if v is not None})


def test_round_trip(saved: Path) -> None:
    model = tiny_network()
    loaded, provenance = load_checkpoint(saved)
    assert provenance == {'data': 'none', 'step': '7'}
    assert loaded.config == model.config
    assert not loaded.training
    weights = loaded.state_dict()
    for name, value in model.state_dict().items():
        assert torch.equal(weights[name], value), name
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_half_precision_file_loads_as_float32(tmp_path: Path) -> None:
    model = tiny_network()
    save_checkpoint(tmp_path / 'full.safetensors', model, {})
    save_checkpoint(tmp_path / 'half.safetensors', model, {}, dtype=torch.float16)
    sizes = [(tmp_path / f'{name}.safetensors').stat().st_size for name in ('half', 'full')]
    assert sizes[0] < 0.55 * sizes[1]
    loaded, _ = load_checkpoint(tmp_path / 'half.safetensors')
    assert all(p.dtype == torch.float32 for p in loaded.parameters())
    image = random_image(64, 96)
    with torch.inference_mode():
        torch.testing.assert_close(loaded(image).depth, model(image).depth, rtol=2e-2, atol=2e-2)


def test_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path / 'none.safetensors', tmp_path):
        with pytest.raises(FileNotFoundError, match=re.escape(str(path))):
            load_checkpoint(path)


def test_missing_shipped_checkpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkpoint, 'files', lambda _package: tmp_path)
    with pytest.raises(FileNotFoundError, match='reinstall the package'):
        load_checkpoint()


@pytest.mark.parametrize('content', [b'', b'garbage', b'\xff' * 4096, b'PK\x03\x04' + bytes(99)])
def test_file_of_another_kind(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / 'wrong.safetensors'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f'{re.escape(str(path))}.*not a readable safetensors'):
        load_checkpoint(path)


def test_truncated_file(saved: Path) -> None:
    data = saved.read_bytes()
    for length in (len(data) - 1, len(data) // 2, 100):
        saved.write_bytes(data[:length])
        with pytest.raises(ValueError, match='is it complete'):
            load_checkpoint(saved)


def test_foreign_safetensors(tmp_path: Path) -> None:
    path = tmp_path / 'other.safetensors'
    save_file({'weight': torch.zeros(3)}, path)
    with pytest.raises(ValueError, match='format None'):
        load_checkpoint(path)
    save_file({'weight': torch.zeros(3)}, path, {'format': 'lacdepth/9'})
    with pytest.raises(ValueError, match='lacdepth/9'):
        load_checkpoint(path)


def test_weights_that_do_not_fit(saved: Path) -> None:
    weights = load_file(saved)
    with checkpoint.safe_open(saved, framework='pt') as file:
        metadata = file.metadata()
    name = 'bins.seed.mlp.0.weight'
    for wrong in (
        {k: v for k, v in weights.items() if k != name},
        {**weights, 'extra.weight': torch.zeros(1)},
        {**weights, name: torch.zeros(1, 2, 3)},
    ):
        save_file(wrong, saved, metadata)
        with pytest.raises(ValueError, match='do not fit its own configuration'):
            load_checkpoint(saved)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'model_config': None}, 'model_config'),
        ({'provenance': None}, 'provenance'),
        ({'model_config': '{'}, 'model_config'),
        ({'model_config': 'null'}, 'model_config'),
        ({'model_config': json.dumps({'encoder': 'resnet50'})}, 'resnet50'),
        ({'model_config': json.dumps({'depth': 50})}, r"\['depth'\]"),
        ({'provenance': '['}, 'provenance'),
    ],
)
def test_damaged_metadata(saved: Path, changes: dict[str, str | None], message: str) -> None:
    rewrite(saved, **changes)
    with pytest.raises(ValueError, match=message) as caught:
        load_checkpoint(saved)
    assert str(saved) in str(caught.value)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / 'pickle.safetensors'
    torch.save({'model': 1}, path)
    with pytest.raises(ValueError, match='not a readable safetensors'):
        load_checkpoint(path)


def test_others_may_read_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / 'a.safetensors'
    save_checkpoint(path, tiny_network(), {})
    assert path.stat().st_mode & 0o777 == 0o644
