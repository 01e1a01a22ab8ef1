# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Streets seen by cameras of any height and direction: the ground lies where the mount says."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.data.sample import BEYOND_RANGE
from lacdepth_ros.synthetic.eye import Mount
from lacdepth_ros.synthetic.layout import street
from lacdepth_ros.synthetic.lot import BLOCK
from lacdepth_ros.synthetic.render import HEIGHTS, random_camera, random_mount, render_streets
from lacdepth_ros.synthetic.sample import synthetic_sample
from lacdepth_ros.synthetic.solids import Material

CAMERA = Camera(200.0, 200.0, 120.0, 40.0, 240, 130)


@pytest.mark.parametrize('height', [0.4, 1.2, 3.0])
@pytest.mark.parametrize('yaw', [0.0, 180.0])
def test_the_road_below_lies_at_the_height_of_the_camera(height: float, yaw: float) -> None:
    """Pixels of the lowest rows, as points: y of the level road is the camera's height."""
    sample = synthetic_sample(12, 3, camera=CAMERA, mount=Mount(height, yaw=math.radians(yaw)))
    assert sample.camera_height == pytest.approx(height)
    rows = np.arange(110, 130)[:, None]
    below = sample.depth[110:, 100:140] * (rows - CAMERA.cy) / CAMERA.fy
    # The mount sways by 0.08 degrees, which at the depth of these rows is some millimetres.
    assert np.median(below) == pytest.approx(height, rel=0.03)


def test_a_camera_beyond_the_kerb_stands_at_its_height_above_what_it_stands_on() -> None:
    plan = street(12)
    aside = plan.road.edges[1] + 1.0 - plan.drive.lateral
    sample = synthetic_sample(12, 3, camera=CAMERA, mount=Mount(0.5, lateral=aside))
    rows = np.arange(115, 130)[:, None]
    below = sample.depth[115:, 110:130] * (rows - CAMERA.cy) / CAMERA.fy
    assert plan.road.kerb > 0.05
    assert np.median(below) == pytest.approx(0.5, rel=0.04)


def test_a_camera_that_looks_aside_sees_no_end_of_the_street() -> None:
    """Also behind the vehicle something stands: not the empty ground that was never built."""
    sample = synthetic_sample(3, 0, camera=CAMERA, mount=Mount(1.6, yaw=math.radians(180)))
    upper = sample.depth[:38]
    assert ((upper > 0) & (upper < 150)).mean() > 0.05


def woods(seed: int, yaw: float) -> list[float]:
    """Distances from the kerb [m] of all foliage that fills a whole block beyond the lots."""
    plan = street(seed)
    solids = plan.scene(0, Mount(1.6, yaw=math.radians(yaw))).solids
    blocks = [s for s in solids if s.half[2] == BLOCK / 2 and s.paint.material == Material.FOLIAGE]
    away = [(s.pose.x - plan.road.center(s.pose.z), s.pose) for s in blocks]
    kerbs = [x - plan.road.edges[1] if x > 0 else plan.road.edges[0] - x for x, _ in away]
    return [kerb for kerb in kerbs if kerb > 24.0]


@pytest.mark.slow
def test_woods_stand_beyond_the_lots_where_a_camera_looks_aside() -> None:
    """On six of ten sides of streets, for their whole length, one distance 25 to 120 m each."""
    seen = [woods(seed, 90.0) for seed in range(60)]
    sides = np.array([len({round(kerb, 3) for kerb in kerbs}) for kerbs in seen])
    assert set(sides) == {0, 1, 2} and sides.sum() / 120 == pytest.approx(0.6, abs=0.1)
    distances = np.concatenate([sorted({round(k, 3) for k in kerbs}) for kerbs in seen])
    assert 25 <= distances.min() < 30 and 100 < distances.max() <= 120
    blocks = {len(kerbs) // count for kerbs, count in zip(seen, sides, strict=True) if count}
    assert min(blocks) * BLOCK > 400, 'a wood ends before the street does'
    assert not any(woods(seed, 0.0) for seed in range(20))


def test_looking_down_brings_the_ground_nearer() -> None:
    level, down = (
        synthetic_sample(12, 3, camera=CAMERA, mount=Mount(1.6, pitch=math.radians(p)))
        for p in (0.0, 8.0)
    )
    assert np.median(down.depth[100:, 110:130]) < 0.9 * np.median(level.depth[100:, 110:130])


def test_rendered_data_set_is_read_back_with_heights_and_sky(tmp_path: Path) -> None:
    assert render_streets(tmp_path, 2, first_seed=41) == 2
    first, second = read_manifest(tmp_path)
    assert (first.id, second.id) == ('synthetic/000041', 'synthetic/000042')
    assert first.group == 'synthetic' and first.tags['domain'] == 'driving'
    assert first.camera != second.camera
    sample = first.load()
    assert HEIGHTS[0] <= sample.camera_height <= HEIGHTS[1]
    assert sample.dense is not None
    known = sample.dense > 0
    np.testing.assert_array_equal(sample.depth[known], sample.dense[known])
    assert (sample.depth[~known] == BEYOND_RANGE).all()
    assert np.isin(first.row()['empty'], ['sky'])


@pytest.mark.slow
def test_more_streets_are_added_to_those_that_are_listed(tmp_path: Path) -> None:
    render_streets(tmp_path, 2, first_seed=42)
    [row, _] = [entry.row() for entry in read_manifest(tmp_path)]
    assert render_streets(tmp_path, 2, first_seed=41) == 2
    entries = read_manifest(tmp_path)
    assert [entry.id for entry in entries] == [f'synthetic/0000{n}' for n in (41, 42, 43)]
    assert entries[1].row() == row
    assert all(entry.image.is_file() for entry in entries)


def test_draws_cover_heights_directions_and_shapes() -> None:
    rng = np.random.default_rng(0)
    mounts = [random_mount(rng) for _ in range(400)]
    heights = np.array([mount.height for mount in mounts])
    assert heights.min() < 0.5 and heights.max() > 2.7
    assert 0.3 < ((heights > 1.4) & (heights < 1.9)).mean() < 0.6
    forward = np.mean([abs(math.degrees(mount.yaw)) < 10 for mount in mounts])
    assert 0.45 < forward < 0.7
    cameras = [random_camera(rng) for _ in range(100)]
    shapes = [camera.width / camera.height for camera in cameras]
    assert min(shapes) < 1.3 and max(shapes) > 2.5
