# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rendered streets as a data set: cameras of many heights, directions and shapes, exact depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.processes import map_in_processes
from lacdepth_ros.data.files import KITTI_DEPTH_SCALE, write_depth_png, write_image
from lacdepth_ros.data.manifest import MANIFEST, holds_manifest, read_manifest, write_manifest
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.synthetic.eye import Mount
from lacdepth_ros.synthetic.sample import synthetic_sample

HEIGHTS = (0.3, 3.2)
"""Lowest and highest camera [m]; drawn evenly by their logarithm."""
CAR_HEIGHTS = (1.45, 1.85)
CAR_SHARE = 0.35
"""Share of cameras at the heights of cars, which most users' cameras have."""
FRAMES = 30
NEAR_M, NEAR_SHARE = 0.7, 0.35
"""A view of which more than this share lies nearer than that stands inside a hedge."""
TRIES = 20
HILLY_SHARE = 0.6
"""Share of streets on land that rises and falls."""


def random_mount(rng: np.random.Generator) -> Mount:
    """Draw where a camera is mounted and looks: mostly ahead, else aside or back."""
    low, high = HEIGHTS
    height = math.exp(rng.uniform(math.log(low), math.log(high)))
    if rng.random() < CAR_SHARE:
        height = rng.uniform(*CAR_HEIGHTS)
    yaw = rng.uniform(-8, 8)
    if (direction := rng.random()) < 0.4:
        yaw = rng.choice((-1, 1)) * rng.uniform(30, 130)
    elif direction < 0.5:
        yaw = 180 + rng.uniform(-20, 20)
    shift = rng.uniform(-6, 6) if rng.random() < 0.3 else 0.0
    pitch, roll = rng.normal(0, 2.5), rng.normal(0, 1.5)
    return Mount(height, shift, *(math.radians(angle) for angle in (yaw, pitch, roll)))


def random_camera(rng: np.random.Generator) -> Camera:
    """Draw a camera: from panoramas to nearly square images, the axis not always in the middle."""
    focal = math.exp(rng.uniform(math.log(430), math.log(720)))
    height = int(rng.integers(288, 625))
    width = int(rng.integers(640, 1001))
    return Camera(
        focal,
        focal,
        (width - 1) / 2 + width * rng.uniform(-0.06, 0.06),
        (height - 1) / 2 + height * rng.uniform(-0.15, 0.15),
        width,
        height,
    )


def random_street(seed: int) -> Sample:
    """Render one view of the street of a seed, by a camera drawn for it.

    Raises:
        ValueError: seed is negative.
    """
    rng = np.random.default_rng((seed, 7))
    hilly = bool(np.random.default_rng((seed, 8)).random() < HILLY_SHARE)
    for _ in range(TRIES):
        camera, mount = random_camera(rng), random_mount(rng)
        frame = int(rng.integers(FRAMES))
        # A glance at a small picture first: a camera inside a hedge sees nothing but leaves.
        glance = camera.resized(camera.width // 8, camera.height // 8)
        depth = synthetic_sample(seed, frame, camera=glance, mount=mount, hilly=hilly).depth
        near = (depth > 0) & (depth < min(NEAR_M, 1.5 * mount.height))
        if near.mean() < NEAR_SHARE:
            break
    return synthetic_sample(seed, frame, camera=camera, mount=mount, hilly=hilly)


def render_streets(
    output: Path,
    scenes: int,
    *,
    first_seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Render streets into a data set with a manifest, beside those that it lists already.

    Args:
        output: Folder of the data set; made when missing.
        scenes: Number of streets, one view of each.
        first_seed: Seed of the first street.
        workers: Processes.
        progress: Called after every frame with the frames done and the frames in all.

    Returns:
        Number of frames rendered.

    Raises:
        OSError: A file cannot be written.
        ValueError: The folder holds a manifest that cannot be read.
    """
    output.mkdir(parents=True, exist_ok=True)
    before = read_manifest(output) if holds_manifest(output) else []
    rows = []
    for row in _rendered(range(first_seed, first_seed + scenes), output, workers):
        rows.append(row)
        if progress is not None:
            progress(len(rows), scenes)
    frames = {row['id']: row for row in [*(entry.row() for entry in before), *rows]}
    write_manifest(output / MANIFEST, (frames[name] for name in sorted(frames)))
    return len(rows)


def _rendered(seeds: range, output: Path, workers: int) -> Iterator[dict[str, Any]]:
    render = partial(_write, output)
    if workers == 1:
        yield from map(render, seeds)
        return
    yield from map_in_processes(render, seeds, workers)


def _write(output: Path, seed: int) -> dict[str, Any]:
    """Render a street, write its files, and return its row of the manifest."""
    cv2.setNumThreads(1)
    image, depth = output / f'{seed:06d}.jpg', output / f'{seed:06d}_depth.png'
    sample = random_street(seed)
    write_image(image, sample.image)
    # What lies farther than the PNG can say becomes 0: as good as the sky.
    write_depth_png(depth, sample.depth, KITTI_DEPTH_SCALE)
    camera, height = sample.camera, sample.camera_height
    assert height is not None  # a rendered camera knows where it stands
    return {
        'id': f'synthetic/{seed:06d}',
        'image': image,
        'depth': depth,
        'depth_scale': KITTI_DEPTH_SCALE,
        'K': [round(v, 4) for v in (camera.fx, camera.fy, camera.cx, camera.cy)],
        'width': camera.width,
        'height': camera.height,
        'camera_height': round(height, 4),
        'empty': 'sky',
        'domain': 'driving',
        'ground_truth': 'rendered',
    }
