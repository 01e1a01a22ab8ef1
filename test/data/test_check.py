# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Data checks: numbers counted by hand, and every kind of damage found and named."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from miniature import HEIGHT, WIDTH, write_frame

from lacdepth_ros.data import check_report
from lacdepth_ros.data.check import BANDS, DataReport, check_entries
from lacdepth_ros.data.check_report import format_check, ground_truth_overlay, overlay_sheet
from lacdepth_ros.data.depth_histogram import DepthHistogram
from lacdepth_ros.data.files import write_depth_png, write_image
from lacdepth_ros.data.manifest import ManifestEntry, scan_manifest
from lacdepth_ros.viz.colors import colorize_depth


def check(path: Path) -> tuple[DataReport, list[ManifestEntry]]:
    return check_entries(scan_manifest(path), lambda done, total: None)


def write_rows(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / 'm.jsonl'
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows))
    return path


def test_histogram_against_numpy() -> None:
    rng = np.random.default_rng(0)
    depth = rng.lognormal(2.0, 0.8, 50_000).astype(np.float32)
    whole, first, second = DepthHistogram(), DepthHistogram(), DepthHistogram()
    whole.add(depth.reshape(100, 500))
    first.add(depth[:1000])
    second.add(depth[1000:])
    first.merge(second)
    for histogram in (whole, first):
        assert histogram.total == depth.size
        for percent in (1, 10, 50, 90, 99):
            expected = np.percentile(depth, percent)
            assert histogram.percentile(percent) == pytest.approx(expected, rel=0.011)
        expected_shares = np.histogram(depth, bins=BANDS)[0] / depth.size
        np.testing.assert_allclose(histogram.shares(BANDS), expected_shares, atol=0.005)


def test_histogram_of_nothing_and_of_extremes() -> None:
    histogram = DepthHistogram()
    assert math.isnan(histogram.percentile(50))
    assert math.isnan(histogram.shares(BANDS)[0])
    histogram.add(np.array([1e-6, 1e9], np.float32))
    assert histogram.total == 2
    assert histogram.percentile(0) == pytest.approx(0.01, rel=0.01)


def known_frame(folder: Path, frame: str, meters: float, rows: int) -> dict[str, Any]:
    """A frame of which the upper rows have a ground truth of so many metres."""
    row = write_frame(folder, frame, seed=hash(frame) % 1000)
    depth = np.zeros((HEIGHT, WIDTH), np.float32)
    depth[:rows] = meters
    write_depth_png(folder / row['depth'], depth)
    return row


def test_report_of_known_frames(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path,
        known_frame(tmp_path, 'road/0', 4.0, rows=12),
        known_frame(tmp_path, 'road/1', 30.0, rows=36),
        known_frame(tmp_path, 'room/0', 1.5, rows=48),
    )
    report, readable = check(path)
    assert report.problems == {}
    assert [entry.id for entry in readable] == ['road/0', 'road/1', 'room/0']
    road = report.groups['road'].to_dict()
    assert road['frames'] == 2
    assert road['sizes'] == {'96x48': 2}
    assert road['density'] == {'min': 0.25, 'median': 0.5, 'max': 0.75}
    assert road['depth']['p50'] == pytest.approx(30, rel=0.01)
    assert road['depth']['p1'] == pytest.approx(4, rel=0.01)
    bands = {(b['from_m'], b['to_m']): b['share'] for b in report.to_dict()['bands']}
    assert bands[1.0, 2.0] == pytest.approx(48 / 96)
    assert bands[2.0, 5.0] == pytest.approx(12 / 96)
    assert bands[20.0, 40.0] == pytest.approx(36 / 96)
    json.dumps(report.to_dict(), allow_nan=False)
    text = format_check(report)
    assert 'road          2  96x48          50.0 (25.0 .. 75.0)' in text
    assert '  20 .. 40   37.5%  ###############\n' in text


def test_sky_is_no_measurement(tmp_path: Path) -> None:
    """Two thirds of a rendered frame are sky; what stands in the rest lies 4 m away."""
    row = {**known_frame(tmp_path, 'street/0', 4.0, rows=16), 'empty': 'sky'}
    report, _ = check(write_rows(tmp_path, row))
    assert report.problems == {}
    street = report.groups['street'].to_dict()
    assert street['density']['median'] == pytest.approx(1 / 3)
    assert street['depth']['p99'] == pytest.approx(4, rel=0.01)
    lost = {**known_frame(tmp_path, 'street/1', 4.0, rows=0), 'empty': 'sky'}
    assert set(check(write_rows(tmp_path, lost))[0].problems) == {'empty ground truth'}


KS = {
    'implausible K': [721.5, 721.5, 609.6, 172.9],
    'K of half the size': [20.0, 20.0, 24.0, 12.0],
    'normalized K': [0.6, 0.6, 48.0, 24.0],
}


