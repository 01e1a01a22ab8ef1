# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The engines' cache: what was stored comes back under its own key, and nothing else ever."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from tiny_networks import tiny_network

from lacdepth_ros.models.engines import cache

KEY = {'network': 'a', 'shapes': '((1, 3, 32, 32),)'}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('LACDEPTH_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


def the_file(folder: Path) -> Path:
    (path,) = folder.glob('*')
    return path


def test_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('LACDEPTH_CACHE')
    monkeypatch.setenv('XDG_CACHE_HOME', '/somewhere')
    assert cache.cache_folder() == Path('/somewhere/lacdepth_ros')
    monkeypatch.delenv('XDG_CACHE_HOME')
    monkeypatch.setenv('HOME', '/home/user')
    assert cache.cache_folder() == Path('/home/user/.cache/lacdepth_ros')


def test_what_was_stored_comes_back() -> None:
    payload = b'bytes\n\x00 of a network'
    assert cache.load(KEY) is None
    cache.store(KEY, payload)
    assert cache.load(KEY) == payload
    assert cache.load({**KEY, 'network': 'b'}) is None
    assert cache.load(dict(reversed(KEY.items()))) == payload, 'the order of a key means nothing'


def test_file_of_another_key_is_not_trusted(folder: Path) -> None:
    """Not even in the place of the key asked for."""
    cache.store(KEY, b'network a')
    place = the_file(folder)
    place.unlink()
    cache.store({**KEY, 'network': 'b'}, b'network b')
    the_file(folder).rename(place)
    assert cache.load(KEY) is None


@pytest.mark.parametrize('damage', ['cut', 'flipped', 'empty', 'no header'])
def test_damaged_file_is_not_trusted(folder: Path, damage: str) -> None:
    cache.store(KEY, b'0123456789')
    content = the_file(folder).read_bytes()
    damaged = {
        'cut': content[:-1],
        'flipped': content[:-1] + b'8',
        'empty': b'',
        'no header': b'0123456789',
    }
    the_file(folder).write_bytes(damaged[damage])
    assert cache.load(KEY) is None
    cache.store(KEY, b'new')
    assert cache.load(KEY) == b'new'


def test_without_a_folder_nothing_is_kept_and_nothing_fails(folder: Path) -> None:
    folder.write_text('a file in its place')
    cache.store(KEY, b'payload')
    assert cache.load(KEY) is None


def test_file_that_may_only_be_read_is_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filled by root in a container's image, used by somebody else."""
    cache.store(KEY, b'payload')

    def refuse(path: Path, *_: float, **__: float) -> None:
        raise PermissionError(13, 'Permission denied', str(path))

    monkeypatch.setattr(os, 'utime', refuse)
    assert cache.load(KEY) == b'payload'


def test_least_used_files_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, 'MAX_FILES', 2)
    for name in 'ab':
        cache.store({'network': name}, name.encode())
    for path in folder.glob('*'):
        os.utime(path, (1e9, 1e9))
    assert cache.load({'network': 'a'}) == b'a'  # used: now b is the oldest
    cache.store({'network': 'c'}, b'c')
    assert [cache.load({'network': name}) for name in 'abc'] == [b'a', None, b'c']


def test_fingerprint_follows_weights_and_configuration() -> None:
    same, other = tiny_network(), tiny_network(max_depth=50.0)
    assert cache.fingerprint(same) == cache.fingerprint(tiny_network())
    assert cache.fingerprint(same) != cache.fingerprint(other)
    with torch.no_grad():
        same.bins.seed.mlp[0].bias[0] += 1e-6
    assert cache.fingerprint(same) != cache.fingerprint(tiny_network())


def test_digest_follows_shape_type_and_value() -> None:
    tensors = [torch.zeros(4), torch.zeros(2, 2), torch.zeros(4).double(), torch.ones(4)]
    assert len({cache.digest([tensor]) for tensor in tensors}) == 4
    assert cache.digest([]) == cache.digest(())
