# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files appear whole or not at all, and a full disk is told with its remedy."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch
from miniature import write_recipe

pytest.importorskip('lightning')
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.training import checkpointing
from lacdepth_ros.training.checkpointing import (
    CheckpointKeeper,
    WholeFiles,
    disk_error,
    write_whole,
)
from lacdepth_ros.training.run import train

FULL = Path('/dev/full')
needs_full_device = pytest.mark.skipif(
    not FULL.is_char_device(), reason='no /dev/full on this system'
)


def test_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / 'folder' / 'state'
    write_whole(path, b'first')
    write_whole(path, b'second')
    assert path.read_bytes() == b'second'
    assert [file.name for file in path.parent.iterdir()] == ['state']


@needs_full_device
def test_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / 'last.ckpt'
    path.write_bytes(b'old')
    (tmp_path / '.last.ckpt.partial').symlink_to(FULL)
    with pytest.raises(OSError, match=r'last\.ckpt \(2 MB\).*disk is full.*--resume') as caught:
        write_whole(path, b'0' * 2_000_000)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b'old'


def test_failed_write_keeps_no_hold_of_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.12.1 dies of the garbage that a traceback with such a view becomes."""
    views = []

    def fail(path: Path, view: memoryview) -> None:
        views.append(view)
        raise OSError('full')

    monkeypatch.setattr(checkpointing, 'write_whole', fail)
    with pytest.raises(OSError, match='full'):
        WholeFiles().save_checkpoint({'a': torch.ones(3)}, tmp_path / 'last.ckpt')
    with pytest.raises(ValueError, match='released'):
        len(views[0])


@pytest.mark.slow
@needs_full_device
def test_run_without_a_state_for_a_full_disk_starts_again(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / 'data', **{'trainer.max_steps': 1, 'pictures.frames': 0})
    output = tmp_path / 'run'
    output.mkdir()
    (output / '.last.ckpt.partial').symlink_to(FULL)
    with pytest.raises(OSError, match=r'disk is full.*free some space, then start again$'):
        train(['--config', str(recipe)], output)
    assert train(['--config', str(recipe)], output)['steps'] == 1


@pytest.mark.slow
@needs_full_device
@pytest.mark.parametrize('keep_best', [1, 2])
def test_resumed_run_exports_the_network_that_a_full_disk_prevented(
    tmp_path: Path, keep_best: int
) -> None:
    changes = {'trainer.val_check_interval': 1, 'checkpoint.keep_best': keep_best}
    recipe = write_recipe(
        tmp_path / 'data', **{**changes, 'trainer.max_steps': 1, 'pictures.frames': 0}
    )
    output = tmp_path / 'run'
    output.mkdir()
    (output / '.best.safetensors.partial').symlink_to(FULL)
    with pytest.raises(
        OSError, match=r'then continue \(lacdepth train with --resume, .* untouched'
    ):
        train(['--config', str(recipe)], output)
    assert not (output / 'best.safetensors').exists()
    results = train(['--config', str(recipe)], output, resume=True)
    average = {
        name.removeprefix('average.module.'): value
        for name, value in torch.load(output / 'last.ckpt', weights_only=True)[
            'state_dict'
        ].items()
        if name.startswith('average.module.')
    }
    network, provenance = load_checkpoint(output / 'best.safetensors')
    assert (provenance['step'], results['best_step']) == ('1', 1)
    for name, value in network.state_dict().items():
        assert torch.equal(value, average[name])


def test_unwritable_folder_is_told(tmp_path: Path) -> None:
    error = disk_error(PermissionError(errno.EACCES, 'Permission denied'), tmp_path / 'x')
    assert 'Permission denied: make the folder writable' in str(error)


@pytest.mark.parametrize('name', ['every_steps', 'every_minutes', 'keep_best'])
def test_impossible_intervals(name: str) -> None:
    with pytest.raises(ValueError, match=f'{name}=0 must be positive'):
        CheckpointKeeper(**{name: 0})
