# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Image and depth files: values survive the disk, damaged files raise."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from lacdepth_ros.data.files import read_depth_png, read_image, write_depth_png, write_image
from lacdepth_ros.data.headers import read_header
from lacdepth_ros.messages.compressed import image_from_compressed


def test_depth_png_round_trip_and_invalid_pixels(tmp_path: Path) -> None:
    depth = np.array([[1.0, 80.004], [np.nan, np.inf], [-3.0, 0.0], [256.0, 255.99]], np.float32)
    path = tmp_path / 'depth.png'
    write_depth_png(path, depth)
    counts = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert counts.dtype == np.uint16
    assert counts.tolist() == [[256, 20481], [0, 0], [0, 0], [0, 65533]]
    assert read_depth_png(path, 256)[0].tolist() == [1.0, 20481 / 256]


def test_rgb_round_trip_and_gray_is_repeated(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    write_image(tmp_path / 'rgb.png', rgb)
    np.testing.assert_array_equal(read_image(tmp_path / 'rgb.png'), rgb)
    write_image(tmp_path / 'grey.png', rgb[:, :, 0])
    gray = read_image(tmp_path / 'grey.png')
    np.testing.assert_array_equal(gray, np.repeat(rgb[:, :, :1], 3, axis=2))


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_image_cut_short(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f'image{suffix}'
    write_image(path, np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match='truncated'):
        read_image(path)


@pytest.mark.parametrize('data', [b'', b'this is no image'])
def test_file_that_is_no_image(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / 'image.png'
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r'neither PNG nor JPEG|cut short'):
        read_image(path)


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_image_that_asks_for_rotation_is_taken_as_stored_and_warned_of(
    tmp_path: Path, suffix: str
) -> None:
    rgb = np.zeros((16, 32, 3), np.uint8)
    rgb[:8, :16, 0] = 255
    exif = Image.Exif()
    for name, orientation in (('upright', 1), ('turned', 6)):
        exif[ExifTags.Base.Orientation] = orientation
        Image.fromarray(rgb).save(
            tmp_path / (name + suffix), exif=exif, quality=100, subsampling=0
        )
    with pytest.warns(UserWarning, match=f'images in {tmp_path} ask to be shown rotated'):
        turned = read_image(tmp_path / f'turned{suffix}')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        upright = read_image(tmp_path / f'upright{suffix}')
    np.testing.assert_array_equal(turned, upright)
    np.testing.assert_allclose(turned, rgb, atol=3)
    header = read_header(tmp_path / f'turned{suffix}')
    assert turned.shape[:2] == (header.height, header.width) == (16, 32)
    message = SimpleNamespace(format='', data=(tmp_path / f'turned{suffix}').read_bytes())
    np.testing.assert_array_equal(image_from_compressed(message), turned, 'what the node sees')


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no such file'):
        read_image(tmp_path / 'none.png')
    with pytest.raises(ValueError, match='is a folder'):
        read_image(tmp_path)


def test_depth_png_of_another_scale(tmp_path: Path) -> None:
    depth = np.array([[1.234, 65.534], [65.535, 0.0]], np.float32)
    write_depth_png(tmp_path / 'd.png', depth, 1000)
    counts = cv2.imread(str(tmp_path / 'd.png'), cv2.IMREAD_UNCHANGED)
    assert counts.tolist() == [[1234, 65534], [0, 0]]


def test_the_largest_count_is_no_depth(tmp_path: Path) -> None:
    """7-Scenes and ScanNet write 65535 where the camera has no answer, Virtual KITTI 2 for sky."""
    counts = np.array([[0, 1500], [65534, 65535]], np.uint16)
    cv2.imwrite(str(tmp_path / 'd.png'), counts)
    depth = read_depth_png(tmp_path / 'd.png', 1000)
    np.testing.assert_allclose(depth, [[0, 1.5], [65.534, 0]], rtol=1e-6)


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / 'image.png'
    write_image(path, np.full((4, 5, 3), 7, np.uint8))

    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError('no space left on device')

    monkeypatch.setattr(Path, 'write_bytes', full)
    with pytest.raises(OSError, match='no space left'):
        write_image(path, np.zeros((4, 5, 3), np.uint8))
    assert np.all(read_image(path) == 7)
    assert [found.name for found in tmp_path.iterdir()] == ['image.png']


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.filterwarnings('ignore:images in .* ask to be shown rotated')
def test_upright_pixels_are_those_that_pillow_shows(tmp_path: Path, orientation: int) -> None:
    stored = np.random.default_rng(0).integers(0, 255, (5, 7, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(stored).save(tmp_path / 'a.png', exif=exif)
    with Image.open(tmp_path / 'a.png') as image:
        shown = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_image(tmp_path / 'a.png', upright=True), shown)
    np.testing.assert_array_equal(read_image(tmp_path / 'a.png'), stored)
