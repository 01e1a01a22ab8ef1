# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two places in one image: each side shows its own place, in the geometry of one camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from posed_points import CAMERA, check_plane, check_points, points_and_sample

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.transforms.cutmix import cutmix

OTHER = Camera(fx=75.0, fy=100.0, cx=60.8, cy=28.1, width=120, height=53)


def flat(camera: Camera, value: int) -> Sample:
    """A grey wall whose depth is its grey value."""
    shape = (camera.height, camera.width)
    depth = np.full(shape, value, np.float32)
    return Sample(np.full((*shape, 3), value, np.uint8), depth, camera, f'wall/{value}')


def test_each_side_shows_its_own_place() -> None:
    """One camera: the columns are those of the two samples, and neither sample changes."""
    left, right = flat(CAMERA, 10), flat(CAMERA, 20)
    mixed = cutmix(left, right, 37)
    assert mixed.camera == CAMERA and mixed.id == 'wall/10' and mixed.dense is None
    for values in (mixed.depth, mixed.image[..., 0]):
        assert (values[:, :37] == 10).all() and (values[:, 37:] == 20).all()
    assert (left.depth == 10).all() and (right.image == 20).all()


@pytest.mark.parametrize('size', [(120, 53), (60, 30), (180, 40)])
def test_points_of_another_camera_lie_where_the_first_would_see_them(
    size: tuple[int, int],
) -> None:
    """All of the image is the other's; whole pixels of shift cost up to half a pixel."""
    points, right = points_and_sample(replace(OTHER, width=size[0], height=size[1]))
    mixed = cutmix(flat(CAMERA, 10), right, 0)
    assert mixed.camera == CAMERA
    assert check_points(points, mixed, slack=0.5) >= 15
    assert check_plane(mixed, tolerance=2e-2) > 1000


def test_what_the_other_image_does_not_reach_has_no_ground_truth() -> None:
    """A narrow image, its principal point on the left edge: depth in its own columns only."""
    narrow = replace(CAMERA, width=20, cx=0.3)
    mixed = cutmix(flat(CAMERA, 10), flat(narrow, 20), 0)
    assert (mixed.depth[:, 47:67] == 20).all()
    assert not mixed.depth[:, :47].any() and not mixed.depth[:, 67:].any()
    assert (mixed.image == 20).all()


@pytest.mark.parametrize('which', ['left', 'right', 'both'])
def test_dense_depth_of_either_side(which: str) -> None:
    left, right = flat(CAMERA, 10), flat(CAMERA, 20)
    if which != 'right':
        left = replace(left, dense=left.depth + 1)
    if which != 'left':
        right = replace(right, dense=right.depth + 1)
    dense = cutmix(left, right, 50).dense
    assert dense is not None
    assert (dense[:, :50] == (0 if which == 'right' else 11)).all()
    assert (dense[:, 50:] == (0 if which == 'left' else 21)).all()


@pytest.mark.parametrize('column', [-1, 101])
def test_column_outside_the_image_is_refused(column: int) -> None:
    with pytest.raises(ValueError, match=rf'column={column} must lie in \[0, 100\]'):
        cutmix(flat(CAMERA, 10), flat(CAMERA, 20), column)
