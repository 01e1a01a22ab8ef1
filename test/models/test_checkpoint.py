# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: what is saved comes back, and everything else is refused with the reason."""

from __future__ import annotations

import gc
import hashlib
import json
import re
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from std_calibrations import calibration
from tiny_networks import random_image, tiny_config, tiny_network

from lacdepth_ros.models import checkpoint, shipped
from lacdepth_ros.models.backbone import ENCODERS
from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint, write_calibrated
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.provenance import origin


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


@pytest.mark.parametrize('name', sorted(ENCODERS))
def test_constants_are_no_weights_and_exist_without_memory(name: str) -> None:
    """Weights come from the file; what is not in it must have its values already."""
    for changes in ({}, {'pyramid_stride': 2, 'head_stride': 2}):
        with torch.device('meta'):
            network = LacDepth(tiny_config(encoder=name, **changes))
        stored = network.state_dict()
        assert all(value.is_meta for value in stored.values())
        constants = {n: x for n, x in network.named_buffers() if n not in stored}
        assert len(constants) >= 6 and not any(x.is_meta for x in constants.values())


def test_loaded_weights_are_a_copy_of_the_file(saved: Path) -> None:
    loaded, _ = load_checkpoint(saved)
    before = {name: value.clone() for name, value in loaded.state_dict().items()}
    saved.write_bytes(bytes(saved.stat().st_size))
    assert all(torch.equal(value, before[name]) for name, value in loaded.state_dict().items())
    assert all(parameter.requires_grad for parameter in loaded.parameters())


def test_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path / 'none.safetensors', tmp_path):
        with pytest.raises(FileNotFoundError, match=re.escape(str(path))):
            load_checkpoint(path)


def test_missing_shipped_checkpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, 'files', lambda _package: tmp_path)
    with pytest.raises(FileNotFoundError, match='reinstall the package'):
        load_checkpoint()


def test_shipped_is_the_name_of_the_package_s_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = shipped.default_checkpoint()
    for name in ('shipped', Path('shipped'), None):
        assert shipped.checkpoint_path(name) == own
    assert shipped.checkpoint_path('~/x') == Path.home() / 'x'
    expected = load_checkpoint(own)[0].state_dict()
    found = load_checkpoint('shipped')[0].state_dict()
    assert all(torch.equal(value, found[name]) for name, value in expected.items())
    assert checkpoint.checkpoint_hash('shipped') == checkpoint.checkpoint_hash(own)
    assert origin('shipped') == origin(own)
    write_calibrated('shipped', tmp_path / 'copy.safetensors', calibration(limit=7.5))
    assert load_checkpoint(tmp_path / 'copy.safetensors')[1] == load_checkpoint(own)[1]
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'shipped').touch()
    with pytest.raises(ValueError, match=r'shipped: .*own checkpoint; give the whole path'):
        load_checkpoint('shipped')
    assert shipped.checkpoint_path(tmp_path / 'shipped') == tmp_path / 'shipped'


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


def test_loading_again_and_again_keeps_nothing(saved: Path) -> None:
    """One integer lost with each tensor would be as many blocks as there are tensors."""
    tensors = len(load_file(saved))
    load_checkpoint(saved)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(5):
        load_checkpoint(saved)
    gc.collect()
    assert (sys.getallocatedblocks() - before) / 5 < 0.5 * tensors


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / 'pickle.safetensors'
    torch.save({'model': 1}, path)
    with pytest.raises(ValueError, match='not a readable safetensors'):
        load_checkpoint(path)


def test_others_may_read_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / 'a.safetensors'
    save_checkpoint(path, tiny_network(), {})
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
def test_weights_that_are_no_numbers_are_refused(saved: Path, value: float) -> None:
    weights = load_file(saved)
    name = 'bins.seed.mlp.0.weight'
    weights[name].view(-1)[3] = value
    with checkpoint.safe_open(saved, framework='pt') as file:
        metadata = file.metadata()
    save_file(weights, saved, metadata)
    with pytest.raises(ValueError, match=f'{name} holds NaN or infinity'):
        load_checkpoint(saved)


