# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Public data sets in miniature, as their documents describe them: the metres come out right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from lacdepth_ros.cli.main import main
from lacdepth_ros.data.files import read_image, write_image
from lacdepth_ros.data.manifest import ManifestEntry, read_manifest

HEIGHT, WIDTH = 6, 8
K = ['10', '11', '3', '2.5']
DEPTH = np.linspace(1, 6, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)


def write(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == '.npy':
        np.save(path, values)
    else:
        cv2.imwrite(str(path), values)


def picture(path: Path, height: int = HEIGHT, width: int = WIDTH) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8))


def pairs(root: Path, images: str, depths: str, *more: str, code: int = 0) -> list[ManifestEntry]:
    output = root.parent / f'{root.name}.jsonl'
    command = ['data', 'pairs', str(root), str(output), '--images', images, '--depths', depths]
    assert main([*command, '--intrinsics', *K, '--overwrite', *more]) == code
    return read_manifest(output)


def depth_of(entry: ManifestEntry) -> np.ndarray:
    return entry.load().depth


def test_tum(tmp_path: Path) -> None:
    """5000 counts a metre; names are times, and the nearest in time belong together."""
    root = tmp_path / 'fr1'
    for time, value in (('1.50', 5000), ('1.53', 10000), ('9.00', 15000)):
        write(root / f'depth/{time}.png', np.full((HEIGHT, WIDTH), value, np.uint16))
    for time in ('1.51', '1.535', '4.00'):
        picture(root / f'rgb/{time}.png')
    more = '--depth-scale', '5000', '--within', '0.02', '--max-depth', '10'
    first, second = pairs(root, 'rgb/*.png', 'depth/*.png', *more)
    assert [first.id, second.id] == ['fr1/1.51', 'fr1/1.535']
    assert first.depth_scale == 1000
    np.testing.assert_allclose(depth_of(first), 1.0)
    np.testing.assert_allclose(depth_of(second), 2.0)


def test_ray_of_hypersim(tmp_path: Path) -> None:
    """A wall 4 m ahead, by its distance from the lens; cx = W / 2 of a corner's count."""
    root = tmp_path / 'cam'
    u, v = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    ray = 4 * np.sqrt(((u - 2.5) / 10) ** 2 + ((v - 2.0) / 11) ** 2 + 1)
    write(root / 'geo/7.npy', ray.astype(np.float32))
    picture(root / 'rgb/7.jpg')
    [entry] = pairs(root, 'rgb/*.jpg', 'geo/*.npy', '--depth-is', 'ray', '--half-pixel')
    assert (entry.camera.cx, entry.camera.cy) == (2.5, 2.0)
    np.testing.assert_allclose(depth_of(entry), 4.0, atol=1 / 256)


def test_disparity_of_cityscapes(tmp_path: Path) -> None:
    """Disparity is (p - 1) / 256, 0 = none: 257 is 1 px, 641 is 2.5; depth = 2 px m / it."""
    root = tmp_path / 'city'
    stored = np.full((HEIGHT, WIDTH), 257, np.uint16)
    stored[0], stored[1] = 641, 0
    write(root / 'disparity/a_disparity.png', stored)
    picture(root / 'left/a_leftImg8bit.png')
    more = '--depth-is', 'disparity', '--depth-scale', '256', '--baseline', '0.2'
    more = (*more, '--disparity-offset', str(-1 / 256))
    [entry] = pairs(root, 'left/*_leftImg8bit.png', 'disparity/*_disparity.png', *more)
    depth = depth_of(entry)
    np.testing.assert_allclose(depth[:, 0], [0.8, 0, 2, 2, 2, 2], atol=1 / 512)


def test_carla(tmp_path: Path) -> None:
    """R + 256 G + 65536 B of 2^24 - 1 is 1000 m, which is the sky."""
    root = tmp_path / 'carla'
    codes = np.rint(DEPTH / 1000 * (2**24 - 1)).astype(np.int64)
    codes[0, 0] = 2**24 - 1
    bgr = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8)
    write(root / 'depth/1.png', bgr)
    picture(root / 'rgb/1.png')
    more = '--depth-is', 'carla', '--empty', 'sky', '--camera-height', '2.4'
    [entry] = pairs(root, 'rgb/*.png', 'depth/*.png', *more)
    assert entry.camera_height == 2.4
    depth = depth_of(entry)
    assert depth[0, 0] == 1e8
    np.testing.assert_allclose(depth.ravel()[1:], DEPTH.ravel()[1:], atol=1 / 500)


def test_sun(tmp_path: Path) -> None:
    """Bits turned left by three: 9 m is 72000, which is 6464 and a bit that went round."""
    root = tmp_path / 'sun'
    millimetres = np.rint(DEPTH * 1500).astype(np.uint16)
    turned = (millimetres << 3) | (millimetres >> 13)
    assert turned.max() < 65536 < int(millimetres.max()) * 8
    write(root / 'depth/1.png', turned)
    picture(root / 'image/1.jpg')
    more = '--depth-is', 'sun', '--max-depth', '10'
    [entry] = pairs(root, 'image/*.jpg', 'depth/*.png', *more)
    np.testing.assert_allclose(depth_of(entry), DEPTH * 1.5, atol=0.0006)


