# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parity gate: its figures against NumPy's, what it lets pass and what not."""

from __future__ import annotations

import copy
from functools import lru_cache

import numpy as np
import pytest
import torch
from slow_values import first_is_fast
from tiny_networks import tiny_config

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.models.assumed_camera import centered_camera
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.engines.build import build_engine
from lacdepth_ros.models.engines.parity import Parity, compare, run_engine, street_input
from lacdepth_ros.models.engines.street import stored_street, street_view
from lacdepth_ros.models.lacdepth import LacDepth

CPU = torch.device('cpu')
SHAPE = (40, 50)


def maps(depth: float = 10.0) -> np.ndarray:
    """Depth and std (2, H, W); std is a tenth of depth."""
    return np.stack([np.full(SHAPE, depth), np.full(SHAPE, depth / 10)]).astype(np.float32)


def test_figures_of_known_deviations() -> None:
    reference, candidate = maps(), maps()
    candidate[0, :30] *= 1.02  # three quarters of the pixels
    candidate[1, 0, 0] += 4.0  # one pixel's std, by 40 % of its depth: rounding
    assert compare(candidate, reference, maps()[0]).largest == pytest.approx(0.02, rel=1e-3)
    candidate[1, 0, 1] += 4.0  # one in a thousand: more than that
    parity = compare(candidate, reference, np.full(SHAPE, 20, np.float32))
    assert parity.median == pytest.approx(0.02, rel=1e-3)
    assert parity.p99 == pytest.approx(0.02, rel=1e-3)
    assert parity.largest == pytest.approx(0.4, rel=1e-3)
    assert parity.reference_abs_rel == pytest.approx(0.0, abs=1e-6)
    assert parity.abs_rel == pytest.approx(0.75 * 0.02, rel=1e-3)


def test_pixels_without_ground_truth_do_not_count_in_abs_rel() -> None:
    ground_truth = np.full(SHAPE, 10, np.float32)
    ground_truth[0] = 0
    candidate = maps()
    candidate[0, 0] = 1000
    assert compare(candidate, maps(), ground_truth).abs_rel == pytest.approx(0.0, abs=1e-6)


def test_networks_without_std_are_compared_by_depth() -> None:
    reference, candidate = maps(), maps()
    reference[1] = candidate[1] = np.nan
    assert compare(candidate, reference, maps()[0]).largest == 0
    candidate[1] = 1.0
    assert compare(candidate, reference, maps()[0]).problem('fp32')


def test_nan_is_refused() -> None:
    candidate = maps()
    candidate[0, 3, 3] = np.nan
    parity = compare(candidate, maps(), maps()[0])
    for precision in ('fp32', 'bf16'):
        assert parity.problem(precision)


GOOD = {'median': 0.004, 'p99': 0.04, 'largest': 0.5, 'abs_rel': 0.1, 'reference_abs_rel': 0.1}


@pytest.mark.parametrize(
    ('changes', 'precision', 'reason'),
    [
        ({}, 'bf16', ''),
        ({}, 'fp32', 'largest 0.5000 exceeds 0.0010'),
        ({'largest': 9e-4}, 'fp32', ''),
        ({'median': 0.011}, 'bf16', 'median 0.0110 exceeds 0.0100'),
        ({'p99': 0.051}, 'fp16', 'p99 0.0510 exceeds 0.0500'),
        ({'abs_rel': 0.1019}, 'bf16', ''),
        ({'abs_rel': 0.1021}, 'bf16', 'abs_rel 0.1021 exceeds 0.1020'),
        ({'abs_rel': 0.1021, 'largest': 0.0}, 'fp32', 'abs_rel 0.1021 exceeds 0.1020'),
        ({'abs_rel': 0.0618, 'reference_abs_rel': 0.06}, 'bf16', ''),
    ],
)
def test_bounds(changes: dict[str, float], precision: str, reason: str) -> None:
    assert Parity(**{**GOOD, **changes}).problem(precision).startswith(reason or ' ') == bool(
        reason
    )


def test_stored_street_is_a_driving_scene_with_exact_depth() -> None:
    street = stored_street()
    camera = street.camera
    shape = (camera.height, camera.width)
    assert street.image.shape == (*shape, 3) and street.image.dtype == np.uint8
    assert street.depth.shape == shape and street.depth.dtype == np.float32
    assert 0.6 < (street.depth > 0).mean() < 0.9  # the rest is sky, or beyond 80 m
    assert street.depth[street.depth > 0].min() > 0.5 and street.depth.max() <= 80


def road_depth(camera: Camera) -> tuple[tuple[slice, slice], np.ndarray]:
    """Pixels of the road ahead, and their depth from rays alone.

    The road is the plane n . p = 1 with n fitted in the whole street, by its own pixels' rays.
    """
    street = stored_street()
    rows, columns = np.mgrid[900:1344:4, 480:640:4]
    rays = [(columns - 607.5) / 535, (rows - 671.5) / 535, np.ones(rows.shape)]
    points = np.stack([ray * street.depth[rows, columns] for ray in rays], axis=-1)
    normal, *_ = np.linalg.lstsq(points.reshape(-1, 3), np.ones(rows.size), rcond=None)
    assert abs(points @ normal - 1).max() < 0.02 and normal[1] == pytest.approx(1 / 1.6, abs=0.1)
    # Between 4 and 7 m, half a metre to the left of the axis and to the right.
    bottom, top = (round(camera.cy + camera.fy * 1.6 / z) for z in (4.0, 7.0))
    left, right = (round(camera.cx + camera.fx * x / 7.0) for x in (-0.5, 0.5))
    seen = (slice(top, min(bottom, camera.height)), slice(left, right))
    v, u = np.mgrid[seen]
    slopes = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, v * 0 + 1.0], -1)
    return seen, 1 / (slopes @ normal)