def test_whole_numbers_in_place_of_weights_are_refused(saved: Path) -> None:
    weights = load_file(saved)
    name = 'bins.seed.mlp.0.weight'
    weights[name] = weights[name].to(torch.int32)
    with checkpoint.safe_open(saved, framework='pt') as file:
        metadata = file.metadata()
    save_file(weights, saved, metadata)
    with pytest.raises(ValueError, match=rf'{name} is I32 .*, not F32'):
        load_checkpoint(saved)


def test_a_configuration_of_gigabytes_takes_no_memory(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is built where tensors have no memory; the weights are not even read."""
    huge = {**tiny_network().config.to_dict(), 'widths': [4096] * 5}
    rewrite(saved, model_config=json.dumps(huge))
    built = []

    def build(config: object) -> LacDepth:
        model = LacDepth(config)  # type: ignore[arg-type]
        built.append({p.device.type for p in model.parameters()})
        return model

    monkeypatch.setattr(checkpoint, 'LacDepth', build)
    with pytest.raises(ValueError, match='do not fit its own configuration'):
        load_checkpoint(saved)
    assert built == [{'meta'}]


def test_texts_of_a_checkpoint_are_cut_and_escaped(saved: Path) -> None:
    rewrite(saved, provenance=json.dumps({'note': '\x1b[2J' + 'x' * 10**6, 'n': 3}))
    _, provenance = load_checkpoint(saved)
    assert provenance['n'] == '3' and provenance['note'].startswith('\\x1b[2Jxxx')
    assert len(provenance['note']) == checkpoint.LONGEST


@pytest.mark.parametrize(
    'text', ['[' * 200_000, '{"a":' * 200_000, '1' * 5000, '{"focal_px": 1e999}']
)
def test_hostile_json_is_an_ordinary_error(saved: Path, text: str) -> None:
    rewrite(saved, model_config=text)
    with pytest.raises(ValueError, match=r'model_config|focal_px=inf') as caught:
        load_checkpoint(saved)
    assert len(str(caught.value)) < 600


def test_hash_is_that_of_the_file(saved: Path) -> None:
    expected = hashlib.sha256(saved.read_bytes()).hexdigest()[:16]
    assert checkpoint.checkpoint_hash(saved) == expected
    assert len(checkpoint.checkpoint_hash()) == 16


def test_a_calibration_of_the_std_travels_with_the_weights(saved: Path, tmp_path: Path) -> None:
    assert load_checkpoint(saved)[0].calibration is None
    half = tmp_path / 'half.safetensors'
    save_checkpoint(half, tiny_network(), {'data': 'none'}, dtype=torch.float16)
    write_calibrated(half, tmp_path / 'new' / 'calibrated.safetensors', calibration(8))
    model, provenance = load_checkpoint(tmp_path / 'new' / 'calibrated.safetensors')
    assert model.calibration is not None and model.calibration.frames == 40
    assert provenance == {'data': 'none'}
    stored = [load_file(half), load_file(tmp_path / 'new' / 'calibrated.safetensors')]
    assert all(torch.equal(stored[1][name], value) for name, value in stored[0].items())
    assert all(stored[1][name].dtype == value.dtype for name, value in stored[0].items())
    save_checkpoint(tmp_path / 'again.safetensors', model, provenance)
    assert load_checkpoint(tmp_path / 'again.safetensors')[0].calibration is not None


@pytest.mark.parametrize(
    ('text', 'reason'),
    [('{', 'std_calibration is missing or damaged'), ('{}', 'lacks or has more than')],
)
def test_a_damaged_calibration_is_an_error_of_the_checkpoint(
    saved: Path, text: str, reason: str
) -> None:
    rewrite(saved, std_calibration=text)
    with pytest.raises(ValueError, match=rf'{re.escape(str(saved))}.*{reason}'):
        load_checkpoint(saved)
