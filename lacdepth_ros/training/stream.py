# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The endless stream of training views; view number i depends on the seed and i alone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from lacdepth_ros.core.preprocessing import focal_length
from lacdepth_ros.data.cache import SampleCache
from lacdepth_ros.data.manifest import ManifestEntry
from lacdepth_ros.data.sample import BEYOND_RANGE, Sample
from lacdepth_ros.data.sky import sky_mask
from lacdepth_ros.data.transforms.augment import augment
from lacdepth_ros.data.transforms.config import AugmentConfig
from lacdepth_ros.data.transforms.cutmix import cutmix
from lacdepth_ros.synthetic.sample import training_scene

LOG = logging.getLogger('lacdepth.train')
SYNTHETIC_DOMAIN = 'driving'
SEAM_RANGE = (0.25, 0.75)
"""Where two frames meet, as a share of the width."""
_HEIGHTS = 1
"""Sets the random numbers of a step's height apart from those of a view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamConfig:
    """Which frames the views are drawn from.

    Raises:
        ValueError: A value lies outside its allowed set.
    """

    group_weights: dict[str, float] = field(default_factory=dict)
    """How often a frame is drawn, by the first part of its id; 1 where not named."""
    synthetic_share: float = 0.0
    """Share of synthetic street scenes among the drawn frames, in [0, 1)."""
    synthetic_scenes: int = 120
    """Different synthetic scenes."""
    cutmix: float = 0.0
    """Probability that a drawn frame gets its right side from another frame of its domain
    (synthetic streets: 'driving'), as `lacdepth_ros.data.transforms.cutmix` does it; for frames of
    cameras that are mounted alike."""
    sky: bool = True
    """Mark what is surely sky as beyond range, in colour frames tagged with domain 'driving'."""
    cache_gb: float = 4.0
    """Memory [GB] for decoded frames and rendered scenes, shared by the workers of a training
    process; 300 KITTI frames take 1 GB. What does not fit is read and rendered every time."""

    def __post_init__(self) -> None:
        for group, weight in self.group_weights.items():
            if not isinstance(weight, (int, float)) or not 0 <= weight < float('inf'):
                raise ValueError(f'group_weights.{group}={weight!r} must be a number >= 0')
        if not 0 <= self.synthetic_share < 1:
            raise ValueError(f'synthetic_share={self.synthetic_share!r} must lie in [0, 1)')
        if not 0 <= self.cutmix <= 1:
            raise ValueError(f'cutmix={self.cutmix!r} must lie in [0, 1]')
        if not self.synthetic_scenes > 0:
            raise ValueError(f'synthetic_scenes={self.synthetic_scenes!r} must be positive')
        if not 0 <= self.cache_gb < float('inf'):
            raise ValueError(f'cache_gb={self.cache_gb!r} must be a number of GB >= 0')


class ViewStream(Dataset[dict[str, Any]]):
    """Map-style data set of random views; resuming at view i continues the same stream.

    Args:
        entries: The training frames.
        config: Which of them are drawn, and how often.
        augment: Random view drawn of each frame.
        focal_px: Focal length [px] at which the network's output is metres; the true depth of a
            view is brought to it.
        length: Number of views.
        per_step: Views of a training step, which all have one size.
        seed: Another seed gives another stream.

    Raises:
        ValueError: group_weights names a group that no frame has, or leaves nothing to draw.
    """

    def __init__(
        self,
        entries: Sequence[ManifestEntry],
        config: StreamConfig,
        augment: AugmentConfig,
        *,
        focal_px: float,
        length: int,
        per_step: int,
        seed: int,
    ) -> None:
        groups = {entry.group for entry in entries}
        if unknown := set(config.group_weights) - groups:
            raise ValueError(
                f'data.stream.group_weights names {sorted(unknown)}; the groups are '
                f'{sorted(groups)}; name those, or give --data.stream.group_weights "{{}}"'
            )
        self._weights = np.array([config.group_weights.get(e.group, 1.0) for e in entries])
        if not self._weights.sum() > 0:
            raise ValueError('no training frame has a weight above 0; check group_weights')
        self._domains = np.array([str(entry.tags.get('domain')) for entry in entries])
        self._entries = list(entries)
        self._config = config
        self._augment = augment
        self._focal_px = focal_px
        self._length, self._per_step = length, per_step
        self._seed = seed
        self._cache = SampleCache(config.cache_gb)
        # Shared by all workers, so that a frame is reported once and not once by each.
        self._unreadable = torch.zeros(len(self._entries), dtype=torch.bool).share_memory_()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> dict[str, Tensor | int]:
        """View number `index`.

        Returns:
            image: (3, h, w) uint8 RGB.
            depth: (h, w) float32, true depth brought to focal_px; 0 = none, and above
                BEYOND_RANGE / 10 the sky.
            dense: (h, w) float32, interpolated depth brought to focal_px; 0 = none.
            skipped: Frames that could not be read and were replaced by another draw.

        Raises:
            ValueError: No frame of the data set can be read.
        """
        rng = np.random.default_rng([self._seed, index])
        sample, skipped = self._drawn(rng)
        view = augment(sample, self._config_of(index // self._per_step), rng)
        scale = np.float32(self._focal_px / focal_length(view.camera))
        dense = np.zeros_like(view.depth) if view.dense is None else view.dense * scale
        return {
            'image': torch.from_numpy(np.stack(cv2.split(view.image))),
            'depth': torch.from_numpy(view.depth * scale),
            'dense': torch.from_numpy(dense),
            'skipped': skipped,
        }

    def _config_of(self, step: int) -> AugmentConfig:
        """How the views of a step are made; its height depends on the seed and the step alone."""
        heights = self._augment.crop_heights
        if not heights:
            return self._augment
        rng = np.random.default_rng([self._seed, step, _HEIGHTS])
        return replace(self._augment, crop=(int(rng.choice(heights)), self._augment.crop[1]))

    def unreadable(self) -> list[str]:
        """Ids of the frames that could not be read so far, by any worker."""
        return [self._entries[i].id for i in torch.nonzero(self._unreadable).flatten().tolist()]

    def _drawn(self, rng: np.random.Generator) -> tuple[Sample, int]:
        """A frame or a mixture of two, and the unreadable frames met on the way."""
        domain, sample, skipped = self._single(rng)
        if self._config.cutmix == 0 or rng.random() >= self._config.cutmix:
            return sample, skipped
        _, other, more = self._single(rng, domain)
        column = round(sample.camera.width * rng.uniform(*SEAM_RANGE))
        return cutmix(sample, other, column), skipped + more

    def _single(
        self, rng: np.random.Generator, domain: str | None = None
    ) -> tuple[str, Sample, int]:
        """Draw a synthetic or measured frame, of a domain if one is given; and its domain."""
        weights = self._weights
        if domain is not None:
            weights = weights * (self._domains == domain)
        synthetic = domain in (None, SYNTHETIC_DOMAIN)
        if synthetic and (rng.random() < self._config.synthetic_share or not weights.any()):
            return SYNTHETIC_DOMAIN, self._synthetic(rng), 0
        position, sample, skipped = self._measured(rng, weights)
        return str(self._domains[position]), sample, skipped

    def _measured(
        self, rng: np.random.Generator, weights: npt.NDArray[np.float64]
    ) -> tuple[int, Sample, int]:
        """Draw a frame; one that cannot be read is left out and another drawn."""
        candidates = np.count_nonzero(weights)
        last: Exception | None = None
        for skipped in range(candidates):
            shares = np.cumsum(weights)
            position = int(np.searchsorted(shares, rng.random() * shares[-1], side='right'))
            try:
                return position, self._load(position), skipped
            except (OSError, ValueError) as error:
                self._report(position, error)
                last = error
            weights = weights.copy()
            weights[position] = 0
        raise ValueError(
            f'no training frame can be read ({candidates} tried); the last one: {last}'
        ) from last

    def _report(self, position: int, error: Exception) -> None:
        if not self._unreadable[position]:
            self._unreadable[position] = True
            LOG.warning('frame %s skipped: %s', self._entries[position].id, error)

    def _load(self, position: int) -> Sample:
        entry = self._entries[position]
        sky = self._config.sky and entry.tags.get('domain') == 'driving'
        return self._cache.get(position, lambda: _with_sky(entry.load()) if sky else entry.load())

    def _synthetic(self, rng: np.random.Generator) -> Sample:
        scene = int(rng.integers(self._config.synthetic_scenes))
        return self._cache.get(-1 - scene, lambda: self._render(scene))

    def _render(self, scene: int) -> Sample:
        """Render near the size the scene is trained at: a full frame takes twice as long."""
        augment = self._augment
        if augment.fixed_crop != 'none':
            return training_scene(self._seed, scene)
        if augment.scale_range is not None:
            return training_scene(self._seed, scene, scale=augment.scale_range[1])
        return training_scene(self._seed, scene, focal=augment.focal_range[1])


def _with_sky(sample: Sample) -> Sample:
    """Mark the sky of a measured outdoor frame as beyond range."""
    sky = sky_mask(sample.image, sample.depth)
    return replace(sample, depth=np.where(sky, np.float32(BEYOND_RANGE), sample.depth))
