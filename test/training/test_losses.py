# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every loss against a few lines of NumPy; none minds an empty mask or half precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lacdepth_ros.training.losses import (
    MIN_SCALE,
    abs_rel_loss,
    frame_weights,
    gradient_loss,
    log_l1_loss,
    silog_loss,
    sky_loss,
    uncertainty_nll,
)


def depths(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 1 + 50 * torch.rand(2, 1, 6, 8, generator=generator)


def mask() -> torch.Tensor:
    return torch.rand(2, 1, 6, 8, generator=torch.Generator().manual_seed(9)) < 0.4


def numpy_silog(
    pred: torch.Tensor, target: torch.Tensor, valid: torch.Tensor, focus: float
) -> float:
    h = np.log(pred.double().numpy()[valid.numpy()])
    h = h - np.log(target.double().numpy()[valid.numpy()])
    return float(10 * np.sqrt((h**2).mean() - focus * h.mean() ** 2))


@pytest.mark.parametrize('focus', [0.0, 0.5, 0.85, 1.0])
def test_silog_over_all_valid_pixels_of_the_batch(focus: float) -> None:
    pred, target, valid = depths(0), depths(1), mask()
    loss = silog_loss(pred=pred, target=target, valid_mask=valid, variance_focus=focus)
    assert float(loss) == pytest.approx(numpy_silog(pred, target, valid, focus), rel=1e-4)


def test_pixels_without_ground_truth_count_for_nothing() -> None:
    pred, target, valid = depths(0).requires_grad_(), depths(1), mask()
    target = torch.where(valid, target, torch.nan)
    loss = silog_loss(pred=pred, target=target, valid_mask=valid)
    loss.backward()
    assert pred.grad is not None
    assert bool((pred.grad[~valid] == 0).all())
    assert bool((pred.grad[valid] != 0).all())


def test_wrong_scale_costs_the_part_that_is_not_forgiven() -> None:
    """For y = s y* the loss is 10 sqrt(1 - lambda) |ln s|; with lambda 1 it is 0."""
    target, everywhere = depths(1), torch.ones(2, 1, 6, 8, dtype=torch.bool)
    for scale in (0.01, 0.5, 2.0, 1e3):
        loss = silog_loss(pred=scale * target, target=target, valid_mask=everywhere)
        assert float(loss) == pytest.approx(10 * np.sqrt(0.15) * abs(np.log(scale)), rel=1e-3)
        forgiven = silog_loss(
            pred=scale * target, target=target, valid_mask=everywhere, variance_focus=1.0
        )
        assert float(forgiven) == pytest.approx(0, abs=0.02)


def test_perfect_prediction_has_a_finite_gradient() -> None:
    target = depths(1)
    pred = target.clone().requires_grad_()
    silog_loss(pred=pred, target=target, valid_mask=mask()).backward()
    assert pred.grad is not None and bool(torch.isfinite(pred.grad).all())


def test_empty_mask_costs_nothing() -> None:
    pred = depths(0)
    pred[0, 0, 0, 0] = torch.nan
    pred.requires_grad_()
    nowhere = torch.zeros(2, 1, 6, 8, dtype=torch.bool)
    loss = silog_loss(pred=pred, target=torch.zeros(2, 1, 6, 8), valid_mask=nowhere)
    loss.backward()
    assert float(loss.detach()) == 0
    assert pred.grad is not None and bool((pred.grad == 0).all())


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    pred, target, valid = depths(0).to(dtype), depths(1).to(dtype), mask()
    loss = silog_loss(pred=pred, target=target, valid_mask=valid)
    assert loss.dtype == torch.float32
    expected = numpy_silog(pred.float(), target.float(), valid, 0.85)
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_sky_loss_asks_for_the_log_distance_to_the_range() -> None:
    pred, sky = depths(0).requires_grad_(), mask()
    loss = sky_loss(pred=pred, sky_mask=sky, far_depth=30.0)
    values = pred.detach().numpy()[sky.numpy()]
    expected = np.maximum(0, np.log(30.0) - np.log(values)).mean()
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-5)
    loss.backward()
    assert pred.grad is not None
    assert bool((pred.grad[sky & (pred < 30)] < 0).all())  # pushes farther
    assert bool((pred.grad[~sky | (pred > 30)] == 0).all())


