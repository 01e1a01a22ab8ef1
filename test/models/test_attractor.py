# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bins against NumPy: seeds, attraction (eq. 5), splitting; order and range always hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from tiny_networks import tiny_config
from torch.fx.experimental.proxy_tensor import make_fx

from lacdepth_ros.models.attractor import (
    Attraction,
    AttractorLayer,
    BinModule,
    SeedBins,
    SplitterLayer,
    attract,
    centers_from_widths,
)

Array = npt.NDArray[np.float64]


def numpy_attract(
    centers: Array, points: Array, alpha: float, gamma: int, kind: str, aggregation: str
) -> Array:
    moves = []
    for k in range(points.shape[1]):
        dx = points[:, k : k + 1] - centers
        power = alpha * np.abs(dx) ** gamma
        moves.append(dx * np.exp(-power) if kind == 'exp' else dx / (1 + power))
    return centers + (np.mean(moves, axis=0) if aggregation == 'mean' else np.sum(moves, axis=0))


def longest_sum(function: Callable[..., torch.Tensor], *inputs: torch.Tensor) -> int:
    """Additions that wait for each other in what a function computes."""
    behind: dict[torch.fx.Node, int] = {}
    for node in make_fx(function)(*inputs).graph.nodes:
        before = max((behind[x] for x in node.all_input_nodes), default=0)
        behind[node] = before + ('add' in str(node.target))
    return max(behind.values())


def random_maps(channels: int, *, seed: int, height: int = 3, width: int = 5) -> torch.Tensor:
    return torch.rand(2, channels, height, width, generator=torch.Generator().manual_seed(seed))


def test_centers_are_the_mid_points_of_tiling_bins() -> None:
    widths = torch.tensor([0.1, 0.4, 0.2, 0.3]).view(1, 4, 1, 1)
    edges = np.array([0, 0.1, 0.5, 0.7, 1.0])
    centers = centers_from_widths(widths).numpy().ravel()
    np.testing.assert_allclose(centers, (edges[1:] + edges[:-1]) / 2, atol=1e-6)


@pytest.mark.parametrize('aggregation', ['mean', 'sum'])
@pytest.mark.parametrize('kind', ['exp', 'inv'])
@pytest.mark.parametrize('gamma', [1, 2, 3])
def test_attraction_is_equation_5(kind: str, aggregation: str, gamma: int) -> None:
    centers, points = random_maps(6, seed=0), random_maps(4, seed=1)
    moved = attract(
        centers, points, alpha=30.0, gamma=gamma, kind=kind, aggregation=aggregation
    ).numpy()
    expected = numpy_attract(centers.numpy(), points.numpy(), 30.0, gamma, kind, aggregation)
    np.testing.assert_allclose(moved, expected, atol=1e-6)


@pytest.mark.parametrize('alpha', [1.0, 300.0, 1000.0])
@pytest.mark.parametrize('kind', ['exp', 'inv'])
def test_mean_attraction_keeps_order_and_range(kind: str, alpha: float) -> None:
    centers = random_maps(64, seed=2).sort(dim=1).values
    points = random_maps(16, seed=3)
    moved = attract(centers, points, alpha=alpha, gamma=2, kind=kind, aggregation='mean')
    assert bool((moved.diff(dim=1) >= -1e-7).all())
    assert float(moved.min()) >= 0 and float(moved.max()) <= 1
    assert not torch.equal(moved, centers)


def test_sum_attraction_can_let_bins_cross() -> None:
    """The reason why the bins of 'sum' are sorted at the end."""
    centers = torch.tensor([0.45, 0.55]).view(1, 2, 1, 1)
    points = torch.full((1, 16, 1, 1), 0.5)
    moved = attract(centers, points, alpha=300.0, gamma=2, kind='exp', aggregation='sum')
    assert float(moved[0, 0]) > float(moved[0, 1])


@pytest.mark.parametrize('aggregation', ['mean', 'sum'])
@pytest.mark.parametrize('kind', ['exp', 'inv'])
@pytest.mark.parametrize('gamma', [1, 2, 3])
def test_gradient_of_attraction_is_that_of_its_formula(
    kind: str, aggregation: str, gamma: int
) -> None:
    """By finite differences in float64, and as autograd finds it in the plain form."""
    centers = random_maps(5, seed=0).double().requires_grad_()
    points = random_maps(3, seed=1).double().requires_grad_()
    settings = (30.0, gamma, kind, aggregation)
    inputs = (centers, points, *settings)
    assert torch.autograd.gradcheck(Attraction.apply, inputs, eps=1e-7, atol=1e-5)
    grad = random_maps(5, seed=2).double()
    plain = torch.autograd.grad(attract(*inputs), (centers, points), grad)
    own = torch.autograd.grad(Attraction.apply(*inputs), (centers, points), grad)
    for a, b in zip(own, plain, strict=True):
        torch.testing.assert_close(a, b)


def test_attraction_keeps_no_map_for_each_attractor() -> None:
    """What makes training on many attractors affordable: only the inputs are kept."""
    kept: list[torch.Tensor] = []

    def keep(x: torch.Tensor) -> torch.Tensor:
        kept.append(x)
        return x

    centers, points = (random_maps(n, seed=n).requires_grad_() for n in (6, 4))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        Attraction.apply(centers, points, 300.0, 2, 'exp', 'mean')
    assert {x.data_ptr() for x in kept} == {centers.data_ptr(), points.data_ptr()}


