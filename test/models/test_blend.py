# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Means of two checkpoints: every weight between both, and what they descend from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tiny_networks import tiny_network

from lacdepth_ros.cli.main import main
from lacdepth_ros.models.blend import blend
from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint
from lacdepth_ros.models.provenance import inherited, origin
from lacdepth_ros.models.shipped import default_checkpoint
from lacdepth_ros.models.std_calibration import StdCalibration


@pytest.mark.parametrize(('share', 'encoder'), [(0.25, None), (0.1, 1.0), (1.0, 0.0)])
def test_every_weight_lies_that_far_between(share: float, encoder: float | None) -> None:
    first, second = tiny_network(1), tiny_network(2)
    before = {name: value.clone() for name, value in first.state_dict().items()}
    after = second.state_dict()
    second.encoder.load_state_dict({k: v + 0.5 for k, v in second.encoder.state_dict().items()})
    mean = blend(first, second, share, encoder)
    assert not mean.training and mean.calibration is None
    moved = 0
    for name, value in mean.state_dict().items():
        if not value.is_floating_point():
            continue
        of_encoder = name.split('.')[0] == 'encoder'
        part = share if encoder is None or not of_encoder else encoder
        expected = (1 - part) * before[name].numpy() + part * after[name].numpy()
        np.testing.assert_allclose(value.numpy(), expected, rtol=1e-5, atol=1e-6)
        moved += int(not np.array_equal(before[name].numpy(), after[name].numpy()))
    assert moved > 100, 'the networks must differ, or the test says nothing'
    kept = first.state_dict()
    assert all(np.array_equal(before[k].numpy(), kept[k].numpy()) for k in kept)


def test_other_networks_and_shares_are_refused() -> None:
    first = tiny_network(1)
    with pytest.raises(ValueError, match=r'num_bins is 16 and 32'):
        blend(first, tiny_network(2, num_bins=32), 0.5)
    for share, encoder in ((1.5, None), (0.5, -0.1), (float('nan'), None)):
        with pytest.raises(ValueError, match=r'must lie in 0 \.\. 1'):
            blend(first, first, share, encoder)


def checkpoints(folder: Path) -> tuple[Path, Path]:
    """Two of one network: the first says what it is, the second was trained from it."""
    first, second = folder / 'first.safetensors', folder / 'second.safetensors'
    known = {'data': 'streets', 'licence': 'A', 'val_abs_rel': '0.1', 'focal_per_width': '0.58'}
    save_checkpoint(first, tiny_network(1), known)
    settings = json.dumps({'data': {'train_manifest': ['mine.jsonl', 'more.jsonl']}})
    tuned = {**inherited(first), 'val_abs_rel': '0.05', 'training': settings}
    save_checkpoint(second, tiny_network(2), tuned)
    return first, second


def test_command_writes_a_checkpoint_that_says_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = checkpoints(tmp_path)
    output = tmp_path / 'new' / 'half.safetensors'
    assert main(['blend', str(first), str(second), str(output)]) == 0
    assert capsys.readouterr().out == (
        f'wrote {output}; its std is not calibrated (lacdepth calibrate-std) '
        'and it has no scales for 8-bit integers (lacdepth quantize)\n'
    )
    model, provenance = load_checkpoint(output)
    name = 'encoder.' + next(iter(model.encoder.state_dict()))
    both = [load_checkpoint(path)[0].state_dict()[name].numpy() for path in (first, second)]
    np.testing.assert_allclose(model.state_dict()[name].numpy(), np.mean(both, axis=0), atol=1e-6)
    assert provenance == {
        'blend': f'{origin(first)}, 0.5 of the way to {origin(second)}',
        'data': 'streets; and mine.jsonl, more.jsonl',
        'licence': 'A',
        'start': f'{origin(first)}, which learned from streets',
        'focal_per_width': '0.58',
    }
    assert main(['checkpoints', str(output)]) == 0
    text = capsys.readouterr().out
    assert 'abs_rel  not measured' in text and f'blend    {origin(first)}, 0.5 of' in text


def test_command_refuses_what_it_cannot_blend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = checkpoints(tmp_path)
    other = tmp_path / 'other.safetensors'
    save_checkpoint(other, tiny_network(2, num_bins=32), {})
    out = tmp_path / 'out.safetensors'
    for arguments, message in (
        ([first, other, out], 'num_bins is 16 and 32'),
        ([first, tmp_path / 'none.safetensors', out], 'does not exist'),
        ([first, second, tmp_path / 'out.ckpt'], 'must end in .safetensors'),
        ([first, second, out, '--share', '2'], 'must lie in 0 .. 1'),
        ([first, second, second], 'name a new file'),
        ([first, first, out], 'are the same file'),
        ([first, second, default_checkpoint()], 'name a new file'),
    ):
        assert main(['blend', *map(str, arguments)]) == 2
        assert message in capsys.readouterr().err
    assert not out.exists()


def test_calibration_of_neither_is_handed_on(tmp_path: Path) -> None:
    tiny = checkpoints(tmp_path)[1]
    assert main(['blend', 'shipped', str(tiny), str(tmp_path / 'x.safetensors')]) == 2
    shipped, _ = load_checkpoint(None)
    assert isinstance(shipped.calibration, StdCalibration)
    assert blend(shipped, shipped, 0.5).calibration is None


def test_licence_and_data_are_handed_on_from_generation_to_generation(tmp_path: Path) -> None:
    first, second = checkpoints(tmp_path)
    assert inherited(second) == {
        'start': f'{origin(second)}, which learned from mine.jsonl, more.jsonl; that from '
        f'{origin(first)}, which learned from streets',
        'licence': 'A',
    }
    unsaid = tmp_path / 'unsaid.safetensors'
    save_checkpoint(unsaid, tiny_network(3), {})
    assert inherited(unsaid) == {
        'start': f'{origin(unsaid)}, which learned from data that it does not name'
    }
