# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rays: each cell is told the direction in which its pixels look, and depth follows the height."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from tiny_networks import random_image, tiny_network

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.decoder import RayBlock, ray_tangents
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.predictor import DepthPredictor

CAMERA = Camera(90.0, 110.0, 40.0, 20.0, 96, 64)


def intrinsics(camera: Camera) -> torch.Tensor:
    return torch.tensor([[camera.fx, camera.fy, camera.cx, camera.cy]])


@pytest.mark.parametrize('stride', [4, 8, 32])
def test_rays_are_those_of_the_camera_shrunk_to_the_cells(stride: int) -> None:
    small = CAMERA.resized(96 // stride, 64 // stride)
    x, y = ray_tangents(intrinsics(CAMERA), torch.zeros(1, 5, 64 // stride, 96 // stride), stride)
    columns = (np.arange(small.width) - small.cx) / small.fx
    rows = (np.arange(small.height) - small.cy) / small.fy
    assert x.shape == (1, 1, 1, small.width) and y.shape == (1, 1, small.height, 1)
    np.testing.assert_allclose(x.flatten(), columns, atol=1e-6)
    np.testing.assert_allclose(y.flatten(), rows, atol=1e-6)


def test_views_of_a_batch_have_their_own_rays() -> None:
    other = Camera(200.0, 210.0, -30.0, 70.0, 96, 64)
    both = torch.cat([intrinsics(CAMERA), intrinsics(other)])
    like = torch.zeros(2, 1, 8, 12)
    together = ray_tangents(both, like, 8)
    for i, camera in enumerate((CAMERA, other)):
        alone = ray_tangents(intrinsics(camera), like[:1], 8)
        for ours, theirs in zip(together, alone, strict=True):
            torch.testing.assert_close(ours[i : i + 1], theirs)


def test_rays_count_as_two_more_channels_of_the_map() -> None:
    torch.manual_seed(0)
    block = RayBlock(5, 7).eval()
    block[1].running_mean.normal_()
    features = torch.randn(2, 5, 8, 12)
    x, y = ray_tangents(intrinsics(CAMERA).expand(2, 4), features, 8)
    beside = torch.cat([features, x.expand(2, 1, 8, 12), y.expand(2, 1, 8, 12)], dim=1)
    with torch.inference_mode():
        expected = torch.nn.Sequential(*block)(beside)
        torch.testing.assert_close(block(features, (x, y)), expected)
    assert (expected > 0).any() and (expected == 0).any()


def ray_network() -> LacDepth:
    torch.manual_seed(0)
    config = dataclasses.replace(tiny_network().config, rays='decoder')
    return LacDepth(config).eval()


def test_the_principal_point_matters_to_a_network_with_rays_alone() -> None:
    image = random_image(64, 96)
    moved = dataclasses.replace(CAMERA, cy=60.0)
    for network, differs in ((ray_network(), True), (tiny_network().eval(), False)):
        with torch.inference_mode():
            first, second = (network(image, intrinsics(c)).depth for c in (CAMERA, moved))
        assert (not torch.equal(first, second)) == differs


def test_without_rays_no_intrinsics_are_needed() -> None:
    assert ModelConfig().rays == 'none'
    with torch.inference_mode():
        assert tiny_network().eval()(random_image(64, 96)).depth.shape == (1, 1, 64, 96)


def test_depth_is_proportional_to_the_height_of_the_camera() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    predictor = DepthPredictor(ray_network(), engine='eager', precision='fp32')
    usual = predictor.predict(image, CAMERA)
    low = predictor.predict(image, CAMERA, camera_height=0.33)
    np.testing.assert_allclose(low.depth, usual.depth * 0.2, rtol=1e-6)
    np.testing.assert_allclose(low.std, usual.std * 0.2, rtol=1e-6)
    always = DepthPredictor(ray_network(), engine='eager', precision='fp32', camera_height=0.33)
    np.testing.assert_allclose(always.predict(image, CAMERA).depth, low.depth, rtol=1e-6)


@pytest.mark.parametrize('height', [0.0, -1.0, 165.0, float('nan')])
def test_impossible_heights_are_refused(height: float) -> None:
    with pytest.raises(ValueError, match=r'camera_height=.* must lie in 0\.05 \.\. 50\.0 m'):
        DepthPredictor(tiny_network().eval(), camera_height=height)


def test_the_mirrored_image_is_seen_by_the_mirrored_camera() -> None:
    """Averaging with the mirror image treats both alike: mirroring the input mirrors the depth."""
    image = np.random.default_rng(1).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    predictor = DepthPredictor(
        ray_network(), engine='eager', precision='fp32', input_size=(64, 96)
    )
    depth = predictor.predict(image, CAMERA, flip_average=True).depth
    mirrored = predictor.predict(
        np.ascontiguousarray(image[:, ::-1]), CAMERA.flipped(), flip_average=True
    ).depth
    np.testing.assert_allclose(mirrored[:, ::-1], depth, rtol=1e-4)
