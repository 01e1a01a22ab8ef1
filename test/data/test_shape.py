# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Maps that are no depth are told by their shape, and by what their counts have in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fake_predictor import FakePredictor
from miniature import write_frame

from lacdepth_ros.cli import options
from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import depth_to_ray_length
from lacdepth_ros.data.check import check_entries
from lacdepth_ros.data.files import write_image
from lacdepth_ros.data.manifest import scan_manifest

CAMERA = Camera(120.0, 125.0, 83.0, 40.0, width=160, height=96)
FRAMES = 6


def room(wall: float) -> np.ndarray:
    """A floor 1.2 m below the lens, a wall ahead and one on the right that runs away, metres."""
    u, v = np.meshgrid(np.arange(CAMERA.width), np.arange(CAMERA.height))
    below = np.maximum((v - CAMERA.cy) / CAMERA.fy, 1e-9)
    right = np.maximum((u - CAMERA.cx) / CAMERA.fx, 1e-9)
    return np.minimum(np.minimum(1.2 / below, 1.5 / right), wall).astype(np.float32)


def told(
    folder: Path, counts: list[np.ndarray], scale: float, **tags: object
) -> dict[str, list[str]]:
    """What a check says of frames with these counts."""
    rows: list[dict[str, Any]] = []
    for number, stored in enumerate(counts):
        row = write_frame(folder, f'room/{number}', number)
        pixels = np.random.default_rng(number).integers(0, 255, (*stored.shape, 3), np.uint8)
        write_image(folder / row['image'], pixels)
        cv2.imwrite(str(folder / row['depth']), stored)
        K = [CAMERA.fx, CAMERA.fy, CAMERA.cx, CAMERA.cy]
        size = {'width': CAMERA.width, 'height': CAMERA.height}
        rows.append({**row, 'K': K, 'depth_scale': scale, **size, **tags})
    path = folder / 'm.jsonl'
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows))
    report, _ = check_entries(scan_manifest(path), lambda done, total: None)
    return report.problems


def rooms() -> list[np.ndarray]:
    return [room(5.0 + 0.3 * number) for number in range(FRAMES)]


def counts_of(maps: list[np.ndarray], scale: float) -> list[np.ndarray]:
    return [np.rint(values * scale).astype(np.uint16) for values in maps]


def test_evaluate_says_so_before_it_measures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, 'load_predictor', lambda args: FakePredictor())
    rays = [depth_to_ray_length(depth, CAMERA) for depth in rooms()]
    for maps, doubted in ((rays, True), (rooms(), False)):
        told(tmp_path, counts_of(maps, 1000), 1000)
        main(['evaluate', '--data', str(tmp_path / 'm.jsonl'), '--camera-height', '1.2'])
        assert ('ground truth: length of the ray: room: ' in capsys.readouterr().err) == doubted


def test_depth_is_not_doubted(tmp_path: Path) -> None:
    assert told(tmp_path, counts_of(rooms(), 1000), 1000) == {}


def test_length_of_the_ray(tmp_path: Path) -> None:
    """As Hypersim's depth_meters, at 4 mm and at 1 mm a count."""
    rays = [depth_to_ray_length(depth, CAMERA) for depth in rooms()]
    for scale in (256, 1000):
        problems = told(tmp_path, counts_of(rays, scale), scale)
        assert list(problems) == ['length of the ray']
        assert 'flat patches are bent as depth' in problems['length of the ray'][0]


def test_noise_of_a_camera_is_no_ray(tmp_path: Path) -> None:
    """Errors of 0.3 % of the depth, and no patch is flat enough to say anything."""
    rng = np.random.default_rng(1)
    noisy = [depth * rng.normal(1, 0.003, depth.shape) for depth in rooms()]
    assert told(tmp_path, counts_of(noisy, 1000), 1000) == {}


def test_disparity(tmp_path: Path) -> None:
    """120 px and 0.5 m: 12 px of the wall, 50 at the floor's near end, 256 counts a pixel."""
    disparity = [CAMERA.fx * 0.5 / depth for depth in rooms()]
    problems = told(tmp_path, counts_of(disparity, 256), 256)
    assert list(problems) == ['upside down']
    assert 'in 6 of 6 frames; is it disparity' in problems['upside down'][0]