def test_sky_loss_without_sky_costs_nothing() -> None:
    pred = torch.full((2, 2), torch.nan).requires_grad_()
    loss = sky_loss(pred=pred, sky_mask=torch.zeros(2, 2, dtype=torch.bool), far_depth=30.0)
    loss.backward()
    assert float(loss.detach()) == 0
    assert pred.grad is not None and bool((pred.grad == 0).all())


def test_uncertainty_is_the_laplace_likelihood() -> None:
    pred, target, valid = depths(0), depths(1), mask()
    std = 0.3 * depths(2)
    loss = uncertainty_nll(pred=pred, std=std, target=target, valid_mask=valid)
    p, t, s = (x.double().numpy()[valid.numpy()] for x in (pred, target, std))
    b = s / p / np.sqrt(2) + MIN_SCALE
    assert float(loss) == pytest.approx((np.abs(np.log(p / t)) / b + np.log(b)).mean(), rel=1e-4)


def test_uncertainty_is_best_where_it_equals_the_error() -> None:
    """Errors of a fixed size |h|: the best Laplace scale, floor included, is |h| itself."""
    pred = torch.full((1, 1, 4, 4), 10.0)
    target = pred * torch.exp(torch.tensor(0.2))
    std = torch.tensor(np.sqrt(2) * (0.2 - MIN_SCALE) * 10.0, requires_grad=True)
    valid = torch.ones_like(pred, dtype=torch.bool)
    loss = uncertainty_nll(pred=pred, std=std.expand_as(pred), target=target, valid_mask=valid)
    loss.backward()
    assert std.grad is not None and abs(float(std.grad)) < 1e-6


def test_uncertainty_nll_has_a_gradient_of_std_alone() -> None:
    pred, target, valid = depths(0).requires_grad_(), depths(1), mask()
    std = (0.3 * depths(2)).requires_grad_()
    uncertainty_nll(pred=pred, std=std, target=target, valid_mask=valid).backward()
    assert pred.grad is None and std.grad is not None


def test_uncertainty_of_an_empty_mask_is_nothing() -> None:
    std = depths(2).requires_grad_()
    empty = torch.zeros_like(mask())
    loss = uncertainty_nll(pred=depths(0), std=std, target=depths(1), valid_mask=empty)
    loss.backward()
    assert float(loss.detach()) == 0 and std.grad is not None and not std.grad.any()


@pytest.mark.parametrize(
    ('loss', 'formula'),
    [
        (abs_rel_loss, lambda y, truth: np.mean(np.abs(y - truth) / truth)),
        (log_l1_loss, lambda y, truth: np.mean(np.abs(np.log(y) - np.log(truth)))),
    ],
)
def test_relative_errors_of_valid_pixels(loss: Any, formula: Any) -> None:
    pred, target, valid = depths(0).requires_grad_(), depths(1), mask()
    target = torch.where(valid, target, torch.nan)
    value = loss(pred=pred, target=target, valid_mask=valid).detach()
    p, t = (x.detach().double().numpy()[valid.numpy()] for x in (pred, target))
    assert float(value) == pytest.approx(formula(p, t), rel=1e-5)
    empty = loss(pred=pred, target=target, valid_mask=torch.zeros_like(valid))
    empty.backward()
    assert float(empty.detach()) == 0 and pred.grad is not None and not pred.grad.any()


def test_what_the_losses_ask_of_depth_that_is_uncertain() -> None:
    """One answer for 10, 20 and 40 m: the median under log_l1, less under abs_rel."""
    target = torch.tensor([10.0, 20.0, 40.0])
    answers = torch.linspace(5, 60, 5501)
    for loss, best in ((log_l1_loss, 20.0), (abs_rel_loss, 10.0)):
        errors = [
            float(loss(pred=y.expand(3), target=target, valid_mask=target > 0)) for y in answers
        ]
        assert float(answers[int(np.argmin(errors))]) == pytest.approx(best, abs=0.02)


