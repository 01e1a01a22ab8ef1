# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Manifests: what a line yields, and a message with file and line for everything wrong."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.data.sample import BEYOND_RANGE

HEIGHT, WIDTH = 6, 9


def write_frame(folder: Path, name: str = 'a', **changes: object) -> dict[str, object]:
    """Write an image and its depth, and return the manifest's record of them."""
    bgr = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    bgr[:, :, 2] = 200  # red
    depth = np.full((HEIGHT, WIDTH), 512, np.uint16)
    depth[0] = 0
    cv2.imwrite(str(folder / f'{name}.png'), bgr)
    cv2.imwrite(str(folder / f'{name}_depth.png'), depth)
    record: dict[str, object] = {
        'id': f'group_{name}/0',
        'image': f'{name}.png',
        'depth': f'{name}_depth.png',
        'depth_scale': 256,
        'K': [7.0, 8.0, 4.0, 2.5],
        'width': WIDTH,
        'height': HEIGHT,
        'domain': 'driving',
    }
    return {**record, **changes}


def write_manifest(folder: Path, *records: object) -> Path:
    path = folder / 'manifest.jsonl'
    path.write_text('\n'.join(json.dumps(record) for record in records) + '\n')
    return path


def test_pixels_of_a_manifest_are_the_stored_ones_whatever_exif_asks(tmp_path: Path) -> None:
    record, exif = write_frame(tmp_path), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    stored = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(stored).save(tmp_path / 'a.png', exif=exif)
    (entry,) = read_manifest(write_manifest(tmp_path, record))
    with pytest.warns(UserWarning, match=r'used as stored, which is what their intrinsics must'):
        np.testing.assert_array_equal(entry.load().image, stored)
    shown = {**record, 'width': HEIGHT, 'height': WIDTH}
    (entry,) = read_manifest(write_manifest(tmp_path, shown))
    with pytest.raises(ValueError, match='9x6 pixels where 6x9 are expected'):
        entry.load()


def test_entry_loads_image_depth_and_camera(tmp_path: Path) -> None:
    (entry,) = read_manifest(write_manifest(tmp_path, write_frame(tmp_path)))
    sample = entry.load()
    assert sample.image.dtype == np.uint8
    assert sample.image[3, 3].tolist() == [200, 0, 0]
    assert sample.depth.dtype == np.float32
    assert sample.depth[0].tolist() == [0.0] * WIDTH
    assert np.all(sample.depth[1:] == 2.0)
    assert sample.camera == Camera(7.0, 8.0, 4.0, 2.5, WIDTH, HEIGHT)
    assert (sample.id, sample.group, entry.group) == ('group_a/0', 'group_a', 'group_a')
    assert entry.tags == {'domain': 'driving'}


def test_nyu_scale_and_blank_lines(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, write_frame(tmp_path, depth_scale=1000))
    path.write_text('\n' + path.read_text() + '\n\n')
    (entry,) = read_manifest(path)
    assert entry.load().depth[1, 0] == np.float32(0.512)
    assert entry.where == f'{path}:2'


def test_texts_may_hold_what_python_takes_for_line_ends(tmp_path: Path) -> None:
    record = {**write_frame(tmp_path), 'id': 'a/\u2028b\x85'}
    text = json.dumps(record, ensure_ascii=False) + '\r\n'
    path = tmp_path / 'manifest.jsonl'
    path.write_text(text, encoding='utf-8', newline='')
    assert [entry.id for entry in read_manifest(path)] == ['a/\u2028b\x85']


