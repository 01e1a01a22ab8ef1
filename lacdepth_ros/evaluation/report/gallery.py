# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The best and the worst frames of an evaluation, kept while it runs so that they can be shown."""

from __future__ import annotations

from dataclasses import dataclass

from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.evaluate import Prediction

RANKED_BY = 'abs_rel'


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """A frame, its prediction and its metrics."""

    sample: Sample
    prediction: Prediction
    metrics: dict[str, float]


class Gallery:
    """Keeps the frames with the smallest and the largest abs_rel, and each group's; an `Observer`.

    Args:
        best: How many of the best to keep.
        worst: How many of the worst to keep.
    """

    def __init__(self, best: int = 3, worst: int = 6) -> None:
        self._room = {'best': best, 'worst': worst}
        self._kept: dict[str, list[ShownFrame]] = {'best': [], 'worst': []}
        self._groups: dict[str, tuple[ShownFrame, ShownFrame]] = {}

    def __call__(
        self, sample: Sample, prediction: Prediction, metrics: dict[str, float], /
    ) -> None:
        """Take in one frame, let go of one that is no longer among the extremes."""
        frame = ShownFrame(sample, prediction, metrics)
        for kind, kept in self._kept.items():
            kept.append(frame)
            kept.sort(key=lambda shown: shown.metrics[RANKED_BY], reverse=kind == 'worst')
            del kept[self._room[kind] :]
        best, worst = self._groups.get(sample.group, (frame, frame))
        error = metrics[RANKED_BY]
        self._groups[sample.group] = (
            frame if error < best.metrics[RANKED_BY] else best,
            frame if error > worst.metrics[RANKED_BY] else worst,
        )

    @property
    def best(self) -> list[ShownFrame]:
        """The best frames, best first."""
        return list(self._kept['best'])

    @property
    def of_groups(self) -> list[ShownFrame]:
        """The best and the worst frame of every group, where there are several groups.

        Those that are shown among all frames' extremes are left out.
        """
        if len(self._groups) < 2:
            return []
        shown = {frame.sample.id for kept in self._kept.values() for frame in kept}
        members = {f.sample.id: f for pair in self._groups.values() for f in pair}
        return [frame for id, frame in members.items() if id not in shown]

    @property
    def worst(self) -> list[ShownFrame]:
        """The worst frames that are not among the best, worst first."""
        best = {frame.sample.id for frame in self._kept['best']}
        return [frame for frame in self._kept['worst'] if frame.sample.id not in best]
