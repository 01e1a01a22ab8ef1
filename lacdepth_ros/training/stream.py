# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The endless stream of training views; view number i depends on the seed and i alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from lacdepth_ros.data.augment import augment
from lacdepth_ros.data.manifest import ManifestEntry
from lacdepth_ros.data.sample import BEYOND_RANGE, Sample
from lacdepth_ros.data.sky import sky_mask
from lacdepth_ros.data.synthetic import KITTI_CAMERA, synthetic_sample
from lacdepth_ros.preprocessing import focal_length
from lacdepth_ros.training.config import TrainingConfig

SYNTHETIC_FRAMES = 30
"""Synthetic streets are drawn anywhere along their first three seconds."""
CACHED_SAMPLES = 1500
"""Decoded samples a worker keeps: 5 GB of KITTI frames."""


class ViewStream(Dataset[dict[str, Tensor]]):
    """Map-style data set of random views; resuming at view i continues the same stream.

    Args:
        entries: The training frames.
        config: Weights of the groups, share of synthetic scenes, augmentation, seed.
        focal_px: Focal length [px] at which the network's output is metres; the true depth of a
            view is brought to it.

    Raises:
        ValueError: group_weights names a group that no frame has, or leaves nothing to draw.
    """

    def __init__(
        self, entries: Sequence[ManifestEntry], config: TrainingConfig, focal_px: float
    ) -> None:
        groups = {entry.group for entry in entries}
        if unknown := set(config.group_weights) - groups:
            raise ValueError(
                f'group_weights names {sorted(unknown)}; the groups are {sorted(groups)}'
            )
        weights = np.array([config.group_weights.get(entry.group, 1.0) for entry in entries])
        if not weights.sum() > 0:
            raise ValueError('no training frame has a weight above 0; check group_weights')
        self._entries = list(entries)
        self._probabilities = weights / weights.sum()
        self._config = config
        self._focal_px = focal_px
        self._cache: dict[int, Sample] = {}

    def __len__(self) -> int:
        return self._config.iterations * self._config.batch_size

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """View number `index`.

        Returns:
            image: (3, h, w) uint8 RGB.
            depth: (h, w) float32, true depth brought to focal_px; 0 = none, and above
                BEYOND_RANGE / 10 the sky.
        """
        rng = np.random.default_rng([self._config.seed, index])
        if rng.random() < self._config.synthetic_share:
            sample = self._synthetic(rng)
        else:
            sample = self._load(int(rng.choice(len(self._entries), p=self._probabilities)))
        view = augment(sample, self._config.augment, rng)
        depth = view.depth * np.float32(self._focal_px / focal_length(view.camera))
        return {
            'image': torch.from_numpy(np.ascontiguousarray(view.image.transpose(2, 0, 1))),
            'depth': torch.from_numpy(np.ascontiguousarray(depth)),
        }

    def _load(self, position: int) -> Sample:
        entry = self._entries[position]
        outdoor = entry.tags.get('domain') == 'driving'
        return self._keep(position, lambda: _with_sky(entry.load()) if outdoor else entry.load())

    def _keep(self, key: int, make: Callable[[], Sample]) -> Sample:
        """Make a sample once; beyond CACHED_SAMPLES every time it is drawn."""
        if key in self._cache:
            return self._cache[key]
        sample = make()
        if len(self._cache) < CACHED_SAMPLES:
            self._cache[key] = sample
        return sample

    def _synthetic(self, rng: np.random.Generator) -> Sample:
        scene = int(rng.integers(self._config.synthetic_scenes))
        return self._keep(-1 - scene, lambda: self._render(scene))

    def _render(self, scene: int) -> Sample:
        # Rendered near the size it is trained at: a full frame takes twice as long.
        scale = max(self._config.augment.focal_range) / focal_length(KITTI_CAMERA)
        width, height = (round(s * scale) for s in (KITTI_CAMERA.width, KITTI_CAMERA.height))
        camera = KITTI_CAMERA.resized(width, height)
        frame = scene % SYNTHETIC_FRAMES
        sample = synthetic_sample(self._config.seed + scene, frame, camera=camera)
        # Its truth is dense: where there is none, there is sky.
        depth = np.where(sample.depth > 0, sample.depth, np.float32(BEYOND_RANGE))
        return replace(sample, depth=depth)


def _with_sky(sample: Sample) -> Sample:
    """Mark the sky of a measured outdoor frame as beyond range."""
    sky = sky_mask(sample.image, sample.depth)
    return replace(sample, depth=np.where(sky, np.float32(BEYOND_RANGE), sample.depth))