def test_one_overconfident_pixel_stays_bounded() -> None:
    pred, target = torch.full((1, 1, 1, 1), 10.0), torch.full((1, 1, 1, 1), 20.0)
    valid = torch.ones_like(pred, dtype=torch.bool)
    loss = uncertainty_nll(
        pred=pred, std=torch.full_like(pred, 1e-6), target=target, valid_mask=valid
    )
    assert float(loss) == pytest.approx(np.log(2) / MIN_SCALE + np.log(MIN_SCALE), rel=1e-3)


SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float64)


def numpy_gradient(
    pred: torch.Tensor, dense: torch.Tensor, known: torch.Tensor, valid: torch.Tensor
) -> float:
    """Pixel by pixel, as the formula is written."""
    p, t, k, v = (x.numpy()[:, 0] for x in (pred.double(), dense.double(), known, valid))
    terms = []
    for b, row, column in np.ndindex(p.shape):
        window = np.s_[b, row - 1 : row + 2, column - 1 : column + 2]
        if min(row, column) < 1 or k[window].shape != (3, 3) or not k[window].all():
            continue
        d_x, d_y = (np.sum(s * (p[window] - t[window])) for s in (SOBEL_X, SOBEL_X.T))
        trusted = v[b, row, column] or row >= 0.3324 * p.shape[1]
        terms.append((1.0 if trusted else 0.1) * (abs(d_x) + abs(d_y)))
    return float(np.mean(terms))


def test_gradient_loss_follows_its_formula() -> None:
    pred, dense, valid = depths(0), depths(1), mask()
    known = torch.rand(2, 1, 6, 8, generator=torch.Generator().manual_seed(4)) < 0.95
    dense = torch.where(known, dense, torch.nan)
    loss = gradient_loss(pred=pred, target=dense, target_mask=known, valid_mask=valid)
    assert float(loss) == pytest.approx(numpy_gradient(pred, dense, known, valid), rel=1e-5)


def test_gradient_of_a_ramp_and_weights_of_its_rows() -> None:
    """A prediction that rises by 1 m a column beyond the ground truth: |d_x| = 8 everywhere."""
    dense = torch.full((1, 1, 102, 12), 5.0)
    pred = dense + torch.arange(12.0)
    everywhere = torch.ones_like(dense, dtype=torch.bool)
    loss = gradient_loss(
        pred=pred, target=dense, target_mask=everywhere, valid_mask=~everywhere, trusted_rows=0.5
    )
    assert float(loss) == pytest.approx(8 * (0.5 + 0.1 * 0.5))
    measured = gradient_loss(
        pred=pred, target=dense, target_mask=everywhere, valid_mask=everywhere
    )
    assert float(measured) == pytest.approx(8)
    shifted = gradient_loss(
        pred=dense + 3, target=dense, target_mask=everywhere, valid_mask=everywhere
    )
    assert float(shifted) == 0


@pytest.mark.parametrize('size', [(2, 1, 6, 8), (1, 1, 2, 2)])
def test_gradient_loss_without_dense_ground_truth_costs_nothing(size: tuple[int, ...]) -> None:
    pred = torch.full(size, torch.nan).requires_grad_()
    nowhere = torch.zeros(size, dtype=torch.bool)
    loss = gradient_loss(
        pred=pred, target=torch.zeros(size), target_mask=nowhere, valid_mask=nowhere
    )
    loss.backward()
    assert float(loss.detach()) == 0
    assert pred.grad is not None and bool((pred.grad == 0).all())


def test_unknown_pixels_teach_nothing() -> None:
    pred, dense = depths(0), depths(1)
    known = torch.ones_like(dense, dtype=torch.bool)
    known[..., 2, 3] = False
    dense[..., 2, 3] = pred[..., 2, 3] = torch.nan
    pred.requires_grad_()
    gradient_loss(pred=pred, target=dense, target_mask=known, valid_mask=known).backward()
    assert pred.grad is not None and bool(torch.isfinite(pred.grad).all())
    assert bool((pred.grad[..., 2, 3] == 0).all()) and bool(pred.grad.any())