@pytest.mark.parametrize('key', ['id', 'image', 'depth', 'depth_scale', 'K', 'width', 'height'])
def test_missing_key_names_file_line_and_key(tmp_path: Path, key: str) -> None:
    broken = write_frame(tmp_path, 'b')
    del broken[key]
    path = write_manifest(tmp_path, write_frame(tmp_path), broken)
    with pytest.raises(ValueError, match=rf'manifest\.jsonl:2: missing {key}'):
        read_manifest(path)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'K': []}, r'K = \[\] must be four numbers'),
        ({'K': [1.0, 2.0, 3.0]}, 'must be four numbers'),
        ({'K': [1.0, 2.0, 3.0, 'x']}, 'must be four numbers'),
        ({'K': [0, 0, 0, 0]}, 'must be positive pixels'),
        ({'K': [float('nan'), 1, 1, 1]}, 'NaN'),
        ({'depth_scale': 0}, 'depth_scale = 0'),
        ({'depth_scale': 0.001}, r'depth_scale = 0\.001 must be .* 0\.01 or more'),
        ({'depth_scale': '256'}, "depth_scale = '256'"),
        ({'width': 3.5}, 'whole pixels'),
        ({'width': 0}, 'must be positive'),
        ({'image': ''}, "image = ''"),
        ({'id': 7}, 'id = 7'),
    ],
)
def test_bad_value_names_file_line_and_value(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = write_manifest(tmp_path, write_frame(tmp_path, **changes))
    with pytest.raises(ValueError, match=rf'manifest\.jsonl:1: .*{message}'):
        read_manifest(path)


@pytest.mark.parametrize('line', ['{"id": ', '[1, 2]', 'text'])
def test_line_that_is_no_object(tmp_path: Path, line: str) -> None:
    path = tmp_path / 'manifest.jsonl'
    path.write_text(f'\n{line}\n')
    with pytest.raises(ValueError, match=r'manifest\.jsonl:2: '):
        read_manifest(path)


def test_repeated_id(tmp_path: Path) -> None:
    record = write_frame(tmp_path)
    with pytest.raises(ValueError, match=r'manifest\.jsonl:2: .* appeared before'):
        read_manifest(write_manifest(tmp_path, record, record))


def test_absent_empty_and_binary_manifests(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no such manifest'):
        read_manifest(tmp_path / 'none.jsonl')
    empty = tmp_path / 'empty.jsonl'
    empty.touch()
    with pytest.raises(ValueError, match='no frames'):
        read_manifest(empty)
    empty.write_bytes(b'\xff\xfe\x00')
    with pytest.raises(ValueError, match='not a text file'):
        read_manifest(empty)


@pytest.mark.parametrize('key', ['image', 'depth'])
def test_missing_file_names_the_line(tmp_path: Path, key: str) -> None:
    path = write_manifest(tmp_path, write_frame(tmp_path, **{key: 'nowhere.png'}))
    (entry,) = read_manifest(path)
    with pytest.raises(FileNotFoundError, match=r'manifest\.jsonl:1: .*nowhere\.png'):
        entry.load()


@pytest.mark.parametrize('name', ['a.png', 'a_depth.png'])
def test_wrong_size_names_both_sizes(tmp_path: Path, name: str) -> None:
    path = write_manifest(tmp_path, write_frame(tmp_path))
    cv2.imwrite(str(tmp_path / name), np.zeros((4, 5), np.uint16))
    (entry,) = read_manifest(path)
    with pytest.raises(ValueError, match=rf'{name}: 5x4 pixels where 9x6 are expected'):
        entry.load()


@pytest.mark.parametrize('shape', [(HEIGHT, WIDTH), (HEIGHT, WIDTH, 3)])
def test_eight_bit_or_color_depth_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = write_manifest(tmp_path, write_frame(tmp_path))
    cv2.imwrite(str(tmp_path / 'a_depth.png'), np.zeros(shape, np.uint8))
    (entry,) = read_manifest(path)
    with pytest.raises(ValueError, match=r'manifest\.jsonl:1: .*depth is uint8.*uint16'):
        entry.load()


def test_camera_height_and_sky_are_read_and_written_back(tmp_path: Path) -> None:
    """Where an image without depth shows the sky, its depth is beyond any range."""
    record = write_frame(tmp_path, camera_height=0.4, empty='sky')
    (entry,) = read_manifest(write_manifest(tmp_path, record))
    sample = entry.load()
    assert sample.camera_height == entry.camera_height == 0.4
    assert (sample.depth[0] == BEYOND_RANGE).all() and (sample.depth[1:] == 2.0).all()
    assert sample.dense is not None and not sample.dense[0].any()
    assert {'camera_height': 0.4, 'empty': 'sky'}.items() <= entry.row().items()
    assert entry.tags == {'domain': 'driving'}


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'camera_height': 0}, r'camera_height = 0 must be metres above the ground'),
        ({'camera_height': '1.6'}, r"camera_height = '1\.6' must be metres"),
        ({'camera_height': float('nan')}, 'camera_height = nan must be metres'),
        ({'empty': 'clouds'}, r"empty = 'clouds' is not one of \['unknown', 'sky'\]"),
    ],
)
def test_impossible_height_or_meaning_is_named(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = write_manifest(tmp_path, write_frame(tmp_path, **changes))
    with pytest.raises(ValueError, match=rf'manifest\.jsonl:1: {message}'):
        read_manifest(path)
