# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Predictions of other programs: names, formats, scales, sizes, and what is missing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import write_depth_png
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.imported import Format, ImportedPredictions

HEIGHT, WIDTH = 6, 9


def sample(id: str = 'drive/0005', height: int = HEIGHT, width: int = WIDTH) -> Sample:
    image = np.zeros((height, width, 3), np.uint8)
    depth = np.full((height, width), 10, np.float32)
    return Sample(image, depth, Camera(9, 9, 4, 3, width, height), id)


def ramp(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.linspace(1, 60, height * width, dtype=np.float32).reshape(height, width)


@pytest.mark.parametrize('name', ['drive/0005', 'drive_0005'])
def test_png_is_found_by_the_frames_id(tmp_path: Path, name: str) -> None:
    depth = ramp()
    depth[0, 0] = 0  # none
    path = tmp_path / f'{name}.png'
    path.parent.mkdir(exist_ok=True)
    write_depth_png(path, depth)
    found = ImportedPredictions(tmp_path).predict(sample())
    depth[0, 0] = np.nan
    np.testing.assert_allclose(found.depth, depth, atol=1 / 512)
    assert found.std is None


def test_scale_is_the_stored_value_of_a_meter(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'drive_0005.png'), np.full((HEIGHT, WIDTH), 2500, np.uint16))
    np.save(tmp_path / 'drive_0005.npy', np.full((HEIGHT, WIDTH), 2500, np.int32))
    for format, scale, meters in (
        ('png16', None, 2500 / 256),
        ('png16', 1000, 2.5),
        ('npy', None, 2500),
        ('npy', 1000, 2.5),
    ):
        found = ImportedPredictions(tmp_path, format=format, scale=scale).predict(sample())  # type: ignore[arg-type]
        np.testing.assert_allclose(found.depth, meters, rtol=1e-6)
        assert found.depth.dtype == np.float32


@pytest.mark.parametrize('shape', [(HEIGHT, WIDTH), (1, HEIGHT, WIDTH), (HEIGHT, WIDTH, 1)])
def test_arrays_may_have_singleton_axes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    depth = ramp().astype(np.float64)
    depth[2, 3] = np.nan
    np.save(tmp_path / 'drive_0005.npy', depth.reshape(shape))
    found = ImportedPredictions(tmp_path, format='npy').predict(sample())
    np.testing.assert_array_equal(found.depth, depth.astype(np.float32))


def test_std_comes_from_its_own_folder(tmp_path: Path) -> None:
    for name, value in (('depth', 4.0), ('std', 0.5)):
        (tmp_path / name).mkdir()
        write_depth_png(
            tmp_path / name / 'drive_0005.png', np.full((HEIGHT, WIDTH), value, np.float32)
        )
    found = ImportedPredictions(tmp_path / 'depth', std_folder=tmp_path / 'std').predict(sample())
    assert found.std is not None
    np.testing.assert_array_equal(found.std, 0.5)


def test_the_benchmark_crop_is_laid_where_it_was_cut(tmp_path: Path) -> None:
    np.save(tmp_path / 'drive_0005.npy', ramp(352, 1216))
    found = ImportedPredictions(tmp_path, format='npy').predict(sample('drive/0005', 375, 1242))
    np.testing.assert_array_equal(found.depth[23:, 13:1229], ramp(352, 1216))
    assert np.isnan(found.depth).sum() == 375 * 1242 - 352 * 1216


@pytest.mark.parametrize('size', [(WIDTH, HEIGHT), (352, 1216)])
def test_another_size_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    np.save(tmp_path / 'drive_0005.npy', ramp(*size))
    with pytest.raises(ValueError, match=rf'is {size[1]}x{size[0]} but the frame is 9x6'):
        ImportedPredictions(tmp_path, format='npy').predict(sample())


@pytest.mark.parametrize('size', [(1080, 1920), (377, 1242), (376, 1243)])
def test_the_benchmark_crop_is_laid_on_no_other_camera(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    np.save(tmp_path / 'drive_0005.npy', ramp(352, 1216))
    with pytest.raises(ValueError, match=rf'is 1216x352 but the frame is {size[1]}x{size[0]}'):
        ImportedPredictions(tmp_path, format='npy').predict(sample('drive/0005', *size))


@pytest.mark.parametrize('format', ['png16', 'npy'])
def test_missing_and_broken_files_are_named(tmp_path: Path, format: Format) -> None:
    predictions = ImportedPredictions(tmp_path, format=format)
    with pytest.raises(FileNotFoundError, match=r'drive/0005.* nor .*drive_0005'):
        predictions.predict(sample())
    suffix = {'png16': '.png', 'npy': '.npy'}[format]
    (tmp_path / f'drive_0005{suffix}').write_bytes(b'not what it says')
    with pytest.raises(ValueError, match='drive_0005'):
        predictions.predict(sample())


@pytest.mark.parametrize('array', [np.zeros((2, 6, 9)), np.zeros(9), np.full((6, 9), 'far')])
def test_arrays_that_are_no_depth_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / 'drive_0005.npy', array)
    with pytest.raises(ValueError, match=r'numbers \(H, W\) are needed'):
        ImportedPredictions(tmp_path, format='npy').predict(sample())


def test_pickled_arrays_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / 'drive_0005.npy', np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match='file of numbers'):
        ImportedPredictions(tmp_path, format='npy').predict(sample())


def test_impossible_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='png16, npy'):
        ImportedPredictions(tmp_path, format='png8')  # type: ignore[arg-type]
    for scale in (0, -256, float('inf'), float('nan')):
        with pytest.raises(ValueError, match='scale'):
            ImportedPredictions(tmp_path, scale=scale)
    with pytest.raises(FileNotFoundError, match='no such folder'):
        ImportedPredictions(tmp_path / 'nowhere')
    with pytest.raises(FileNotFoundError, match='no such folder'):
        ImportedPredictions(tmp_path, std_folder=tmp_path / 'nowhere')
