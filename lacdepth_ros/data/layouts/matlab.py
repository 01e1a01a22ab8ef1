# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MATLAB files, of which only as much is read as they are believed to hold.

Both formats pack their arrays: 60 KB of zeros unpack to 64 MB, and a few bytes claim any size.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lacdepth_ros.core.optional import load_library

MAX_SPLIT_BYTES = 2**24
"""Largest file of numbers, unpacked."""
SLACK = 2**26
"""Bytes that a packed piece of an array may hold besides what is asked of it."""
_HEADER, _TAG, _PACKED = 128, 8, 15  # of version 5: bytes of the header and of a tag, and a type


def read_numbers(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Read some arrays of a small MATLAB file of version 5 to 7.

    Raises:
        ValueError: It is another file, or unpacks to more than MAX_SPLIT_BYTES.
        KeyError: It holds no array of one of these names.
        ModuleNotFoundError: scipy is not installed.
    """
    matlab = load_library('scipy.io', "NYU's split file")
    _check_size(path)
    content = matlab.loadmat(path, variable_names=list(names))
    return {name: content[name] for name in names}


def _check_size(path: Path) -> None:
    """Unpack its elements one by one, up to the bound."""
    if path.stat().st_size > MAX_SPLIT_BYTES:
        raise ValueError(f'larger than {MAX_SPLIT_BYTES} bytes')
    data, at, total = path.read_bytes(), _HEADER, 0
    order = '>' if data[126:128] == b'MI' else '<'
    while at + _TAG <= len(data):
        kind, length = struct.unpack_from(f'{order}II', data, at)
        if at + _TAG + length > len(data):
            raise ValueError(f'an element claims {length} of {len(data)} bytes')
        if kind == _PACKED:
            packed = data[at + _TAG : at + _TAG + length]
            try:
                unpacked = zlib.decompressobj().decompress(packed, MAX_SPLIT_BYTES + 1)
            except zlib.error as error:
                raise ValueError(f'damaged ({error})') from error
            total += len(unpacked)
        if total > MAX_SPLIT_BYTES:
            raise ValueError(f'unpacks to more than {MAX_SPLIT_BYTES} bytes')
        at += _TAG + length


def check_array(array: Any, shape: tuple[int, ...], kinds: str, what: str = 'array') -> None:
    """Refuse an array of an HDF5 file that is not what it is taken for, before it is read.

    Args:
        array: h5py's data set; it is unpacked in pieces, a whole one at a time.
        shape: Its shape.
        kinds: Allowed kinds of numbers, as NumPy names them: 'u', 'f', ...
        what: Its name in messages.

    Raises:
        ValueError: It has another shape or type, or its pieces are much larger than one of its
            items.
    """
    found, dtype = getattr(array, 'shape', None), getattr(array, 'dtype', None)
    if found != shape or dtype is None or dtype.kind not in kinds:
        raise ValueError(f'{what} is {dtype} {found}, not {shape} of kind {kinds!r}')
    item = math.prod(shape[1:]) * dtype.itemsize
    piece = math.prod(array.chunks or (0,)) * dtype.itemsize
    if piece > item + SLACK:
        raise ValueError(f'{what} is packed in pieces of {piece} bytes; an item has {item}')
