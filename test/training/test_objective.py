# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The weighted sum of the losses: which count, for how much, and of which pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from tiny_networks import TINY, random_image, tiny_network

from lacdepth_ros.data.sample import BEYOND_RANGE
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.lacdepth import NetworkOutput
from lacdepth_ros.training import losses
from lacdepth_ros.training.objective import LossConfig, training_loss

MODEL = ModelConfig(**{**TINY, 'max_depth': 80.0})
ALL = {
    'abs_rel_weight': 5.0,
    'sky_weight': 0.5,
    'uncertainty_weight': 0.1,
    'auxiliary_weight': 0.2,
    'gradient_weight': 0.1,
}
OFF = dict.fromkeys(ALL, 0.0)
SIZE = (2, 12, 16)


def rand(seed: int, *size: int) -> torch.Tensor:
    return torch.rand(size, generator=torch.Generator().manual_seed(seed))


def output(dtype: torch.dtype = torch.float32) -> NetworkOutput:
    shape = (SIZE[0], 1, *SIZE[1:])
    maps = (1 + 70 * rand(0, *shape), 0.1 + 5 * rand(1, *shape), 0.02 + 0.9 * rand(2, *shape))
    return NetworkOutput(*(x.to(dtype).requires_grad_() for x in maps), rand(9, SIZE[0], 8))


def batch() -> dict[str, torch.Tensor]:
    """A third measured, a tenth sky, some beyond range; dense where rows are odd or low."""
    depth = 2 + 70 * rand(3, *SIZE)
    kind = rand(4, *SIZE)
    depth = torch.where(kind < 0.33, depth, 0)
    depth = torch.where(kind > 0.9, 0.9 * BEYOND_RANGE, depth)
    depth[0, 0, 0] = 95.0
    dense = 2 + 70 * rand(5, *SIZE)
    dense[0, :4] = 0
    dense[1, 5, 5] = 200.0
    return {'depth': depth, 'dense': dense}


def total(config: LossConfig, progress: float = 1.0, model: ModelConfig = MODEL) -> dict[str, Any]:
    return training_loss(output(), batch(), model, config, progress)


def test_parts_are_the_losses_of_their_pixels() -> None:
    parts = total(LossConfig(**ALL))
    out, target = output(), batch()['depth'].unsqueeze(1)
    dense = batch()['dense'].unsqueeze(1)
    valid = (target > MODEL.min_depth) & (target < 80)
    ground_truth = {'target': target, 'valid_mask': valid}
    expected = {
        'silog': losses.silog_loss(pred=out.depth, **ground_truth),
        'abs_rel': losses.abs_rel_loss(pred=out.depth, **ground_truth),
        'sky': losses.sky_loss(pred=out.depth, sky_mask=target > 1000, far_depth=76.0),
        'uncertainty': losses.uncertainty_nll(pred=out.depth, std=out.std, **ground_truth),
        'auxiliary': losses.silog_loss(
            pred=(80 * out.relative).clamp_min(MODEL.min_depth), **ground_truth
        ),
        'gradient': losses.gradient_loss(
            pred=out.depth,
            target=dense,
            target_mask=(dense > MODEL.min_depth) & (dense < 80),
            valid_mask=valid,
        ),
    }
    assert parts.keys() == {'loss', *expected}
    for name, value in expected.items():
        torch.testing.assert_close(parts[name], value)
        assert float(value.detach()) > 0 or name == 'uncertainty'
    weighted = expected['silog'] + sum(
        ALL[f'{name}_weight'] * value for name, value in expected.items() if name != 'silog'
    )
    torch.testing.assert_close(parts['loss'], weighted)


def test_frame_pixels_reach_the_losses_of_measured_depth() -> None:
    parts, plain = total(LossConfig(**ALL, frame_pixels=9)), total(LossConfig(**ALL))
    out, target = output(), batch()['depth'].unsqueeze(1)
    ground_truth = {'target': target, 'valid_mask': (target > MODEL.min_depth) & (target < 80)}
    weights = losses.frame_weights(ground_truth['valid_mask'], 9)
    expected = losses.abs_rel_loss(pred=out.depth, **ground_truth, weights=weights)
    torch.testing.assert_close(parts['abs_rel'], expected)
    changed = {name for name in parts if not torch.equal(parts[name], plain[name])}
    assert changed == {'loss', 'silog', 'abs_rel', 'uncertainty', 'auxiliary'}


def test_depth_beyond_the_range_counts_as_its_end_where_asked() -> None:
    """The one pixel at 95 m joins the measured ones, with 80 m; the sky stays sky."""
    parts, plain = total(LossConfig(**ALL, clip_to_range=True)), total(LossConfig(**ALL))
    out, target = output(), batch()['depth'].unsqueeze(1)
    valid = (target > MODEL.min_depth) & (target < 1000)
    clipped = target.where(target != 95.0, torch.tensor(80.0))
    assert int(valid.sum()) == int((target.gt(MODEL.min_depth) & target.lt(80)).sum()) + 1
    expected = losses.abs_rel_loss(pred=out.depth, target=clipped, valid_mask=valid)
    torch.testing.assert_close(parts['abs_rel'], expected)
    changed = {name for name in parts if not torch.equal(parts[name], plain[name])}
    assert changed == {'loss', 'silog', 'abs_rel', 'uncertainty', 'auxiliary'}