def test_masks_of_diode_and_a_far_plane(tmp_path: Path) -> None:
    """Depth and mask lie beside the image and its name is the start of theirs."""
    root = tmp_path / 'diode'
    mask = np.ones((HEIGHT, WIDTH))
    mask[0] = 0
    far = DEPTH.copy()
    far[1, 0] = 10000
    write(root / 'scan/1_depth.npy', far[..., None])
    write(root / 'scan/1_depth_mask.npy', mask)
    picture(root / 'scan/1.png')
    picture(root / 'scan/2.png')
    more = '--masks', '*/*_depth_mask.npy', '--max-depth', '300'
    [entry] = pairs(root, '*/*.png', '*/*_depth.npy', *more)
    assert entry.id == 'diode/scan/1'
    expected = DEPTH.copy()
    expected[0] = expected[1, 0] = 0
    np.testing.assert_allclose(depth_of(entry), expected, atol=1 / 512)


def test_lidar_of_a_phone_is_spread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A quarter of the image's side: each number lies at the pixel in its middle, no other."""
    root = tmp_path / 'phone'
    write(root / 'depth/1.png', (DEPTH * 1000).astype(np.uint16))
    picture(root / 'rgb/1.jpg', 4 * HEIGHT, 4 * WIDTH)
    more = '--depth-scale', '1000', '--max-depth', '10'
    command = ['data', 'pairs', str(root), str(tmp_path / 'o.jsonl'), '--images', 'rgb/*.jpg']
    command += ['--depths', 'depth/*.png', '--intrinsics', *K, *more]
    assert main(command) == 2
    assert '1.png is 8x6 but the image 32x24; register depth' in capsys.readouterr().err
    [entry] = pairs(root, 'rgb/*.jpg', 'depth/*.png', *more, '--spread')
    depth = depth_of(entry)
    assert depth.shape == (24, 32)
    np.testing.assert_allclose(depth[2::4, 2::4], DEPTH, atol=0.0015)
    assert np.count_nonzero(depth) == HEIGHT * WIDTH


def test_made_files_are_kept_and_made_anew(tmp_path: Path) -> None:
    root = tmp_path / 'own'
    write(root / 'd/1.png', (DEPTH * 1000).astype(np.uint16))
    picture(root / 'i/1.png')
    [entry] = pairs(root, 'i/*.png', 'd/*.png', '--depth-scale', '1000')
    before = entry.depth.stat().st_mtime_ns
    pairs(root, 'i/*.png', 'd/*.png', '--depth-scale', '1000')
    assert entry.depth.stat().st_mtime_ns == before
    [entry] = pairs(root, 'i/*.png', 'd/*.png', '--depth-scale', '500')
    np.testing.assert_allclose(depth_of(entry), 2 * DEPTH, atol=0.006)
    assert np.array_equal(entry.load().image, read_image(root / 'i/1.png'))


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({}, 'holds uint16: name --depth-scale'),
        ({'--depth-is': 'disparity', '--depth-scale': '256'}, 'a baseline is needed'),
        ({'--depth-is': 'carla'}, 'three channels of 8 bits are needed'),
        ({'--depth-is': 'sun', '--depth-scale': '8000'}, 'a scale means nothing for sun'),
        ({'--depths': 'depth/1.png'}, "'depth/1.png' must be a path below"),
        ({'--depths': 'deep/*.png'}, "no file is called 'deep/*.png'"),
        ({'--depths': 'depth/*1.png'}, 'no image has a map of the same name'),
        ({'--depths': 'grey/*.png', '--depth-scale': '1000'}, 'pictures hold no metres'),
        ({'--images': 'names/*.png', '--within': '0.1'}, "'one' is no time"),
        ({'--depth-scale': '1000', '--masks': 'none/*.png'}, "no file is called 'none/*.png'"),
        ({'--depth-scale': '-1'}, 'scale = -1 must be above 0'),
    ],
)
def test_what_cannot_be_paired_or_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], words: str
) -> None:
    write(tmp_path / 'depth/1.png', (DEPTH * 1000).astype(np.uint16))
    write(tmp_path / 'grey/1.png', (DEPTH * 40).astype(np.uint8))
    for name in ('rgb/1.png', 'names/one.png'):
        picture(tmp_path / name)
    given: dict[str, Any] = {'--images': 'rgb/*.png', '--depths': 'depth/*.png', **changes}
    command = ['data', 'pairs', str(tmp_path), str(tmp_path / 'o.jsonl'), '--intrinsics', *K]
    assert main([*command, *(word for pair in given.items() for word in pair)]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / 'o.jsonl').exists()


def test_the_manifest_has_what_was_given(tmp_path: Path) -> None:
    root = tmp_path / 'own'
    write(root / 'd/1.npy', DEPTH)
    picture(root / 'i/1.png')
    pairs(root, 'i/*.png', 'd/*.npy', '--group', 'yard')
    [line] = (tmp_path / 'own.jsonl').read_text().splitlines()
    assert json.loads(line) == {
        'id': 'yard/1',
        'image': 'own/i/1.png',
        'depth': 'own_depth/yard/1.png',
        'depth_scale': 256,
        'K': [10, 11, 3, 2.5],
        'width': WIDTH,
        'height': HEIGHT,
    }
