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
from lacdepth_ros.data.sample import BEYOND_FROM, BEYOND_RANGE, Sample
from lacdepth_ros.data.sky import sky_mask
from lacdepth_ros.data.transforms.augment import augment
from lacdepth_ros.data.transforms.config import AugmentConfig
from lacdepth_ros.data.transforms.cutmix import cutmix
from lacdepth_ros.models.config import ModelConfig

LOG = logging.getLogger('lacdepth.train')
SEAM_RANGE = (0.25, 0.75)
"""Where two frames meet, as a share of the width."""
_SIZES = 1
"""Sets the random numbers of a step's size apart from those of a view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamConfig:
    """Which frames the views are drawn from.

    Raises:
        ValueError: A value lies outside its allowed set.
    """

    group_weights: dict[str, float] = field(default_factory=dict)
    """How often a frame is drawn, by the first part of its id; 1 where not named."""
    group_shares: dict[str, float] = field(default_factory=dict)
    """Share of all draws that go to a group, however many frames it has, such as 0.3 for
    'synthetic'; the other groups divide what is left by their weights."""
    cutmix: float = 0.0
    """Probability that a drawn frame gets its right side from another frame of its domain and
    camera height, as `lacdepth_ros.data.transforms.cutmix` does it: for cameras mounted
    alike."""
    sky: bool = True
    """Mark what is surely sky as beyond range, in colour frames tagged with domain 'driving'."""
    cache_gb: float = 4.0
    """Memory [GB] for decoded frames, shared by the workers of a training process; 300 KITTI
    frames take 1 GB. What does not fit is read every time."""

    def __post_init__(self) -> None:
        for group, weight in self.group_weights.items():
            if not isinstance(weight, (int, float)) or not 0 <= weight < float('inf'):
                raise ValueError(f'group_weights.{group}={weight!r} must be a number >= 0')
        shares = self.group_shares
        if both := sorted(shares.keys() & self.group_weights):
            raise ValueError(
                f'group_weights and group_shares both name {both}; a share already says how often '
                'a group is drawn: name each group in one of them'
            )
        if not all(isinstance(s, (int, float)) and 0 < s < 1 for s in shares.values()):
            raise ValueError(f'group_shares={shares!r} must be shares between 0 and 1')
        if not sum(shares.values()) < 1:
            raise ValueError(f'group_shares={shares!r} must leave something for other groups')
        if not 0 <= self.cutmix <= 1:
            raise ValueError(f'cutmix={self.cutmix!r} must lie in [0, 1]')
        if not 0 <= self.cache_gb < float('inf'):
            raise ValueError(f'cache_gb={self.cache_gb!r} must be a number of GB >= 0')


class ViewStream(Dataset[dict[str, Any]]):
    """Map-style data set of random views; resuming at view i continues the same stream.

    Args:
        entries: The training frames.
        config: Which of them are drawn, and how often.
        augment: Random view drawn of each frame.
        model: Tells the focal length and the camera height at which the network's output is
            metres; the true depth of a view is brought to both.
        length: Number of views.
        per_step: Views of a training step, which all have one size.
        seed: Another seed gives another stream.

    Raises:
        ValueError: A group is named that no frame has, or nothing is left to draw.
    """

    def __init__(
        self,
        entries: Sequence[ManifestEntry],
        config: StreamConfig,
        augment: AugmentConfig,
        *,
        model: ModelConfig,
        length: int,
        per_step: int,
        seed: int,
    ) -> None:
        self._weights = draw_weights(entries, config)
        # Only frames of one kind are mixed; unknown heights are those of one car, or of nothing.
        self._kinds = np.array([f'{e.tags.get("domain")} {e.camera_height}' for e in entries])
        self._entries = list(entries)
        self._config = config
        self._augment = augment
        self._model = model
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
            depth: (h, w) float32, true depth brought to the network's focal length and camera
                height; 0 = none, BEYOND_RANGE the sky.
            dense: (h, w) float32, interpolated depth brought there, too; 0 = none.
            intrinsics: (4,) float32 fx, fy, cx, cy of the view [px].
            skipped: Frames that could not be read and were replaced by another draw.

        Raises:
            ValueError: No frame of the data set can be read.
        """
        rng = np.random.default_rng([self._seed, index])
        sample, skipped = self._drawn(rng)
        view = augment(sample, self._config_of(index // self._per_step), rng)
        camera = view.camera
        usual = self._model.camera_height_m
        height = usual if sample.camera_height is None else sample.camera_height
        scale = np.float32(self._model.focal_px / focal_length(camera) * usual / height)
        dense = np.zeros_like(view.depth) if view.dense is None else view.dense * scale
        return {
            'image': torch.from_numpy(np.stack(cv2.split(view.image))),
            'depth': torch.from_numpy(_scaled(view.depth, scale)),
            'dense': torch.from_numpy(dense),
            'intrinsics': torch.tensor([camera.fx, camera.fy, camera.cx, camera.cy]),
            'skipped': skipped,
        }

    def _config_of(self, step: int) -> AugmentConfig:
        """How the views of a step are made; their size depends on the seed and the step alone."""
        sizes = self._augment.crops
        if not sizes:
            return self._augment
        rng = np.random.default_rng([self._seed, step, _SIZES])
        return replace(self._augment, crop=sizes[rng.integers(len(sizes))])

    def unreadable(self) -> list[str]:
        """Ids of the frames that could not be read so far, by any worker."""
        return [self._entries[i].id for i in torch.nonzero(self._unreadable).flatten().tolist()]

    def _drawn(self, rng: np.random.Generator) -> tuple[Sample, int]:
        """A frame or a mixture of two, and the unreadable frames met on the way."""
        position, sample, skipped = self._measured(rng, self._weights)
        if self._config.cutmix == 0 or rng.random() >= self._config.cutmix:
            return sample, skipped
        alike = self._weights * (self._kinds == self._kinds[position])
        _, other, more = self._measured(rng, alike)
        column = round(sample.camera.width * rng.uniform(*SEAM_RANGE))
        return cutmix(sample, other, column), skipped + more

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


def draw_weights(
    entries: Sequence[ManifestEntry], config: StreamConfig
) -> npt.NDArray[np.float64]:
    """How often each frame is drawn, by the weights and shares of its group; (N,), sum 1.

    Raises:
        ValueError: A group is named that no frame has, or nothing is left to draw.
    """
    present = {entry.group for entry in entries}
    groups = np.array([entry.group for entry in entries])
    for name, named in (
        ('group_weights', config.group_weights),
        ('group_shares', config.group_shares),
    ):
        if unknown := set(named) - present:
            raise ValueError(
                f'data.stream.{name} names {sorted(unknown)}; the groups are '
                f'{sorted(present)}; name those, or give --data.stream.{name} "{{}}"'
            )
    weights = np.array([config.group_weights.get(group, 1.0) for group in groups], np.float64)
    shared = np.isin(groups, list(config.group_shares))
    rest = 1 - sum(config.group_shares.values())
    if not weights.sum() > 0 or (config.group_shares and not weights[~shared].sum() > 0):
        raise ValueError('no training frame has a weight above 0; check group_weights')
    weights[~shared] *= rest / weights[~shared].sum()
    for group, share in config.group_shares.items():
        members = groups == group
        weights[members] = share / members.sum()
    return weights


def _scaled(depth: npt.NDArray[np.float32], scale: np.float32) -> npt.NDArray[np.float32]:
    """Bring measured depth to another scale; it never becomes sky, nor sky measured depth."""
    measured = np.minimum(depth * scale, np.float32(BEYOND_FROM))
    return np.where(depth > BEYOND_FROM, np.float32(BEYOND_RANGE), measured)


def _with_sky(sample: Sample) -> Sample:
    """Mark the sky of a measured outdoor frame as beyond range."""
    sky = sky_mask(sample.image, sample.depth)
    return replace(sample, depth=np.where(sky, np.float32(BEYOND_RANGE), sample.depth))
