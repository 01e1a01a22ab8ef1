# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parity gate: an engine is used only if it gives the depth that float32 PyTorch gives."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import image_to_tensor
from lacdepth_ros.models.assumed_camera import centered_camera
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.engines.engine import Engine, MetricNetwork, network_constants
from lacdepth_ros.models.engines.street import street_view
from lacdepth_ros.models.inference import fold_batch_norm
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantized_network import QuantizedNetwork

FP32_LARGEST = 1e-3
"""Largest relative deviation of a float32 engine, anywhere."""
STD_COUNTS = 1 - 1e-4
"""Share of the pixels whose std counts in it. On the far side of a border the variance is what is
left of two large squares, and each library rounds those differently."""
REDUCED_MEDIAN, REDUCED_P99 = 1e-2, 5e-2
"""Largest median and 99th percentile of the relative deviation in reduced precision."""
WORSE = 2e-3
"""Largest growth of abs_rel against exact depth. Rounding alone changes it by up to 1.3e-3
on one picture (docs/decisions/0023-engines.md)."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How far an engine is from float32 PyTorch on the stored street.

    Deviations of depth and of std are both given as shares of the reference's depth; of the two
    the larger counts.

    Attributes:
        median: Median deviation.
        p99: 99th percentile of the deviations.
        largest: Largest deviation of depth, and of the std of STD_COUNTS of the pixels.
        abs_rel: Mean relative error of the engine's depth against the exact one.
        reference_abs_rel: That of the reference.
    """

    median: float
    p99: float
    largest: float
    abs_rel: float
    reference_abs_rel: float

    def problem(self, precision: str) -> str:
        """Say what forbids the engine at this precision ('' when nothing does)."""
        bounds = {'median': REDUCED_MEDIAN, 'p99': REDUCED_P99}
        if precision == 'fp32':
            bounds = {'largest': FP32_LARGEST}
        bounds['abs_rel'] = self.reference_abs_rel + WORSE
        for name, bound in bounds.items():
            value = getattr(self, name)
            if not value <= bound:  # NaN is refused too
                return f'{name} {value:.4f} exceeds {bound:.4f} ({self})'
        return ''

    def __str__(self) -> str:
        deviations = f'{self.median:.2%} median, {self.p99:.2%} p99, {self.largest:.2%} largest'
        return f'{deviations}; abs_rel {self.abs_rel:.4f}, float32 {self.reference_abs_rel:.4f}'


def street_input(
    config: ModelConfig, camera: Camera, device: torch.device
) -> tuple[list[Tensor], npt.NDArray[np.float32]]:
    """What an engine takes to see the stored street with a camera, and the exact depth.

    Returns:
        Image (1, 3, H, W) and the network's constants, which fit it; depth (H, W) [m], 0 where
        there is none.
    """
    view = street_view(camera)
    constants = network_constants(config, view.camera, device)
    return [image_to_tensor(view.image, device), *constants], view.depth


def run_engine(engine: Engine, image: Tensor, *constants: Tensor) -> npt.NDArray[np.float32]:
    """Depth and std of an engine in one array, (2, H, W) [m]."""
    depth, std, _ = engine.run(image, *constants)
    return torch.cat([depth, std], dim=1)[0].float().cpu().numpy()


def compare_quantized(model: LacDepth) -> Parity:
    """Measure a network in integers, as PyTorch simulates them; on any processor.

    Args:
        model: In evaluation mode, with a quantization; it stays as it is.

    Raises:
        ValueError: It has no quantization.
    """
    exact = copy.deepcopy(model)
    fold_batch_norm(exact)
    camera = centered_camera(model.config.focal_px, 928, 288)
    inputs, ground_truth = street_input(model.config, camera, torch.device('cpu'))
    found = []
    for network in (MetricNetwork(exact), QuantizedNetwork(MetricNetwork(copy.deepcopy(exact)))):
        with torch.inference_mode():
            depth, std, _ = network(*inputs)
        found.append(torch.cat([depth, std], dim=1)[0].numpy())
    return compare(found[1], found[0], ground_truth)


def compare(
    candidate: npt.NDArray[np.float32],
    reference: npt.NDArray[np.float32],
    ground_truth: npt.NDArray[np.float32],
) -> Parity:
    """Measure the deviation of depth and std.

    Args:
        candidate: (2, H, W) of the engine [m].
        reference: (2, H, W) of float32 PyTorch [m].
        ground_truth: (H, W) exact depth [m], 0 where there is none. Its scale may differ: depth is
            brought to its median first.
    """
    naive = np.isnan(reference[1])  # networks without a distribution have no std
    deviations = np.abs(candidate - reference) / reference[0]
    deviations[1, naive & np.isnan(candidate[1])] = 0.0
    median, p99 = (float(np.max([np.quantile(d, q) for d in deviations])) for q in (0.5, 0.99))
    std_largest = np.quantile(deviations[1], STD_COUNTS, method='lower')
    largest = float(np.maximum(deviations[0].max(), std_largest))
    valid = ground_truth > 0
    scale = float(np.median(ground_truth[valid] / reference[0][valid]))
    abs_rel, reference_abs_rel = (
        float(np.mean(np.abs(scale * depth[0][valid] / ground_truth[valid] - 1)))
        for depth in (candidate, reference)
    )
    return Parity(median, p99, largest, abs_rel, reference_abs_rel)