KITTI = Camera(721.5377, 721.5377, 609.5593, 172.854, 1242, 375)
SHAPES = {
    'KITTI': KITTI.resized(928, 288),
    '16:9': centered_camera(535.0, 928, 544),
    '4:3': centered_camera(535.0, 928, 704),
    '1:1': centered_camera(535.0, 928, 928),
    '3:4': centered_camera(535.0, 704, 928),
    '9:16': centered_camera(535.0, 544, 928),
}
OTHERS = {
    'longer': centered_camera(721.0, 928, 544),
    'half': centered_camera(267.5, 464, 352),
    'oblong pixels': Camera(500.0, 650.0, 300.0, 200.0, 640, 480),
    'off the axis': Camera(535.0, 535.0, 200.0, 90.0, 512, 384),
}
WIDER = {
    'wide': centered_camera(400.0, 1280, 720),
    'tall': centered_camera(535.0, 928, 1664),
    'above the road': Camera(400.0, 400.0, 900.0, 50.0, 1280, 720),
}


@pytest.mark.parametrize(('name', 'camera'), {**SHAPES, **OTHERS, **WIDER}.items())
def test_a_plane_lies_where_the_rays_of_the_view_say(name: str, camera: Camera) -> None:
    view = street_view(camera)
    assert view.image.shape == (camera.height, camera.width, 3)
    assert view.depth.shape == view.image.shape[:2]
    seen, expected = road_depth(view.camera)
    assert view.depth[seen].size > 200
    # A pixel shows the depth of the nearest stored one: half of a row off, at most.
    stored_row = view.camera.fy / 535.0
    half = 0.5 * max(1.0, stored_row) + 0.02
    tolerance = half / (np.mgrid[seen][0] - view.camera.cy) + 0.004
    assert np.all(abs(view.depth[seen] / expected - 1) < tolerance)
    assert abs(np.median(view.depth[seen] / expected) - 1) < 0.004


@pytest.mark.parametrize('camera', {**SHAPES, **OTHERS}.values(), ids={**SHAPES, **OTHERS})
def test_a_view_is_what_the_camera_sees(camera: Camera) -> None:
    seen = street_view(camera).camera
    corners = np.array([[0, 0], [camera.width, camera.height]]) - 0.5
    ours, theirs = (
        (corners - (c.cx, c.cy)) / (c.fx, c.fy) * 535 for c in (seen, camera)
    )  # pixels of the stored picture
    np.testing.assert_allclose(ours, theirs, atol=0.51)


@pytest.mark.parametrize('camera', WIDER.values(), ids=WIDER)
def test_a_camera_that_sees_more_than_is_stored_sees_it_nearer(camera: Camera) -> None:
    seen = street_view(camera).camera
    zoom = seen.fx / camera.fx
    assert zoom > 1.1 and seen.fy / camera.fy == pytest.approx(zoom, rel=0.01)
    assert (seen.cx, seen.cy) == pytest.approx((camera.cx, camera.cy), abs=1.5 * zoom)


def test_picture_and_depth_of_a_view_are_of_the_same_pixels() -> None:
    camera = centered_camera(267.5, 464, 352)
    (tensor, intrinsics), depth = street_input(tiny_config(rays='decoder'), camera, CPU)
    street = stored_street()
    window = (slice(672 - 352, 672 + 352), slice(608 - 464, 608 + 464))
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    halved = street.image[window].reshape(352, 2, 464, 2, 3).mean((1, 3))
    expected = (halved / 255 - mean) / std
    assert np.abs(tensor[0].permute(1, 2, 0).numpy() - expected).mean() < 0.1
    blocks = street.depth[window].reshape(352, 2, 464, 2).swapaxes(1, 2).reshape(352, 464, 4)
    assert np.all((depth[..., None] == blocks).any(-1))
    assert intrinsics.tolist() == [[267.5, 267.5, 231.5, 175.5]]
    assert len(street_input(tiny_config(rays='none'), camera, CPU)[0]) == 1


@lru_cache
def shipped() -> LacDepth:
    return load_checkpoint()[0]


@pytest.mark.parametrize('camera', first_is_fast(SHAPES.values()), ids=SHAPES)
def test_each_shape_of_picture_is_judged_fairly(camera: Camera) -> None:
    """Float32 errs as little on each as its validation says, and a wrong engine is refused."""
    config = shipped().config
    engine = build_engine('eager', copy.deepcopy(shipped()), CPU, 'fp32')
    (image, intrinsics), truth = street_input(config, camera, CPU)
    reference = run_engine(engine, image, intrinsics)
    right = compare(reference, reference, truth)
    assert right.reference_abs_rel < 0.15, 'measured: 0.08 to 0.12'
    assert not right.problem('bf16') and not right.problem('fp32')
    lost = torch.cat([image[..., :-64], torch.zeros_like(image[..., -64:])], dim=3)
    wrong = {
        'two columns aside': image.roll(2, dims=3),
        'blue for red': image.flip(1),
        'another mean': image + 0.5,
        'a border that is not computed': lost,
    }
    answers = {what: run_engine(engine, seen, intrinsics) for what, seen in wrong.items()}
    answers['2 % too far'] = np.float32(1.02) * reference
    for what, answer in answers.items():
        parity = compare(answer, reference, truth)
        assert parity.problem('bf16') and parity.problem('fp32'), (what, parity)
    engine.close()