@pytest.mark.parametrize('pixels', [0, -3])
def test_impossible_frame_pixels_are_refused(pixels: int) -> None:
    with pytest.raises(ValueError, match=rf'frame_pixels={pixels} must be positive, or null'):
        LossConfig(frame_pixels=pixels)


@pytest.mark.parametrize('name', list(ALL))
def test_each_loss_is_turned_off_by_its_weight(name: str) -> None:
    parts = total(LossConfig(**{**OFF, name: ALL[name]}))
    assert parts.keys() == {'loss', 'silog', name.removesuffix('_weight')}
    assert total(LossConfig(**OFF)).keys() == {'loss', 'silog'}


def test_silog_settings_reach_both_stages() -> None:
    """Twice the weight doubles both; with lambda 1 a common factor is forgiven."""
    config = LossConfig(**{**OFF, 'auxiliary_weight': 0.2})
    plain = total(config)
    double = total(replace(config, silog_weight=20.0))
    for name in ('silog', 'auxiliary', 'loss'):
        torch.testing.assert_close(double[name], 2 * plain[name])
    forgiving = total(replace(config, silog_focus=1.0))
    assert bool(forgiving['silog'] < plain['silog'])
    assert bool(forgiving['auxiliary'] < plain['auxiliary'])


def test_gradient_loss_begins_at_its_share_of_the_training() -> None:
    config = LossConfig(gradient_weight=0.1, gradient_start=0.6)
    before, after = (total(config, progress) for progress in (0.59, 0.6))
    assert not bool(before['gradient']) and bool(after['gradient'] > 0)
    torch.testing.assert_close(after['loss'], before['loss'] + 0.1 * after['gradient'])
    assert before.keys() == after.keys()
    without = training_loss(output(), {'depth': batch()['depth']}, MODEL, LossConfig(), 1.0)
    torch.testing.assert_close(without['loss'], before['loss'])  # 'dense' is not needed then


def test_naive_bins_have_no_uncertainty_to_teach() -> None:
    naive = replace(MODEL, bin_strategy='naive')
    out = replace(output(), std=torch.full((SIZE[0], 1, *SIZE[1:]), torch.nan))
    parts = training_loss(out, batch(), naive, LossConfig(**ALL), 1.0)
    assert 'uncertainty' not in parts and bool(torch.isfinite(parts['loss']))


def test_uncertainty_moves_the_distribution_and_with_it_depth() -> None:
    network = tiny_network()
    out = network(
        random_image(64, 96),
    )
    target = out.depth.detach() * 1.5
    losses.uncertainty_nll(
        pred=out.depth, std=out.std, target=target, valid_mask=target > 0
    ).backward()
    with torch.no_grad():
        for weight in network.parameters():
            if weight.grad is not None:
                weight -= 0.01 * weight.grad
        moved = network(random_image(64, 96))
    assert float((moved.std / out.std).log().mean()) > 1e-3, 'the error is larger than std'
    assert float((moved.depth / out.depth).log().abs().mean()) > 1e-3


def test_batch_without_any_ground_truth_costs_nothing() -> None:
    out = output()
    nothing = {'depth': torch.zeros(SIZE), 'dense': torch.zeros(SIZE)}
    parts = training_loss(out, nothing, MODEL, LossConfig(**ALL), 1.0)
    assert all(float(value.detach()) == 0 for value in parts.values())
    parts['loss'].backward()
    for x in (out.depth, out.std, out.relative):
        assert x.grad is not None and bool((x.grad == 0).all())


def test_autocast_changes_nothing() -> None:
    plain = total(LossConfig(**ALL))
    with torch.autocast('cpu', torch.bfloat16):
        mixed = total(LossConfig(**ALL))
    assert all(torch.equal(plain[name], mixed[name]) for name in plain)
    assert all(value.dtype == torch.float32 for value in mixed.values())


def test_bfloat16_maps_give_float32_losses() -> None:
    out = output(torch.bfloat16)
    parts = training_loss(out, batch(), MODEL, LossConfig(**ALL), 1.0)
    assert all(value.dtype == torch.float32 for value in parts.values())
    assert float(parts['loss'].detach()) == pytest.approx(
        float(total(LossConfig(**ALL))['loss'].detach()), rel=0.01
    )


@pytest.mark.parametrize(
    ('field', 'value', 'allowed'),
    [
        ('silog_weight', -1.0, r'\[0, inf\)'),
        ('sky_weight', float('inf'), r'\[0, inf\)'),
        ('uncertainty_weight', float('nan'), r'\[0, inf\)'),
        ('silog_focus', 1.1, r'\[0, 1\]'),
        ('gradient_start', -0.1, r'\[0, 1\]'),
    ],
)
def test_impossible_weight_is_named(field: str, value: float, allowed: str) -> None:
    with pytest.raises(ValueError, match=f'{field}={value!r} must lie in {allowed}'):
        LossConfig(**{field: value})
