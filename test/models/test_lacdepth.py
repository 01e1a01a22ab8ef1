# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole network: every variant runs, learns and takes images of any size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from slow_values import first_is_fast
from tiny_networks import random_image, tiny_config, tiny_network

from lacdepth_ros.models.config import PRESETS
from lacdepth_ros.models.lacdepth import LacDepth, pad_to_multiple
from lacdepth_ros.training.losses import silog_loss

BINS: list[dict[str, Any]] = [
    {},
    {'bin_type': 'softplus', 'attractor_kind': 'inv'},
    {'bin_strategy': 'splitter'},
]
DISTRIBUTIONS = ('logbinomial', 'gaussian', 'softmax')


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """Two images of noise, each a slope from near to far: images and true depth."""
    near_to_far = torch.linspace(4, 40, 64).view(1, 1, 64, 1).expand(2, 1, 64, 64)
    return random_image(64, 64, batch=2), near_to_far


def train(model: LacDepth, steps: int) -> list[float]:
    """Losses of some steps on one batch; every parameter must get a finite gradient."""
    image, target = scene()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    model.train()
    losses = []
    for step in range(steps):
        output = model(image)
        loss = silog_loss(pred=output.depth, target=target, valid_mask=target > 0)
        coarse = output.relative * model.config.max_depth
        loss = loss + 0.2 * silog_loss(pred=coarse, target=target, valid_mask=target > 0)
        optimizer.zero_grad()
        loss.backward()
        for name, parameter in model.named_parameters() if step == 0 else ():
            assert parameter.grad is not None, f'{name} is used by nothing'
            assert bool(torch.isfinite(parameter.grad).all()), name
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def assert_valid_output(model: LacDepth, height: int, width: int) -> None:
    with torch.inference_mode():
        output = model.eval()(random_image(height, width))
    for maps in (output.depth, output.std, output.relative):
        assert maps.shape == (1, 1, height, width)
        assert maps.dtype == torch.float32
    assert float(output.depth.min()) >= model.config.min_depth * 0.999
    assert float(output.depth.max()) <= model.config.max_depth * 1.001
    assert float(output.relative.min()) > 0 and float(output.relative.max()) < 1
    if model.config.bin_strategy != 'naive':
        assert float(output.std.min()) > 0


@pytest.mark.parametrize(('height', 'width'), [(1, 1), (37, 50), (20, 131), (64, 96)])
def test_any_size_goes_in_and_comes_out(height: int, width: int) -> None:
    assert_valid_output(tiny_network(), height, width)


@pytest.mark.parametrize(('height', 'width'), [(37, 50), (64, 65)])
def test_padding_is_undone(height: int, width: int) -> None:
    model = tiny_network()
    image = random_image(height, width)
    bottom, right = -height % 32, -width % 32
    edges = ((0, 0), (0, 0), (0, bottom), (0, right))
    padded = torch.from_numpy(np.pad(image.numpy(), edges, mode='edge'))
    torch.testing.assert_close(pad_to_multiple(image, 32), padded)
    with torch.inference_mode():
        direct, explicit = model(image), model(padded)
    torch.testing.assert_close(direct.depth, explicit.depth[..., :height, :width])
    torch.testing.assert_close(direct.std, explicit.std[..., :height, :width])
    torch.testing.assert_close(direct.relative, explicit.relative[..., :height, :width])


@pytest.mark.parametrize(
    ('levels', 'fusion'),
    [(0, 'none'), *((n, f) for n in (3, 4, 6, 7) for f in ('dense', 'residual', 'none'))],
)
def test_every_number_of_levels_and_fusion(levels: int, fusion: str) -> None:
    model = tiny_network(levels=levels, fusion=fusion)
    train(model, 1)
    assert_valid_output(model, 37, 50)


@pytest.mark.parametrize(
    'changes',
    [
        {'pyramid_stride': 1, 'head_stride': 2, 'lateral': 'double'},
        {'pyramid_stride': 2, 'head_stride': 2, 'upsampling': 'bilinear'},
        {'pyramid_stride': 1, 'head_stride': 4, 'levels': 6},
        {'pyramid_stride': 2, 'head_stride': 4, 'levels': 3, 'upsampling': 'bilinear'},
        {'pyramid_stride': 1, 'head_stride': 2, 'levels': 0, 'fusion': 'none'},
    ],
)
def test_every_stride_of_pyramid_and_head(changes: dict[str, Any]) -> None:
    model = tiny_network(**changes)
    train(model, 1)
    assert_valid_output(model, 37, 50)


@pytest.mark.parametrize('distribution', first_is_fast(DISTRIBUTIONS))
@pytest.mark.parametrize('bins', BINS, ids=['normed', 'softplus', 'splitter'])
def test_every_kind_of_bins_and_distribution_learns(
    bins: dict[str, Any], distribution: str
) -> None:
    losses = train(tiny_network(distribution=distribution, **bins), 8)
    assert min(losses[-3:]) < 0.9 * losses[0]


def test_naive_depth_is_relative_depth_in_meters() -> None:
    model = tiny_network(bin_strategy='naive', max_depth=50.0)
    losses = train(model, 8)
    assert min(losses[-3:]) < 0.9 * losses[0]
    assert_valid_output(model, 37, 50)
    with torch.inference_mode():
        output = model(random_image(64, 96))
    torch.testing.assert_close(output.depth, 50.0 * output.relative)
    assert bool(output.std.isnan().all())


@pytest.mark.slow
def test_one_batch_is_memorized() -> None:
    losses = train(tiny_network(), 60)
    assert losses[-1] < 0.15 * losses[0]


def test_depth_and_spread_are_moments_of_the_distribution() -> None:
    """Against NumPy and OpenCV, from the bins and the probabilities that the network made."""
    model = tiny_network(upsampling='bilinear')
    seen: dict[str, np.ndarray] = {}
    model.bins.register_forward_hook(
        lambda bins, _i, out: seen.update(c=bins.to_meters(out[0]).double().numpy())
    )
    model.distribution.register_forward_hook(lambda _m, _i, out: seen.update(p=out.numpy()))
    with torch.inference_mode():
        output = model(random_image(64, 96))
    first, second = ((seen['p'] * seen['c'] ** n).sum(axis=1)[0] for n in (1, 2))
    first, second = (
        cv2.resize(m, (96, 64), interpolation=cv2.INTER_LINEAR) for m in (first, second)
    )
    np.testing.assert_allclose(output.depth[0, 0].numpy(), first, rtol=1e-4)
    np.testing.assert_allclose(
        output.std[0, 0].numpy(), np.sqrt(second - first**2), rtol=1e-2, atol=1e-2
    )


def test_preset_lite_is_light() -> None:
    model = LacDepth(PRESETS['lacdepth-lite'])
    count = sum(p.numel() for p in model.parameters())
    assert 3_000_000 < count <= 9_800_000
    assert_valid_output(model, 64, 96)


def test_preset_r101_is_the_paper() -> None:
    model = LacDepth(PRESETS['lacdepth-r101'])
    count = sum(p.numel() for p in model.parameters())
    assert 55_000_000 < count < 65_000_000
    assert_valid_output(model, 64, 96)


def test_bf16_autocast_keeps_the_output_float32() -> None:
    model = tiny_network()
    with torch.inference_mode(), torch.autocast('cpu', torch.bfloat16):
        output = model(random_image(64, 96))
    assert output.depth.dtype == output.std.dtype == output.relative.dtype == torch.float32
    assert bool(torch.isfinite(output.depth).all())


def test_config_is_kept() -> None:
    assert tiny_network().config == tiny_config()