def losses(pred: torch.Tensor, std: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every loss of a prediction."""
    ground_truth = {'target': depths(1), 'valid_mask': mask()}
    return {
        'silog': silog_loss(pred=pred, **ground_truth),
        'abs_rel': abs_rel_loss(pred=pred, **ground_truth),
        'sky': sky_loss(pred=pred, sky_mask=mask(), far_depth=60.0),
        'uncertainty': uncertainty_nll(pred=pred, std=std, **ground_truth),
        'gradient': gradient_loss(pred=pred, target_mask=~mask() | mask(), **ground_truth),
    }


def test_losses_are_float32_under_autocast() -> None:
    """Values and gradients are those without autocast, to the last bit."""
    results = []
    for enabled in (False, True):
        pred, std = depths(0).requires_grad_(), (0.3 * depths(2)).requires_grad_()
        with torch.autocast('cpu', torch.bfloat16, enabled=enabled):
            values = losses(pred, std)
        assert all(value.dtype == torch.float32 for value in values.values())
        torch.stack(list(values.values())).sum().backward()
        results.append((values, pred.grad, std.grad))
    (plain, *plain_grads), (mixed, *mixed_grads) = results
    assert all(torch.equal(plain[name], mixed[name]) for name in plain)
    assert all(torch.equal(a, b) for a, b in zip(plain_grads, mixed_grads, strict=True))


def numpy_mean(values: np.ndarray, valid: np.ndarray, most: int) -> float:
    """Mean over the pixels; those of a frame with more than `most` weigh as `most` together."""
    weights = [np.full(v.sum(), min(1.0, most / max(1, v.sum()))) for v in valid]
    return float(np.average(values[valid], weights=np.concatenate(weights)))


@pytest.mark.parametrize('most', [1, 7, 30, 10**6])
def test_dense_frames_count_no_more_than_frame_pixels(most: int) -> None:
    """A frame of 40 valid pixels beside one of 5, and one of none."""
    pred, target = depths(0), depths(1)
    valid = torch.zeros(2, 1, 6, 8, dtype=torch.bool)
    valid[0, 0, :5] = True
    valid[1, 0, 2, :5] = True
    pred, target, valid = (
        torch.cat([x, x[:1] if x.dtype != torch.bool else torch.zeros_like(x[:1])])
        for x in (pred, target, valid)
    )
    ground_truth = {'pred': pred, 'target': target, 'valid_mask': valid}
    ground_truth['weights'] = frame_weights(valid, most)
    y, t, v = pred.double().numpy(), target.double().numpy(), valid.numpy()
    h = np.log(y / t)
    mean = numpy_mean(h, v, most)
    silog = 10 * np.sqrt(numpy_mean(h**2, v, most) - 0.85 * mean**2)
    assert float(silog_loss(**ground_truth)) == pytest.approx(silog, rel=1e-4)
    relative = numpy_mean(np.abs(y - t) / t, v, most)
    assert float(abs_rel_loss(**ground_truth)) == pytest.approx(relative, rel=1e-5)
    std = 0.3 * pred
    scale = 0.3 / np.sqrt(2) + MIN_SCALE
    spread = numpy_mean(np.abs(h) / scale + np.log(scale), v, most)
    assert float(uncertainty_nll(std=std, **ground_truth)) == pytest.approx(spread, rel=1e-4)


def test_frame_pixels_of_an_empty_batch() -> None:
    pred, nowhere = depths(0).requires_grad_(), torch.zeros(2, 1, 6, 8, dtype=torch.bool)
    weights = frame_weights(nowhere, 5)
    loss = abs_rel_loss(pred=pred, target=depths(1), valid_mask=nowhere, weights=weights)
    loss.backward()
    assert float(loss.detach()) == 0
    assert pred.grad is not None and not pred.grad.any()
