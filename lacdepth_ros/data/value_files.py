# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Maps of numbers as other programs store them: PNG, .npy, .npz, PFM, TIFF and HDF5."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from lacdepth_ros.core.image_file import check_bounds, decode_file
from lacdepth_ros.core.optional import load_library

Values = npt.NDArray[Any]

_NAMES = ('depth', 'dataset', 'arr_0')  # of an array among several
_LONGEST_HEADER = 100  # bytes of a PFM's lines
_ELSEWHERE = {
    '.exr': 'read it with OpenEXR and np.save the one channel that holds depth',
    '.jpg': 'JPEG changes values; take the data set from before that',
    '.jpeg': 'JPEG changes values; take the data set from before that',
    '.mat': 'read it with scipy.io.loadmat or h5py and np.save the array',
    '.bin': 'read it as its program writes it and np.save the array',
    '.dpt': 'read it as its program writes it and np.save the array',
}


def read_values(path: Path) -> Values:
    """Read a file as (H, W) numbers, or (H, W, C) uint8 in RGB order where a PNG has colours.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is none of the formats, damaged, or of another shape.
        ModuleNotFoundError: h5py is needed and not installed.
    """
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        advice = _ELSEWHERE.get(suffix, 'convert it to one of them')
        raise ValueError(f'{path}: depth is read from {", ".join(_READERS)}; {advice}')
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such file')
    try:
        values = _READERS[suffix](path)
    except (OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(f'{path}: damaged, or no {suffix} file ({error})') from error
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    return values


def read_npy(path: Path) -> Values:
    """Read one array of numbers (H, W) from a .npy file; singleton axes are dropped.

    Raises:
        ValueError: The file is no such array.
    """
    try:
        return _map_of(np.load(path, allow_pickle=False, mmap_mode='r'))
    except (ValueError, EOFError) as error:
        raise ValueError(f'not a .npy file of numbers ({error})') from error


def _map_of(array: Any) -> Values:
    """The (H, W) numbers of an array, copied into memory."""
    shape = tuple(size for size in array.shape if size != 1)
    if len(shape) != 2 or array.dtype.kind not in 'fiu':
        raise ValueError(f'holds {array.dtype} of shape {array.shape}; numbers (H, W) are needed')
    check_bounds(shape[1], shape[0])
    return np.array(array).reshape(shape)


def _read_png(path: Path) -> Values:
    values = decode_file(path.read_bytes(), flags=cv2.IMREAD_UNCHANGED)
    return values if values.ndim == 2 else np.ascontiguousarray(values[..., 2::-1])


def _read_npz(path: Path) -> Values:
    if not zipfile.is_zipfile(path):
        raise zipfile.BadZipFile('not a zip of arrays')
    with np.load(path, allow_pickle=False) as store:
        return _map_of(store[_choose(store.files)])


def _read_hdf5(path: Path) -> Values:
    h5py = load_library('h5py', 'depth in HDF5 files')
    with h5py.File(path, 'r') as store:
        return _map_of(store[_choose([name for name in store if hasattr(store[name], 'dtype')])])


def _choose(names: list[str]) -> str:
    """The only array of a file, or the one that is called depth."""
    known = names if len(names) == 1 else [name for name in _NAMES if name in names]
    if not known:
        raise ValueError(f'holds the arrays {", ".join(names) or "none"}; none is called depth')
    return known[0]


def _read_pfm(path: Path) -> Values:
    with path.open('rb') as stream:
        kind, size, scale = (stream.readline(_LONGEST_HEADER).strip() for _ in range(3))
        if kind != b'Pf':
            raise ValueError('no PFM of one channel (its first line is not Pf)')
        width, height = (int(text) for text in size.split())
        check_bounds(width, height)
        data = stream.read(4 * width * height)
    if len(data) < 4 * width * height:
        raise ValueError(f'truncated: {len(data)} bytes of {4 * width * height}')
    values = np.frombuffer(data, '<f4' if float(scale) < 0 else '>f4').reshape(height, width)
    return values[::-1].astype(np.float32)  # its rows go from the lowest up


def _read_tiff(path: Path) -> Values:
    with Image.open(path, formats=['TIFF']) as image:
        check_bounds(*image.size)
        if image.mode not in ('F', 'I', 'I;16', 'I;16B'):
            raise ValueError(
                f'pixels of kind {image.mode}; one channel of 16 or 32 bits is needed'
            )
        return np.array(image)


_READERS: dict[str, Callable[[Path], Values]] = {
    '.png': _read_png,
    '.npy': read_npy,
    '.npz': _read_npz,
    '.pfm': _read_pfm,
    '.tif': _read_tiff,
    '.tiff': _read_tiff,
    '.h5': _read_hdf5,
    '.hdf5': _read_hdf5,
}