def test_the_ground_tells_the_scale(tmp_path: Path) -> None:
    """The floor is 1.2 m below the lens; of 256 counts a metre read as 1000, 0.31 m."""
    counts = counts_of(rooms(), 256)
    assert told(tmp_path, counts, 256, camera_height=1.2) == {}
    for scale, ratio in ((1000, '0.26'), (100, '2.6')):
        problems = told(tmp_path, counts, scale, camera_height=1.2)
        assert list(problems) == ['implausible depth']
        assert f'the ground lies {ratio} times as far below' in problems['implausible depth'][0]
        assert told(tmp_path, counts, scale) == {}  # of an unknown height nothing is known
    half = [CAMERA.fx / 2, CAMERA.fy / 2, CAMERA.cx, CAMERA.cy]  # centred, but of half the image
    problems = told(tmp_path, counts, 256, camera_height=1.2, K=half)
    assert 'the ground lies 2 times as far below' in problems['implausible depth'][0]


@pytest.mark.parametrize(
    ('interpolation', 'kinds'),
    [
        (cv2.INTER_NEAREST, []),
        (cv2.INTER_LINEAR, ['interpolated holes']),
        (cv2.INTER_CUBIC, ['interpolated holes']),
        (cv2.INTER_LANCZOS4, ['interpolated holes']),
    ],
)
def test_depth_resized_with_its_holes(
    tmp_path: Path, interpolation: int, kinds: list[str]
) -> None:
    """To twice the size, with a part of the wall missing: only the nearest makes no depth."""
    counts = []
    for depth in rooms():
        depth[10:40, 20:70] = 0
        half = cv2.resize(depth, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_NEAREST)
        whole = cv2.resize(half, (CAMERA.width, CAMERA.height), interpolation=interpolation)
        counts += counts_of([np.maximum(whole, 0)], 1000)
    assert list(told(tmp_path, counts, 1000)) == kinds


def test_relative_depth_that_fills_sixteen_bits(tmp_path: Path) -> None:
    """As networks for relative depth are stored, each frame from its nearest to its farthest."""
    maps = [depth + np.linspace(0, 1, CAMERA.width, dtype=np.float32) for depth in rooms()]
    shares = [(depth - depth.min()) / np.ptp(depth) for depth in maps]
    problems = told(tmp_path, counts_of(shares, 65535), 1000)
    assert list(problems) == ['implausible depth']
    assert 'reach the end of 16 bits in 6 of 6 frames' in problems['implausible depth'][0]
    assert told(tmp_path, counts_of(maps, 1000), 1000) == {}


def test_bytes_that_were_swapped(tmp_path: Path) -> None:
    """2500 mm are 0x09C4, and 50185 with their bytes in the other order."""
    aslant = np.linspace(0, 1, CAMERA.width, dtype=np.float32)
    [counts] = counts_of([room(5.0) + aslant], 1000)
    problems = told(tmp_path, [counts.byteswap()], 1000)
    assert 'their bytes are swapped' in problems['implausible depth'][0]


def test_few_frames_prove_nothing(tmp_path: Path) -> None:
    """One that looks at a ceiling is no disparity."""
    assert told(tmp_path, counts_of([room(5.0)[::-1]], 1000), 1000) == {}


@pytest.mark.parametrize('factor', [256, 257])
def test_eight_bits_in_sixteen(tmp_path: Path, factor: int) -> None:
    eight = [np.clip(depth * 30, 0, 250).astype(np.uint16) * factor for depth in rooms()]
    problems = told(tmp_path, eight[:1], 256)
    assert (
        f'every count is a multiple of {factor}: a picture of 8 bits'
        in (problems['implausible depth'][0])
    )


def test_counts_of_tum_and_of_sun(tmp_path: Path) -> None:
    """Millimetres times five, and with their bits turned left by three: 4 m is 20000 and 32000."""
    [millimetres] = counts_of([room(4.0)], 1000)
    tum = [millimetres * 5]
    assert 'TUM RGB-D' in told(tmp_path, tum, 1000)['implausible depth'][0]
    assert told(tmp_path, tum, 5000) == {}
    turned = (millimetres << 3) | (millimetres >> 13)
    assert turned.max() == 32000
    assert 'SUN RGB-D' in told(tmp_path, [turned], 1000)['implausible depth'][0]
    assert told(tmp_path, [millimetres], 1000) == {}