def damage(folder: Path, row: dict[str, Any], kind: str) -> None:
    """Damage the files of a frame."""
    depth = np.full((HEIGHT, WIDTH), 9.0, np.float32)
    image_path, depth_path = folder / row['image'], folder / row['depth']
    if kind == 'missing file':
        image_path.unlink()
    elif kind == 'unreadable':
        depth_path.write_bytes(depth_path.read_bytes()[:60])
    elif kind == 'empty ground truth':
        write_depth_png(depth_path, 0 * depth)
    elif kind == 'empty image':
        write_image(image_path, np.full((HEIGHT, WIDTH, 3), 7, np.uint8))
    elif kind == 'implausible depth':
        write_depth_png(depth_path, depth / 100)
    elif kind == 'wrong dense depth':
        write_depth_png(folder / 'dense.png', 2 * depth)
        write_depth_png(depth_path, depth)
        row['dense'] = 'dense.png'
    elif kind == 'dark image':
        write_image(image_path, np.eye(HEIGHT, WIDTH, dtype=np.uint16) * 1023)
    elif kind in KS:
        row['K'] = KS[kind]


@pytest.mark.parametrize(
    ('kind', 'message'),
    [
        ('missing file', 'm.jsonl:2: '),
        ('unreadable', 'truncated'),
        ('empty ground truth', 'road_1_depth.png has no pixel with ground truth'),
        ('empty image', 'road_1.png has one colour'),
        ('implausible depth', 'is depth_scale = 256 counts per metre right'),
        ('wrong dense depth', 'dense.png is 2 times the ground truth'),
        ('dark image', 'road_1.png has no value above 3 of 255: are its 10 or 12 bits'),
        ('implausible K', 'principal point (609.6, 172.9) of an image of 96x48'),
        ('K of half the size', 'principal point (24, 12) of an image of 96x48'),
        ('normalized K', 'fx = 0.6 for an image of 96x48 pixels: is it in pixels?'),
    ],
)
def test_damage_is_named_and_the_others_are_counted(
    tmp_path: Path, kind: str, message: str
) -> None:
    rows = [write_frame(tmp_path, f'road/{number}', number) for number in range(3)]
    damage(tmp_path, rows[1], kind)
    report, _ = check(write_rows(tmp_path, *rows))
    [[told]] = report.problems.values()
    assert list(report.problems) == ['implausible K' if kind in KS else kind]
    assert message in told
    assert report.overall.frames == (2 if kind in ('missing file', 'unreadable') else 3)


def test_eight_bit_depth_and_wrong_size(tmp_path: Path) -> None:
    rows = [write_frame(tmp_path, f'road/{number}', number) for number in range(2)]
    write_image(tmp_path / rows[0]['depth'], np.ones((HEIGHT, WIDTH), np.uint8))
    write_image(tmp_path / rows[1]['image'], np.ones((7, 8, 3), np.uint8))
    report, readable = check(write_rows(tmp_path, *rows))
    assert readable == []
    eight_bit, small = report.problems['unreadable']
    assert 'depth is uint8' in eight_bit
    assert '8 bits show depth and hold no metres' in eight_bit
    assert '8x7 pixels where 96x48 are expected' in small
    assert report.to_dict()['density'] == {'min': None, 'median': None, 'max': None}
    assert 'overall       0' in format_check(report)


def test_bad_lines_and_repeated_files(tmp_path: Path) -> None:
    first, second = (write_frame(tmp_path, f'road/{number}', number) for number in range(2))
    copy = {**first, 'id': 'road/copy', 'depth': second['depth']}
    no_camera = {key: value for key, value in second.items() if key != 'K'} | {'id': 'road/7'}
    report, _ = check(write_rows(tmp_path, first, second, copy, no_camera))
    assert report.problems['repeated image'] == ['road/copy has the image of road/0']
    assert report.problems['repeated ground truth'] == ['road/copy has the ground truth of road/1']
    assert 'm.jsonl:4: missing K' in report.problems['unusable line'][0]


def test_overlay_keeps_sparse_ground_truth_and_the_nearest(tmp_path: Path) -> None:
    row = write_frame(tmp_path, 'road/0', 0)
    depth = np.zeros((HEIGHT, WIDTH), np.float32)
    depth[10, 20], depth[11, 21] = 40.0, 8.0  # one pixel of a picture of half the size
    write_depth_png(tmp_path / row['depth'], depth)
    _, (entry,) = check(write_rows(tmp_path, row))
    picture = ground_truth_overlay(entry.load(), WIDTH // 2, 5.0, 50.0)
    assert picture.shape == (HEIGHT // 2, WIDTH // 2, 3)
    near = colorize_depth(np.array([[8.0]], np.float32), min_depth=5.0, max_depth=50.0)[0, 0]
    assert picture[5, 10].tolist() == near.tolist()
    gray = np.ones(picture.shape[:2], bool)
    gray[5, 10] = False
    assert np.ptp(picture[gray], axis=-1).max() == 0


def test_sheet_shows_every_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f'g{group}/{frame}' for group in range(4) for frame in range(9)]
    rows = [write_frame(tmp_path, name, seed) for seed, name in enumerate(names)]
    report, entries = check(write_rows(tmp_path, *rows))
    sheet = overlay_sheet(entries, report, 'title')
    assert sheet.shape[1] == 1920
    # Six rows of three pictures of 16:8, the last with one, and the legend: 6 (width / 3 / 2).
    assert 2000 < sheet.shape[0] < 2300
    assert overlay_sheet(entries[:1], report, 'one').shape[1] == 1920
    captions: list[str] = []
    monkeypatch.setattr(
        check_report,
        'contact_sheet',
        lambda rows, **_: captions.extend(c for r in rows for c, _ in r),
    )
    overlay_sheet(entries[::9], report, 'four groups of one frame')
    assert captions == ['g0/0', 'g1/0', 'g2/0', 'g3/0', '', '', 'depth']
