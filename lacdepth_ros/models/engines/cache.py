# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What engines made once and need again: files in the user's cache folder, trusted by their key.

A file names the whole key that it was made for: the checkpoint, the code that runs it, sizes,
precision, versions, processor. It is read only if that is the key asked for and its content is
whole; else it is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor

from lacdepth_ros.models.lacdepth import LacDepth

LOGGER = logging.getLogger(__name__)
SUFFIX = '.engine'
MAX_FILES = 24
"""Files kept; those unused for the longest time make room."""

Key = Mapping[str, str]


def cache_folder() -> Path:
    """The folder: $LACDEPTH_CACHE, or lacdepth_ros in $XDG_CACHE_HOME, by default ~/.cache."""
    if named := os.environ.get('LACDEPTH_CACHE'):
        return Path(named)
    if not (base := os.environ.get('XDG_CACHE_HOME')):
        try:
            base = str(Path.home() / '.cache')
        except RuntimeError:  # a user without a home, as in containers: nothing can be kept
            base = os.devnull
    return Path(base) / 'lacdepth_ros'


def load(key: Key) -> bytes | None:
    """Read what was stored for exactly this key; None where there is no such thing, or damaged."""
    path = _path(key)
    try:
        header, _, payload = path.read_bytes().partition(b'\n')
        found = json.loads(header)
        whole = found['key'] == dict(key) and found['sha256'] == _sha256(payload)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        LOGGER.warning('%s cannot be used (%s); it is made anew', path, error)
        return None
    if not whole:
        LOGGER.warning('%s is damaged or of another network; it is made anew', path)
        return None
    with suppress(OSError):  # others may own what may be read, as in an image of a container
        os.utime(path)
    return payload


def store(key: Key, payload: bytes) -> None:
    """Keep something under a key; without a writable folder it is made again next time."""
    path = _path(key)
    header = json.dumps({'key': dict(key), 'sha256': _sha256(payload)}).encode()
    partial = path.with_name(f'{path.name}.{os.getpid()}')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(header + b'\n' + payload)
        partial.replace(path)
        _make_room(path.parent)
    except OSError as error:
        LOGGER.warning('%s cannot be written (%s): the next start takes as long', path, error)


@lru_cache
def code_digest() -> str:
    """Digest of the package's code that becomes part of a compiled network."""
    total = hashlib.sha256()
    root = Path(str(files('lacdepth_ros.models')))
    for path in sorted(root.rglob('*.py')):
        total.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def fingerprint(model: LacDepth) -> str:
    """Digest of a network's configuration and weights."""
    names, values = zip(*sorted(model.state_dict().items()), strict=True)
    return _sha256(f'{model.config} {names} {digest(values)}'.encode())


def levels_fingerprint(model: LacDepth) -> str:
    """Digest of a network's integers, '' without."""
    if model.quantization is None:
        return ''
    plain, biases = model.quantization.to_parts()
    return _sha256(f'{plain} {list(biases)} {digest(biases.values())}'.encode())


def digest(tensors: Iterable[Tensor]) -> str:
    """Digest of tensors: shapes, types and values."""
    total = hashlib.sha256()
    for value in tensors:
        total.update(f'{value.dtype} {tuple(value.shape)}'.encode())
        total.update(
            value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
        )
    return total.hexdigest()


def _path(key: Key) -> Path:
    name = _sha256(json.dumps(dict(key), sort_keys=True).encode())
    return cache_folder() / f'{name[:32]}{SUFFIX}'


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _make_room(folder: Path) -> None:
    kept = sorted(folder.glob(f'*{SUFFIX}'), key=lambda path: path.stat().st_mtime)
    for path in kept[:-MAX_FILES]:
        path.unlink(missing_ok=True)