def test_far_attractors_leave_finite_gradients() -> None:
    centers = torch.zeros(1, 1, 1, 1, requires_grad=True)
    points = torch.ones(1, 1, 1, 1, requires_grad=True)
    attract(centers, points, alpha=1e4, gamma=2, kind='exp', aggregation='mean').sum().backward()
    assert centers.grad is not None and float(centers.grad) == pytest.approx(1.0)
    assert points.grad is not None and float(points.grad) == pytest.approx(0.0)


@pytest.mark.parametrize('gamma', [1, 2, 3])
@pytest.mark.parametrize('kind', ['exp', 'inv'])
def test_gradient_is_that_of_the_formula_also_where_a_center_meets_its_attractor(
    kind: str, gamma: int
) -> None:
    values = [0.2, 0.5, 0.5 + 1e-3, 0.9]
    centers = torch.tensor(values).view(1, 4, 1, 1).requires_grad_()
    points = torch.full((1, 1, 1, 1), 0.5, requires_grad=True)
    attract(
        centers, points, alpha=30.0, gamma=gamma, kind=kind, aggregation='sum'
    ).sum().backward()
    dx = 0.5 - np.array(values)
    power = 30.0 * np.abs(dx) ** gamma
    if kind == 'exp':
        slope = np.exp(-power) * (1 - gamma * power)  # d delta / d dx
    else:
        slope = (1 + power - gamma * power) / (1 + power) ** 2
    assert centers.grad is not None and points.grad is not None
    np.testing.assert_allclose(centers.grad.numpy().ravel(), 1 - slope, atol=1e-5)
    np.testing.assert_allclose(float(points.grad), slope.sum(), rtol=1e-5)


def test_seed_widths_tile_the_range() -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        widths = SeedBins(8, 16, 'normed')(10 * random_maps(8, seed=4))
    assert float(widths.min()) > 0
    torch.testing.assert_close(widths.sum(dim=1), torch.ones(2, 3, 5))
    centers = centers_from_widths(widths)
    assert bool((centers.diff(dim=1) > 0).all())
    assert float(centers.min()) > 0 and float(centers.max()) < 1


def test_attractor_layer_pulls_towards_the_ratio_of_its_outputs() -> None:
    torch.manual_seed(0)
    layer = AttractorLayer(tiny_config(), 3)
    embedding, centers = random_maps(8, seed=5), random_maps(16, seed=6)
    with torch.no_grad():
        moved = layer(embedding, centers).numpy()
        raw = np.maximum(layer.mlp(embedding).numpy(), 0) + 1e-3
    points = raw[:, :3] / (raw[:, :3] + raw[:, 3:])
    expected = numpy_attract(centers.numpy(), points, 300.0, 2, 'exp', 'mean')
    np.testing.assert_allclose(moved, expected, atol=1e-6)


def test_splitter_halves_every_bin_and_keeps_its_edges() -> None:
    torch.manual_seed(0)
    layer = SplitterLayer(tiny_config(), 4)
    widths = torch.softmax(random_maps(4, seed=7), dim=1)
    with torch.no_grad():
        split = layer(random_maps(8, seed=8), widths)
    assert split.shape == (2, 8, 3, 5)
    assert float(split.min()) > 0
    np.testing.assert_allclose(
        split.cumsum(dim=1).numpy()[:, 1::2], widths.cumsum(dim=1).numpy(), atol=1e-6
    )


@pytest.mark.parametrize(
    'changes',
    [
        {},
        {'attractor_aggregation': 'sum'},
        {'attractor_kind': 'inv', 'attractor_aggregation': 'sum', 'attractor_alpha': 1.0},
        {'attractor_kind': 'inv', 'bin_type': 'softplus'},
        {'bin_strategy': 'splitter'},
        {'head_stride': 2, 'pyramid_stride': 2},
    ],
)
def test_bins_ascend_within_the_depth_range(changes: dict[str, object]) -> None:
    torch.manual_seed(0)
    config = tiny_config(min_depth=2.0, max_depth=30.0, **changes)
    module = BinModule(config)
    sizes = {32: (2, 3), 16: (4, 6), 8: (8, 12), 4: (16, 24), 2: (32, 48)}
    features = {
        stride: 5 * random_maps(width, seed=stride, height=size[0], width=size[1])
        for (stride, size), width in zip(sizes.items(), config.widths[::-1], strict=True)
    }
    with torch.no_grad():
        bins, embedding = module(features)
        centers = module.to_meters(bins)
    height, width = sizes[config.head_stride]
    assert centers.shape == (2, 16, height, width)
    assert embedding.shape == (2, 8, height, width)
    assert bool((centers.diff(dim=1) >= 0).all())
    assert float(centers.min()) >= 2.0 and float(centers.max()) <= 30.0


@pytest.mark.parametrize(('points', 'expected'), [(1, 1), (5, 4), (16, 5)])
def test_no_addition_waits_for_more_than_logarithmically_many(points: int, expected: int) -> None:
    """Of longer chains OpenVINO fuses more than the registers of AVX2 and Arm hold."""

    def pulled(centers: torch.Tensor, attractors: torch.Tensor) -> torch.Tensor:
        return attract(centers, attractors, 300.0, 2, 'exp', 'mean')

    maps = random_maps(8, seed=1), random_maps(points, seed=2)
    assert longest_sum(pulled, *maps) == expected
