# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Maps of numbers survive every format; what is none is named."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lacdepth_ros.data.files import read_depth_png
from lacdepth_ros.data.value_files import read_values

METRES = np.array([[0.5, 1.25, 80.0], [np.inf, 0.0, 3.75]], np.float32)
COUNTS = np.array([[500, 1250, 65535], [1, 0, 3750]], np.uint16)


def pfm(path: Path, order: str) -> Path:
    """As the format's definition has it: rows from the lowest up, a negative scale is little."""
    scale = '-1.0' if order == '<' else '1.0'
    pixels = METRES[::-1].astype(f'{order}f4').tobytes()
    path.write_bytes(f'Pf\n3 2\n{scale}\n'.encode() + pixels)
    return path


@pytest.mark.parametrize('order', ['<', '>'])
def test_pfm(tmp_path: Path, order: str) -> None:
    np.testing.assert_array_equal(read_values(pfm(tmp_path / 'a.pfm', order)), METRES)


def test_pfm_cut_short_or_of_colours(tmp_path: Path) -> None:
    path = pfm(tmp_path / 'a.pfm', '<')
    data = path.read_bytes()
    path.write_bytes(data[:-3])
    with pytest.raises(ValueError, match='truncated: 21 bytes of 24'):
        read_values(path)
    path.write_bytes(data.replace(b'Pf', b'PF', 1))
    with pytest.raises(ValueError, match='no PFM of one channel'):
        read_values(path)
    path.write_bytes(b'Pf\n90000 90000\n-1\n')
    with pytest.raises(ValueError, match='size 90000x90000'):
        read_values(path)


def test_numpy(tmp_path: Path) -> None:
    np.save(tmp_path / 'a.npy', METRES[..., None])  # DIODE's have a last axis of one
    np.testing.assert_array_equal(read_values(tmp_path / 'a.npy'), METRES)
    np.savez_compressed(tmp_path / 'a.npz', depth=METRES, pose=np.eye(4))
    np.testing.assert_array_equal(read_values(tmp_path / 'a.npz'), METRES)
    np.savez(tmp_path / 'b.npz', left=METRES, right=METRES)
    with pytest.raises(ValueError, match='arrays left, right; none is called depth'):
        read_values(tmp_path / 'b.npz')
    np.save(tmp_path / 'c.npy', np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match=r'of shape \(2, 3, 3\); numbers \(H, W\) are needed'):
        read_values(tmp_path / 'c.npy')


def test_tiff_and_png(tmp_path: Path) -> None:
    Image.fromarray(METRES).save(tmp_path / 'f.tif')
    np.testing.assert_array_equal(read_values(tmp_path / 'f.tif'), METRES)
    for name in ('c.tiff', 'c.png'):
        Image.fromarray(COUNTS).save(tmp_path / name)
        np.testing.assert_array_equal(read_values(tmp_path / name), COUNTS)
    Image.fromarray(COUNTS.astype(np.uint8)).save(tmp_path / 'd.tif')
    with pytest.raises(ValueError, match='pixels of kind L; one channel of 16 or 32 bits'):
        read_values(tmp_path / 'd.tif')
    bgr = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    cv2.imwrite(str(tmp_path / 'e.png'), bgr)
    np.testing.assert_array_equal(read_values(tmp_path / 'e.png'), bgr[..., [2, 1, 0]])


def test_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip('h5py')
    with h5py.File(tmp_path / 'frame.hdf5', 'w') as store:
        store['dataset'] = METRES.astype(np.float16)
    np.testing.assert_array_equal(read_values(tmp_path / 'frame.hdf5'), METRES)


@pytest.mark.parametrize(
    ('name', 'words'),
    [
        ('a.exr', 'OpenEXR and np.save'),
        ('a.jpg', 'JPEG changes values'),
        ('a.npy', 'not a .npy file of numbers'),
        ('a.npz', 'damaged, or no .npz file'),
        ('a.tif', 'damaged, or no .tif file'),
        ('a.png', 'neither PNG nor JPEG'),
        ('a.pfm', 'no PFM'),
    ],
)
def test_what_is_no_map_is_named(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_bytes(b'something else')
    with pytest.raises(ValueError, match=words):
        read_values(tmp_path / name)


def test_a_manifest_of_other_maps_names_the_way(tmp_path: Path) -> None:
    np.save(tmp_path / 'a.npy', METRES)
    with pytest.raises(ValueError, match=r"a\.npy: .* depth as PNG; 'lacdepth data pairs' makes"):
        read_depth_png(tmp_path / 'a.npy', 1000)
